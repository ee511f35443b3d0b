"""Races of releases that nobody ran, and a search that writes down what it hears."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, log
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ArmUnavailableError, EnvironmentUnusableError
from pytest_ovperf.records import ArmFacts, Speedup, Verdict, VerdictKind
from pytest_ovperf.reports.bisect_findings import ReleaseRace, Searched, Skipped
from pytest_ovperf.session.bisecting.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

TOLERANCE = 0.02
#: How far intervals reach on either side.
REACH = 0.01


def release_race(new: str, old: str, change: float, kind: VerdictKind, *, launches: int = 6) -> ReleaseRace:
    centre = log(1 + change)
    speedup = Speedup(1 + change, exp(centre - REACH), exp(centre + REACH), 0.95, (centre,) * launches, 40, 9e6, 8e6)
    verdict = Verdict(kind, 1.0, change, change - REACH, change + REACH, TOLERANCE, 1e-4, None)
    facts = [ArmFacts("f32", ("CPU",), 2, 0, {"openvino": f"{each}-1-abc"}) for each in (new, old)]
    later = 4 if kind is VerdictKind.REGRESSED else 0
    return ReleaseRace(new, old, speedup, verdict, (facts[0], facts[1]), launches, 5.0 * launches, later)


def judged(change: float) -> VerdictKind:
    """Judge as `judge_race` does, without noise."""
    if change < -TOLERANCE:
        return VerdictKind.REGRESSED
    return VerdictKind.IMPROVED if change > TOLERANCE else VerdictKind.OK


@dataclass(slots=True)
class World:
    """Releases with a speed each, and those that cannot be raced or told."""

    speeds: Mapping[str, float]
    broken: Collection[str] = ()
    unsure: Collection[str] = ()
    raced: list[tuple[str, str]] = field(default_factory=list)
    heard: list[ReleaseRace | Skipped] = field(default_factory=list)

    def race(self, new: str, old: str) -> ReleaseRace:
        self.raced.append((new, old))
        if new in self.broken:
            cause = ArmUnavailableError("An operation of a later opset.\nAnd more.", remedy="None.")
            raise EnvironmentUnusableError(f"{new} refuses.", remedy="Choose another.") from cause
        change = self.speeds[new] / self.speeds[old] - 1
        kind = VerdictKind.INCONCLUSIVE if new in self.unsure else judged(change)
        return release_race(new, old, change, kind)

    def hear(self, what: ReleaseRace | Skipped) -> None:
        self.heard.append(what)

    @property
    def hearer(self) -> Heard:
        return Heard(self.hear)

    def search(self) -> Searched:
        return Search(tuple(self.speeds), self.race, self.hearer).run()


@dataclass(frozen=True, slots=True)
class Heard:
    hear: Callable[[ReleaseRace | Skipped], None]

    def raced(self, race: ReleaseRace) -> None:
        self.hear(race)

    def skipped(self, skipped: Skipped) -> None:
        self.hear(skipped)
