"""What explains a step: both sides profiled, or their graphs, or why there is neither."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.errors import ArmUnavailableError, OvperfError
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.records import ArmFacts, Block, VerdictKind
from pytest_ovperf.session.bisecting.layers import Explaining
from pytest_ovperf.verdict.explaining import PROFILE_S
from pytest_ovperf.worker.profiling import ArmProfile
from tests.unit.graphs.graph_examples import lines_of
from tests.unit.request_examples import request_of
from tests.unit.session.bisect_fakes import release_race

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.graphs.explained import Explained

ARM = parse_arm("openvino-int8", "CPU")
NEW, OLD = "2025.1.0", "2024.6.0"
RACE = release_race(NEW, OLD, -0.1, VerdictKind.REGRESSED)


def rows(release: str) -> list[dict[str, Any]]:
    kernel = "slow" if release == NEW else "fast"
    return [{"name": "product", "kind": "FullyConnected", "kernel": kernel, "precision": "f32", "shape": [1, 2]}]


class Opener:
    """Layers with another kernel and more time in the new release; of some releases there are no times, or nothing."""

    def __init__(
        self, *, untimed: tuple[str, ...] = (), broken: tuple[str, ...] = (), disturbed: tuple[int, ...] = ()
    ) -> None:
        self.disturbed = disturbed
        self.untimed = untimed
        self.broken = broken
        self.profiled: list[tuple[str, int]] = []
        self.opened: list[LoadRequest] = []
        self.closed = 0
        self._release = ""

    def profile(self, _request: LoadRequest, arm: Arm, calls: int) -> ArmProfile:
        self.profiled.append((arm.release, calls))
        if arm.release in (*self.untimed, *self.broken):
            raise ArmUnavailableError("No counters here.\nMore.", remedy="None.")
        factor = (2 if arm.release == NEW else 1) * (3 if len(self.profiled) in self.disturbed else 1)
        return ArmProfile(rows(arm.release), {"product": factor * 1e6}, factor * 1.5e6)

    def open(self, request: LoadRequest, arm: Arm) -> Opener:
        self.opened.append(request)
        self._release = arm.release
        return self

    def loaded(self) -> ArmFacts:
        if self._release in self.broken:
            raise OvperfError("It died.", remedy="None.")
        return RACE.facts[0]

    def graph(self) -> list[dict[str, Any]]:
        return rows(self._release)

    def block(self, _min_ns: int, _min_calls: int) -> Block:
        raise AssertionError

    def outputs(self) -> dict[str, Any]:
        raise AssertionError

    def close(self) -> None:
        self.closed += 1


def explain(opener: Opener, metric: Metric = Metric.LATENCY) -> Explained:
    request = replace(request_of(ARM), kind=metric.workload)
    return Explaining(metric, ARM, request, opener, nullcontext).explain(RACE)


def test_both_sides_are_profiled_with_their_own_releases() -> None:
    opener = Opener()
    found = explain(opener)
    assert [release for release, _ in opener.profiled] == [OLD, NEW, NEW, OLD]
    assert (found.arm, found.old, found.notes) == ("openvino-int8", "OpenVINO 2024.6.0", ())
    assert found.attribution is not None
    assert found.attribution.layers_change_ns == 1e6
    assert found.attribution.new_latency_ns == RACE.speedup.candidate_cost
    assert any("fast → slow" in line for line in lines_of(found))


def test_a_profile_that_other_work_slowed_down_is_not_the_one_that_counts() -> None:
    opener = Opener(disturbed=(2, 4))
    found = explain(opener)
    assert found.attribution is not None
    assert found.attribution.layers_change_ns == 1e6
    opener = Opener(disturbed=(1, 2))
    found = explain(opener)
    assert found.attribution is not None
    assert found.attribution.layers_change_ns == 1e6


def test_so_many_calls_are_profiled_as_take_the_time_of_a_profile() -> None:
    opener = Opener()
    explain(opener)
    assert opener.profiled[0][1] == round(PROFILE_S * 1e9 / RACE.speedup.reference_cost)
    explain(opener, Metric.THROUGHPUT)
    assert opener.profiled[-1][1] == 30


def test_a_side_that_cannot_be_timed_still_has_a_graph() -> None:
    opener = Opener(untimed=(OLD,))
    found = explain(opener)
    assert found.attribution is None
    assert found.changes
    assert found.notes == ("OpenVINO 2024.6.0: its layers could not be timed: No counters here.",)
    assert opener.closed == 1


def test_what_is_not_made_up_of_calls_is_loaded_for_its_graph_alone() -> None:
    opener = Opener()
    found = explain(opener, Metric.LOAD_TIME)
    assert opener.profiled == []
    assert {request.kind for request in opener.opened} == {WorkloadKind.INFER}
    assert found.changes
    assert found.notes[0] == "OpenVINO 2024.6.0: load_time is not made up of what layers take"


def test_where_there_is_nothing_the_notes_say_why() -> None:
    opener = Opener(broken=(OLD, NEW))
    found = explain(opener)
    assert (found.changes, found.attribution, found.graph.layers) == (None, None, ())
    assert found.notes[1] == "OpenVINO 2024.6.0: its graph could not be read: It died."
    assert opener.closed == 2


class Unreadable(Opener):
    """Layers without names."""

    def profile(self, _request: LoadRequest, _arm: Arm, _calls: int) -> ArmProfile:
        return ArmProfile([{"kind": "FullyConnected"}], {}, 1e6)


def test_a_graph_that_nobody_can_read_does_not_cost_what_was_found() -> None:
    found = explain(Unreadable())
    assert (found.arm, found.old, found.graph.layers) == ("openvino-int8", "OpenVINO 2024.6.0", ())
    assert found.notes == ("its layers cannot be explained: KeyError: 'name'",)
