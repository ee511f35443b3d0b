"""Linux' files about devices, written below a folder as the kernel shows them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class LinuxFiles:
    """A file system of its own with what a test puts there. Skips the test on Windows."""

    def __init__(self, root: Path) -> None:
        if sys.platform == "win32":
            pytest.skip("Windows has no such file names and links")
        self.root = root

    def bus(self) -> Path:
        """Make a bus without devices."""
        folder = self.root / "sys" / "bus" / "pci" / "devices"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def pci(self, address: str, *, device: int, code: int, vendor: int = 0x8086, driver: str = "") -> None:
        """Put a device on the bus, with a driver bound to it or none."""
        folder = self.bus() / address
        folder.mkdir()
        for name, number, digits in (("vendor", vendor, 4), ("device", device, 4), ("class", code, 6)):
            self.write(folder / name, f"0x{number:0{digits}x}\n")
        if driver:
            bound = self.root / "sys" / "bus" / "pci" / "drivers" / driver
            bound.mkdir(parents=True, exist_ok=True)
            (folder / "driver").symlink_to(bound, target_is_directory=True)

    def node(self, path: str, *, of: str = "", kind: str = "drm") -> Path:
        """Put a device node below ``/dev`` (a plain file here), of the device at that address on the bus."""
        node = self.root / "dev" / path
        self.write(node, "")
        if of:
            shown = self.root / "sys" / "class" / kind / node.name
            shown.mkdir(parents=True)
            (shown / "device").symlink_to(self.bus() / of, target_is_directory=True)
        return node

    def write(self, path: Path, text: str) -> None:
        """Write a file and the folders above it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii", newline="\n")
