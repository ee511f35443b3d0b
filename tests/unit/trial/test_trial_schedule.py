from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.trial.schedule import (
    BLOCK_CALLS,
    LEAST_ROUNDS,
    MOST_ROUNDS,
    TIMED_NS,
    RoundPlan,
    candidate_goes_first,
    most_rounds,
    plan_rounds,
)

MS = 1_000_000
CALLS = st.floats(min_value=1_000, max_value=60e9)


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=30), st.randoms())
def test_each_pair_of_rounds_has_each_arm_first_once(rounds: int, rng: random.Random) -> None:
    order = candidate_goes_first(rounds, rng)
    assert len(order) == rounds
    assert all(first != second for first, second in zip(order[::2], order[1::2], strict=False))


def test_the_order_is_not_always_the_same() -> None:
    rng = random.Random(3)  # noqa: S311  (an order of rounds)
    assert len({candidate_goes_first(10, rng) for _ in range(20)}) > 5


def test_the_same_seed_gives_the_same_order() -> None:
    one, other = (candidate_goes_first(9, random.Random(5)) for _ in range(2))  # noqa: S311  (an order of rounds)
    assert one == other


@pytest.mark.parametrize(
    ("candidate_ms", "reference_ms", "rounds", "calls"),
    [
        (1, 2, MOST_ROUNDS, BLOCK_CALLS),
        (45, 75, 6, BLOCK_CALLS),
        (80, 200, LEAST_ROUNDS, 1),
        (400, 400, LEAST_ROUNDS, 1),
    ],
)
def test_slower_calls_take_fewer_rounds_then_fewer_calls(
    candidate_ms: int, reference_ms: int, rounds: int, calls: int
) -> None:
    plan = plan_rounds(candidate_ms * MS, reference_ms * MS)
    assert (plan.rounds, plan.min_calls) == (rounds, calls)


@settings(deadline=None)
@given(CALLS, CALLS)
def test_a_launch_keeps_to_its_time_unless_it_is_as_small_as_can_be(candidate_ns: float, reference_ns: float) -> None:
    plan = plan_rounds(candidate_ns, reference_ns)
    smallest = plan.rounds == LEAST_ROUNDS and plan.min_calls == 1
    assert smallest or plan.timed_ns(candidate_ns, reference_ns) <= TIMED_NS


@settings(deadline=None)
@given(CALLS, CALLS)
def test_there_are_never_too_few_rounds(candidate_ns: float, reference_ns: float) -> None:
    assert LEAST_ROUNDS <= plan_rounds(candidate_ns, reference_ns).rounds <= MOST_ROUNDS


def test_the_time_of_a_plan_counts_the_uncounted_first_calls() -> None:
    plan = RoundPlan(rounds=5, min_ns=100, min_calls=3)
    assert plan.timed_ns(50, 10) == 5 * (50 * (1 + 3) + 10 * (1 + 10))


def test_half_as_many_rounds_again_may_replace_disturbed_ones() -> None:
    assert most_rounds(RoundPlan(rounds=24, min_ns=1, min_calls=1)) == 36
    assert most_rounds(RoundPlan(rounds=7, min_ns=1, min_calls=1)) == 10
