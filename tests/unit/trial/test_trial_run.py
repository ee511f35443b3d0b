from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import MeasurementError, WorkerDiedError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import Block
from pytest_ovperf.stats.disturbance import counted, is_disturbed
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.trial.opened import WARM_BLOCKS
from pytest_ovperf.trial.schedule import LEAST_ROUNDS, Pace, most_rounds, plan_for
from tests.unit.trial.trial_fakes import CANDIDATE, COMPARISON, DISTURBED, FACTS, QUIET, REFERENCE, FakeWorld

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm
    from pytest_ovperf.trial.opened import OpenArm

MS = 1_000_000
PLAN = plan_for(
    WorkloadKind.INFER, [Pace(10 * MS, 10 * MS), Pace(20 * MS, 20 * MS)]
)  # that of a `FakeWorld` which nobody has changed
WARM_UP = 2  # blocks of an arm whose times settle at once


class Listener:
    """A watcher that writes down what it hears, and how many blocks were timed by then."""

    def __init__(self, world: FakeWorld) -> None:
        self.world = world
        self.heard: list[str] = []
        self.blocks_by_then: list[int] = []

    def hear(self, text: str) -> None:
        self.heard.append(text)
        self.blocks_by_then.append(len(self.world.counted_calls))

    def launch_started(self, number: int, planned: int, /) -> None:
        self.hear(f"launch {number} of {planned}")

    def warming(self, arm: Arm, /) -> None:
        self.hear(f"warming {arm.name}")

    def round_done(self, launch: int, round_: int, rounds: int, running_ratio: float | None, /) -> None:
        ratio = "no ratio" if running_ratio is None else f"{running_ratio:.2f}"
        self.hear(f"launch {launch} round {round_} of {rounds}: {ratio}")

    def launch_done(self, number: int, /) -> None:
        self.hear(f"launch {number} done")


def closed(world: FakeWorld) -> list[Arm]:
    return [arm for event, arm in world.events if event == "close"]


def test_both_arms_are_opened_before_either_is_waited_for() -> None:
    world = FakeWorld()
    world.trial().run_launch()
    assert world.events[:4] == [
        ("open", CANDIDATE),
        ("open", REFERENCE),
        ("loaded", CANDIDATE),
        ("loaded", REFERENCE),
    ]


def test_a_launch_holds_facts_rounds_and_its_own_time() -> None:
    world = FakeWorld()
    launch = world.trial().run_launch()
    assert (launch.candidate, launch.reference) == (FACTS, FACTS)
    assert len(launch.rounds) == PLAN.rounds
    assert all(set(round_.candidate.latency_ns) == {10 * MS} for round_ in launch.rounds)
    assert all(set(round_.reference.latency_ns) == {20 * MS} for round_ in launch.rounds)
    assert launch.started_unix == 1_700_000_000.0
    assert launch.seconds == pytest.approx(world.clock.now_s)


def test_what_a_look_at_its_arms_takes_is_no_time_of_a_launch() -> None:
    world, looked = FakeWorld(), FakeWorld()

    def slow(_opened: OpenArm) -> None:
        looked.clock.now_s += 300.0

    assert looked.trial(look=slow).run_launch().seconds == pytest.approx(world.trial().run_launch().seconds)


def test_rounds_run_in_the_order_that_they_record() -> None:
    world = FakeWorld()
    launch = world.trial().run_launch()
    timed = [arm for event, arm in world.events if event == "block"][-2 * len(launch.rounds) :]
    assert [first == CANDIDATE for first in timed[::2]] == [round_.candidate_first for round_ in launch.rounds]
    first = sum(round_.candidate_first for round_ in launch.rounds)
    assert abs(2 * first - len(launch.rounds)) <= 1


def test_launches_add_up_to_a_trace_that_can_be_estimated() -> None:
    trial = FakeWorld().trial()
    trial.run_launch()
    trial.run_launch()
    assert trial.trace.comparison == COMPARISON
    assert len(trial.trace.launches) == 2
    assert estimate(trial.trace).ratio == pytest.approx(2)


def test_warm_up_goes_on_until_two_successive_blocks_agree() -> None:
    world = FakeWorld()
    warming = [40 * MS, 30 * MS, 20 * MS, 10 * MS]
    world.call_ns[CANDIDATE] = lambda block: warming[min(block, 3)]
    launch = world.trial().run_launch()
    timed = [arm for event, arm in world.events if event == "block"]
    assert timed.index(REFERENCE) == 5  # 40, 30, 20, 10 and 10 milliseconds
    assert set(launch.rounds[0].candidate.latency_ns) == {10 * MS}


