"""What the comparisons of a run say of each other: a movement that most share, and how restless the machine is."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import median
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Unit
from pytest_ovperf.records import VerdictKind

from .noise import Spread, error_since, noise_of, shrunk_spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import ComparisonRecord

#: So many values at least, and this share of them to one side, make a movement of the whole run. Of fifteen it takes
#: twelve, which chance alone gives in one run of twenty-eight; that the median must be large as well makes it rarer.
LEAST_COMPARISONS = 6
SHARE = 0.8

#: The median must have moved by this much: less is no news, whatever its direction.
RATIOS_MOVED = 0.03
LATENCIES_MOVED = 0.10


#: What turns a median absolute deviation of normal values into their standard deviation.
NORMAL_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement that most comparisons share.

    ``share`` of ``number`` moved to one side, by ``change`` in the median (-0.05: 5 % lower).
    """

    number: int
    share: float
    change: float


def ratios_together(records: Sequence[ComparisonRecord]) -> Movement | None:
    """Return how most speed-ups moved against their baselines, ``None`` where they did not move together."""
    judged = [
        record.verdict.change
        for record in _of_time(records)
        if record.baseline is not None and record.judged and record.verdict.kind is not VerdictKind.NO_BASELINE
    ]
    return _movement([log(1 + change) for change in judged if change is not None], RATIOS_MOVED)


def latencies_together(records: Sequence[ComparisonRecord]) -> Movement | None:
    """Return how most arms' absolute latencies moved against their baselines, ``None`` where not together.

    Ratios do not show this, which is why they are what is judged.
    """
    moved = [
        log(now / then)
        for record in _of_time(records)
        if record.baseline is not None
        for now, then in (
            (record.speedup.candidate_cost, record.baseline.candidate_cost),
            (record.speedup.reference_cost, record.baseline.reference_cost),
        )
    ]
    return _movement(moved, LATENCIES_MOVED)


def unrest(records: Sequence[ComparisonRecord]) -> Spread | None:
    """Return how far speed-ups scatter around their baselines beyond their own noise, ``None`` where few can tell.

    Robust, so that the few which really changed do not hide in a scatter of their own making: from the median
    absolute deviation around the median, less the median of what launches alone would give.
    """
    changes, errors = [], []
    for record in _of_time(records):
        stored, kind = record.baseline, record.verdict.kind
        if stored is None or not record.judged or kind is VerdictKind.NO_BASELINE or record.verdict.change is None:
            continue
        noise, days = noise_of(record.comparison), tuple(stored.by_day.values())
        spread = shrunk_spread(noise, record.speedup.log_ratios, *days)
        changes.append(log(1 + record.verdict.change))
        errors.append(error_since(noise, spread, len(record.speedup.log_ratios), days).sd ** 2)
    if len(changes) < LEAST_COMPARISONS:
        return None
    centre = median(changes)
    scatter = NORMAL_MAD * median(abs(change - centre) for change in changes)
    return Spread(sqrt(max(0.0, scatter**2 - median(errors))), len(changes) - 1)


def _of_time(records: Sequence[ComparisonRecord]) -> list[ComparisonRecord]:
    """Leave out what is counted in bytes: a machine's mood does not move it, and its calm says nothing of the rest."""
    return [record for record in records if record.comparison.metric.unit is not Unit.BYTES]


def _movement(changes: Sequence[float], least: float) -> Movement | None:
    if len(changes) < LEAST_COMPARISONS:
        return None
    centre = median(changes)
    share = sum((change > 0) == (centre > 0) for change in changes) / len(changes)
    if share < SHARE or abs(centre) < log(1 + least):
        return None
    return Movement(len(changes), share, exp(centre) - 1)
