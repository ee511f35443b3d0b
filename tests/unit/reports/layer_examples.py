"""Execution graphs to report on: what became of an arm of three blocks, or of as many as a test wants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.graphs.changes import compare
from pytest_ovperf.graphs.explained import Explained
from pytest_ovperf.graphs.layers import Graph
from pytest_ovperf.graphs.times import attribute
from tests.unit.graphs.graph_examples import encoder, layer, profiled

if TYPE_CHECKING:
    from pytest_ovperf.graphs.layers import Layer, Profile

ARM, BASELINE = "openvino-int8", "the baseline of 2026-07-01"


def int8(it: Layer) -> Layer:
    """The layer as quantisation makes it: products in INT8, all else as it is."""
    return replace(it, precision="i8", kernel="brgemm_avx512_amx") if it.kind == "FullyConnected" else it


def up_in_fp32(it: Layer) -> Layer:
    """The quantised layer, but the first product of each block in FP32."""
    return it if "up/MatMul" in it.name else int8(it)


def explained(old: Profile, new: Profile, *, times: bool = True, against: str = BASELINE) -> Explained:
    """What is known of two graphs, and of where the time went if there are to be times."""
    both = (old.times, new.times) if times else (None, None)
    return Explained(
        arm=ARM,
        old=against,
        graph=new.graph,
        changes=compare(old.graph, new.graph, *both),
        attribution=attribute(old, new) if times else None,
    )


FAST = profiled(encoder(change=int8), FullyConnected=0.4)
SLOW = profiled(encoder(change=up_in_fp32), FullyConnected=0.9)
#: A product of each block is in FP32 now, and slower.
LOST = explained(FAST, SLOW)
#: The same graphs, of which no times were taken.
CHANGED = explained(FAST, SLOW, times=False)
#: Nothing is different, and takes as long as it did.
SAME = explained(FAST, FAST)
#: Nothing is different, no times were taken.
UNTIMED = explained(FAST, FAST, times=False)
#: Nobody knows what the graph was.
UNKNOWN = Explained(ARM, "", FAST.graph, notes=("with counters on, a call takes 1.20 ms, its layers 1.10 ms",))


def many(number: int) -> Explained:
    """So many layers that have nothing in common, each of which has another kernel now."""
    old = Graph(tuple(layer(f"part{place}x/op", kernel=f"old{place}") for place in range(number)))
    new = Graph(tuple(replace(it, kernel=it.kernel.replace("old", "new")) for it in old.layers))
    return explained(profiled(old), profiled(new, factor=1.7))
