"""What a test holds after `speedup(...)` in a run that races two releases: the races of its arms, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Self

from pytest_ovperf.errors import ArmUnavailableError

from .asserted import FromBelow
from .measured import Baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_ovperf.records import ComparisonRecord


class RacedSpeedup(FromBelow):
    """Stands in the place of a speed-up whose arms were raced, each against itself with another release of OpenVINO.

    ``>= baseline`` and ``>= number`` hold unless one of the races is a proven regression; in a strict run, unless one
    is open, too. There is no speed-up of one arm over the other: reading it as a number raises `ArmUnavailableError`,
    or ends the test as `refusing_by` says; an `AssertionError` where an assertion would not hold.
    """

    def __init__(self, races: Sequence[tuple[ComparisonRecord, bool]]) -> None:
        """Take the record of each race, one or more, with whether it lets an assertion hold."""
        self._races = tuple(races)
        self._refuse: Callable[[str], object] | None = None

    @property
    def record(self) -> ComparisonRecord:
        """The race that explains an assertion: the first that fails it, else the first."""
        return next((record for record, holds in self._races if not holds), self._races[0][0])

    def refusing_by(self, refuse: Callable[[str], object]) -> Self:
        """Call ``refuse`` with the reason, and expect it not to return, where a number is asked for."""
        self._refuse = refuse
        return self

    @property
    def ratio(self) -> float:
        """There is none: see the class."""
        __tracebackhide__ = True
        self._has_no_number()

    @property
    def low(self) -> float:
        """There is none: see the class."""
        __tracebackhide__ = True
        self._has_no_number()

    @property
    def high(self) -> float:
        """There is none: see the class."""
        __tracebackhide__ = True
        self._has_no_number()

    def _has_no_number(self) -> NoReturn:
        __tracebackhide__ = True
        lost = [f"{_told(each)} ({each.verdict.kind})" for each, holds in self._races if not holds]
        if lost:  # what was proven must not go by with a test that asks for something else
            raise AssertionError("; ".join(lost))
        reason = "This run races releases: the speed-up of one arm over the other is not measured as a number."
        if self._refuse is not None:
            self._refuse(reason)
        raise ArmUnavailableError(reason, remedy="Run this test without --ov-against.")

    def __float__(self) -> float:
        __tracebackhide__ = True
        self._has_no_number()

    def __ge__(self, expected: object) -> bool:
        if not isinstance(expected, (Baseline, int, float)) or isinstance(expected, bool):
            return NotImplemented
        return all(holds for _, holds in self._races)

    __gt__ = __ge__

    def __repr__(self) -> str:
        return "; ".join(_told(record) for record, _ in self._races)


def _told(record: ComparisonRecord) -> str:
    now = record.speedup
    return f"{record.comparison.arms}: {now.ratio:.3g}x ({now.low:.3g} to {now.high:.3g})"
