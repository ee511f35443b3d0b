"""What a test holds in its hands after `measure(...)`: an arm whose attributes are its figures, by metric."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self

from pytest_ovperf.errors import UnknownMetricError
from pytest_ovperf.metrics import Metric

from .held import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.figure import FigureRecord

    #: Turns what measures a figure by name into what also says what becomes of its errors.
    Way = Callable[[Callable[[str], Held]], Callable[[str], Held]]


class MeasuredArm:
    """An arm, such as ``measure("genai-int8")``; its attributes are the metrics: ``.tokens_per_second``, ``.ttft``.

    Each is measured when it is asked for, those of one workload together. ``figure`` measures the metric of that name.
    """

    def __init__(self, arm: Arm, figure: Callable[[str], Held]) -> None:
        self.arm: Final = arm
        self._figure = figure

    @property
    def name(self) -> str:
        """The arm's name."""
        return self.arm.name

    def figure(self, metric: str) -> Held:
        """Return the figure of that metric, measured now if it has not been."""
        __tracebackhide__ = True
        return self._figure(metric)

    def through(self, way: Way) -> Self:
        """Return the same arm, whose figures are measured through ``way``: for what becomes of errors."""
        return type(self)(self.arm, way(self._figure))

    def __getattr__(self, metric: str) -> Held:
        __tracebackhide__ = True
        if metric.startswith("_") or metric not in list(Metric):
            raise UnknownMetricError(
                f"{type(self).__name__} has no attribute and no metric {metric!r}.",
                remedy=f"Choose one of: {', '.join(Metric)}.",
            )
        return self._figure(metric)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *Metric]

    def __repr__(self) -> str:
        return str(self.arm)


def held_figure(
    read: Callable[[], FigureRecord],
    keep: Callable[[FigureRecord], FigureRecord],
    measure_on: Callable[[], bool],
    *,
    strict: bool,
) -> Held:
    """Return the figure that ``read`` returns the present state of; what a target made of it is told to ``keep``."""
    first = read()
    return Held(
        f"{first.metric} of {first.arm.name}",
        is_better_larger=first.unit.is_rate,
        read=read,
        measure_on=measure_on,
        hear=lambda target, holds: keep(replace(read(), target=target, held=holds)),
        strict=strict,
    )
