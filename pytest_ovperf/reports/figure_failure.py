"""The text under a failed assertion of an absolute figure or a ladder's factor: what was measured, and against what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import figures
from .phrases import takes
from .screen import Screen

if TYPE_CHECKING:
    from pytest_ovperf.figure import Factor, FigureRecord


def explain_figure(record: FigureRecord, *, encoding: str = "utf-8") -> list[str]:
    """Return the lines that explain why a figure did not keep to its target, the first a whole sentence."""
    unit, target = record.unit, record.target or 0.0
    value, interval = figures.quantity(record.value, unit), figures.quantities(record.low, record.high, unit)
    bound = "at least" if unit.is_rate else "at most"
    unproven = ", which is not proven" if record.low < target < record.high else ""
    effort = f"{figures.count(record.launches, 'launch')} in {figures.duration(record.seconds)}"
    lines = [
        (
            f"{record.arm.name} {takes(record.metric)} {value} ({record.metric}); the test asks for {bound} "
            f"{figures.quantity(target, unit)}{unproven}."
        ),
        (
            f"Measured: {interval} at 95 % confidence, from {effort}, of {record.model} ({record.workload}) on "
            f"{record.arm.device}."
        ),
        "An absolute figure holds for the machine that it is measured on: a ratio (speedup) holds for others as well.",
    ]
    if record.percentiles:
        found = ", ".join(f"p{percent} {figures.latency(time * 1e9)}" for percent, time in record.percentiles.items())
        lines.insert(2, f"Single calls: {found}, from {figures.count(record.samples, 'call')}.")
    return _shown(lines, encoding)


def explain_factor(name: str, factor: Factor, target: float, *, encoding: str = "utf-8") -> list[str]:
    """Return the lines that explain why a ladder's factor, called ``name``, did not keep to its target."""
    line = (
        f"the {name} is {figures.speedup(factor.ratio)} ({figures.interval(factor.low, factor.high)} at 95 % "
        f"confidence); the test asks for at least {figures.speedup(target)}."
    )
    return _shown([line], encoding)


def _shown(lines: list[str], encoding: str) -> list[str]:
    screen = Screen(0, encoding)
    first, *others = map(screen.text, lines)
    return [first, *(f"  {line}" for line in others)]
