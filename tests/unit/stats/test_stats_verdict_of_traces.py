"""From raw times to the verdict: what holds of any two traces."""

from __future__ import annotations

from dataclasses import replace
from math import expm1, log1p

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.records import Block, Launch, Round, Trace, Verdict, VerdictKind
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.stats.judge import judge
from pytest_ovperf.stats.noise import NOISE, PairKind
from tests.unit.stats.stats_builders import FACTS, baseline, trace

PRIOR = NOISE[PairKind.OPENVINO]
WORST_TO_BEST = [VerdictKind.REGRESSED, VerdictKind.INCONCLUSIVE, VerdictKind.OK, VerdictKind.IMPROVED]
ERROR_RATES = st.floats(min_value=1e-6, max_value=0.2)
#: Times in hundreds of nanoseconds, so that a share of one percent is a whole number.
TIMES = st.lists(st.integers(min_value=50, max_value=10_000).map(lambda time: time * 100), min_size=1, max_size=2)


def traced(blocks: list[tuple[list[int], list[int]]], rounds: int = 2) -> Trace:
    made = [Round(Block(tuple(ours)), Block(tuple(theirs)), candidate_first=True) for ours, theirs in blocks]
    return trace(*(Launch(FACTS, FACTS, tuple(made[at : at + rounds]), 0.0, 1.0) for at in range(0, len(made), rounds)))


TRACES = st.lists(st.tuples(TIMES, TIMES), min_size=2, max_size=6).map(traced)


def scaled(original: Trace, *, ours: tuple[int, int] = (1, 1), theirs: tuple[int, int] = (1, 1)) -> Trace:
    """Return a trace whose times are multiplied by fractions (numerator, denominator) that leave them whole."""

    def block(times: Block, share: tuple[int, int]) -> Block:
        return Block(tuple(time * share[0] // share[1] for time in times.latency_ns))

    def one(launch: Launch) -> Launch:
        rounds = (Round(block(r.candidate, ours), block(r.reference, theirs), r.candidate_first) for r in launch.rounds)
        return Launch(launch.candidate, launch.reference, tuple(rounds), launch.started_unix, launch.seconds)

    return Trace(original.comparison, tuple(map(one, original.launches)))


def swapped(original: Trace) -> Trace:
    def one(launch: Launch) -> Launch:
        rounds = (Round(r.reference, r.candidate, not r.candidate_first) for r in launch.rounds)
        return Launch(launch.reference, launch.candidate, tuple(rounds), launch.started_unix, launch.seconds)

    return Trace(original.comparison, tuple(map(one, original.launches)))


def judged(now: Trace, then: Trace, error_rate: float = 0.001) -> Verdict:
    before = estimate(then)
    stored = replace(
        baseline(before.log_ratios), candidate_cost=before.candidate_cost, reference_cost=before.reference_cost
    )
    return judge(estimate(now), stored, noise=PRIOR, tolerance=0.05, error_rate=error_rate)


@settings(deadline=None, max_examples=40)
@given(TRACES, TRACES, st.integers(min_value=0, max_value=60), ERROR_RATES)
def test_a_slower_reference_never_makes_a_verdict_worse(
    now: Trace, then: Trace, percent: int, error_rate: float
) -> None:
    before = judged(now, then, error_rate).kind
    after = judged(scaled(now, theirs=(100 + percent, 100)), then, error_rate).kind
    assert WORST_TO_BEST.index(before) <= WORST_TO_BEST.index(after)


@settings(deadline=None, max_examples=40)
@given(TRACES, TRACES, st.integers(min_value=0, max_value=60), ERROR_RATES)
def test_a_slower_candidate_never_makes_a_verdict_better(
    now: Trace, then: Trace, percent: int, error_rate: float
) -> None:
    before = judged(now, then, error_rate).kind
    after = judged(scaled(now, ours=(100 + percent, 100)), then, error_rate).kind
    assert WORST_TO_BEST.index(after) <= WORST_TO_BEST.index(before)


@settings(deadline=None, max_examples=40)
@given(TRACES, TRACES, ERROR_RATES)
def test_swapping_the_arms_of_both_traces_turns_a_loss_into_a_gain(now: Trace, then: Trace, error_rate: float) -> None:
    there, back = judged(now, then, error_rate), judged(swapped(now), swapped(then), error_rate)
    assert (there.kind is VerdictKind.REGRESSED) is (back.kind is VerdictKind.IMPROVED)
    assert (there.kind is VerdictKind.IMPROVED) is (back.kind is VerdictKind.REGRESSED)
    for low, high in ((there.change_low, back.change_high), (back.change_low, there.change_high)):
        assert high is not None
        assert low == pytest.approx(expm1(-log1p(high)), abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(TRACES, TRACES, st.sampled_from([(2, 1), (1000, 1), (1, 100)]))
def test_the_unit_that_both_traces_have_does_not_matter(now: Trace, then: Trace, unit: tuple[int, int]) -> None:
    once = judged(now, then)
    again = judged(scaled(now, ours=unit, theirs=unit), scaled(then, ours=unit, theirs=unit))
    assert again.kind is once.kind
    assert (again.change, again.change_low) == pytest.approx((once.change, once.change_low), abs=1e-9)


def test_a_ten_percent_slower_candidate_goes_from_ok_to_regressed() -> None:
    steady = traced([([1_000_000], [2_000_000])] * 12)
    assert judged(steady, steady).kind is VerdictKind.OK
    assert judged(scaled(steady, ours=(110, 100)), steady).kind is VerdictKind.REGRESSED
