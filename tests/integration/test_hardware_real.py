"""The probe on this very machine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from pytest_ovperf.hardware.cpu import read_profile
from pytest_ovperf.hardware.devices import FAMILIES, find
from pytest_ovperf.hardware.probe import Machine, read_machine

needs_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is not installed")


@pytest.fixture(scope="module")
def machine() -> Machine:
    return read_machine()


def test_the_probe_and_this_process_see_the_same_machine(machine: Machine) -> None:
    assert machine.profile == read_profile()
    assert 1 <= machine.profile.physical_cores <= machine.profile.logical_cores


def test_every_kind_of_device_is_there_or_says_why_not(machine: Machine) -> None:
    for family in FAMILIES:
        device = find(family, machine.devices)
        assert device.full_name if device.available else device.reason


@needs_openvino
def test_openvino_runs_on_the_cpu(machine: Machine) -> None:
    cpu = find("CPU", machine.devices)
    assert cpu.available, cpu.reason
    assert "FP32" in cpu.capabilities
    assert machine.versions["openvino"]


def test_reading_the_machine_loads_nothing_heavy_into_the_caller() -> None:
    code = (
        "import sys; from pytest_ovperf.hardware.probe import read_machine; read_machine();"
        "print(sorted({'openvino', 'torch', 'numpy', 'transformers'} & set(sys.modules)))"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)  # noqa: S603
    assert seen.stdout.strip() == "[]"
