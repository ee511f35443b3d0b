"""Asks every rule the same questions of recorded launches, and counts the answers."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from .cases import NO_CHANGE, Change, Drawing, Means, cases_of, places_of
from .datasets import purpose_of
from .questions import Asked
from .rules import Plan, all_rules
from .rules.protocol import Finding
from .traces import read_recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .cases import Case
    from .rules.protocol import Outcome, Rule
    from .traces import Recording

#: The form of the file of answers.
SCHEMA = 1

#: The changes at which thresholds are swept, for the picture.
SWEPT = (
    NO_CHANGE,
    Change(Means.CANDIDATE, 0.05),
    Change(Means.CANDIDATE, 0.10),
    Change(Means.CANDIDATE, 0.15),
)

_COUNTED = ("findings", "seconds", "first_s")


@dataclass(slots=True)
class Tally:
    """What one rule said of one change in one case. ``disjoint`` is how many of the verdicts share no launch."""

    trace: str
    purpose: str
    load: str
    asked: str
    kind: str
    pair: str
    drawing: str
    means: str
    share: float
    rule: str
    disjoint: int
    looks: list[int]
    findings: Counter[str] = field(default_factory=Counter)
    launches: int = 0
    seconds: Counter[str] = field(default_factory=Counter)
    first_s: Counter[str] = field(default_factory=Counter)
    swept: list[tuple[float, int]] = field(default_factory=list)

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, **{name: dict(plain[name]) for name in _COUNTED}}

    def add(self, outcomes: Sequence[Outcome], sweep: Sequence[float]) -> None:
        """Count one question: the rule's own answer first, then those at the thresholds of the sweep."""
        first = outcomes[0]
        self.findings[first.finding] += 1
        self.launches += first.launches
        self.seconds[f"{first.seconds:.1f}"] += 1
        self.first_s[f"{first.first_s:.1f}"] += 1
        before = [count for _, count in self.swept] or [0] * len(sweep)
        slower = [outcome.finding is Finding.SLOWER for outcome in outcomes[1:]]
        self.swept = [(limit, had + is_slower) for limit, had, is_slower in zip(sweep, before, slower, strict=True)]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to replay. ``disturbed`` is the share of other work above which a round is dropped, ``None`` for never."""

    plan: Plan
    draws: int
    disturbed: float | None = None
    seed: int = 0


def replay(paths: Sequence[Path], settings: Settings, *, workers: int = 2) -> list[Tally]:
    """Return the tallies of all recordings, in the order of ``paths``. Raises `TraceError` for a file that is none."""
    work = partial(replay_file, settings=settings)
    if workers == 1 or len(paths) == 1:
        answers = map(work, paths)
        return [tally for tallies in answers for tally in tallies]
    # Fresh interpreters: the numerical libraries must not have started threads before the fork.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return [tally for tallies in pool.map(work, paths) for tally in tallies]


def replay_file(path: Path, settings: Settings) -> list[Tally]:
    """Return the tallies of one recording."""
    return list(replay_recording(read_recording(path), settings))


def replay_recording(recording: Recording, settings: Settings) -> Iterator[Tally]:
    """Yield the tallies of a recording; a case that it is too short for yields none."""
    for case in cases_of(recording, disturbed=settings.disturbed):
        plan = settings.plan.fitted(case.asked, len(case.current))
        if plan is None:
            continue
        rng = random.Random(f"{settings.seed} {recording.name} {case.pair} {case.asked}")  # noqa: S311  (a simulation)
        for drawing in Drawing:
            places = places_of(case, plan, drawing, settings.draws, rng)
            for change in case.changes:
                for rule in all_rules(plan):
                    yield _tally(recording, case, plan, drawing, change, rule, places)


def _tally(  # noqa: PLR0913, PLR0917  (what a row of the file is keyed by)
    recording: Recording,
    case: Case,
    plan: Plan,
    drawing: Drawing,
    change: Change,
    rule: Rule,
    places: Sequence[Sequence[int]],
) -> Tally:
    tally = Tally(
        trace=recording.name,
        purpose=str(purpose_of(recording.name)),
        load=recording.load,
        asked=str(case.asked),
        kind=str(case.kind),
        pair=case.pair,
        drawing=str(drawing),
        means=str(change.means),
        share=change.share,
        rule=rule.name,
        disjoint=len(case.current) // plan.window(case.asked),
        looks=list(plan.looks),
    )
    sweep = rule.sweep(case.asked) if change in SWEPT else ()
    kept = plan.stored if case.asked is Asked.STORED else 0
    for chosen in places:
        tally.add(rule.judge(case.question(chosen, change, kept), (None, *sweep)), sweep)
    return tally


def write_tallies(path: Path, tallies: Sequence[Tally], settings: Settings) -> None:
    """Write the answers as one JSON document."""
    sources = {rule.name: rule.source for rule in all_rules(settings.plan)}
    data = {
        "schema": SCHEMA,
        "settings": asdict(settings),
        "sources": sources,
        "tallies": [tally.to_data() for tally in tallies],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=None, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")


def read_tallies(path: Path) -> tuple[list[Tally], dict[str, Any]]:
    """Return the answers and the document they came in. Raises `ValueError` for another form."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("schema") != SCHEMA:
        raise ValueError(f"{path} has the form {data.get('schema')!r}, and {SCHEMA} can be read: replay again.")
    tallies = [Tally(**{**row, **{name: Counter(row[name]) for name in _COUNTED}}) for row in data["tallies"]]
    return tallies, data
