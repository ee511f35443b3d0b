"""The probe seen from outside: whatever the process does, a machine comes back."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_ovperf.hardware import asking, probe
from pytest_ovperf.hardware.device import DeviceInfo, Obstacle, ObstacleKind
from pytest_ovperf.hardware.profile import HardwareProfile

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = HardwareProfile(
    vendor="FakeVendor",
    brand="Fake CPU",
    family="1",
    model="2",
    stepping="3",
    physical_cores=1,
    logical_cores=1,
    isa=("avx2",),
    memory_gib=1,
    virtual=False,
    system="Linux",
    arch="x86_64",
)
CPU = {"name": "CPU", "full_name": "Fake CPU", "capabilities": ["FP32"], "available": True, "reason": ""}
START = [{"profile": PROFILE.facts()}, {"versions": {"openvino": "1.2.3"}}, {"asking": "CPU"}, {"device": CPU}]


def run(script: str, *, timeout_s: float = 30.0) -> probe.Machine:
    """Read the machine through a probe that runs ``script`` after the lines of `START`."""
    lines = "".join(f"{json.dumps(line)}\n" for line in START)
    code = f"import os, sys, time\nsys.stdout.write({lines!r})\nsys.stdout.flush()\n{script}"
    return probe.read_machine(timeout_s=timeout_s, command=[sys.executable, "-c", code])


def reasons(machine: probe.Machine) -> dict[str, str]:
    return {device.name: device.reason for device in machine.devices}


def test_a_probe_that_ends_well_is_believed() -> None:
    gpu = {"device": {"name": "GPU", "full_name": "", "capabilities": [], "available": False, "reason": "no driver"}}
    npu = {"device": {"name": "NPU", "full_name": "", "capabilities": [], "available": False, "reason": "none"}}
    machine = run(f"print({json.dumps(gpu)!r}); print({json.dumps(npu)!r})")
    assert machine.profile == PROFILE
    assert machine.versions == {"openvino": "1.2.3"}
    assert reasons(machine) == {"CPU": "", "GPU": "no driver", "NPU": "none"}
    assert machine.devices[0].capabilities == ("FP32",)


def test_a_driver_that_crashes_keeps_what_came_before_and_is_named() -> None:
    machine = run("""print('{"asking": "GPU"}', flush=True); sys.stderr.write("driver says ouch"); os._exit(7)""")
    assert machine.devices[0].available
    assert "while asking for GPU: it ended with exit code 7" in reasons(machine)["GPU"]
    assert "driver says ouch" in reasons(machine)["GPU"]


ONE_CRASHES = """
import json, os, sys
families = sys.argv[1:] or ["CPU", "GPU", "NPU"]
if len(families) == 3:
    print('{"cores": {"performance": 6, "efficient": 8, "low_power": 0}}')
for family in families:
    print(json.dumps({"asking": family}), flush=True)
    if family == "GPU":
        os._exit(7)
    device = {"name": family, "full_name": family, "capabilities": [], "available": True, "reason": ""}
    print(json.dumps({"device": device}), flush=True)
