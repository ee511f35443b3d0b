"""Which release was the first to lose: a binary search over releases that can be raced, and only over those.

Knows nothing of how releases are raced. Each release is raced over the good one at most once; at the end the first one
that lost is raced over the last one that kept, so that the step that is named was seen by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, log2
from typing import TYPE_CHECKING, Protocol

from pytest_ovperf.errors import ArmUnavailableError, CacheError, OvperfError
from pytest_ovperf.reports.bisect_findings import Ending, ReleaseRace, Searched, Skipped, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The race of the ends, and the one of the step that was found.
_BESIDE_SEARCH = 2


class Hearer(Protocol):
    """Is told of each step of a search when it is over."""

    def raced(self, race: ReleaseRace, /) -> None:
        """Hear of a race."""

    def skipped(self, skipped: Skipped, /) -> None:
        """Hear of a release that cannot be raced."""


def most_races(releases: int) -> int:
    """Return how many races a search among so many releases, both ends counted, takes if every one can be told."""
    return _BESIDE_SEARCH + ceil(log2(releases - 1)) if releases > _BESIDE_SEARCH else 1


def reason(error: OvperfError) -> str:
    """Return what was seen at first, in one line, without what was said of it on the way."""
    while isinstance(error.__cause__, OvperfError):
        error = error.__cause__
    return error.seen.strip().partition("\n")[0]


@dataclass(slots=True)
class Search:
    """A search among ``releases``, the good one first and the bad one last.

    ``race(new, old)`` races two of them, and raises an `OvperfError` for what cannot be raced.
    """

    releases: Sequence[str]
    race: Callable[[str, str], ReleaseRace]
    hearer: Hearer
    _races: dict[int, ReleaseRace] = field(default_factory=dict)
    _skipped: list[Skipped] = field(default_factory=list)

    def run(self) -> Searched:
        """Search to the end. Raises what keeps the ends from being raced, and `CacheError`."""
        low, high = 0, len(self.releases) - 1
        try:
            ends = self._race_over_good(high)
        except ArmUnavailableError as error:
            raise ArmUnavailableError(
                error.seen, remedy="Choose ends that both run it: another --good or another --bad."
            ) from error
        if ends.standing is not Standing.LOST:
            return self._searched(Ending.NO_LOSS, low, high)
        untold = list(range(1, high))
        while untold:
            place = untold.pop(len(untold) // 2)
            standing = self._standing(place)
            if standing is Standing.LOST:
                high = place
            elif standing is Standing.KEPT:
                low = place
            untold = [each for each in untold if low < each < high]
        return self._confirmed(low, high)

    def _standing(self, place: int) -> Standing:
        """Race a release over the good one; one that cannot be raced is no surer than one that cannot be told."""
        try:
            return self._race_over_good(place).standing
        except CacheError:
            raise
        except OvperfError as error:
            self._skipped.append(Skipped(self.releases[place], reason(error)))
            self.hearer.skipped(self._skipped[-1])
            return Standing.UNSURE

    def _race_over_good(self, place: int) -> ReleaseRace:
        race = self._races[place] = self.race(self.releases[place], self.releases[0])
        self.hearer.raced(race)
        return race

    def _confirmed(self, low: int, high: int) -> Searched:
        """Race what was found over what is before it. Over the good one that has been done."""
        step: ReleaseRace | None = self._races[high]
        obstacle = ""
        if low:
            try:
                step = self.race(self.releases[high], self.releases[low])
                self.hearer.raced(step)
            except CacheError:
                raise
            except OvperfError as error:
                step, obstacle = None, reason(error)
        ending = Ending.FOUND if high == low + 1 else Ending.RANGE
        if step is None or step.standing is not Standing.LOST:
            ending = Ending.UNCONFIRMED
        return self._searched(ending, low, high, step, obstacle)

    def _searched(
        self, ending: Ending, low: int, high: int, step: ReleaseRace | None = None, obstacle: str = ""
    ) -> Searched:
        return Searched(
            tuple(self.releases),
            tuple(self._races.values()),
            tuple(self._skipped),
            ending,
            self.releases[low],
            self.releases[high],
            step,
            obstacle,
        )
