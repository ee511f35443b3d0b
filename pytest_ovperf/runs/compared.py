"""What comes of comparing runs: plain, frozen, judged already. Reports take it as it stands.

`verdict.comparing.compare` makes it. The first run is what is compared against, the last one is judged, and those
between them are history.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pytest_ovperf.records import VerdictKind

from .view import BenchmarkView, ComparisonView, RunView

View = TypeVar("View", bound=ComparisonView | BenchmarkView)


class Basis(StrEnum):
    """What a verdict rests on.

    ``LAUNCHES``: the log ratios by launch of both runs, judged as a run judges against its baseline.
    ``QUARTILES``: the medians and quartiles of one process on either side, which proves less.
    ``RECORDED``: the verdict that the run itself gave, against its own baseline or number.
    ``NOTHING``: there was nothing to judge by; the row's reasons say why.
    """

    LAUNCHES = "launches"
    QUARTILES = "quartiles"
    RECORDED = "recorded"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ComparedRow(Generic[View]):
    """One comparison or plain benchmark of the last run, beside what the runs before it say of it.

    ``earlier`` has one item for each run but the last, ``None`` where a run has no such entry. ``said`` is the verdict
    as it is written: a kind, or ``recorded`` or ``not judged`` where a run is shown by itself.

    ``expected`` is the figure of the first run (for `Basis.RECORDED`: what the run was held against): a speed-up for a
    comparison, where more is better; a median in seconds for a plain benchmark, where less is better. ``change`` is
    the relative change of that same figure since then, with the interval that the verdict rests on; of
    `Basis.QUARTILES` it is the range between the quartiles, which is no confidence interval. All four are ``None``
    where nothing was judged against. ``tolerance`` is the share let pass. ``reasons`` are sentences.
    """

    now: View
    earlier: tuple[View | None, ...]
    basis: Basis
    kind: VerdictKind
    said: str
    expected: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    tolerance: float
    reasons: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What makes it the same question in every run."""
        return self.now.key

    @property
    def then(self) -> View | None:
        """The first run's entry, ``None`` where it has none or the last run is shown by itself."""
        return self.earlier[0] if self.earlier else None

    @property
    def over_runs(self) -> tuple[View | None, ...]:
        """One item for each run, the judged one last."""
        return (*self.earlier, self.now)


@dataclass(frozen=True, slots=True)
class EnvironmentDifference:
    """A fact that is not the same in all runs.

    ``about`` is ``machine``, ``versions`` or ``devices``; ``values`` has one item for each run, empty where a run does
    not say.
    """

    about: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs beside each other, the last one judged.

    ``comparisons`` and ``benchmarks`` are rows for what the last run measured, in its order. ``missing`` are the keys
    that the first run has and the last one has not. ``error_rate`` is the chance that one comparison that has not
    changed is called regressed; 0 where none was judged by its launches. ``notes`` say how to read the verdicts,
    ``warnings`` what could not be taken into account: sentences.
    """

    runs: tuple[RunView, ...]
    comparisons: tuple[ComparedRow[ComparisonView], ...]
    benchmarks: tuple[ComparedRow[BenchmarkView], ...]
    missing: tuple[str, ...]
    differences: tuple[EnvironmentDifference, ...]
    error_rate: float
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[ComparedRow[ComparisonView] | ComparedRow[BenchmarkView], ...]:
        """All rows, comparisons first."""
        return (*self.comparisons, *self.benchmarks)

    @property
    def regressed(self) -> bool:
        """Whether any row is regressed."""
        return any(row.kind is VerdictKind.REGRESSED for row in self.rows)
