"""Intel's GPUs and NPUs on the PCI bus, whether or not anything drives them."""

from __future__ import annotations

import ctypes
import re
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTEL = 0x8086
_DISPLAY = 0x03
_ACCELERATOR = 0x12
#: The NPUs that Linux' driver names: Meteor, Arrow, Lunar, Panther, Wildcat and Nova Lake.
_NPUS = frozenset({0x7D1D, 0xAD1D, 0x643E, 0xB03E, 0xFD3E, 0xD71D})
#: Intel's accelerator cards that are no NPU: programmable ones, of the same class on the bus.
_OTHER_ACCELERATORS = frozenset({0x09C4, 0x0B2B, 0x0B30, 0xBCCE, 0xBCC0, 0xAF00})

_REGISTRY = r"SYSTEM\CurrentControlSet\Enum\PCI"
_HARDWARE_ID = re.compile(r"VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", re.IGNORECASE)
_CLASS_CODE = re.compile(r"\bCC_([0-9A-F]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PciDevice:
    """A device of Intel's on the bus: where, which, its class and the kernel driver bound to it (empty: none)."""

    address: str
    device: int
    device_class: int
    driver: str = ""

    @property
    def family(self) -> str:
        """``GPU``, ``NPU``, or empty for anything else."""
        if self.device_class == _DISPLAY:
            return "GPU"
        if self.device in _NPUS or self.driver == "intel_vpu":
            return "NPU"
        return "NPU" if self.device_class == _ACCELERATOR and self.device not in _OTHER_ACCELERATORS else ""

    def __str__(self) -> str:
        return f"{_INTEL:04x}:{self.device:04x} at {self.address}"


def read_pci(root: Path = Path("/")) -> tuple[PciDevice, ...] | None:
    """Return Intel's devices on this machine's bus, or ``None`` where the system does not show its bus.

    ``root`` is the top of the file system, for Linux.
    """
    return windows_pci() if sys.platform == "win32" else linux_pci(root)


def linux_pci(root: Path) -> tuple[PciDevice, ...] | None:
    """Return Intel's devices as Linux shows them under ``root``, ``None`` where it shows no bus."""
    folder = root / "sys" / "bus" / "pci" / "devices"
    if not folder.is_dir():
        return None
    found = []
    for path in sorted(folder.iterdir()):
        vendor, device, code = (_hexadecimal(path / name) for name in ("vendor", "device", "class"))
        if vendor == _INTEL:
            link = path / "driver"
            driver = link.resolve().name if link.exists() else ""
            found.append(PciDevice(path.name, device, code >> 16, driver))
    return tuple(found)


def windows_pci() -> tuple[PciDevice, ...] | None:
    """Return Intel's devices out of Windows' registry, those that are plugged in now; ``None`` without a registry."""
    try:
        registry: Any = import_module("winreg")  # by name, so that tests can stand in for it
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, _REGISTRY) as bus:
            return tuple(device for kind in _subkeys(registry, bus) for device in _windows_devices(registry, bus, kind))
    except (ImportError, OSError):
        return None


def _windows_devices(registry: Any, bus: Any, kind: str) -> Iterator[PciDevice]:  # noqa: ANN401  (of a foreign module)
    known = _HARDWARE_ID.search(kind)
    if known is None or int(known[1], 16) != _INTEL:
        return
    with registry.OpenKey(bus, kind) as instances:
        for instance in _subkeys(registry, instances):
            if not _plugged_in(rf"PCI\{kind}\{instance}"):
                continue
            with registry.OpenKey(instances, instance) as key:
                codes = _CLASS_CODE.search(" ".join(_values(registry, key, "CompatibleIDs")))
                driver = " ".join(_values(registry, key, "Service"))
            yield PciDevice(instance, int(known[2], 16), int(codes[1], 16) if codes else 0, driver)


def _plugged_in(identifier: str) -> bool:
    """Tell whether a device that the registry remembers is there now; yes where Windows cannot be asked."""
    windows = getattr(ctypes, "windll", None)
    if windows is None:
        return True
    handle, normal = ctypes.c_ulong(0), 0
    return bool(windows.cfgmgr32.CM_Locate_DevNodeW(ctypes.byref(handle), identifier, normal) == 0)


def _subkeys(registry: Any, key: Any) -> list[str]:  # noqa: ANN401  (of a foreign module)
    return [str(registry.EnumKey(key, index)) for index in range(registry.QueryInfoKey(key)[0])]


def _values(registry: Any, key: Any, name: str) -> list[str]:  # noqa: ANN401  (of a foreign module)
    try:
        value = registry.QueryValueEx(key, name)[0]
    except OSError:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _hexadecimal(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        return 0
