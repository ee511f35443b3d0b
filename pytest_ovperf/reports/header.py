"""What heads a run: the machine, the versions and the devices, in two or three lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass, field

from . import figures
from .screen import Screen

_TITLE = "ovperf: "


@dataclass(frozen=True, slots=True)
class DeviceFact:
    """A device that OpenVINO names: ``CPU`` with its full name, and whether it can be used."""

    name: str
    full_name: str = ""
    available: bool = True


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """The machine as the header shows it.

    ``isa`` are the instruction sets worth naming, ``virtual`` tells of a virtual machine (``None`` is unknown),
    ``profile`` is the slug that baselines are kept under. A core count of 0 is unknown.
    """

    brand: str
    physical_cores: int
    logical_cores: int
    isa: tuple[str, ...] = ()
    virtual: bool | None = None
    profile: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    devices: tuple[DeviceFact, ...] = ()


def header(facts: HeaderFacts, *, width: int, encoding: str) -> list[str]:
    """Return the header's lines, none wider than ``width`` cells; what does not fit goes on in a line of its own."""
    screen = Screen(width, encoding)
    hang = " " * len(_TITLE)
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    lines = screen.wrap(_TITLE + _machine(facts), hang=hang)
    for text in (versions, _devices(facts.devices)):
        lines += screen.wrap(text, indent=hang)
    return lines


def _machine(facts: HeaderFacts) -> str:
    parts = [facts.brand or "unknown processor"]
    if facts.physical_cores or facts.logical_cores:
        cores = figures.count(facts.physical_cores or facts.logical_cores, "core")
        threads = figures.count(facts.logical_cores, "thread")
        parts.append(f"{cores}, {threads}" if facts.logical_cores > facts.physical_cores > 0 else cores)
    if facts.isa:
        parts.append(" ".join(facts.isa))
    if facts.virtual:
        parts.append("virtual machine")
    if facts.profile:
        parts.append(f"profile {facts.profile}")
    return " · ".join(parts)


def _devices(devices: Sequence[DeviceFact]) -> str:
    if not devices:
        return ""
    usable = ", ".join(_with(device.name, device.full_name) for device in devices if device.available)
    absent = ", ".join(device.name for device in devices if not device.available)
    parts = [f"devices: {usable or 'none'}"]
    if absent:
        parts.append(f"not usable: {absent} (why: ovperf devices)")
    return " · ".join(parts)


def _with(name: str, remark: str) -> str:
    remark = remark.strip().removesuffix(".")
    return f"{name} ({remark})" if remark else name
