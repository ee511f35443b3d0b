"""A figure with an interval, held to targets in the direction in which it is good."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.session.held import Held


@dataclass
class Measured:
    """A figure that is between ``half`` below and above its value, half as far with each launch more."""

    value: float = 10.0
    half: float = 1.0
    launches_left: int = 0
    percentiles: dict[int, float] = field(default_factory=dict)
    samples: int = 12
    heard: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def low(self) -> float:
        return self.value - self.half

    @property
    def high(self) -> float:
        return self.value + self.half

    def measure_on(self) -> bool:
        if not self.launches_left:
            return False
        self.launches_left -= 1
        self.half /= 2
        return True

    def held(self, *, is_better_larger: bool = True, strict: bool = False) -> Held:
        def hear(target: float, holds: bool) -> None:  # noqa: FBT001  (as a figure hears it)
            self.heard.append((target, holds))

        return Held(
            "it",
            is_better_larger=is_better_larger,
            read=lambda: self,
            measure_on=self.measure_on,
            hear=hear,
            strict=strict,
        )


def test_a_figure_is_a_number_with_an_interval() -> None:
    held = Measured().held()
    assert float(held) == held.value == 10.0
    assert (held.low, held.high) == (9.0, 11.0)
    assert f"{held:.1f}" == "10.0"
    assert f"{held}" == repr(held) == "10 (9 to 11)"


@pytest.mark.parametrize(("target", "holds"), [(8, True), (10.5, True), (11, True), (11.5, False)])
def test_what_is_better_larger_fails_only_where_all_of_it_lies_below(target: float, holds: bool) -> None:  # noqa: FBT001
    measured = Measured()
    held = measured.held()
    assert (held >= target) is holds
    assert (target <= held) is holds
    assert held.judged == (target, holds)
    assert measured.heard == [(target, holds)] * 2


@pytest.mark.parametrize(("target", "holds"), [(12, True), (9.5, True), (9, True), (8.5, False)])
def test_what_is_better_smaller_fails_only_where_all_of_it_lies_above(target: float, holds: bool) -> None:  # noqa: FBT001
    held = Measured().held(is_better_larger=False)
    assert (held <= target) is holds
    assert (held < target) is holds


@pytest.mark.parametrize(("target", "holds"), [(9, True), (9.5, False), (10.5, False)])
def test_a_strict_run_wants_all_of_it_on_target(target: float, holds: bool) -> None:  # noqa: FBT001
    assert (Measured().held(strict=True) >= target) is holds
    assert (Measured().held(strict=True, is_better_larger=False) <= 20 - target) is holds


def test_more_is_measured_until_the_target_lies_beside_the_interval() -> None:
    measured = Measured(launches_left=5)
    assert not measured.held() >= 10.4
    assert measured.launches_left == 3
    assert measured.half == 0.25


def test_no_more_is_measured_where_the_answer_is_clear() -> None:
    measured = Measured(launches_left=5)
    assert measured.held() >= 5
    assert measured.launches_left == 5


def test_the_wrong_direction_is_refused_with_the_right_one() -> None:
    with pytest.raises(TypeError, match="better the larger it is: write `… >= number`"):
        assert Measured().held() <= 5
    with pytest.raises(TypeError, match="better the smaller it is: write `… <= number`"):
        assert Measured().held(is_better_larger=False) > 5


@pytest.mark.parametrize("target", ["5", None, True])
def test_what_is_no_number_is_refused(target: object) -> None:
    with pytest.raises(TypeError, match="against a number"):
        assert Measured().held() >= target


def test_a_bare_figure_asserts_nothing() -> None:
    with pytest.raises(TypeError, match="asserts nothing"):
        assert Measured().held()


def test_a_percentile_is_given_where_there_are_calls_enough() -> None:
    held = Measured(percentiles={50: 1.0, 90: 2.0, 95: 3.0, 99: 4.0}).held()
    assert (held.p50, held.p90, held.p95, held.p99) == (1.0, 2.0, 3.0, 4.0)


def test_a_percentile_that_lacks_calls_is_measured_for_and_then_refused() -> None:
    measured = Measured(percentiles={50: 1.0}, launches_left=3)
    with pytest.raises(MeasurementError, match="99th percentile of it takes 1000 calls, and there are 12"):
        assert measured.held().p99
    assert not measured.launches_left


@given(value=st.floats(1, 100), half=st.floats(0, 10), target=st.floats(1, 100), larger=st.booleans())
def test_strictness_never_passes_what_is_failed_otherwise(
    value: float,
    half: float,
    target: float,
    larger: bool,  # noqa: FBT001
) -> None:
    def holds(strict: bool) -> bool:  # noqa: FBT001  (the one thing that differs)
        held = Measured(value, half).held(is_better_larger=larger, strict=strict)
        return held >= target if larger else held <= target

    assert holds(strict=False) or not holds(strict=True)
