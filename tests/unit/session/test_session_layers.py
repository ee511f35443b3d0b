"""The graphs and profiles of a run: asked of each arm once, at the end of a launch, and never to a launch's harm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.arms import Arm, Side
from pytest_ovperf.errors import WorkerDiedError, WorkerHungError
from pytest_ovperf.graphs.layers import graph_of
from pytest_ovperf.session.layers import PairLayers, RunLayers
from pytest_ovperf.worker.profiling import ArmProfile
from tests.unit.trial.trial_fakes import CANDIDATE, COMPARISON, REFERENCE, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.engines.protocol import LoadRequest

ROWS: Sequence[Mapping[str, Any]] = [{"name": "product", "kind": "FullyConnected", "shape": [1, 3]}]


class Run:
    """A run whose arms are fake, and what its profiles were asked for."""

    def __init__(self) -> None:
        self.world = FakeWorld()
        self.world.layers[CANDIDATE] = ROWS
        self.profiled: list[tuple[Arm, int]] = []
        self.said: list[str] = []
        self.fails: Exception | None = None
        self.slower = 0
        self.layers = RunLayers(self._profile, self.said.append)

    def _profile(self, _request: LoadRequest, arm: Arm, calls: int) -> ArmProfile:
        self.profiled.append((arm, calls))
        if self.fails:
            raise self.fails
        return ArmProfile(ROWS, {"product": 900.0}, 9000.0 if len(self.profiled) == self.slower else 1000.0)

    def pair(self, loaded: str = "as ever") -> PairLayers:
        return self.layers.of(COMPARISON, dict.fromkeys((CANDIDATE, REFERENCE), loaded))  # type: ignore[arg-type]  # any

    def measure(self, pair: PairLayers, launches: int = 1) -> None:
        trial = self.world.trial(want_outputs=True, look=pair.look)
        for _ in range(launches):
            trial.run_launch()
        assert len(trial.trace.launches) == launches

    def asked(self, arm: Arm) -> int:
        return self.world.events.count(("graph", arm))


@pytest.fixture
def run() -> Run:
    return Run()


def test_a_graph_is_asked_after_all_that_counts_and_before_the_processes_end(run: Run) -> None:
    run.measure(run.pair())
    events = [event for event, arm in run.world.events if arm == CANDIDATE]
    assert events[-3:] == ["outputs", "graph", "close"]


def test_each_arm_is_asked_once_however_many_launches_and_comparisons_have_it(run: Run) -> None:
    first, second = run.pair(), run.pair()
    run.measure(first, launches=3)
    run.measure(second)
    assert (run.asked(CANDIDATE), run.asked(REFERENCE)) == (1, 1)
    assert first.graph(Side.CANDIDATE) == second.graph(Side.CANDIDATE) == graph_of(ROWS)


def test_an_arm_that_is_loaded_otherwise_is_another(run: Run) -> None:
    run.measure(run.pair())
    run.measure(run.pair("with two streams"))
    assert run.asked(CANDIDATE) == 2


def test_an_arm_that_shows_no_graph_has_none(run: Run) -> None:
    pair = run.pair()
    assert pair.graph(Side.CANDIDATE) is None  # nobody has been asked
    run.measure(pair)
    assert pair.graph(Side.REFERENCE) is None


@pytest.mark.parametrize("failure", [WorkerHungError("It hangs.", remedy="None."), ValueError("no list")])
def test_what_goes_wrong_is_told_when_the_graph_is_wanted_and_spoils_no_launch(run: Run, failure: Exception) -> None:
    run.world.failures["graph", CANDIDATE] = failure
    pair = run.pair()
    run.measure(pair, launches=2)
    assert run.asked(CANDIDATE) == 1  # once is enough for a device that hangs
    assert run.asked(REFERENCE) == 1
    for _ in range(2):
        with pytest.raises(Exception, match=str(failure)) as raised:
            pair.graph(Side.CANDIDATE)
        assert "openvino-int8" in str(raised.value)


def test_rows_that_are_no_graph_are_the_arms_failure(run: Run) -> None:
    run.world.layers[CANDIDATE] = [{"kind": "FullyConnected"}]
    pair = run.pair()
    run.measure(pair)
    with pytest.raises(Exception, match=r"openvino-int8.*name"):
        pair.graph(Side.CANDIDATE)


def test_an_interruption_from_the_keyboard_is_none_of_the_arms(run: Run) -> None:
    run.world.failures["graph", CANDIDATE] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run.measure(run.pair())


def test_each_arm_is_profiled_once_and_said_to_be(run: Run) -> None:
    first, second = run.pair(), run.pair()
    assert first.profile(Side.CANDIDATE, 20) == second.profile(Side.CANDIDATE, 50)
    assert run.profiled == [(CANDIDATE, 20)]
    assert run.said == ["timing the layers of openvino-int8 (m)"]
    assert first.profile(Side.CANDIDATE, 20).times == {"product": 900.0}


def test_a_profile_that_fails_is_not_tried_again(run: Run) -> None:
    run.fails = WorkerDiedError("It ended.", remedy="None.")
    for _ in range(2):
        with pytest.raises(WorkerDiedError, match="It ended"):
            run.pair().profile(Side.REFERENCE, 20)
    assert len(run.profiled) == 1


def test_both_sides_of_a_race_are_timed_by_turns_and_the_faster_time_of_each_counts(run: Run) -> None:
    old = replace(CANDIDATE, release="2024.4.0")
    race = replace(COMPARISON, reference=old)
    pair = run.layers.of(race, dict.fromkeys((CANDIDATE, old), "as ever"))  # type: ignore[arg-type]  # any request does
    run.slower = 2  # other work has the processors while the second one is taken
    timed = pair.profile(Side.CANDIDATE, 9), pair.profile(Side.REFERENCE, 9)
    assert [arm.release for arm, _ in run.profiled] == ["2024.4.0", "", "", "2024.4.0"]
    assert [profile.call_ns for profile in timed] == [1000.0, 1000.0]


def test_a_side_of_a_race_that_cannot_be_timed_is_not_tried_again(run: Run) -> None:
    old = replace(CANDIDATE, release="2024.4.0")
    race = replace(COMPARISON, reference=old)
    pair = run.layers.of(race, dict.fromkeys((CANDIDATE, old), "as ever"))  # type: ignore[arg-type]  # any request does
    run.fails = WorkerDiedError("It ended.", remedy="None.")
    for side in (Side.CANDIDATE, Side.REFERENCE):
        with pytest.raises(WorkerDiedError, match="It ended"):
            pair.profile(side, 9)
    assert len(run.profiled) == 2
