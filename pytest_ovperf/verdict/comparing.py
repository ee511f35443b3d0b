"""Judging runs that were measured before: the last against the first, with the rules of a run wherever they apply.

Comparisons of this plugin keep the log ratios of their launches, so they are judged as a run judges against its
baseline (`stats.judge`), with the error rate that a run of so many comparisons has.

A plain benchmark is one process, whose calls have no launches; it is judged by its quartiles (`stats.quartiles`).
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import replace
from math import isfinite
from typing import TypeVar

from pytest_ovperf.errors import RunFileError
from pytest_ovperf.records import Verdict, VerdictKind
from pytest_ovperf.runs.compared import Basis, Compared, ComparedRow
from pytest_ovperf.runs.differences import differences, other_devices, other_hardware
from pytest_ovperf.runs.view import BenchmarkView, ComparisonView, RunView, Statistics
from pytest_ovperf.stats.judge import judge
from pytest_ovperf.stats.quartiles import PLAIN_TOLERANCE, Doubt, Quartiles, judge_quartiles
from pytest_ovperf.stats.sequential import comparison_error_rate

from .machine import machine_moved
from .viewed import noise_between, speedup_in, stored_from

_View = TypeVar("_View", bound=ComparisonView | BenchmarkView)

_DOUBTS = {
    Doubt.FEW_CALLS: "The medians differ by more than the tolerance, but rest on too few calls.",
    Doubt.RANGES_MEET: "The medians differ by more than the tolerance, but the ranges between the quartiles meet.",
}

#: Why an entry that only later runs have is not judged.
NEW = "The first run did not measure it."

#: Why launches give no verdict.
UNSTEADY = "The launches differ too much from each other to tell; a larger --ov-budget makes more of them."


def compare(runs: Sequence[RunView], *, tolerance: float | None = None, warnings: Sequence[str] = ()) -> Compared:
    """Judge the last of ``runs`` against the first; one run alone is shown with the verdicts that it gave itself.

    ``tolerance`` is the share let pass, for all rows; ``None`` leaves it to the last run's comparisons, which may have
    one of their own, to the kind of pair, and to `PLAIN_TOLERANCE`. ``warnings`` are handed on as they are.
    Raises `RunFileError` for no runs, for a last run without entries, and for runs that have none in common.
    """
    if not runs:
        raise RunFileError("There is no run to compare.", remedy="Name at least one run that can be read.")
    first, last = runs[0], runs[-1]
    _refuse_empty(last)
    if len(runs) == 1:
        notes = ("One run alone is shown with the verdicts it gave itself.", *last.notes)
        return replace(by_itself(last), notes=notes, warnings=tuple(warnings))
    _refuse_strangers(first, last)
    comparisons = _lined_up([run.comparisons for run in runs])
    obstacles = [_obstacle(now, earlier[0], first, last) for now, earlier in comparisons]
    rate = comparison_error_rate(obstacles.count("")) if "" in obstacles else 0.0
    benchmarks = tuple(
        _judged_benchmark(now, earlier, tolerance or PLAIN_TOLERANCE, other_hardware(first, last))
        for now, earlier in _lined_up([run.benchmarks for run in runs])
    )
    return Compared(
        runs=tuple(runs),
        comparisons=tuple(
            _judged_comparison(now, earlier, tolerance, obstacle, rate)
            for (now, earlier), obstacle in zip(comparisons, obstacles, strict=True)
        ),
        benchmarks=benchmarks,
        missing=tuple(sorted(set(_keys(first)) - set(_keys(last)))),
        differences=differences(runs),
        error_rate=rate,
        notes=_notes(first, last, benchmarks),
        warnings=tuple(warnings),
    )


def by_itself(run: RunView) -> Compared:
    """Return a run in the form that comparisons have: with no other run, and with the verdicts that it gave itself."""
    reason = "A plain benchmark is judged against another run only."
    return Compared(
        runs=(run,),
        comparisons=tuple(_recorded(view) for view, _ in _lined_up([run.comparisons])),
        benchmarks=tuple(
            replace(_unjudged(view, (), PLAIN_TOLERANCE, reason), said="not judged")
            for view, _ in _lined_up([run.benchmarks])
        ),
        missing=(),
        differences=(),
        error_rate=0.0,
        notes=run.notes,
    )


def _keys(run: RunView) -> list[str]:
    views: tuple[ComparisonView | BenchmarkView, ...] = (*run.comparisons, *run.benchmarks)
    return [view.key for view in views]


def _refuse_empty(run: RunView) -> None:
    if not _keys(run):
        raise RunFileError(
            f"The run {run.name} holds no benchmark.", remedy="Save one in which a benchmark was measured."
        )


def _refuse_strangers(first: RunView, last: RunView) -> None:
    then, now = sorted(_keys(first)), sorted(_keys(last))
    if set(then) & set(now):
        return
    has = f"{first.name} has {then[0]!r}" if then else f"{first.name} has none at all"
    raise RunFileError(
        f"The first run and the last have no benchmark in common: {has}, {last.name} has {now[0]!r}.",
        remedy="Compare runs of the same tests. A name holds the path from pytest's root folder, and the parameters.",
    )


def _lined_up(runs: Sequence[Sequence[_View]]) -> list[tuple[_View, tuple[_View | None, ...]]]:
    """Return each entry of the last run with the entries of the same key in the runs before."""
    by_key = [{view.key: view for view in views} for views in runs]
    return [(now, tuple(views.get(key) for views in by_key[:-1])) for key, now in by_key[-1].items()]


def _notes(first: RunView, last: RunView, benchmarks: Sequence[ComparedRow[BenchmarkView]]) -> tuple[str, ...]:
    notes: list[str] = []
    hardware = other_hardware(first, last)
    if hardware:
        notes.append(
            f"Nothing is judged: {first.name} and {last.name} ran on different hardware ({hardware}), so that a "
            "change says nothing of the code."
        )
    if any(row.basis is Basis.QUARTILES for row in benchmarks):
        notes.append(
            "Plain benchmarks come from one process a run, which proves less than launches do: they are called "
            "regressed or improved only where the medians differ by more than the tolerance and the ranges between "
            "the quartiles lie apart."
        )
    return (*notes, *(f"{run.name}: {note}" for run in (first, last) for note in run.notes))


def _recorded(view: ComparisonView) -> ComparedRow[ComparisonView]:
    return ComparedRow(
        now=view,
        earlier=(),
        basis=Basis.RECORDED,
        kind=view.kind,
        said=view.said,
        expected=view.expected if view.target is None else view.target,
        change=view.change,
        change_low=view.change_low,
        change_high=view.change_high,
        tolerance=view.tolerance,
        reasons=view.evidence,
    )


def _judged_comparison(
    now: ComparisonView, earlier: tuple[ComparisonView | None, ...], given: float | None, obstacle: str, rate: float
) -> ComparedRow[ComparisonView]:
    noise, then = noise_between(now), earlier[0]
    own = now.tolerance if isfinite(now.tolerance) and now.tolerance > 0 else noise.tolerance
    tolerance = own if given is None else given
    if obstacle or then is None:
        return _unjudged(now, earlier, tolerance, obstacle)
    speedup, stored = speedup_in(now), stored_from(then)
    verdict = judge(speedup, stored, noise=noise, tolerance=tolerance, error_rate=rate)
    return ComparedRow(
        now=now,
        earlier=earlier,
        basis=Basis.LAUNCHES,
        kind=verdict.kind,
        said=str(verdict.kind),
        expected=verdict.expected,
        change=verdict.change,
        change_low=verdict.change_low,
        change_high=verdict.change_high,
        tolerance=tolerance,
        reasons=(*_changed_arms(now, then), *_unclear(verdict, machine_moved(speedup, stored, noise, verdict))),
    )


def _unclear(verdict: Verdict, moved: str) -> tuple[str, ...]:
    """Say why launches give no verdict, where they give none."""
    if verdict.kind is not VerdictKind.INCONCLUSIVE:
        return ()
    return (f"{moved[0].upper()}{moved[1:]}." if moved else UNSTEADY,)


def _obstacle(now: ComparisonView, then: ComparisonView | None, first: RunView, last: RunView) -> str:
    """Say why a comparison cannot be judged; empty where it can."""
    if then is None:
        return NEW
    hardware = other_hardware(first, last)
    if hardware:
        return f"Measured on other hardware: {hardware}."
    names = [name for view in (then, now) for arm in (view.candidate, view.reference) for name in arm.devices]
    devices = other_devices(first, last, names)
    if devices:
        return f"Measured on another device: {devices}."
    for run, view in ((first, then), (last, now)):
        if not view.log_ratios or not all(map(isfinite, view.log_ratios)):
            return f"{run.name} has no launches of it to judge by."
    return ""


def _changed_arms(now: ComparisonView, then: ComparisonView) -> tuple[str, ...]:
    """Name what an arm turned out to be that it was not in the first run: it may be the whole cause."""
    found: list[str] = []
    for side, old, new in (("candidate", then.candidate, now.candidate), ("reference", then.reference, now.reference)):
        facts = (
            ("precision", old.precision, new.precision),
            ("devices", ", ".join(old.devices), ", ".join(new.devices)),
            ("threads", str(old.threads or ""), str(new.threads or "")),
            ("streams", str(old.streams or ""), str(new.streams or "")),
            ("requests in flight", str(old.requests or ""), str(new.requests or "")),
            *((name, old.settings[name], new.settings.get(name, "")) for name in old.settings if name != "streams"),
        )
        found += [f"The {side}'s {name} changed: {a} → {b}." for name, a, b in facts if a and b and a != b]
    versions = [
        f"{name} {then.versions[name]} → {version}"
        for name, version in now.versions.items()
        if then.versions.get(name, version) != version
    ]
    return (
        *found,
        *_changed_graphs(now, then),
        *([f"Versions of the arms changed: {', '.join(versions)}."] if versions else []),
    )


def _changed_graphs(now: ComparisonView, then: ComparisonView) -> tuple[str, ...]:
    """Name the arms that OpenVINO executes otherwise than in the first run, as far as both runs' files tell."""
    known = {layers.arm: layers for layers in then.layers if layers.digest}
    pairs = [(known[layers.arm], layers) for layers in now.layers if layers.digest and layers.arm in known]
    return tuple(
        f"The execution graph of {new.arm} changed: {new.layers} layers, {old.layers} in the first run."
        for old, new in pairs
        if old.digest != new.digest
    )


