"""What a run came to, as reports in files and other tools take it: HTML, CI's own pages, JUnit, pytest-benchmark."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.reports import evidence, failure, junit, npu_text, races
from pytest_ovperf.reports.screen import Screen
from pytest_ovperf.runs import benchmark_entries, benchmark_json, of_records
from pytest_ovperf.stats import together
from pytest_ovperf.store.keys import comparison_label
from pytest_ovperf.verdict.provenance import commit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.hardware.profile import HardwareProfile
    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.runs.view import CompiledView, RunView

    from .session import Session


def has_results(session: Session) -> bool:
    """Tell whether there is anything that reports could show."""
    return _has_measured(session) or bool(_compiled(session))


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
    return shown_path(session, path)


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


def _has_measured(session: Session) -> bool:
    return bool(session.has_measured and (session.judging.records or session.figures or session.ladders))


def _compiled(session: Session) -> tuple[CompiledView, ...]:
    """Return what was compiled for an NPU that is not here."""
    npu = session.places.npu
    return () if npu is None else npu_text.compiled_views(npu.observed, npu.compiler)


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


def shown_path(session: Session, path: Path) -> str:
    """Write a path as the user would: from where they are, if it lies under the root of the tests."""
    try:
        return session.settings.folder + path.relative_to(session.settings.root).as_posix()
    except ValueError:
        return str(path)
