"""The order of the arms within rounds, and how many rounds of how many calls a launch consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

#: A block lasts at least this long: long enough for the clock, and for the caches to be the arm's own again. Not
#: longer: a shared machine's speed wanders within tenths of a second, and only what is measured close together is
#: paired.
BLOCK_NS = 50_000_000

#: What the timed part of a launch, both arms together, is meant to take.
TIMED_NS = 3_000_000_000

#: Rounds of a launch: as many as fit into `TIMED_NS`, between these two.
MOST_ROUNDS = 24
LEAST_ROUNDS = 6

#: Counted calls of a block at least. A block of fewer is taken only of arms too slow for `TIMED_NS` otherwise.
BLOCK_CALLS = 3


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """How a launch is timed: ``rounds`` rounds, whose blocks last ``min_ns`` and hold ``min_calls`` calls at least."""

    rounds: int
    min_ns: int
    min_calls: int

    def timed_ns(self, candidate_call_ns: float, reference_call_ns: float) -> float:
        """Return what this plan takes, given one call's time of each arm, the uncounted first calls included."""
        return self.rounds * sum(
            call_ns * (1 + max(self.min_calls, -(-self.min_ns // max(1, call_ns))))
            for call_ns in (candidate_call_ns, reference_call_ns)
        )


def plan_rounds(candidate_call_ns: float, reference_call_ns: float) -> RoundPlan:
    """Return the fullest plan that keeps to `TIMED_NS`, given one call's time of each arm in nanoseconds.

    Rounds give way first, down to `LEAST_ROUNDS`: on recorded traces fewer rounds cost little where calls are slow.
    Then the counted calls of a block give way, down to one. The last plan is taken however long it lasts.
    """
    plans = [RoundPlan(rounds, BLOCK_NS, BLOCK_CALLS) for rounds in range(MOST_ROUNDS, LEAST_ROUNDS - 1, -1)]
    plans += [RoundPlan(LEAST_ROUNDS, BLOCK_NS, calls) for calls in range(BLOCK_CALLS - 1, 0, -1)]
    fitting = (plan for plan in plans if plan.timed_ns(candidate_call_ns, reference_call_ns) <= TIMED_NS)
    return next(fitting, plans[-1])


def most_rounds(plan: RoundPlan) -> int:
    """Return how many rounds a launch takes at most, those that replace disturbed ones included: half as many again."""
    return plan.rounds + plan.rounds // 2


def candidate_goes_first(rounds: int, rng: random.Random) -> tuple[bool, ...]:
    """Return for each round whether the candidate goes first: random, but once each way in every pair of rounds.

    An arm that always went first would always meet the other's leftovers in the caches, or a rising temperature. An
    odd last round is a toss.
    """
    order: list[bool] = []
    while len(order) < rounds:
        first = rng.random() < 0.5  # noqa: PLR2004  (a fair coin)
        order += [first, not first]
    return tuple(order[:rounds])
