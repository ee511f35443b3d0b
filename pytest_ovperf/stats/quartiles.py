"""Judging times of one process on either side, where there are no launches to judge by.

No number of calls in one process tells how much another process would differ, so this proves less than launches do,
and asks for more: regressed only if the median is higher by more than the tolerance and the ranges between the
quartiles lie apart; the same the other way round is improved. Beyond the tolerance with ranges that meet, or from
fewer than `FEWEST_CALLS` calls, is inconclusive; the rest is ok.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import log, log1p

from pytest_ovperf.records import VerdictKind

#: The share by which a median may change unless somebody says otherwise.
PLAIN_TOLERANCE = 0.10

#: With fewer calls on either side quartiles say nothing of the spread.
FEWEST_CALLS = 5


class Doubt(Enum):
    """Why a change beyond the tolerance is inconclusive."""

    FEW_CALLS = "few calls"
    RANGES_MEET = "ranges meet"


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The quartiles of the times of ``calls`` calls, in any one unit, all above 0."""

    q1: float
    median: float
    q3: float
    calls: int


def judge_quartiles(
    then: Quartiles, now: Quartiles, *, tolerance: float = PLAIN_TOLERANCE
) -> tuple[VerdictKind, Doubt | None]:
    """Judge times, of which less is better, as the module says; a doubt comes with an inconclusive result only.

    A tolerance of 0.1 lets the median become 1.1 times as long, or the earlier one have been so.
    """
    if abs(log(now.median / then.median)) <= log1p(tolerance):
        return VerdictKind.OK, None
    if min(then.calls, now.calls) < FEWEST_CALLS:
        return VerdictKind.INCONCLUSIVE, Doubt.FEW_CALLS
    if now.median > then.median and now.q1 > then.q3:
        return VerdictKind.REGRESSED, None
    if now.median < then.median and now.q3 < then.q1:
        return VerdictKind.IMPROVED, None
    return VerdictKind.INCONCLUSIVE, Doubt.RANGES_MEET
