"""The execution graphs and profiles of a run's arms: each is asked once, by whichever comparison has it first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.graphs.layers import Graph, Profile, graph_of, profile_of
from pytest_ovperf.trial.opened import named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ovperf.arms import Arm, Comparison, Side
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.trial.opened import OpenArm
    from pytest_ovperf.worker.profiling import ArmProfile

    #: An arm and how it is loaded: what one comparison learns of it, holds for all others that load it so.
    _Key = tuple[str, Arm]

_Known = TypeVar("_Known", Graph | None, Profile)


class RunLayers:
    """What is known so far. ``profile`` profiles an arm in a process of its own, alone; ``say`` is told before."""

    def __init__(self, profile: Callable[[LoadRequest, Arm, int], ArmProfile], say: Callable[[str], None]) -> None:
        self._profile = profile
        self._say = say
        self._graphs: dict[_Key, Graph | OvperfError | None] = {}
        self._profiles: dict[_Key, Profile | OvperfError] = {}

    def of(self, comparison: Comparison, requests: Mapping[Arm, LoadRequest]) -> PairLayers:
        """Return the view of one comparison, whose arms are loaded by ``requests``."""
        return PairLayers(self, comparison, requests)

    def look(self, opened: OpenArm, request: LoadRequest) -> None:
        """Ask an arm that has been timed for its graph, unless one like it has been asked. Raises nothing of its own.

        A failure is not tried again: a device that hangs would cost the time-out in every launch.
        """
        key = _key(request, opened.arm)
        if key in self._graphs:
            return
        try:
            rows = opened.graph()
            with named(opened.arm):  # what is no graph is the arm's fault, too
                self._graphs[key] = graph_of(rows) if rows else None
        except OvperfError as error:
            self._graphs[key] = error

    def graph(self, arm: Arm, request: LoadRequest) -> Graph | None:
        """Return the arm's graph, ``None`` where it shows none or was not asked. Raises what came of asking it."""
        return _told(self._graphs.get(_key(request, arm)))

    def profile(self, arm: Arm, request: LoadRequest, calls: int, model: str) -> Profile:
        """Return what the arm's layers take, in about so many calls where that is not known. Raises what came of it."""
        key = _key(request, arm)
        if key not in self._profiles:
            self._say(f"timing the layers of {arm.name} ({model})")
            try:
                with named(arm):
                    found = self._profile(request, arm, calls)
                    self._profiles[key] = profile_of(found.layers, found.times, found.call_ns)
            except OvperfError as error:
                self._profiles[key] = error
        return _told(self._profiles[key])


@dataclass(frozen=True, slots=True)
class PairLayers:
    """A `verdict.explaining.Layers` of one comparison, and what its trial shows its arms to."""

    run: RunLayers
    comparison: Comparison
    requests: Mapping[Arm, LoadRequest]

    def look(self, opened: OpenArm) -> None:
        """Ask an arm for its graph, where that has not been done."""
        self.run.look(opened, self.requests[opened.arm])

    def graph(self, side: Side) -> Graph | None:
        """Return an arm's graph: see `RunLayers.graph`."""
        arm = self.comparison.arm(side)
        return self.run.graph(arm, self.requests[arm])

    def profile(self, side: Side, calls: int) -> Profile:
        """Return what an arm's layers take: see `RunLayers.profile`."""
        arm = self.comparison.arm(side)
        return self.run.profile(arm, self.requests[arm], calls, self.comparison.model)


def _key(request: LoadRequest, arm: Arm) -> _Key:
    return repr(request), arm


def _told(known: _Known | OvperfError) -> _Known:
    if isinstance(known, OvperfError):
        raise known.with_traceback(None)
    return known
