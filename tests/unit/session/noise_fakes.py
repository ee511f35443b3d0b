"""A machine that does not exist, and arms on it whose speed differs a little from process to process."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.hardware.conditions import Readings
from pytest_ovperf.hardware.device import DeviceInfo
from pytest_ovperf.hardware.governor import ClockReading
from pytest_ovperf.hardware.load import LoadReading
from pytest_ovperf.hardware.power import PowerReading
from pytest_ovperf.hardware.probe import Machine
from pytest_ovperf.hardware.processes import ProcessLedger
from pytest_ovperf.hardware.thermal import HeatReading
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.records import Block, Interference
from pytest_ovperf.session.noise_check import Measurement, NoiseQuestion
from pytest_ovperf.trial.watcher import SilentWatcher
from tests.unit.session.session_fakes import PROFILE
from tests.unit.trial.trial_fakes import FakeArm, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.reports.noise_findings import NoiseFindings

OURS = parse_arm("openvino-fp32", "CPU")
THEIRS = parse_arm("pytorch-fp32", "CPU")
CPU = DeviceInfo("CPU", "Imagined CPU", ("FP32", "BF16"), available=True, reason="")
NPU = DeviceInfo("NPU", "Imagined NPU", ("FP16", "INT8"), available=True, reason="")
GPU = DeviceInfo.absent("GPU", "there is no GPU here")
MACHINE = Machine(PROFILE, (CPU, GPU, NPU), {"openvino": "1", "torch": "2", "transformers": "3"})
NOTHING = Readings(ClockReading(), HeatReading(), PowerReading(), LoadReading(), None)


class NoisyWorld(FakeWorld):
    """Arms whose speed differs a little from process to process, as on any machine. PyTorch takes three times as long.

    A launch lasts ``start_s`` seconds more than what is timed.
    """

    def __init__(self, start_s: float = 1.0) -> None:
        super().__init__()
        self.start_s = start_s
        self.chance = random.Random(3)  # noqa: S311  (not for secrets)
        self.open: list[FakeArm] = []
        self.interrupt_at: Callable[[], bool] = lambda: False

    def open_arm(self, arm: Arm) -> FakeArm:
        call_ns = round((3 if arm == THEIRS else 1) * 1e7 * self.chance.gauss(1.0, 0.01))
        self.clock.now_s += self.start_s / 2
        self.open.append(_Arm(self, arm, call_ns))
        return self.open[-1]


class _Arm(FakeArm):
    def __init__(self, world: NoisyWorld, arm: Arm, call_ns: int) -> None:
        super().__init__(world, arm)
        self.call_ns = call_ns
        self.noisy = world

    def block(self, min_ns: int, min_calls: int) -> Block:
        if self.noisy.interrupt_at():
            raise KeyboardInterrupt
        calls = max(min_calls, -(-min_ns // self.call_ns))
        self.noisy.clock.now_s += calls * self.call_ns / 1e9
        return Block((self.call_ns,) * calls, Interference(calls * self.call_ns, 0, 0, 1))

    def close(self) -> None:
        super().close()
        self.noisy.open.remove(self)


def measure(
    world: NoisyWorld, seconds: float, *, pytorch: bool = False, readings: list[Readings] | None = None
) -> NoiseFindings:
    left = iter(readings or [NOTHING, NOTHING])
    measurement = Measurement(
        NoiseQuestion(seconds, "tiny-bert", "CPU", Path(), Path()),
        MACHINE,
        resolve("tiny-bert", shape=None, base=Path()),
        open_arm=world.open_arm,
        watch=SilentWatcher(),
        clock=world.clock,
        read=lambda: next(left),
        ledger=ProcessLedger(list, now_unix=world.clock.unix_s),
    )
    return measurement.run(OURS, THEIRS if pytorch else None)
