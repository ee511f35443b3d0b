"""Who chooses the processor's clock, and between which bounds: Linux' cpufreq, or what psutil knows elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from .condition import Condition, Rating, or_none, read_count, read_text, unreadable

if TYPE_CHECKING:
    from pathlib import Path

#: Drivers whose ``powersave`` follows the load, as others' ``schedutil`` does; elsewhere it holds the slowest clock.
_FOLLOWING = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")
_SAVING = ("power", "balance_power")
_NO_TURBO = "sys/devices/system/cpu/intel_pstate/no_turbo"
_BOOST = "sys/devices/system/cpu/cpufreq/boost"
_KHZ_PER_MHZ = 1000


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the system says about clocks; ``None`` and empty is what it does not say. Frequencies are in kHz.

    ``governors`` and ``preferences`` (energy against performance) are those in use, each once. ``lowest_khz`` and
    ``highest_khz`` are what is allowed now, ``built_khz`` is what the processor could do. ``boost_file`` is the file
    that says whether clocks may rise above the base.
    """

    governors: tuple[str, ...] = ()
    driver: str = ""
    preferences: tuple[str, ...] = ()
    boost: bool | None = None
    boost_file: str = ""
    lowest_khz: int | None = None
    highest_khz: int | None = None
    built_khz: int | None = None
    current_khz: int | None = None


def read_clock(root: Path) -> ClockReading:
    """Return what is known of the clocks; ``root`` is the top of the file system."""
    cpus = root / "sys" / "devices" / "system" / "cpu"
    policies = sorted((cpus / "cpufreq").glob("policy*")) or sorted(cpus.glob("cpu[0-9]*/cpufreq"))
    boost, boost_file = _boost(root)
    asked = None if policies else or_none(psutil.cpu_freq)
    lowest, highest = _all(policies, "scaling_min_freq"), _all(policies, "scaling_max_freq")
    return ClockReading(
        governors=_words(policies, "scaling_governor"),
        driver=next(iter(_words(policies, "scaling_driver")), ""),
        preferences=_words(policies, "energy_performance_preference"),
        boost=boost,
        boost_file=boost_file,
        lowest_khz=min(lowest, default=None) if policies else _khz(asked and asked.min),
        highest_khz=max(highest, default=None) if policies else _khz(asked and asked.max),
        built_khz=max(_all(policies, "cpuinfo_max_freq"), default=None),
        current_khz=max(_all(policies, "scaling_cur_freq"), default=None) or _khz(asked and asked.current),
    )


def governor_condition(clock: ClockReading) -> Condition:
    """Judge who chooses the clock."""
    if not clock.governors:
        return unreadable("governor")
    values = {"governors": list(clock.governors), "driver": clock.driver, "preferences": list(clock.preferences)}
    details = [clock.driver, f"prefers {', '.join(clock.preferences)}" if clock.preferences else ""]
    inside = ", ".join(detail for detail in details if detail)
    seen = ", ".join(clock.governors) + (f" ({inside})" if inside else "")
    if clock.governors == ("performance",):
        return Condition("governor", Rating.FINE, seen, values=values)
    slowest = "powersave" in clock.governors and clock.driver not in _FOLLOWING
    saving = any(preference in _SAVING for preference in clock.preferences)
    advice = "Let the clock stay up while measuring: sudo cpupower frequency-set -g performance"
    return Condition("governor", Rating.WRONG if slowest or saving else Rating.SUSPECT, seen, advice, values)


def turbo_condition(clock: ClockReading) -> Condition:
    """Judge whether the clock may rise above the base."""
    if clock.boost is None:
        return unreadable("turbo")
    values = {"on": clock.boost}
    if not clock.boost:
        return Condition("turbo", Rating.FINE, "off", values=values)
    off = "1" if clock.boost_file.endswith("no_turbo") else "0"
    seen = "on: the clock depends on the temperature and on how many cores are at work"
    advice = f"Switch it off while measuring: echo {off} | sudo tee /{clock.boost_file}"
    return Condition("turbo", Rating.SUSPECT, seen, advice, values)


def frequency_condition(clock: ClockReading) -> Condition:
    """Say between which bounds the clock is chosen. A cap is no fault: it holds for both arms, and steadies them."""
    if clock.highest_khz is None and clock.current_khz is None:
        return unreadable("frequency")
    parts = []
    if clock.highest_khz is not None:
        lowest = "" if clock.lowest_khz is None else f"{_ghz(clock.lowest_khz)} to "
        parts.append(f"{lowest}{_ghz(clock.highest_khz)} GHz")
        if clock.built_khz is not None and clock.built_khz > clock.highest_khz:
            parts.append(f"capped below the {_ghz(clock.built_khz)} GHz that it could do")
    if clock.current_khz is not None:
        parts.append(f"{_ghz(clock.current_khz)} GHz when looked at")
    values = {
        "lowest_khz": clock.lowest_khz,
        "highest_khz": clock.highest_khz,
        "built_khz": clock.built_khz,
        "current_khz": clock.current_khz,
    }
    return Condition("frequency", Rating.FINE, ", ".join(parts), values=values)


def _boost(root: Path) -> tuple[bool | None, str]:
    forbidden = read_count(root / _NO_TURBO)
    if forbidden is not None:
        return forbidden == 0, _NO_TURBO
    allowed = read_count(root / _BOOST)
    return (None, "") if allowed is None else (allowed != 0, _BOOST)


def _words(policies: list[Path], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for policy in policies if (text := read_text(policy / name))))


def _all(policies: list[Path], name: str) -> list[int]:
    return [count for policy in policies if (count := read_count(policy / name))]


def _khz(mhz: float | None) -> int | None:
    return round(mhz * _KHZ_PER_MHZ) if mhz else None  # psutil says 0 for what it does not know


def _ghz(khz: int) -> str:
    return f"{khz / 1e6:.2f}"
