"""Why a release is slower: the execution graphs of both sides, and what their layers take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Protocol

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.graphs.explained import Explained
from pytest_ovperf.graphs.layers import Graph, graph_of, profile_of
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.session.layers import by_turns
from pytest_ovperf.store.layers import KeptLayers
from pytest_ovperf.verdict.explaining import attribution_between, calls_taking, changes_between

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
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
        old = f"OpenVINO {race.old}"
        try:
            return self._explained(race, old)
        except Exception as error:  # noqa: BLE001  (what was found in hours has to be told, whatever a graph looks like)
            note = f"its layers cannot be explained: {type(error).__name__}: {error}".partition("\n")[0]
            return Explained(self.arm.name, old, Graph(()), notes=(note,))

    def _explained(self, race: ReleaseRace, old: str) -> Explained:
        costs = (race.speedup.reference_cost, race.speedup.candidate_cost) if self.metric is Metric.LATENCY else None
        calls = _CALLS if costs is None else calls_taking(min(costs))
        notes: list[str] = []
        first: dict[str, KeptLayers | None] = {}

        def timed(release: str) -> KeptLayers | None:
            found = self._side(release, calls, [] if release in first else notes)
            first.setdefault(release, found)
            return None if found is None or found.profile is None else found

        taken: tuple[KeptLayers | None, KeptLayers | None] = by_turns((race.old, race.new), timed, _call_ns)
        before, now = taken[0] or first[race.old], taken[1] or first[race.new]
        if before is None or now is None:
            return Explained(self.arm.name, old, Graph(()) if now is None else now.graph, notes=tuple(notes))
        attribution = attribution_between(before, now, costs)
        return Explained(self.arm.name, old, now.graph, changes_between(before, now), attribution, tuple(notes))

    def _side(self, release: str, calls: int, notes: list[str]) -> KeptLayers | None:
        """Return a side's graph, with its profile where there can be one; ``None`` where there is neither."""
        arm = replace(self.arm, release=release)
        why = f"{self.metric} is not made up of what layers take"
        try:
            if self.metric.workload in _OF_CALLS:
                found = self.arms.profile(self.request, arm, calls)
                profile = profile_of(found.layers, found.times, found.call_ns)
                return KeptLayers(profile.graph, profile)
        except OvperfError as error:
            why = f"its layers could not be timed: {error.seen}"
        notes.append(f"OpenVINO {release}: {why}".partition("\n")[0])
        try:
            graph = self._graph(arm)
        except OvperfError as error:
            notes.append(f"OpenVINO {release}: its graph could not be read: {error.seen}".partition("\n")[0])
            return None
        return None if graph is None else KeptLayers(graph)

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


def _call_ns(found: KeptLayers | None) -> float:
    return inf if found is None or found.profile is None else found.profile.call_ns
