"""Recordings made by hand: a few launches of arms whose truth is known."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detection.questions import Process, Sides
from benchmarks.detection.traces import Launch, Recording, arm_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MS = 1_000_000


def process(*calls_ms: float) -> Process:
    """One process with these calls, a second of which went by before the first."""
    calls = np.array(calls_ms) * MS
    return Process(calls, float(np.median(calls)), 1.0)


def around(centre_ms: float, calls: int = 100, spread: float = 0.002, seed: int = 0) -> NDArray[np.float64]:
    """Calls that scatter by so much around a centre: the same for the same seed."""
    return np.asarray(centre_ms * (1 + spread * np.random.default_rng(seed).standard_normal(calls)))


def sides(then: Sequence[Process], now: Sequence[Process]) -> Sides:
    return Sides(then, now, paid=False)


def launch(arms: Mapping[str, Sequence[Sequence[float]]], overhead_s: float = 2.0) -> Launch:
    """A launch of blocks of calls in milliseconds, by arm."""
    runs = {name: arm_run([[round(call * MS) for call in block] for block in blocks]) for name, blocks in arms.items()}
    return Launch(runs, overhead_s)


def steady_recording(
    launches: int = 12, *, name: str = "made-quiet", speeds: Mapping[str, float] | None = None, noise: float = 0.004
) -> Recording:
    """A recording of arms at steady speeds, the machine's own speed drifting from launch to launch."""
    speeds = {"fp32": 10.0, "fp32-twin": 10.0, "fp32+0.05": 10.5, "int8": 5.0} if speeds is None else speeds
    rng = np.random.default_rng(5)
    made = []
    for number in range(launches):
        machine = 1 + 0.1 * (number % 3)
        arms = {}
        for arm, call_ms in speeds.items():
            own = call_ms * machine * (1 + noise * rng.standard_normal())
            arms[arm] = [list(own * (1 + 0.01 * np.abs(rng.standard_normal(12)))) for _ in range(6)]
        made.append(launch(arms))
    return Recording(name, "made", "quiet", tuple(made))


def write_newer(path: Path, recording: Recording) -> Path:
    """Write a recording in the newer form of trace file."""
    launches = [
        {
            "started_unix": 0.0,
            "seconds": each.overhead_s + sum(float(run.wall_ns.sum()) for run in each.arms.values()) / 1e9,
            "arms": {
                name: {
                    "load_ns": 1,
                    "blocks": [
                        {
                            "ns": [int(call) for call in block],
                            "wall_ns": int(block.sum()),
                            "steal_ns": 0,
                            "others_ns": None,
                        }
                        for block in run.blocks
                    ],
                }
                for name, run in each.arms.items()
            },
            "order": [],
        }
        for each in recording.launches
    ]
    about = {"model": recording.model, "machine": "m", "date": "2026-01-01", "load": recording.load, "versions": {}}
    text = json.dumps({"schema": 1, "about": about, "launches": launches})
    path.write_bytes(gzip.compress(text.encode()))
    return path
