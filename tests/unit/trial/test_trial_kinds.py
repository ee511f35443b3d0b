"""Launches of workloads that are no single inferences: how long they are, and what goes before them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.arms import Arm, Comparison
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric, Workload
from pytest_ovperf.records import ArmFacts, Block
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.trial.run import Trial
from pytest_ovperf.trial.schedule import RHYTHMS
from pytest_ovperf.trial.watcher import SilentWatcher
from tests.unit.trial.trial_fakes import CANDIDATE, FACTS, REFERENCE, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

MS = 1_000_000


class FakeProcess:
    """An arm whose blocks are made by ``make`` and take ``block_s`` seconds of its clock."""

    def __init__(self, clock: FakeClock, block_s: float, make: Callable[[int, int], Block]) -> None:
        self.clock, self.block_s, self.make = clock, block_s, make
        self.asked: list[tuple[int, int]] = []

    def loaded(self) -> ArmFacts:
        return FACTS

    def block(self, min_ns: int, min_calls: int) -> Block:
        self.asked.append((min_ns, min_calls))
        self.clock.now_s += self.block_s
        return self.make(min_ns, min_calls)

    def outputs(self) -> dict[str, NDArray[Any]]:
        return {}

    def graph(self) -> Sequence[Mapping[str, Any]]:
        return ()

    def close(self) -> None:
        """End nothing."""


class Warmings(SilentWatcher):
    def __init__(self) -> None:
        self.heard: list[Arm] = []

    def warming(self, arm: Arm, /) -> None:
        self.heard.append(arm)


def run(
    metric: Metric,
    ours: Callable[[int, int], Block],
    theirs: Callable[[int, int], Block],
    block_s: float = 0.1,
    budget_s: float | None = None,
    watch: SilentWatcher | None = None,
) -> tuple[Trial, dict[Arm, FakeProcess]]:
    clock = FakeClock()
    processes = {CANDIDATE: FakeProcess(clock, block_s, ours), REFERENCE: FakeProcess(clock, block_s, theirs)}
    trial = Trial(
        Comparison("m", CANDIDATE, REFERENCE, metric, Workload(metric.workload, {"input": (1, 3)})),
        processes.__getitem__,
        rng=random.Random(1),  # noqa: S311  (an order of turns)
        planned=8,
        clock=clock,
        watch=watch,
        budget_s=budget_s,
    )
    trial.run_launch()
    return trial, processes


def load(load_ms: int, first_ms: int) -> Callable[[int, int], Block]:
    return lambda _ns, _calls: Block((load_ms * MS,), first_ns=(first_ms * MS,))


def test_nothing_warms_up_what_a_fresh_process_does_once() -> None:
    ear = Warmings()
    trial, processes = run(Metric.LOAD_TIME, load(100, 150), load(300, 900), watch=ear)
    (launch,) = trial.trace.launches
    assert ear.heard == []
    assert len(processes[CANDIDATE].asked) == len(launch.rounds) == RHYTHMS[Metric.LOAD_TIME.workload].most_rounds
    assert launch.warm


@pytest.mark.parametrize(("metric", "ratio"), [(Metric.LOAD_TIME, 3), (Metric.FIRST_INFERENCE, 6)])
def test_loading_and_the_first_result_are_read_off_the_same_blocks(metric: Metric, ratio: float) -> None:
    trial, _ = run(metric, load(100, 150), load(300, 900))
    assert estimate(trial.trace).ratio == pytest.approx(ratio)


def test_slow_processes_make_as_few_rounds_as_an_estimate_can_do_with() -> None:
    trial, _ = run(Metric.LOAD_TIME, load(100, 150), load(300, 900), block_s=30)
    assert len(trial.trace.launches[0].rounds) == RHYTHMS[Metric.LOAD_TIME.workload].least_rounds


def test_a_smaller_budget_ends_fresh_processes_sooner() -> None:
    rounds = [
        len(run(Metric.LOAD_TIME, load(1, 2), load(1, 2), block_s=0.5, budget_s=budget_s)[0].trace.launches[0].rounds)
        for budget_s in (20, 8)
    ]
    assert rounds == [6, 4]


def test_memory_is_compared_in_bytes() -> None:
    trial, processes = run(
        Metric.PEAK_MEMORY, lambda _ns, _calls: Block((), bytes=100), lambda _ns, _calls: Block((), bytes=250)
    )
    assert estimate(trial.trace).ratio == pytest.approx(2.5)
    assert processes[CANDIDATE].asked[0][0] == 0


@pytest.mark.parametrize("nothing", [None, 0, -4])
def test_memory_that_is_none_is_an_error_of_its_arm(nothing: int | None) -> None:
    with pytest.raises(MeasurementError, match=r"openvino-int8 on CPU: .* bytes of memory came back"):
        run(Metric.PEAK_MEMORY, lambda _ns, _calls: Block((), bytes=nothing), lambda _ns, _calls: Block((), bytes=1))


def stream(request_ms: int, in_flight: int) -> Callable[[int, int], Block]:
    """Complete a request every ``request_ms``, each having waited for those ahead of it."""

    def block(min_ns: int, min_requests: int) -> Block:
        done = max(min_requests, -(-min_ns // (request_ms * MS)))
        return Block((request_ms * in_flight * MS,) * done, elapsed_ns=done * request_ms * MS)

    return block


def test_throughput_is_that_of_the_queue_whatever_a_request_waits() -> None:
    trial, processes = run(Metric.THROUGHPUT, stream(5, 8), stream(10, 1))
    assert estimate(trial.trace).ratio == pytest.approx(2)
    assert {min_ns for min_ns, _ in processes[CANDIDATE].asked} == {RHYTHMS[Metric.THROUGHPUT.workload].block_ns}


def generation(call_ms: int) -> Callable[[int, int], Block]:
    def block(min_ns: int, min_calls: int) -> Block:
        calls = max(min_calls, -(-min_ns // (call_ms * MS)))
        return Block((call_ms * MS,) * calls, first_ns=(call_ms * MS // 10,) * calls, tokens=32)

    return block


def test_slow_generations_take_few_rounds_of_one_call() -> None:
    trial, _ = run(Metric.TOKENS_PER_SECOND, generation(500), generation(3000), block_s=2)
    (launch,) = trial.trace.launches
    assert len(launch.rounds) == RHYTHMS[Metric.TTFT.workload].least_rounds
    assert all(len(round_.reference.latency_ns) == 1 for round_ in launch.rounds)
    assert estimate(trial.trace).ratio == pytest.approx(6)
