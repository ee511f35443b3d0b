"""Why a device cannot be used. The surroundings are made up; OpenVINO's words are as seen or publicly reported.

This project's machines have neither GPU nor NPU: only "no such hardware", "loader missing" and "compiler missing" are
also met for real, in the integration tests.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.hardware.device import ObstacleKind
from pytest_ovperf.hardware.diagnosis import diagnose
from pytest_ovperf.hardware.pci import PciDevice
from pytest_ovperf.hardware.surroundings import DeviceNode, Surroundings

ARC = PciDevice("0000:03:00.0", 0x56A0, 0x03, "i915")
NPU = PciDevice("0000:00:0b.0", 0x643E, 0x12, "intel_vpu")
OPEN, CLOSED = (DeviceNode("/dev/dri/renderD128", usable, "render") for usable in (True, False))
ACCEL = DeviceNode("/dev/accel/accel0", usable=True, group="render")
GPU_WELL = Surroundings("Linux", (ARC,), (OPEN,), plugin=True, loader=True, driver=True)
NPU_WELL = Surroundings("Linux", (NPU,), (ACCEL,), plugin=True, loader=True, driver=True, compiler=True)
WINDOWS = Surroundings("Windows", (replace(ARC, driver="igfxn"),), None, plugin=True, loader=True, driver=True)
SAID = "OpenVINO's GPU plugin finds no device."


@pytest.mark.parametrize(
    ("around", "kind", "seen", "remedy"),
    [
        (replace(GPU_WELL, plugin=False), ObstacleKind.PLUGIN_MISSING, "no GPU plugin", "--force-reinstall openvino"),
        (replace(GPU_WELL, hardware=(), nodes=()), ObstacleKind.NO_HARDWARE, "No GPU of Intel's", "Leave GPU out"),
        (
            replace(GPU_WELL, hardware=(replace(ARC, driver=""),)),
            ObstacleKind.DRIVER_MISSING,
            "8086:56a0 at 0000:03:00.0) is bound to no driver",
            "Update the kernel",
        ),
        (
            replace(GPU_WELL, hardware=(replace(ARC, driver="vfio-pci"),)),
            ObstacleKind.DRIVER_MISSING,
            "bound to vfio-pci, and not to i915 or xe",
            "Update the kernel",
        ),
        (replace(GPU_WELL, nodes=()), ObstacleKind.NODE_MISSING, "/dev/dri/renderD*", "--device /dev/dri)"),
        (
            replace(GPU_WELL, nodes=(CLOSED,)),
            ObstacleKind.NO_PERMISSION,
            "may not open /dev/dri/renderD128, which belongs to the group render",
            "usermod -aG render",
        ),
        (replace(GPU_WELL, loader=False), ObstacleKind.OPENCL_LOADER_MISSING, "OpenCL loader", "ocl-icd-libopencl1"),
        (replace(GPU_WELL, driver=False), ObstacleKind.DRIVER_MISSING, "OpenCL driver", "intel-opencl-icd"),
        (replace(WINDOWS, loader=False), ObstacleKind.OPENCL_LOADER_MISSING, "OpenCL loader", "driver for Windows"),
        (
            replace(WINDOWS, hardware=(replace(ARC, driver=""),)),
            ObstacleKind.DRIVER_MISSING,
            "bound to no driver.",
            "graphics driver for Windows",
        ),
        (GPU_WELL, ObstacleKind.DRIVER_INCOMPATIBLE, "cannot use them together", "up to date"),
        (replace(GPU_WELL, hardware=None), ObstacleKind.UNKNOWN, SAID, "--ov-device"),
    ],
)
def test_what_is_in_a_gpus_way(around: Surroundings, kind: ObstacleKind, seen: str, remedy: str) -> None:
    obstacle = diagnose("GPU", SAID, around)[0]
    assert obstacle.kind is kind
    assert seen in obstacle.seen
    assert remedy in obstacle.remedy


@pytest.mark.parametrize(
    ("around", "kind", "seen", "remedy"),
    [
        (
            replace(NPU_WELL, hardware=(), nodes=()),
            ObstacleKind.NO_HARDWARE,
            "No NPU of Intel's",
            "compile for one that is elsewhere with --ov-npu-platform",
        ),
        (replace(NPU_WELL, loader=False), ObstacleKind.LEVEL_ZERO_LOADER_MISSING, "Level Zero loader", "libze1"),
        (replace(NPU_WELL, driver=False), ObstacleKind.DRIVER_MISSING, "Level Zero driver", "intel-level-zero-npu"),
        (
            replace(NPU_WELL, compiler=False),
            ObstacleKind.NPU_COMPILER_MISSING,
            "neither in this OpenVINO wheel nor from the driver",
            "intel-driver-compiler-npu",
        ),
        (
            replace(NPU_WELL, hardware=(replace(NPU, driver=""),)),
            ObstacleKind.DRIVER_MISSING,
            "8086:643e",
            "intel-fw-npu",
        ),
        (replace(NPU_WELL, nodes=()), ObstacleKind.NODE_MISSING, "/dev/accel/accel*", "--device /dev/accel)"),
        (
            replace(NPU_WELL, system="Windows", nodes=None, hardware=(replace(NPU, driver=""),)),
            ObstacleKind.DRIVER_MISSING,
            "bound to no driver",
            "NPU driver for Windows",
        ),
    ],
)
def test_what_is_in_an_npus_way(around: Surroundings, kind: ObstacleKind, seen: str, remedy: str) -> None:
    obstacle = diagnose("NPU", "No NPU devices were found.", around)[0]
    assert obstacle.kind is kind
    assert seen in obstacle.seen
    assert remedy in obstacle.remedy


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('Device with "NPU" name is not registered in the OpenVINO Runtime', ObstacleKind.PLUGIN_MISSING),
        ("Plugin supports only driver with graph extension major version 1", ObstacleKind.DRIVER_INCOMPATIBLE),
        ("No NPU devices were found.", ObstacleKind.DRIVER_INCOMPATIBLE),
        ("Could not find an NPU device. The driver compiler requires one.", ObstacleKind.DRIVER_INCOMPATIBLE),
        ("something that nobody has seen", ObstacleKind.UNKNOWN),
    ],
)
def test_where_nothing_is_missing_openvinos_words_decide(said: str, kind: ObstacleKind) -> None:
    (obstacle,) = diagnose("NPU", said, NPU_WELL)
    assert obstacle.kind is kind


def test_an_unknown_obstacle_keeps_all_that_openvino_said() -> None:
    said = "something that nobody has seen"
    assert diagnose("NPU", said, NPU_WELL)[0].seen == said
    assert "nothing is known" in diagnose("NPU", "", NPU_WELL)[0].seen


def test_all_that_is_missing_is_said_at_once() -> None:
    around = Surroundings("Linux", (NPU,), (replace(ACCEL, usable=False),), plugin=True, loader=False, driver=False)
    assert [obstacle.kind for obstacle in diagnose("NPU", "", replace(around, compiler=False))] == [
        ObstacleKind.NO_PERMISSION,
        ObstacleKind.LEVEL_ZERO_LOADER_MISSING,
        ObstacleKind.DRIVER_MISSING,
        ObstacleKind.NPU_COMPILER_MISSING,
    ]


def test_one_driven_gpu_of_two_is_enough() -> None:
    around = replace(GPU_WELL, hardware=(replace(ARC, driver=""), ARC), nodes=(CLOSED, OPEN))
    assert [obstacle.kind for obstacle in diagnose("GPU", SAID, around)] == [ObstacleKind.DRIVER_INCOMPATIBLE]


def test_without_hardware_no_driver_is_missed() -> None:
    around = Surroundings("Linux", (), (), plugin=True, loader=True, driver=False)
    assert [obstacle.kind for obstacle in diagnose("GPU", SAID, around)] == [ObstacleKind.NO_HARDWARE]
