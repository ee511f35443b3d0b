"""What slows everything is told from what slows one kernel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.graphs.everywhere import LEAST_FACTOR, everywhere

#: Kernels with what their layers take in a call, as in an encoder: matrix products take nearly all of it.
TAKEN = [("FullyConnected", 500.0)] * 12 + [("Subgraph", 90.0)] * 6 + [("MVN", 20.0)] * 6 + [("Gather", 3.0)]


def slowed(factor: float, **kinds: float) -> list[tuple[str, float, float]]:
    return [(kind, taken, taken * kinds.get(kind, factor)) for kind, taken in TAKEN]


@given(st.floats(1.05, 10.0))
def test_a_factor_that_all_have_is_found(factor: float) -> None:
    for wanted in (factor, 1 / factor):
        found = everywhere(slowed(wanted))
        assert found is not None
        assert found.factor == pytest.approx(wanted)
        assert found.share == pytest.approx(1.0)


def test_about_the_same_factor_will_do() -> None:
    found = everywhere(slowed(1.9, Subgraph=1.5))
    assert found is not None
    assert found.factor == pytest.approx(1.9)
    assert (found.low, found.high) == pytest.approx((1.9, 1.9))


def test_layers_too_small_for_two_threads_need_not_be_slower() -> None:
    small = [("Eltwise", 8.0, 6.0)] * 100
    found = everywhere([*slowed(1.9), *small])
    assert found is not None
    assert found.share == pytest.approx(1.0)


def test_most_of_what_other_kernels_take_must_be_slower_as_well() -> None:
    def slower(others: int) -> list[tuple[str, float, float]]:
        rest = [("Subgraph", 150.0, 285.0 if at < others else 150.0) for at in range(10)]
        return [("FullyConnected", 500.0, 950.0)] * 12 + rest

    assert everywhere(slower(6)) is not None
    assert everywhere(slower(3)) is None


def test_one_kernel_that_takes_most_of_the_time_is_not_everything() -> None:
    assert everywhere(slowed(1.0, FullyConnected=1.9)) is None


def test_a_graph_of_one_kernel_cannot_tell_it_from_the_machine() -> None:
    assert everywhere([("FullyConnected", 500.0, 950.0)] * 10) is None


def test_one_layer_that_takes_most_of_the_time_is_not_everything() -> None:
    assert everywhere([("Convolution", 900.0, 1800.0), ("MVN", 50.0, 50.0), ("Subgraph", 50.0, 51.0)]) is None


@given(st.floats(1 / LEAST_FACTOR + 0.001, LEAST_FACTOR - 0.001))
def test_a_factor_near_1_is_no_news(factor: float) -> None:
    assert everywhere(slowed(factor)) is None


def test_factors_that_lie_far_apart_have_nothing_in_common() -> None:
    assert (
        everywhere([(kind, 100.0, 100.0 * factor) for kind, factor in zip("abcdef", range(1, 7), strict=True)]) is None
    )


def test_layers_that_only_one_side_has_say_nothing() -> None:
    assert everywhere([("Reorder", 0.0, 10.0), ("Convert", 10.0, 0.0)]) is None
    assert everywhere([]) is None
    assert everywhere([*slowed(1.5), ("Reorder", 0.0, 5000.0)]) == everywhere(slowed(1.5))


@given(st.permutations(slowed(1.4, MVN=1.2)))
def test_the_order_of_layers_does_not_matter(times: list[tuple[str, float, float]]) -> None:
    found, sorted_found = everywhere(times), everywhere(slowed(1.4, MVN=1.2))
    assert found is not None
    assert sorted_found is not None
    assert (found.factor, found.low, found.high) == (sorted_found.factor, sorted_found.low, sorted_found.high)
