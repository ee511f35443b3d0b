"""What is shown of compiling for an NPU that is not here: at the head and the end of a run, and by the commands."""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.npu.platforms import described, none_executed
from pytest_ovperf.npu.record import Change, Observed
from pytest_ovperf.npu.refusal import (
    fixed_example,
    listed,
    marker_shape,
    offending_node,
    open_dimensions,
    option_shape,
)
from pytest_ovperf.runs.view import CompiledView

from .grid import Column, column, grid, rendered, taken
from .screen import Keep, Screen

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.errors import OvperfError
    from pytest_ovperf.npu.blob import CompiledBlob, Port
    from pytest_ovperf.npu.installing import Status
    from pytest_ovperf.npu.verdict import Compilation

_MIB = 1 << 20
_SHORTEST_NAME = 20  # cells of a model's name below which a line of its own is worth more
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
    lines = [*screen.wrap(f"{none_executed(each.key.platform for each in observed)}; by {compiler}"), ""]
    lines += [*_table(screen, observed), ""]
    for each in observed:
        lines += screen.wrap(f"note: {each.note}", hang=_HANG) if each.note else []
    new = sum(each.change is Change.UNRECORDED for each in observed)
    if written:
        lines += screen.wrap(f"recorded in {', '.join(written)}")
    elif new:
        are = "is" if new == 1 else "are"
        lines += screen.wrap(f"{new} of these {len(observed)} {are} not recorded: --update-baselines=new")
    return "\n".join(lines).rstrip("\n") + "\n"


def compiled_views(observed: Sequence[Observed], compiler: str) -> tuple[CompiledView, ...]:
    """Return what was compiled as the reports of a run take it."""
    return tuple(
        CompiledView(
            model=each.key.model,
            precision=each.key.precision,
            platform=each.key.platform,
            compiles=each.outcome.compiles,
            outcome=str(each.outcome),
            change=str(each.change),
            by=compiler,
        )
        for each in observed
    )


def _table(screen: Screen, observed: Sequence[Observed]) -> list[str]:
    """Return a line for each model, none wider than the terminal: names give way, outcomes do not."""
    keys = [each.key for each in observed]
    columns = [
        column("precision", [(key.precision,) for key in keys]),
        column("NPU", [(key.platform,) for key in keys]),
        column("outcome", [(str(each.outcome),) for each in observed]),
        *_times(observed),
    ]
    room = screen.width - taken(columns)
    if room < _SHORTEST_NAME:
        facts = [f"{each.key.precision} · NPU {each.key.platform} · {each.outcome}" for each in observed]
        return [
            line
            for key, fact in zip(keys, facts, strict=True)
            for line in (*screen.wrap(key.model), *screen.wrap(fact, indent=_HANG))
        ]
    models = column("model", [(screen.fit(screen.text(key.model), room, Keep.BOTH_ENDS),) for key in keys])
    return rendered(grid([models, *columns]), screen, colour=False).splitlines()


def _times(observed: Sequence[Observed]) -> list[Column]:
    """Return the column of times, as multiples of the shortest: of the run's own machine, they mean nothing else."""
    known = [each.compile_s for each in observed if each.compile_s > 0]
    if len(known) < 2:  # noqa: PLR2004  (a lone one is a multiple of itself)
        return []
    ratios = [(f"{each.compile_s / min(known):.1f}x" if each.compile_s > 0 else "",) for each in observed]
    return [column("time", ratios, justify="right")]


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
            f"the compiler of the installed OpenVINO {status.wanted or '(version unknown)'}, in {status.in_openvino}; "
            "nothing hosted is needed"
        )
    versions = [note.version for note in status.hosted]
    if not versions:
        return "no compiler: tests for an NPU that is not here skip"
    chosen = status.wanted if status.wanted in versions else versions[-1]
    other = "" if chosen == status.wanted else f", although OpenVINO {status.wanted or '(none)'} is installed"
    return f"the hosted compiler of OpenVINO {chosen}{other}"
