"""What a test holds in its hands after `ladder(...)`: rungs with their figures, each held against the first one."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pytest_ovperf.errors import ArmError, ArmUnavailableError
from pytest_ovperf.metrics import parse_metric

from .held import Held
from .measured_arm import MeasuredArm, held_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.figure import Factor, FigureRecord, LadderRecord, Rung
    from pytest_ovperf.records import Fidelity

    from .measured_arm import Way

_AT_ANY_BATCH: Final = "any"
_AT_SAME_BATCH: Final = "same"


class MeasuredRung(MeasuredArm):
    """One arm of a measured ladder: its metrics by name, and by how much it is better than the ladder's first arm.

    Asking one that could not be measured on this machine for anything skips the test.

    ``factor`` returns the factor at batch 1, or where it is asked `_AT_SAME_BATCH` at the rung's own.
    """

    def __init__(self, rung: Rung, figure: Callable[[str], Held], factor: Callable[[str], Held]) -> None:
        super().__init__(rung.arm, figure)
        self._rung = rung
        self._factor = factor

    def through(self, way: Way) -> Self:
        """Return the same rung, whose figures and factors are asked for through ``way``."""
        return type(self)(self._rung, way(self._figure), way(self._factor))

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
        """How many times better it is than the ladder's first arm doing one at a time.

        Where no rung is that, over the first arm doing as many at once. Raises `ArmError` where no rung is that either.
        """
        __tracebackhide__ = True
        return self._factor(_AT_ANY_BATCH)

    @property
    def factor_at_same_batch(self) -> Held:
        """The same, over the first arm doing as many at once. Raises `ArmError` where no rung is that."""
        __tracebackhide__ = True
        return self._factor(_AT_SAME_BATCH)


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
            MeasuredRung(rung, _figures_of(rung, keep, strict=strict), _factors_of(rung, record, strict=strict))
            for rung in record.rungs
        )

    def through(self, way: Way) -> Self:
        """Return the same ladder, all of it asked for through ``way``: for what becomes of errors."""
        passed = copy(self)
        passed._rungs = tuple(rung.through(way) for rung in self._rungs)  # noqa: SLF001  (its own class)
        return passed

    def __getitem__(self, place: int | str) -> MeasuredRung:
        __tracebackhide__ = True
        if isinstance(place, int):
            return self._rungs[place]
        for rung in self._rungs:
            if place in (self.record.name_of(rung.arm), rung.name, str(rung.arm)):
                return rung
        names = ", ".join(self.record.name_of(rung.arm) for rung in self)
        raise ArmError(f"The ladder has no rung {place!r}.", remedy=f"Its rungs are: {names}.")

    def __iter__(self) -> Iterator[MeasuredRung]:
        return iter(self._rungs)

    def __len__(self) -> int:
        return len(self._rungs)


def _figures_of(rung: Rung, keep: Callable[[FigureRecord], FigureRecord], *, strict: bool) -> Callable[[str], Held]:
    def figure(metric: str) -> Held:
        require_present(rung)
        found = rung.figures.get(parse_metric(metric))
        if found is None:
            raise ArmError(
                f"The ladder did not measure the {metric} of {rung.arm.name}.",
                remedy=f'It has: {", ".join(rung.figures)}. Others are measured with also=("{metric}",).',
            )
        return held_figure(lambda: found, keep, lambda: False, strict=strict)

    return figure


def _factors_of(rung: Rung, ladder: LadderRecord, *, strict: bool) -> Callable[[str], Held]:
    arm, reference = rung.arm, ladder.reference

    def factor(batch: str) -> Held:
        require_present(rung)
        if batch == _AT_SAME_BATCH:
            found, at = rung.over_same_batch, f" at batch {rung.batch}"
            is_own = _with_batch(arm, None) == _with_batch(reference, None)
        else:
            found, at, is_own = rung.over_single or rung.over_same_batch, "", arm == reference
        if found is None and not is_own:
            where = at or (" at batch 1" if rung.batch == 1 else f" at batch 1 or {rung.batch}")
            raise ArmError(
                f"No rung of the ladder is {_with_batch(reference, None).name}{where}, which {arm.name} could be held "
                "against.",
                remedy=f'Add a rung: "{_with_batch(reference, rung.batch).name}".',
            )
        return Held(
            f"factor of {arm.name} over {reference.name}{at}",
            is_better_larger=True,
            read=lambda: _FactorReading.of(found),
            measure_on=lambda: False,
            hear=lambda _target, _holds: None,
            strict=strict,
        )

    return factor


def _with_batch(arm: Arm, batch: int | None) -> Arm:
    return replace(arm, tuning=replace(arm.tuning, batch=batch))
