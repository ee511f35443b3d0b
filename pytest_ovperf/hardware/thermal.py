"""Heat: how often the processor slowed itself down, and how warm it is. Linux only; other systems do not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .condition import Condition, Rating, read_count, read_text, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What the drivers of processors' sensors are called, and thermal zones of processors.
_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal", "x86_pkg_temp")
#: What a processor bears if its sensor does not say.
_LIMIT_C = 95.0
#: Nearer than this to its limit, a processor is about to slow itself down.
_MARGIN_C = 5.0
_MOST_C = 150.0
_COOLER = "Let it cool down, clear its vents, or lower the highest clock, so that it never has to slow itself down."


@dataclass(frozen=True, slots=True)
class HeatReading:
    """``throttled`` counts slow-downs since the system started, over all cores; ``None`` is what is not told.

    ``celsius`` is the warmest of the processor's sensors, ``limit_celsius`` what that sensor may reach.
    """

    throttled: int | None = None
    celsius: float | None = None
    limit_celsius: float = _LIMIT_C


def read_heat(root: Path) -> HeatReading:
    """Return what is known of the processor's heat; ``root`` is the top of the file system."""
    counters = (root / "sys" / "devices" / "system" / "cpu").glob("cpu[0-9]*/thermal_throttle/*_throttle_count")
    counts = [count for path in counters if (count := read_count(path)) is not None]
    sensors = [*_hwmon(root / "sys" / "class" / "hwmon"), *_zones(root / "sys" / "class" / "thermal")]
    celsius, limit = max(sensors, default=(None, _LIMIT_C))
    return HeatReading(sum(counts) if counts else None, celsius, limit)


def throttling_condition(before: HeatReading, after: HeatReading) -> Condition:
    """Judge whether the processor slowed itself down between two readings."""
    if before.throttled is None or after.throttled is None:
        return unreadable("thermal throttling")
    times = max(0, after.throttled - before.throttled)
    values = {"during": times, "since_boot": after.throttled}
    if times:
        seen = f"the processor slowed itself down {times} times while measuring"
        return Condition("thermal throttling", Rating.WRONG, seen, _COOLER, values)
    earlier = f" ({after.throttled} times before)" if after.throttled else ""
    return Condition("thermal throttling", Rating.FINE, f"none while measuring{earlier}", values=values)


def temperature_condition(before: HeatReading, after: HeatReading) -> Condition:
    """Judge how warm the processor became."""
    if after.celsius is None:
        return unreadable("temperature")
    came_from = "" if before.celsius is None else f"{before.celsius:.0f} before, "
    seen = f"{came_from}{after.celsius:.0f} after, in degrees Celsius"
    values = {
        "before_celsius": before.celsius,
        "after_celsius": after.celsius,
        "limit_celsius": after.limit_celsius,
    }
    if after.celsius > after.limit_celsius - _MARGIN_C:
        seen += f", and it bears {after.limit_celsius:.0f}"
        return Condition("temperature", Rating.WRONG, seen, _COOLER, values)
    return Condition("temperature", Rating.FINE, seen, values=values)


def _hwmon(folder: Path) -> Iterator[tuple[float, float]]:
    """Yield each processor sensor's temperature and limit out of Linux' hardware monitors."""
    for monitor in folder.glob("hwmon*"):
        if read_text(monitor / "name") in _SENSORS:
            for path in monitor.glob("temp*_input"):
                limit = read_count(path.with_name(path.name.replace("_input", "_crit")))
                yield from _plausible(read_count(path), limit)


def _zones(folder: Path) -> Iterator[tuple[float, float]]:
    for zone in folder.glob("thermal_zone*"):
        if read_text(zone / "type") in _SENSORS:
            yield from _plausible(read_count(zone / "temp"), None)


def _plausible(millidegrees: int | None, limit: int | None) -> Iterator[tuple[float, float]]:
    """Yield a temperature and its limit; sensors that are not connected read as nonsense and are left out."""
    if millidegrees is not None and 0 < millidegrees / 1000 < _MOST_C:
        bound = (limit or 0) / 1000
        yield millidegrees / 1000, bound if 0 < bound < _MOST_C else _LIMIT_C
