from __future__ import annotations

import json

import pytest

from pytest_ovperf.engines.graph import layers, layers_after
from tests.unit.engines.graph_fakes import FakeGraph, FakeLayerShape, FakeOperation, operation


def test_a_layer_is_told_as_openvino_writes_it() -> None:
    told = operation(
        "block/Add",
        "Subgraph",
        3,
        primitiveType="jit_avx512_f32",
        runtimePrecision="f32",
        outputLayouts="abc",
        originalLayersNames="block/Multiply,block/Add",
    )
    told.outputs = [FakeLayerShape((1, 16, 64)), FakeLayerShape((2,))]
    assert layers(FakeGraph([told])) == [
        {
            "name": "block/Add",
            "kind": "Subgraph",
            "kernel": "jit_avx512_f32",
            "precision": "f32",
            "layout": "abc",
            "shape": [1, 16, 64],
            "originals": ["block/Multiply", "block/Add"],
        }
    ]


def test_constants_are_no_layers() -> None:
    graph = FakeGraph([operation("weights", "Const"), operation("bias", "Constant"), operation("product")])
    assert [row["name"] for row in layers(graph)] == ["product"]


def test_what_brings_constants_into_form_is_no_layer() -> None:
    data, weights = operation("data", "Input"), operation("weights", "Const")
    ordered, product = operation("ordered", "Reorder"), operation("product")
    ordered.sources, product.sources = [weights], [data, ordered]
    assert [row["name"] for row in layers(FakeGraph([data, weights, ordered, product]))] == ["data", "product"]


def test_a_state_that_begins_with_a_constant_is_a_layer() -> None:
    start, state = operation("start", "Const"), operation("state", "MemoryInput")
    state.sources = [start]
    assert [row["name"] for row in layers(FakeGraph([start, state]))] == ["state"]


def test_layers_come_as_they_are_executed() -> None:
    graph = FakeGraph([operation("third", order=12), operation("first", order=2), operation("second", order=9)])
    assert [row["name"] for row in layers(graph)] == ["first", "second", "third"]


@pytest.mark.parametrize("numbers", [(4, 0, 0), (4, None, 0)])
def test_numbers_that_are_no_order_leave_the_graphs_own(numbers: tuple[int | None, ...]) -> None:
    """As HETERO's, which begin again on each device."""
    graph = FakeGraph([operation(name, order=order) for name, order in zip("abc", numbers, strict=True)])
    assert [row["name"] for row in layers(graph)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("outputs", "shape"),
    [([FakeLayerShape((-1, 64))], [-1, 64]), ([FakeLayerShape(None)], None), ([], [])],
)
def test_open_dimensions_are_told_and_are_plain_data(outputs: list[FakeLayerShape], shape: object) -> None:
    (row,) = layers(FakeGraph([FakeOperation("x", {}, outputs)]))
    assert row["shape"] == shape
    assert json.loads(json.dumps(row)) == row


def test_what_the_device_put_in_stands_for_no_operation_of_the_model() -> None:
    rows = layers(FakeGraph([operation("put in", originalLayersNames=""), operation("x", originalLayersNames="x,")]))
    assert [row["originals"] for row in rows] == [[], ["x"]]


def test_a_layer_of_which_nothing_is_noted_has_the_type_of_its_operation() -> None:
    (row,) = layers(FakeGraph([FakeOperation("x", {})]))
    assert (row["kind"], row["kernel"], row["originals"]) == ("ExecutionNode", "", [])


def test_a_device_that_shows_no_graph_has_no_layers() -> None:
    assert layers(FakeGraph([], refusal=RuntimeError("Not Implemented"))) == []


def test_a_model_is_run_until_it_shows_a_graph_that_has_run() -> None:
    """Of a CPU's streams, any may be the one that runs, and any the one that is shown."""
    graph, runs = FakeGraph([FakeOperation("x", {}, [FakeLayerShape((-1, 4))])]), list[int]()

    def run() -> None:
        runs.append(1)
        if len(runs) == 3:
            graph.operations = [FakeOperation("x", {}, [FakeLayerShape((2, 4))])]

    assert layers_after(run, graph)[0]["shape"] == [2, 4]
    assert len(runs) == 3


def test_dimensions_that_stay_open_are_told_in_the_end() -> None:
    graph = FakeGraph([FakeOperation("x", {}, [FakeLayerShape(None)])])
    assert layers_after(lambda: None, graph)[0]["shape"] is None
