"""What a run shows of itself in the terminal: gathers the facts of a session for texts, which know no session."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.figure import Factor
from pytest_ovperf.reports import (
    advice,
    failure,
    figure_failure,
    figure_text,
    header,
    npu_text,
    plan_text,
    terminal,
)
from pytest_ovperf.store import layer_names

from .results import movements, shown_path

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_ovperf.hardware.device import DeviceInfo
    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.verdict.planning import Choice, PlannedTest

    from .held import Held
    from .session import Session

#: The packages whose versions head a run, in this order.
_NAMED_VERSIONS = (
    "pytest-ovperf",
    "openvino",
    "openvino-genai",
    "onnxruntime",
    "torch",
    "transformers",
    "nncf",
    "optimum-intel",
)
_ON_DEVICE = re.compile(r" on (\S+)")


def header_lines(session: Session, *, width: int, encoding: str) -> list[str]:
    """Return the lines that head a run: hardware profile, versions and devices."""
    machine = session.machine
    profile = machine.profile
    facts = header.HeaderFacts(
        brand=profile.brand,
        physical_cores=profile.physical_cores,
        logical_cores=profile.logical_cores,
        isa=profile.isa,
        virtual=profile.virtual,
        profile=profile.slug,
        versions={name: machine.versions[name] for name in _NAMED_VERSIONS if name in machine.versions},
        devices=tuple(_device_fact(device) for device in machine.devices),
        core_kinds=str(machine.cores),
        memory_gib=profile.memory_gib,
        asked=session.settings.devices,
        hindered=session.places.hindrances(),
        against=_against(session),
    )
    lines = header.header(facts, width=width, encoding=encoding)
    return lines + npu_text.head(_npu_told(session), width=width, encoding=encoding)


def _against(session: Session) -> str:
    """Return the other side of the run's races and where it is, as far as that is known; empty for a run without."""
    if not session.settings.against:
        return ""
    python = session.environment_found and session.environment_found.python
    return f"{session.raced_against} ({python})" if python else session.raced_against


def _npu_told(session: Session) -> str:
    """Return what the run does for the NPU platforms that it was given, empty if it was given none."""
    platforms, npu = session.settings.npu_platforms, session.places.npu
    if not platforms:
        return ""
    if npu is None:
        return npu_text.unused(asked="NPU" in session.settings.devices)
    return npu_text.used([npu.told(platform) for platform in platforms], npu.compiler, works=npu.works)


def compiled_summary(session: Session, *, width: int, encoding: str) -> str:
    """Return what was compiled for an NPU that is not here, and what changed; empty if nothing was."""
    npu = session.places.npu
    if npu is None or not npu.observed:
        return ""
    written = sorted(shown_path(session, path) for path in npu.record.written)
    return npu_text.summary(npu.observed, npu.compiler, written=written, width=width, encoding=encoding)


def _device_fact(device: DeviceInfo) -> header.DeviceFact:
    why = device.obstacles[0].kind.words if device.obstacles else ""
    return header.DeviceFact(device.name, device.full_name, device.available, why)


def explanation(record: ComparisonRecord, *, whole: bool, encoding: str) -> list[str]:
    """Return the text under a failed assertion; ``whole`` where pytest shows all of it."""
    if whole:
        return failure.explain(record, encoding=encoding)
    return failure.explain_briefly(record, encoding=encoding)


def figure_explanation(held: Held, *, encoding: str) -> list[str]:
    """Return the text under a failed assertion of a figure or a factor."""
    if held.record is not None:
        return figure_failure.explain_figure(held.record, encoding=encoding)
    target, _ = held.judged or (0.0, False)
    return figure_failure.explain_factor(held.name, Factor(held.value, held.low, held.high), target, encoding=encoding)


def summary(  # noqa: PLR0913  (a terminal, and what the run covered)
    session: Session,
    *,
    selection: Sequence[str],
    whole_modules: Collection[str],
    width: int,
    colour: bool,
    encoding: str,
) -> str:
    """Return the tables of everything measured, the totals, and what to do next; empty if nothing was measured.

    ``whole_modules`` are the test modules of which every test passed: only their unused baselines mean something.
    """
    absolute = figure_text.figures_summary(
        session.figures, session.ladders, width=width, colour=colour, encoding=encoding
    )
    notes = session.drawn_notes
    if not session.judging.records:
        told = terminal.summary((), advice.RunFacts(notes=notes), width=width, colour=colour, encoding=encoding)
        return "\n".join(filter(None, (absolute, told)))
    run = advice.RunFacts(
        devices=session.settings.devices,
        selection=tuple(selection),
        budget_s=session.settings.budget_s.under(None) or 0.0,
        update=session.settings.update,
        options=session.settings.given,
        written=tuple(sorted(shown_path(session, path) for path in session.judging.written)),
        beside=_graphs(session),
        explain=session.settings.explain,
        unused=() if session.settings.against else _unused(session, whole_modules),
        movements=movements(session),
        notes=notes,
    )
    judged = terminal.summary(session.judging.records, run, width=width, colour=colour, encoding=encoding)
    return "\n".join(filter(None, (absolute, judged)))


def _graphs(session: Session) -> tuple[str, ...]:
    """Return the folder of the execution graphs that this machine's baselines name, where it has been written."""
    folder = session.store.folder / layer_names.FOLDER
    return (shown_path(session, folder),) if session.judging.written and folder.is_dir() else ()


def planned(  # noqa: PLR0913  (a terminal, and what only pytest knows)
    session: Session,
    tests: Sequence[PlannedTest],
    choices: Sequence[Choice],
    outputs_only: int,
    *,
    width: int,
    colour: bool,
    encoding: str,
) -> str:
    """Return what these tests would measure, on what, for how long, and where the run's settings are from."""
    names = {device.name: device.full_name for device in session.machine.devices if device.available}
    plan = replace(
        session.plan(tests),
        devices=tuple((asked, names.get(asked, "")) for asked in session.settings.devices),
        choices=tuple(choices),
        outputs_only=outputs_only,
    )
    return plan_text.plan_text(plan, width=width, colour=colour, encoding=encoding)


def _unused(session: Session, whole_modules: Collection[str]) -> tuple[advice.UnusedBaseline, ...]:
    """Return the stored baselines that no test asked for, of modules that ran whole on the devices they are for."""
    found = [
        advice.UnusedBaseline(shown_path(session, session.store.path(module)), f"all of it: {module} is gone")
        for module in session.store.modules()
        if not (session.settings.root / module).exists()
    ]
    for module in sorted(whole_modules):
        used = [key for key in session.judging.used if key.module == module]
        if not used:
            continue
        path = shown_path(session, session.store.path(module))
        found += [
            advice.UnusedBaseline(path, f"{key.test} · {key.comparison}")
            for key in session.store.unused(module, used)
            if _device(key.comparison) in session.places.devices
        ]
    return tuple(found)


def _device(label: str) -> str:
    """Return the device that a stored comparison is about: a PyTorch arm's CPU only where no other is named."""
    named = _ON_DEVICE.findall(label)
    return next((device for device in named if device != "CPU"), "CPU")
