"""What a rule is asked: pairs of arms launch by launch, with a known change put in, and the two ways of asking.

A *stored* question compares today's launches of a pair with launches kept earlier. A *race* asks of two arms that run
the same artefact which is faster, with nothing stored. This package looks at the ratio of two arms that took turns;
other tools look at one arm's times then and now. `sides` gives them those, from the same launches.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log1p
from typing import TYPE_CHECKING

import numpy as np

from pytest_ovperf.stats.disturbance import LEAST_COUNTED
from pytest_ovperf.stats.estimate import hodges_lehmann

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.stats.noise import PairKind

    from .traces import ArmRun, Launch

_NS_PER_S = 1e9


class Asked(StrEnum):
    """The two ways of asking."""

    RACE = "race"
    STORED = "stored"


@dataclass(frozen=True, slots=True, eq=False)
class PairLaunch:
    """Two arms that took turns in one launch.

    ``log_ratio`` is the package's estimate: above 0, the candidate is faster. ``seconds`` is what a launch of these two
    takes. ``alone_s`` is what goes by before and between the blocks of the candidate, or the reference, by itself: on
    two cores as much as two of its kind take. ``dropped`` counts rounds left out as disturbed.
    """

    candidate: ArmRun
    reference: ArmRun
    log_ratio: float
    seconds: float
    alone_s: tuple[float, float]
    dropped: int


def pair_launch(launch: Launch, candidate: str, reference: str, *, disturbed: float | None = None) -> PairLaunch:
    """Return two arms of a launch as a pair.

    Rounds are dropped as `kept_rounds` says; ``disturbed`` is the share for it.
    """
    ours, theirs = launch.arms[candidate], launch.arms[reference]
    keep = kept_rounds(ours, theirs, disturbed)
    log_ratios = np.log(theirs.quartiles_ns / ours.quartiles_ns)
    blocks_s = float(ours.wall_ns.sum() + theirs.wall_ns.sum()) / _NS_PER_S
    return PairLaunch(
        candidate=ours,
        reference=theirs,
        log_ratio=hodges_lehmann([float(value) for value in log_ratios[keep]]),
        seconds=blocks_s + launch.overhead_of(candidate, reference),
        alone_s=(launch.overhead_of(candidate, candidate), launch.overhead_of(reference, reference)),
        dropped=int((~keep).sum()),
    )


def kept_rounds(ours: ArmRun, theirs: ArmRun, disturbed: float | None) -> NDArray[np.bool_]:
    """Return which rounds of two arms count: all, where ``disturbed`` is ``None``.

    Else those in which other work took no more than that share of either block, unless fewer than `LEAST_COUNTED`
    would be left: then the machine is as it is. Where nobody looked the share is nan, which is above nothing.
    """
    keep = np.ones(len(ours.disturbed), dtype=bool)
    if disturbed is None:
        return keep
    undisturbed = ~((ours.disturbed > disturbed) | (theirs.disturbed > disturbed))
    return undisturbed if int(undisturbed.sum()) >= min(LEAST_COUNTED, len(keep)) else keep


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Launches kept earlier (none in a race) and today's, of which the arms take ``…_share`` longer than recorded."""

    asked: Asked
    kind: PairKind
    stored: Sequence[PairLaunch]
    current: Sequence[PairLaunch]
    candidate_share: float = 0.0
    reference_share: float = 0.0

    @property
    def stored_log_ratios(self) -> tuple[float, ...]:
        """The ratios kept, one a launch."""
        return tuple(launch.log_ratio for launch in self.stored)

    @property
    def current_log_ratios(self) -> tuple[float, ...]:
        """Today's ratios, one a launch. All statistics of times scale with them, so that a share is a shift of logs."""
        shift = log1p(self.reference_share) - log1p(self.candidate_share)
        return tuple(launch.log_ratio + shift for launch in self.current)


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """One process of one arm, as a tool that knows no other arm would see it: its calls, and the time to get there."""

    calls_ns: NDArray[np.float64]
    median_ns: float
    overhead_s: float

    @property
    def seconds(self) -> float:
        """How long it took, loading included."""
        return self.overhead_s + float(self.calls_ns.sum()) / _NS_PER_S


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """The processes measured before the change and after it, the ones to take first at the front.

    ``paid`` says whether the earlier side is measured for this verdict too, as in a race.
    """

    then: Sequence[Process]
    now: Sequence[Process]
    paid: bool

    def first(self, count: int | None) -> Sides:
        """Return these sides with ``count`` processes each, or with as many as both have."""
        most = min(len(self.then), len(self.now))
        count = most if count is None else min(count, most)
        return Sides(self.then[:count], self.now[:count], self.paid)

    @property
    def seconds(self) -> float:
        """What all processes of the sides that are paid for took."""
        return sum(process.seconds for process in (*self.now, *(self.then if self.paid else ())))


def sides(question: Question) -> Sides:
    """Return one arm's processes then and now.

    Stored: the candidate's in the launches kept and in today's. Race: the tool would measure one arm and then the
    other, so the reference's in the first half of the launches and the candidate's in the second, the neighbours in
    time at the front.
    """
    current = question.current
    if question.asked is Asked.STORED:
        then = [_candidate(launch, 0.0) for launch in question.stored]
        now = [_candidate(launch, question.candidate_share) for launch in current]
        return Sides(then, now, paid=False)
    half = len(current) // 2
    then = [_reference(launch, question.reference_share) for launch in reversed(current[:half])]
    now = [_candidate(launch, question.candidate_share) for launch in current[half:]]
    return Sides(then, now, paid=True)


def _candidate(launch: PairLaunch, share: float) -> Process:
    return _process(launch.candidate, launch.alone_s[0], share)


def _reference(launch: PairLaunch, share: float) -> Process:
    return _process(launch.reference, launch.alone_s[1], share)


def _process(run: ArmRun, overhead_s: float, share: float) -> Process:
    return Process(run.calls_ns * (1 + share), run.median_ns * (1 + share), overhead_s)
