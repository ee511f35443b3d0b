"""The package's rule: paired rounds, the launch as the unit, planned looks, and a suspicion measured again.

Nothing is re-stated but the order in which the package asks itself (`pytest_ovperf.verdict`): estimates,
tolerances, error rates, looks and verdicts are the package's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp
from typing import TYPE_CHECKING

from benchmarks.detection.questions import Asked
from pytest_ovperf.records import Speedup, StoredBaseline, Verdict, VerdictKind
from pytest_ovperf.stats.judge import is_beyond, is_suspect, judge, judge_race
from pytest_ovperf.stats.noise import NOISE, RACE, mean, tolerance_for
from pytest_ovperf.stats.sequential import (
    BASELINE_LAUNCHES,
    CONFIRMING_LAUNCHES,
    LOOKS,
    LookPlan,
    comparison_error_rate,
)

from .protocol import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.detection.questions import Question
    from pytest_ovperf.stats.noise import PairKind

    #: Judges the first so many launches, leaving out as many at the front, at an error rate.
    JudgeLaunches = Callable[[int, int, float], Verdict]

_FINDINGS = {
    VerdictKind.OK: Finding.SAME,
    VerdictKind.IMPROVED: Finding.FASTER,
    VerdictKind.REGRESSED: Finding.SLOWER,
    VerdictKind.INCONCLUSIVE: Finding.UNCLEAR,
}

#: Comparisons that share a run's budget of false alarms, where nothing else is said.
COMPARISONS = 15

_TOLERANCES = (0.0001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2)

#: The error rate at swept tolerances. The package's own keeps false alarms away whatever the tolerance, and there would
#: be nothing to see.
_SWEPT_BUDGET = 0.4


@dataclass(frozen=True, slots=True)
class Plan:
    """How many launches are kept, when today's are looked at, and how many there are to confirm a suspicion.

    ``comparisons`` is how many share a run's budget of false alarms. ``confirming`` bounds the launches that a
    suspicion is measured again with: as many as were made before, if there are so many, and 0 for none.
    ``race_tolerance`` is what a race lets pass, ``None`` the least that its kind of pair lets pass.
    """

    stored: int = BASELINE_LAUNCHES
    looks: tuple[int, ...] = LOOKS
    comparisons: int = COMPARISONS
    confirming: int = LOOKS[-1]
    race_tolerance: float | None = None

    @property
    def look_plan(self) -> LookPlan:
        """The package's own plan of looks."""
        return LookPlan(comparison_error_rate(self.comparisons), self.looks)

    def fitted(self, asked: Asked, launches: int) -> Plan | None:
        """Return the plan with the looks that so many launches allow, ``None`` if that is none."""
        today = launches - (self.stored if asked is Asked.STORED else 0)
        least = min(self.confirming, CONFIRMING_LAUNCHES)
        looks = tuple(look for look in self.looks if look + least <= today)
        return replace(self, looks=looks, confirming=min(self.confirming, today - looks[-1])) if looks else None

    def window(self, asked: Asked) -> int:
        """Return how many launches a question takes at most."""
        return (self.stored if asked is Asked.STORED else 0) + self.looks[-1] + self.confirming


def finding_of(kind: VerdictKind) -> Finding:
    """Return a verdict in the words that all rules share."""
    return _FINDINGS[kind]


def speedup_of(log_ratios: Sequence[float]) -> Speedup:
    """Return as much of a speed-up as a judge looks at."""
    ratio = exp(mean(log_ratios))
    return Speedup(ratio, ratio, ratio, 0.95, tuple(log_ratios), len(log_ratios), 1.0, 1.0)


def stored_of(log_ratios: Sequence[float], tolerance: float) -> StoredBaseline:
    """Return as much of a baseline as a judge looks at, all of one day."""
    return StoredBaseline(tuple(log_ratios), tolerance, 1.0, 1.0, None, {})


def judge_of(
    asked: Asked,
    kind: PairKind,
    stored: Sequence[float],
    current: Sequence[float],
    tolerance: float | None,
) -> JudgeLaunches:
    """Return the package's judge of these log ratios; ``None`` is the tolerance that it would choose itself."""
    if asked is Asked.RACE:
        passed = RACE.tolerance if tolerance is None else tolerance
        return lambda made, before, rate: judge_race(
            speedup_of(current[before:made]), noise=RACE, tolerance=passed, error_rate=rate
        )
    noise = NOISE[kind]
    passed = tolerance_for(noise, stored) if tolerance is None else tolerance
    baseline = stored_of(stored, passed)
    return lambda made, before, rate: judge(
        speedup_of(current[before:made]), baseline, noise=noise, tolerance=passed, error_rate=rate
    )


def decide(plan: LookPlan, judged: JudgeLaunches) -> tuple[Verdict, int]:
    """Return the verdict that the planned looks end with, and after how many launches."""
    for launches in plan.looks:
        verdict = judged(launches, 0, plan.error_rate(launches, last=launches == plan.most))
        if plan.settled(verdict, launches):
            break
    return verdict, launches


def confirm(plan: LookPlan, judged: JudgeLaunches, made: int, more: int) -> VerdictKind:
    """Return what becomes of a suspicion after ``made`` launches, once ``more`` were taken later in the run."""
    rate = plan.confirming_rate
    verdict = judged(made + more, 0, rate)
    if verdict.kind is VerdictKind.REGRESSED and not is_beyond(judged(made + more, made, rate)):
        return VerdictKind.INCONCLUSIVE
    return verdict.kind


class Ours:
    """The package's judge. The threshold is the tolerance; where it is swept, the error rate is loose."""

    name = "pytest-ovperf"
    source = "pytest_ovperf.stats (estimate, judge, noise, sequential), asked as pytest_ovperf.verdict does"

    def __init__(self, plan: Plan) -> None:
        """Take the plan of looks."""
        self._plan = plan

    def sweep(self, asked: Asked) -> tuple[float, ...]:  # noqa: ARG002  (the same for both)
        """Return thresholds from the keenest to the calmest."""
        return _TOLERANCES

    def verdict(self, question: Question) -> Outcome:
        """Answer as a run would."""
        return self.judge(question, (None,))[0]

    def judge(self, question: Question, thresholds: Sequence[float | None]) -> list[Outcome]:
        """Answer at each threshold; ``None`` is the package's own."""
        stored, current = question.stored_log_ratios, question.current_log_ratios
        own = self._plan.race_tolerance if question.asked is Asked.RACE else None
        outcomes = []
        for limit in thresholds:
            judged = judge_of(question.asked, question.kind, stored, current, own if limit is None else limit)
            plan = self._plan.look_plan
            outcomes.append(
                self._outcome(question, plan if limit is None else replace(plan, budget=_SWEPT_BUDGET), judged)
            )
        return outcomes

    def _outcome(self, question: Question, plan: LookPlan, judged: JudgeLaunches) -> Outcome:
        verdict, made = decide(plan, judged)
        first_s = _seconds(question, made)
        if not self._plan.confirming or not is_suspect(verdict):
            return Outcome(_FINDINGS[verdict.kind], made, first_s, first_s)
        more = min(max(CONFIRMING_LAUNCHES, made), self._plan.confirming, len(question.current) - made)
        if more < CONFIRMING_LAUNCHES:  # the run is over before it could be measured again
            return Outcome(Finding.UNCLEAR, made, first_s, first_s)
        kind = confirm(plan, judged, made, more)
        return Outcome(_FINDINGS[kind], made + more, _seconds(question, made + more), first_s)


def _seconds(question: Question, launches: int) -> float:
    return sum(launch.seconds for launch in question.current[:launches])
