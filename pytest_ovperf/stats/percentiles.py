"""Percentiles of single calls, and only those that there are calls enough for.

A percentile is as good as the calls beyond it: with one call above it, it is little more than the slowest call. So
ten calls at least must lie above a percentile for it to be told: 100 calls for p90, 200 for p95, 1,000 for p99; the
median takes ten calls in all.
"""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric, Unit

from .costs import call_costs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Block

#: What is reported, in percent.
PERCENTS = (50, 90, 95, 99)

#: How many calls must lie above a percentile; the median takes as many in all.
CALLS_ABOVE = 10

_MEDIAN = 50


def calls_needed(percent: int) -> int:
    """Return how many calls the percentile at ``percent`` (below 100) takes to be told at all."""
    return CALLS_ABOVE if percent <= _MEDIAN else -(-CALLS_ABOVE * 100 // (100 - percent))


def percentiles(times: Sequence[float]) -> dict[int, float]:
    """Return the percentiles of ``times`` by percent, as far as there are calls enough; in the times' own unit.

    Interpolated between neighbours, as numpy does by default (method 7 of Hyndman and Fan, "Sample quantiles in
    statistical packages", 1996).
    """
    ordered = sorted(times)
    return {percent: _at(ordered, percent / 100) for percent in PERCENTS if len(ordered) >= calls_needed(percent)}


def call_times_ns(block: Block, metric: Metric) -> tuple[float, ...]:
    """Return the times in nanoseconds that percentiles of ``metric`` are about, one a call.

    From a call's start to its first token or result for `ttft` and `first_inference`; between its tokens for `tpot`;
    the whole call or request for all other times and for the rates. Empty for what is counted in bytes.
    """
    if metric.unit is Unit.BYTES:
        return ()
    match metric:
        case Metric.TTFT | Metric.FIRST_INFERENCE | Metric.TPOT:
            return call_costs(block, metric)
        case _:
            return tuple(map(float, block.latency_ns))


def _at(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
