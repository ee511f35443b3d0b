"""The figures of a test's comparisons as JUnit properties: names and values for tools, not for reading aloud.

pytest writes them as ``<properties>`` of the ``<testcase>``. Numbers are plain, in the unit that their name ends in, so
that a tool can draw a trend of them; what does not exist is left out. The comparisons of one test are numbered from 1
in the order in which they were asked for, also where there is only one: a second one changes no name of the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence  # noqa: TC003  (public annotations stay resolvable)

from pytest_ovperf.runs.view import ArmView, ComparisonView  # noqa: TC001  (see above)

#: What the name of every property of ours begins with.
PREFIX = "ovperf."
#: Digits that are left of a measured number: more than any measurement has.
_DIGITS = 6


def properties(views: Sequence[ComparisonView]) -> list[tuple[str, str]]:
    """Return the properties of one test: ``ovperf.1.verdict``, ``ovperf.1.ratio`` …, each name once."""
    return [
        (f"{PREFIX}{number}.{name}", value)
        for number, view in enumerate(views, start=1)
        for name, value in _properties(view)
        if value
    ]


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
    if view.target is None:
        yield "baseline_ratio", _number(view.expected)
    yield "change", _number(view.change)
    yield "change_low", _number(view.change_low)
    yield "change_high", _number(view.change_high)
    yield "tolerance", _number(view.tolerance)
    yield "launches", str(len(view.log_ratios))
    yield "measuring_s", _number(view.seconds)
    yield from _of_arm("candidate", view.candidate)
    yield from _of_arm("reference", view.reference)
    if view.fidelity is not None:
        yield "fidelity_cosine", _number(view.fidelity.cosine)


def _of_arm(side: str, arm: ArmView) -> Iterator[tuple[str, str]]:
    yield f"{side}_precision", arm.precision
    yield f"{side}_devices", ",".join(arm.devices)
    yield f"{side}_median_ms", _number(arm.statistics.median_s * 1e3)


def _number(value: float | None) -> str:
    """Return a number without an exponent that a reader of decimals would trip over; empty where there is none."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{value:.{_DIGITS}g}" if value == 0 or 1e-4 <= abs(value) < 10**_DIGITS else f"{value:f}"  # noqa: PLR2004
