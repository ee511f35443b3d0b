"""Where the small pictures of a table put things."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pytest_ovperf.reports.html.marks import HEIGHT, WIDTH, axis, spark

CHANGES = some.floats(min_value=-0.99, max_value=100)


def test_no_change_is_in_the_middle() -> None:
    assert axis([0.1], [0.05]).place(0.0) == 50


def test_a_loss_lies_left_of_a_gain() -> None:
    scale = axis([-0.1, 0.1], [0.05])
    assert scale.place(-0.1) < 50 < scale.place(0.1)


def test_halving_and_doubling_are_as_far_from_the_middle() -> None:
    scale = axis([-0.5, 1.0], [0.9])
    assert 50 - scale.place(-0.5) == pytest.approx(scale.place(1.0) - 50, abs=0.1)


def test_the_axis_is_marked_at_a_round_change_that_holds_the_intervals() -> None:
    assert axis([-0.17, 0.1], [0.05]).tick == 0.2
    assert axis([], []).tick == 0.05


def test_one_far_outlier_does_not_flatten_the_others() -> None:
    assert axis([-0.02, 0.03, 40.0], [0.05]).tick == 0.3


def test_a_tolerance_always_fits() -> None:
    scale = axis([0.0], [0.6])
    assert scale.place(0.6) < 100


@given(CHANGES, some.lists(CHANGES), some.lists(some.floats(min_value=0.0001, max_value=0.9999)))
def test_whatever_the_numbers_are_nothing_leaves_its_place(
    change: float, ends: list[float], tolerances: list[float]
) -> None:
    scale = axis(ends, tolerances)
    strip = scale.strip(change, change - 0.1, change + 0.1, 0.05)
    places = (strip.left, strip.at, strip.right, strip.band_left, strip.band_right)
    assert all(0 <= place <= 100 for place in places)
    assert strip.left <= strip.at <= strip.right


@pytest.mark.parametrize("change", [math.inf, -1.0, -7.0, math.nan])
def test_what_is_no_change_does_no_harm(change: float) -> None:
    strip = axis([change], []).strip(change, change, change, 0.05)
    assert 0 <= strip.at <= 100


@pytest.mark.parametrize(("change", "beyond"), [(0.02, ""), (9.0, "right"), (-0.9, "left"), (-1.0, "left")])
def test_a_change_off_the_axis_says_on_which_side(change: float, beyond: str) -> None:
    assert axis([0.02], [0.05]).strip(change, change, change, 0.05).beyond == beyond


def test_the_band_is_the_tolerance_as_a_factor_either_way() -> None:
    strip = axis([0.02], [0.05]).strip(0.0, 0.0, 0.0, 0.05)
    assert 50 - strip.band_left == pytest.approx(strip.band_right - 50, abs=0.15)


def test_a_history_needs_two_runs() -> None:
    assert spark([None, 1.5, None]) is None
    assert spark([math.nan, 1.5, 0.0]) is None


def test_a_history_goes_up_where_the_figure_does() -> None:
    line = spark([1.0, 2.0])
    assert line is not None
    assert line.path == "M4 28h0L116 4"
    assert (line.x, line.y) == (116, 4)


def test_a_run_without_the_figure_breaks_the_line() -> None:
    line = spark([1.0, None, 1.0, 1.0])
    assert line is not None
    assert line.path.count("M") == 2


def test_noise_of_a_percent_stays_flat() -> None:
    line = spark([1.0, 1.01])
    assert line is not None
    assert abs(line.y - HEIGHT / 2) < 2


@given(some.lists(some.none() | some.floats(min_value=1e-6, max_value=1e6), min_size=2, max_size=60))
def test_a_history_stays_in_its_box(values: list[float | None]) -> None:
    line = spark(values)
    if line is not None:
        for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line.path):
            assert 0 <= float(x) <= WIDTH
            assert 0 <= float(y) <= HEIGHT
