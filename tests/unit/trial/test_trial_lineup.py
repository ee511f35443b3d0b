from __future__ import annotations

import json
import random
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Comparison
from pytest_ovperf.errors import MeasurementError, WorkerDiedError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import Trace
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.trial.lineup import Lineup, LineupLaunch
from pytest_ovperf.trial.lineup_traces import lineup_to_data
from tests.unit.trial.trial_fakes import CANDIDATE, DISTURBED, FACTS, QUIET, REFERENCE, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pytest_ovperf.arms import Arm

MS = 1_000_000
WORKLOAD = Workload(WorkloadKind.INFER, {"input": (1, 3)})


def lineup(
    world: FakeWorld,
    *,
    arms: Sequence[Arm] = (CANDIDATE, REFERENCE),
    metrics: Collection[Metric] = (Metric.LATENCY,),
    want_outputs: bool = False,
) -> Lineup:
    return Lineup(
        arms,
        WORKLOAD,
        world.open_arm,
        metrics=metrics,
        rng=random.Random(1),  # noqa: S311  (an order of turns)
        clock=world.clock,
        want_outputs=want_outputs,
    )


def test_every_arm_has_a_block_in_every_round() -> None:
    launch = lineup(FakeWorld()).run_launch()
    assert {len(blocks) for blocks in launch.blocks.values()} == {launch.rounds}
    assert set(launch.blocks[CANDIDATE][0].latency_ns) == {10 * MS}
    assert set(launch.blocks[REFERENCE][0].latency_ns) == {20 * MS}
    assert launch.facts == {CANDIDATE: FACTS, REFERENCE: FACTS}
    assert launch.warm == {CANDIDATE: True, REFERENCE: True}


def test_rounds_run_in_the_order_that_they_record() -> None:
    world = FakeWorld()
    launch = lineup(world).run_launch()
    timed = [arm for event, arm in world.events if event == "block"][-2 * launch.rounds :]
    assert tuple(zip(timed[::2], timed[1::2], strict=True)) == launch.orders
    assert all(forth == back[::-1] for forth, back in pairwise(launch.orders[:2]))


def test_one_arm_alone_is_a_lineup_too() -> None:
    launch = lineup(FakeWorld(), arms=(CANDIDATE,)).run_launch()
    assert launch.rounds == len(launch.blocks[CANDIDATE]) > 0


def test_two_of_the_arms_are_a_launch_of_their_comparison() -> None:
    launch = lineup(FakeWorld()).run_launch()
    pair = launch.pair(CANDIDATE, REFERENCE)
    comparison = Comparison("m", CANDIDATE, REFERENCE, Metric.LATENCY, WORKLOAD)
    assert estimate(Trace(comparison, (pair,))).ratio == pytest.approx(2)
    assert [each.candidate_first for each in pair.rounds] == [order[0] is CANDIDATE for order in launch.orders]


def test_a_round_that_was_disturbed_for_one_arm_counts_for_none_and_is_taken_again() -> None:
    world = FakeWorld()
    quiet = lineup(FakeWorld()).run_launch().rounds
    world.interference[REFERENCE] = lambda block: DISTURBED if block == 4 else QUIET
    launch = lineup(world).run_launch()
    assert launch.rounds == quiet + 1
    assert len(launch.counted(CANDIDATE)) == len(launch.counted(REFERENCE)) == quiet


def test_where_every_round_is_disturbed_all_of_them_count() -> None:
    world = FakeWorld()
    world.interference[REFERENCE] = lambda _: DISTURBED
    launch: LineupLaunch = lineup(world).run_launch()
    assert launch.counted(CANDIDATE) == launch.blocks[CANDIDATE]


def test_the_machine_is_held_while_a_launch_is_measured() -> None:
    world, held = FakeWorld(), list[str]()

    @contextmanager
    def alone() -> Iterator[None]:
        held.append(f"taken after {len(world.events)} events")
        yield
        held.append("given back" if world.events[-1][0] == "close" else "too early")

    Lineup(
        [CANDIDATE],
        WORKLOAD,
        world.open_arm,
        metrics=[Metric.LATENCY],
        rng=random.Random(1),  # noqa: S311
        clock=world.clock,
        alone=alone,
    ).run_launch()
    assert held == ["taken after 0 events", "given back"]


def test_outputs_are_fetched_once_and_only_if_wanted() -> None:
    world = FakeWorld()
    wanting = lineup(world, want_outputs=True)
    wanting.run_launch()
    wanting.run_launch()
    assert [arm for event, arm in world.events if event == "outputs"] == [CANDIDATE, REFERENCE]
    assert list(wanting.outputs[REFERENCE]) == ["logits"]
    assert lineup(FakeWorld()).outputs == {}


@pytest.mark.parametrize("event", ["open", "loaded", "block"])
def test_an_arm_that_fails_is_named_and_all_are_closed(event: str) -> None:
    world = FakeWorld()
    world.failures[event, REFERENCE] = WorkerDiedError("The process ended.", remedy="Try again.")
    with pytest.raises(WorkerDiedError, match="pytorch-fp32 on CPU: The process ended"):
        lineup(world).run_launch()
    opened = {arm for happened, arm in world.events if happened == "open"} - ({REFERENCE} if event == "open" else set())
    assert {arm for happened, arm in world.events if happened == "close"} == opened


def test_a_failed_launch_leaves_those_before_it() -> None:
    world = FakeWorld()
    side_by_side = lineup(world)
    first = side_by_side.run_launch()
    world.failures["block", CANDIDATE] = WorkerDiedError("gone", remedy="Try again.")
    with pytest.raises(WorkerDiedError):
        side_by_side.run_launch()
    assert side_by_side.launches == (first,)


def test_a_metric_of_another_workload_is_refused() -> None:
    with pytest.raises(MeasurementError, match=r"peak_memory cannot be told from the workload infer 1x3"):
        lineup(FakeWorld(), metrics=[Metric.LATENCY, Metric.PEAK_MEMORY])


@pytest.mark.parametrize("arms", [(), (CANDIDATE, CANDIDATE)])
def test_a_lineup_has_arms_and_each_of_them_once(arms: Sequence[Arm]) -> None:
    with pytest.raises(MeasurementError, match="each of them once"):
        lineup(FakeWorld(), arms=arms)


def test_its_raw_times_are_plain_data_by_arm_and_round() -> None:
    measured = lineup(FakeWorld())
    launch = measured.run_launch()
    data = json.loads(json.dumps(lineup_to_data("m", WORKLOAD, (CANDIDATE, REFERENCE), measured.launches)))
    assert [arm["precision"] for arm in data["lineup"]["arms"]] == [str(CANDIDATE.precision), str(REFERENCE.precision)]
    (kept,) = data["launches"]
    assert kept["blocks"][1][0]["latency_ns"] == list(launch.blocks[REFERENCE][0].latency_ns)
    assert [len(blocks) for blocks in kept["blocks"]] == [launch.rounds] * 2
    assert kept["orders"][0] == [(CANDIDATE, REFERENCE).index(arm) for arm in launch.orders[0]]
