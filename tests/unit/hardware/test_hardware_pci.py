"""What is on the bus: Linux' files in a folder of their own, and a stand-in for Windows' registry."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.hardware.pci import PciDevice, linux_pci, windows_pci
from tests.unit.hardware.linux_files import LinuxFiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_intels_devices_are_found_with_their_drivers(tmp_path: Path) -> None:
    files = LinuxFiles(tmp_path)
    files.pci("0000:00:02.0", device=0x7D55, code=0x030000, driver="i915")
    files.pci("0000:00:0b.0", device=0x7D1D, code=0x120000)
    files.pci("0000:01:00.0", device=0x2684, code=0x030000, vendor=0x10DE, driver="nvidia")
    assert linux_pci(tmp_path) == (
        PciDevice("0000:00:02.0", 0x7D55, 0x03, "i915"),
        PciDevice("0000:00:0b.0", 0x7D1D, 0x12),
    )


def test_a_system_without_a_bus_does_not_say_that_there_is_nothing(tmp_path: Path) -> None:
    assert linux_pci(tmp_path) is None
    LinuxFiles(tmp_path).bus()
    assert linux_pci(tmp_path) == ()


def test_unreadable_files_are_no_device_of_intels(tmp_path: Path) -> None:
    (tmp_path / "sys" / "bus" / "pci" / "devices" / "0000:00:02.0").mkdir(parents=True)
    assert linux_pci(tmp_path) == ()


@pytest.mark.parametrize(
    ("device", "family"),
    [
        (PciDevice("", 0x56A0, 0x03, ""), "GPU"),
        (PciDevice("", 0x0BD5, 0x03, "xe"), "GPU"),
        (PciDevice("", 0x643E, 0x12, ""), "NPU"),
        (PciDevice("", 0x1234, 0x12, ""), "NPU"),  # newer than this list
        (PciDevice("", 0x1234, 0x04, "intel_vpu"), "NPU"),
        (PciDevice("", 0x0B2B, 0x12, ""), ""),  # a programmable accelerator card
        (PciDevice("", 0x1237, 0x06, ""), ""),
    ],
)
def test_the_family_is_told_by_class_number_or_driver(device: PciDevice, family: str) -> None:
    assert device.family == family


class Registry(ModuleType):
    """Stands in for ``winreg``: a tree of dicts, in which lists and texts are values."""

    HKEY_LOCAL_MACHINE = None

    def __init__(self, tree: dict[str, Any]) -> None:
        super().__init__("winreg")
        self._tree = {r"SYSTEM\CurrentControlSet\Enum\PCI": tree}

    @contextmanager
    def OpenKey(self, parent: dict[str, Any] | None, name: str) -> Iterator[dict[str, Any]]:  # noqa: N802  (as it is)
        tree = self._tree if parent is None else parent
        if name not in tree:
            raise FileNotFoundError(name)
        yield tree[name]

    def QueryInfoKey(self, key: dict[str, Any]) -> tuple[int, int, int]:  # noqa: N802
        return (len(self._keys(key)), 0, 0)

    def EnumKey(self, key: dict[str, Any], index: int) -> str:  # noqa: N802
        return self._keys(key)[index]

    def QueryValueEx(self, key: dict[str, Any], name: str) -> tuple[Any, int]:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(name)
        return (key[name], 1)

    def _keys(self, key: dict[str, Any]) -> list[str]:
        return [name for name, value in key.items() if isinstance(value, dict)]


def test_windows_registry_names_devices_with_their_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {
        "VEN_8086&DEV_7D55&SUBSYS_0&REV_08": {
            "3&11&10": {"CompatibleIDs": [r"PCI\VEN_8086&CC_030000", r"PCI\CC_0300"], "Service": "igfxn"}
        },
        "VEN_8086&DEV_7D1D&SUBSYS_0&REV_04": {"3&11&58": {"CompatibleIDs": [r"PCI\CC_120000"]}},
        "VEN_10DE&DEV_2684&SUBSYS_0&REV_A1": {"4&22&8": {"CompatibleIDs": [r"PCI\CC_0300"], "Service": "nvlddmkm"}},
        "rubbish": {},
    }
    monkeypatch.setitem(sys.modules, "winreg", Registry(tree))
    monkeypatch.setattr("pytest_ovperf.hardware.pci._plugged_in", lambda _: True)
    found = windows_pci()
    assert found == (PciDevice("3&11&10", 0x7D55, 0x03, "igfxn"), PciDevice("3&11&58", 0x7D1D, 0x12))
    assert [device.family for device in found] == ["GPU", "NPU"]


def test_what_windows_only_remembers_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"VEN_8086&DEV_56A0": {"gone": {"CompatibleIDs": [r"PCI\CC_0300"]}}}
    monkeypatch.setitem(sys.modules, "winreg", Registry(tree))
    asked: list[str] = []

    def gone(identifier: str) -> bool:
        asked.append(identifier)
        return False

    monkeypatch.setattr("pytest_ovperf.hardware.pci._plugged_in", gone)
    assert windows_pci() == ()
    assert asked == [r"PCI\VEN_8086&DEV_56A0\gone"]


def test_a_registry_that_cannot_be_read_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "winreg", None)
    assert windows_pci() is None
    broken = Registry({})
    broken._tree.clear()
    monkeypatch.setitem(sys.modules, "winreg", broken)
    assert windows_pci() is None
