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
_Side = TypeVar("_Side")
_Taken = TypeVar("_Taken")


def by_turns(
    sides: tuple[_Side, _Side], take: Callable[[_Side], _Taken | None], call_ns: Callable[[_Taken], float]
) -> tuple[_Taken | None, _Taken | None]:
    """Take the profiles of two ``sides``, the old one first, in turns, twice each, and return the faster one of each.

    Other work only ever makes a profile slower, and has its hours. Where ``take`` gives none of one side, neither is
    taken again; ``call_ns`` tells what a call takes in one.
    """
    old, new = sides
    before, now = take(old), take(new)
    if before is None or now is None:
        return before, now
    now_again, before_again = take(new), take(old)
    return (
        min((each for each in (before, before_again) if each is not None), key=call_ns),
        min((each for each in (now, now_again) if each is not None), key=call_ns),
    )


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
        if _key(request, arm) not in self._profiles:
            self._say(f"timing the layers of {arm.name} ({model})")
            self._take(arm, request, calls)
        return _told(self._profiles[_key(request, arm)])

    def profile_race(self, race: Comparison, requests: Mapping[Arm, LoadRequest], calls: int) -> None:
        """Find out what the layers of both arms take, by turns, unless that is known."""
        sides = (race.reference, race.candidate)
        keys = {arm: _key(requests[arm], arm) for arm in sides}
        if any(key in self._profiles for key in keys.values()):
            return
        self._say(f"timing the layers of {race.candidate.name} ({race.model}) with both releases, by turns")
        kept = by_turns(sides, lambda arm: self._take(arm, requests[arm], calls), lambda taken: taken.call_ns)
        self._profiles |= {keys[arm]: its for arm, its in zip(sides, kept, strict=True) if its is not None}

    def _take(self, arm: Arm, request: LoadRequest, calls: int) -> Profile | None:
        """Take an arm's profile and note it, or why there is none."""
        key = _key(request, arm)
        try:
            with named(arm):
                found = self._profile(request, arm, calls)
                self._profiles[key] = profile = profile_of(found.layers, found.times, found.call_ns)
        except OvperfError as error:
            self._profiles.setdefault(key, error)
            return None
        return profile


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
        """Return what an arm's layers take: see `RunLayers.profile`; of a race, both arms are profiled by turns."""
        if self.comparison.is_race:
            self.run.profile_race(self.comparison, self.requests, calls)
        arm = self.comparison.arm(side)
        return self.run.profile(arm, self.requests[arm], calls, self.comparison.model)


def _key(request: LoadRequest, arm: Arm) -> _Key:
    return repr(request), arm


def _told(known: _Known | OvperfError) -> _Known:
    if isinstance(known, OvperfError):
        raise known.with_traceback(None)
    return known