def test_an_arm_that_never_settles_is_measured_all_the_same() -> None:
    world = FakeWorld()
    world.call_ns[CANDIDATE] = lambda block: (10 + 5 * (block % 2)) * MS
    launch = world.trial().run_launch()
    timed = [arm for event, arm in world.events if event == "block"]
    assert timed.index(REFERENCE) == WARM_BLOCKS
    assert not launch.warm


def test_one_arm_that_never_settles_makes_a_launch_cold() -> None:
    world = FakeWorld()
    world.call_ns[REFERENCE] = lambda block: (10 + 5 * (block % 2)) * MS
    assert not world.trial().run_launch().warm


def test_a_launch_whose_arms_settle_is_warm_even_at_the_last_moment() -> None:
    world = FakeWorld()
    world.call_ns[CANDIDATE] = lambda block: (10 + 5 * (block % 2)) * MS if block < WARM_BLOCKS - 1 else 10 * MS
    world.call_ns[REFERENCE] = lambda block: 10 * MS if block else 20 * MS
    assert world.trial().run_launch().warm


def test_the_warm_up_of_a_slow_arm_is_bounded_by_time() -> None:
    world = FakeWorld()
    world.call_ns[CANDIDATE] = lambda block: (1000 + 500 * (block % 2)) * MS
    world.trial().run_launch()
    timed = [arm for event, arm in world.events if event == "block"]
    assert timed.index(REFERENCE) < WARM_BLOCKS


def test_slow_calls_keep_a_launch_short() -> None:
    world = FakeWorld(candidate_ns=400 * MS, reference_ns=400 * MS)
    launch = world.trial().run_launch()
    assert len(launch.rounds) == LEAST_ROUNDS
    assert launch.seconds < 15


def test_a_block_keeps_what_was_seen_of_other_work() -> None:
    launch = FakeWorld().trial().run_launch()
    assert {block.interference for round_ in launch.rounds for block in (round_.candidate, round_.reference)} == {QUIET}


@pytest.mark.parametrize("arm", [CANDIDATE, REFERENCE])
def test_a_disturbed_round_is_kept_as_evidence_and_taken_again(arm: Arm) -> None:
    world = FakeWorld()
    world.interference[arm] = lambda block: DISTURBED if block - WARM_UP in (3, 4) else QUIET
    launch = world.trial().run_launch()
    assert [index for index, round_ in enumerate(launch.rounds) if is_disturbed(round_)] == [3, 4]
    assert len(launch.rounds) == PLAN.rounds + 2
    assert len(counted(launch.rounds)) == PLAN.rounds


def test_a_warm_up_that_was_disturbed_costs_no_round() -> None:
    world = FakeWorld()
    world.interference[CANDIDATE] = lambda block: DISTURBED if block < WARM_UP else QUIET
    assert len(world.trial().run_launch().rounds) == PLAN.rounds


def test_a_machine_that_is_never_quiet_ends_a_launch_after_half_as_many_rounds_again() -> None:
    world = FakeWorld()
    world.interference[REFERENCE] = lambda _: DISTURBED
    launch = world.trial().run_launch()
    assert len(launch.rounds) == most_rounds(PLAN) == PLAN.rounds + PLAN.rounds // 2
    first = sum(round_.candidate_first for round_ in launch.rounds)
    assert abs(2 * first - len(launch.rounds)) <= 1


def test_rounds_that_replace_others_keep_to_the_time_of_a_launch() -> None:
    world = FakeWorld(candidate_ns=400 * MS, reference_ns=400 * MS)
    world.interference[REFERENCE] = lambda _: DISTURBED
    assert len(world.trial().run_launch().rounds) == LEAST_ROUNDS + LEAST_ROUNDS // 2


def test_the_times_of_disturbed_rounds_do_not_count() -> None:
    world = FakeWorld()
    world.interference[CANDIDATE] = lambda block: DISTURBED if block % 3 == 0 else QUIET
    world.call_ns[CANDIDATE] = lambda block: (30 if block % 3 == 0 and block >= WARM_UP else 10) * MS
    trial = world.trial()
    trial.run_launch()
    seen = estimate(trial.trace)
    assert seen.ratio == pytest.approx(2)
    assert seen.candidate_cost == pytest.approx(10 * MS)
    assert seen.disturbed == len(trial.trace.launches[0].rounds) - seen.rounds > 0


def test_the_watcher_hears_everything_between_blocks() -> None:
    world = FakeWorld()
    listener = Listener(world)
    world.trial(watch=listener).run_launch()
    assert listener.heard[:4] == [
        "launch 1 of 8",
        "warming openvino-int8",
        "warming pytorch-fp32",
        f"launch 1 round 1 of {PLAN.rounds}: 2.00",
    ]
    assert listener.heard[-2:] == [f"launch 1 round {PLAN.rounds} of {PLAN.rounds}: 2.00", "launch 1 done"]
    rounds = listener.blocks_by_then[3:-1]
    assert rounds == list(range(rounds[0], rounds[0] + 2 * PLAN.rounds, 2))


