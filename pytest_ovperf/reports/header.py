"""What heads a run: the machine, the versions and the devices, in three or four lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass, field

from . import figures
from .screen import Screen

_TITLE = "ovperf: "


@dataclass(frozen=True, slots=True)
class DeviceFact:
    """A device that OpenVINO names: ``CPU`` with its full name, whether it can be used, and if not why in few words."""

    name: str
    full_name: str = ""
    available: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """The machine as the header shows it.

    ``isa`` are the instruction sets worth naming, ``virtual`` tells of a virtual machine (``None`` is unknown),
    ``profile`` is the slug that baselines are kept under. A core count of 0 is unknown. ``core_kinds`` spells out the
    kinds of cores where there are several; ``memory_gib`` of 0 is unknown. ``asked`` are the device expressions of the
    run, said where they are more than the CPU; ``hindered`` says of each that cannot be used here why. ``against`` is
    the other side of its races, with where it is.
    """

    brand: str
    physical_cores: int
    logical_cores: int
    isa: tuple[str, ...] = ()
    virtual: bool | None = None
    profile: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[DeviceFact, ...] = ()
    core_kinds: str = ""
    memory_gib: int = 0
    asked: tuple[str, ...] = ()
    hindered: tuple[str, ...] = ()
    against: str = ""


def header(facts: HeaderFacts, *, width: int, encoding: str) -> list[str]:
    """Return the header's lines, none wider than ``width`` cells; what does not fit goes on in a line of its own."""
    screen = Screen(width, encoding)
    hang = " " * len(_TITLE)
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    lines = screen.wrap(_TITLE + _machine(facts), hang=hang)
    asked = "" if facts.asked in {(), ("CPU",)} else f"run on: {'; '.join(facts.asked)}"
    against = f"raced against {facts.against}" if facts.against else ""
    hindered = [f"{why} Its tests are skipped." for why in facts.hindered]
    for text in (versions, _devices(facts.devices), asked, *hindered, against):
        lines += screen.wrap(text, indent=hang)
    return lines


def _machine(facts: HeaderFacts) -> str:
    parts = [facts.brand or "unknown processor"]
    if facts.physical_cores or facts.logical_cores:
        cores = figures.count(facts.physical_cores or facts.logical_cores, "core")
        cores += f" ({facts.core_kinds})" if facts.core_kinds else ""
        threads = figures.count(facts.logical_cores, "thread")
        parts.append(f"{cores}, {threads}" if facts.logical_cores > facts.physical_cores > 0 else cores)
    if facts.isa:
        parts.append(" ".join(facts.isa))
    if facts.memory_gib:
        parts.append(f"{facts.memory_gib} GiB")
    if facts.virtual:
        parts.append("virtual machine")
    if facts.profile:
        parts.append(f"profile {facts.profile}")
    return " · ".join(parts)


def _devices(devices: Sequence[DeviceFact]) -> str:
    if not devices:
        return ""
    usable = ", ".join(_with(device.name, device.full_name) for device in devices if device.available)
    absent = ", ".join(_with(device.name, device.why) for device in devices if not device.available)
    parts = [f"devices: {usable or 'none'}"]
    if absent:
        parts.append(f"not usable: {absent}; see ovperf devices")
    return " · ".join(parts)


def _with(name: str, remark: str) -> str:
    remark = remark.strip().removesuffix(".")
    return f"{name} ({remark})" if remark else name
