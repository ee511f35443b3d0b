"""What a search for the release in which an arm got worse found: plain data, for people and for bug reports."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field
from enum import StrEnum
from math import log1p

from pytest_ovperf.arms import Comparison  # noqa: TC001  (see above)
from pytest_ovperf.graphs.explained import Explained  # noqa: TC001  (see above)
from pytest_ovperf.models.origin import Origin  # noqa: TC001  (see above)
from pytest_ovperf.records import ArmFacts, Flag, Speedup, Verdict, VerdictKind
from pytest_ovperf.stats.judge import is_beyond


class Standing(StrEnum):
    """How a release stands to the one that it was raced over."""

    LOST = "lost"
    KEPT = "kept"
    UNSURE = "unsure"


class Ending(StrEnum):
    """What a search ended with.

    ``FOUND``: the first release that lost, and the race over the one before it shows the loss by itself. ``RANGE``: the
    same of two releases between which others could not be told. ``UNCONFIRMED``: that race does not show it.
    ``NO_LOSS``: the bad release is not proven to be worse than the good one.
    """

    FOUND = "found"
    RANGE = "range"
    UNCONFIRMED = "unconfirmed"
    NO_LOSS = "no loss"


@dataclass(frozen=True, slots=True)
class ReleaseRace:
    """A race of the release ``new`` over ``old``, judged.

    ``facts`` are those of the new release's arm and of the old one's. ``later`` of the ``launches`` were made to
    confirm a suspicion, ``earlier`` by a search before this one; ``seconds`` is what all of them took. ``flags`` is
    what was unsteady, ``note`` what is odd about the outputs.
    """

    new: str
    old: str
    speedup: Speedup
    verdict: Verdict
    facts: tuple[ArmFacts, ArmFacts]
    launches: int
    seconds: float
    later: int = 0
    earlier: int = 0
    flags: tuple[Flag, ...] = ()
    note: str = ""

    @property
    def standing(self) -> Standing:
        """How the new release stands to the old one; one that has gained has kept what there was."""
        match self.verdict.kind:
            case VerdictKind.REGRESSED:
                return Standing.LOST
            case VerdictKind.OK if not is_beyond(self.verdict):
                return Standing.KEPT
            case VerdictKind.IMPROVED:
                return Standing.KEPT
        return Standing.UNSURE

    @property
    def change(self) -> float:
        """The relative change of the speed-up (-0.12: 12 % lower)."""
        return self.verdict.change or 0.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A release that could not be raced, and why."""

    release: str
    why: str


@dataclass(frozen=True, slots=True)
class Searched:
    """The course of a search and where it ended.

    ``releases`` are the candidates from the good one to the bad one; ``races`` those over the good one, in their order.
    ``last`` is the last release that kept and ``first`` the first that lost, of ``NO_LOSS`` the ends. ``step`` is the
    race of ``first`` over ``last``: ``None`` if there was none, one of ``races`` where ``last`` is the good one.
    ``step_obstacle`` says why there was none.
    """

    releases: tuple[str, ...]
    races: tuple[ReleaseRace, ...]
    skipped: tuple[Skipped, ...]
    ending: Ending
    last: str
    first: str
    step: ReleaseRace | None = None
    step_obstacle: str = ""

    @property
    def good(self) -> str:
        """The good end."""
        return self.releases[0]

    @property
    def bad(self) -> str:
        """The bad end."""
        return self.releases[-1]

    @property
    def ends(self) -> ReleaseRace:
        """The race of the bad release over the good one."""
        return self.races[0]

    @property
    def telling(self) -> ReleaseRace:
        """The race that tells most of what was found: the step, or the first release that lost over the good one."""
        return self.step or next(race for race in self.races if race.new == self.first)

    @property
    def all_races(self) -> tuple[ReleaseRace, ...]:
        """All races in their order, each once."""
        step = self.step
        return self.races if step is None or step in self.races else (*self.races, step)

    @property
    def between(self) -> tuple[str, ...]:
        """The releases between the last that kept and the first that lost."""
        return self.releases[self.releases.index(self.last) + 1 : self.releases.index(self.first)]

    @property
    def is_part(self) -> bool:
        """Whether the step is less than half of what the bad release lost: then there are others."""
        step, whole = self.step, self.ends
        return step is not None and step is not whole and log1p(step.change) > log1p(whole.change) / 2


@dataclass(frozen=True, slots=True)
class BisectPlan:
    """A search as it begins: what is asked, which ``releases`` there are from good to bad, how the races are judged.

    ``comparison`` is the race of the bad release over the good one. ``error_rate`` is what each race may spend,
    ``races`` how many there are at most if every release can be told. ``kept`` is how many races an earlier search
    left, and ``kept_in`` where; ``damage`` is why nothing of it can be read, empty where that is not so.
    """

    comparison: Comparison
    releases: tuple[str, ...]
    tolerance: float
    error_rate: float
    races: int
    budget_s: float
    kept: int = 0
    kept_in: str = ""
    damage: str = ""


@dataclass(frozen=True, slots=True)
class BisectFindings:
    """All that is known at the end.

    ``explained`` is about the arm with the first release that lost, beside the last that kept; ``None`` where nothing
    lost. ``versions`` has the packages of each release's environment, by release. ``machine`` and ``profile`` name the
    hardware. ``command`` repeats the search.
    """

    plan: BisectPlan
    searched: Searched
    origin: Origin
    machine: str
    profile: str
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    explained: Explained | None = None
    command: str = ""
    when: str = ""
