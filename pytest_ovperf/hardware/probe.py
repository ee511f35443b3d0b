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
from dataclasses import dataclass, field
from typing import IO

import psutil

from pytest_ovperf.errors import OvperfError

from .cpu import read_profile
from .device import DeviceInfo, Obstacle, ObstacleKind
from .devices import FAMILIES
from .kinds import CoreKinds
from .profile import HardwareProfile

PROBE = ("-P", "-m", "pytest_ovperf.hardware.probe")  # -P: a folder here named openvino must not stand in its way

_LAST_WORDS = 300
_REMEDY = "A driver that ends or hangs the process that asks for it is best updated; the last words may name it."


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine is and has: its profile, every device with its state, and the versions that are installed.

    ``devices`` has at least one entry for each of CPU, GPU and NPU, available or not. ``cores`` are all 0 where they
    are of one kind.
    """

    profile: HardwareProfile
    devices: tuple[DeviceInfo, ...]
    versions: Mapping[str, str]
    cores: CoreKinds = field(default_factory=CoreKinds)


def read_machine(
    python: str | None = None, timeout_s: float = 60.0, *, command: Sequence[str] | None = None
) -> Machine:
    """Return what the probe finds out, run by the interpreter ``python`` (this one by default).

    A probe that crashes, hangs for longer than ``timeout_s`` or prints rubbish is no error: the family of devices that
    it was asking for is absent, with that as the reason, and another probe asks for those that are left. So this takes
    three times ``timeout_s`` at most. ``command`` replaces the probe's own command line.
    """
    command = command or (python or sys.executable, *PROBE)
    machine = _Gathered()
    left = list(FAMILIES)
    while left:
        whole = len(left) == len(FAMILIES)
        blamed = machine.ask(command if whole else (*command, *left), left, timeout_s)
        left = [family for family in left if not machine.describes(family)]
        if blamed in left:
            left.remove(blamed)
            machine.blame([blamed])
        else:  # it ended without a word on these: asking it again would end the same way
            machine.blame(left)
            left = []
    return machine.done()


class _Gathered:
    """What the probes have told so far."""

    def __init__(self) -> None:
        self._profile: HardwareProfile | None = None
        self._cores = CoreKinds()
        self._versions: dict[str, str] = {}
        self._devices: dict[str, DeviceInfo] = {}
        self._failure = ""

    def ask(self, command: Sequence[str], families: Sequence[str], timeout_s: float) -> str:
        """Run one probe, take what it tells of ``families``, and return the one it failed at, empty if at none."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            try:
                ending = _run(command, out, err, timeout_s)
            except OSError as error:
                ending = f"it could not be started: {error}"
            asking = self._take(_lines(_text(out)), families)
            blamed = asking if ending and not self.describes(asking) else ""
            self._failure = _reason(ending, _text(err), " ".join(command), blamed)
            return blamed

    def _take(self, lines: Sequence[Mapping[str, object]], families: Sequence[str]) -> str:
        """Take what the lines tell, and return the family that was asked for last."""
        asking = ""
        for line in lines:
            match line:
                case {"profile": dict(facts)}:
                    self._profile = self._profile or _profile(facts)
                case {"cores": dict(facts)}:
                    self._cores = CoreKinds.from_facts(facts)
                case {"versions": dict(found)}:
                    self._versions = {str(name): str(version) for name, version in found.items()}
                case {"asking": str(family)}:
                    asking = family
                case {"device": dict(facts)}:
                    device = DeviceInfo.from_facts(facts)
                    if device is not None and _family(device) in families:
                        self._devices[device.name] = device
        return asking

    def describes(self, family: str) -> bool:
        """Tell whether a device of ``family`` has been described."""
        return any(_family(device) == family for device in self._devices.values())

    def blame(self, families: Sequence[str]) -> None:
        """Note the last probe's failure as what is in the way of ``families``."""
        obstacle = Obstacle(ObstacleKind.PROBE_FAILED, self._failure, _REMEDY)
        for family in families:
            self._devices[family] = DeviceInfo.absent(family, self._failure, obstacle)

    def done(self) -> Machine:
        """Return the machine, its families of devices in the order in which OpenVINO is asked for them."""
        ordered = sorted(self._devices.values(), key=lambda device: FAMILIES.index(_family(device)))
        return Machine(self._profile or read_profile(), tuple(ordered), self._versions, self._cores)


def _family(device: DeviceInfo) -> str:
    return device.name.partition(".")[0]


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


if __name__ == "__main__":
    from .asking import main

    main()
