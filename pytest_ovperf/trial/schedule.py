"""How a launch is timed by the kind of its workload, and the order of the arms within rounds.

A call of microseconds and the loading of a model by a fresh process cannot share a plan. What all plans share: arms
take turns, as many rounds as fit into the time that a launch is meant to take, and never fewer than the kind needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, TypeVar

from pytest_ovperf.metrics import WorkloadKind

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.records import Block

_T = TypeVar("_T")

NS_PER_S: Final = 1_000_000_000

#: A block lasts at least this long: long enough for the clock, and for the caches to be the arm's own again. Not
#: longer: a shared machine's speed wanders within tenths of a second, and only what is measured close together is
#: paired.
BLOCK_NS = 50_000_000

#: Rounds of a launch: as many as fit into its time, between these two.
MOST_ROUNDS = 24
LEAST_ROUNDS = 6

#: Counted calls of a block at least. A block of fewer is taken only of arms too slow for the time otherwise.
BLOCK_CALLS = 3

#: What the timed part of a launch, both arms together, is meant to take.
TIMED_NS = 3_000_000_000

#: The kinds whose every block is a fresh process, or none at all.
FRESH_KINDS: Final = frozenset({WorkloadKind.LOAD, WorkloadKind.MEMORY, WorkloadKind.FILES, WorkloadKind.EXPORT})


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How blocks of one kind of workload are laid out.

    A block lasts ``block_ns`` and holds ``block_calls`` calls (``least_calls`` of arms that are too slow for that).
    A launch has ``most_rounds`` to ``least_rounds`` rounds, which are meant to take ``arm_ns`` an arm.
    """

    block_ns: int
    block_calls: int
    least_calls: int
    most_rounds: int
    least_rounds: int
    arm_ns: int


#: A queue takes a request's time to fill and another to drain, both uncounted: its blocks are longer, and fewer.
#: A generation takes tenths of a second to seconds: few rounds of single calls, and time for them. Of what a fresh
#: process does there is one value a block, and its start to be waited for.
RHYTHMS: Final[Mapping[WorkloadKind, Rhythm]] = {
    WorkloadKind.INFER: Rhythm(BLOCK_NS, BLOCK_CALLS, 1, MOST_ROUNDS, LEAST_ROUNDS, TIMED_NS // 2),
    WorkloadKind.STREAM: Rhythm(150_000_000, 8, 2, 14, 5, 2_500_000_000),
    WorkloadKind.GENERATE: Rhythm(100_000_000, 1, 1, 12, 3, 3_000_000_000),
    WorkloadKind.LOAD: Rhythm(0, 1, 1, 6, 3, 3_000_000_000),
    WorkloadKind.MEMORY: Rhythm(0, 3, 3, 3, 2, 3_000_000_000),
    WorkloadKind.FILES: Rhythm(0, 1, 1, 1, 1, 1_000_000_000),
    WorkloadKind.EXPORT: Rhythm(0, 1, 1, 1, 1, 1_000_000_000),
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the blocks of an arm are: what one more call adds, and what is never counted, in nanoseconds."""

    call_ns: float
    uncounted_ns: float

    @classmethod
    def of(cls, block: Block) -> Pace:
        """Return the pace that a block shows.

        One call goes before those that count; before generations one that ends with its first token. Of a full queue
        completions are what adds up, not latencies; filling and draining it takes about one latency each.
        """
        call_ns = median(block.latency_ns)
        if block.elapsed_ns is not None:
            return cls(block.elapsed_ns / len(block.latency_ns), 2 * call_ns)
        return cls(call_ns, median(block.first_ns) if block.first_ns else call_ns)

    def block_ns(self, plan: RoundPlan) -> float:
        """Return how long a block of ``plan`` takes."""
        return self.uncounted_ns + self.call_ns * max(plan.min_calls, -(-plan.min_ns // max(1, self.call_ns)))


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """How a launch is timed: ``rounds`` rounds, whose blocks last ``min_ns`` and hold ``min_calls`` calls at least.

    Where how long they take is not known before, there may be fewer: after ``least_rounds`` no round is begun that
    would end beyond ``limit_ns`` nanoseconds; ``None`` sets no limit.
    """

    rounds: int
    min_ns: int
    min_calls: int
    least_rounds: int | None = None
    limit_ns: float | None = None

    def timed_ns(self, paces: Sequence[Pace]) -> float:
        """Return what this plan takes with arms of these paces, all that is uncounted included."""
        return self.rounds * sum(pace.block_ns(self) for pace in paces)

    def ends(self, rounds: int, undisturbed: int, spent_ns: float) -> bool:
        """Tell whether, after so many rounds in so many nanoseconds, no other should be begun.

        Where too few of them were undisturbed, half as many again are allowed, as everywhere.
        """
        least = self.least_rounds or 1
        if self.limit_ns is None or rounds < least or (undisturbed < least and rounds < least + least // 2):
            return False
        return spent_ns * (rounds + 1) / rounds > self.limit_ns


def plan_for(kind: WorkloadKind, paces: Sequence[Pace], *, budget_ns: float | None = None) -> RoundPlan:
    """Return the fullest plan for arms of these paces that keeps to the time of a launch of its kind.

    ``budget_ns`` is what the rounds may take if that is less. Rounds give way first, down to the fewest: on recorded
    traces fewer rounds cost little where calls are slow. Then the counted calls of a block give way. The last plan is
    taken however long it lasts.
    """
    rhythm = RHYTHMS[kind]
    limit_ns = min(rhythm.arm_ns * len(paces), budget_ns if budget_ns is not None else float("inf"))
    few, many = rhythm.least_rounds, rhythm.most_rounds
    plans = [RoundPlan(rounds, rhythm.block_ns, rhythm.block_calls) for rounds in range(many, few - 1, -1)]
    plans += [
        RoundPlan(few, rhythm.block_ns, calls) for calls in range(rhythm.block_calls - 1, rhythm.least_calls - 1, -1)
    ]
    return next((plan for plan in plans if plan.timed_ns(paces) <= limit_ns), plans[-1])


def fresh_plan(kind: WorkloadKind, arms: int, *, budget_ns: float | None = None) -> RoundPlan:
    """Return the plan for so many arms whose every block is a fresh process: rounds go on while there is time."""
    rhythm = RHYTHMS[kind]
    limit_ns = min(rhythm.arm_ns * arms, budget_ns if budget_ns is not None else float("inf"))
    return RoundPlan(rhythm.most_rounds, rhythm.block_ns, rhythm.block_calls, rhythm.least_rounds, limit_ns)


def most_rounds(plan: RoundPlan) -> int:
    """Return how many rounds a launch takes at most, those that replace disturbed ones included: half as many again."""
    return plan.rounds + plan.rounds // 2


def turns(arms: Sequence[_T], rounds: int, rng: random.Random) -> tuple[tuple[_T, ...], ...]:
    """Return the order of the arms in each round: random, and backwards in every second round.

    An arm that always went first would always meet another's leftovers in the caches, or a rising temperature. Over a
    pair of rounds each arm goes before each other once. An odd last round stays by itself.
    """
    order: list[tuple[_T, ...]] = []
    while len(order) < rounds:
        forth = tuple(rng.sample(list(arms), len(arms)))
        order += [forth, forth[::-1]]
    return tuple(order[:rounds])
