"""The standing conditions of a measurement: clocks, heat, power, load, sharing. Read before and after, judged then.

Whatever a system does not tell is a condition of its own, ``UNREADABLE``: nothing here raises for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .condition import Condition, Rating, read_count
from .governor import ClockReading, frequency_condition, governor_condition, read_clock, turbo_condition
from .load import LoadReading, limit_condition, load_condition, memory_condition, read_load
from .power import PowerReading, battery_condition, plan_condition, read_power
from .thermal import HeatReading, read_heat, temperature_condition, throttling_condition

if TYPE_CHECKING:
    from .profile import HardwareProfile


@dataclass(frozen=True, slots=True)
class Readings:
    """All that is read at one moment. ``siblings`` tells whether cores run two threads, ``None`` if it is not told."""

    clock: ClockReading
    heat: HeatReading
    power: PowerReading
    load: LoadReading
    siblings: bool | None


def read_conditions(root: Path = Path("/")) -> Readings:
    """Return the readings of this moment; ``root`` is the top of the file system, for Linux."""
    active = read_count(root / "sys" / "devices" / "system" / "cpu" / "smt" / "active")
    return Readings(
        read_clock(root), read_heat(root), read_power(root), read_load(root), None if active is None else active != 0
    )


def standing_conditions(
    before: Readings, after: Readings, *, profile: HardwareProfile, seconds: float
) -> tuple[Condition, ...]:
    """Judge the readings around a measurement of so many ``seconds`` on the machine of ``profile``."""
    return (
        governor_condition(after.clock),
        turbo_condition(after.clock),
        frequency_condition(after.clock),
        throttling_condition(before.heat, after.heat),
        temperature_condition(before.heat, after.heat),
        plan_condition(after.power),
        battery_condition(after.power),
        load_condition(before.load, profile.physical_cores),
        memory_condition(before.load, after.load, seconds),
        limit_condition(before.load, after.load, seconds),
        threads_condition(after.siblings, profile),
        virtual_condition(profile),
    )


def threads_condition(siblings: bool | None, profile: HardwareProfile) -> Condition:  # noqa: FBT001  (a reading)
    """Judge whether two threads share a core (SMT, hyper-threading)."""
    shared = profile.logical_cores > profile.physical_cores if siblings is None else siblings
    values = {"on": shared, "physical_cores": profile.physical_cores, "logical_cores": profile.logical_cores}
    if not shared:
        seen = "off" if siblings is False else "none that this system shows"
        return Condition("threads of a core", Rating.FINE, seen, values=values)
    seen = f"{profile.logical_cores} threads on {profile.physical_cores} cores: neighbours of a core slow each other"
    advice = "Switch SMT (hyper-threading) off in the firmware"
    if profile.system == "Linux":
        advice += ", or until the next start: echo off | sudo tee /sys/devices/system/cpu/smt/control"
    return Condition("threads of a core", Rating.SUSPECT, seen, advice, values)


def virtual_condition(profile: HardwareProfile) -> Condition:
    """Judge whether this is a virtual machine, whose host has other guests."""
    values = {"virtual": profile.virtual}
    if not profile.virtual:
        return Condition("virtual machine", Rating.FINE, "no", values=values)
    advice = "Measure on a machine of its own, or on one whose processors are not shared with other guests."
    seen = "yes: the host's other guests take processor time and cache"
    return Condition("virtual machine", Rating.SUSPECT, seen, advice, values)
