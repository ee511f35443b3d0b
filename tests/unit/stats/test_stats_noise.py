from __future__ import annotations

from dataclasses import replace
from math import nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError, SettingsError
from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats.judge import change_kind, change_of
from pytest_ovperf.stats.noise import (
    DAY_DEGREES,
    NOISE,
    Noise,
    PairKind,
    Spread,
    centre_of,
    error_since,
    kind_of,
    mean,
    noise_of,
    pair_kind,
    shrunk_spread,
    student_quantile,
    tolerance_for,
)
from tests.unit.stats.stats_builders import comparison, launches_with

VALUES = st.lists(st.floats(-1, 1), min_size=1, max_size=5)
DAYS = st.lists(VALUES, min_size=1, max_size=4)
PRIOR = Noise(launch_sd=0.03, degrees=2.0, day_sd=0.01, tolerance=0.05, least_tolerance=0.03, detects=0.10)


@pytest.mark.parametrize(
    ("candidate", "reference", "kind"),
    [
        ("openvino-int8", "openvino-fp32", PairKind.OPENVINO),
        ("openvino-fp32", "pytorch-fp32", PairKind.PYTORCH),
        ("pytorch-fp32", "openvino", PairKind.PYTORCH),
        ("openvino-fp32", "onnxruntime-fp32", PairKind.PYTORCH),
        ("shop.search:setup", "openvino-fp32", PairKind.PYTORCH),
        ("shop.search:setup", "shop.search:other", PairKind.PYTORCH),
    ],
)
def test_one_arm_of_another_engine_makes_a_pair_as_with_pytorch(candidate: str, reference: str, kind: PairKind) -> None:
    assert pair_kind(comparison(candidate, reference)) is kind
    assert noise_of(comparison(candidate, reference)) is NOISE[kind]


def test_default_tolerances_are_five_and_ten_percent() -> None:
    assert NOISE[PairKind.OPENVINO].tolerance == 0.05
    assert NOISE[PairKind.PYTORCH].tolerance == 0.10


def test_one_launch_leaves_the_prior_as_it_is() -> None:
    spread = shrunk_spread(PRIOR, [0.4])
    assert spread.sd == pytest.approx(0.03)
    assert spread.degrees == 2.0


def test_measured_deviations_are_pooled_with_the_prior_by_degrees_of_freedom() -> None:
    spread = shrunk_spread(PRIOR, [0.1, 0.2], [0.5, 0.5, 0.8])
    assert spread.degrees == 2 + 1 + 2
    assert spread.sd**2 == pytest.approx((2 * 0.03**2 + 0.005 + 0.06) / 5)


@given(DAYS, st.floats(-3, 3))
def test_a_shift_of_a_whole_group_is_no_spread(groups: list[list[float]], shift: float) -> None:
    moved = [[value + shift for value in groups[0]], *groups[1:]]
    assert shrunk_spread(PRIOR, *moved).sd == pytest.approx(shrunk_spread(PRIOR, *groups).sd, abs=1e-9)


@pytest.mark.parametrize("group", [[], [0.1, nan]])
def test_groups_without_numbers_are_refused(group: list[float]) -> None:
    with pytest.raises(MeasurementError, match="Log ratios"):
        shrunk_spread(PRIOR, [0.1], group)


def test_student_quantiles_are_those_of_the_tables() -> None:
    assert student_quantile(7, 0.05) == pytest.approx(1.8946, abs=1e-4)
    assert student_quantile(2.0, 0.005) == pytest.approx(9.9248, abs=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.5, -0.1, nan])
def test_an_error_rate_outside_zero_to_one_half_is_refused(rate: float) -> None:
    with pytest.raises(SettingsError, match="error rate"):
        student_quantile(5, rate)


# Tolerances that follow the noise


@pytest.mark.parametrize(("sd", "tolerance"), [(0.0, 0.03), (0.015, 0.03), (0.02, 0.035), (0.025, 0.044), (0.4, 0.05)])
def test_a_tolerance_is_two_deviations_of_a_launch_within_its_limits(sd: float, tolerance: float) -> None:
    noise = replace(PRIOR, launch_sd=0.01)
    assert tolerance_for(noise, launches_with(0.4, sd, 6)) == pytest.approx(tolerance)


