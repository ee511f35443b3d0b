from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import Block
from pytest_ovperf.trial.schedule import (
    BLOCK_CALLS,
    FRESH_KINDS,
    LEAST_ROUNDS,
    MOST_ROUNDS,
    RHYTHMS,
    TIMED_NS,
    Pace,
    RoundPlan,
    fresh_plan,
    most_rounds,
    plan_for,
    turns,
)

MS = 1_000_000
CALLS = st.floats(min_value=1_000, max_value=60e9)
WARMED = sorted(set(WorkloadKind) - FRESH_KINDS)


def paces(*call_ms: float) -> list[Pace]:
    return [Pace(each * MS, each * MS) for each in call_ms]


def rng(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  (an order of rounds)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=9), st.integers(min_value=0, max_value=30), st.randoms())
def test_in_each_pair_of_rounds_each_arm_goes_once_before_each_other(
    arms: int, rounds: int, order: random.Random
) -> None:
    taken = turns(range(arms), rounds, order)
    assert len(taken) == rounds
    assert all(sorted(each) == list(range(arms)) for each in taken)
    assert all(forth == back[::-1] for forth, back in zip(taken[::2], taken[1::2], strict=False))


def test_the_order_is_not_always_the_same() -> None:
    order = rng(3)
    assert len({turns("abc", 10, order) for _ in range(20)}) > 5


def test_the_same_seed_gives_the_same_order() -> None:
    assert turns("abcd", 9, rng(5)) == turns("abcd", 9, rng(5))


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
    plan = plan_for(WorkloadKind.INFER, paces(candidate_ms, reference_ms))
    assert (plan.rounds, plan.min_calls) == (rounds, calls)


@settings(deadline=None)
@given(st.sampled_from(WARMED), st.lists(CALLS, min_size=1, max_size=6))
def test_a_launch_keeps_to_its_time_unless_it_is_as_small_as_can_be(kind: WorkloadKind, call_ns: list[float]) -> None:
    rhythm, arms = RHYTHMS[kind], [Pace(each, each) for each in call_ns]
    plan = plan_for(kind, arms)
    smallest = plan.rounds == rhythm.least_rounds and plan.min_calls == rhythm.least_calls
    assert smallest or plan.timed_ns(arms) <= rhythm.arm_ns * len(arms)
    assert rhythm.least_rounds <= plan.rounds <= rhythm.most_rounds


@settings(deadline=None)
@given(st.sampled_from(WARMED), st.lists(CALLS, min_size=1, max_size=6), st.floats(0, 1e10))
def test_a_budget_never_makes_a_launch_longer(kind: WorkloadKind, call_ns: list[float], budget_ns: float) -> None:
    arms = [Pace(each, each) for each in call_ns]
    assert plan_for(kind, arms, budget_ns=budget_ns).timed_ns(arms) <= plan_for(kind, arms).timed_ns(arms)


def test_two_arms_that_infer_are_timed_for_three_seconds() -> None:
    assert RHYTHMS[WorkloadKind.INFER].arm_ns * 2 == TIMED_NS


def test_a_queue_is_kept_full_for_longer_than_single_calls_are_timed() -> None:
    plan = plan_for(WorkloadKind.STREAM, [Pace(2 * MS, 8 * MS)] * 2)
    assert 120 * MS <= plan.min_ns <= 200 * MS


@pytest.mark.parametrize(("call_ms", "rounds"), [(200, 12), (1000, 4), (3000, 3)])
def test_generations_of_seconds_take_few_rounds(call_ms: int, rounds: int) -> None:
    plan = plan_for(WorkloadKind.GENERATE, [Pace(call_ms * MS, 50 * MS), Pace(call_ms / 4 * MS, 10 * MS)])
    assert (plan.rounds, plan.min_calls) == (rounds, 1)


def test_generations_keep_to_a_budget_that_is_less() -> None:
    arms = [Pace(400 * MS, 50 * MS)] * 2
    free, bound = plan_for(WorkloadKind.GENERATE, arms), plan_for(WorkloadKind.GENERATE, arms, budget_ns=3e9)
    assert bound.timed_ns(arms) <= 3e9 < free.timed_ns(arms)


def test_the_time_of_a_plan_counts_what_is_not_counted() -> None:
    plan = RoundPlan(rounds=5, min_ns=100, min_calls=3)
    assert plan.timed_ns([Pace(50, 7), Pace(10, 10)]) == 5 * (50 * 3 + 7 + 10 * 10 + 10)


def test_one_call_goes_before_those_that_count() -> None:
    assert Pace.of(Block((30, 10, 20))) == Pace(20, 20)


def test_before_generations_goes_one_that_ends_with_its_first_token() -> None:
    assert Pace.of(Block((30, 30), first_ns=(4, 4), tokens=8)) == Pace(30, 4)


def test_a_queue_has_the_pace_of_its_completions_and_is_filled_and_drained() -> None:
    assert Pace.of(Block((40, 40, 40, 40), elapsed_ns=80)) == Pace(20, 80)


def test_half_as_many_rounds_again_may_replace_disturbed_ones() -> None:
    assert most_rounds(RoundPlan(rounds=24, min_ns=1, min_calls=1)) == 36
    assert most_rounds(RoundPlan(rounds=7, min_ns=1, min_calls=1)) == 10


def test_a_plan_without_a_limit_never_ends_early() -> None:
    assert not RoundPlan(rounds=9, min_ns=1, min_calls=1).ends(8, 8, spent_ns=1e18)


def test_fresh_processes_go_on_while_there_is_time_for_one_round_more() -> None:
    plan = fresh_plan(WorkloadKind.LOAD, 2, budget_ns=10)
    assert [plan.ends(rounds, rounds, spent_ns=2.0 * rounds) for rounds in (3, 4, 5)] == [False, False, True]


def test_fresh_processes_are_never_fewer_than_their_kind_needs() -> None:
    plan = fresh_plan(WorkloadKind.LOAD, 2, budget_ns=0)
    assert [plan.ends(rounds, rounds, spent_ns=1e12) for rounds in (1, 2, 3)] == [False, False, True]


def test_disturbed_rounds_of_fresh_processes_are_replaced_but_not_for_ever() -> None:
    plan = fresh_plan(WorkloadKind.LOAD, 2, budget_ns=0)
    assert [plan.ends(rounds, 1, spent_ns=1e12) for rounds in (3, 4)] == [False, True]


def test_files_are_looked_at_once_and_an_export_is_made_once() -> None:
    assert fresh_plan(WorkloadKind.FILES, 2).rounds == fresh_plan(WorkloadKind.EXPORT, 2).rounds == 1
