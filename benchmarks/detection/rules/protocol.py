"""What every rule offers: given a question, what it finds at each of its thresholds, and what that took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.detection.questions import Asked, Question


class Finding(StrEnum):
    """What a rule can say. Only some rules know that they do not know."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule's answer, after how many launches of its own and how many seconds of measuring.

    ``first_s`` is when it first had something to say, where a suspicion is measured again before it is said.
    """

    finding: Finding
    launches: int
    seconds: float
    first_s: float


class Rule(Protocol):
    """A way of deciding. ``source`` says where it is written down."""

    @property
    def name(self) -> str:
        """The name in tables."""

    @property
    def source(self) -> str:
        """The page or file that states the rule, in words."""

    def sweep(self, asked: Asked) -> tuple[float, ...]:
        """Return thresholds from the keenest to the calmest, for a picture of what the rule could be."""

    def judge(self, question: Question, thresholds: Sequence[float | None]) -> list[Outcome]:
        """Answer at each threshold; ``None`` is the rule's own."""

    def verdict(self, question: Question) -> Outcome:
        """Answer as the tool would."""
