"""What ``--ov-plan`` prints: what is to be measured, on what, for how long, by which settings, at what risk."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric
from pytest_ovperf.models.spec import (
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    OnnxSource,
    TorchSource,
)
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, MOST_BASELINE_LAUNCHES
from pytest_ovperf.store.keys import arms_of, metric_of

from . import figures
from .grid import arm_lines, column, fitted_name, grid, rendered, taken
from .rows import short_names
from .screen import Keep, Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from pytest_ovperf.models.spec import ModelSpec, Source
    from pytest_ovperf.verdict.planning import Choice, Hindrance, Plan, PlannedComparison

_NARROWEST = 40
_SHORTEST_NAME = 20
_UNKNOWN = "?"
_END = "Nothing was measured: this is the plan.\n"


def plan_text(plan: Plan, *, width: int, colour: bool, encoding: str) -> str:
    """Return the plan, ending in a newline; no line is wider than ``width`` cells (40 at least)."""
    screen = Screen(max(width, _NARROWEST), encoding)
    lines = [line for text in _sentences(plan) for line in screen.wrap(text)]
    parts = ["\n".join(lines) + "\n"]
    if plan.comparisons and not plan.against:
        parts.insert(0, rendered(_table(screen, plan.comparisons), screen, colour=colour))
    if plan.comparisons and plan.choices:
        parts.append(rendered(_settings(screen, plan.choices), screen, colour=colour))
    return "\n".join([*parts, _END])


def _sentences(plan: Plan) -> list[str]:
    if not plan.comparisons:
        more = f" {_beside(plan)[2:].capitalize()}." if plan.outputs_only else ""
        return ["No test of this run measures anything.", *filter(None, [more.strip()])]
    if plan.against:
        return _sentences_of_races(plan)
    asked = [each for each in plan.comparisons if each.compares and not each.is_hindered]
    known = [each for each in asked if each.label]
    lines = [
        f"{figures.count(len(asked), 'comparison')}, {len(known)} of them known from their baselines{_beside(plan)}.",
        *_on_what(plan),
        "Time: " + " ".join([*_effort(asked, plan), *_timing(plan)]),
        _error_budget(plan),
    ]
    lines += _hindered(plan.comparisons)
    if any(not each.label and each.written is None for each in asked):
        lines.append("A test without a baseline says what it compares only when it runs.")
    return lines


def _hindered(comparisons: Sequence[PlannedComparison]) -> list[str]:
    """Say of what cannot be measured why, each reason once."""
    where: dict[Hindrance, list[str]] = {}
    for each in comparisons:
        if each.written is not None and each.written.hindered is not None:
            where.setdefault(each.written.hindered, []).append(each.written.words)
    return [f"{', '.join(dict.fromkeys(words))} would be {found.fate}: {found.why}" for found, words in where.items()]


def _beside(plan: Plan) -> str:
    if not plan.outputs_only:
        return ""
    verb = "compares" if plan.outputs_only == 1 else "compare"
    return f"; {figures.count(plan.outputs_only, 'test')} more {verb} outputs"


def _on_what(plan: Plan) -> list[str]:
    """Say which models are measured, in what state the cache is, and on which devices."""
    models = [f"Model: {_model(each.spec)}." for each in plan.models]
    devices = [f"Device: {name}{f', {what}' if what else ''}." for name, what in plan.devices]
    return models + devices


def _model(spec: ModelSpec) -> str:
    shapes = {"x".join(map(str, shape)) for shape in spec.shapes.values()}
    calls = f"; a call is {' + '.join(sorted(shapes))}" if shapes else ""
    return f"{spec.name}, {_source(spec.source)}{calls}"


def _source(source: Source) -> str:
    match source:
        case CatalogueSource():
            said = "of the catalogue, its weights drawn from a seed"
        case DirectorySource(path):
            said = f"the Hugging Face directory {path}"
        case HubSource(repository, revision):
            said = f"{repository} of the Hugging Face hub, revision {revision}, fetched once"
        case IrSource(path):
            said = f"the OpenVINO IR {path}"
        case OnnxSource(path):
            said = f"the ONNX file {path}"
        case TorchSource(factory):
            said = f"the module that {factory} makes"
        case CallsSource():
            said = "functions of your own and no model"
    return said


def _effort(asked: Sequence[PlannedComparison], plan: Plan) -> list[str]:
    """Say how long it takes, as far as anybody knows."""
    known, new = [each for each in asked if each.label], [each for each in asked if not each.label]
    least, most = (sum(each.seconds[end] for each in known) for end in (0, 1))
    lines = [f"{figures.duration(least)} to {figures.duration(most)} for what is known."] if most else []
    budgets = sum(each.seconds[1] for each in new)
    if budgets:
        lines.append(
            f"What has no baseline gets {figures.duration(budgets)}, "
            f"{'its budget' if len(new) == 1 else 'the sum of its budgets'}, and two launches of each comparison "
            "however long they take."
        )
    elif new:
        launches = f"{BASELINE_LAUNCHES} to {MOST_BASELINE_LAUNCHES} launches"
        lines.append(f"A first baseline takes {launches}; how long one is shows when it is measured.")
    if not all(each.compares for each in plan.comparisons):
        lines.append("Absolute figures have no baseline: what they take is known when they are measured.")
    models = (each for each in plan.models if not isinstance(each.spec.source, CallsSource))
    unbuilt = list(dict.fromkeys(each.spec.name for each in models if not each.built))
    if unbuilt:
        names = " and ".join(filter(None, (", ".join(unbuilt[:-1]), unbuilt[-1])))
        lines.append(f"What arms need of a model is built first and kept; nothing of {names} is in the cache yet.")
    else:
        lines.append("Building what is not in the cache comes on top.")
    if asked:
        lines.append(
            "A comparison that looks like a regression is measured again at the end of the run, with as many launches "
            "and 4 at least."
        )
    return lines


def _settings(screen: Screen, choices: Sequence[Choice]) -> list[RenderableType]:
    setting = column("setting", [(each.setting,) for each in choices])
    source = column("from", [(screen.text(each.source),) for each in choices])
    room = max(_SHORTEST_NAME, screen.width - taken([setting, source]))
    value = column("value", [(screen.fit(screen.text(each.value), room, Keep.BOTH_ENDS),) for each in choices])
    return grid([setting, value, source])


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
        *_on_what(plan),
        _error_budget(plan),
        *_timing(plan),
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
    if not each.label and each.written is not None:
        said = each.written.words + ("" if each.compares else ": absolute figures")
        said += " (in a loop)" if each.written.repeated else ""
        return f"{said}: {each.written.hindered.fate}" if each.written.hindered else said
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
    if each.is_hindered:
        return "none"
    if not most:
        return _UNKNOWN
    if not least:
        return f"\N{LESS-THAN OR EQUAL TO} {most:.0f} s"
    return f"{least:.0f}\N{EN DASH}{most:.0f} s"
