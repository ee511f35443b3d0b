from __future__ import annotations

import random
from dataclasses import replace
from math import log

import pytest

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats.judge import judge, judge_race
from pytest_ovperf.stats.noise import NOISE, RACE, Noise, PairKind
from pytest_ovperf.stats.sensitivity import MOST_LAUNCHES, seconds_to_settle, smallest_detectable_change
from tests.unit.stats.stats_builders import baseline, launches_with, on_days, speedup

PRIOR = NOISE[PairKind.OPENVINO]


def settle(now: list[float], then: list[float] | float, noise: Noise = PRIOR) -> float | None:
    expected = then if isinstance(then, float) else baseline(then)
    return seconds_to_settle(
        speedup(now), expected, noise=noise, tolerance=0.05, error_rate=0.001, seconds_per_launch=10.0
    )


def smallest(launches: int, stored: int, sd: float = 0.02, noise: Noise = PRIOR) -> float:
    return smallest_detectable_change(
        baseline(launches_with(0.7, sd, stored)), launches=launches, noise=noise, tolerance=0.05, error_rate=0.001
    )


def test_what_is_decided_needs_no_more_time() -> None:
    assert settle([0.7] * 4, [0.7] * 5) == 0.0


def test_an_open_result_settles_after_whole_launches() -> None:
    seconds = settle(launches_with(0.64, 0.03, 4), launches_with(0.7, 0.03, 3))
    assert seconds is not None
    assert seconds > 0
    assert seconds % 10.0 == 0


def test_the_launches_said_to_settle_it_do_settle_it_and_one_fewer_does_not() -> None:
    # Launches that scatter as was thought of such pairs: then what is expected of more of them is what they do.
    noise = replace(PRIOR, launch_sd=0.03)
    then = launches_with(0.7, 0.03, 3)
    seconds = settle(launches_with(0.64, 0.03, 4), then, noise)
    assert seconds is not None
    enough = 4 + round(seconds / 10.0)
    one_fewer, all_of_them = (
        judge(
            speedup(launches_with(0.64, 0.03, launches)), baseline(then), noise=noise, tolerance=0.05, error_rate=0.001
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
    assert 1 - 1 / 1.05 < smallest(1000, 1000, noise=replace(PRIOR, day_sd=0.0)) < 0.06


def test_what_days_differ_by_cannot_be_measured_away_on_one_day() -> None:
    assert smallest(1000, 1000) > smallest(1000, 1000, noise=replace(PRIOR, day_sd=0.0))


def test_days_that_differ_hide_what_days_that_agree_show() -> None:
    def found(*centres: float) -> float:
        days = (launches_with(centre, 0.02, 4) for centre in centres)
        return smallest_detectable_change(on_days(*days), launches=8, noise=PRIOR, tolerance=0.05, error_rate=0.001)

    assert found(0.70, 0.70) < found(0.65, 0.75) < found(0.55, 0.85)


def test_a_higher_chance_of_finding_it_takes_a_larger_change() -> None:
    def found(power: float) -> float:
        return smallest_detectable_change(
            baseline([0.7] * 5), launches=6, noise=PRIOR, tolerance=0.05, error_rate=0.001, power=power
        )

    assert found(0.8) < found(0.95) < found(0.99)


def test_the_smallest_detectable_change_is_found_as_often_as_it_says() -> None:
    rng = random.Random(5)  # noqa: S311  (a simulation)
    noise = replace(PRIOR, launch_sd=0.02, degrees=1e6, day_sd=1e-9)  # all known of the noise: nothing is to be guessed
    then = launches_with(0.0, 0.02, 6)
    change = smallest_detectable_change(baseline(then), launches=8, noise=noise, tolerance=0.05, error_rate=0.001)
    found = 0
    for _ in range(1000):
        stored = [rng.gauss(0, 0.02) for _ in range(6)]
        now = [rng.gauss(log(1 - change), 0.02) for _ in range(8)]
        kind = judge(speedup(now), baseline(stored), noise=noise, tolerance=0.05, error_rate=0.001).kind
        found += kind is VerdictKind.REGRESSED
    assert 930 <= found <= 970  # 95 %


def test_a_baseline_of_several_days_settles_too() -> None:
    expected = on_days(launches_with(0.70, 0.04, 4), launches_with(0.71, 0.04, 4))
    seconds = seconds_to_settle(
        speedup(launches_with(0.62, 0.04, 2)),
        expected,
        noise=PRIOR,
        tolerance=0.05,
        error_rate=0.001,
        seconds_per_launch=3.0,
    )
    assert seconds is not None
    assert 0 < seconds <= 3.0 * MOST_LAUNCHES


def test_an_open_race_settles_by_its_own_rule() -> None:
    def kind_of(launches: int) -> VerdictKind:
        now = speedup(launches_with(-0.02, RACE.launch_sd, launches))
        return judge_race(now, noise=RACE, tolerance=RACE.tolerance, error_rate=0.001).kind

    seconds = seconds_to_settle(
        speedup(launches_with(-0.02, RACE.launch_sd, 2)),
        1.0,
        noise=RACE,
        tolerance=RACE.tolerance,
        error_rate=0.001,
        seconds_per_launch=10.0,
        raced=True,
    )
    assert seconds
    assert kind_of(2) is VerdictKind.INCONCLUSIVE
    assert kind_of(2 + round(seconds / 10.0)) is not VerdictKind.INCONCLUSIVE


def test_noisier_baselines_find_larger_changes_only() -> None:
    assert smallest(6, 5, sd=0.02) < smallest(6, 5, sd=0.06)


def test_the_smallest_detectable_change_is_a_share() -> None:
    assert smallest(6, 5) == pytest.approx(0.10, abs=0.015)
