"""A device as it travels from the probe's process: whatever is garbled is refused whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.hardware.device import DeviceInfo, Obstacle, ObstacleKind

words = st.text(max_size=8)
counts = st.integers(0, 1 << 40)
obstacles = st.builds(Obstacle, st.sampled_from(ObstacleKind), words, words)
devices = st.builds(
    DeviceInfo,
    name=words,
    full_name=words,
    capabilities=st.lists(words, max_size=3).map(tuple),
    properties=st.lists(words, max_size=3).map(tuple),
    available=st.booleans(),
    reason=words,
    architecture=words,
    streams=st.none() | st.tuples(counts, counts),
    driver=words,
    compiler=words,
    memory_bytes=counts,
    obstacles=st.lists(obstacles, max_size=2).map(tuple),
    said=words,
)
NPU = DeviceInfo("NPU", "AI Boost", ("FP16",), available=True, reason="", streams=(1, 4), memory_bytes=1)


@given(devices)
def test_a_device_is_read_back_from_its_json(device: DeviceInfo) -> None:
    assert DeviceInfo.from_facts(json.loads(json.dumps(device.facts()))) == device


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("name", 1),
        ("available", "yes"),
        ("capabilities", ["FP16", 8]),
        ("properties", "NUM_STREAMS"),
        ("properties", ["NUM_STREAMS", 1]),
        ("architecture", None),
        ("streams", [1]),
        ("streams", [1, 2, 3]),
        ("streams", [1, "4"]),
        ("streams", {"1": 4}),
        ("memory_bytes", -1),
        ("memory_bytes", True),
        ("memory_bytes", 1.5),
        ("obstacles", [{"kind": "bad luck", "seen": "", "remedy": ""}]),
        ("obstacles", [{"kind": "unknown"}]),
        ("obstacles", ["unknown"]),
        ("obstacles", None),
    ],
)
def test_a_garbled_fact_is_no_device(fact: str, value: object) -> None:
    assert DeviceInfo.from_facts(NPU.facts()) == NPU
    assert DeviceInfo.from_facts({**NPU.facts(), fact: value}) is None


def test_every_obstacle_has_words_for_people() -> None:
    assert ObstacleKind.DRIVER_MISSING.words == "driver missing"
    assert ObstacleKind.OPENCL_LOADER_MISSING.words == "OpenCL loader missing"
    assert all(kind.words and "-" not in kind.words for kind in ObstacleKind)


def test_obstacles_are_the_reason_and_openvinos_words_stay() -> None:
    two = (Obstacle(ObstacleKind.NO_HARDWARE, "None.", ""), Obstacle(ObstacleKind.PLUGIN_MISSING, "No plugin.", ""))
    device = DeviceInfo.hindered("GPU", "sorry", *two)
    assert (device.reason, device.said) == ("None. No plugin.", "sorry")
    assert DeviceInfo.hindered("GPU", "sorry").reason == "sorry"
