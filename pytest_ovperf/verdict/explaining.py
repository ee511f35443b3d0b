"""What became of the execution graphs of a comparison's arms, and where their time goes: said beside every verdict.

It changes none. What cannot be found out is a note on that arm, and nothing that was measured is lost by it.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import MeasurementError, OvperfError
from pytest_ovperf.graphs.changes import GraphChanges, compare
from pytest_ovperf.graphs.explained import Explained
from pytest_ovperf.graphs.heaviest import heaviest
from pytest_ovperf.graphs.layers import Graph, Profile
from pytest_ovperf.graphs.times import Attribution, attribute
from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.store.layers import KeptLayers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.records import ComparisonRecord, StoredBaseline
    from pytest_ovperf.store.store import BaselineStore

#: The calls of a profile are to take this long together. That is what starting its process and compiling three times
#: takes anyway, so a profile is a matter of a few seconds; what a shared machine gives in two seconds agrees within a
#: few percent, and what has to be explained here is a loss beyond the tolerance.
PROFILE_S = 2.0
#: … and are no more than this: counters hold whole microseconds, so that further calls tell nothing new.
MOST_CALLS = 300

_HOW = "--update-baselines=extend adds them with the launches of today, =all records it anew"
_NO_GRAPH = f"the baseline has no execution graph and no times to compare with; {_HOW}"
_NO_TIMES = f"the baseline has no times of its layers; {_HOW}"


class Layers(Protocol):
    """Both arms of a comparison as OpenVINO executes them; each is asked once a run, whatever it answers."""

    def graph(self, side: Side) -> Graph | None:
        """Return the execution graph that an arm had at the end of a launch, ``None`` where there is none to show.

        Raises `OvperfError` where it could not be read.
        """

    def profile(self, side: Side, calls: int) -> Profile:
        """Profile an arm that has a graph, in about so many calls. Raises `OvperfError`."""


class _NoLayers:
    """Arms that nobody asked."""

    def graph(self, side: Side) -> Graph | None:  # noqa: ARG002  (see `Layers`)
        return None

    def profile(self, side: Side, calls: int) -> Profile:  # noqa: ARG002  (see `Layers`)
        raise MeasurementError(f"The {side} has no execution graph.", remedy="Profile an arm that has one.")


#: What is known where nobody asks.
NO_LAYERS: Layers = _NoLayers()


class _Before(NamedTuple):
    """What an arm is held against: how reports call it, and what is known of it, if anything."""

    name: str
    known: KeptLayers | None


class Explaining:
    """Explains the comparisons of a run by what their arms execute, and by what ``store`` holds of it.

    Regressions are profiled, with ``always`` every comparison.
    """

    def __init__(self, store: BaselineStore, *, always: bool) -> None:
        self._store = store
        self._always = always

    def explained(self, record: ComparisonRecord, layers: Layers, *, is_final: bool = True) -> ComparisonRecord:
        """Return the record with what is known of each arm that has an execution graph.

        Layers are timed for a verdict that ``is_final`` only: what is to be measured again explains nothing yet.
        """
        timed = is_final and (self._always or record.verdict.kind is VerdictKind.REGRESSED)
        # A race is one arm twice: its reference is what the candidate was.
        sides = (Side.CANDIDATE,) if record.comparison.is_race else tuple(Side)
        found = (self._said(record, layers, side, timed=timed) for side in sides)
        return replace(record, explained=tuple(each for each in found if each is not None))

    @staticmethod
    def kept(record: ComparisonRecord, layers: Layers) -> tuple[Mapping[Side, KeptLayers], tuple[str, ...]]:
        """Return what a new baseline is to keep of each arm, times included, with notes on what it cannot."""
        notes: list[str] = []
        found: dict[Side, KeptLayers] = {}
        for side in Side:
            troubles: list[str] = []
            known = _known(record, layers, side, troubles, timed=True)
            if known is not None:
                found[side] = known
            notes += (f"not in the baseline, of {_name(record, side)}: {trouble}" for trouble in troubles)
        return found, tuple(notes)

    def _said(self, record: ComparisonRecord, layers: Layers, side: Side, *, timed: bool) -> Explained | None:
        """Explain an arm, or say why that failed: a verdict has to come, whatever some device calls its graph."""
        try:
            return self._explained(record, layers, side, timed=timed)
        except Exception as error:  # noqa: BLE001  (see above)
            failure = f"its layers cannot be explained: {type(error).__name__}: {error}"
            return Explained(_name(record, side), "", Graph(()), notes=(failure,))

    def _explained(self, record: ComparisonRecord, layers: Layers, side: Side, *, timed: bool) -> Explained | None:
        notes: list[str] = []
        now = _known(record, layers, side, notes, timed=timed)
        if now is None:
            return Explained(_name(record, side), "", Graph(()), notes=tuple(notes)) if notes else None
        name, then = self._before(record, layers, side, notes, timed=timed)
        attribution = None if then is None else attribution_between(then, now, _latency_ns(record, side))
        if now.profile is not None and attribution is None:
            notes.append(heaviest(now.profile))
        return Explained(
            _name(record, side),
            name if then else "",
            now.graph,
            changes=None if then is None else changes_between(then, now),
            attribution=attribution,
            notes=tuple(notes),
        )

    def _before(
        self, record: ComparisonRecord, layers: Layers, side: Side, notes: list[str], *, timed: bool
    ) -> _Before:
        """Return what the arm is held against: with the other release now, or when the baseline was recorded."""
        if record.comparison.is_race:
            release, troubles = f"OpenVINO {record.comparison.reference.release}", list[str]()
            known = _known(record, layers, Side.REFERENCE, troubles, timed=timed)
            notes += (f"with {release}: {trouble}" for trouble in troubles)
            return _Before(release, known)
        if record.baseline is None:
            return _Before("", None)
        known = self._stored(record.baseline, side, notes)
        if timed and not notes and (known is None or known.profile is None):
            notes.append(_NO_GRAPH if known is None else _NO_TIMES)
        day = record.baseline.provenance.get("date", "")
        return _Before(f"the baseline of {day}" if day else "the baseline", known)

    def _stored(self, baseline: StoredBaseline, side: Side, notes: list[str]) -> KeptLayers | None:
        try:
            return self._store.layers(baseline).get(side)
        except OvperfError as error:
            notes.append(f"the baseline's execution graph cannot be read: {error.seen}")
            return None


def _known(record: ComparisonRecord, layers: Layers, side: Side, notes: list[str], *, timed: bool) -> KeptLayers | None:
    """Return what an arm executes now and, if it is to be ``timed``, what that takes; what fails is noted."""
    try:
        graph = layers.graph(side)
    except OvperfError as error:
        notes.append(f"its execution graph could not be read: {error.seen}")
        return None
    if graph is None or not timed:
        return None if graph is None else KeptLayers(graph)
    try:
        return KeptLayers(graph, layers.profile(side, calls_of_profile(record, side)))
    except OvperfError as error:
        notes.append(f"its layers could not be timed: {error.seen}")
        return KeptLayers(graph)


def calls_of_profile(record: ComparisonRecord, side: Side) -> int:
    """Return in how many calls an arm is profiled."""
    last = (each.candidate if side is Side.CANDIDATE else each.reference for each in record.launches[-1].rounds)
    return calls_taking(median(time_ns for block in last for time_ns in block.latency_ns))


def calls_taking(call_ns: float) -> int:
    """Return how many calls of so many nanoseconds are profiled, so that they take `PROFILE_S` together."""
    return max(1, min(MOST_CALLS, round(PROFILE_S * 1e9 / call_ns)))


def changes_between(then: KeptLayers, now: KeptLayers) -> GraphChanges:
    """Return what became of an arm's graph; with the times of what changed, where those of both are known."""
    if then.graph == now.graph:  # nearly always; laying them side by side takes longer
        return GraphChanges((), len(then.graph.layers), len(now.graph.layers))
    if then.profile is None or now.profile is None:
        return compare(then.graph, now.graph)
    return compare(then.graph, now.graph, then.profile.times, now.profile.times)


def attribution_between(
    then: KeptLayers, now: KeptLayers, latency_ns: tuple[float, float] | None
) -> Attribution | None:
    """Return where an arm's time went, ``None`` where the times of either are not known.

    ``latency_ns`` is what a call took then and takes now, where calls are what is compared.
    """
    if then.profile is None or now.profile is None:
        return None
    return attribute(then.profile, now.profile, latency_ns)


def _latency_ns(record: ComparisonRecord, side: Side) -> tuple[float, float] | None:
    """Return what a call of an arm took and takes, where calls are what the comparison is about."""
    if record.comparison.metric is not Metric.LATENCY:
        return None
    now, then = record.speedup, record.baseline
    if record.comparison.is_race:
        return now.reference_cost, now.candidate_cost
    if then is None:
        return None
    if side is Side.CANDIDATE:
        return then.candidate_cost, now.candidate_cost
    return then.reference_cost, now.reference_cost


def _name(record: ComparisonRecord, side: Side) -> str:
    """Return an arm's name, with its device where that is all that tells it from the other one."""
    comparison = record.comparison
    names = {comparison.candidate.name, comparison.reference.name}
    arm = comparison.arm(side)
    return arm.name if len(names) > 1 else f"{arm.name}@{arm.device}"
