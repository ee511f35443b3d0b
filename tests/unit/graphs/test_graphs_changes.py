"""Two graphs are compared: what changed is named for what it is, and what did not change is not mentioned."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from pytest_ovperf.graphs.changes import ChangeKind, compare
from pytest_ovperf.graphs.layers import Graph, Layer, Profile
from pytest_ovperf.graphs.wording import change_text
from tests.unit.graphs.graph_examples import encoder, fused, graphs, layer, profiles

if TYPE_CHECKING:
    from collections.abc import Sequence

REORDER = layer("a_abc_acb_b", "Reorder", "jit_uni", layout="acb", originals=())


def texts(old: Sequence[Layer], new: Sequence[Layer]) -> list[str]:
    return [change_text(change) for change in compare(Graph(tuple(old)), Graph(tuple(new))).changes]


@given(graphs)
def test_a_graph_does_not_differ_from_itself(graph: Graph) -> None:
    found = compare(graph, graph)
    assert not found
    assert (found.changes, found.renamed) == ((), 0)


@given(graphs, graphs)
def test_no_layer_is_in_two_changes_and_each_change_can_be_told(old: Graph, new: Graph) -> None:
    changes = compare(old, new).changes
    assert all(count == 1 for count in Counter(it.name for change in changes for it in change.old).values())
    assert all(count == 1 for count in Counter(it.name for change in changes for it in change.new).values())
    assert all(change_text(change) for change in changes)


@given(profiles(), profiles())
def test_with_times_the_heaviest_change_comes_first(old: Profile, new: Profile) -> None:
    found = compare(old.graph, new.graph, old.times, new.times).changes
    moved = [abs((change.new_ns or 0.0) - (change.old_ns or 0.0)) for change in found]
    assert moved == sorted(moved, reverse=True)
    assert all(change.old_ns is not None for change in found)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"precision": "i8"}, "FullyConnected f32 → int8"),
        ({"kernel": "gemm_mlas"}, "FullyConnected brgemm_avx512 → gemm_mlas"),
        ({"precision": "bf16", "kernel": "amx"}, "FullyConnected f32 → bf16, brgemm_avx512 → amx"),
        ({"layout": "aBc16b"}, "FullyConnected layout abc → aBc16b"),
        ({"shape": "2x64x384"}, "FullyConnected shape 1x64x384 → 2x64x384"),
        ({"kind": "MatMul"}, "FullyConnected → MatMul"),
        ({"kernel": "unknown", "precision": "f16"}, "FullyConnected f32 → f16"),
    ],
)
def test_a_layer_that_changed(change: dict[str, str], text: str) -> None:
    assert texts([layer("a")], [replace(layer("a"), **change)]) == [text]  # type: ignore[arg-type]


def test_signed_and_unsigned_bytes_are_told_apart_where_both_sides_are_bytes() -> None:
    assert texts([layer("a", precision="i8")], [layer("a", precision="u8")]) == ["FullyConnected i8 → u8"]


def test_a_fusion_that_is_lost_and_one_that_is_gained() -> None:
    lost, gained = compare(fused(encoder(1)), encoder(1)), compare(encoder(1), fused(encoder(1)))
    assert [change_text(change) for change in lost.changes] == [
        "FullyConnected → FullyConnected + Subgraph (fusion lost)"
    ]
    assert [change_text(change) for change in gained.changes] == [
        "FullyConnected + Subgraph → FullyConnected (fusion gained)"
    ]


def test_a_conversion_that_appeared_and_one_that_went() -> None:
    plain = [layer("a"), layer("b")]
    assert texts(plain, [plain[0], REORDER, plain[1]]) == ["Reorder jit_uni f32 to acb added"]
    assert texts([plain[0], REORDER, plain[1]], plain) == ["Reorder jit_uni f32 to acb gone"]


def test_a_conversion_beside_a_change_is_a_change_of_its_own() -> None:
    convert = layer("a/fq_output_0", "Convert", "jit_uni", originals=("a/fq_output_0",))
    found = texts([layer("a")], [layer("a", precision="i8"), convert])
    assert sorted(found) == ["Convert jit_uni f32 to abc added", "FullyConnected f32 → int8"]


def test_a_quantisation_that_is_not_there_any_more_is_no_fusion() -> None:
    int8 = [layer("a", precision="i8"), layer("a/fq_output_0", "Subgraph", "jit", "f32")]
    (change,) = compare(Graph(tuple(int8)), Graph((layer("a"),))).changes
    assert change.kinds == (ChangeKind.PRECISION, ChangeKind.REMOVED)


def test_another_export_of_the_same_model_changes_names_only() -> None:
    found = compare(encoder(2), encoder(2, prefix="blocks"))
    assert not found
    assert (found.renamed, found.old_layers, found.new_layers) == (8, 9, 9)


def test_without_times_what_computes_comes_before_conversions_and_these_before_idle_layers() -> None:
    old = [layer("big", shape="1x9"), layer("small", shape="1x2"), layer("r", "Reshape", shape="9x9")]
    new = [*(replace(it, precision="i8") for it in old), replace(REORDER, shape="9x9x9")]
    found = compare(Graph(tuple(old)), Graph(tuple(new))).changes
    assert [(change.new or change.old)[0].name for change in found] == ["big", "small", REORDER.name, "r"]
    assert [change.is_idle for change in found] == [False, False, False, True]


def test_the_order_of_execution_does_not_matter_where_names_are_shared() -> None:
    changed = [replace(it, precision="i8") for it in encoder().layers]
    there, back = compare(encoder(), Graph(tuple(changed))), compare(encoder(), Graph(tuple(reversed(changed))))
    assert {(change.kinds, change.old, change.new) for change in there.changes} == {
        (change.kinds, change.old, change.new) for change in back.changes
    }
