"""Small traces and speed-ups to reason about."""

from __future__ import annotations

from math import exp
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from pytest_ovperf.records import (
    ArmFacts,
    Block,
    Comparison,
    Launch,
    Metric,
    Round,
    Speedup,
    StoredBaseline,
    Trace,
    Workload,
    WorkloadKind,
    parse_arm,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

FACTS = ArmFacts("f32", ("CPU",), 2, 1, {})


def comparison(candidate: str = "openvino-int8", reference: str = "openvino-fp32") -> Comparison:
    workload = Workload(WorkloadKind.INFER, {"input": (1, 3)})
    return Comparison("m", parse_arm(candidate, "CPU"), parse_arm(reference, "CPU"), Metric.LATENCY, workload)


def launch(*rounds: tuple[Sequence[int], Sequence[int]]) -> Launch:
    """A launch of (candidate's times, reference's times), in nanoseconds."""
    return Launch(
        FACTS,
        FACTS,
        tuple(Round(Block(tuple(ours)), Block(tuple(theirs)), candidate_first=True) for ours, theirs in rounds),
        started_unix=0.0,
        seconds=1.0,
    )


def trace(*launches: Launch, of: Comparison | None = None) -> Trace:
    return Trace(comparison() if of is None else of, launches)


def speedup(log_ratios: Sequence[float]) -> Speedup:
    ratio = exp(fmean(log_ratios))
    return Speedup(ratio, ratio, ratio, 0.95, tuple(log_ratios), len(log_ratios), 1.0, 1.0)


def baseline(log_ratios: Sequence[float], tolerance: float = 0.05) -> StoredBaseline:
    return StoredBaseline(tuple(log_ratios), tolerance, 1.0, 1.0, None, {})


def launches_with(centre: float, sd: float, count: int) -> list[float]:
    """Log ratios of exactly that mean and sample standard deviation (one launch: that mean)."""
    if count == 1:
        return [centre]
    steps = [place - (count - 1) / 2 for place in range(count)]
    return [centre + sd * step / stdev(steps) for step in steps]
