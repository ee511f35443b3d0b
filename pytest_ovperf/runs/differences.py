"""In which facts of their environment runs differ, and whether they ran on the same hardware."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from typing import TYPE_CHECKING

from .compared import EnvironmentDifference

if TYPE_CHECKING:
    from .view import RunView

#: The one fact that decides, where both runs have it: what baselines are keyed by.
PROFILE = "hardware profile"

#: The facts that decide otherwise. Memory, clock and host name differ within one kind of machine, and an architecture
#: has several names.
HARDWARE = ("cpu", "cpu count", "system")


def differences(runs: Sequence[RunView]) -> tuple[EnvironmentDifference, ...]:
    """Return the facts that are not the same in all ``runs``, machines first.

    A machine's fact that a run leaves out is unknown there and no difference. A package or a device that a run leaves
    out was not there, unless the run names none at all.
    """
    return (
        *_differing("machine", [run.machine for run in runs], absence=False),
        *_differing("versions", [run.versions for run in runs], absence=True),
        *_differing("devices", [run.devices for run in runs], absence=True),
    )


def other_hardware(first: RunView, last: RunView) -> str:
    """Say in which facts two runs' hardware differs, as ``cpu A → B``; empty where it is the same or not known."""
    profiles = first.machine.get(PROFILE, ""), last.machine.get(PROFILE, "")
    if all(profiles):
        return "" if profiles[0] == profiles[1] else _change(PROFILE, *profiles)
    pairs = [(name, first.machine.get(name, ""), last.machine.get(name, "")) for name in HARDWARE]
    return ", ".join(_change(name, then, now) for name, then, now in pairs if then and now and then != now)


def other_devices(first: RunView, last: RunView, names: Sequence[str]) -> str:
    """Say which of the devices called ``names`` are not the same in two runs, as ``GPU A → B``; empty for none."""
    pairs = [(name, first.devices.get(name, ""), last.devices.get(name, "")) for name in dict.fromkeys(names)]
    return ", ".join(_change(name, then, now) for name, then, now in pairs if then and now and then != now)


def _differing(about: str, facts: Sequence[Mapping[str, str]], *, absence: bool) -> list[EnvironmentDifference]:
    found: list[EnvironmentDifference] = []
    for name in dict.fromkeys(name for each in facts for name in each):
        values = tuple(each.get(name, "") for each in facts)
        told = {value for value, each in zip(values, facts, strict=True) if value or (absence and each)}
        if len(told) > 1:
            found.append(EnvironmentDifference(about, name, values))
    return found


def _change(name: str, then: str, now: str) -> str:
    return f"{name} {then} → {now}"
