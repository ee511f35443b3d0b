"""What is shown of compiling for an NPU that is not here: at the head and the end of a run, and by the commands."""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.npu.platforms import described, not_executed
from pytest_ovperf.npu.record import Change, Observed
from pytest_ovperf.npu.refusal import (
    fixed_example,
    listed,
    marker_shape,
    offending_node,
    open_dimensions,
    option_shape,
)

from .screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.errors import OvperfError
    from pytest_ovperf.npu.blob import CompiledBlob, Port
    from pytest_ovperf.npu.installing import Status
    from pytest_ovperf.npu.verdict import Compilation

_MIB = 1 << 20
_HANG = "  "
_UNDER = " " * 14
_SAYS_NOTHING = "Compilation failed"
#: What stands before a line of the compiler's log: its level, the time, and the part that says it.
_LOGGED = re.compile(r"^\s*\[\w+\] [\d:.]+ \[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One platform of ``ovperf npu-compile``: the compilation, and its blob or the error that it ended in."""

    platform: str
    compilation: Compilation
    result: CompiledBlob | OvperfError


def used(told: Sequence[str], compiler: str, *, works: bool) -> str:
    """Return what heads a run: each platform as ``told``, and the ``compiler`` or why there is none."""
    return f"{'; '.join(told)}; {f'by {compiler}' if works else f'skipped: {compiler}'}"


def unused(*, asked: bool) -> str:
    """Return why no platform is compiled for, whether the NPU is ``asked`` for and thus there, or not."""
    why = "this machine has an NPU, and everything runs there" if asked else "no test is asked to run on NPU"
    return f"--ov-npu-platform is not used: {why}"


def head(told: str, *, width: int, encoding: str) -> list[str]:
    """Return ``told``, if anything, as lines of a run's head."""
    return Screen(width, encoding).wrap(told, indent=" " * 8) if told else []


def summary(observed: Sequence[Observed], compiler: str, *, written: Sequence[str], width: int, encoding: str) -> str:
    """Return the table of what was compiled, what changed against the record, and the files that were written."""
    screen = Screen(width, encoding)
    platforms = dict.fromkeys(each.key.platform for each in observed)
    lines = screen.wrap(f"{'; '.join(map(not_executed, platforms))}; by {compiler}")
    lines += [screen.text(line) for line in _table(observed)]
    for each in observed:
        lines += screen.wrap(f"note: {each.note}", hang=_HANG) if each.note else []
    new = sum(each.change is Change.UNRECORDED for each in observed)
    if written:
        lines += screen.wrap(f"recorded in {', '.join(written)}")
    elif new:
        lines += screen.wrap(f"{new} of these {len(observed)} are not recorded: --update-baselines=new")
    return "\n".join(lines) + "\n"


def _table(observed: Sequence[Observed]) -> list[str]:
    quickest_s = min((each.compile_s for each in observed if each.compile_s > 0), default=0.0)
    rows = [("model", "precision", "NPU", "outcome", "time")]
    for each in observed:
        ratio = f"{each.compile_s / quickest_s:.1f}x" if each.compile_s > 0 else ""
        rows.append((each.key.model, each.key.precision, each.key.platform, str(each.outcome), ratio))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def compile_text(model: Path, asked: Sequence[Asked], *, command: str, width: int, encoding: str) -> str:
    """Return, for people, what came of compiling ``model`` for each platform, and what to do about a refusal.

    Platforms of which the same is to be said share a paragraph.
    """
    screen = Screen(width, encoding)
    lines = screen.wrap(f"{model}: {', '.join(map(str, _inputs(asked))) or 'it could not be read'}", hang=_HANG)
    said: dict[tuple[str, ...], list[str]] = {}
    for each in asked:
        said.setdefault(tuple(_paragraph(each, screen, command)), []).append(described(each.platform))
    for (outcome, *rest), platforms in said.items():
        lines += ["", *screen.wrap(f"{', '.join(platforms)}: {outcome}", hang=_HANG), *rest]
    return "\n".join(lines)


def _paragraph(each: Asked, screen: Screen, command: str) -> list[str]:
    """Return the outcome in a few words, and the lines below it."""
    if not isinstance(each.result, Exception):
        return [f"compiles, a blob of {each.result.blob_bytes / _MIB:.2f} MiB; not executed"]
    ended, answer, error = each.compilation.ended, each.compilation.answer, each.result
    cause = getattr(error, "cause", None)
    facts = {
        "node": offending_node(ended.printed, answer.failed.message if answer.failed else ""),
        "dimensions": listed(open_dimensions(answer.inputs or ())),
        "it says": _words(each.compilation) if cause else error.seen,
    }
    lines = [f"refused: {cause}" if cause else "not compiled"]
    for name, fact in facts.items():
        lines += screen.wrap(fact, indent=f"{_HANG}{name:<12}", hang=_UNDER) if fact else []
    example = fixed_example(answer.inputs or ())
    if not example:
        return [*lines, *screen.wrap(error.remedy, indent=f"{_HANG}{'what to do':<12}", hang=_UNDER)]
    lines += screen.wrap(
        f"Fix the inputs, for example{marker_shape(example)}:", indent=f"{_HANG}{'what to do':<12}", hang=_UNDER
    )
    return [*lines, f"{_UNDER}{command} {option_shape(example)}"]  # a command to copy is not broken


def _words(compilation: Compilation) -> str:
    """Return what the compiler said of the matter itself: its message, or what it printed where that says nothing."""
    answer, printed = compilation.answer, compilation.ended.printed.splitlines()
    message = [line.strip() for line in answer.failed.message.splitlines() if line.strip()] if answer.failed else []
    if message and not message[-1].startswith(_SAYS_NOTHING):
        return message[-1]
    told = _LOGGED.sub("", next((line for line in printed if "ERROR" in line), printed[-1] if printed else "")).strip()
    return f"{told} (crashed: {answer.crashed})" if answer.crashed else told or " ".join(message[-1:])


def _inputs(asked: Sequence[Asked]) -> Sequence[Port]:
    return next((each.compilation.answer.inputs for each in asked if each.compilation.answer.inputs), ())


def compile_facts(model: Path, asked: Sequence[Asked]) -> dict[str, object]:
    """Return the same for scripts."""
    return {
        "model": str(model),
        "inputs": {port.any_name: str(port.partial_shape) for port in _inputs(asked)},
        "platforms": {each.platform: _facts(each) for each in asked},
    }


def _facts(each: Asked) -> dict[str, object]:
    answer = each.compilation.answer
    known = {"compiler": each.compilation.compiler, "openvino": answer.version, "executed": False}
    if not isinstance(each.result, Exception):
        return {"compiles": True, "blob_bytes": each.result.blob_bytes, **known}
    error = each.result
    return {
        "compiles": False,
        "cause": str(getattr(error, "cause", "")),
        "node": offending_node(each.compilation.ended.printed, answer.failed.message if answer.failed else ""),
        "open_dimensions": [
            {"input": open_.input, "index": open_.index, "size": str(open_.size)}
            for open_ in open_dimensions(answer.inputs or ())
        ],
        "fixed_example": {name: list(sizes) for name, sizes in fixed_example(answer.inputs or ()).items()},
        "seen": error.seen,
        "remedy": error.remedy,
        **known,
    }


def status_text(status: Status, *, width: int, encoding: str) -> str:
    """Return what ``ovperf npu-compiler status`` prints."""
    screen = Screen(width, encoding)
    hosted = "; ".join(
        f"OpenVINO {note.version} (build {note.build}, verified on {note.verified_on})"
        + (": of another pytest-ovperf, install it again" if note.version in status.outdated else "")
        for note in status.hosted
    )
    facts = {tool.name: tool.found or f"missing ({tool.purpose}): {tool.brings}" for tool in status.tools}
    facts["hosted"] = hosted or "nothing: ovperf npu-compiler install"
    facts |= {"in": str(status.root), "used": _used(status)}
    lines: list[str] = []
    for name, fact in facts.items():
        lines += screen.wrap(fact, indent=f"{name:<9} ", hang=" " * 10)
    return "\n".join(lines)


def _used(status: Status) -> str:
    if status.in_openvino is not None:
        return (
            f"the compiler of the installed OpenVINO {status.wanted}, in {status.in_openvino}; nothing hosted is needed"
        )
    versions = [note.version for note in status.hosted]
    if not versions:
        return "no compiler: tests for an NPU that is not here skip"
    chosen = status.wanted if status.wanted in versions else versions[-1]
    other = "" if chosen == status.wanted else f", although OpenVINO {status.wanted or '(none)'} is installed"
    return f"the hosted compiler of OpenVINO {chosen}{other}"
