from __future__ import annotations

from math import nan

import pytest

from pytest_ovperf.errors import MeasurementError, SettingsError
from pytest_ovperf.stats.noise import NOISE, Noise, PairKind, noise_of, pair_kind, shrunk_spread, student_quantile
from tests.unit.stats.stats_builders import comparison

PRIOR = Noise(launch_sd=0.03, degrees=2.0, tolerance=0.05)


@pytest.mark.parametrize(
    ("candidate", "reference", "kind"),
    [
        ("openvino-int8", "openvino-fp32", PairKind.OPENVINO),
        ("openvino-fp32", "pytorch-fp32", PairKind.PYTORCH),
        ("pytorch-fp32", "openvino", PairKind.PYTORCH),
    ],
)
def test_one_pytorch_arm_makes_a_pair_one_with_pytorch(candidate: str, reference: str, kind: PairKind) -> None:
    assert pair_kind(comparison(candidate, reference)) is kind
    assert noise_of(comparison(candidate, reference)) is NOISE[kind]


def test_default_tolerances_are_five_and_ten_percent() -> None:
    assert {kind: noise.tolerance for kind, noise in NOISE.items()} == {PairKind.OPENVINO: 0.05, PairKind.PYTORCH: 0.10}


def test_one_launch_leaves_the_prior_as_it_is() -> None:
    spread = shrunk_spread(PRIOR, [0.4])
    assert spread.sd == pytest.approx(0.03)
    assert spread.degrees == 2.0


def test_measured_deviations_are_pooled_with_the_prior_by_degrees_of_freedom() -> None:
    spread = shrunk_spread(PRIOR, [0.1, 0.2], [0.5, 0.5, 0.8])
    assert spread.degrees == 2 + 1 + 2
    assert spread.sd**2 == pytest.approx((2 * 0.03**2 + 0.005 + 0.06) / 5)


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