def test_outputs_of_both_arms_are_fetched_once_after_the_timing() -> None:
    world = FakeWorld()
    trial = world.trial(want_outputs=True)
    trial.run_launch()
    trial.run_launch()
    asked = [arm for event, arm in world.events if event == "outputs"]
    assert asked == [CANDIDATE, REFERENCE]
    assert world.events.index(("outputs", CANDIDATE)) > len(world.counted_calls) / 2
    assert trial.outputs is not None
    assert list(trial.outputs.reference) == ["logits"]


def test_outputs_that_nobody_wants_are_not_fetched() -> None:
    world = FakeWorld()
    trial = world.trial()
    trial.run_launch()
    assert trial.outputs is None
    assert "outputs" not in {event for event, _ in world.events}


@pytest.mark.parametrize("event", ["loaded", "block", "outputs"])
@pytest.mark.parametrize("arm", [CANDIDATE, REFERENCE])
def test_an_arm_that_fails_is_named_and_both_are_closed(event: str, arm: Arm) -> None:
    world = FakeWorld()
    world.failures[event, arm] = WorkerDiedError("The process ended with SIGSEGV.", remedy="Try again.")
    with pytest.raises(WorkerDiedError, match=f"{arm.name} on CPU: The process ended with SIGSEGV"):
        world.trial(want_outputs=True).run_launch()
    assert set(closed(world)) == {CANDIDATE, REFERENCE}


def test_an_error_that_names_its_arm_passes_as_it_is() -> None:
    world = FakeWorld()
    error = WorkerDiedError("openvino-int8 on CPU died.", remedy="Try again.")
    world.failures["block", CANDIDATE] = error
    with pytest.raises(WorkerDiedError) as caught:
        world.trial().run_launch()
    assert caught.value is error


def test_an_unforeseen_error_becomes_a_measurement_error_of_the_arm() -> None:
    world = FakeWorld()
    world.failures["loaded", REFERENCE] = OSError("no more processes")
    with pytest.raises(MeasurementError, match="pytorch-fp32 on CPU: OSError: no more processes"):
        world.trial().run_launch()


def test_an_arm_that_cannot_be_opened_closes_the_other() -> None:
    world = FakeWorld()
    world.failures["open", REFERENCE] = OSError("no more processes")
    with pytest.raises(MeasurementError, match="pytorch-fp32"):
        world.trial().run_launch()
    assert closed(world) == [CANDIDATE]


def test_an_interruption_closes_both_arms_and_passes() -> None:
    world = FakeWorld()
    world.failures["block", REFERENCE] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        world.trial().run_launch()
    assert set(closed(world)) == {CANDIDATE, REFERENCE}


def test_a_failed_launch_leaves_those_before_it_as_they_were() -> None:
    world = FakeWorld()
    trial = world.trial()
    first = trial.run_launch()
    world.failures["block", REFERENCE] = WorkerDiedError("gone", remedy="Try again.")
    with pytest.raises(WorkerDiedError):
        trial.run_launch()
    assert trial.trace.launches == (first,)


def test_a_failing_close_does_not_hide_why_the_launch_failed() -> None:
    world = FakeWorld()
    world.failures["block", CANDIDATE] = WorkerDiedError("gone", remedy="Try again.")
    world.failures["close", CANDIDATE] = OSError("still busy")
    with pytest.raises(WorkerDiedError, match="gone") as caught:
        world.trial().run_launch()
    assert "still busy" in caught.value.__notes__[0]
    assert set(closed(world)) == {CANDIDATE, REFERENCE}


def test_a_failing_close_is_told_when_nothing_else_failed() -> None:
    world = FakeWorld()
    world.failures["close", REFERENCE] = OSError("still busy")
    with pytest.raises(MeasurementError, match="pytorch-fp32 on CPU: OSError: still busy"):
        world.trial().run_launch()
    assert set(closed(world)) == {CANDIDATE, REFERENCE}


@pytest.mark.parametrize("times", [(), (5, 0)])
def test_a_block_without_real_times_is_an_error_of_its_arm(
    monkeypatch: pytest.MonkeyPatch, times: tuple[int, ...]
) -> None:
    monkeypatch.setattr("tests.unit.trial.trial_fakes.FakeArm.block", lambda *_: Block(times))
    with pytest.raises(MeasurementError, match="openvino-int8 on CPU: a block"):
        FakeWorld().trial().run_launch()
