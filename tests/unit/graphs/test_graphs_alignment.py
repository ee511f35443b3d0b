"""Layers that do the same work find each other, whatever they are called and however they are fused."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.graphs.alignment import Group, align
from pytest_ovperf.graphs.layers import Graph, Layer
from tests.unit.graphs.graph_examples import encoder, fused, graphs, layer


def named(groups: tuple[Group, ...]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(tuple(it.name for it in group.old), tuple(it.name for it in group.new)) for group in groups]


def renamed(it: Layer) -> Layer:
    other = it.name.replace("encoder.layer.", "model.blocks.").replace("MatMul", "linear")
    return replace(it, name=other, originals=(other,))


@given(graphs, graphs)
def test_groups_hold_each_layer_of_both_graphs_once(old: Graph, new: Graph) -> None:
    groups = align(old, new)
    assert sorted(it.name for group in groups for it in group.old) == sorted(old.names)
    assert sorted(it.name for group in groups for it in group.new) == sorted(new.names)
    assert all(group.layers for group in groups)


@given(graphs, graphs)
def test_layers_of_a_group_are_in_the_order_of_their_graph(old: Graph, new: Graph) -> None:
    for group in align(old, new):
        assert [it for it in old.layers if it in group.old] == list(group.old)
        assert [it for it in new.layers if it in group.new] == list(group.new)


@given(graphs)
def test_every_layer_of_a_graph_is_with_itself(graph: Graph) -> None:
    assert all(group.old == group.new for group in align(graph, graph))


@given(st.integers())
def test_where_all_layers_share_their_names_no_order_matters(seed: int) -> None:
    shuffled = list(encoder().layers)
    Random(seed).shuffle(shuffled)  # noqa: S311  (an order, no secret)
    found = align(fused(encoder()), Graph(tuple(shuffled)))
    assert {frozenset(group.layers) for group in found} == {
        frozenset(group.layers) for group in align(fused(encoder()), encoder())
    }


def test_fused_layers_are_with_those_whose_work_they_do() -> None:
    assert (("b/MatMul",), ("b/MatMul", "b/Gelu")) in named(
        align(
            Graph((layer("a/MatMul"), layer("b/MatMul", originals=("b/MatMul", "b/Gelu")))),
            Graph((layer("a/MatMul"), layer("b/MatMul"), layer("b/Gelu", "Subgraph"))),
        )
    )


def test_an_operation_that_is_executed_in_parts_is_one_group() -> None:
    old = Graph((layer("a/MVN", "MVN"),))
    new = Graph((layer("a/MVN", "Reduce"), layer("Multiply#", "Subgraph", originals=("a/MVN",))))
    assert named(align(old, new)) == [(("a/MVN",), ("a/MVN", "Multiply#1"))]


def test_what_quantisation_derived_belongs_to_the_operation() -> None:
    fp32 = Graph((layer("q/Add"), layer("norm/Add", "Subgraph")))
    int8 = Graph(
        (
            layer(
                "q/MatMul/DequantizationMultiply", originals=("q/MatMul/DequantizationMultiply", "q/Add/fq_output_0")
            ),
            layer("norm/Add_0_0/nncf_smooth_quant/fq_output_0", "Subgraph"),
        )
    )
    assert [[it.name for it in group.old] for group in align(fp32, int8)] == [["q/Add"], ["norm/Add"]]


def test_a_quantised_input_is_no_work_of_the_input() -> None:
    old = Graph((layer("pixels", "Input"), layer("pixels/fq_output_0", "Subgraph"), layer("conv")))
    new = Graph((layer("pixels", "Input"), layer("FakeQuantize#", "Subgraph", layout="acb"), layer("conv")))
    assert (("pixels/fq_output_0",), ("FakeQuantize#1",)) in named(align(old, new))


def test_derived_names_do_not_tie_together_what_both_graphs_have_apart() -> None:
    int8 = Graph((layer("norm/Add", "Subgraph"), layer("norm/Add/fq_output_0", "Subgraph")))
    assert len(align(int8, int8)) == 2


def test_a_new_export_is_matched_by_type_shape_and_place() -> None:
    assert [(group.old, group.new) for group in align(encoder(), encoder(change=renamed))] == [
        ((it,), (renamed(it),)) for it in encoder().layers
    ]


def test_made_up_names_match_by_place_and_not_by_number() -> None:
    def made_up(precision: str) -> Layer:
        return layer("Transpose#", "Transpose", precision=precision, originals=("Transpose#",))

    old = Graph((layer("a"), made_up("f32"), layer("b"), made_up("i8"), layer("c")))
    new = Graph((layer("a"), layer("b"), made_up("i8"), layer("c")))
    assert named(align(old, new)) == [
        (("a",), ("a",)),
        (("Transpose#1",), ()),
        (("b",), ("b",)),
        (("Transpose#2",), ("Transpose#1",)),
        (("c",), ("c",)),
    ]


def test_the_same_layer_in_another_shape_is_still_the_same() -> None:
    old, new = layer("MatMul#", shape="1x64x384"), layer("MatMul#", shape="1x128x384")
    assert named(align(Graph((layer("a"), old)), Graph((layer("a"), new))))[1] == (("MatMul#1",), ("MatMul#1",))


def test_what_stands_between_the_same_neighbours_replaces_what_stood_there() -> None:
    old = Graph((layer("a"), layer("MatMul#", "MatMul"), layer("Softmax#", "Softmax"), layer("b")))
    new = Graph((layer("a"), layer("Attention#", "ScaledDotProductAttention"), layer("b")))
    assert named(align(old, new))[1] == (("MatMul#1", "Softmax#1"), ("Attention#1",))


def test_a_conversion_of_other_data_is_another_one() -> None:
    def reorder(shape: str) -> Layer:
        return layer("x_abcd_acdb_y#", "Reorder", shape=shape, originals=())

    def matched(before: str, after: str) -> bool:
        sides = (Graph((layer("a"), reorder(shape), layer("b"))) for shape in (before, after))
        return len(align(*sides)) == 3

    assert matched("1x64x32x32", "1x32x32x64")
    assert not matched("1x64x1x1", "1x32x32x64")


@pytest.mark.parametrize("kind", ["Reorder", "Convert", "Reshape"])
def test_conversions_and_idle_layers_replace_nothing(kind: str) -> None:
    old = Graph((layer("a"), layer("Softmax#", "Softmax"), layer("b")))
    new = Graph((layer("a"), layer("x", kind, originals=()), layer("b")))
    assert (("Softmax#1",), ()) in named(align(old, new))


def attention(*originals: str) -> Layer:
    return layer("attention", "Subgraph", originals=("attention", *originals))


def test_a_made_up_operation_that_was_fused_is_with_the_layer_that_does_its_work_now() -> None:
    mask = layer("Select#", "Subgraph", shape="1x1x64x64", originals=("ConvertLike#", "Select#"))
    old = Graph((layer("q"), mask, layer("k"), attention("Softmax#"), layer("v")))
    new = Graph((layer("q"), layer("k"), attention("Select#", "Softmax#"), layer("v")))
    assert (("Select#1", "attention"), ("attention",)) in named(align(old, new))
    assert (("attention",), ("Select#1", "attention")) in named(align(new, old))


def test_each_block_adopts_its_own() -> None:
    def block(at: int, *, is_fused: bool) -> list[Layer]:
        mask = layer("Select#", "Subgraph", originals=("Select#",))
        name = f"{at}.attention"
        inside = layer(name, "Subgraph", originals=(name, "Select#") if is_fused else (name,))
        return [layer(f"{at}.q"), *([] if is_fused else [mask]), inside]

    sides = [Graph(tuple(it for at in range(3) for it in block(at, is_fused=is_fused))) for is_fused in (False, True)]
    found = named(align(*sides))
    assert [it for it in found if len(it[0]) > 1] == [
        ((f"Select#{at + 1}", f"{at}.attention"), (f"{at}.attention",)) for at in range(3)
    ]


def test_a_made_up_layer_that_runs_at_another_time_is_the_same() -> None:
    scale = layer("Multiply#", "Subgraph", originals=("Multiply#",))
    old, new = Graph((layer("a"), scale, layer("b"))), Graph((layer("a"), layer("b"), scale))
    assert (("Multiply#1",), ("Multiply#1",)) in named(align(old, new))


def test_a_conversion_that_is_elsewhere_is_another_one() -> None:
    reorder = layer("x_abc_acb_y#", "Reorder", originals=())
    old, new = Graph((layer("a"), reorder, layer("b"))), Graph((layer("a"), layer("b"), reorder))
    assert (("x_abc_acb_y#1",), ()) in named(align(old, new))


def test_what_is_gone_stands_where_it_stood() -> None:
    assert named(align(Graph((layer("a"), layer("b"), layer("c"))), Graph((layer("c"), layer("d", "MVN"))))) == [
        (("a",), ()),
        (("b",), ()),
        (("c",), ("c",)),
        ((), ("d",)),
    ]
