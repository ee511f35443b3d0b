"""When to look at the launches so far, and how much error each look may spend.

Looking often and stopping at the first alarm would multiply false alarms. Here the error rate of a comparison is a
budget, spent in proportion to the launches made since the look before (the spending idea of Lan and DeMets, 1983,
with the linear member of the family of Kim and DeMets, 1987). Each look is judged at what it spends alone, so that
the looks add up to no more than the budget by the union bound, whatever their dependence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p, pi
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.records import VerdictKind

if TYPE_CHECKING:
    from pytest_ovperf.records import Verdict

#: How often a whole run may call something regressed although nothing has changed.
RUN_FALSE_ALARMS = 0.01

#: No comparison spends more than this, however few there are in a run.
MOST_FALSE_ALARMS = 0.005

#: The launches after which the evidence is judged.
LOOKS = (2, 4, 6, 8)

#: How many launches a new baseline rests on: with fewer, its own noise limits every later verdict. A noisy comparison
#: takes more, until it can show what it should or this many are made.
BASELINE_LAUNCHES = 6
MOST_BASELINE_LAUNCHES = 12

#: The planned looks share this part of a comparison's error rate. The rest is for the judgement that comes after a
#: suspicion: one that was no alarm yet (`is_suspect`) becomes one at that look alone.
SHARE_OF_LOOKS = 0.8

#: How many launches at least are taken later in the run to confirm a suspicion.
CONFIRMING_LAUNCHES = 4


def comparison_error_rate(comparisons: int) -> float:
    """Return the error rate of one of ``comparisons`` in a run, an equal share of `RUN_FALSE_ALARMS` (Bonferroni)."""
    return min(MOST_FALSE_ALARMS, RUN_FALSE_ALARMS / max(1, comparisons))


def share_of_judgement(before: int) -> float:
    """Return the part of its error rate that a test may spend on a judgement with ``before`` others made in it already.

    The shares ``6/π²/(n+1)²`` add up to 1 over any number of judgements (the Basel problem), so that a test which
    compares in a loop spends no more than one which compares once.
    """
    return 6 / pi**2 / (before + 1) ** 2


@dataclass(frozen=True, slots=True)
class LookPlan:
    """The launches after which a comparison is judged, and the error budget that its looks share.

    ``budget`` is the comparison's error rate over all looks and the one that confirms (`comparison_error_rate`);
    ``looks`` ascend.
    Raises `SettingsError` for looks that do not ascend from 1 or more.
    """

    budget: float
    looks: tuple[int, ...] = LOOKS

    def __post_init__(self) -> None:
        ascending = all(before < after for before, after in zip((0, *self.looks), self.looks, strict=False))
        if not self.looks or not ascending:
            raise SettingsError(
                f"Looks must be ascending numbers of launches; {self.looks!r} was given.",
                remedy=f"Leave them at {LOOKS}.",
            )

    @property
    def most(self) -> int:
        """The launches made at most."""
        return self.looks[-1]

    def error_rate(self, launches: int, *, last: bool = False) -> float:
        """Return what the look after ``launches`` may spend.

        ``last`` says that no further look will follow, for instance because the time is up: what is left of the
        budget is then spent at once. A look after an unplanned number of launches takes the share due since the
        planned look before it. Beyond the plan nothing is left, so `SettingsError` is raised.
        """
        if not 1 <= launches <= self.most:
            raise SettingsError(
                f"The plan has looks after 1 to {self.most} launches; one after {launches} was asked for.",
                remedy="Make a plan with more looks.",
            )
        before = max((look for look in self.looks if look < launches), default=0)
        until = self.most if last else launches
        return self.budget * SHARE_OF_LOOKS * (until - before) / self.most

    @property
    def confirming_rate(self) -> float:
        """What the judgement of a suspicion may spend, once launches of later in the run are there."""
        return self.budget * (1 - SHARE_OF_LOOKS)

    def settled(self, verdict: Verdict, launches: int) -> bool:
        """Tell whether measuring can stop with this verdict after that many launches.

        A result that is ok but leans towards a regression by more than half the tolerance is measured on: an early
        all-clear would otherwise hide the very changes that later launches could prove.
        """
        if launches >= self.most:
            return True
        if verdict.kind is VerdictKind.OK and verdict.change is not None and verdict.tolerance > 0.0:
            return log1p(verdict.change) > -log1p(verdict.tolerance) / 2
        return verdict.kind is not VerdictKind.INCONCLUSIVE
