"""The search for the first release that lost, with races that are made up."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import ArmUnavailableError, CacheError, EnvironmentUnusableError
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.reports.bisect_findings import Ending, ReleaseRace, Skipped, Standing
from pytest_ovperf.session.bisecting.search import Search, most_races
from tests.unit.session.bisect_fakes import World, release_race

SLOWER = 0.9


def monotone(count: int, first: int) -> dict[str, float]:
    """So many releases, of which those from the place ``first`` on are slower."""
    return {f"r{place}": SLOWER if place >= first else 1.0 for place in range(count)}


@st.composite
def losses(draw: st.DrawFn) -> tuple[int, int]:
    count = draw(st.integers(2, 40))
    return count, draw(st.integers(1, count - 1))


@given(losses())
def test_the_first_release_that_lost_is_found_in_as_many_races_as_a_binary_search_takes(loss: tuple[int, int]) -> None:
    count, first = loss
    world = World(monotone(count, first))
    found = world.search()
    assert (found.ending, found.last, found.first) == (Ending.FOUND, f"r{first - 1}", f"r{first}")
    over_good = [pair for pair in world.raced if pair[1] == "r0"]
    assert len(over_good) <= 1 + ceil(log2(count - 1 or 1))
    assert len(world.raced) <= most_races(count)
    assert len(set(world.raced)) == len(world.raced)


@given(losses(), st.data())
def test_releases_that_cannot_be_raced_or_told_leave_the_smallest_range_there_is(
    loss: tuple[int, int], data: st.DataObject
) -> None:
    count, first = loss
    inner = [f"r{place}" for place in range(1, count - 1)]
    missing = data.draw(st.sets(st.sampled_from(inner))) if inner else set()
    broken = data.draw(st.sets(st.sampled_from(sorted(missing)))) if missing else set()
    world = World(monotone(count, first), broken=broken, unsure=missing - broken)
    found = world.search()
    told = [place for place in range(count) if f"r{place}" not in missing]
    assert found.last == f"r{max(place for place in told if place < first)}"
    assert found.first == f"r{min(place for place in told if place >= first)}"
    assert found.ending is (Ending.RANGE if found.between else Ending.FOUND)
    assert set(found.between) <= missing
    assert {each.release for each in found.skipped} <= broken
    assert len(set(world.raced)) == len(world.raced)


def test_the_step_is_raced_by_itself_over_the_release_before_it() -> None:
    world = World(monotone(6, 3))
    found = world.search()
    assert world.raced[-1] == ("r3", "r2")
    assert found.step is not None
    assert (found.step.new, found.step.old) == ("r3", "r2")


def test_a_step_from_the_good_release_itself_is_raced_once() -> None:
    world = World(monotone(3, 1))
    found = world.search()
    assert found.step is found.races[-1]
    assert world.raced == [("r2", "r0"), ("r1", "r0")]


def test_neighbours_need_one_race() -> None:
    world = World(monotone(2, 1))
    assert (world.search().ending, world.raced) == (Ending.FOUND, [("r1", "r0")])


@pytest.mark.parametrize(("speed", "unsure"), [(1.0, ()), (1.3, ()), (0.9, ("r4",))])
def test_ends_without_a_proven_loss_end_the_search(speed: float, unsure: tuple[str, ...]) -> None:
    world = World({**monotone(4, 9), "r4": speed}, unsure=unsure)
    found = world.search()
    assert (found.ending, found.last, found.first) == (Ending.NO_LOSS, "r0", "r4")
    assert len(world.raced) == 1


def test_a_loss_in_small_steps_is_not_pinned_on_one_release() -> None:
    world = World({f"r{place}": 0.985**place for place in range(5)})
    found = world.search()
    assert found.ending is Ending.UNCONFIRMED
    assert found.step is not None
    assert found.step.standing is Standing.KEPT


def test_a_loss_that_comes_and_goes_is_found_where_it_is_a_step_by_itself() -> None:
    world = World({"r0": 1.0, "r1": 0.9, "r2": 1.0, "r3": 1.0, "r4": 0.9})
    found = world.search()
    assert (found.ending, found.first) == (Ending.FOUND, "r4")


def test_a_step_that_is_not_sure_is_no_answer() -> None:
    world = World(monotone(5, 3))

    def race(new: str, old: str) -> ReleaseRace:
        world.unsure = ("r3",) if old != "r0" else ()
        return world.race(new, old)

    found = Search(tuple(world.speeds), race, world.hearer).run()
    assert found.ending is Ending.UNCONFIRMED
    assert found.step is not None
    assert found.step.standing is Standing.UNSURE


def test_a_step_that_cannot_be_raced_is_no_answer_and_says_why() -> None:
    world = World(monotone(5, 3))

    def race(new: str, old: str) -> ReleaseRace:
        world.broken = ("r3",) if old != "r0" else ()
        return world.race(new, old)

    found = Search(tuple(world.speeds), race, world.hearer).run()
    assert (found.ending, found.step, found.step_obstacle) == (
        Ending.UNCONFIRMED,
        None,
        "An operation of a later opset.",
    )


def test_a_small_step_of_a_large_loss_is_known_to_be_a_part() -> None:
    world = World({"r0": 1.0, "r1": 0.97, "r2": 0.97, "r3": 0.8})
    found = world.search()
    assert found.first == "r1"
    assert found.is_part
    assert not World(monotone(4, 2)).search().is_part


def test_what_is_left_out_is_told_with_the_reason_that_was_first() -> None:
    world = World(monotone(3, 2), broken=("r1",))
    found = world.search()
    assert found.skipped == (Skipped("r1", "An operation of a later opset."),)
    assert world.heard[1] == found.skipped[0]


def test_ends_that_cannot_be_raced_end_the_search() -> None:
    with pytest.raises(EnvironmentUnusableError, match="r4 refuses"):
        World(monotone(5, 3), broken=("r4",)).search()

    def refuse(_new: str, _old: str) -> ReleaseRace:
        raise ArmUnavailableError("It cannot.", remedy="Run this test without --ov-against.")

    world = World(monotone(5, 3))
    with pytest.raises(ArmUnavailableError) as refused:
        Search(tuple(world.speeds), refuse, world.hearer).run()
    assert "--ov-against" not in str(refused.value)


def test_a_cache_that_cannot_be_written_ends_the_search() -> None:
    world = World(monotone(5, 3))

    def race(new: str, old: str) -> ReleaseRace:
        if new != "r4":
            raise CacheError("The disk is full.", remedy="Make room.")
        return world.race(new, old)

    with pytest.raises(CacheError):
        Search(tuple(world.speeds), race, world.hearer).run()


def test_an_all_clear_whose_centre_is_beyond_the_tolerance_is_none() -> None:
    assert release_race("b", "a", -0.03, VerdictKind.OK).standing is Standing.UNSURE
    assert release_race("b", "a", -0.01, VerdictKind.OK).standing is Standing.KEPT
