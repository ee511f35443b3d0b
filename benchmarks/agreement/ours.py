"""The side of this package: the arm in its worker, as a run of the suite opens it, block after block."""

from __future__ import annotations

import math
from statistics import median_low
from typing import TYPE_CHECKING

from .records import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import ArmFacts, Block

_NS_PER_S = 1_000_000_000


def side_of(blocks: Sequence[Block], facts: ArmFacts, rests: int) -> Side:
    """Return what the blocks of one launch say.

    The median is the lower one, as benchmark_app takes it. Each of its ``rests`` has made one of its calls very long;
    so that both medians stand at the same place, as many endless calls are put beside ours.
    """
    times_ns = [time_ns for block in blocks for time_ns in block.latency_ns]
    samples = sum(len(block.latency_ns) * block.items for block in blocks)
    elapsed_ns = sum(block.elapsed_ns or sum(block.latency_ns) for block in blocks)
    return Side(
        latency_ns=float(median_low([*times_ns, *[math.inf] * rests])),
        throughput=samples / elapsed_ns * _NS_PER_S,
        calls=len(times_ns),
        elapsed_s=elapsed_ns / _NS_PER_S,
        settings={
            "INFERENCE_PRECISION_HINT": facts.precision,
            "INFERENCE_NUM_THREADS": str(facts.threads),
            "NUM_STREAMS": str(facts.streams),
            "requests": str(facts.requests),
        },
    )
