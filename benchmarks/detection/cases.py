"""Which questions a recording can answer: pairs of arms whose truth is known, and the draws of launches for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import TYPE_CHECKING

from .questions import Asked, PairLaunch, Question, pair_launch
from .traces import artefact, kind_of, slow_down

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from pytest_ovperf.stats.noise import PairKind

    from .rules import Plan
    from .traces import Recording

#: By how much the candidate's times are multiplied.
SHARES = (0.0, 0.02, 0.03, 0.05, 0.10, 0.15, 0.20)

#: By how much the reference's are: the candidate looks better then, and must not be called slower.
REFERENCE_SHARES = (0.05, 0.10)

#: The pairs that a baseline would be kept of.
_PROMISES = frozenset({("int8", "fp32"), ("bf16", "fp32"), ("fp32", "torch"), ("int8", "torch")})


class Drawing(StrEnum):
    """How launches are drawn: at random, which breaks up drift, or as they came, which keeps it."""

    DRAWN = "drawn"
    SUCCESSIVE = "successive"


class Means(StrEnum):
    """How a change was made."""

    NONE = "none"
    CANDIDATE = "candidate's times multiplied"
    REFERENCE = "reference's times multiplied"
    BUSY_WAIT = "busy wait in the candidate's calls"


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to today's launches."""

    means: Means
    share: float


NO_CHANGE = Change(Means.NONE, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A pair of one recording, asked in one way: ``stored`` and ``current`` hold each launch as either."""

    pair: str
    asked: Asked
    kind: PairKind
    stored: Sequence[PairLaunch]
    current: Sequence[PairLaunch]
    changes: tuple[Change, ...]

    def question(self, places: Sequence[int], change: Change, kept: int) -> Question:
        """Return the question on the launches at ``places``, the first ``kept`` of which were stored."""
        return Question(
            asked=self.asked,
            kind=self.kind,
            stored=[self.stored[place] for place in places[:kept]],
            current=[self.current[place] for place in places[kept:]],
            candidate_share=change.share if change.means is Means.CANDIDATE else 0.0,
            reference_share=change.share if change.means is Means.REFERENCE else 0.0,
        )


def changes_put_in() -> tuple[Change, ...]:
    """Return the changes that are put into recorded times."""
    slowed = tuple(Change(Means.CANDIDATE, share) for share in SHARES if share)
    return (NO_CHANGE, *slowed, *(Change(Means.REFERENCE, share) for share in REFERENCE_SHARES))


def cases_of(recording: Recording, *, disturbed: float | None = None) -> Iterator[Case]:
    """Yield every case of a recording: races of one artefact, and stored questions of every pair."""
    made: dict[tuple[str, str], list[PairLaunch]] = {}

    def launches(candidate: str, reference: str) -> list[PairLaunch]:
        pair = (candidate, reference)
        if pair not in made:
            made[pair] = [pair_launch(launch, *pair, disturbed=disturbed) for launch in recording.launches]
        return made[pair]

    plain = [arm for arm in recording.arms if not slow_down(arm)]
    for candidate, reference in pairs_of(recording):
        pair, kind = f"{candidate} over {reference}", kind_of(candidate, reference)
        now = launches(candidate, reference)
        if _is_race(candidate, reference):
            changes = changes_put_in() if candidate in plain else (Change(Means.BUSY_WAIT, slow_down(candidate)),)
            yield Case(pair, Asked.RACE, kind, (), now, changes)
        if _is_stored(candidate, reference, plain):
            yield Case(pair, Asked.STORED, kind, now, now, changes_put_in())
    for slowed in recording.arms:
        for twin, reference in permutations(plain, 2):
            if _is_slowed_twin(slowed, twin, reference) and twin == _first_twin(recording, twin, reference):
                change = Change(Means.BUSY_WAIT, slow_down(slowed))
                then, now = launches(twin, reference), launches(slowed, reference)
                yield Case(f"{slowed} over {reference}", Asked.STORED, kind_of(twin, reference), then, now, (change,))


def pairs_of(recording: Recording) -> list[tuple[str, str]]:
    """Return the pairs of a recording, candidate first, that say something: of one artefact, or with a promise."""
    plain = [arm for arm in recording.arms if not slow_down(arm)]
    pairs = permutations(recording.arms, 2)
    return [pair for pair in pairs if _is_race(*pair) or _is_stored(*pair, plain)]


def _is_race(candidate: str, reference: str) -> bool:
    """Tell whether two arms may race: one artefact, the reference as it is, and each pair of twins only once."""
    if artefact(candidate) != artefact(reference) or slow_down(reference):
        return False
    return bool(slow_down(candidate)) or candidate > reference


def _is_stored(candidate: str, reference: str, plain: Sequence[str]) -> bool:
    """Tell whether a pair is one that a baseline would be kept of: different engines or precisions, or twins once."""
    if candidate not in plain or reference not in plain:
        return False
    if artefact(candidate) == artefact(reference):
        return candidate > reference
    return (candidate, reference) in _PROMISES


def _is_slowed_twin(slowed: str, twin: str, reference: str) -> bool:
    """Tell whether a slowed arm may stand in today for ``twin``, in a pair that a baseline would be kept of."""
    pair = artefact(twin), artefact(reference)
    return bool(slow_down(slowed)) and artefact(slowed) == pair[0] and (pair[0] == pair[1] or pair in _PROMISES)


def _first_twin(recording: Recording, twin: str, reference: str) -> str:
    """Return the arm that a slowed one is stored as: one of its artefact that is not the reference itself."""
    twins = [
        arm for arm in recording.arms if artefact(arm) == artefact(twin) and not slow_down(arm) and arm != reference
    ]
    return twins[0]


def places_of(case: Case, plan: Plan, drawing: Drawing, draws: int, rng: random.Random) -> list[list[int]]:
    """Return the launches of each draw by their places, none twice in one: at random, or every window in order."""
    length, launches = plan.window(case.asked), len(case.current)
    if drawing is Drawing.DRAWN:
        return [rng.sample(range(launches), length) for _ in range(draws)]
    return [list(range(start, start + length)) for start in range(launches - length + 1)]
