"""One launch: a fresh process of each side, and turns of a fraction of a second, never both at once.

A machine that others share changes its speed from second to second. Two runs one after the other would be of different
machines, so benchmark_app is stopped where it stands while ours takes a block, and goes on while ours waits.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from pytest_ovperf.worker.arm import ArmWorker

from .app import RunningApp
from .ours import side_of
from .records import Launch

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest

_NS_PER_S = 1_000_000_000
#: How long before its end benchmark_app is left to itself, in seconds.
_MARGIN_S = 0.1
#: What of a system's processor time somebody had. Guests of this machine are counted in `user` already.
_TAKEN = ("user", "nice", "system", "irq", "softirq", "steal", "interrupt", "dpc")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a launch measures by benchmark_app's own clock, and how long a turn is, in seconds."""

    seconds: int
    turn_s: float


def take_launch(arm: Arm, request: LoadRequest, arguments: list[str], folder: Path, timing: Timing) -> Launch:
    """Return one launch; benchmark_app is run with ``arguments``, in the ``folder`` that holds its files.

    Raises what opening an arm and its blocks raise, and `MeasurementError` if benchmark_app fails.
    """
    turn_ns = round(timing.turn_s * _NS_PER_S)
    blocks = []
    with ArmWorker.start(arm, request) as worker:
        facts = worker.loaded()
        worker.block(turn_ns, 1)  # what only the first calls cost: nobody counts it
        with RunningApp.start(arguments, folder) as app:
            before = _counters(worker.pid, app.pid)
            after = before
            # A rest after its last call would not be within the time that it tells.
            while app.measured_s() + timing.turn_s < timing.seconds - _MARGIN_S:
                time.sleep(timing.turn_s)
                app.rest()
                blocks.append(worker.block(turn_ns, 1))
                after = _counters(worker.pid, app.pid)
                app.go_on()
            theirs = app.result()
    wall_s, others_s = (late - early for late, early in zip(after, before, strict=True))
    return Launch(
        side_of(blocks, facts, rests=len(blocks)),
        theirs,
        others=round(max(0.0, others_s) / wall_s, 3) if wall_s else 0.0,
        date=time.strftime("%Y-%m-%d", time.gmtime()),
    )


def _counters(*pids: int) -> tuple[float, float]:
    """Return the clock, and the processor time of all but this process and those of ``pids``, in seconds."""
    times = psutil.cpu_times()
    taken_s = sum(getattr(times, name, 0.0) for name in _TAKEN)
    return time.monotonic(), taken_s - sum(_used_s(pid) for pid in (*pids, None))


def _used_s(pid: int | None) -> float:
    """Return the processor time of a process, this one for ``None``; 0 of one that has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
