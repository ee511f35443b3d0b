"""One row per comparison, as text: the view that every report shares. Formatting only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass

from pytest_ovperf.records import ComparisonRecord, VerdictKind  # noqa: TC001  (see above)
from pytest_ovperf.runs.of_records import device_of, said_of

from . import figures

__all__ = ["Row", "device_of", "rows", "short_names"]


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison as it is written: every figure rounded and with its unit, nothing escaped and nothing cut.

    ``test`` is the shortest part of ``test_id`` that no other test of the report shares. ``device`` is where the
    OpenVINO side ran. ``candidate`` and ``reference`` are both arms' own figures in the metric's unit. ``baseline`` is
    the stored speed-up, ``≥ 1.50x`` for a target, ``recorded`` where this run wrote the first one and ``none`` where
    there is none. ``change`` is against a stored speed-up, else empty.
    """

    test_id: str
    test: str
    model: str
    arms: str
    device: str
    metric: str
    candidate: str
    reference: str
    speedup: str
    interval: str
    confidence: str
    baseline: str
    change: str
    verdict: str
    kind: VerdictKind
    seconds: str


def rows(records: Sequence[ComparisonRecord]) -> tuple[Row, ...]:
    """Return one row per record, in the same order."""
    names = short_names([record.test for record in records])
    return tuple(_row(record, names[record.test]) for record in records)


def short_names(test_ids: Sequence[str]) -> dict[str, str]:
    """Return the shortest unambiguous name of each pytest node id: the function with its parameters if that will do.

    Ids that share it get their class in front, then their file, then the file's folder.
    """
    distinct = dict.fromkeys(test_ids)
    names: dict[str, str] = {}
    forms: tuple[Callable[[str], str], ...] = (_function, _in_class, _in_file, str)
    for form in forms:
        waiting = [test_id for test_id in distinct if test_id not in names]
        taken = Counter(form(test_id) for test_id in waiting)
        # Nor may one test be called what another one is called already, or has for its whole id.
        given = {*names.values(), *distinct}
        shortened = {test_id: form(test_id) for test_id in waiting}
        names.update(
            {own: name for own, name in shortened.items() if taken[name] == 1 and (name == own or name not in given)}
        )
    return names


def _row(record: ComparisonRecord, name: str) -> Row:
    comparison, estimate, verdict = record.comparison, record.speedup, record.verdict
    return Row(
        test_id=record.test,
        test=name,
        model=comparison.model,
        arms=comparison.arms,
        device=device_of(record),
        metric=str(comparison.metric),
        candidate=figures.cost(estimate.candidate_cost, comparison.metric),
        reference=figures.cost(estimate.reference_cost, comparison.metric),
        speedup=figures.speedup(estimate.ratio),
        interval=figures.interval(estimate.low, estimate.high),
        confidence=figures.chosen_percent(estimate.confidence),
        baseline=_baseline(record),
        change="" if verdict.change is None or record.target is not None else figures.change(verdict.change),
        verdict=said_of(record),
        kind=verdict.kind,
        seconds=figures.duration(record.seconds),
    )


def _baseline(record: ComparisonRecord) -> str:
    if record.target is not None:
        return f"≥ {figures.speedup(record.target)}"
    if record.verdict.expected is not None:
        return figures.speedup(record.verdict.expected)
    if record.baseline is not None:
        return "unknown"
    return "recorded" if record.stored else "none"


def _function(test_id: str) -> str:
    names, parameters = _parts(test_id)[1:]
    return names.rpartition("::")[2] + parameters


def _in_class(test_id: str) -> str:
    names, parameters = _parts(test_id)[1:]
    return names + parameters


def _in_file(test_id: str) -> str:
    path, names, parameters = _parts(test_id)
    return f"{path.rpartition('/')[2]}::{names}{parameters}" if path else test_id


def _parts(test_id: str) -> tuple[str, str, str]:
    """Split a node id into its path, its class and function names, and its parameters with their brackets."""
    path, separator, rest = test_id.partition("::")
    if not separator:
        path, rest = "", test_id
    names, bracket, parameters = rest.partition("[")
    return path, names, bracket + parameters
