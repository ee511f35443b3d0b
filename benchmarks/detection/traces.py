"""Recorded launches, read from either form of trace file.

The older form is a JSON list of launches, each a mapping of an arm's name to its rounds, each a list of nanoseconds
with the first call after the switch included (it is dropped here). The newer one is what `benchmarks/record.py` writes,
gzipped: the first call is left out already, and each block says what else took the processors meanwhile.

Arms are named for what they run: `fp32`, `int8`, `bf16`, `torch`. `fp32-twin` is the artefact of `fp32` in another
process, and `fp32+0.05` that artefact with a busy wait of 5 % in each call.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from math import log1p, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import Block as TimedBlock
from pytest_ovperf.stats.costs import block_cost
from pytest_ovperf.stats.noise import PairKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: The form of the newer trace files.
SCHEMA = 1

#: What start, loading and warm-up of one OpenVINO arm add to a launch where the file does not say: read off launches of
#: two arms that took 4.5 s with 3 s of blocks.
_START_S = 0.75

#: How much more of that an arm of PyTorch takes. Launches of the suite take 1.1 to 2.7 s beyond their blocks without
#: one and 5 to 6 s with one.
_START_WEIGHTS = {"torch": 6.0}

_NS_PER_S = 1e9


class TraceError(Exception):
    """A file that is no trace."""


@dataclass(frozen=True, slots=True, eq=False)
class ArmRun:
    """One process of an arm in one launch.

    ``calls_ns`` holds the counted calls in order, ``ends`` where each block ends in it. ``quartiles_ns`` is the
    package's own statistic of each block, ``wall_ns`` how long each lasted, and ``disturbed`` the processor time that
    other work took meanwhile, as a share of that (``nan`` where nobody looked).
    """

    calls_ns: NDArray[np.float64]
    median_ns: float
    ends: tuple[int, ...]
    quartiles_ns: NDArray[np.float64]
    wall_ns: NDArray[np.float64]
    disturbed: NDArray[np.float64]

    @property
    def blocks(self) -> list[NDArray[np.float64]]:
        """The calls of each block."""
        return [self.calls_ns[start:end] for start, end in pairwise((0, *self.ends))]


@dataclass(frozen=True, slots=True, eq=False)
class Launch:
    """Fresh processes of several arms. ``overhead_s`` is what the launch took beyond the blocks of all of them."""

    arms: Mapping[str, ArmRun]
    overhead_s: float

    def overhead_of(self, *arms: str) -> float:
        """Return what a launch of these arms alone would take beyond its blocks.

        All arms start and load side by side, on as many cores as there are: each has its part of that time.
        """
        return self.overhead_s * _start_weight(arms) / _start_weight(self.arms)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A trace file. ``load`` is ``quiet``, or ``neighbour`` where another process kept half a core busy."""

    name: str
    model: str
    load: str
    launches: tuple[Launch, ...]

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that every launch has, by name."""
        return tuple(sorted(set.intersection(*(set(launch.arms) for launch in self.launches))))


def artefact(arm: str) -> str:
    """Return what an arm of that name runs: twins and slowed arms run what their original runs."""
    return re.split(r"[+-]", arm)[0]


def slow_down(arm: str) -> float:
    """Return the share of each call that an arm of that name adds to its artefact."""
    return float(found[1]) if (found := re.search(r"\+([\d.]+)$", arm)) else 0.0


def kind_of(*arms: str) -> PairKind:
    """Return the kind of pair that two arms make."""
    return PairKind.PYTORCH if "torch" in map(artefact, arms) else PairKind.OPENVINO


def true_log_ratio(candidate: str, reference: str) -> float | None:
    """Return by how much the candidate is faster, ``None`` where only a measurement could tell."""
    if artefact(candidate) != artefact(reference):
        return None
    return log1p(slow_down(reference)) - log1p(slow_down(candidate))


def arm_run(
    blocks_ns: Sequence[Sequence[int]],
    wall_ns: Sequence[float] | None = None,
    disturbed: Sequence[float] | None = None,
) -> ArmRun:
    """Return a process that took these blocks. Raises `TraceError` for one without blocks, or a block without calls."""
    if not blocks_ns or not all(len(block) for block in blocks_ns):
        raise TraceError("an arm needs blocks, and a block needs calls")
    calls = np.concatenate([np.asarray(block, dtype=np.float64) for block in blocks_ns])
    sums = [float(sum(block)) for block in blocks_ns]
    return ArmRun(
        calls_ns=calls,
        median_ns=float(np.median(calls)),
        ends=tuple(int(end) for end in np.cumsum([len(block) for block in blocks_ns])),
        quartiles_ns=np.array([block_cost(TimedBlock(tuple(block)), Metric.LATENCY) for block in blocks_ns]),
        wall_ns=np.array(sums if wall_ns is None else wall_ns),
        disturbed=np.array([nan] * len(sums) if disturbed is None else disturbed),
    )


def read_recording(path: Path) -> Recording:
    """Read a trace file of either form. Raises `TraceError` for a file that is none."""
    try:
        text = path.read_bytes()
        data = json.loads(gzip.decompress(text) if path.suffix == ".gz" else text)
        recording = _older(path, data) if isinstance(data, list) else _newer(path, data)
    except (OSError, ValueError, KeyError, TypeError, EOFError, TraceError) as error:
        raise TraceError(f"{path} is no trace: {type(error).__name__}: {error}") from error
    if not recording.launches:
        raise TraceError(f"{path} holds no launch.")
    return recording


def _older(path: Path, data: list[dict[str, list[list[int]]]]) -> Recording:
    launches = [
        Launch(
            {arm: arm_run([block[1:] for block in rounds]) for arm, rounds in launch.items()},
            _START_S * _start_weight(launch),
        )
        for launch in data
    ]
    return Recording(_stem(path), _stem(path).rpartition("_")[2], "quiet", tuple(launches))


def _newer(path: Path, data: dict[str, Any]) -> Recording:
    if data["schema"] != SCHEMA:
        raise TraceError(f"its form is {data['schema']!r}, and {SCHEMA} can be read")
    about = data["about"]
    return Recording(_stem(path), about["model"], about["load"], tuple(map(_launch, data["launches"])))


def _launch(data: dict[str, Any]) -> Launch:
    arms = {name: _arm(arm["blocks"]) for name, arm in data["arms"].items()}
    blocks_s = sum(float(arm.wall_ns.sum()) for arm in arms.values()) / _NS_PER_S
    return Launch(arms, max(0.0, data["seconds"] - blocks_s))


def _arm(blocks: list[dict[str, Any]]) -> ArmRun:
    walls = [float(block.get("wall_ns") or sum(block["ns"])) for block in blocks]
    return arm_run(
        [block["ns"] for block in blocks],
        walls,
        [_disturbed(block) / wall for block, wall in zip(blocks, walls, strict=True)],
    )


def _disturbed(block: dict[str, Any]) -> float:
    """Return the nanoseconds that other work took, ``nan`` where the file does not say."""
    told = [float(block[key]) for key in ("steal_ns", "others_ns") if block.get(key) is not None]
    return sum(told) if told else nan


def _start_weight(arms: Iterable[str]) -> float:
    return sum(_START_WEIGHTS.get(artefact(arm), 1.0) for arm in arms)


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]
