"""A machine's noise, read off launches of identical arms, and what it could show."""

from __future__ import annotations

from math import exp
from statistics import stdev
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import StoredBaseline, VerdictKind
from pytest_ovperf.stats.judge import judge, judge_race
from pytest_ovperf.stats.machine_noise import (
    Equality,
    PairNoise,
    detectable,
    pair_noise,
    scattered,
    self_check,
    serving_tolerance,
)
from pytest_ovperf.stats.noise import NOISE, PairKind, tolerance_for
from pytest_ovperf.stats.sequential import MOST_FALSE_ALARMS
from tests.unit.stats.stats_builders import comparison, launch, launches_with, speedup, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Trace

TWIN = comparison("openvino-fp32", "openvino-fp32")
NANOSECONDS = 10_000_000


def measured(log_ratios: Sequence[float], within: float = 0.0, of: str = "openvino-fp32") -> Trace:
    """A trace whose launches have these log ratios, with rounds that lie ``within`` below and above."""
    launches = [
        launch(*(((NANOSECONDS,) * 3, (round(NANOSECONDS * exp(value + off)),) * 3) for off in (-within, 0.0, within)))
        for value in log_ratios
    ]
    return trace(*launches, of=comparison("openvino-fp32", of))


def noise(sd: float, launches: int = 8) -> PairNoise:
    return pair_noise(measured(launches_with(0.0, sd, launches)))


def test_the_spread_from_launch_to_launch_is_read_with_an_interval() -> None:
    log_ratios = [0.01, -0.02, 0.015, 0.0, 0.005]
    found = pair_noise(measured(log_ratios))
    assert found.launch_sd == pytest.approx(stdev(log_ratios), rel=1e-4)
    # Of chi-square with 4 degrees of freedom, 2.5 % lie below 0.484 and 2.5 % above 11.143.
    assert found.low == pytest.approx(found.launch_sd * (4 / 11.143) ** 0.5, rel=1e-3)
    assert found.high == pytest.approx(found.launch_sd * (4 / 0.4844) ** 0.5, rel=1e-3)


def test_the_spread_from_round_to_round_is_that_within_launches() -> None:
    found = pair_noise(measured([0.3, -0.3], within=0.02))
    assert found.round_sd == pytest.approx(0.02, rel=1e-3)


def test_noise_takes_two_launches() -> None:
    with pytest.raises(MeasurementError, match="takes 2 launches; there are 1"):
        pair_noise(measured([0.0]))


def test_a_launch_of_one_round_has_no_spread_within() -> None:
    single = launch(((NANOSECONDS,), (NANOSECONDS,)))
    assert pair_noise(trace(single, single, of=TWIN)).round_sd == 0.0


def test_two_launches_that_agree_by_luck_are_not_trusted() -> None:
    assumed = NOISE[PairKind.OPENVINO].launch_sd
    found = pair_noise(measured([0.001, 0.0011]))
    assert found.launch_sd < 0.001
    assert assumed / 2 < found.expected_sd < assumed


@pytest.mark.parametrize(("sd", "launches", "noisier"), [(0.10, 8, True), (0.04, 2, False), (0.01, 8, False)])
def test_noisier_than_assumed_is_said_only_when_shown(sd: float, launches: int, noisier: bool) -> None:  # noqa: FBT001
    assert noise(sd, launches).noisier is noisier


def test_pairs_with_pytorch_are_held_to_what_is_assumed_of_them() -> None:
    found = pair_noise(measured([0.0, 0.01], of="pytorch-fp32"))
    assert found.kind is PairKind.PYTORCH
    assert found.known is NOISE[PairKind.PYTORCH]


@given(st.floats(0.001, 0.2), st.integers(2, 30))
def test_made_up_launches_scatter_as_asked(sd: float, launches: int) -> None:
    assert stdev(scattered(sd, launches)) == pytest.approx(sd)
    assert sum(scattered(sd, launches)) == pytest.approx(0.0, abs=1e-9)


def test_one_made_up_launch_does_not_scatter() -> None:
    assert scattered(0.02, 1) == (0.0,)


@given(st.floats(0.0, 0.1), st.floats(0.0, 0.1))
def test_a_noisier_machine_never_shows_more(one: float, other: float) -> None:
    quiet, noisy = (detectable(noise(sd), 4) for sd in sorted((one, other)))
    assert quiet.raced <= noisy.raced + 1e-4  # nanoseconds are whole
    assert quiet.against_baseline <= noisy.against_baseline + 0.01  # a noisy baseline rests on more launches


@pytest.mark.parametrize("sd", [0.005, 0.02, 0.06])
def test_more_launches_show_more(sd: float) -> None:
    few, many = (detectable(noise(sd), launches) for launches in (2, 8))
    assert many.raced < few.raced
    assert many.against_baseline < few.against_baseline


def test_a_detectable_loss_is_called_regressed_and_half_of_it_is_not() -> None:
    """At the loss that is found with chance 95 %, the typical measurement is well inside what is called regressed."""
    found = noise(0.02)
    shown = detectable(found, 4)
    known = found.known
    stored = tuple(scattered(found.expected_sd, 6))
    baseline = StoredBaseline(stored, tolerance_for(known, stored), 1.0, 1.0, None, {})
    fallen = {share: launches_with(-share * shown.against_baseline, found.expected_sd, 4) for share in (0.5, 1.05)}
    kinds = {
        share: judge(
            speedup(now), baseline, noise=known, tolerance=baseline.tolerance, error_rate=MOST_FALSE_ALARMS
        ).kind
        for share, now in fallen.items()
    }
    assert kinds[1.05] is VerdictKind.REGRESSED
    assert kinds[0.5] is not VerdictKind.REGRESSED


def test_a_race_is_judged_as_races_are() -> None:
    found = noise(0.02)
    shown = detectable(found, 4)
    now = launches_with(-1.05 * shown.raced, found.expected_sd, 4)
    verdict = judge_race(speedup(now), noise=found.known, tolerance=shown.tolerance, error_rate=MOST_FALSE_ALARMS)
    assert verdict.kind is VerdictKind.REGRESSED


def test_a_tolerance_serves_when_twice_of_it_is_found() -> None:
    quiet, noisy = (serving_tolerance(noise(sd), 4) for sd in (0.01, 0.08))
    assert quiet is not None
    assert noisy is not None
    assert quiet < noisy
    assert noisy == round(noisy, 2)


def test_on_a_hopeless_machine_no_tolerance_serves() -> None:
    assert serving_tolerance(noise(0.9), 2) is None


@pytest.mark.parametrize(
    ("centre", "equality"), [(0.0, Equality.EQUAL), (0.022, Equality.DOUBTFUL), (0.1, Equality.UNEQUAL)]
)
def test_identical_arms_ought_to_come_out_equal(centre: float, equality: Equality) -> None:
    found = self_check(measured(launches_with(centre, 0.02, 6)))
    assert found.equality is equality
    assert found.speedup.low <= found.speedup.ratio <= found.speedup.high