def test_the_tolerance_of_a_single_launch_is_that_of_the_prior() -> None:
    assert tolerance_for(replace(PRIOR, launch_sd=0.02), [0.4]) == 0.04


@pytest.mark.parametrize("kind", PairKind)
def test_the_limits_of_a_tolerance_are_those_of_the_kind_of_pair(kind: PairKind) -> None:
    noise = NOISE[kind]
    assert tolerance_for(noise, launches_with(0.0, 0.0001, 50)) == noise.least_tolerance
    assert tolerance_for(noise, launches_with(0.0, 0.5, 50)) == noise.tolerance
    assert noise.least_tolerance < noise.tolerance < noise.detects


@given(DAYS)
def test_a_tolerance_has_three_decimals(days: list[list[float]]) -> None:
    tolerance = tolerance_for(PRIOR, *days)
    assert tolerance == round(tolerance, 3)
    assert PRIOR.least_tolerance <= tolerance <= PRIOR.tolerance


# Baselines of several days


def test_each_day_counts_the_same() -> None:
    assert centre_of([[0.0] * 9, [0.3]]) == pytest.approx(0.15)


def test_one_day_has_the_noise_of_its_launches_and_of_the_day_as_today_has() -> None:
    error = error_since(PRIOR, Spread(0.02, 7.0), 4, [[0.1] * 5])
    within = 0.02**2 * (1 / 4 + 1 / 5)
    between = PRIOR.day_sd**2 * 2
    assert error.sd == pytest.approx(sqrt(within + between))
    assert error.degrees == 7.0


def test_days_that_agree_as_far_as_their_launches_can_tell_are_steadier_than_was_thought() -> None:
    error = error_since(PRIOR, Spread(0.02, 7.0), 4, [[0.1] * 2, [0.1] * 8])
    within = 0.02**2 * (1 / 4 + (1 / 2 + 1 / 8) / 4)
    between = PRIOR.day_sd**2 * DAY_DEGREES / (DAY_DEGREES + 1) * (1 + 1 / 2)
    assert error.sd == pytest.approx(sqrt(within + between))


def test_what_days_differ_by_beyond_their_launches_is_shrunk_and_today_has_its_share() -> None:
    error = error_since(PRIOR, Spread(0.02, 7.0), 4, [[0.0] * 4, [0.2] * 4])
    within = 0.02**2 * (1 / 4 + (1 / 4 + 1 / 4) / 4)
    beyond = 0.1**2 + 0.1**2 - 0.02**2 / 4
    between = (DAY_DEGREES * PRIOR.day_sd**2 + beyond) / (DAY_DEGREES + 1) * (1 + 1 / 2)
    assert error.sd == pytest.approx(sqrt(within + between))
    assert error.degrees == 7.0


def test_a_restless_run_counts_where_it_says_more_than_the_days() -> None:
    calm = error_since(PRIOR, Spread(0.02, 7.0), 4, [[0.1] * 5])
    assert error_since(PRIOR, Spread(0.02, 7.0), 4, [[0.1] * 5], Spread(0.001, 9.0)) == calm
    within = 0.02**2 * (1 / 4 + 1 / 5)
    for known, degrees in ((9.0, 7.0), (5.0, 5.0)):
        restless = error_since(PRIOR, Spread(0.02, 7.0), 4, [[0.1] * 5], Spread(0.05, known))
        assert restless.sd == pytest.approx(sqrt(within + 0.05**2))
        assert restless.degrees == degrees


@given(DAYS, st.integers(1, 8))
def test_more_launches_today_never_make_the_error_larger(days: list[list[float]], launches: int) -> None:
    spread = Spread(0.03, 6.0)
    assert error_since(PRIOR, spread, launches + 1, days).sd <= error_since(PRIOR, spread, launches, days).sd


@given(DAYS, st.integers(1, 8), st.floats(0, 0.2), st.integers(1, 30))
def test_unrest_never_makes_the_error_smaller(
    days: list[list[float]], launches: int, unrest: float, degrees: int
) -> None:
    spread = Spread(0.03, 6.0)
    calm = error_since(PRIOR, spread, launches, days)
    assert error_since(PRIOR, spread, launches, days, Spread(unrest, degrees)).sd >= calm.sd


