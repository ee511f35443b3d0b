"""One row of a page's table, with the detail behind it: a compared comparison or benchmark as text and places."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric
from pytest_ovperf.reports import figures
from pytest_ovperf.reports.markdown import own_figures
from pytest_ovperf.reports.phrases import standing
from pytest_ovperf.runs.compared import Basis
from pytest_ovperf.runs.values import arms_of, metric_of

from . import environment, layers, wording
from .content import Picture, Row, Sentence, Style
from .marks import spark
from .payload import each_of
from .tables import arm_names, benchmark_table, comparison_tables, launch_ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_ovperf.runs.compared import ComparedRow
    from pytest_ovperf.runs.view import BenchmarkView, ComparisonView, RunView

    from .content import Facts
    from .marks import Axis, Strip

_COMMAND = re.compile(r"(?P<text>[^:]+:)  (?P<command>\S.*)")
_DIGEST = 8
#: How sentences begin that only repeat what a detail shows by itself.
_SHOWN_ELSEWHERE = ("Baseline: ", "Changed since then: ", "Unchanged since then: ", "Fidelity: ", "Compared: ")
_HISTORY_KEY = (
    "Each run with the verdict that it gave itself, the last as it is judged here. Dotted: something had changed."
)
_SAMPLES_KEY = "The speed-up of each round, and the launch's as a line; below, what {} of either arm took."


def style_of(said: str, kind: str) -> Style:
    """Return how a verdict looks: what is said in its place goes before its kind."""
    return {"recorded": Style.RECORDED, "not judged": Style.NOT_JUDGED}.get(said) or Style(kind)


def anchor(key: str) -> str:
    """Return a name for links that stays the same from run to run."""
    return f"c-{hashlib.sha256(key.encode()).hexdigest()[:_DIGEST]}"


def comparison_row(
    row: ComparedRow[ComparisonView], name: str, *, runs: Sequence[RunView], axis: Axis, moved: str
) -> Row:
    """Return the row of a comparison. ``moved`` says which of its sides changed.

    ``runs`` are all of the page: with a single one, all is about that run's own baseline.
    """
    view, alone = row.now, len(runs) == 1
    said = _sentences((_conclusion(row, runs[0]), moved, *row.reasons))
    own = _sentences(view.evidence)
    told = own if alone else said
    return Row(
        anchor=anchor(view.key),
        style=style_of(row.said, row.kind),
        said=row.said,
        name=name,
        full_name=view.key,
        about=tuple(
            part for part in (arms_of(view), view.model, _metric(view), wording.whole(own_figures(view))) if part
        ),
        model=view.model,
        figure=wording.times(view.ratio),
        interval=figures.interval(view.low, view.high),
        expected=_expected(row),
        expected_as=_expected_as(row, alone=alone),
        change="" if row.change is None else wording.change(row.change),
        change_interval=_change_interval(row),
        strip=_strip(row, axis),
        spark=None if alone else spark([None if each is None else each.ratio for each in row.over_runs]),
        spark_words=_in_words([None if each is None else each.ratio for each in row.over_runs], wording.times),
        sort_figure=view.ratio,
        sort_change=row.change,
        evidence=tuple(sentence for sentence in told if not _is_shown_elsewhere(sentence)),
        more_evidence=tuple(filter(_is_shown_elsewhere, told)),
        earlier_evidence=() if alone else tuple(own),
        pictures=tuple(_pictures(row, alone=alone)),
        tables=comparison_tables(row),
        facts=_facts(row, runs),
        layers=layers.layers(view.layers),
        why=layers.why(view.layers) if alone else "",
    )


def benchmark_row(row: ComparedRow[BenchmarkView], name: str, *, alone: bool, axis: Axis) -> Row:
    """Return the row of a plain benchmark."""
    view = row.now
    now = view.statistics
    medians = [None if each is None else each.statistics.median_s for each in row.over_runs]
    history = spark(medians)
    words = _in_words(medians, wording.latency)
    parameters = ", ".join(f"{key}={value}" for key, value in view.params.items())
    return Row(
        anchor=anchor(view.key),
        style=style_of(row.said, row.kind),
        said=row.said,
        name=name,
        full_name=view.key,
        about=tuple(part for part in (view.group and f"group {view.group}", parameters) if part),
        model="",
        figure=wording.latency(now.median_s),
        interval=wording.latency_range(now.q1_s, now.q3_s),
        expected="" if row.expected is None else wording.latency(row.expected),
        expected_as="" if row.expected is None else "first run",
        change="" if row.change is None else wording.change(row.change),
        change_interval=_change_interval(row),
        strip=_strip(row, axis),
        spark=history,
        spark_words=words,
        sort_figure=now.median_s,
        sort_change=row.change,
        evidence=tuple(_sentences(row.reasons)),
        more_evidence=(),
        earlier_evidence=(),
        pictures=()
        if alone or history is None
        else (Picture("history", "Median over the runs", _HISTORY_KEY, f"Medians: {words}."),),
        tables=(benchmark_table(row),),
        facts=None,
    )


def _conclusion(row: ComparedRow[ComparisonView], first: RunView) -> str:
    """Return the figures of a comparison of runs as a sentence, empty where nothing was judged."""
    if row.change is None or row.expected is None:
        return ""
    candidate, reference = arm_names(row.now)
    now = standing(candidate, wording.times(row.now.ratio), reference, metric_of(row.now.metric), "now ")
    then = f"in {first.name} it was {wording.times(row.expected)}: {wording.change(row.change)}"
    if row.change_low is not None and row.change_high is not None:
        then += f", between {wording.change(row.change_low)} and {wording.change(row.change_high)}"
    return f"{now}; {then}. The tolerance is {wording.whole(figures.chosen_percent(row.tolerance))}."


def _sentences(texts: Iterable[str]) -> list[Sentence]:
    """Take the command that a sentence offers apart from it, so that it can be set as one."""
    sentences = []
    for text in texts:
        found = _COMMAND.fullmatch(text)
        if found:
            sentences.append(Sentence(found["text"], found["command"]))
        elif text:
            sentences.append(Sentence(text))
    return sentences


def _is_shown_elsewhere(sentence: Sentence) -> bool:
    """Tell whether the detail's tables and pictures show what a sentence says at length."""
    return sentence.text.startswith(_SHOWN_ELSEWHERE)