def _judged_benchmark(
    now: BenchmarkView, earlier: tuple[BenchmarkView | None, ...], tolerance: float, hardware: str
) -> ComparedRow[BenchmarkView]:
    then = earlier[0]
    if then is None:
        return _unjudged(now, earlier, tolerance, NEW)
    if hardware:
        return _unjudged(now, earlier, tolerance, f"Measured on other hardware: {hardware}.")
    old, new = then.statistics, now.statistics
    if min(old.q1_s, old.median_s, new.q1_s, new.median_s) <= 0:
        return _unjudged(now, earlier, tolerance, "A time of 0 s is below what the clock can tell.")
    kind, doubt = judge_quartiles(_quartiles(old), _quartiles(new), tolerance=tolerance)
    return ComparedRow(
        now=now,
        earlier=earlier,
        basis=Basis.QUARTILES,
        kind=kind,
        said=str(kind),
        expected=old.median_s,
        change=new.median_s / old.median_s - 1,
        change_low=new.q1_s / old.q3_s - 1,
        change_high=new.q3_s / old.q1_s - 1,
        tolerance=tolerance,
        reasons=(_DOUBTS[doubt],) if doubt else (),
    )


def _quartiles(statistics: Statistics) -> Quartiles:
    return Quartiles(statistics.q1_s, statistics.median_s, statistics.q3_s, statistics.calls)


def _unjudged(now: _View, earlier: tuple[_View | None, ...], tolerance: float, reason: str) -> ComparedRow[_View]:
    return ComparedRow(
        now=now,
        earlier=earlier,
        basis=Basis.NOTHING,
        kind=VerdictKind.NO_BASELINE,
        said=str(VerdictKind.NO_BASELINE),
        expected=None,
        change=None,
        change_low=None,
        change_high=None,
        tolerance=tolerance,
        reasons=(reason,),
    )
