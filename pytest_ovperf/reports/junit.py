"""The figures of a test's comparisons as JUnit properties: names and values for tools, not for reading aloud.

pytest writes them as ``<properties>`` of the ``<testcase>``. Numbers are plain, in the unit that their name ends in, so
that a tool can draw a trend of them; what does not exist is left out. The comparisons of one test are numbered from 1
in the order in which they were asked for, also where there is only one: a second one changes no name of the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence  # noqa: TC003  (public annotations stay resolvable)

from pytest_ovperf.metrics import Unit
from pytest_ovperf.records import Fidelity  # noqa: TC001  (see above)
from pytest_ovperf.runs.values import unit_of, value_of
from pytest_ovperf.runs.view import ArmView, ComparisonView, FigureView, LayersView  # noqa: TC001  (see above)

from .layer_lines import telling

#: What the name of every property of ours begins with.
PREFIX = "ovperf."
#: Digits that are left of a measured number: more than any measurement has.
_DIGITS = 6
#: How a figure's name ends, and by what it is multiplied from the metric's unit.
_SUFFIXES = {
    Unit.SECONDS: "ms",
    Unit.BYTES: "bytes",
    Unit.SAMPLES_PER_SECOND: "per_s",
    Unit.TOKENS_PER_SECOND: "per_s",
    Unit.REQUESTS_PER_SECOND: "per_s",
}
_SCALES = {Unit.SECONDS: 1e3}


def properties(views: Sequence[ComparisonView]) -> list[tuple[str, str]]:
    """Return the properties of one test: ``ovperf.1.verdict``, ``ovperf.1.ratio`` …, each name once."""
    return [
        (f"{PREFIX}{number}.{name}", value)
        for number, view in enumerate(views, start=1)
        for name, value in _properties(view)
        if value
    ]


def figure_properties(views: Sequence[FigureView]) -> list[tuple[str, str]]:
    """Return the absolute figures of one test: ``ovperf.figure.1.tokens_per_second``, its target …, each once."""
    return [
        (f"{PREFIX}figure.{number}.{name}", value)
        for number, view in enumerate(views, start=1)
        for name, value in _of_figure(view)
        if value
    ]


def _of_figure(view: FigureView) -> Iterator[tuple[str, str]]:
    scale, name = _SCALES.get(unit_of(view.metric), 1.0), _with_unit(view.metric)
    yield "arm", view.arm
    yield "model", view.model
    yield "workload", view.workload
    yield "device", view.device
    for end, value in (("", view.value), ("_low", view.low), ("_high", view.high), ("_target", view.target)):
        yield name + end, "" if value is None else _number(value * scale)
    for percentile, time in view.percentiles.items():
        yield f"{percentile}_ms", _number(time * 1e3)
    yield "held", "" if view.held is None else str(view.held).lower()


def without_ours(given: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """Return the properties that are not ours: those of the test itself and of other plugins."""
    return [(name, value) for name, value in given if not str(name).startswith(PREFIX)]


def _properties(view: ComparisonView) -> Iterator[tuple[str, str]]:
    yield "candidate", view.candidate.name
    yield "reference", view.reference.name
    yield "model", view.model
    yield "workload", view.workload
    yield "metric", view.metric
    yield "device", view.device
    yield "verdict", view.said
    yield "ratio", _number(view.ratio)
    yield "ratio_low", _number(view.low)
    yield "ratio_high", _number(view.high)
    yield "confidence", _number(view.confidence)
    yield "target", _number(view.target)
    yield "raced_against", f"OpenVINO {view.reference.release}" if view.is_race else ""
    if view.target is None and not view.is_race:
        yield "baseline_ratio", _number(view.expected)
    yield "change", _number(view.change)
    yield "change_low", _number(view.change_low)
    yield "change_high", _number(view.change_high)
    yield "tolerance", _number(view.tolerance)
    yield "launches", str(len(view.log_ratios))
    yield "measuring_s", _number(view.seconds)
    yield from _of_arm("candidate", view.candidate, view.metric)
    yield from _of_arm("reference", view.reference, view.metric)
    yield from _of_layers(view.layers)
    if view.fidelity is not None:
        yield from _of_fidelity(view.fidelity)


def _of_fidelity(found: Fidelity) -> Iterator[tuple[str, str]]:
    yield "fidelity_cosine", _number(found.cosine)
    if found.scores is not None:
        yield "score", _number(found.scores.candidate)
        yield "reference_score", _number(found.scores.reference)


def _of_layers(views: Sequence[LayersView]) -> Iterator[tuple[str, str]]:
    """Yield how many differences there are in the graphs of both arms, and of each the sentence that tells most."""
    known = [view.changes for view in views if view.changes is not None]
    yield "graph_changes", str(sum(known)) if known else ""
    yield "layers", "; ".join(f"{view.arm}: {telling(view)}" for view in views if telling(view))


def _of_arm(side: str, arm: ArmView, metric: str) -> Iterator[tuple[str, str]]:
    yield f"{side}_precision", arm.precision
    yield f"{side}_devices", ",".join(arm.devices)
    if unit_of(metric) is not Unit.SECONDS:  # of a time the median of the calls is the figure
        yield f"{side}_{_with_unit(metric)}", _number(value_of(arm, metric))
    if arm.statistics is not None:
        yield f"{side}_median_ms", _number(arm.statistics.median_s * 1e3)
    for name, time in arm.percentiles.items():
        yield f"{side}_{name}_ms", _number(time * 1e3)


def _with_unit(metric: str) -> str:
    """Return a metric's name with its unit at its end, which that of a rate may have already."""
    return metric if metric.endswith("_per_second") else f"{metric}_{_SUFFIXES[unit_of(metric)]}"


def _number(value: float | None) -> str:
    """Return a number without an exponent that a reader of decimals would trip over; empty where there is none."""
    if value is None or not math.isfinite(value):
        return ""
    if 1e-4 <= abs(value) < 10**_DIGITS or value == 0:  # noqa: PLR2004  (what needs no exponent)
        return f"{value:.{_DIGITS}g}"
    return f"{value:.0f}" if value.is_integer() else f"{value:f}"
