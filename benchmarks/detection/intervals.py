"""Intervals of shares: what a count of verdicts says of the rate behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import betaincinv

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIDENCE = 0.95

#: Below this share a tenth of a percent matters.
_SMALL = 0.095


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``total``, with the exact interval of Clopper and Pearson (1934) at 95 %, taken as independent."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share itself. Raises `ZeroDivisionError` of nothing."""
        return self.count / self.total

    @property
    def low(self) -> float:
        """The lower end."""
        tail = (1 - CONFIDENCE) / 2
        return 0.0 if self.count == 0 else float(betaincinv(self.count, self.total - self.count + 1, tail))

    @property
    def high(self) -> float:
        """The upper end."""
        tail = (1 - CONFIDENCE) / 2
        return 1.0 if self.count == self.total else float(betaincinv(self.count + 1, self.total - self.count, 1 - tail))

    def __str__(self) -> str:
        if not self.total:
            return "-"
        return f"{_percent(self.value)} ({_percent(self.low)} to {_percent(self.high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if share < _SMALL else f"{100 * share:.0f}"


def median_of(counted: Mapping[str, int]) -> float | None:
    """Return the median of numbers that were counted by their text, ``None`` of none."""
    total, seen = sum(counted.values()), 0
    for text in sorted(counted, key=float):
        seen += counted[text]
        if 2 * seen >= total:
            return float(text)
    return None
