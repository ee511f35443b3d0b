"""Why a release is slower: the execution graphs of both sides, and what their layers take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.graphs.changes import compare
from pytest_ovperf.graphs.explained import Explained
from pytest_ovperf.graphs.layers import Graph, Profile, graph_of, profile_of
from pytest_ovperf.graphs.times import attribute
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.verdict.explaining import MOST_CALLS, PROFILE_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.graphs.changes import GraphChanges
    from pytest_ovperf.records import Arm
    from pytest_ovperf.reports.bisect_findings import ReleaseRace
    from pytest_ovperf.trial.run import ArmProcess
    from pytest_ovperf.worker.profiling import ArmProfile

#: The workloads of which a call is what layers take time of.
_OF_CALLS = (WorkloadKind.INFER, WorkloadKind.STREAM, WorkloadKind.GENERATE)

#: Calls of which only the rate is known are profiled so many times.
_CALLS = 30


class Opener(Protocol):
    """What starts arms; `Arms` does."""

    def profile(self, request: LoadRequest, arm: Arm, calls: int) -> ArmProfile:
        """Return what an arm's layers take, in about so many calls."""

    def open(self, request: LoadRequest, arm: Arm) -> ArmProcess:
        """Start an arm's process."""


@dataclass(frozen=True, slots=True)
class Explaining:
    """What explains a race: the arm, how it is loaded, and what starts it; ``alone`` is held while it is at work."""

    metric: Metric
    arm: Arm
    request: LoadRequest
    arms: Opener
    alone: Callable[[], AbstractContextManager[None]]

    def explain(self, race: ReleaseRace) -> Explained:
        """Return what differs between the layers of both releases; what cannot be found out is a note."""
        costs = (race.speedup.reference_cost, race.speedup.candidate_cost) if self.metric is Metric.LATENCY else None
        calls = _CALLS if costs is None else max(1, min(MOST_CALLS, round(PROFILE_S * 1e9 / min(costs))))
        notes: list[str] = []
        before = self._side(race.old, calls, notes)
        now = self._side(race.new, calls, notes)
        old = f"OpenVINO {race.old}"
        if isinstance(before, Profile) and isinstance(now, Profile):
            # Other work only ever makes a profile slower, and has its hours: each side is taken twice, in turns.
            now = self._faster(now, race.new, calls)
            before = self._faster(before, race.old, calls)
            timed = compare(before.graph, now.graph, before.times, now.times)
            return Explained(self.arm.name, old, now.graph, timed, attribute(before, now, costs), tuple(notes))
        changes = _compared(_graph(before), _graph(now))
        return Explained(self.arm.name, old, _graph(now) or Graph(()), changes, None, tuple(notes))

    def _faster(self, first: Profile, release: str, calls: int) -> Profile:
        """Return the faster one of a side's profile and another one."""
        second = self._side(release, calls, [])
        return second if isinstance(second, Profile) and second.call_ns < first.call_ns else first

    def _side(self, release: str, calls: int, notes: list[str]) -> Profile | Graph | None:
        """Return the profile of a side, else its graph alone; ``None`` where there is neither."""
        arm = replace(self.arm, release=release)
        why = f"{self.metric} is not made up of what layers take"
        try:
            if self.metric.workload in _OF_CALLS:
                found = self.arms.profile(self.request, arm, calls)
                return profile_of(found.layers, found.times, found.call_ns)
        except OvperfError as error:
            why = f"its layers could not be timed: {error.seen}"
        notes.append(f"OpenVINO {release}: {why}".partition("\n")[0])
        try:
            return self._graph(arm)
        except OvperfError as error:
            notes.append(f"OpenVINO {release}: its graph could not be read: {error.seen}".partition("\n")[0])
            return None

    def _graph(self, arm: Arm) -> Graph | None:
        """Return the graph of an arm that is loaded once more for it."""
        request = self.request if self.metric.workload in _OF_CALLS else replace(self.request, kind=WorkloadKind.INFER)
        with self.alone():
            process = self.arms.open(request, arm)
            try:
                process.loaded()
                rows = process.graph()
            finally:
                process.close()
        return graph_of(rows) if rows else None


def _graph(side: Profile | Graph | None) -> Graph | None:
    return side.graph if isinstance(side, Profile) else side


def _compared(old: Graph | None, new: Graph | None) -> GraphChanges | None:
    return None if old is None or new is None else compare(old, new)
