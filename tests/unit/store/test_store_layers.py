"""Execution graphs and layer times beside baselines: kept once, read strictly, removed when nothing names them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import BaselineError
from pytest_ovperf.graphs.layers import Profile
from pytest_ovperf.records import LayerFiles
from pytest_ovperf.store.layers import KeptLayers, LayerTexts, spelled
from tests.unit.graphs.graph_examples import fused, graphs, profiled, profiles
from tests.unit.store.store_examples import (
    BIGGER,
    GRAPH,
    KEPT,
    KEY,
    SLOWER,
    STORED,
    found_in,
    graphs_of,
    path_of,
    put_candidate,
    store_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ovperf.store.store import BaselineStore

LAYERS = {Side.CANDIDATE: KEPT, Side.REFERENCE: KeptLayers(fused(GRAPH))}


@pytest.fixture
def store(tmp_path: Path) -> BaselineStore:
    return store_in(tmp_path)


def test_what_is_put_is_found_and_read(store: BaselineStore) -> None:
    assert store.put(KEY, STORED, LAYERS) is None
    found = found_in(store)
    assert replace(found, layers={}) == STORED
    assert store.layers(found) == LAYERS
    store.check()


def test_the_files_are_in_a_folder_of_their_own_and_named_after_what_is_in_them(store: BaselineStore) -> None:
    store.put(KEY, STORED, LAYERS)
    assert graphs_of(store) == [
        "distilbert-a-infer-1x128.16ce9a92.59087b3c.times.txt",
        "distilbert-a-infer-1x128.16ce9a92.graph.txt",
        "distilbert-b-infer-1x128.f1915910.graph.txt",
    ]
    assert found_in(store).layers == {
        Side.CANDIDATE: LayerFiles(
            "distilbert-a-infer-1x128.16ce9a92.graph.txt", "distilbert-a-infer-1x128.16ce9a92.59087b3c.times.txt"
        ),
        Side.REFERENCE: LayerFiles("distilbert-b-infer-1x128.f1915910.graph.txt"),
    }


def test_a_baseline_without_them_has_none(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    assert store.layers(found_in(store)) == {}
    assert not (store.folder / "graphs").exists()


kept_layers = st.builds(KeptLayers, graphs, st.none() | profiles()) | profiles().map(
    lambda its: KeptLayers(its.graph, its)
)


def in_text(layers: Mapping[Side, KeptLayers]) -> dict[Side, LayerTexts]:
    """Layers as they are written: times have a tenth of a microsecond."""
    return {side: spelled(kept, "a") for side, kept in layers.items()}


@given(layers=st.dictionaries(st.sampled_from(Side), kept_layers), label=st.just(KEY.comparison) | st.text(max_size=9))
@settings(max_examples=40, deadline=None)
def test_whatever_is_put_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, layers: Mapping[Side, KeptLayers], label: str
) -> None:
    store, key = store_in(tmp_path_factory.mktemp("store")), replace(KEY, comparison=label)
    store.put(key, STORED, layers)
    store.check()
    found = found_in(store, key)
    assert in_text(store.layers(found)) == in_text(layers)
    before = {path: path.stat().st_ino for path in store.folder.rglob("*.*")}
    store.put(key, found)
    store.put(key, STORED, layers)
    assert {path: path.stat().st_ino for path in store.folder.rglob("*.*")} == before


def test_times_may_be_of_another_graph_than_the_arms(store: BaselineStore) -> None:
    kept = KeptLayers(GRAPH, profiled(fused(GRAPH)))
    put_candidate(store, kept)
    assert len(graphs_of(store)) == 3
    put_candidate(store, kept)
    assert store.layers(found_in(store)) == {Side.CANDIDATE: kept}
    store.check()


def test_times_that_no_layer_can_take_are_not_written(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    with pytest.raises(BaselineError, match="not written"):
        put_candidate(store, KeptLayers(GRAPH, Profile(GRAPH, {}, float("nan"))))
    assert found_in(store) == STORED


# Kept once, removed when nothing names them


def test_tests_that_share_a_graph_share_its_file(store: BaselineStore) -> None:
    keys = [KEY, replace(KEY, test="test_b"), replace(KEY, module="other/test_speed.py")]
    for key in keys:
        put_candidate(store, key=key)
    assert len(graphs_of(store)) == 2
    for left in keys:
        assert len(graphs_of(store)) == 2
        store.put(left, STORED)
    assert graphs_of(store) == []


def test_new_graphs_and_times_take_the_place_of_the_old(store: BaselineStore) -> None:
    put_candidate(store)
    old = graphs_of(store)
    extended = replace(found_in(store), log_ratios=(0.5, 0.51, 0.52), days=("2026-01-02", "2026-01-02", "2026-01-03"))
    assert store.put(KEY, extended, {Side.CANDIDATE: SLOWER}) is not None
    assert store.layers(found_in(store)) == {Side.CANDIDATE: SLOWER}
    assert path_of(store, ".graph.txt").name in old, "the graph is the same"
    assert len(graphs_of(store)) == 2
    assert graphs_of(store) != old


def test_of_a_side_that_is_not_told_what_the_baseline_names_stays(store: BaselineStore) -> None:
    store.put(KEY, STORED, LAYERS)
    store.put(KEY, found_in(store), {Side.CANDIDATE: SLOWER})
    assert store.layers(found_in(store)) == {**LAYERS, Side.CANDIDATE: SLOWER}


def test_what_a_baseline_names_must_be_there_to_be_put(store: BaselineStore) -> None:
    store.put(KEY, STORED, LAYERS)
    outdated = found_in(store)
    store.put(KEY, STORED)
    with pytest.raises(BaselineError, match="missing"):
        store.put(KEY, outdated)
    assert found_in(store) == STORED


def test_what_a_run_made_and_did_not_come_to_name_is_removed_by_the_next(store: BaselineStore) -> None:
    put_candidate(store)
    left = path_of(store, ".graph.txt").with_name("bert.00000000.graph.txt")
    left.write_text("", encoding="utf-8")
    store.put(replace(KEY, test="test_b"), STORED)
    assert not left.exists()
    assert len(graphs_of(store)) == 2


def test_other_files_in_the_folder_are_left_alone(store: BaselineStore) -> None:
    put_candidate(store)
    readme = store.folder / "graphs" / "README.txt"
    readme.write_text("ours", encoding="utf-8")
    put_candidate(store, SLOWER)
    store.put(KEY, STORED)
    assert graphs_of(store) == ["README.txt"]


def test_nothing_is_removed_while_a_file_that_may_name_it_cannot_be_read(store: BaselineStore) -> None:
    conflict = replace(KEY, module="test_conflict.py")
    put_candidate(store, SLOWER, conflict)
    sound = store.path(conflict.module).read_text(encoding="utf-8")
    store.path(conflict.module).write_text(f"<<<<<<< HEAD\n{sound}", encoding="utf-8")
    put_candidate(store)
    assert len(graphs_of(store)) == 3
    store.path(conflict.module).write_text(sound, encoding="utf-8")
    store.check()


def test_questions_about_baselines_do_not_stumble_over_the_folder(store: BaselineStore, tmp_path: Path) -> None:
    inside = replace(KEY, module="graphs/test_speed.py")
    for key in (KEY, inside):
        put_candidate(store, key=key)
    put_candidate(store_in(tmp_path, BIGGER))
    assert store.modules() == (inside.module, KEY.module)
    assert store.unused(KEY.module, []) == (KEY,)
    assert store.other_profiles(KEY) == (BIGGER.slug,)
    store.check_writable()
    store.check()


def test_windows_line_endings_are_read_and_left(store: BaselineStore) -> None:
    put_candidate(store)
    for path in (store.folder / "graphs").iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    store.check()
    assert store.layers(found_in(store)) == {Side.CANDIDATE: KEPT}
    put_candidate(store)
    assert path_of(store, ".graph.txt").read_bytes().count(b"\r\n") > 2


def test_lines_end_the_same_on_every_system(store: BaselineStore) -> None:
    put_candidate(store)
    assert not any(b"\r" in path.read_bytes() for path in (store.folder / "graphs").iterdir())
