from __future__ import annotations

from math import log

import pytest

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats.judge import judge
from pytest_ovperf.stats.noise import NOISE, PairKind
from pytest_ovperf.stats.sensitivity import MOST_LAUNCHES, seconds_to_settle, smallest_detectable_change
from tests.unit.stats.stats_builders import baseline, launches_with, speedup

PRIOR = NOISE[PairKind.OPENVINO]


def settle(now: list[float], then: list[float] | float) -> float | None:
    expected = then if isinstance(then, float) else baseline(then)
    return seconds_to_settle(
        speedup(now), expected, noise=PRIOR, tolerance=0.05, error_rate=0.001, seconds_per_launch=10.0
    )


def smallest(launches: int, stored: int, sd: float = 0.02) -> float:
    return smallest_detectable_change(
        baseline(launches_with(0.7, sd, stored)), launches=launches, noise=PRIOR, tolerance=0.05, error_rate=0.001
    )


def test_what_is_decided_needs_no_more_time() -> None:
    assert settle([0.7] * 4, [0.7] * 5) == 0.0


def test_an_open_result_settles_after_whole_launches() -> None:
    seconds = settle(launches_with(0.64, 0.03, 4), launches_with(0.7, 0.03, 3))
    assert seconds is not None
    assert seconds > 0
    assert seconds % 10.0 == 0


def test_the_launches_said_to_settle_it_do_settle_it_and_one_fewer_does_not() -> None:
    then = launches_with(0.7, 0.03, 3)
    seconds = settle(launches_with(0.64, 0.03, 4), then)
    assert seconds is not None
    enough = 4 + round(seconds / 10.0)
    one_fewer, all_of_them = (
        judge(
            speedup(launches_with(0.64, 0.03, launches)), baseline(then), noise=PRIOR, tolerance=0.05, error_rate=0.001
        ).kind
        for launches in (enough - 1, enough)
    )
    assert one_fewer is VerdictKind.INCONCLUSIVE
    assert all_of_them is not VerdictKind.INCONCLUSIVE


def test_a_baseline_of_too_few_launches_cannot_be_made_up_for() -> None:
    assert settle(launches_with(0.6, 0.1, 4), [0.7]) is None


def test_a_number_settles_too() -> None:
    seconds = settle(launches_with(log(1.55), 0.05, 3), 1.5)
    assert seconds is not None
    assert 0 < seconds <= 10.0 * MOST_LAUNCHES


def test_a_result_exactly_at_the_number_never_settles() -> None:
    assert settle([log(1.5)] * 3, 1.5) is None


def test_more_launches_on_either_side_find_smaller_changes() -> None:
    assert smallest(6, 5) < smallest(3, 5) < smallest(3, 2)


def test_no_change_within_the_tolerance_can_be_found() -> None:
    assert 1 - 1 / 1.05 < smallest(1000, 1000) < 0.06


def test_noisier_baselines_find_larger_changes_only() -> None:
    assert smallest(6, 5, sd=0.02) < smallest(6, 5, sd=0.06)


def test_the_smallest_detectable_change_is_a_share() -> None:
    assert smallest(6, 5) == pytest.approx(0.10, abs=0.015)
