"""What is around a device: nodes, libraries and drivers, looked up below a folder of the test's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.hardware import opencl, surroundings
from pytest_ovperf.hardware.pci import PciDevice
from pytest_ovperf.hardware.surroundings import (
    device_nodes,
    gpu_driver,
    loads,
    look_around,
    npu_compiler,
    npu_driver,
    openvino_libraries,
)
from tests.unit.hardware.linux_files import LinuxFiles

if TYPE_CHECKING:
    from pathlib import Path

GPU = PciDevice("0000:00:02.0", 0x7D55, 0x03, "i915")


@pytest.fixture
def files(tmp_path: Path) -> LinuxFiles:
    return LinuxFiles(tmp_path)


@pytest.fixture
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine be a Linux one whose libraries are all missing."""
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr(surroundings, "loads", lambda _: False)
    monkeypatch.setattr(opencl, "platform_names", lambda: None)


def test_only_the_nodes_of_the_hardware_count(files: LinuxFiles) -> None:
    files.pci(GPU.address, device=GPU.device, code=0x030000, driver="i915")
    files.pci("0000:01:00.0", device=0x2684, code=0x030000, vendor=0x10DE)
    files.node("dri/renderD128", of="0000:01:00.0")
    files.node("dri/renderD129", of=GPU.address)
    assert [node.path for node in device_nodes("GPU", files.root, (GPU,))] == ["/dev/dri/renderD129"]


def test_a_node_tells_whether_this_user_may_open_it(files: LinuxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.node("accel/accel0")
    assert device_nodes("NPU", files.root, ())[0].usable
    monkeypatch.setattr(os, "access", lambda *_: False)
    node = device_nodes("NPU", files.root, ())[0]
    assert (node.path, node.usable) == ("/dev/accel/accel0", False)
    assert node.group


def test_intels_opencl_driver_registers_in_a_file(files: LinuxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencl, "platform_names", lambda: None)
    assert gpu_driver(files.root) is None
    vendors = files.root / "etc" / "OpenCL" / "vendors"
    files.write(vendors / "pocl.icd", "libpocl.so.2\n")
    monkeypatch.setattr(opencl, "platform_names", lambda: ("Portable Computing Language",))
    assert gpu_driver(files.root) is False
    monkeypatch.setattr(opencl, "platform_names", lambda: ("Intel(R) OpenCL Graphics",))
    assert gpu_driver(files.root) is True
    monkeypatch.setattr(opencl, "platform_names", lambda: ())
    files.write(vendors / "intel.icd", "/usr/lib/x86_64-linux-gnu/intel-opencl/libigdrcl.so\n")
    assert gpu_driver(files.root) is True


def test_the_npu_driver_is_looked_for_by_its_names() -> None:
    assert npu_driver("Linux", lambda name: name == "libze_intel_vpu.so.1") is True
    assert npu_driver("Linux", lambda _: False) is False
    assert npu_driver("Windows", lambda _: False) is None


def test_the_npu_compiler_may_come_with_openvino_or_with_the_driver(tmp_path: Path) -> None:
    assert npu_compiler(tmp_path, "Linux", lambda _: False) is False
    assert npu_compiler(tmp_path, "Windows", lambda _: False) is None
    assert npu_compiler(None, "Linux", lambda name: name == "libnpu_driver_compiler.so") is True
    (tmp_path / "openvino_intel_npu_compiler.dll").touch()
    assert npu_compiler(tmp_path, "Windows", lambda _: False) is True


def test_a_library_that_is_nowhere_does_not_load() -> None:
    assert not loads("libno-such-library-anywhere.so.1")


def test_an_openvino_that_is_not_installed_has_no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert openvino_libraries() is None


@pytest.mark.usefixtures("on_linux")
def test_looking_around_gathers_it_all(files: LinuxFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.pci("0000:00:0b.0", device=0x643E, code=0x120000, driver="intel_vpu")
    files.node("accel/accel0", of="0000:00:0b.0", kind="accel")
    libraries = tmp_path / "libs"
    files.write(libraries / "libopenvino_intel_npu_plugin.so", "")
    monkeypatch.setattr(surroundings, "openvino_libraries", lambda: libraries)
    around = look_around("NPU", files.root)
    assert around.hardware == (PciDevice("0000:00:0b.0", 0x643E, 0x12, "intel_vpu"),)
    assert around.nodes is not None
    assert [node.path for node in around.nodes] == ["/dev/accel/accel0"]
    assert (around.plugin, around.loader, around.driver, around.compiler) == (True, False, False, False)
    assert look_around("GPU", files.root).plugin is False


@pytest.mark.usefixtures("on_linux")
def test_below_windows_a_linux_guest_does_not_see_the_hosts_devices(files: LinuxFiles) -> None:
    files.bus()
    assert look_around("GPU", files.root).hardware == ()
    files.node("dxg")
    around = look_around("GPU", files.root)
    assert (around.hardware, around.nodes) == (None, None)


@pytest.mark.usefixtures("on_linux")
def test_a_question_that_fails_costs_no_other_answer(files: LinuxFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(surroundings, "read_pci", refuse)
    monkeypatch.setattr(surroundings, "device_nodes", refuse)
    around = look_around("GPU", files.root)
    assert (around.hardware, around.nodes, around.loader) == (None, None, False)


def test_without_an_opencl_loader_there_are_no_platforms_to_name() -> None:
    assert opencl.platform_names("libno-such-opencl.so.1") is None
