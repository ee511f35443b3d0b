"""Devices on this very machine, with the real plugins of the installed OpenVINO.

The GPU's loader is tried in both states where its file is at hand. Without it installed: in the folder that the
environment variable OVPERF_TEST_OPENCL names, such as one made by ``apt-get download ocl-icd-libopencl1`` and
``dpkg -x``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.hardware import opencl
from pytest_ovperf.hardware.device import ObstacleKind
from pytest_ovperf.hardware.devices import find
from pytest_ovperf.hardware.probe import Machine, read_machine

if TYPE_CHECKING:
    from tests.integration.user_suite import Suite

pytestmark = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is not installed")

LOADER = "libOpenCL.so.1"


@pytest.fixture(scope="module")
def machine() -> Machine:
    return read_machine()


def kinds(machine: Machine, family: str) -> list[ObstacleKind]:
    return [obstacle.kind for obstacle in find(family, machine.devices).obstacles]


def ovperf_devices(*words: str, columns: int = 80) -> str:
    environment = {**os.environ, "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "pytest_ovperf.cli.main", "devices", *words]
    run = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", env=environment, timeout=120)  # noqa: S603
    return run.stdout


def test_the_cpu_tells_all_that_is_promised(machine: Machine) -> None:
    cpu = find("CPU", machine.devices)
    assert {"FP32", "INT8"} <= set(cpu.capabilities)
    assert cpu.architecture
    assert cpu.streams is not None
    assert cpu.streams[1] >= 1
    assert 0 < cpu.memory_bytes <= (machine.profile.memory_gib + 1) << 30
    assert not cpu.obstacles


@pytest.mark.parametrize("family", ["GPU", "NPU"])
def test_a_device_that_cannot_be_used_has_a_typed_reason_and_a_remedy(machine: Machine, family: str) -> None:
    device = find(family, machine.devices)
    if device.available:
        pytest.skip(f"this machine has a working {family}")
    assert device.obstacles
    assert all(each.seen and each.remedy for each in device.obstacles)
    assert device.said
    assert ObstacleKind.UNKNOWN not in kinds(machine, family)
    assert ObstacleKind.PROBE_FAILED not in kinds(machine, family)


def test_the_listing_is_readable_at_80_columns() -> None:
    lines = ovperf_devices().splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("CPU: ") for line in lines)
    assert all(any(line.startswith(f"{family}") for line in lines) for family in ("GPU", "NPU"))


def test_scripts_get_the_same_as_json(machine: Machine) -> None:
    document = json.loads(ovperf_devices("--json"))
    assert document["profile"] == machine.profile.slug
    assert document["versions"] == machine.versions
    shown = {device["name"]: device["available"] for device in document["devices"]}
    assert shown == {device.name: device.available for device in machine.devices}


def loader_folder() -> Path:
    """Return the folder of an OpenCL loader that is not installed, or skip."""
    if not sys.platform.startswith("linux"):
        pytest.skip("the search path for libraries is set for Linux here")
    if opencl.platform_names() is not None:
        pytest.skip("an OpenCL loader is installed: there is no machine without one to compare with")
    folder = os.environ.get("OVPERF_TEST_OPENCL", "")
    if not folder or not Path(folder, LOADER).exists():
        pytest.skip(f"OVPERF_TEST_OPENCL names no folder with {LOADER}")
    return Path(folder)


def test_the_gpu_plugin_with_and_without_an_opencl_loader(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = loader_folder()
    assert ObstacleKind.OPENCL_LOADER_MISSING in kinds(machine, "GPU")
    assert LOADER in find("GPU", machine.devices).said

    monkeypatch.setenv("LD_LIBRARY_PATH", str(folder))
    with_loader = read_machine()
    assert ObstacleKind.OPENCL_LOADER_MISSING not in kinds(with_loader, "GPU")
    assert LOADER not in find("GPU", with_loader.devices).said
    assert "finds no device" in find("GPU", with_loader.devices).said
    assert kinds(with_loader, "GPU")


def test_the_loader_names_no_platform_without_drivers() -> None:
    folder = loader_folder()
    code = (
        "from pytest_ovperf.hardware.opencl import platform_names;"
        f"print(platform_names({str(folder / LOADER)!r}), platform_names('libno-such-loader.so'))"
    )
    environment = {**os.environ, "OCL_ICD_VENDORS": str(folder / "no-vendors")}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, check=True, capture_output=True, encoding="utf-8", env=environment, timeout=60)  # noqa: S603
    assert run.stdout.split() == ["()", "None"]


ANY_DEVICE = """
    def test_any(device):
        pass
"""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("GPUU", "Did you mean GPU"),
        ("GPU.x", "no device"),
        ("AUTO:", "empty place"),
        ("HETERO", "needs a list"),
        ("CPU,,GPU", "empty place"),
        ("alll", "Did you mean all"),
    ],
)
def test_a_wrong_device_expression_ends_the_run_at_once(suite: Suite, expression: str, said: str) -> None:
    suite.write(ANY_DEVICE)
    result = suite.run(f"--ov-device={expression}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any(said in line for line in result.errlines + result.outlines)
    result.stdout.no_fnmatch_line("*test_any*")


@pytest.mark.parametrize("expression", ["CPU", "AUTO", "AUTO:CPU", "HETERO:CPU", "AUTO:GPU,CPU", "all"])
def test_a_device_expression_that_fits_this_machine_runs(suite: Suite, expression: str) -> None:
    suite.write(ANY_DEVICE)
    result = suite.run(f"--ov-device={expression}", "-v")
    assert result.parseoutcomes().get("passed", 0) >= 1
    shown = "devices: CPU" if expression == "CPU" else f"run on: {expression}"
    assert any(shown in line for line in result.outlines)


def test_a_number_that_no_device_has_skips_with_the_reason(suite: Suite) -> None:
    suite.write(ANY_DEVICE)
    result = suite.run("--ov-device=GPU.7", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*GPU.7*"])
