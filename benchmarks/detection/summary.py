"""From tallies and live races to rows: per rule and kind of question, what it said of each change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .cases import NO_CHANGE, Change, Means
from .intervals import Share, median_of
from .questions import Asked
from .rules.ours import Ours
from .rules.protocol import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from .live_records import LiveRace
    from .replaying import Tally


@dataclass(slots=True)
class Said:
    """What was said of one change: counts of findings, seconds, and counts at swept thresholds."""

    findings: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    swept: Counter[float] = field(default_factory=Counter)
    disjoint: int = 0

    def add(self, tally: Tally) -> None:
        """Count a tally in."""
        self.findings.update(tally.findings)
        self.seconds.update(tally.seconds)
        self.first.update(tally.first_s)
        self.swept.update(dict(tally.swept))
        self.disjoint += tally.disjoint

    def share(self, finding: Finding) -> Share:
        """Return how often that was said."""
        return Share(self.findings[finding], self.findings.total())

    @property
    def median_s(self) -> float | None:
        """The median of the seconds to a verdict."""
        return median_of(self.seconds)

    @property
    def first_s(self) -> float | None:
        """The median of the seconds until there was something to say, before a suspicion was measured again."""
        return median_of(self.first)

    def to_data(self) -> dict[str, Any]:
        """Return all of it as JSON-able data."""
        shares = {finding: self.share(finding) for finding in Finding} if self.findings else {}
        return {
            "verdicts": self.findings.total(),
            "disjoint": self.disjoint,
            "median_s": self.median_s,
            "median_first_s": self.first_s,
            **{
                str(finding): {"count": share.count, "share": share.value, "low": share.low, "high": share.high}
                for finding, share in shares.items()
            },
            "swept": {str(limit): count for limit, count in sorted(self.swept.items())},
        }


@dataclass(frozen=True, slots=True)
class Group:
    """A table: the load of the machine, the way of asking, the kind of pair and the way of drawing."""

    load: str
    asked: str
    kind: str
    drawing: str


def pooled(tallies: Iterable[Tally], wanted: Callable[[Tally], bool]) -> Said:
    """Return what the tallies that are wanted say together."""
    said = Said()
    for tally in tallies:
        if wanted(tally):
            said.add(tally)
    return said


def grouped(tallies: Sequence[Tally]) -> Mapping[Group, Mapping[str, Mapping[Change, Said]]]:
    """Return what was said by group, rule and change, in the order in which they first occur."""
    groups: dict[Group, dict[str, dict[Change, Said]]] = {}
    for tally in tallies:
        group = Group(tally.load, tally.asked, tally.kind, tally.drawing)
        change = Change(Means(tally.means), tally.share)
        groups.setdefault(group, {}).setdefault(tally.rule, {}).setdefault(change, Said()).add(tally)
    return groups


@dataclass(frozen=True, slots=True)
class Aim:
    """A share of verdicts to reach, or not to exceed, with something to say in a median of at most so many seconds."""

    text: str
    said: Said
    bound: float
    most_s: float | None = None
    at_least: bool = True
    needed: int = 20

    @property
    def share(self) -> Share:
        """How often a slow-down was called."""
        return self.said.share(Finding.SLOWER)

    @property
    def reached(self) -> str:
        """``yes``, ``no``, or that there are too few verdicts to say."""
        if self.share.total < self.needed:
            return f"too few verdicts ({self.share.total} of {self.needed})" if self.share.total else "not measured"
        fine = self.share.value >= self.bound if self.at_least else self.share.value <= self.bound
        first_s = self.said.first_s
        quick = self.most_s is None or (first_s is not None and first_s <= self.most_s)
        return "yes" if fine and quick else "no"


def aims(tallies: Sequence[Tally], races: Sequence[LiveRace], load: str) -> list[Aim]:
    """Return what the package is meant to reach under that load, replayed and live."""
    ours = [tally for tally in tallies if tally.rule == Ours.name and tally.load == load]
    live = [race for race in races if race.load == load]
    same = pooled(ours, lambda tally: tally.means == NO_CHANGE.means)
    in_race = pooled(ours, lambda t: t.asked == Asked.RACE and _slower_by(t, 0.05))
    int8 = pooled(ours, lambda t: t.asked == Asked.STORED and t.pair == "int8 over fp32" and _slower_by(t, 0.10))
    torch = pooled(ours, lambda t: t.asked == Asked.STORED and "torch" in t.pair and _slower_by(t, 0.15))
    same_live = raced(live, lambda race: race.scenario == "identical")
    slow_live = raced(live, lambda race: race.scenario == "busy-wait" and race.share == 0.05)  # noqa: PLR2004
    return [
        Aim("false alarms on identical arms, replayed", same, 0.005, at_least=False, needed=400),
        Aim("false alarms on identical arms, live races", same_live, 0.005, at_least=False, needed=100),
        Aim("5 % in a race, replayed", in_race, 0.95, most_s=15.0),
        Aim("5 % in a race, live", slow_live, 0.95, most_s=15.0),
        Aim("10 % against stored INT8 over FP32", int8, 0.95),
        Aim("15 % against stored OpenVINO over PyTorch", torch, 0.90),
    ]


def _slower_by(tally: Tally, share: float) -> bool:
    return tally.means in (Means.CANDIDATE, Means.BUSY_WAIT) and tally.share == share


def raced(races: Iterable[LiveRace], wanted: Callable[[LiveRace], bool]) -> Said:
    """Return what the live races that are wanted said."""
    said = Said()
    for race in races:
        if wanted(race):
            said.findings[race.finding] += 1
            said.seconds[f"{race.seconds:.1f}"] += 1
            said.first[f"{race.first_s:.1f}"] += 1
    said.disjoint = said.findings.total()
    return said


def live_rows(races: Sequence[LiveRace]) -> Mapping[tuple[str, str, float], Said]:
    """Return what live races said by load, scenario and share."""
    keys = dict.fromkeys((race.load, race.scenario, race.share) for race in races)
    return {
        key: raced(races, lambda race, key=key: (race.load, race.scenario, race.share) == key)  # type: ignore[misc]
        for key in sorted(keys)
    }
