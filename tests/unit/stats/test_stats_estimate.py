from __future__ import annotations

from dataclasses import replace
from math import exp, log
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import Block, Launch, Trace
from pytest_ovperf.stats.costs import block_cost
from pytest_ovperf.stats.estimate import estimate, hodges_lehmann
from tests.unit.stats.stats_builders import LOUD, comparison, launch, one_round, trace

TIMES = st.lists(st.integers(min_value=1_000, max_value=10**9), min_size=1, max_size=5)
LAUNCHES = st.lists(st.builds(launch, st.tuples(TIMES, TIMES), st.tuples(TIMES, TIMES)), min_size=1, max_size=4)


def swapped(original: Launch) -> Launch:
    return replace(
        original, rounds=tuple(replace(r, candidate=r.reference, reference=r.candidate) for r in original.rounds)
    )


def in_unit(original: Launch, factor: int) -> Launch:
    def scaled(block: Block) -> Block:
        return Block(tuple(time * factor for time in block.latency_ns))

    rounds = tuple(replace(r, candidate=scaled(r.candidate), reference=scaled(r.reference)) for r in original.rounds)
    return replace(original, rounds=rounds)


def slower_candidate(original: Launch, extra_ns: int) -> Launch:
    def slowed(block: Block) -> Block:
        return Block(tuple(time + extra_ns for time in block.latency_ns))

    return replace(original, rounds=tuple(replace(r, candidate=slowed(r.candidate)) for r in original.rounds))


def test_a_block_stands_for_its_lower_quartile() -> None:
    assert block_cost(Block((50, 10, 30, 20, 40)), Metric.LATENCY) == 20
    assert block_cost(Block((10, 20)), Metric.LATENCY) == pytest.approx(12.5)
    assert block_cost(Block((7,)), Metric.LATENCY) == 7


@pytest.mark.parametrize("times", [(), (0, 5), (-3, 5)])
def test_a_block_without_times_above_zero_is_refused(times: tuple[int, ...]) -> None:
    with pytest.raises(MeasurementError, match="block"):
        block_cost(Block(times), Metric.LATENCY)


def test_hodges_lehmann_is_the_median_of_pairwise_means() -> None:
    assert hodges_lehmann([1.0, 2.0, 9.0]) == pytest.approx(median([1, 1.5, 5, 2, 5.5, 9]))


def test_one_wild_round_of_ten_hardly_moves_the_centre_of_a_launch() -> None:
    assert hodges_lehmann([0.1] * 9 + [5.0]) == pytest.approx(0.1)


def test_a_candidate_twice_as_fast_has_a_speedup_of_two() -> None:
    seen = estimate(trace(launch(([10, 10], [20, 20])), launch(([10, 10], [20, 20]))))
    assert seen.ratio == pytest.approx(2)
    assert seen.log_ratios == pytest.approx((log(2), log(2)))
    assert seen.rounds == 2
    assert (seen.candidate_cost, seen.reference_cost) == pytest.approx((10, 20))


def test_the_ratio_is_the_geometric_mean_over_launches() -> None:
    seen = estimate(trace(launch(([10], [20])), launch(([10], [80]))))
    assert seen.ratio == pytest.approx(4)


def test_both_costs_make_the_ratio_where_launches_differ_in_rounds_and_level() -> None:
    slow, fast = launch(*[([30], [30])] * 5), launch(*[([10], [20])] * 12)
    seen = estimate(trace(slow, fast))
    assert seen.ratio == pytest.approx(2**0.5)
    assert seen.reference_cost / seen.candidate_cost == pytest.approx(seen.ratio)  # medians over rounds make 2 of it


def test_one_launch_has_a_wide_interval_from_the_prior_alone() -> None:
    seen = estimate(trace(launch(([10], [20]))))
    # Student's t with the prior's 2 degrees of freedom, times the prior's 2.5 %.
    assert seen.high == pytest.approx(2 * exp(4.30265 * 0.025), rel=1e-5)
    assert seen.low == pytest.approx(2 * exp(-4.30265 * 0.025), rel=1e-5)
    assert seen.confidence == 0.95


def test_a_pytorch_arm_is_expected_to_be_noisier() -> None:
    quiet = estimate(trace(launch(([10], [20]))))
    noisy = estimate(trace(launch(([10], [20])), of=comparison("openvino-fp32", "pytorch-fp32")))
    assert noisy.high > quiet.high


def with_disturbed_rounds(quiet: int, loud: int) -> Launch:
    """A launch with a speed-up of 2, but for its disturbed rounds, in which the candidate took ten times as long."""
    rounds = [one_round([10], [20])] * quiet + [one_round([100], [20], during_theirs=LOUD)] * loud
    return replace(launch(), rounds=tuple(rounds))


def test_disturbed_rounds_are_left_out_of_every_figure_and_counted() -> None:
    seen = estimate(trace(with_disturbed_rounds(6, 3), with_disturbed_rounds(5, 4)))
    assert seen.ratio == pytest.approx(2)
    assert (seen.candidate_cost, seen.reference_cost) == pytest.approx((10, 20))
    assert (seen.rounds, seen.disturbed) == (11, 7)


def test_where_hardly_any_round_is_undisturbed_all_of_them_count() -> None:
    seen = estimate(trace(with_disturbed_rounds(3, 9)))
    assert seen.ratio == pytest.approx(0.2)
    assert (seen.rounds, seen.disturbed) == (12, 0)


@pytest.mark.parametrize("empty", [trace(), trace(launch())])
def test_a_trace_without_launches_or_rounds_is_refused(empty: Trace) -> None:
    with pytest.raises(MeasurementError, match="launch"):
        estimate(empty)


@settings(deadline=None)
@given(LAUNCHES)
def test_swapping_the_arms_inverts_the_estimate(launches: list[Launch]) -> None:
    there, back = estimate(trace(*launches)), estimate(trace(*map(swapped, launches)))
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert (back.low, back.high) == pytest.approx((1 / there.high, 1 / there.low))


@settings(deadline=None)
@given(LAUNCHES, st.sampled_from([10, 1000, 1_000_000]))
def test_the_unit_of_time_does_not_matter(launches: list[Launch], factor: int) -> None:
    one, other = estimate(trace(*launches)), estimate(trace(*(in_unit(each, factor) for each in launches)))
    assert other.log_ratios == pytest.approx(one.log_ratios, abs=1e-12)
    assert (other.low, other.high) == pytest.approx((one.low, one.high))


@settings(deadline=None)
@given(LAUNCHES, st.integers(min_value=1, max_value=10**8))
def test_a_slower_candidate_never_has_a_larger_speedup(launches: list[Launch], extra_ns: int) -> None:
    before = estimate(trace(*launches))
    after = estimate(trace(*(slower_candidate(each, extra_ns) for each in launches)))
    assert all(slow <= fast + 1e-12 for slow, fast in zip(after.log_ratios, before.log_ratios, strict=True))


@settings(deadline=None)
@given(LAUNCHES)
def test_the_interval_holds_the_ratio_strictly(launches: list[Launch]) -> None:
    seen = estimate(trace(*launches))
    assert seen.low < seen.ratio < seen.high
