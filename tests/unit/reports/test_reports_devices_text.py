"""What ``ovperf devices`` prints, of a machine that has a bit of everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.hardware.device import DeviceInfo, Obstacle, ObstacleKind
from pytest_ovperf.hardware.kinds import CoreKinds
from pytest_ovperf.hardware.probe import Machine
from pytest_ovperf.hardware.profile import HardwareProfile
from pytest_ovperf.reports.devices_text import SCHEMA, devices_json, devices_text
from pytest_ovperf.reports.screen import cell_width

EXPECTED = Path(__file__).parent / "expected" / "devices_80.txt"

PROFILE = HardwareProfile(
    vendor="GenuineIntel",
    brand="Intel(R) Core(TM) Ultra 7 155H",
    family="6",
    model="170",
    stepping="4",
    physical_cores=16,
    logical_cores=22,
    isa=("avx2", "avx_vnni"),
    memory_gib=32,
    virtual=False,
    system="Linux",
    arch="x86_64",
)
CPU = DeviceInfo(
    "CPU",
    PROFILE.brand,
    ("WINOGRAD", "FP32", "INT8", "BIN"),
    available=True,
    reason="",
    architecture="intel64",
    streams=(1, 22),
    memory_bytes=31 << 30,
)
GPU = DeviceInfo.hindered(
    "GPU",
    "Cannot load library libopenvino_intel_gpu_plugin.so: libOpenCL.so.1: cannot open shared object file",
    Obstacle(
        ObstacleKind.NO_PERMISSION, "This user may not open /dev/dri/renderD128.", "sudo usermod -aG render $USER"
    ),
    Obstacle(
        ObstacleKind.OPENCL_LOADER_MISSING, "The OpenCL loader is not installed.", "apt install ocl-icd-libopencl1"
    ),
)
NPU = DeviceInfo(
    "NPU",
    "Intel(R) AI Boost",
    ("FP16", "INT8", "EXPORT_IMPORT"),
    available=True,
    reason="",
    architecture="3720",
    streams=(1, 4),
    driver="1688",
    compiler="7.4",
    memory_bytes=16 << 30,
)
MACHINE = Machine(PROFILE, (CPU, GPU, NPU), {"python": "3.12.1", "openvino": "2026.4.1"}, CoreKinds(6, 8, 2))


def test_the_listing_at_80_columns() -> None:
    assert devices_text(MACHINE, width=80, encoding="utf-8") + "\n" == EXPECTED.read_text(encoding="utf-8")


def test_without_hardware_the_rest_is_only_mentioned() -> None:
    none = Obstacle(ObstacleKind.NO_HARDWARE, "There is none.", "Leave it out.")
    gpu = DeviceInfo.hindered("GPU", "no device", none, GPU.obstacles[1])
    text = devices_text(Machine(PROFILE, (gpu,), {}), width=80, encoding="utf-8")
    assert "Leave it out." in text
    assert "also            The OpenCL loader is not installed." in text
    assert "apt install" not in text


def test_a_device_of_which_only_the_reason_is_known_shows_it() -> None:
    text = devices_text(Machine(PROFILE, (DeviceInfo.absent("NPU", "who knows"),), {}), width=80, encoding="ascii")
    assert "NPU: cannot be used: reason unknown" in text
    assert "why             who knows" in text


@given(st.text(), st.integers(40, 120), st.sampled_from(["utf-8", "ascii"]))
def test_no_line_is_wider_than_the_terminal(words: str, width: int, encoding: str) -> None:
    device = DeviceInfo("GPU", words, (words,), available=True, reason="", driver=words)
    absent = DeviceInfo.hindered("NPU", words, Obstacle(ObstacleKind.UNKNOWN, words, words))
    text = devices_text(Machine(PROFILE, (device, absent), {"openvino": words}), width=width, encoding=encoding)
    assert all(cell_width(line) <= width for line in text.splitlines())


def test_the_json_has_all_of_it() -> None:
    document = json.loads(devices_json(MACHINE))
    assert document["schema"] == SCHEMA
    assert document["profile"] == PROFILE.slug
    assert document["machine"]["core_kinds"] == {"performance": 6, "efficient": 8, "low_power": 2}
    assert [DeviceInfo.from_facts(device) for device in (document["devices"][0], document["devices"][2])] == [CPU, NPU]
    gpu = document["devices"][1]
    assert [each["kind"] for each in gpu["obstacles"]] == ["no-permission", "opencl-loader-missing"]
    assert (gpu["memory_bytes"], gpu["streams"]) == (None, None)


def test_the_json_says_null_of_cores_of_one_kind() -> None:
    assert json.loads(devices_json(Machine(PROFILE, (), {})))["machine"]["core_kinds"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_json_is_the_same_in_any_encoding(encoding: str) -> None:
    device = DeviceInfo("GPU", "Grafik™", (), available=True, reason="")
    assert devices_json(Machine(PROFILE, (device,), {})).encode(encoding).isascii()