def _metric(view: ComparisonView) -> str:
    """Name the metric; latency is what is meant where none is named."""
    return "" if view.metric == Metric.LATENCY else view.metric.replace("_", " ")


def _expected(row: ComparedRow[ComparisonView]) -> str:
    target = row.now.target
    if row.basis is Basis.RECORDED and target is not None:
        return f"≥{wording.NO_BREAK}{wording.times(target)}"
    return "" if row.expected is None else wording.times(row.expected)


def _expected_as(row: ComparedRow[ComparisonView], *, alone: bool) -> str:
    if row.basis is Basis.RECORDED and row.now.target is not None:
        return "asked for"
    if row.expected is None:
        return ""
    if row.now.is_race and row.basis is Basis.RECORDED:
        return f"OpenVINO {row.now.reference.release}"
    return "baseline" if alone or row.basis is Basis.RECORDED else "first run"


def _change_interval(row: ComparedRow[ComparisonView] | ComparedRow[BenchmarkView]) -> str:
    if row.change_low is None or row.change_high is None:
        return ""
    return f"{wording.change(row.change_low)} to {wording.change(row.change_high)}"


def _strip(row: ComparedRow[ComparisonView] | ComparedRow[BenchmarkView], axis: Axis) -> Strip | None:
    if row.change is None:
        return None
    low = row.change if row.change_low is None else row.change_low
    high = row.change if row.change_high is None else row.change_high
    return axis.strip(row.change, low, high, row.tolerance)


def _in_words(values: Sequence[float | None], write: Callable[[float], str]) -> str:
    """Return what a history shows, for those who do not see it."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004  (one is no history)
        return ""
    between = f"between {write(min(known))} and {write(max(known))}"
    return f"{len(known)} runs, first {write(known[0])}, last {write(known[-1])}, {between}"


def _pictures(row: ComparedRow[ComparisonView], *, alone: bool) -> Iterable[Picture]:
    view = row.now
    now = f"{wording.times(view.ratio)}, between {figures.interval(view.low, view.high)}"
    what_is = "New over old" if view.is_race else "Speed-up"
    words = f"{what_is} {now} at {figures.chosen_percent(view.confidence)} confidence"
    then = view.baseline if alone else row.then
    if then is not None:
        what = "baseline" if alone else "first run"
        words += f"; {what} {wording.times(then.ratio)}, between {figures.interval(then.low, then.high)}"
    if row.tolerance and then is not None:
        words += f"; tolerance {figures.chosen_percent(row.tolerance)}"
    if view.target is not None and alone:
        words += f"; asked for at least {wording.times(view.target)}"
    against = "against what was asked for" if alone and view.target is not None else "against the baseline"
    title = (
        what_is
        if then is None and view.target is None
        else f"{what_is} {against if alone else 'against the first run'}"
    )
    confidence = figures.chosen_percent(view.confidence)
    key = f"The bars are the intervals at {confidence}"
    key += ", the thin line what the verdict rests on." if row.change_low is not None else "."
    yield Picture("ratio", title, key, f"{words}.")
    history = _in_words([None if each is None else each.ratio for each in row.over_runs], wording.times)
    if history and not alone:
        yield Picture("history", f"{what_is} over the runs", _HISTORY_KEY, f"Speed-ups: {history}.")
    if any(view.candidate.blocks_ns) and any(view.reference.blocks_ns):
        launches = figures.count(len(view.log_ratios), "launch")
        yield Picture(
            "samples",
            "Every round, by launch",
            _SAMPLES_KEY.format(each_of(view.metric)),
            f"Rounds of {launches}; by launch {', '.join(launch_ratios(view))}.",
        )


def _facts(row: ComparedRow[ComparisonView], runs: Sequence[RunView]) -> Facts | None:
    if row.then is not None:
        return environment.since_first((row.then, runs[0]), (row.now, runs[-1]))
    if row.now.baseline is not None:
        return environment.since_baseline(row.now, row.now.baseline, runs[-1])
    return None
