"""Read this machine through a process of its own, whatever drivers do to it.

``python -m pytest_ovperf.hardware.probe`` is that process; its lines are described in `asking`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from typing import IO

import psutil

from pytest_ovperf.errors import OvperfError

from .cpu import read_profile
from .devices import FAMILIES, DeviceInfo
from .profile import HardwareProfile

PROBE = ("-m", "pytest_ovperf.hardware.probe")

_LAST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine is and has: its profile, every device with its state, and the versions that are installed.

    ``devices`` has at least one entry for each of CPU, GPU and NPU, available or not.
    """

    profile: HardwareProfile
    devices: tuple[DeviceInfo, ...]
    versions: Mapping[str, str]


def read_machine(
    python: str | None = None, timeout_s: float = 60.0, *, command: Sequence[str] | None = None
) -> Machine:
    """Return what the probe finds out, run by the interpreter ``python`` (this one by default).

    A probe that crashes, hangs for longer than ``timeout_s`` or prints rubbish is no error: the devices that it did
    not come to describe are absent, with that as the reason. ``command`` replaces the probe's own command line.
    """
    command = command or (python or sys.executable, *PROBE)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            ending = _run(command, out, err, timeout_s)
        except OSError as error:
            ending = f"it could not be started: {error}"
        return _gather(_lines(_text(out)), ending, _text(err), " ".join(command))


def _run(command: Sequence[str], out: IO[bytes], err: IO[bytes], timeout_s: float) -> str:
    """Run the probe to its end and return how it ended, empty if well. It never outlives this call.

    Files take its output, not pipes: a grandchild that keeps a pipe open would hang the reader.
    """
    with subprocess.Popen(  # noqa: S603  (our own module, or what the caller put in its place)
        command,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,  # Ctrl-C in the terminal reaches this process only, which then ends the probe
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    ) as process:
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _kill_tree(process)
            return f"it did not answer within {timeout_s:g} s"
        except BaseException:
            _kill_tree(process)
            raise
    if code < 0:
        return f"it was ended by {_signal_name(-code)}"
    return f"it ended with exit code {code}" if code else ""


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, its children and, where there are sessions, those that left their parent."""
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", errors="replace")


def _lines(text: str) -> list[dict[str, object]]:
    """Return the probe's lines, leaving out what is not of the protocol."""
    found = []
    for line in text.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found


def _gather(lines: Sequence[Mapping[str, object]], ending: str, stderr: str, command: str) -> Machine:
    profile: HardwareProfile | None = None
    versions: dict[str, str] = {}
    devices: list[DeviceInfo] = []
    asking = ""
    for line in lines:
        match line:
            case {"profile": dict(facts)}:
                profile = _profile(facts)
            case {"versions": dict(found)}:
                versions = {str(name): str(version) for name, version in found.items()}
            case {"asking": str(family)}:
                asking = family
            case {"device": dict(facts)}:
                devices += _device(facts)
    described = {device.name.partition(".")[0] for device in devices}
    reason = _reason(ending, stderr, command, asking if asking not in described else "")
    absent = [DeviceInfo.absent(family, reason) for family in FAMILIES if family not in described]
    return Machine(profile or read_profile(), (*devices, *absent), versions)


def _reason(ending: str, stderr: str, command: str, asking: str) -> str:
    during = f" while asking for {asking}" if asking else ""
    how = ending or "it ended without naming this device"
    words = " ".join(stderr.split())[-_LAST_WORDS:]
    return f"The probe of OpenVINO's devices failed{during}: {how}. ({command})" + (
        f" Last words: {words}" if words else ""
    )


def _profile(facts: Mapping[str, object]) -> HardwareProfile | None:
    try:
        return HardwareProfile.from_facts(facts)
    except OvperfError:  # garbled: this process can read the profile itself
        return None


def _device(facts: Mapping[str, object]) -> list[DeviceInfo]:
    match facts:
        case {
            "name": str(name),
            "full_name": str(full_name),
            "capabilities": list(capabilities),
            "available": bool(available),
            "reason": str(reason),
        }:
            return [DeviceInfo(name, full_name, tuple(map(str, capabilities)), available, reason)]
    return []


if __name__ == "__main__":
    from .asking import main

    main()
