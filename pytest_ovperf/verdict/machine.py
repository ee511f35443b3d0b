"""Why a loss is not held against the code: in words, what both arms say of the machine."""

from __future__ import annotations

from math import expm1
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats.judge import is_beyond
from pytest_ovperf.stats.moved import allowance, in_common

if TYPE_CHECKING:
    from pytest_ovperf.records import Speedup, StoredBaseline, Verdict
    from pytest_ovperf.stats.noise import Noise


def machine_moved(speedup: Speedup, stored: StoredBaseline, noise: Noise, verdict: Verdict) -> str:
    """Return why a loss beyond the tolerance is not proven on a machine that is not as it was, as a clause.

    Empty for any other verdict, and where the machine has no part in it.
    """
    allowed = allowance(speedup, stored, noise)
    if not allowed or verdict.kind is not VerdictKind.INCONCLUSIVE or not is_beyond(verdict):
        return ""
    both = in_common(speedup, stored)
    speed, by = ("slower", expm1(both)) if both > 0 else ("faster", -expm1(both))
    return (
        f"both arms are {speed} than when the baseline was recorded, by {by:.0%} at least: so is the machine, which "
        f"may have moved the ratio by {expm1(allowed):.0%}"
    )
