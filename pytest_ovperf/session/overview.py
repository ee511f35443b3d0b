"""What a run shows of itself: gathers the facts of a session for the reports, which know no session."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.figure import Factor
from pytest_ovperf.reports import (
    advice,
    evidence,
    failure,
    figure_failure,
    figure_text,
    header,
    junit,
    npu_text,
    plan_text,
    races,
    terminal,
)
from pytest_ovperf.reports.screen import Screen
from pytest_ovperf.runs import benchmark_entries, benchmark_json, of_records
from pytest_ovperf.stats import together
from pytest_ovperf.store import layer_names
from pytest_ovperf.store.keys import comparison_label
from pytest_ovperf.verdict.provenance import commit_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.hardware.device import DeviceInfo
    from pytest_ovperf.hardware.profile import HardwareProfile
    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.runs.view import CompiledView, RunView
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
    written = sorted(_shown_path(session, path) for path in npu.record.written)
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


def has_results(session: Session) -> bool:
    """Tell whether there is anything that reports could show."""
    return _has_measured(session) or bool(_compiled(session))


def _has_measured(session: Session) -> bool:
    return bool(session.has_measured and (session.judging.records or session.figures or session.ladders))


def _compiled(session: Session) -> tuple[CompiledView, ...]:
    """Return what was compiled for an NPU that is not here."""
    npu = session.places.npu
    return () if npu is None else npu_text.compiled_views(npu.observed, npu.compiler)


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
        written=tuple(sorted(_shown_path(session, path) for path in session.judging.written)),
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
    return (_shown_path(session, folder),) if session.judging.written and folder.is_dir() else ()


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


def movements(session: Session) -> tuple[str, ...]:
    """Return what most comparisons of the run have in common, if anything."""
    records = session.judging.records
    return evidence.movement_lines(together.ratios_together(records), together.latencies_together(records))


def run_view(session: Session) -> RunView:
    """Return the run as all reports take it: everything measured so far, and what it was measured on."""
    records = session.judging.records if session.has_measured else ()
    run = of_records.run_view(
        records,
        name="this run",
        commit=commit_of(session.settings.root),
        machine=_machine_facts(session.machine.profile),
        versions=session.machine.versions,
        devices=_device_facts(session),
        label=comparison_label,
        explain=failure.evidence,
        started=""
        if records
        else datetime.now(UTC).isoformat(timespec="seconds"),  # figures do not know when they began
        notes=_raced_note(session, records)
        + (movements(session) + session.drawn_notes if session.has_measured else ()),
        figures=session.figures,
        ladders=session.ladders,
    )
    return replace(run, compiled=_compiled(session))


def _raced_note(session: Session, records: Sequence[ComparisonRecord]) -> tuple[str, ...]:
    raced = [record for record in records if record.comparison.is_race]
    if raced:
        return (f"{races.caption(raced)}.",)
    return (f"Nothing was raced against {session.raced_against}.",) if session.settings.against else ()


def write_report(session: Session, *, encoding: str) -> str:
    """Write the HTML report where one is asked for; return the line that says so, or why there is none.

    Nothing that goes wrong here is raised: the report is the last thing that a run does, and all else is saved.
    """
    path = session.settings.report
    if path is None:
        return ""
    return Screen(0, encoding).text(f"HTML report: {_report_told(session, path)}")


def _report_told(session: Session, path: Path) -> str:
    from pytest_ovperf.reports.html.page import report_page  # noqa: PLC0415  (paid only by runs that asked for a report)
    from pytest_ovperf.reports.html.place import write_page  # noqa: PLC0415

    if not has_results(session):
        return "none was written, since nothing was measured"
    try:
        write_page(report_page(run_view(session)), path, "--ov-report")
    except OvperfError as error:
        return f"none was written. {' '.join(str(error).split())}"
    except Exception as error:  # noqa: BLE001  (see write_report)
        return f"none was written: {type(error).__name__}: {error}"
    return _shown_path(session, path)


def junit_properties(session: Session, test: str) -> list[tuple[str, str]]:
    """Return what JUnit's file shows of the comparisons of one test."""
    run = of_records.run_view(
        session.judging.records_of(test),
        name="",
        commit="",
        machine={},
        versions={},
        devices={},
        label=comparison_label,
        explain=lambda _: (),
        figures=[record for record in session.figures if record.test == test],
    )
    return junit.properties(run.comparisons) + junit.figure_properties(run.figures)


def machine_block(session: Session) -> dict[str, Any]:
    """Return what pytest-benchmark's description of the machine is to hold of ours."""
    machine = session.machine
    return benchmark_json.machine_block(_machine_facts(machine.profile), _device_facts(session))


def hand_over(session: Session, benchmark: Any, params: Mapping[str, Mapping[str, object]]) -> RunView | None:  # noqa: ANN401
    """Give ``benchmark``, pytest-benchmark's own session, every arm that was measured, if it saves or shows anything.

    ``params`` is test id → what it was parametrized with. Returns the run, ``None`` where nothing was given.
    """
    records = session.judging.records
    wanted = benchmark_entries.wanted(benchmark)
    if not (wanted and _has_measured(session)):
        return None
    run = run_view(session)
    calls = [
        (list(of_records.calls_ns(record, candidate=True)), list(of_records.calls_ns(record, candidate=False)))
        for record in records
    ]
    benchmark.benchmarks += benchmark_entries.entries(run.comparisons, calls, params, shown=wanted.shown)
    return run


def _machine_facts(profile: HardwareProfile) -> dict[str, str]:
    """Return the machine's facts by name. Nothing that changes from run to run is among them."""
    return {
        "hardware profile": profile.slug,
        "cpu": profile.brand,
        "cpu count": str(profile.logical_cores),
        "physical cores": str(profile.physical_cores),
        "instruction sets": ", ".join(profile.isa),
        "memory": f"{profile.memory_gib} GiB",
        "virtual machine": "yes" if profile.virtual else "no",
        "machine": profile.arch,
        "system": profile.system,
    }


def _device_facts(session: Session) -> dict[str, str]:
    """Return the devices that can be used, by name: what each is, and its driver, which decides its speed too.

    Among them are the NPUs that were compiled for and not run, said to be so.
    """
    compiled = session.places.npu.described() if session.places.npu is not None and session.places.npu.observed else []
    return {
        device.name: f"{device.full_name}, driver {device.driver}" if device.driver else device.full_name
        for device in (*session.machine.devices, *compiled)
        if device.available
    }


def _unused(session: Session, whole_modules: Collection[str]) -> tuple[advice.UnusedBaseline, ...]:
    """Return the stored baselines that no test asked for, of modules that ran whole on the devices they are for."""
    found = [
        advice.UnusedBaseline(_shown_path(session, session.store.path(module)), f"all of it: {module} is gone")
        for module in session.store.modules()
        if not (session.settings.root / module).exists()
    ]
    for module in sorted(whole_modules):
        used = [key for key in session.judging.used if key.module == module]
        if not used:
            continue
        path = _shown_path(session, session.store.path(module))
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


def _shown_path(session: Session, path: Path) -> str:
    """Write a path as the user would: from where they are, if it lies under the root of the tests."""
    try:
        return session.settings.folder + path.relative_to(session.settings.root).as_posix()
    except ValueError:
        return str(path)
