"""How far the machine is from the one that a baseline knew, as both arms of a comparison show.

A ratio cancels what makes both arms slower by one factor. A machine whose neighbours are busy does not: layers that
wait for memory, share a core with somebody or count on its cache lose more than others. Both arms' own times say how
far it has moved, and by so much a ratio may have followed (docs/decisions/0010-a-machine-that-moved.md).
"""

from __future__ import annotations

from math import isfinite, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_ovperf.records import Speedup, StoredBaseline

    from .noise import Noise

#: Both arms may have moved by so much (a natural logarithm: 5 %) without any allowance: that is a machine at rest.
AT_REST = 0.05
#: More than this is not allowed for: a ratio that falls by more is told, however slow everything is.
MOST_ALLOWED = 0.25


def in_common(speedup: Speedup, baseline: StoredBaseline) -> float:
    """Return the natural logarithm of the factor by which both arms are slower than the baseline's at least.

    Below 0 where both are faster; 0 where they moved apart, or where a side's times are not known.
    """
    candidate = _change(speedup.candidate_cost, baseline.candidate_cost)
    reference = _change(speedup.reference_cost, baseline.reference_cost)
    return min(candidate, reference, key=abs) if candidate * reference > 0 else 0.0


def allowance(speedup: Speedup, baseline: StoredBaseline, noise: Noise) -> float:
    """Return by how much a log ratio may have followed the machine: what both arms have in common beyond `AT_REST`.

    0 for what is no time: bytes know no such moods.
    """
    if not noise.is_of_time:
        return 0.0
    return min(MOST_ALLOWED, max(0.0, abs(in_common(speedup, baseline)) - AT_REST))


def _change(now: float, then: float) -> float:
    known = isfinite(now) and isfinite(then) and now > 0 and then > 0
    return log(now / then) if known else 0.0
