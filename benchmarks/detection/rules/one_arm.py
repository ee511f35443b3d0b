"""What rules on the times of one arm, then and now, have in common: evidence once, then a threshold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from benchmarks.detection.questions import sides

from .protocol import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.detection.questions import Asked, Question, Sides


@dataclass(frozen=True, slots=True)
class Evidence:
    """What decides: slower if ``slower`` is above the threshold, faster if ``faster`` is, else the same.

    ``used`` are the sides that the tool would have measured for it.
    """

    slower: float
    faster: float
    used: Sides


class OneArmRule(ABC):
    """A rule that compares absolute times of one arm. Such rules never say that they do not know."""

    name: str
    source: ClassVar[str]
    threshold: float
    thresholds: ClassVar[tuple[float, ...]]

    @abstractmethod
    def evidence(self, measured: Sides) -> Evidence:
        """Return what these processes show."""

    def sweep(self, asked: Asked) -> tuple[float, ...]:  # noqa: ARG002  (the same for both)
        """Return thresholds from the keenest to the calmest."""
        return self.thresholds

    def judge(self, question: Question, thresholds: Sequence[float | None]) -> list[Outcome]:
        """Answer at each threshold; ``None`` is the tool's own."""
        evidence = self.evidence(sides(question))
        launches, seconds = len(evidence.used.now), evidence.used.seconds
        limits = [self.threshold if limit is None else limit for limit in thresholds]
        return [Outcome(_finding(evidence, limit), launches, seconds, seconds) for limit in limits]

    def verdict(self, question: Question) -> Outcome:
        """Answer as the tool would."""
        return self.judge(question, (None,))[0]


def _finding(evidence: Evidence, threshold: float) -> Finding:
    if evidence.slower > threshold:
        return Finding.SLOWER
    return Finding.FASTER if evidence.faster > threshold else Finding.SAME
