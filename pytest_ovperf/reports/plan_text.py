"""What ``--ov-plan`` prints: the comparisons to come, what they can show, how long they take, what a verdict risks."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric
from pytest_ovperf.store.keys import arms_of, metric_of

from . import figures
from .grid import arm_lines, column, fitted_name, grid, rendered, taken
from .rows import short_names
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from pytest_ovperf.verdict.planning import Plan, PlannedComparison

_NARROWEST = 40
_SHORTEST_NAME = 20
_UNKNOWN = "?"


def plan_text(plan: Plan, *, width: int, colour: bool, encoding: str) -> str:
    """Return the plan, ending in a newline; no line is wider than ``width`` cells (40 at least)."""
    screen = Screen(max(width, _NARROWEST), encoding)
    lines = [line for text in _sentences(plan) for line in screen.wrap(text)]
    if plan.against or not plan.comparisons:
        return "\n".join(lines) + "\n"
    return rendered(_table(screen, plan.comparisons), screen, colour=colour) + "\n" + "\n".join(lines) + "\n"


def _sentences(plan: Plan) -> list[str]:
    if not plan.comparisons:
        return ["No test of this run measures anything."]
    if plan.against:
        return _sentences_of_races(plan)
    asked = [each for each in plan.comparisons if each.compares]
    known = [each for each in asked if each.label]
    least, most = (sum(each.seconds[end] for each in known) for end in (0, 1))
    effort = f"Those take {figures.duration(least)} to {figures.duration(most)}" if most else "How long is not known"
    lines = [
        (
            f"{figures.count(len(asked), 'comparison')}, {len(known)} of them known from their baselines. "
            f"{effort}, beside building models that are not in the cache; a comparison that looks like a regression is "
            "measured again at the end of the run, with as many launches and 4 at least."
        ),
        _error_budget(plan),
    ]
    if len(known) < len(asked):
        lines.append("A test without a baseline says what it compares only when it runs.")
    if len(asked) < len(plan.comparisons):
        lines.append("Absolute figures have no baseline: what they take is known when they are measured.")
    return [*lines, *_timing(plan), "Nothing was measured: this is the plan."]


def _sentences_of_races(plan: Plan) -> list[str]:
    """Say what a run that races two releases does; how long an arm takes, only measuring tells."""
    most = sum(each.seconds[1] for each in plan.comparisons)
    return [
        (
            f"The arms of {figures.count(len(plan.comparisons), 'test')} are raced against {plan.against}, each arm "
            "once a run however many tests name it; a test says which they are only when it runs. Two arms a test "
            f"take {figures.duration(2 * most)} at most, beside building models that are not in the cache; a race "
            "that looks like a regression is measured again at the end of the run, with as many launches and 4 at "
            "least."
        ),
        _error_budget(plan),
        *_timing(plan),
        "Nothing was measured: this is the plan.",
    ]


def _timing(plan: Plan) -> list[str]:
    if not plan.times_layers:
        return []
    return ["The layers of each OpenVINO arm are timed besides: once a run, a few seconds for most models."]


def _error_budget(plan: Plan) -> str:
    return (
        "Error budget: a run may raise a false alarm in at most 1 of 100 runs, each comparison in "
        f"{figures.one_in(plan.error_rate)}, spent over looks after 2, 4, 6 and 8 launches of fresh processes and "
        "one look more for a suspicion."
    )


def _table(screen: Screen, comparisons: Sequence[PlannedComparison]) -> list[RenderableType]:
    figures_of = [
        column("baseline", [(_stored(each),) for each in comparisons], justify="right"),
        column("launches", [(screen.text(_launches(each)),) for each in comparisons], justify="right"),
        column("tolerance", [(_tolerance(each),) for each in comparisons], justify="right"),
        column("shows", [(_percent(each.detects),) for each in comparisons], justify="right"),
        column("time", [(screen.text(_time(each)),) for each in comparisons], justify="right"),
    ]
    room = max(_SHORTEST_NAME, screen.width - taken(figures_of))
    names = short_names([each.test for each in comparisons])
    cells = [
        (
            fitted_name(screen, names[each.test], room),
            *("  " + line for line in arm_lines(screen, _subject(each), room - 2)),
        )
        for each in comparisons
    ]
    return grid([column("test", cells), *figures_of])


def _subject(each: PlannedComparison) -> str:
    """Return the arms and, where it is not latency, the metric of a comparison that a baseline knows."""
    if not each.label:
        return "no baseline yet" if each.compares else "absolute figures"
    metric = metric_of(each.label)
    arms = arms_of(each.label)
    return arms if metric in (None, Metric.LATENCY) else f"{arms} · {metric}"


def _stored(each: PlannedComparison) -> str:
    if each.baseline is None:
        return "none"
    days = each.baseline.by_day.values()
    return figures.speedup(exp(sum(sum(day) / len(day) for day in days) / len(days)))


def _launches(each: PlannedComparison) -> str:
    if each.baseline is None:
        return ""
    days = len(each.baseline.by_day)
    return f"{each.baseline.launches}" + (f" in {days} recordings" if days > 1 else "")


def _tolerance(each: PlannedComparison) -> str:
    return "" if each.tolerance is None else figures.chosen_percent(each.tolerance)


def _percent(share: float | None) -> str:
    return "" if share is None else figures.percent(share)


def _time(each: PlannedComparison) -> str:
    least, most = each.seconds
    if not most:
        return _UNKNOWN
    if not least:
        return f"\N{LESS-THAN OR EQUAL TO} {most:.0f} s"
    return f"{least:.0f}\N{EN DASH}{most:.0f} s"
