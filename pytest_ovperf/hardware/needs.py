"""What a test needs of its device, and why a device does not have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import devices as device_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .device import DeviceInfo

#: The precisions that a test can need: OpenVINO lists each, in capitals, among a device's optimisation capabilities.
PRECISIONS = ("fp32", "bf16", "fp16", "int8", "int16")

_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """What ``@pytest.mark.device`` says.

    ``names`` are device expressions in OpenVINO's spelling, each once. With ``fallback`` they are an order of
    preference for one case; without, each is a case of its own. ``precision`` is one of `PRECISIONS` and
    ``min_memory_gib`` above 0, each ``None`` where the test needs nothing of the kind. ``dynamic`` says that the
    devices take dimensions without an upper bound, NPUs too.
    """

    names: tuple[str, ...]
    precision: str | None = None
    min_memory_gib: float | None = None
    fallback: bool = False
    dynamic: bool = False


def unmet(mark: DeviceMark, expression: str, devices: Sequence[DeviceInfo]) -> str | None:
    """Return why ``expression`` lacks what the test needs, or ``None`` if it has it all.

    ``AUTO`` has what one of its devices has, ``HETERO`` what all of them have. Devices that cannot be used at all are
    `devices.require`'s business and not looked at here. A device that does not tell its memory does not pass for one
    that has enough.
    """
    named = device_rules.base_devices(expression)
    found = [device_rules.find(name, devices) for name in named] or list(devices)
    lacking = [(device, _lack(mark, device)) for device in found if device.available]
    reasons = [f"{device.name}{_in_brackets(device.full_name)} {lack}" for device, lack in lacking if lack]
    enough = len(reasons) < len(lacking) if device_rules.one_is_enough(expression) else not reasons
    return None if enough or not reasons else f"This test needs {_need(mark)}; {'; '.join(reasons)}."


def preferences(mark: DeviceMark, devices: Sequence[DeviceInfo]) -> tuple[tuple[str, str | None], ...]:
    """Return the devices of ``mark`` in order, each with why it need not even be tried, ``None`` where it can be.

    For a marker with ``fallback``: compile for the first without a reason, and go on from there if that fails.
    """
    ordered: list[tuple[str, str | None]] = []
    for expression in mark.names:
        absent = device_rules.hindrance(expression, devices)
        ordered.append((expression, absent or unmet(mark, expression, devices)))
    return tuple(ordered)


def _lack(mark: DeviceMark, device: DeviceInfo) -> str:
    """Return what ``device`` lacks, worded to follow its name; empty if nothing."""
    if mark.precision is not None and mark.precision.upper() not in device.capabilities:
        return f"lists {', '.join(device.capabilities) or 'no precision at all'}"
    if mark.min_memory_gib is not None:
        if not device.memory_bytes:
            return "does not tell its memory"
        if device.memory_bytes < mark.min_memory_gib * _GIB:
            return f"has {device.memory_bytes / _GIB:.1f} GiB"
    return ""


def _need(mark: DeviceMark) -> str:
    needs = [] if mark.precision is None else [mark.precision.upper()]
    if mark.min_memory_gib is not None:
        needs.append(f"{mark.min_memory_gib:g} GiB of device memory")
    return " and ".join(needs)


def _in_brackets(text: str) -> str:
    return f" ({text})" if text else ""
