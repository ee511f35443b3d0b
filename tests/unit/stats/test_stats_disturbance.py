"""Rounds are dropped on evidence from outside their times, and for both arms alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.stats.disturbance import LEAST_COUNTED, counted, is_disturbed
from tests.unit.stats.stats_builders import LOUD, one_round, seen

if TYPE_CHECKING:
    from pytest_ovperf.records import Interference, Round

QUIET_ROUND = one_round()
LOUD_ROUND = one_round(during_ours=LOUD)
ROUNDS = st.lists(st.sampled_from([QUIET_ROUND, LOUD_ROUND]), max_size=12)


@pytest.mark.parametrize(
    ("during", "disturbed"),
    [
        (seen(), False),
        (seen(others_ms=25), False),
        (seen(others_ms=26), True),
        (seen(steal_ms=26), True),
        (seen(steal_ms=13, others_ms=13), True),
        (seen(steal_ms=12, others_ms=12), False),
        (seen(others_ms=26, wall_ms=200), False),
        (seen(others_ms=130, wall_ms=200), True),
    ],
)
def test_more_than_half_a_processor_in_other_hands_disturbs_a_round(during: Interference, *, disturbed: bool) -> None:
    assert is_disturbed(one_round(during_ours=during)) is disturbed
    assert is_disturbed(one_round(during_theirs=during)) is disturbed


def test_the_blocks_of_a_round_are_held_against_the_limit_one_by_one() -> None:
    assert not is_disturbed(one_round(during_ours=seen(others_ms=20), during_theirs=seen(others_ms=20)))


@pytest.mark.parametrize(
    "during", [None, seen(steal_ms=None, others_ms=None), seen(others_ms=9, wall_ms=0), seen(switches=10_000)]
)
def test_what_nobody_looked_at_or_cannot_be_told_disturbs_nothing(during: Interference | None) -> None:
    assert not is_disturbed(one_round(during_ours=during, during_theirs=during))


def test_what_is_known_counts_where_the_rest_is_not() -> None:
    assert is_disturbed(one_round(during_ours=seen(steal_ms=None, others_ms=26)))
    assert is_disturbed(one_round(during_ours=seen(steal_ms=26, others_ms=None)))


def test_a_time_that_is_long_by_itself_disturbs_nothing() -> None:
    assert not is_disturbed(one_round([10**9] * 5, [1], during_ours=seen(), during_theirs=seen()))


def test_disturbed_rounds_are_dropped_and_the_others_keep_their_order() -> None:
    quiet = [one_round([number]) for number in range(1, 6)]
    assert counted([quiet[0], LOUD_ROUND, quiet[1], quiet[2], LOUD_ROUND, *quiet[3:]]) == tuple(quiet)


@pytest.mark.parametrize(("quiet", "left"), [(LEAST_COUNTED, LEAST_COUNTED), (LEAST_COUNTED - 1, 10), (0, 10)])
def test_all_rounds_count_where_hardly_any_is_left(quiet: int, left: int) -> None:
    rounds = [QUIET_ROUND] * quiet + [LOUD_ROUND] * (10 - quiet)
    assert len(counted(rounds)) == left


def test_no_rounds_are_no_rounds() -> None:
    assert counted(()) == ()


@given(ROUNDS)
def test_either_the_undisturbed_rounds_count_or_all_of_them(rounds: list[Round]) -> None:
    left = counted(rounds)
    undisturbed = tuple(round_ for round_ in rounds if not is_disturbed(round_))
    assert left in (undisturbed, tuple(rounds))
    assert len(left) >= min(LEAST_COUNTED, len(rounds))


@given(ROUNDS)
def test_what_is_counted_once_is_counted_again(rounds: list[Round]) -> None:
    assert counted(counted(rounds)) == counted(rounds)
