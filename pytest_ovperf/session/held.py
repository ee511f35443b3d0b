"""A number with an interval that a test can hold to a target, in the direction in which the number is good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from pytest_ovperf.errors import MeasurementError, OvperfError
from pytest_ovperf.stats.percentiles import calls_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ovperf.figure import FigureRecord


class Reading(Protocol):
    """A figure as it stands, with its interval; `figure.FigureRecord` is one."""

    @property
    def value(self) -> float:
        """Seconds, bytes, a rate a second, or a factor."""

    @property
    def low(self) -> float:
        """The lower end of the interval."""

    @property
    def high(self) -> float:
        """The upper end of the interval."""

    @property
    def percentiles(self) -> Mapping[int, float]:
        """Those of single calls, in seconds, by percent."""

    @property
    def samples(self) -> int:
        """From how many calls."""


class Held:
    """A figure, such as 151 tokens a second or a factor: ``float()`` of it is its value.

    What is better the larger is asserted from below (``>= 150``), all else from above (``<= 0.2``). Either is false
    only where the whole interval lies beyond the target; in a strict run, where not all of it keeps to the target.

    ``name`` is what is counted, ``read`` returns the figure as it stands, ``measure_on`` tells it better or returns
    false, and ``hear`` is told each judgement.
    """

    def __init__(  # noqa: PLR0913  (a number, and all that may be done with it)
        self,
        name: str,
        *,
        is_better_larger: bool,
        read: Callable[[], Reading],
        measure_on: Callable[[], bool],
        hear: Callable[[float, bool], FigureRecord | None],
        strict: bool = False,
    ) -> None:
        self.name: Final = name
        self.is_better_larger: Final = is_better_larger
        self._read = read
        self._measure_on = measure_on
        self._hear = hear
        self._strict = strict
        #: The target of the last assertion, and whether it was kept; ``None`` until something was asserted.
        self.judged: tuple[float, bool] | None = None
        #: The last judgement as reports show it, ``None`` where there is none.
        self.record: FigureRecord | None = None

    @property
    def value(self) -> float:
        """The figure: seconds, bytes, a rate a second, or a factor."""
        return self._read().value

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self._read().low

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self._read().high

    @property
    def percentiles(self) -> Mapping[int, float]:
        """The percentiles of single calls in seconds, by percent, as far as there are calls enough to tell them."""
        return self._read().percentiles

    @property
    def p50(self) -> float:
        """The median of single calls in seconds. Raises `MeasurementError` where there are too few calls."""
        return self._percentile(50)

    @property
    def p90(self) -> float:
        """What nine calls of ten keep below, in seconds. Raises `MeasurementError` where there are too few calls."""
        return self._percentile(90)

    @property
    def p95(self) -> float:
        """What 95 calls of 100 keep below, in seconds. Raises `MeasurementError` where there are too few calls."""
        return self._percentile(95)

    @property
    def p99(self) -> float:
        """What 99 calls of 100 keep below, in seconds. Raises `MeasurementError` where there are too few calls."""
        return self._percentile(99)

    def _percentile(self, percent: int) -> float:
        __tracebackhide__ = True
        while percent not in self.percentiles:
            if not self._measure_on():
                found = self._read()
                raise MeasurementError(
                    f"The {percent}th percentile of {self.name} takes {calls_needed(percent)} calls, and there are "
                    f"{found.samples}.",
                    remedy="Give the test more time with @pytest.mark.ovperf(budget=…), or ask for a lower percentile.",
                )
        return self.percentiles[percent]

    def __float__(self) -> float:
        return self.value

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else repr(self)

    def __repr__(self) -> str:
        now = self._read()
        return f"{now.value:.4g} ({now.low:.4g} to {now.high:.4g})"

    def __ge__(self, target: object) -> bool:
        __tracebackhide__ = True
        return self._asserted(target, from_below=True)

    __gt__ = __ge__

    def __le__(self, target: object) -> bool:
        __tracebackhide__ = True
        return self._asserted(target, from_below=False)

    __lt__ = __le__

    def __bool__(self) -> bool:
        raise TypeError(f"A figure by itself asserts nothing: write `… {self._sign} number`.")

    @property
    def _sign(self) -> str:
        return ">=" if self.is_better_larger else "<="

    def _asserted(self, target: object, *, from_below: bool) -> bool:
        __tracebackhide__ = True
        if not isinstance(target, (int, float)) or isinstance(target, bool):
            raise TypeError(f"{self.name} is asserted against a number, and {target!r} is none.")
        if from_below is not self.is_better_larger:
            better = "larger" if self.is_better_larger else "smaller"
            raise TypeError(f"{self.name} is better the {better} it is: write `… {self._sign} number`.")
        try:
            return self._judge(float(target))
        except OvperfError as error:  # its text says it all: the reader needs their own line, not our frames
            raise error.with_traceback(None) from None

    def _judge(self, target: float) -> bool:
        """Measure on until the whole interval lies on one side of ``target``, or the time is spent."""
        now = self._read()
        while now.low < target < now.high and self._measure_on():
            now = self._read()
        worst, best = (now.low, now.high) if self.is_better_larger else (-now.high, -now.low)
        bound = target if self.is_better_larger else -target
        holds = (worst if self._strict else best) >= bound
        self.judged = target, holds
        self.record = self._hear(target, holds)
        return holds
