"""The text of a graph holds all of it, changes where the graph does, and is refused where it was tampered with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import BaselineError
from pytest_ovperf.graphs.layers import Graph, Profile
from pytest_ovperf.graphs.text import digest, graph_text, read_graph, read_times, times_text
from tests.unit.graphs.graph_examples import encoder, graphs, layer, profiled, profiles

TRANSPOSE = layer("Transpose#", "Transpose", "unknown", "i8", "1x12x32x64", "abcd", ("Transpose#",))


def test_a_layer_is_a_line() -> None:
    products = layer("up/MatMul", precision="i8", originals=("up/MatMul", "up/Add", "Gelu#"))
    assert graph_text(Graph((products, TRANSPOSE, layer("x_abc_acb", "Reorder", "jit_uni", originals=())))) == (
        "ovperf execution graph, format 1\n"
        "kind | kernel | precision | layout | shape | name | originals\n"
        "FullyConnected | brgemm_avx512 | i8 | abc | 1x64x384 | up/MatMul | =, up/Add, Gelu#\n"
        "Transpose | unknown | i8 | abcd | 1x12x32x64 | Transpose# | Transpose#\n"
        "Reorder | jit_uni | f32 | abc | 1x64x384 | x_abc_acb | -\n"
    )


@given(graphs)
def test_a_graph_is_read_as_it_was_written(graph: Graph) -> None:
    assert read_graph(graph_text(graph), "f.txt") == graph


@given(graphs)
def test_the_text_is_sound_in_git(graph: Graph) -> None:
    text = graph_text(graph)
    lines = text.split("\n")
    assert len(lines) == len(graph.layers) + 3
    assert not any(line.endswith(" ") for line in lines)
    assert text.splitlines() == lines[:-1]
    assert text.encode().decode() == text


def test_line_ends_of_windows_are_read() -> None:
    assert read_graph(graph_text(encoder()).replace("\n", "\r\n"), "f.txt") == encoder()


@given(graphs, graphs)
def test_graphs_have_the_same_digest_only_where_they_are_equal(one: Graph, other: Graph) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def test_what_is_added_changes_no_other_line() -> None:
    before = Graph((layer("a"), TRANSPOSE, layer("b"), TRANSPOSE))
    after = Graph((layer("a"), TRANSPOSE, TRANSPOSE, layer("b"), TRANSPOSE))
    lines = graph_text(after).splitlines()
    assert lines[:3] + lines[4:] == graph_text(before).splitlines()


@given(profiles())
def test_times_are_read_as_they_were_written(profile: Profile) -> None:
    found = read_times(times_text(profile), profile.graph, "f.times.txt")
    assert found.graph == profile.graph
    assert found.times == pytest.approx(profile.times)
    assert found.call_ns == pytest.approx(profile.call_ns)


def test_times_are_microseconds() -> None:
    graph = Graph((layer("a"), layer("b")))
    assert times_text(Profile(graph, {"b": 12_345.0}, 2e6)) == (
        f"ovperf layer times, format 1, microseconds, of graph {digest(graph)[:8]}\n2000.0 | whole call\n12.3 | b\n"
    )


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("", 1),
        ("ovperf execution graph, format 2\n", 1),
        ("ovperf execution graph, format 1\nname\n", 2),
        (graph_text(encoder()).replace(" | abc | ", " | ", 1), 4),
        (graph_text(encoder()).removesuffix("\n"), 15),
        (graph_text(encoder()) + "<<<<<<< HEAD\n", 16),
    ],
)
def test_a_damaged_graph_is_refused_with_its_line(broken: str, line: int) -> None:
    with pytest.raises(BaselineError, match=rf"baselines/f\.txt, line {line}: ") as caught:
        read_graph(broken, "baselines/f.txt")
    assert "--update-baselines" in caught.value.remedy


@pytest.mark.parametrize(
    ("replaced", "by", "line"),
    [
        ("format 1", "format 2", 1),
        (" | whole call", " | whole", 2),
        ("500.0 | encoder.layer.0", "fast | encoder.layer.0", 3),
        ("500.0 | encoder.layer.0", "-1.0 | encoder.layer.0", 3),
        ("encoder.layer.1.up/MatMul", "encoder.layer.9.up/MatMul", 7),
        ("encoder.layer.1.up/MatMul", "encoder.layer.0.up/MatMul", 7),
    ],
)
def test_damaged_times_are_refused_with_their_line(replaced: str, by: str, line: int) -> None:
    text = times_text(profiled(encoder()))
    with pytest.raises(BaselineError, match=rf"line {line}: "):
        read_times(text.replace(replaced, by), encoder(), "f.times.txt")


@given(st.sampled_from([0, 1, 2]))
def test_times_of_another_graph_are_refused(at: int) -> None:
    other = Graph(encoder().layers[: at + 1])
    with pytest.raises(BaselineError, match="line 1: "):
        read_times(times_text(profiled(encoder())), other, "f.times.txt")


def test_an_operation_that_is_called_like_a_numbered_layer_keeps_its_number() -> None:
    graph = Graph((layer("MatMul#7"), layer("MatMul#7")))
    assert read_graph(graph_text(graph), "f.txt") == graph
    assert [it.originals for it in read_graph(graph_text(graph), "f.txt").layers] == [("MatMul#7",)] * 2
    (first,) = Graph((layer("MatMul#1"),)).layers
    assert read_graph(graph_text(Graph((first,))), "f.txt").layers == (first,)


@pytest.mark.parametrize("escape", [r"\110000;", r"\ffffffffffffffffffff;"])
def test_what_is_no_character_is_read_as_it_stands(escape: str) -> None:
    (it,) = read_graph(graph_text(Graph((layer("a"),))).replace("abc", escape), "f.txt").layers
    assert it.layout == escape
