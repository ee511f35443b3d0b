"""A run that moves together is said to, once; a few changes of their own are not."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import cycle, islice
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.stats.judge import judge, no_baseline
from pytest_ovperf.stats.noise import NOISE, PairKind, error_since, shrunk_spread
from pytest_ovperf.stats.together import (
    LATENCIES_MOVED,
    LEAST_COMPARISONS,
    RATIOS_MOVED,
    latencies_together,
    ratios_together,
    unrest,
)
from tests.unit.stats.stats_builders import baseline, comparison, speedup


def record(change: float, *, candidate: float = 0.0, reference: float = 0.0) -> ComparisonRecord:
    """A comparison whose speed-up and whose arms' latencies have changed by these shares since the baseline."""
    now = replace(
        speedup([math.log(2 * (1 + change))] * 4), candidate_cost=1 + candidate, reference_cost=2 * (1 + reference)
    )
    then = replace(baseline([math.log(2)] * 4), candidate_cost=1.0, reference_cost=2.0)
    verdict = judge(now, then, noise=NOISE[PairKind.OPENVINO], tolerance=0.05, error_rate=0.001)
    return ComparisonRecord("t", comparison(), now, verdict, then, None, (), 1.0)


def run_of(*changes: float) -> list[ComparisonRecord]:
    return [record(change) for change in changes]


@pytest.mark.parametrize("change", [-0.10, 0.10])
def test_speed_ups_that_all_fall_or_rise_move_together(change: float) -> None:
    moved = ratios_together(run_of(*[change] * 7))
    assert moved is not None
    assert (moved.number, moved.share) == (7, 1.0)
    assert moved.change == pytest.approx(change)


def test_a_few_comparisons_are_no_run() -> None:
    assert ratios_together(run_of(*[-0.10] * (LEAST_COMPARISONS - 1))) is None
    assert ratios_together(run_of(*[-0.10] * LEAST_COMPARISONS)) is not None


@pytest.mark.parametrize(("apart", "together"), [(2, True), (3, False)])
def test_four_in_five_have_to_go_the_same_way(apart: int, *, together: bool) -> None:
    assert (ratios_together(run_of(*[-0.10] * (10 - apart), *[0.02] * apart)) is not None) is together


def test_one_large_loss_among_steady_ones_is_no_movement() -> None:
    assert ratios_together(run_of(-0.5, -0.01, -0.01, -0.01, -0.01, -0.01, -0.01)) is None


@pytest.mark.parametrize(("change", "told"), [(RATIOS_MOVED - 0.005, False), (RATIOS_MOVED + 0.005, True)])
def test_small_movements_are_no_news(change: float, *, told: bool) -> None:
    assert (ratios_together(run_of(*[change] * 8)) is not None) is told


def test_the_change_that_is_told_is_that_of_the_middle() -> None:
    moved = ratios_together(run_of(-0.04, -0.06, -0.08, -0.10, -0.12, -0.14, 0.01))
    assert moved is not None
    assert moved.share == pytest.approx(6 / 7)
    assert moved.change == pytest.approx(-0.08)


def test_what_was_not_held_against_a_baseline_does_not_count() -> None:
    moved = run_of(*[-0.10] * (LEAST_COMPARISONS - 1))
    other = record(-0.10)
    for uncounted in (
        replace(other, baseline=None),
        replace(other, judged=False),
        replace(other, verdict=no_baseline(tolerance=0.05)),
    ):
        assert ratios_together([*moved, uncounted]) is None
    assert ratios_together([*moved, other]) is not None


def test_nothing_measured_is_no_movement() -> None:
    assert ratios_together([]) is None
    assert latencies_together([]) is None


@pytest.mark.parametrize("change", [-0.3, 0.3])
def test_a_slower_or_faster_machine_moves_every_arm_and_no_ratio(change: float) -> None:
    run = [record(0.0, candidate=change, reference=change)] * 3
    moved = latencies_together(run)
    assert moved is not None
    assert (moved.number, moved.share) == (6, 1.0)
    assert moved.change == pytest.approx(change)
    assert ratios_together(run) is None


def test_latencies_may_wander_by_a_tenth() -> None:
    assert latencies_together([record(0.0, candidate=0.09, reference=0.09)] * 5) is None
    assert latencies_together([record(0.0, candidate=0.11, reference=0.11)] * 5) is not None
    assert LATENCIES_MOVED == 0.10


