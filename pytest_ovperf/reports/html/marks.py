"""The small pictures inside the table: where their parts lie, as shares of a width. No colours and no markup.

They are drawn without a script, so that the table says all it has to say on paper and where scripts are off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from math import isfinite, log, log1p

#: Changes that an axis may be marked at, as shares.
_TICKS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
#: The largest of them that an axis takes on for the sake of its intervals: one far outlier may not flatten all others.
_WIDEST = 0.3
#: What lies beyond the marked change, as a share of it: room for an arrow.
_MARGIN = 1.15
#: The smallest range of a history, as a natural logarithm: noise of a percent must not look like a landslide.
_LEAST_RANGE = log(1.2)


@dataclass(frozen=True, slots=True)
class Strip:
    """A change with its interval beside the tolerance, in percent of the width; 50 is no change at all.

    An end outside of the axis lies on its edge; ``beyond`` tells in which direction the change itself lies outside.
    """

    left: float
    right: float
    at: float
    band_left: float
    band_right: float
    beyond: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis that all strips of a table share. ``reach`` is the log of the change at its right edge."""

    reach: float
    tick: float

    def place(self, relative: float) -> float:
        """Return where a relative change lies, in percent of the width, edges included."""
        if relative <= -1:
            return 0.0
        return round(min(100.0, max(0.0, 50 + 50 * log1p(relative) / self.reach)), 1)

    def strip(self, change: float, low: float, high: float, tolerance: float) -> Strip:
        """Place one change. ``tolerance`` is a factor either way: 0.05 lets pass 1.05 times, and 1 / 1.05."""
        outside = change > -1 and abs(log1p(change)) > self.reach
        beyond = ("right" if change > 0 else "left") if outside or change <= -1 else ""
        return Strip(
            left=self.place(low),
            right=self.place(high),
            at=self.place(change),
            band_left=self.place(1 / (1 + tolerance) - 1),
            band_right=self.place(tolerance),
            beyond=beyond,
        )


def axis(ends: Iterable[float], tolerances: Iterable[float]) -> Axis:
    """Return an axis on which these relative changes fit, unless they are far out, and every tolerance."""
    sizes = [abs(log1p(end)) for end in ends if isfinite(end) and end > -1]
    wanted = min(max(sizes, default=0.0) / _MARGIN, log1p(_WIDEST))
    wanted = max([wanted, *(log1p(tolerance) for tolerance in tolerances)])
    tick = next((tick for tick in _TICKS if log1p(tick) >= wanted), _TICKS[-1])
    return Axis(reach=_MARGIN * -log1p(-tick), tick=tick)


@dataclass(frozen=True, slots=True)
class Spark:
    """A history as the path of an SVG, in a box of `WIDTH` by `HEIGHT`, with its last point."""

    path: str
    x: float
    y: float


WIDTH = 120
HEIGHT = 32
_INSET = 4


def spark(values: Sequence[float | None]) -> Spark | None:
    """Return the line through the values of all runs on a log scale, broken where a run has none.

    ``None`` for fewer than two values: one is no history.
    """
    logs = [None if value is None or not isfinite(value) or value <= 0 else log(value) for value in values]
    known = [value for value in logs if value is not None]
    if len(known) < 2:  # noqa: PLR2004  (see the docstring)
        return None
    middle = (max(known) + min(known)) / 2
    half = max(max(known) - min(known), _LEAST_RANGE) / 2
    step = (WIDTH - 2 * _INSET) / (len(logs) - 1)
    points = [
        None
        if value is None
        else (
            round(_INSET + index * step, 1),
            round(HEIGHT / 2 - (HEIGHT / 2 - _INSET) * (value - middle) / half, 1),
        )
        for index, value in enumerate(logs)
    ]
    path = ""
    for index, point in enumerate(points):
        if point is None:
            continue
        joined = index > 0 and points[index - 1] is not None
        path += f"L{point[0]:g} {point[1]:g}" if joined else f"M{point[0]:g} {point[1]:g}h0"  # h0: alone, it is a dot
    last = next(point for point in reversed(points) if point is not None)
    return Spark(path, *last)