"""


def test_a_driver_that_crashes_does_not_hide_the_devices_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "read_profile", lambda: PROFILE)
    machine = probe.read_machine(command=[sys.executable, "-c", ONE_CRASHES])
    assert [(device.name, device.available) for device in machine.devices] == [
        ("CPU", True),
        ("GPU", False),
        ("NPU", True),
    ]
    assert machine.devices[1].obstacles[0].kind is ObstacleKind.PROBE_FAILED
    assert str(machine.cores) == "6 performance, 8 efficient"


def test_what_is_told_last_of_a_device_counts() -> None:
    first = DeviceInfo.hindered("GPU", "it said no")
    later = DeviceInfo.hindered("GPU", "it said no", Obstacle(ObstacleKind.NO_HARDWARE, "there is none", "buy one"))
    told = "".join(json.dumps({"device": each.facts()}) + "\n" for each in (first, later))
    assert reasons(run(f"print({told!r}); sys.stdout.flush(); os._exit(1)"))["GPU"] == "there is none"


def test_a_crash_while_finding_out_why_keeps_what_openvino_said() -> None:
    told = json.dumps({"asking": "GPU"}) + "\n" + json.dumps({"device": DeviceInfo.hindered("GPU", "no!").facts()})
    assert reasons(run(f"print({told!r}); sys.stdout.flush(); os._exit(1)"))["GPU"] == "no!"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to be ended by")
def test_a_signal_is_named() -> None:
    machine = run("""print('{"asking": "NPU"}', flush=True); os.kill(os.getpid(), 11)""")
    assert "SIGSEGV" in reasons(machine)["NPU"]


def test_a_driver_that_hangs_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "child"
    original = subprocess.Popen.wait

    def expire_once_the_child_runs(self: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        while timeout is not None and not note.exists():
            with contextlib.suppress(subprocess.TimeoutExpired):
                return original(self, 0.02)
        if timeout is not None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return original(self)

    monkeypatch.setattr(subprocess.Popen, "wait", expire_once_the_child_runs)
    machine = run(
        f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print('{{"asking": "GPU"}}', flush=True)
with open({str(tmp_path / "draft")!r}, "w") as file:
    file.write(str(child.pid))
os.replace({str(tmp_path / "draft")!r}, {str(note)!r})
time.sleep(600)"""
    )
    assert "while asking for GPU: it did not answer within 30 s" in reasons(machine)["GPU"]
    with contextlib.suppress(psutil.NoSuchProcess):
        assert psutil.Process(int(note.read_text(encoding="ascii"))).wait(30) is None


def test_ctrl_c_leaves_no_probe_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    original = subprocess.Popen.wait

    def interrupted(self: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if not started:
            started.append(self)
            raise KeyboardInterrupt
        return original(self, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("time.sleep(600)")
    assert original(started[0], 30) != 0


@pytest.mark.parametrize(
    "script", ["print('[1, 2')", "print('[' * 100000)", 'print(\'{"device": {"name": 1}}\')', "print('\\x00')"]
)
def test_rubbish_between_the_lines_does_no_harm(script: str) -> None:
    machine = run(script)
    assert machine.devices[0].available
    assert "without naming this device" in reasons(machine)["NPU"]


def test_a_garbled_profile_is_read_anew_by_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "read_profile", lambda: PROFILE)
    machine = probe.read_machine(command=[sys.executable, "-c", 'print(\'{"profile": {"vendor": 1}}\')'])
    assert machine.profile == PROFILE


def test_an_interpreter_that_does_not_exist_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probe, "read_profile", lambda: PROFILE)
    machine = probe.read_machine(str(tmp_path / "no-python"))
    assert [device.available for device in machine.devices] == [False, False, False]
    assert "could not be started" in reasons(machine)["CPU"]


def test_a_missing_openvino_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(asking, "read_profile", lambda: PROFILE)
    devices = [str(line["device"]) for line in asking.learn() if "device" in line]
    assert len(devices) == 3
    assert all('pip install "pytest-ovperf[openvino]"' in device for device in devices)


def test_openvinos_reason_loses_the_places_in_its_source() -> None:
    said = "Exception from src/inference/src/cpp/core.cpp:268:\nCannot load library: libOpenCL.so.1\n\n"
    assert asking.reason_text(RuntimeError(said)) == "Cannot load library: libOpenCL.so.1"
    assert asking.reason_text(RuntimeError("")) == "RuntimeError"


@pytest.mark.parametrize("folder", ["/opt/my env/openvino/libs/", "C:\\Users\\me\\openvino\\libs\\"])
def test_openvinos_reason_loses_the_folders_of_its_libraries(folder: str) -> None:
    where = "failed: Exception from src/vcl_api.cpp:22:"
    said = f'{where}\nCannot load "{folder}libnpu_loader.so": {folder}libnpu_loader.so: gone'
    assert asking.reason_text(RuntimeError(said)) == 'failed: Cannot load "libnpu_loader.so": libnpu_loader.so: gone'


def test_versions_leave_out_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "DISTRIBUTIONS", ("pytest", "no-such-distribution-here"))
    assert set(asking.versions()) == {"python", "pytest"}