def test_arms_that_go_apart_do_not_move_together() -> None:
    assert latencies_together([record(0.0, candidate=0.5, reference=-0.3)] * 5) is None


def test_latencies_without_a_baseline_do_not_count() -> None:
    slower = record(0.0, candidate=0.3, reference=0.3)
    assert latencies_together([slower, slower, replace(slower, baseline=None)]) is None


@given(st.lists(st.integers(-8, 8).filter(bool), min_size=1, max_size=12))
def test_turning_every_change_round_turns_the_movement_round(steps: list[int]) -> None:
    # Steps of 1.3 % on the log scale: no median of them comes near the least that is told.
    there = ratios_together(run_of(*(math.expm1(0.013 * step) for step in steps)))
    back = ratios_together(run_of(*(math.expm1(-0.013 * step) for step in steps)))
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert (back.number, back.share) == (there.number, there.share)
        assert back.change == pytest.approx(1 / (1 + there.change) - 1)


@given(st.lists(st.floats(-0.5, 1.0), min_size=1, max_size=12), st.integers(0, 11))
def test_the_order_of_the_tests_does_not_matter(changes: list[float], first: int) -> None:
    run = run_of(*changes)
    turned = list(islice(cycle(run), first, first + len(run)))
    assert ratios_together(turned) == ratios_together(run)


def test_an_inconclusive_comparison_counts_by_its_centre() -> None:
    open_ones = [
        replace(each, verdict=replace(each.verdict, kind=VerdictKind.INCONCLUSIVE)) for each in run_of(*[-0.10] * 6)
    ]
    assert ratios_together(open_ones) is not None


# Unrest


def scattered(sd: float, number: int = 41) -> list[ComparisonRecord]:
    """A run whose log ratios have changed by the quantiles of a normal distribution of that width."""
    normal = NormalDist(0, sd) if sd else None
    places = ((at + 0.5) / number for at in range(number))
    return [record(math.expm1(normal.inv_cdf(place)) if normal else 0.0) for place in places]


def test_comparisons_that_stay_where_they_were_show_no_unrest() -> None:
    seen = unrest(scattered(0.0))
    assert seen is not None
    assert (seen.sd, seen.degrees) == (0.0, 40)


def test_unrest_is_what_scatters_beyond_the_noise_of_each_comparison() -> None:
    seen = unrest(scattered(0.08, 201))
    assert seen is not None
    noise = NOISE[PairKind.OPENVINO]
    each = error_since(noise, shrunk_spread(noise, [0.0] * 4, [0.0] * 4), 4, [[0.0] * 4]).sd
    assert seen.sd == pytest.approx(math.sqrt(0.08**2 - each**2), rel=0.02)


def test_scatter_within_the_noise_of_each_comparison_is_no_unrest() -> None:
    seen = unrest(scattered(0.01))
    assert seen is not None
    assert seen.sd == 0.0


def test_a_few_that_really_changed_make_no_unrest() -> None:
    steady = scattered(0.005, 17)
    seen = unrest([*steady, *run_of(-0.3, -0.3, -0.3)])
    assert seen is not None
    assert seen.sd == 0.0


def test_a_run_that_moves_together_is_not_restless() -> None:
    seen = unrest(run_of(*[-0.2] * 8))
    assert seen is not None
    assert seen.sd == 0.0


def test_few_comparisons_tell_nothing_of_unrest() -> None:
    assert unrest([]) is None
    assert unrest(scattered(0.1, LEAST_COMPARISONS - 1)) is None
    assert unrest(scattered(0.1, LEAST_COMPARISONS)) is not None


def test_what_was_not_held_against_a_baseline_tells_nothing_of_unrest() -> None:
    enough = scattered(0.1, LEAST_COMPARISONS)
    first = enough[0]
    for uncounted in (
        replace(first, baseline=None),
        replace(first, judged=False),
        replace(first, verdict=no_baseline(tolerance=0.05)),
        replace(first, verdict=replace(first.verdict, change=None)),
    ):
        assert unrest([uncounted, *enough[1:]]) is None


def test_bytes_say_nothing_of_the_machine() -> None:
    sizes = [
        replace(each, comparison=replace(each.comparison, metric=Metric.MODEL_SIZE)) for each in run_of(*[-0.10] * 7)
    ]
    assert ratios_together(sizes) is None
    assert latencies_together(sizes) is None
    assert unrest(sizes) is None
