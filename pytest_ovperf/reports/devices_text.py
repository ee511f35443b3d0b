"""What ``ovperf devices`` prints: the machine and each device, for people and for scripts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_ovperf.hardware.device import ObstacleKind

from . import figures
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ovperf.hardware.device import DeviceInfo
    from pytest_ovperf.hardware.probe import Machine

#: The version of the JSON document; it grows with every change that a script would stumble over.
SCHEMA = 1

_LABEL_CELLS = 16
_GIB = 1 << 30
_PRECISION = re.compile(r"(?:FP|BF|INT|UINT|U|I|NF)[0-9]+\w*|BIN")


def devices_json(machine: Machine) -> str:
    """Return the machine as an indented JSON document, `SCHEMA` its version.

    What is not known is an empty text, an empty list or ``null``.
    """
    document = {
        "schema": SCHEMA,
        "profile": machine.profile.slug,
        "machine": {**machine.profile.facts(), "core_kinds": machine.cores.facts() if str(machine.cores) else None},
        "versions": dict(machine.versions),
        "devices": [{**device.facts(), "memory_bytes": device.memory_bytes or None} for device in machine.devices],
    }
    return json.dumps(document, indent=2, ensure_ascii=True)


def devices_text(machine: Machine, *, width: int, encoding: str) -> str:
    """Return the listing, no line wider than ``width`` cells."""
    screen = Screen(width, encoding)
    lines = _machine(machine, screen)
    for device in machine.devices:
        lines += ["", *(_available(device, screen) if device.available else _absent(device, screen))]
    return "\n".join(lines)


def _machine(machine: Machine, screen: Screen) -> list[str]:
    profile = machine.profile
    threads = f", {figures.count(profile.logical_cores, 'thread')}" if profile.logical_cores else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    facts = (
        ("cores", f"{figures.count(profile.physical_cores, 'core')}{threads}"),
        ("kinds of cores", str(machine.cores)),
        ("instructions", ", ".join(profile.isa)),
        ("memory", f"{profile.memory_gib} GiB"),
        ("virtual machine", "yes" if profile.virtual else "no"),
        ("system", f"{profile.system} {profile.arch}"),
        ("profile", profile.slug),
        ("versions", versions),
    )
    return [*screen.wrap(profile.brand, hang="  "), *_facts(facts, screen)]


def _available(device: DeviceInfo, screen: Screen) -> list[str]:
    precisions = [each for each in device.capabilities if _PRECISION.fullmatch(each)]
    features = [each for each in device.capabilities if not _PRECISION.fullmatch(each)]
    facts = (
        ("architecture", device.architecture),
        ("precisions", ", ".join(precisions)),
        ("features", ", ".join(features)),
        ("streams", "" if device.streams is None else f"{device.streams[0]} to {device.streams[1]}"),
        ("driver", device.driver),
        ("compiler", device.compiler),
        ("memory", f"{device.memory_bytes / _GIB:.1f} GiB" if device.memory_bytes else ""),
    )
    return [*screen.wrap(f"{device.name}: {device.full_name}", hang="  "), *_facts(facts, screen)]


def _absent(device: DeviceInfo, screen: Screen) -> list[str]:
    words = device.obstacles[0].kind.words if device.obstacles else ObstacleKind.UNKNOWN.words
    title = f"{device.name}: cannot be used: {words}"
    return [*screen.wrap(title, hang="  "), *_facts(tuple(_obstacles(device)), screen)]


def _obstacles(device: DeviceInfo) -> Iterator[tuple[str, str]]:
    """Yield what is in the way, each with what to do; without hardware, the rest is only mentioned."""
    if not device.obstacles:
        yield "why", device.reason
        return
    first, *others = device.obstacles
    yield "why", first.seen
    yield "what to do", first.remedy
    for other in others:
        yield "also", other.seen
        if first.kind is not ObstacleKind.NO_HARDWARE:
            yield "what to do", other.remedy
    if device.said and device.said not in first.seen:
        yield "OpenVINO says", device.said


def _facts(facts: tuple[tuple[str, str], ...], screen: Screen) -> list[str]:
    lines: list[str] = []
    indent = " " * (_LABEL_CELLS + 2)
    for label, text in facts:
        wrapped = screen.wrap(text, indent=indent)
        if wrapped:  # the label goes in afterwards: wrapping folds spaces
            lines += [f"  {label:<{_LABEL_CELLS}}{wrapped[0][len(indent) :]}", *wrapped[1:]]
    return lines
