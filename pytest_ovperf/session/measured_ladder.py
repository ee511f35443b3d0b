"""What a test holds in its hands after `ladder(...)`: rungs with their figures, each held against the first one."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_ovperf.errors import ArmError, ArmUnavailableError
from pytest_ovperf.metrics import Metric

from .held import Held
from .measured_arm import MeasuredArm, held_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from pytest_ovperf.figure import Factor, FigureRecord, LadderRecord, Rung
    from pytest_ovperf.records import Fidelity


class MeasuredRung(MeasuredArm):
    """One arm of a measured ladder: its metrics by name, and by how much it is better than the ladder's first arm."""

    def __init__(self, rung: Rung, ladder: LadderRecord, figure: Callable[[str], Held], *, strict: bool) -> None:
        super().__init__(rung.arm, figure)
        self._rung = rung
        self._ladder = ladder
        self._strict = strict

    def through(self, way: Callable[[Callable[[str], Held]], Callable[[str], Held]]) -> Self:
        """Return the same rung, whose figures are asked for through ``way``."""
        return type(self)(self._rung, self._ladder, way(self._figure), strict=self._strict)

    @property
    def batch(self) -> int:
        """How many prompts or samples one call holds."""
        return self._rung.batch

    @property
    def absent(self) -> str:
        """Why the rung could not be measured on this machine, empty where it was."""
        return self._rung.absent

    @property
    def fidelity(self) -> Fidelity | None:
        """How near its outputs are to the first arm's, ``None`` of the first arm itself."""
        return self._rung.fidelity

    @property
    def factor(self) -> Held:
        """How many times better it is than the ladder's first arm doing one at a time."""
        return self._held(self._rung.over_single or self._rung.over_same_batch, "")

    @property
    def factor_at_same_batch(self) -> Held:
        """The same, over the first arm doing as many at once. Raises `ArmError` where no rung is that."""
        return self._held(self._rung.over_same_batch, f" at batch {self.batch}")

    def _held(self, factor: Factor | None, at: str) -> Held:
        require_present(self._rung)
        own = self._ladder.reference
        if factor is None and self.arm != own:
            raise ArmError(
                f"No rung of the ladder is {own.name}{at}, which {self.name} could be held against.",
                remedy=f'Add a rung: "{own.kind}[batch={self.batch}]".',
            )
        return Held(
            f"factor of {self.name} over {own.name}{at}",
            is_better_larger=True,
            read=lambda: _FactorReading.of(factor),
            measure_on=lambda: False,
            hear=lambda _target, _holds: None,
            strict=self._strict,
        )


@dataclass(frozen=True, slots=True)
class _FactorReading:
    value: float = 1.0
    low: float = 1.0
    high: float = 1.0
    percentiles: Mapping[int, float] = field(default_factory=dict)
    samples: int = 0

    @classmethod
    def of(cls, factor: Factor | None) -> _FactorReading:
        return cls() if factor is None else cls(factor.ratio, factor.low, factor.high)


def require_present(rung: Rung) -> None:
    """Raise `ArmUnavailableError` for a rung that could not be measured."""
    if rung.absent:
        raise ArmUnavailableError(rung.absent, remedy="Look at the rung's `absent` before its figures.")


class MeasuredLadder:
    """The rungs of a ladder, in the order in which they were named: by place, by the arm's name, or one by one."""

    def __init__(self, record: LadderRecord, keep: Callable[[FigureRecord], FigureRecord], *, strict: bool) -> None:
        self.record: Final = record
        self._rungs = tuple(
            MeasuredRung(rung, record, _figures_of(rung, keep, strict=strict), strict=strict) for rung in record.rungs
        )

    def through(self, way: Callable[[Callable[[str], Held]], Callable[[str], Held]]) -> Self:
        """Return the same ladder, whose figures are asked for through ``way``: for what becomes of errors."""
        passed = copy(self)
        passed._rungs = tuple(rung.through(way) for rung in self._rungs)  # noqa: SLF001  (its own class)
        return passed

    def __getitem__(self, place: int | str) -> MeasuredRung:
        if isinstance(place, int):
            return self._rungs[place]
        for rung in self._rungs:
            if place in (rung.name, str(rung.arm)):
                return rung
        raise ArmError(
            f"The ladder has no rung {place!r}.", remedy=f"Its rungs are: {', '.join(rung.name for rung in self)}."
        )

    def __iter__(self) -> Iterator[MeasuredRung]:
        return iter(self._rungs)

    def __len__(self) -> int:
        return len(self._rungs)


def _figures_of(rung: Rung, keep: Callable[[FigureRecord], FigureRecord], *, strict: bool) -> Callable[[str], Held]:
    def figure(metric: str) -> Held:
        require_present(rung)
        found = rung.figures.get(Metric(metric))
        if found is None:
            raise ArmError(
                f"The ladder did not measure the {metric} of {rung.label}.",
                remedy=f'It has: {", ".join(rung.figures)}. Others are measured with also=("{metric}",).',
            )
        return held_figure(lambda: found, keep, lambda: False, strict=strict)

    return figure
