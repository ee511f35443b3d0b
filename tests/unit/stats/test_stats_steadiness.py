"""What an average would hide is found where it hides, and nothing is made of mere scatter."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from math import exp, log
from statistics import fmean
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.records import Block, Flag, FlagKind, Launch, Round
from pytest_ovperf.stats.steadiness import DISTURBED, DRIFT_LAUNCHES, LEAST_LAUNCHES, RARER, best_cut, flags_of
from tests.unit.stats.stats_builders import LOUD, comparison, launch, one_round, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAIR = comparison("openvino-int8", "pytorch-fp32")
OURS, THEIRS = PAIR.candidate.name, PAIR.reference.name
NS = 10_000_000
ROUNDS = 24


def rounds_of(speed: Callable[[int], float], other: Callable[[int], float] = lambda _: 1.0) -> list[Round]:
    """Rounds of one call each, in which the arms take 10 ms times what is said of a round's number."""
    return [one_round([round(NS * speed(at))], [round(NS * other(at))]) for at in range(ROUNDS)]


def of_rounds(*rounds: Round) -> Launch:
    return replace(launch(), rounds=rounds)


def steady(ratio: float = 1.0) -> Launch:
    """A launch with that log ratio in every round."""
    return of_rounds(*rounds_of(lambda _: 1.0, lambda _: exp(ratio)))


def noisy(rng: random.Random, sd: float) -> Launch:
    return of_rounds(*rounds_of(lambda _: exp(rng.gauss(0, sd)), lambda _: exp(rng.gauss(0, sd))))


def found(*launches: Launch) -> dict[tuple[FlagKind, str], Flag]:
    flags = flags_of(PAIR, launches)
    by_what = {(flag.kind, flag.what): flag for flag in flags}
    assert len(by_what) == len(flags)  # nothing is said twice
    return by_what


def test_nothing_is_found_in_nothing() -> None:
    assert flags_of(PAIR, ()) == ()


def test_nothing_is_found_in_times_that_never_change() -> None:
    assert found(*[steady()] * 8) == {}


def test_scatter_alone_is_hardly_ever_unsteady() -> None:
    rng = random.Random(7)  # noqa: S311  (a simulation)
    runs = [found(*(noisy(rng, 0.04) for _ in range(8))) for _ in range(40)]
    assert sum(map(bool, runs)) <= 1


def test_a_single_launch_of_a_single_round_says_nothing() -> None:
    assert found(of_rounds(one_round())) == {}


# Cold and disturbed


def test_launches_that_never_warmed_up_are_counted() -> None:
    cold = replace(steady(), warm=False)
    assert found(steady(), cold, steady(), steady()) == {
        (FlagKind.COLD, "ratio"): Flag(FlagKind.COLD, "ratio", size=0.25)
    }


@pytest.mark.parametrize(("loud", "said"), [(4, False), (5, True)])
def test_more_than_a_fifth_of_the_rounds_disturbed_is_said(loud: int, *, said: bool) -> None:
    spoilt = of_rounds(*[one_round(during_ours=LOUD)] * loud, *[one_round()] * (20 - loud))
    flags = found(spoilt)
    assert ((FlagKind.DISTURBED, "ratio") in flags) is said
    if said:
        assert flags[FlagKind.DISTURBED, "ratio"].size == pytest.approx(loud / 20)
        assert loud / 20 > DISTURBED


