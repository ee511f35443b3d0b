"""Judging times of which there is one process on either side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats.quartiles import FEWEST_CALLS, Doubt, Quartiles, judge_quartiles

OK, IMPROVED, REGRESSED, INCONCLUSIVE = (
    VerdictKind.OK,
    VerdictKind.IMPROVED,
    VerdictKind.REGRESSED,
    VerdictKind.INCONCLUSIVE,
)


def around(median: float, spread: float = 0.02, calls: int = 50) -> Quartiles:
    return Quartiles(median / (1 + spread), median, median * (1 + spread), calls)


def of(times: list[float], calls: int) -> Quartiles:
    q1, median, q3 = times
    return Quartiles(q1, median, q3, calls)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (around(1.0), (OK, None)),
        (around(1.09), (OK, None)),
        (around(1 / 1.09), (OK, None)),
        (around(1.2), (REGRESSED, None)),
        (around(1 / 1.2), (IMPROVED, None)),
        (around(1.2, spread=0.3), (INCONCLUSIVE, Doubt.RANGES_MEET)),
        (around(1 / 1.2, spread=0.3), (INCONCLUSIVE, Doubt.RANGES_MEET)),
        (around(5.0, calls=FEWEST_CALLS - 1), (INCONCLUSIVE, Doubt.FEW_CALLS)),
        (around(5.0, calls=FEWEST_CALLS), (REGRESSED, None)),
    ],
)
def test_the_rule(now: Quartiles, verdict: tuple[VerdictKind, Doubt | None]) -> None:
    assert judge_quartiles(around(1.0), now) == verdict


def test_the_tolerance_is_the_callers() -> None:
    assert judge_quartiles(around(1.0), around(1.2), tolerance=0.25) == (OK, None)
    assert judge_quartiles(around(1.0), around(1.06), tolerance=0.05) == (REGRESSED, None)


def test_a_change_of_exactly_the_tolerance_is_let_pass() -> None:
    assert judge_quartiles(around(1.0), around(1.5), tolerance=0.5) == (OK, None)


_TIMES = st.lists(st.floats(1e-9, 1e3), min_size=3, max_size=3).map(sorted)


@given(_TIMES, _TIMES, st.integers(1, 20), st.floats(0.01, 0.9))
def test_swapping_the_sides_swaps_the_verdict(
    then: list[float], now: list[float], calls: int, tolerance: float
) -> None:
    one, other = of(then, calls), of(now, calls)
    forward, doubt = judge_quartiles(one, other, tolerance=tolerance)
    swapped = {REGRESSED: IMPROVED, IMPROVED: REGRESSED}
    assert judge_quartiles(other, one, tolerance=tolerance) == (swapped.get(forward, forward), doubt)


@given(_TIMES, st.floats(1e-3, 1e3), st.floats(1.0, 3.0))
def test_the_unit_does_not_matter(times: list[float], unit: float, factor: float) -> None:
    then, now = of(times, 9), of([factor * each for each in times], 9)
    scaled = [Quartiles(each.q1 * unit, each.median * unit, each.q3 * unit, 9) for each in (then, now)]
    if abs(factor - 1.1) > 1e-6 and abs(factor * times[0] / times[2] - 1) > 1e-6:  # away from the borders
        assert judge_quartiles(scaled[0], scaled[1]) == judge_quartiles(then, now)
