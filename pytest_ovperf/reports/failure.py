"""The text under a failed ``assert speedup(...) >= …``: the conclusion, its evidence, and what to do.

Whoever reads it has nothing else at hand. It explains a verdict that was given; it never gives one.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)

from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.runs.of_layers import layers_views
from pytest_ovperf.settings import UpdateMode

from . import figures, layer_lines
from .advice import budget_to_settle, rerun
from .failure_evidence import sentences
from .phrases import standing
from .screen import Screen

#: What pytest shows of an explanation unless it runs with ``-vv`` or on a CI server.
PYTEST_LINES = 8
PYTEST_CHARACTERS = 640


def explain(record: ComparisonRecord, *, encoding: str = "utf-8") -> list[str]:
    """Return the whole text, a line of it per item, the conclusion first. Every line can be written in ``encoding``.

    What became of layers goes behind the first piece of evidence, which tells most.
    """
    conclusion, steps = _concluded(record)
    first, *others = sentences(record)
    layers = layer_lines.under_failure(layers_views(record.explained))
    return _shown([conclusion, first, *layers, *others, *steps], encoding)


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
    said, advice = _concluded(record)
    layers = layer_lines.under_failure_briefly(layers_views(record.explained))
    first, *others = sentences(record)
    evidence = _shown([first, *layers, *others], encoding)
    telling = 1 + max(1, len(layers))
    conclusion, *steps = _shown([said, *advice], encoding)
    kept_steps = steps[:1]
    kept: list[str] = []
    for wanted, taken in ((evidence[:telling], kept), (steps[1:], kept_steps), (evidence[telling:], kept)):
        for line in wanted:
            text = [conclusion, *kept, *kept_steps, line]
            if len(text) <= lines and sum(map(len, text)) <= characters:
                taken.append(line)
    return [conclusion, *kept, *kept_steps]


def evidence(record: ComparisonRecord) -> tuple[str, ...]:
    """Return the sentences that stand beside a comparison in a report, the most telling first.

    What to do comes last, where the verdict leaves something to be done. Layers have a place of their own in reports.
    Nothing is made fit for a terminal.
    """
    conclusion, steps = _concluded(record)
    undone = record.judged and record.verdict.kind not in (VerdictKind.OK, VerdictKind.IMPROVED) and not record.stored
    is_concluded = record.judged and record.verdict.expected is not None
    return (*([conclusion] if is_concluded else []), *sentences(record), *(steps if undone else ()))


def _shown(lines: Sequence[str], encoding: str) -> list[str]:
    screen = Screen(0, encoding)
    return [screen.text(line) for line in lines]


def _concluded(record: ComparisonRecord) -> tuple[str, tuple[str, ...]]:
    """Return the conclusion and what to do."""
    if record.target is not None:
        return _target_conclusion(record, record.target), _target_steps(record)
    if record.comparison.is_race:
        return _race_conclusion(record), _target_steps(record)
    if record.verdict.kind is VerdictKind.NO_BASELINE:
        return _missing_conclusion(record), _missing_steps(record)
    return _baseline_conclusion(record), _baseline_steps(record)


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
