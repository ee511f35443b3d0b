"""Whether this is a virtual machine."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

_FIRMWARE = Path("/sys/class/dmi/id")

#: What hypervisors write where a machine's maker and product stand.
_HYPERVISORS = (
    "alibaba cloud",
    "amazon ec2",
    "apple virtualization",
    "bhyve",
    "bochs",
    "droplet",
    "google compute engine",
    "hvm domu",
    "hypervisor",
    "kvm",
    "openstack",
    "parallels",
    "qemu",
    "virtual machine",
    "virtualbox",
    "vmware",
)


def is_virtual(system: str, flags: frozenset[str], firmware: str) -> bool:
    """Tell whether the machine is virtual, from its CPU ``flags`` and its ``firmware``'s maker and product.

    Windows with Hyper-V switched on shows the hypervisor flag on bare metal too, so there the firmware has the word
    wherever it says anything. Clouds' bare metal products carry the cloud's name and end in ``.metal``.
    """
    named = any(name in firmware.lower() for name in _HYPERVISORS) and ".metal" not in firmware.lower()
    if system == "Windows" and firmware:
        return named
    return named or "hypervisor" in flags


def firmware_identity(folder: Path = _FIRMWARE) -> str:
    """Return what the firmware says of the machine's maker and product, empty where it cannot be read."""
    readers = {"win32": _windows_identity, "darwin": _darwin_identity}
    read = readers.get(sys.platform)
    return read() if read else linux_identity(folder)


def linux_identity(folder: Path) -> str:
    """Return maker and product out of Linux' firmware ``folder``; absent on many ARM boards and in containers."""
    words = []
    for name in ("sys_vendor", "product_name"):
        try:
            words.append((folder / name).read_text(encoding="utf-8", errors="replace").strip())
        except OSError:
            continue
    return " ".join(words)


def _windows_identity() -> str:
    words: list[str] = []
    if sys.platform == "win32":  # for type checkers, which know the registry on Windows only
        import winreg  # noqa: PLC0415

        with (
            contextlib.suppress(OSError),  # what was read so far is all there is
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"HARDWARE\DESCRIPTION\System\BIOS") as key,
        ):
            for name in ("SystemManufacturer", "SystemProductName"):
                words += [str(winreg.QueryValueEx(key, name)[0])]
    return " ".join(words)


def _darwin_identity() -> str:
    command = ["/usr/sbin/sysctl", "-n", "kern.hv_vmm_present"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "virtual machine" if answer.stdout.strip() == "1" else "Apple"
