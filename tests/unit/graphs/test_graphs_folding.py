"""What is alike is said once, with its count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.graphs.folding import Fold, Item, fold


def change(its: Fold) -> float:
    return abs(its.change_ns)


def item(name: str, what: str = "slower", new_ns: float = 1.0, kind: str = "MVN") -> Item:
    return Item(name, kind, what, 0.0, new_ns)


items = st.lists(
    st.builds(item, st.sampled_from(["l.0.up", "l.1.up", "l.0.down", "Add#1"]), st.sampled_from("xy"), st.floats(0, 9)),
    max_size=10,
)


@given(items, st.integers(1, 4))
def test_each_item_is_in_one_fold_and_the_heaviest_fold_comes_first(its: list[Item], lines: int) -> None:
    folds = fold(its, lines, change)
    assert sorted(map(repr, its)) == sorted(repr(it) for each in folds for it in each.items)
    assert sum(each.change_ns for each in folds) == pytest.approx(sum(it.new_ns for it in its))
    assert [change(each) for each in folds] == sorted(map(change, folds), reverse=True)


@given(items, st.integers(1, 4))
def test_of_one_fold_the_same_can_be_said(its: list[Item], lines: int) -> None:
    assert all(len({(it.what, it.kind) for it in each.items}) == 1 for each in fold(its, lines, change))


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("encoder.layer.11.up/MatMul", "encoder.layer.*.up/MatMul"),
        ("/h.3/attn/view/Reshape_1", "/h.*/attn/view/Reshape_1"),
        ("/model/layers/3/Add", "/model/layers/*/Add"),
        ("stages.0.layers.1.conv_3x3", "stages.*.layers.*.conv_3x3"),
        ("Transpose#12", "Transpose"),
    ],
)
def test_the_role_of_a_layer_leaves_its_block_open(name: str, role: str) -> None:
    assert item(name).role == role


def test_a_layer_of_each_block_is_one_line_and_a_single_one_keeps_its_name() -> None:
    folds = fold([item("l.0.up"), item("l.1.up"), item("l.1.down", new_ns=0.5)], 3, change)
    assert [(its.name, len(its.items)) for its in folds] == [("l.*.up", 2), ("l.1.down", 1)]


def test_more_roles_than_lines_are_folded_by_what_there_is_to_say() -> None:
    many = [item(f"l.{block}.{role}") for role in "abcdef" for block in range(2)]
    (only,) = fold(many, 3, change)
    assert (len(only.items), only.is_loose) == (12, True)
    assert [its.is_loose for its in fold(many, 6, change)] == [False] * 6


def test_what_moved_unlike_its_equals_stays_by_itself() -> None:
    alike = [Item(f"l.{block}.a", "MVN", "slower", 10.0, 12.0) for block in range(6)]
    folds = fold([Item("l.9.a", "MVN", "slower", 10.0, 60.0), *alike], 3, change)
    assert [(its.name, len(its.items)) for its in folds] == [("l.9.a", 1), ("l.*.a", 6)]


def test_a_role_that_moved_unlike_all_others_of_its_kind_is_one_line() -> None:
    def moved(name: str, new_ns: float) -> Item:
        return Item(name, "MatMul", "slower", 100.0, new_ns)

    usual = [moved(f"l.{block}.{role}", 250.0) for block in range(3) for role in "abcdef"]
    more = [moved(f"l.{block}.up", 2000.0) for block in range(3)]
    assert [(each.name, len(each.items)) for each in fold([*usual, *more], 2, change)] == [("l.*.up", 3), ("l.*.a", 18)]


def test_roles_that_weigh_nothing_do_not_need_lines() -> None:
    folds = fold([item("l.0.a", new_ns=100.0), *(item(role, new_ns=0.1) for role in "bcdef")], 3, change)
    assert len(folds) == 6
