"""Small traces and speed-ups to reason about."""

from __future__ import annotations

from math import exp
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Comparison, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import ArmFacts, Block, Interference, Launch, Round, Speedup, StoredBaseline, Trace

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


def seen(*, steal_ms: int | None = 0, others_ms: int | None = 0, wall_ms: int = 50, switches: int = 0) -> Interference:
    """What was seen during a block of 50 ms: processor time of other guests and other processes in milliseconds."""

    def nanoseconds(milliseconds: int | None) -> int | None:
        return None if milliseconds is None else milliseconds * 1_000_000

    return Interference(wall_ms * 1_000_000, nanoseconds(steal_ms), nanoseconds(others_ms), switches)


#: Half a processor and hardly more taken by others: a block is disturbed from here on.
LOUD = seen(others_ms=26)


def one_round(
    ours: Sequence[int] = (10,),
    theirs: Sequence[int] = (20,),
    *,
    during_ours: Interference | None = None,
    during_theirs: Interference | None = None,
) -> Round:
    """A round of the candidate's and the reference's times, in nanoseconds."""
    return Round(Block(tuple(ours), during_ours), Block(tuple(theirs), during_theirs), candidate_first=True)


def trace(*launches: Launch, of: Comparison | None = None) -> Trace:
    return Trace(comparison() if of is None else of, launches)


def speedup(log_ratios: Sequence[float]) -> Speedup:
    ratio = exp(fmean(log_ratios))
    return Speedup(ratio, ratio, ratio, 0.95, tuple(log_ratios), len(log_ratios), 1.0, 1.0)


def baseline(log_ratios: Sequence[float], tolerance: float = 0.05) -> StoredBaseline:
    return StoredBaseline(tuple(log_ratios), tolerance, 1.0, 1.0, None, {})


def on_days(*days: Sequence[float], tolerance: float = 0.05) -> StoredBaseline:
    """A baseline of launches of several days, the first of January and on."""
    dates = [f"2026-01-{number:02}" for number, values in enumerate(days, start=1) for _ in values]
    flat = [value for values in days for value in values]
    return StoredBaseline(tuple(flat), tolerance, 1.0, 1.0, None, {}, days=tuple(dates))


def launches_with(centre: float, sd: float, count: int) -> list[float]:
    """Log ratios of exactly that mean and sample standard deviation (one launch: that mean)."""
    if count == 1:
        return [centre]
    steps = [place - (count - 1) / 2 for place in range(count)]
    return [centre + sd * step / stdev(steps) for step in steps]
