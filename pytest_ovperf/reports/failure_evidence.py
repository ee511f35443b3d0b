"""What a comparison's verdict rests on, in sentences: which side moved, how it was measured, against what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)

from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import ComparisonRecord, StoredBaseline  # noqa: TC001  (see above)
from pytest_ovperf.runs.of_records import percentiles_of
from pytest_ovperf.stats.disturbance import counted

from . import fidelity_text, figures
from .evidence import effort_lines
from .phrases import moved, takes
from .races import releases
from .rows import device_of

_UNMOVED = 0.02  # a latency that differs by less is said to have stayed: hosts differ by that from day to day
_COMMIT_DIGITS = 12
_DATE_DIGITS = 10
#: Whose percentiles tell something that the figure does not, and of what they are.
_PERCENTILES_OF = {
    Metric.THROUGHPUT: "A request's latency",
    Metric.TTFT: "Time to the first token",
    Metric.TPOT: "Time from token to token",
    Metric.TOKENS_PER_SECOND: "A request's latency",
    Metric.REQUESTS_PER_SECOND: "A request's latency",
}


def sentences(record: ComparisonRecord) -> tuple[str, ...]:
    """Return all that there is to say, the most telling first; layers and what to do are not among it."""
    stored = record.baseline
    said = [
        _sides(record, stored) if stored else _own_figures(record),
        _raced(record) if record.comparison.is_race else "",
        _measured(record),
        _stored(stored, record.verdict.expected) if stored else "",
        _versions(record, stored) if stored else "",
        *effort_lines(record),
        _percentiles(record),
        _fidelity(record),
        *(f"Note: {' '.join(note.split())}" for note in record.notes),
        _question(record),
    ]
    return tuple(line for line in said if line)


def _sides(record: ComparisonRecord, stored: StoredBaseline) -> str:
    """Tell which side moved: a ratio alone cannot."""
    now, metric = record.speedup, record.comparison.metric
    candidate = _side(stored.candidate_cost, now.candidate_cost, metric)
    reference = _side(stored.reference_cost, now.reference_cost, metric)
    return f"The candidate {candidate}; the reference {reference}."


def _side(then_cost: float, now_cost: float, metric: Metric) -> str:
    """Tell how an arm's figure went; a rate goes the other way than what it costs."""
    then, now = figures.cost(then_cost, metric), figures.cost(now_cost, metric)
    if not (math.isfinite(then_cost) and math.isfinite(now_cost)) or min(then_cost, now_cost) <= 0:
        return f"{takes(metric)} {now}"
    change = (then_cost / now_cost if metric.unit.is_rate else now_cost / then_cost) - 1
    if abs(change) < _UNMOVED:
        return f"stayed near {now} ({figures.change(change)})"
    verb = moved(metric, is_worse=now_cost > then_cost)
    return f"{verb} from {then} to {now} ({figures.change(change)})"


def _raced(record: ComparisonRecord) -> str:
    """Name the builds that were raced: of a nightly or one's own, the release alone says little."""
    sides = record.launches[-1:] and (record.launches[-1].reference.versions, record.launches[-1].candidate.versions)
    if not sides:
        return ""
    old, new = sides
    return f"Raced: {', '.join(_over(name, new, old) for name in new)}."


def _over(name: str, new: Mapping[str, str], old: Mapping[str, str]) -> str:
    return f"{name} {new[name]} over {old.get(name, 'none')}"


def _own_figures(record: ComparisonRecord) -> str:
    now, metric = record.speedup, record.comparison.metric
    ours, theirs = figures.cost(now.candidate_cost, metric), figures.cost(now.reference_cost, metric)
    if record.comparison.is_race:
        old, new = releases(record)
        return f"With OpenVINO {new} it {takes(metric)} {ours}, with {old} {theirs}."
    return f"The candidate {takes(metric)} {ours}, the reference {theirs}."


def _percentiles(record: ComparisonRecord) -> str:
    """Tell the percentiles of both arms' calls, as far as there are calls enough; they are of interest in queues."""
    if record.comparison.metric not in _PERCENTILES_OF:
        return ""
    sides = [
        f"the {side}'s {', '.join(f'{name} {figures.latency(time * 1e9)}' for name, time in found.items())}"
        for side, is_candidate in (("candidate", True), ("reference", False))
        if (found := percentiles_of(record, candidate=is_candidate))
    ]
    return f"{_PERCENTILES_OF[record.comparison.metric]}: {'; '.join(sides)}." if sides else ""


def _measured(record: ComparisonRecord) -> str:
    now = record.speedup
    interval = f"{figures.interval(now.low, now.high)} at {figures.chosen_percent(now.confidence)} confidence"
    return f"Measured: {figures.speedup(now.ratio)} ({interval}) from {_effort(record)}{_by_launch(now.log_ratios)}."


def _effort(record: ComparisonRecord) -> str:
    rounds = [len(counted(launch.rounds)) for launch in record.launches]
    if rounds and len(set(rounds)) == 1:
        return f"{figures.count(len(rounds), 'launch')} \N{MULTIPLICATION SIGN} {figures.count(rounds[0], 'round')}"
    launches = figures.count(len(record.speedup.log_ratios), "launch")
    return f"{launches}, {figures.count(record.speedup.rounds, 'round')} in all"


def _by_launch(log_ratios: Sequence[float]) -> str:
    if len(log_ratios) < 2:  # noqa: PLR2004  (of one launch the estimate says it all)
        return ""
    return f"; by launch {_ratios(log_ratios)}"


def _ratios(log_ratios: Sequence[float]) -> str:
    return ", ".join(figures.speedup(math.exp(min(value, 700.0))) for value in log_ratios)  # beyond that exp overflows


def _stored(stored: StoredBaseline, expected: float | None) -> str:
    text = "Baseline: "
    text += "" if expected is None else f"{figures.speedup(expected)} from "
    text += f"{figures.count(stored.launches, 'launch')}{_by_launch(stored.log_ratios)}"
    when = stored.provenance.get("date", "")[:_DATE_DIGITS]
    commit = stored.provenance.get("commit", "")[:_COMMIT_DIGITS]
    rest = [f"{name} {value}" for name, value in stored.provenance.items() if name not in {"date", "commit"} and value]
    recorded = [*([when] if when else []), *([f"at commit {commit}"] if commit else [])]
    if recorded or rest:
        text += f"; recorded {' '.join(recorded)}".rstrip() + (f" with {', '.join(rest)}" if rest else "")
    return f"{text}."


def _versions(record: ComparisonRecord, stored: StoredBaseline) -> str:
    """Name the versions that differ between then and now."""
    now: dict[str, str] = {}
    for launch in record.launches[-1:]:
        now = {**launch.reference.versions, **launch.candidate.versions}
    known = [name for name in now if name in stored.provenance]
    if not known:
        return ""
    changed = [
        f"{name} {stored.provenance[name]} → {now[name]}" for name in known if now[name] != stored.provenance[name]
    ]
    return f"Changed since then: {', '.join(changed)}." if changed else f"Unchanged since then: {', '.join(known)}."


def _fidelity(record: ComparisonRecord) -> str:
    if record.fidelity is None:
        return ""
    return fidelity_text.evidence(record.fidelity, None if record.baseline is None else record.baseline.fidelity)


def _question(record: ComparisonRecord) -> str:
    asked = record.comparison
    what = f"{asked.metric} of {asked.model} on {device_of(record)} ({asked.workload})"
    return f"Compared: {what}; {figures.duration(record.seconds)} spent."