def test_disturbed_rounds_are_no_evidence_of_anything_else() -> None:
    ramp = [one_round([NS + at * NS // 10], [NS], during_ours=LOUD) for at in range(ROUNDS)]
    quiet = [one_round([NS], [NS], during_ours=seen()) for _ in range(ROUNDS)]
    mixed = of_rounds(*(round_ for pair in zip(ramp, quiet, strict=True) for round_ in pair))
    assert set(found(mixed, mixed)) == {(FlagKind.DISTURBED, "ratio")}


# From launch to launch


@pytest.mark.parametrize("step", [0.02, -0.02])
def test_a_ratio_that_goes_one_way_from_launch_to_launch_drifts(step: float) -> None:
    flag = found(*(steady(step * at) for at in range(DRIFT_LAUNCHES)))[FlagKind.DRIFT, "ratio"]
    assert flag.size == pytest.approx(exp(5 * step) - 1, abs=1e-4)


def test_five_launches_in_order_may_be_chance() -> None:
    assert found(*(steady(0.05 * at) for at in range(DRIFT_LAUNCHES - 1))) == {}


def test_launches_out_of_order_do_not_drift() -> None:
    assert found(*(steady(0.02 * at) for at in (0, 1, 3, 2, 5, 4))) == {}


def test_a_drift_too_small_to_matter_is_not_said() -> None:
    assert found(*(steady(0.005 * at) for at in range(8))) == {}


# Within launches


def ramp(size: float) -> Callable[[int], float]:
    return lambda at: exp(log(1 + size) * at / (ROUNDS - 1))


def test_a_candidate_that_slows_down_within_every_launch_moves_its_own_time_and_the_ratio() -> None:
    flags = found(*[of_rounds(*rounds_of(ramp(0.20)))] * 2)
    assert set(flags) == {(FlagKind.TREND, OURS), (FlagKind.TREND, "ratio")}
    assert flags[FlagKind.TREND, OURS].size == pytest.approx(0.20, abs=0.001)
    assert flags[FlagKind.TREND, "ratio"].size == pytest.approx(1 / 1.20 - 1, abs=0.001)


def test_a_machine_that_slows_both_arms_down_leaves_the_ratio_alone() -> None:
    assert set(found(of_rounds(*rounds_of(ramp(0.20), ramp(0.20))))) == {
        (FlagKind.TREND, OURS),
        (FlagKind.TREND, THEIRS),
    }


def test_a_trend_too_small_to_matter_is_not_said() -> None:
    assert found(of_rounds(*rounds_of(ramp(0.04)))) == {}


def test_steps_between_launches_are_no_trend_within_them() -> None:
    assert (FlagKind.TREND, "ratio") not in found(*(steady(0.1 * at) for at in range(8)))


def test_a_trend_that_turns_round_within_the_launch_is_none() -> None:
    assert found(of_rounds(*rounds_of(lambda at: 1 + abs(at - ROUNDS / 2) / 50))) == {}


# Two speeds


def calls(slow: int, of: int = 20) -> list[int]:
    """Calls of one block, ``slow`` of which take half as long again."""
    return [NS + at for at in range(of - slow)] + [NS * 3 // 2 + at for at in range(slow)]


@pytest.mark.parametrize(("slow", "said"), [(3, False), (4, True), (10, True), (14, True)])
def test_an_arm_of_whose_calls_a_fifth_is_slower_has_two_speeds(slow: int, *, said: bool) -> None:
    rounds = [one_round([NS], calls(slow))] * 2
    flags = found(of_rounds(*rounds), of_rounds(*rounds))
    assert ((FlagKind.TWO_SPEEDS, THEIRS) in flags) is said
    assert said is (slow / 20 >= RARER)
    if said:
        flag = flags[FlagKind.TWO_SPEEDS, THEIRS]
        assert flag.size == pytest.approx(0.5, abs=0.001)
        assert flag.part == pytest.approx(slow / 20)


def test_a_machine_that_wanders_from_block_to_block_is_no_second_speed_of_the_calls() -> None:
    rounds = [one_round([NS * (2 + at % 2)] * 5, [NS * (2 + at % 2)] * 5) for at in range(ROUNDS)]
    assert found(of_rounds(*rounds)) == {}


def test_rounds_of_two_ratios_are_said() -> None:
    flags = found(of_rounds(*rounds_of(lambda at: 1.2 if at % 3 == 0 else 1.0)))
    assert set(flags) == {(FlagKind.TWO_SPEEDS, "ratio")}
    assert flags[FlagKind.TWO_SPEEDS, "ratio"].size == pytest.approx(0.2, abs=1e-6)
    assert flags[FlagKind.TWO_SPEEDS, "ratio"].part == pytest.approx(2 / 3)  # the share of the higher ratio


def test_launches_of_two_ratios_are_said_with_the_share_of_launches() -> None:
    flags = found(*(steady(0.5 + 0.1 * (at % 3 == 0)) for at in range(LEAST_LAUNCHES)))
    assert set(flags) == {(FlagKind.TWO_SPEEDS, "ratio")}
    assert flags[FlagKind.TWO_SPEEDS, "ratio"].size == pytest.approx(exp(0.1) - 1, abs=1e-6)
    assert flags[FlagKind.TWO_SPEEDS, "ratio"].part == pytest.approx(1 / 3)


def test_two_speeds_too_near_to_matter_are_not_said() -> None:
    assert found(of_rounds(*rounds_of(lambda at: 1.04 if at % 2 else 1.0))) == {}


def test_groups_that_are_wide_for_their_distance_are_one_broad_speed() -> None:
    assert found(of_rounds(*rounds_of(lambda at: 1 + (at * 7 % ROUNDS) / 100))) == {}


# The rule itself


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=12).map(sorted))
def test_the_best_cut_leaves_the_least_squares_within(values: list[float]) -> None:
    def squares(part: Sequence[float]) -> float:
        return sum((value - fmean(part)) ** 2 for value in part)

    low, high = best_cut(values)
    assert [*low, *high] == values
    assert low
    assert high
    least = min(squares(values[:at]) + squares(values[at:]) for at in range(1, len(values)))
    assert squares(low) + squares(high) == pytest.approx(least, abs=1e-9)


@st.composite
def unsteady_launches(draw: st.DrawFn) -> list[Launch]:
    """Launches with a trend, two speeds and a drift, of sizes around what is worth saying."""
    size, gap, drift = (draw(st.floats(-0.15, 0.15)) for _ in range(3))
    slow = draw(st.integers(2, 6))
    made = []
    for at in range(draw(st.integers(1, 8))):
        shift = exp(drift * at)
        rounds = rounds_of(
            lambda n, shift=shift: shift * ramp(size)(n) * (1 + gap * (n % slow == 0)),  # type: ignore[misc]
            lambda n: 1 + 0.001 * (n * 5 % 7),
        )
        made.append(replace(of_rounds(*rounds), warm=draw(st.booleans())))
    return made


def times(factor: int, original: Launch) -> Launch:
    def scaled(block: Block) -> Block:
        return replace(block, latency_ns=tuple(time * factor for time in block.latency_ns))

    rounds = tuple(replace(r, candidate=scaled(r.candidate), reference=scaled(r.reference)) for r in original.rounds)
    return replace(original, rounds=rounds)


@given(unsteady_launches(), st.sampled_from([2, 1000]))
def test_the_unit_of_time_does_not_matter(launches: list[Launch], factor: int) -> None:
    once, scaled = flags_of(PAIR, launches), flags_of(PAIR, [times(factor, each) for each in launches])
    assert [(flag.kind, flag.what) for flag in once] == [(flag.kind, flag.what) for flag in scaled]
    assert [flag.size for flag in once] == pytest.approx([flag.size for flag in scaled])


@given(unsteady_launches())
def test_what_is_said_is_worth_saying(launches: list[Launch]) -> None:
    flags = flags_of(PAIR, launches)
    assert all(abs(flag.size) >= 0.05 and 0 <= flag.part <= 1 for flag in flags)
    assert all(earlier != later for earlier, later in pairwise(flags))
