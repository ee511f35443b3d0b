"""Read this machine's hardware profile."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import psutil

from .cores import logical_cores, physical_cores
from .profile import UNKNOWN, HardwareProfile, instruction_sets
from .virtual import firmware_identity, is_virtual

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64"}
_GIB = 1 << 30


def read_profile() -> HardwareProfile:
    """Return the profile of the machine that this process runs on. Takes about 0.2 s, most of it in ``cpuinfo``.

    Never fails for what the system does not tell: such facts are `UNKNOWN`.
    """
    return assemble(
        _cpu_info(),
        physical=physical_cores(),
        logical=logical_cores(),
        memory_bytes=psutil.virtual_memory().total,
        firmware=firmware_identity(),
        system=platform.system(),
        machine=platform.machine(),
    )


def assemble(  # noqa: PLR0913  (one argument a source that is read; all by name)
    info: Mapping[str, object],
    *,
    physical: int,
    logical: int,
    memory_bytes: int,
    firmware: str,
    system: str,
    machine: str,
) -> HardwareProfile:
    """Return the profile made of ``cpuinfo``'s findings and of what was counted elsewhere."""
    arch = _ARCHITECTURES.get(machine.lower(), machine.lower() or UNKNOWN)
    found = info.get("flags")
    flags = frozenset(str(flag).lower() for flag in found) if isinstance(found, list | tuple) else frozenset()
    if arch == "arm64":
        flags |= {"neon"}  # part of the architecture; macOS and Windows list no flags at all
    return HardwareProfile(
        vendor=_text(info, "vendor_id_raw"),
        brand=_text(info, "brand_raw"),
        family=_text(info, "family"),
        model=_text(info, "model"),
        stepping=_text(info, "stepping"),
        physical_cores=physical,
        logical_cores=logical,
        isa=instruction_sets(flags),
        memory_gib=round(memory_bytes / _GIB),
        virtual=is_virtual(system, flags, firmware),
        system=system or UNKNOWN,
        arch=arch,
    )


def _text(info: Mapping[str, object], name: str) -> str:
    """Return the fact as one line of text: sources differ in their padding, and a profile must not."""
    return " ".join(str(info.get(name, "")).split()) or UNKNOWN


def _cpu_info() -> Mapping[str, object]:
    try:
        import cpuinfo  # noqa: PLC0415

        found = cpuinfo.get_cpu_info()
    except Exception:  # noqa: BLE001  (the library reads a dozen system sources and raises bare exceptions)
        found = {}
    return found if isinstance(found, dict) else {}
