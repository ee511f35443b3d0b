"""Where the power comes from, and whether the system was told to save it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from .condition import Condition, Rating, or_none, read_text, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Windows' own plans. Their names are translated, their numbers are not.
_PLANS = {
    "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c": "high performance",
    "e9a42b02-d5df-448d-aa00-03f14749eb61": "ultimate performance",
    "381b4222-f694-41f0-9685-ff5bb260df2e": "balanced",
    "a1841308-3541-4fab-bc81-f71556f20b4a": "power saver",
}
_SAVING = ("power saver", "low-power", "quiet", "cool")
_FULL = ("high performance", "ultimate performance", "performance")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAMED = re.compile(r"\(([^()]+)\)\s*\Z")
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class PowerReading:
    """``battery`` tells whether there is one (``None``: the system does not say), ``plugged`` whether it is charged.

    ``plan`` is Windows' power plan or Linux' platform profile, empty where there is none.
    """

    battery: bool | None = None
    plugged: bool | None = None
    plan: str = ""


def read_power(root: Path, ask_windows: Callable[[], str] | None = None) -> PowerReading:
    """Return what is known of the power; ``root`` is the top of the file system.

    ``ask_windows`` returns what ``powercfg /getactivescheme`` prints; by default it is asked on Windows only.
    """
    if ask_windows is None and platform.system() == "Windows":
        ask_windows = _powercfg
    printed = or_none(ask_windows) if ask_windows else None
    plan = windows_plan(printed or "") or read_text(root / "sys" / "firmware" / "acpi" / "platform_profile")
    known, battery = or_none(_battery) or (False, None)
    if not known:
        return PowerReading(plan=plan)
    return PowerReading(battery is not None, getattr(battery, "power_plugged", None), plan)


def windows_plan(printed: str) -> str:
    """Return the plan that ``powercfg /getactivescheme`` printed: by its number if it is Windows' own, else by name."""
    number = _GUID.search(printed)
    if number is None:
        return ""
    named = _NAMED.search(printed.strip())
    return _PLANS.get(number[0].lower(), named[1] if named else number[0])


def battery_condition(power: PowerReading) -> Condition:
    """Judge whether the machine lives on a battery."""
    values = {"battery": power.battery, "plugged": power.plugged}
    if power.battery is None:
        return unreadable("battery")
    if not power.battery:
        return Condition("battery", Rating.FINE, "none", values=values)
    if power.plugged is False:
        advice = "Plug it in: on battery most machines hold back their clocks."
        return Condition("battery", Rating.WRONG, "the machine runs on it", advice, values)
    seen = "plugged in" if power.plugged else "there is one; whether it is plugged in is not told"
    return Condition("battery", Rating.FINE, seen, values=values)


def plan_condition(power: PowerReading) -> Condition:
    """Judge what the system was told about saving power."""
    if not power.plan:
        return unreadable("power plan")
    values = {"plan": power.plan}
    if power.plan in _FULL:
        return Condition("power plan", Rating.FINE, power.plan, values=values)
    advice = "Choose the plan for high performance while measuring: " + (
        "powercfg /setactive SCHEME_MIN" if power.plan in _PLANS.values() else "powerprofilesctl set performance"
    )
    rating = Rating.WRONG if power.plan in _SAVING else Rating.SUSPECT
    return Condition("power plan", rating, power.plan, advice, values)


def _battery() -> tuple[bool, object]:
    """Return that psutil could look, and what it found: ``None`` is no battery."""
    ask = getattr(psutil, "sensors_battery", None)
    return (False, None) if ask is None else (True, ask())


def _powercfg() -> str:
    command = [os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "powercfg.exe")]  # noqa: PTH118
    answer = subprocess.run(  # noqa: S603  (a fixed command)
        [*command, "/getactivescheme"], capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=True
    )
    return answer.stdout
