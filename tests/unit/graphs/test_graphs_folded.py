"""What tables are made of: everything that changed or took time, alike things together."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.graphs.changes import compare
from pytest_ovperf.graphs.layers import Graph
from pytest_ovperf.graphs.sentences import folded, heaviest_change
from pytest_ovperf.graphs.times import attribute
from tests.unit.graphs.graph_examples import encoder, layer, profiled


def test_with_times_all_that_took_some_is_there_in_one_part_for_each_role() -> None:
    old, new = profiled(encoder()), profiled(encoder(), FullyConnected=1.5)
    folds = folded(compare(old.graph, new.graph), attribute(old, new))
    assert [(fold.name, len(fold.items)) for fold in folds[:2]] == [
        ("encoder.layer.*.up/MatMul", 3),
        ("encoder.layer.*.down/MatMul", 3),
    ]
    assert all(fold.is_same for fold in folds)
    assert sum(fold.new_ns for fold in folds) == new.layers_ns


def test_without_times_only_what_changed_is_there_the_most_frequent_first() -> None:
    old = encoder()
    new = encoder(change=lambda it: replace(it, kernel="ref") if it.kind == "MVN" or "0.up" in it.name else it)
    assert [len(fold.items) for fold in folded(compare(old, new))] == [3, 1]
    assert folded(compare(old, old)) == ()


def test_the_heaviest_change_says_what_and_where() -> None:
    old = encoder()
    assert heaviest_change(compare(old, old)) == ""
    several = encoder(change=lambda it: replace(it, kernel="ref") if it.kind == "MVN" else it)
    assert heaviest_change(compare(old, several)) == "MVN jit_avx512 → ref in 3 layers"
    single = encoder(change=lambda it: replace(it, kernel="ref") if it.name.endswith("1.norm/MVN") else it)
    assert heaviest_change(compare(old, single)) == "MVN jit_avx512 → ref in encoder.layer.1.norm/MVN"


def test_where_only_what_hands_data_on_differs_that_is_said() -> None:
    old, new = (Graph((layer("ids", "Input", "unknown", precision),)) for precision in ("i64", "i32"))
    changes = compare(old, new)
    assert folded(changes) == ()
    assert "hands data on" in heaviest_change(changes)
