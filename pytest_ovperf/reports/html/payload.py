"""What the pictures are drawn from: numbers for the page's script, small and safe to put into a page.

Only what a picture needs, at five significant digits: a run of hundreds of comparisons must open at once.
"""

from __future__ import annotations

import json
from math import exp, isfinite
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Unit
from pytest_ovperf.runs.values import cost_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.runs.compared import ComparedRow
    from pytest_ovperf.runs.view import ArmView, BenchmarkView, ComparisonView

    from .content import Style

_DIGITS = 5
_MOST_LOG = 700.0  # beyond that exp overflows
#: What the time of a block is of, where it is not a call's.
_EACH = {Unit.SAMPLES_PER_SECOND: "a sample", Unit.TOKENS_PER_SECOND: "a token", Unit.REQUESTS_PER_SECOND: "a request"}
_UNITS = (("ns", 1e9), ("µs", 1e6), ("ms", 1e3), ("s", 1.0))
#: What a JSON text inside a script element may not hold as it stands: the element's end, a comment, and the two
#: line ends that JSON takes for text.
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Number = float | None


def script_json(data: Mapping[str, object]) -> str:
    """Return ``data`` as JSON that can stand inside a script element whatever text it holds."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign, escape in _ESCAPES.items():
        text = text.replace(sign, escape)
    return text


def number(value: float | None) -> Number:
    """Return a number as short as a picture may have it, ``None`` for what is no number."""
    if value is None or not isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")


def unit_for(seconds: float) -> tuple[str, float]:
    """Return the unit in which a time of ``seconds`` has one to three digits, and how many of it a second has."""
    fitting = [(unit, scale) for unit, scale in _UNITS if isfinite(seconds) and seconds * scale >= 1]
    return fitting[-1] if fitting else _UNITS[0]


def each_of(metric: str) -> str:
    """Return what the times of blocks are of: ``a call``, or what a rate counts."""
    return _EACH.get(unit_of(metric), "a call")


def comparison_data(row: ComparedRow[ComparisonView], styles: Sequence[Style | None]) -> dict[str, object]:
    """Return the numbers of one comparison. ``styles`` has one item for each run, ``None`` where it has no entry."""
    view = row.now
    data: dict[str, object] = {
        "style": styles[-1],
        "ratio": _span(view.ratio, view.low, view.high),
        "confidence": number(view.confidence),
        "launches": [number(exp(min(value, _MOST_LOG))) for value in view.log_ratios],
        "tolerance": number(row.tolerance),
        "expected": number(row.expected),
        "target": number(view.target) if row.then is None else None,
        "judged": _judged(row),
        "then": _then(row),
        "arms": [_arm(view.candidate, view), _arm(view.reference, view)],
        "unit": _unit(view)[0],
        "each": each_of(view.metric),
    }
    if len(styles) > 1:
        spans = [None if run is None else _span(run.ratio, run.low, run.high) for run in row.over_runs]
        data["history"] = _history(spans, styles)
    return data


def benchmark_data(row: ComparedRow[BenchmarkView], styles: Sequence[Style | None]) -> dict[str, object]:
    """Return the numbers of one plain benchmark."""
    unit, scale = unit_for(row.now.statistics.median_s)
    spans: list[list[Number] | None] = []
    for run in row.over_runs:
        times = None if run is None else run.statistics
        spans.append(None if times is None else _span(*(t * scale for t in (times.median_s, times.q1_s, times.q3_s))))
    return {
        "style": styles[-1],
        "unit": unit,
        "tolerance": number(row.tolerance),
        "expected": None if row.expected is None else number(row.expected * scale),
        "history": _history(spans, styles),
    }


def _span(middle: float, low: float, high: float) -> list[Number]:
    return [number(middle), number(low), number(high)]


def _history(spans: Sequence[Sequence[Number] | None], styles: Sequence[Style | None]) -> list[object]:
    """Return for each run its figure, the ends of its interval and the place of its style, or 0 for no entry."""
    return [
        0 if span is None or style is None else [*span, style.rank] for span, style in zip(spans, styles, strict=True)
    ]


def _judged(row: ComparedRow[ComparisonView]) -> list[Number] | None:
    """Return the ends of the interval that the verdict rests on, as speed-ups."""
    if row.expected is None or row.change_low is None or row.change_high is None:
        return None
    return [number(row.expected * (1 + row.change_low)), number(row.expected * (1 + row.change_high))]


def _then(row: ComparedRow[ComparisonView]) -> dict[str, object] | None:
    if row.then is not None:
        then = row.then
        return {"span": _span(then.ratio, then.low, then.high), "launches": len(then.log_ratios), "is": "first run"}
    if row.now.baseline is not None:
        stored = row.now.baseline
        return {"span": _span(stored.ratio, stored.low, stored.high), "launches": stored.launches, "is": "baseline"}
    return None


def _unit(view: ComparisonView) -> tuple[str, float]:
    costs = [cost_of(arm, view.metric) for arm in (view.candidate, view.reference)]
    return unit_for(min((cost / 1e9 for cost in costs if isfinite(cost)), default=0.0))


def _arm(arm: ArmView, view: ComparisonView) -> dict[str, object]:
    scale = _unit(view)[1] / 1e9
    return {
        "name": arm.name if view.candidate.name != view.reference.name else f"{arm.name}@{arm.device}",
        "samples": [[number(value * scale) for value in launch] for launch in arm.blocks_ns],
    }
