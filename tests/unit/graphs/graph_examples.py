"""Small execution graphs to reason about: an encoder of several blocks, and graphs of any kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from pytest_ovperf.graphs.layers import Graph, Layer, Profile
from pytest_ovperf.runs.of_layers import layers_views

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ovperf.graphs.explained import Explained


def layer(
    name: str,
    kind: str = "FullyConnected",
    kernel: str = "brgemm_avx512",
    precision: str = "f32",
    shape: str = "1x64x384",
    layout: str = "abc",
    originals: tuple[str, ...] | None = None,
) -> Layer:
    """A layer that stands for one operation of the model, its own name, unless other originals are given."""
    return Layer(name, kind, kernel, precision, layout, shape, (name,) if originals is None else originals)


def encoder(blocks: int = 3, change: Callable[[Layer], Layer] = lambda it: it, prefix: str = "encoder") -> Graph:
    """Blocks of a matrix product, an activation, a second product and a normalisation, each as ``change`` makes it."""
    layers = [layer("ids", "Input", "unknown", "i64", "1x64", "ab")]
    for block in range(blocks):
        inside = f"{prefix}.layer.{block}"
        layers += [
            layer(f"{inside}.up/MatMul", shape="1x64x1536"),
            layer(f"{inside}.act/Gelu", "Subgraph", "jit_avx512", shape="1x64x1536"),
            layer(f"{inside}.down/MatMul"),
            layer(f"{inside}.norm/MVN", "MVN", "jit_avx512"),
        ]
    return Graph(tuple(map(change, layers)))


def fused(graph: Graph) -> Graph:
    """The same encoder, its activations fused into the products before them."""
    layers: list[Layer] = []
    for it in graph.layers:
        if it.kind == "Subgraph":
            layers[-1] = replace(layers[-1], originals=(*layers[-1].originals, *it.originals))
        else:
            layers.append(it)
    return Graph(tuple(layers))


#: Microseconds of an executed layer of each kind of the encoder.
TOOK_US = {"FullyConnected": 500.0, "Subgraph": 60.0, "MVN": 20.0, "Reorder": 30.0}


def profiled(graph: Graph, factor: float = 1.0, between_us: float = 100.0, **kinds: float) -> Profile:
    """A profile in which layers take `TOOK_US` times ``factor``, and those of single ``kinds`` times theirs as well."""
    times = {
        it.name: 1e3 * TOOK_US[it.kind] * factor * kinds.get(it.kind, 1.0) for it in graph.layers if it.kind in TOOK_US
    }
    return Profile(graph, times, sum(times.values()) + 1e3 * between_us)


def row(name: str, kind: str = "FullyConnected", **fields: object) -> Mapping[str, object]:
    """A layer as a worker describes it."""
    given = {"kernel": "brgemm_avx512_f32", "precision": "f32", "layout": "abc", "shape": [1, 64, 384]}
    return {"name": name, "kind": kind, "originals": name, **given, **fields}


#: Names in which blocks, derived operations, made-up numbers and characters of the text form occur.
names = st.one_of(
    st.sampled_from(["a", "b", "a/fq_output_0", "b/DequantizationMultiply", "Add#", "layer.1/Add", "layer.2/Add"]),
    st.text(max_size=6),
)
kinds = st.sampled_from(["FullyConnected", "Subgraph", "MVN", "Reorder", "Convert", "Reshape", "Input"])
layers = st.builds(
    Layer,
    name=names,
    kind=kinds,
    kernel=st.sampled_from(["", "jit", "gemm"]),
    precision=st.sampled_from(["f32", "i8", "u8"]),
    layout=st.sampled_from(["abc", "acb"]),
    shape=st.sampled_from(["", "1x3", "2x?x4"]),
    originals=st.lists(names.filter(bool), max_size=3).map(tuple),
)
graphs = st.lists(layers, max_size=7).map(lambda its: Graph(tuple(its)))


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Graphs in which some layers took some time."""
    graph = draw(graphs)
    executed = [name for name in graph.names if draw(st.booleans())]
    times = {name: 100.0 * draw(st.integers(1, 10**6)) for name in executed}
    return Profile(graph, times, 100.0 * draw(st.integers(1, 10**8)))


def lines_of(found: Explained) -> tuple[str, ...]:
    """Return what reports say of an arm's graph."""
    (view,) = layers_views((found,))
    return (*view.sentences, *view.notes)