@given(DAYS, st.integers(1, 8))
def test_more_launches_never_widen_an_interval(days: list[list[float]], launches: int) -> None:
    # The same scatter, known better from one launch more.
    fewer, more = (error_since(PRIOR, Spread(0.03, 2.0 + number), number, days) for number in (launches, launches + 1))
    for rate in (1e-5, 0.001, 0.1):
        assert student_quantile(more.degrees, rate) * more.sd <= student_quantile(fewer.degrees, rate) * fewer.sd


@given(st.floats(0, 0.5), st.floats(0, 0.5), st.integers(2, 5), st.integers(1, 6))
def test_days_further_apart_never_make_the_error_smaller(one: float, other: float, days: int, launches: int) -> None:
    near, far = (
        error_since(PRIOR, Spread(0.03, 6.0), 4, [[centre] * launches for centre in launches_with(0.0, sd, days)]).sd
        for sd in sorted((one, other))
    )
    assert near <= far + 1e-12


@given(DAYS, st.integers(1, 8), st.floats(0.01, 100))
def test_an_error_grows_with_the_scale_of_the_log_ratios(days: list[list[float]], launches: int, factor: float) -> None:
    wider = replace(PRIOR, day_sd=PRIOR.day_sd * factor)
    once = error_since(PRIOR, Spread(0.03, 6.0), launches, days)
    scaled = error_since(wider, Spread(0.03 * factor, 6.0), launches, [[each * factor for each in day] for day in days])
    assert scaled.sd == pytest.approx(once.sd * factor)
    assert scaled.degrees == pytest.approx(once.degrees)


@pytest.mark.parametrize(
    ("metric", "between_openvino", "with_pytorch"),
    [
        (Metric.LATENCY, PairKind.OPENVINO, PairKind.PYTORCH),
        (Metric.THROUGHPUT, PairKind.STREAM, PairKind.STREAM_PYTORCH),
        (Metric.TTFT, PairKind.GENERATE, PairKind.GENERATE_PYTORCH),
        (Metric.REQUESTS_PER_SECOND, PairKind.GENERATE, PairKind.GENERATE_PYTORCH),
        (Metric.CACHED_LOAD_TIME, PairKind.LOAD, PairKind.LOAD),
        (Metric.PEAK_MEMORY, PairKind.MEMORY, PairKind.MEMORY),
        (Metric.MODEL_SIZE, PairKind.FILES, PairKind.FILES),
        (Metric.EXPORT_TIME, PairKind.EXPORT, PairKind.EXPORT),
    ],
)
def test_what_is_measured_decides_the_kind_of_pair(
    metric: Metric, between_openvino: PairKind, with_pytorch: PairKind
) -> None:
    assert kind_of(metric, with_other=False) is between_openvino
    assert kind_of(metric, with_other=True) is with_pytorch


def test_every_kind_has_its_noise() -> None:
    assert set(NOISE) == set(PairKind)


def test_memory_that_moves_between_hours_alone_is_no_regression() -> None:
    """Recorded: distilbert, OpenVINO over PyTorch, was 0.49x at one time of a day and 0.44x an hour later."""
    morning = [-0.699, -0.715, -0.704, -0.709, -0.701, -0.699]
    later = [-0.821, -0.830, -0.815, -0.825]
    memory = NOISE[PairKind.MEMORY]
    error = error_since(memory, shrunk_spread(memory, morning, later), len(later), [morning])
    change = change_of(mean(later) - mean(morning), error, tolerance=memory.tolerance, error_rate=0.01)
    assert change_kind(change, memory.tolerance) is not VerdictKind.REGRESSED


def test_bytes_do_not_become_restless_with_the_machine() -> None:
    restless, seen = Spread(0.2, 10.0), Spread(0.01, 5.0)
    for kind, widened in ((PairKind.OPENVINO, True), (PairKind.FILES, False), (PairKind.MEMORY, False)):
        calm = error_since(NOISE[kind], seen, 4, [[0.1, 0.1]])
        shaken = error_since(NOISE[kind], seen, 4, [[0.1, 0.1]], restless)
        assert (shaken.sd > calm.sd) is widened
