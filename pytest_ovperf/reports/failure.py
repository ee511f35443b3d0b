"""The text under a failed ``assert speedup(...) >= …``: the conclusion, its evidence, and what to do.

Whoever reads it has nothing else at hand. It explains a verdict that was given; it never gives one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass, replace

from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import ComparisonRecord, StoredBaseline, VerdictKind
from pytest_ovperf.runs.of_records import percentiles_of
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.stats.disturbance import counted

from . import figures, layer_lines
from .advice import budget_to_settle, rerun
from .evidence import effort_lines
from .phrases import moved, standing, takes
from .races import releases
from .rows import device_of
from .screen import Screen

#: What pytest shows of an explanation unless it runs with ``-vv`` or on a CI server.
PYTEST_LINES = 8
PYTEST_CHARACTERS = 640
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


@dataclass(frozen=True, slots=True)
class _Explanation:
    """The parts of the text. ``evidence`` starts with what tells most; ``layers`` go behind its first sentence."""

    conclusion: str
    evidence: tuple[str, ...]
    steps: tuple[str, ...]
    layers: tuple[str, ...] = ()
    layers_briefly: tuple[str, ...] = ()


def explain(record: ComparisonRecord, *, encoding: str = "utf-8") -> list[str]:
    """Return the whole text, a line of it per item, the conclusion first. Every line can be written in ``encoding``."""
    parts = _explanation(record)
    lines = [parts.conclusion, *parts.evidence[:1], *parts.layers, *parts.evidence[1:], *parts.steps]
    return _shown(lines, encoding)


def explain_briefly(
    record: ComparisonRecord,
    *,
    encoding: str = "utf-8",
    lines: int = PYTEST_LINES,
    characters: int = PYTEST_CHARACTERS,
) -> list[str]:
    """Return as much of `explain` as pytest shows without ``-vv``: what to do keeps its place, evidence gives way.

    The conclusion and the first piece of advice are always there, even where they alone are longer than allowed.
    """
    parts = _explanation(record)
    evidence = _shown([*parts.evidence[:1], *parts.layers_briefly, *parts.evidence[1:]], encoding)
    first = 1 + max(1, len(parts.layers_briefly))
    conclusion, *steps = _shown([parts.conclusion, *parts.steps], encoding)
    kept_steps = steps[:1]
    kept_evidence: list[str] = []
    for wanted, kept in ((evidence[:first], kept_evidence), (steps[1:], kept_steps), (evidence[first:], kept_evidence)):
        for line in wanted:
            text = [conclusion, *kept_evidence, *kept_steps, line]
            if len(text) <= lines and sum(map(len, text)) <= characters:
                kept.append(line)
    return [conclusion, *kept_evidence, *kept_steps]


def evidence(record: ComparisonRecord) -> tuple[str, ...]:
    """Return the sentences that stand beside a comparison in a report, the most telling first.

    What to do comes last, where the verdict leaves something to be done. Layers have a place of their own in reports.
    Nothing is made fit for a terminal.
    """
    parts = _explanation(record)
    undone = record.judged and record.verdict.kind not in (VerdictKind.OK, VerdictKind.IMPROVED) and not record.stored
    concluded = record.judged and record.verdict.expected is not None
    return (*([parts.conclusion] if concluded else []), *parts.evidence, *(parts.steps if undone else ()))


def _shown(lines: Sequence[str], encoding: str) -> list[str]:
    screen = Screen(0, encoding)
    return [screen.text(line) for line in lines]


def _explanation(record: ComparisonRecord) -> _Explanation:
    return replace(
        _of_figures(record),
        layers=layer_lines.under_failure(record),
        layers_briefly=layer_lines.under_failure_briefly(record),
    )


def _of_figures(record: ComparisonRecord) -> _Explanation:
    kind = record.verdict.kind
    evidence = [
        *([_sides(record, record.baseline)] if record.baseline else [_own_figures(record)]),
        *([_raced(record)] if record.comparison.is_race else []),
        _measured(record),
        *([_stored(record.baseline, record.verdict.expected)] if record.baseline else []),
        *([_versions(record, record.baseline)] if record.baseline else []),
        *effort_lines(record),
        _percentiles(record),
        _fidelity(record),
        *(f"Note: {' '.join(note.split())}" for note in record.notes),
        _question(record),
    ]
    if record.target is not None:
        return _Explanation(_target_conclusion(record, record.target), _said(evidence), _target_steps(record))
    if record.comparison.is_race:
        return _Explanation(_race_conclusion(record), _said(evidence), _target_steps(record))
    if kind is VerdictKind.NO_BASELINE:
        return _Explanation(_missing_conclusion(record), _said(evidence), _missing_steps(record))
    return _Explanation(_baseline_conclusion(record), _said(evidence), _baseline_steps(record))


def _said(lines: list[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def _baseline_conclusion(record: ComparisonRecord) -> str:
    verdict, now = record.verdict, _as_fast(record, "now ")
    if verdict.expected is None or verdict.change is None:
        return f"{now}; the verdict is {verdict.kind}."
    text = f"{now}; the baseline says {figures.speedup(verdict.expected)}: {_direction(verdict.change)}"
    return text + _between(verdict.change_low, verdict.change_high) + _ending(record)


def _race_conclusion(record: ComparisonRecord) -> str:
    verdict, now = record.verdict, _as_fast(record)
    if verdict.change is None:
        return f"{now}; it was raced and not judged."
    text = f"{now}: {_direction(verdict.change)}{_between(verdict.change_low, verdict.change_high)}"
    return text + _ending(record)


def _ending(record: ComparisonRecord) -> str:
    verdict = record.verdict
    tolerance = f"the tolerance of {figures.chosen_percent(verdict.tolerance)}"
    endings = {
        VerdictKind.REGRESSED: f", beyond {tolerance}.",
        VerdictKind.IMPROVED: f", beyond {tolerance}: an improvement.",
        VerdictKind.OK: f", within what {tolerance} lets pass.",
        VerdictKind.INCONCLUSIVE: f". Against {tolerance} that is inconclusive, which fails under --ov-strict.",
        VerdictKind.NO_BASELINE: ".",
    }
    return endings[verdict.kind]


def _target_conclusion(record: ComparisonRecord, target: float) -> str:
    verdict = record.verdict
    text = f"{_as_fast(record)}; the test asks for at least {figures.speedup(target)}"
    if verdict.change is not None:
        text += f": {_direction(verdict.change)}{_between(verdict.change_low, verdict.change_high)}"
    if verdict.kind is VerdictKind.INCONCLUSIVE:
        return f"{text}. That is inconclusive, which fails under --ov-strict."
    return f"{text}."


def _missing_conclusion(record: ComparisonRecord) -> str:
    arms = record.comparison.arms
    if record.stored:
        return f"There was no baseline on this hardware for {arms}; this run recorded the first one."
    return (
        f"There is no baseline on this hardware for {arms}, and --ov-strict asks for one. {_as_fast(record, 'now ')}."
    )


def _as_fast(record: ComparisonRecord, now: str = "") -> str:
    candidate, _, reference = record.comparison.arms.partition(" over ")
    return standing(candidate, figures.speedup(record.speedup.ratio), reference, record.comparison.metric, now)


def _direction(change: float) -> str:
    return f"{figures.percent(change)} {'lower' if change < 0 else 'higher'}"


def _between(low: float | None, high: float | None) -> str:
    """Write the interval of a change, smaller size first, as a person would say it."""
    if low is None or high is None:
        return ""
    if (low < 0) == (high < 0):
        near, far = sorted((low, high), key=abs)
        return f" (between {figures.percent(near)} and {figures.percent(far)})"
    return f" (between {_direction(low)} and {_direction(high)})"


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
    now, then = record.fidelity, record.baseline.fidelity if record.baseline else None
    if now is None:
        return ""
    text = f"Fidelity: cosine {now.cosine:.4f}, top-1 {now.top1:.1%}".replace("%", " %")
    text += f", largest error {now.max_abs_error:.3g}"
    if then is not None:
        text += f"; in the baseline cosine {then.cosine:.4f}, top-1 {then.top1:.1%}".replace("%", " %").replace(
            "  ", " "
        )
    return f"{text}."


def _question(record: ComparisonRecord) -> str:
    asked = record.comparison
    what = f"{asked.metric} of {asked.model} on {device_of(record)} ({asked.workload})"
    return f"Compared: {what}; {figures.duration(record.seconds)} spent."


def _baseline_steps(record: ComparisonRecord) -> tuple[str, ...]:
    if record.verdict.kind is VerdictKind.INCONCLUSIVE:
        return _settling_steps(record)
    accept = f"--update-baselines={UpdateMode.ALL}"
    return (f"Measure again:  {rerun(record)}", f"Accept as the new baseline:  {rerun(record, accept)}")


def _target_steps(record: ComparisonRecord) -> tuple[str, ...]:
    if record.verdict.kind is VerdictKind.INCONCLUSIVE:
        return _settling_steps(record)
    return (f"Measure again:  {rerun(record)}",)


def _missing_steps(record: ComparisonRecord) -> tuple[str, ...]:
    if record.stored:
        return ("Commit the baseline's file.",)
    return (f"Record one, and commit its file:  {rerun(record, f'--update-baselines={UpdateMode.NEW}')}",)


def _settling_steps(record: ComparisonRecord) -> tuple[str, ...]:
    budget = budget_to_settle([record])
    if budget is None:
        return (f"Close what else runs on this machine and measure again:  {rerun(record)}",)
    more = figures.duration(record.verdict.seconds_to_settle or 0.0)
    return (f"About {more} more should settle it:  {rerun(record, f'--ov-budget={budget}')}",)
