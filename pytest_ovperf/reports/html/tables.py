"""The figures behind a row, as tables: what the pictures show, and what no picture does."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric, Unit
from pytest_ovperf.reports import fidelity_text, figures
from pytest_ovperf.runs.values import metric_of, unit_of, value_of

from . import wording
from .content import Table
from .wording import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_ovperf.records import Fidelity
    from pytest_ovperf.runs.compared import ComparedRow
    from pytest_ovperf.runs.view import ArmView, BenchmarkView, ComparisonView, Statistics

#: What the times below a figure are of, where they are not the figure itself.
_TIMES_OF = {
    Metric.THROUGHPUT: " of a request's latency",
    Metric.TOKENS_PER_SECOND: " of a call",
    Metric.REQUESTS_PER_SECOND: " of a call",
    Metric.TTFT: " to the first token",
    Metric.TPOT: " from token to token",
    Metric.FIRST_INFERENCE: " to the first result",
}
_MOST_LOG = 700.0  # beyond that exp overflows


def arm_names(view: ComparisonView) -> tuple[str, str]:
    """Return the names of both arms, with their devices where it is these that are compared."""
    candidate, reference = view.candidate, view.reference
    same_engine = candidate.name.partition("-")[0] == reference.name.partition("-")[0]
    if same_engine and candidate.device != reference.device:
        return f"{candidate.name}@{candidate.device}", f"{reference.name}@{reference.device}"
    return candidate.name, reference.name


def launch_ratios(view: ComparisonView) -> list[str]:
    """Return the speed-up of each launch."""
    return [wording.times(exp(min(value, _MOST_LOG))) for value in view.log_ratios]


def comparison_tables(row: ComparedRow[ComparisonView]) -> tuple[Table, ...]:
    """Return what a comparison's detail shows in figures: the arms, the launches, the outputs."""
    return tuple(_tables(row))


def _tables(row: ComparedRow[ComparisonView]) -> Iterable[Table]:
    view = row.now
    names = arm_names(view)
    columns = [("", view.candidate, names[0]), ("", view.reference, names[1])]
    if row.then is not None:
        then = row.then
        columns = [
            ("last run", view.candidate, names[0]),
            ("first run", then.candidate, names[0]),
            ("last run", view.reference, names[1]),
            ("first run", then.reference, names[1]),
        ]
    head = tuple(f"{name}, {when}" if when else name for when, _, name in columns)
    yield Table("Absolute figures", ("", *head), tuple(_arm_lines([arm for _, arm, _ in columns], view.metric)))
    if view.log_ratios:
        numbers = map(str, range(1, len(view.log_ratios) + 1))
        yield Table("By launch", ("launch", *numbers), (("speed-up", *launch_ratios(view)),))
    if view.fidelity is not None:
        yield _fidelity(row)


def _arm_lines(arms: Sequence[ArmView], metric: str) -> Iterable[tuple[str, ...]]:
    yield ("runs on", *(", ".join(arm.devices) or arm.device for arm in arms))
    yield ("precision", *(arm.precision or NOTHING for arm in arms))
    for name, counts in (
        ("threads", [arm.threads for arm in arms]),
        ("streams", [arm.streams for arm in arms]),
        ("requests in flight", [arm.requests for arm in arms]),
    ):
        if any(counts) or name == "threads":
            yield (name, *(str(count) if count else NOTHING for count in counts))
    for name in dict.fromkeys(name for arm in arms for name in arm.settings):
        yield (name, *(arm.settings.get(name, NOTHING) for arm in arms))
    unit = unit_of(metric)
    if unit is not Unit.SECONDS:
        yield (metric.replace("_", " "), *(wording.quantity(value_of(arm, metric), unit) for arm in arms))
    known = [arm.statistics for arm in arms if arm.statistics is not None]
    if len(known) == len(arms):
        of = _TIMES_OF.get(metric_of(metric), "")
        yield from ((f"{label}{of if label == 'median' else ''}", *cells) for label, *cells in _statistics_lines(known))
    for name in dict.fromkeys(name for arm in arms for name in arm.percentiles if name != "p50"):
        yield (name, *(wording.latency(arm.percentiles[name]) if name in arm.percentiles else NOTHING for arm in arms))


def benchmark_table(row: ComparedRow[BenchmarkView]) -> Table:
    """Return the figures of a plain benchmark, beside those of the first run where it has them."""
    columns = [("last run", row.now.statistics)]
    if row.then is not None:
        columns.append(("first run", row.then.statistics))
    head = tuple(when for when, _ in columns) if row.earlier else ("time of a call",)
    return Table("Absolute figures", ("", *head), tuple(_statistics_lines([found for _, found in columns])))


def _statistics_lines(found: Sequence[Statistics]) -> Iterable[tuple[str, ...]]:
    yield ("median", *(wording.latency(each.median_s) for each in found))
    yield ("quartiles", *(wording.latency_range(each.q1_s, each.q3_s) for each in found))
    yield ("fastest", *(wording.latency(each.min_s) for each in found))
    yield ("slowest", *(wording.latency(each.max_s) for each in found))
    yield ("mean ± deviation", *(wording.mean_and_deviation(each.mean_s, each.stddev_s) for each in found))
    yield ("calls", *(f"{each.calls:,}".replace(",", wording.NO_BREAK) for each in found))


def _fidelity(row: ComparedRow[ComparisonView]) -> Table:
    found = [("last run" if row.then else "this run", row.now.fidelity)]
    if row.then is not None:
        found.append(("first run", row.then.fidelity))
    known = [(when, each) for when, each in found if each is not None]
    scored = any(each.scores is not None for _, each in known)
    head = ("", *(("score", "score of the reference") if scored else ()), "cosine", "top-1", "largest error")
    lines = tuple(
        (
            when,
            *(_scores(each) if scored else ()),
            f"{each.cosine:.6f}",
            wording.whole(figures.chosen_percent(each.top1)),
            f"{each.max_abs_error:.3g}",
        )
        for when, each in known
    )
    return Table("Fidelity of the outputs", head, lines)


def _scores(found: Fidelity) -> tuple[str, str]:
    scores = found.scores
    if scores is None:
        return NOTHING, NOTHING
    return fidelity_text.score(scores.candidate), fidelity_text.score(scores.reference)
