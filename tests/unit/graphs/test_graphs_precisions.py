"""What became of a model's precision as a whole."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.graphs.alignment import align
from pytest_ovperf.graphs.layers import Graph, Layer
from pytest_ovperf.graphs.precisions import Move, moves
from tests.unit.graphs.graph_examples import encoder, fused, layer


def quantised(it: Layer) -> Layer:
    return replace(it, precision="u8" if ".up" in it.name else "i8") if it.kind == "FullyConnected" else it


def test_layers_that_left_a_precision_are_counted_with_those_that_had_it() -> None:
    assert moves(align(encoder(3, quantised), encoder(3))) == (Move("int8", "f32", 6, 6),)


def test_fusion_does_not_hide_them() -> None:
    assert moves(align(fused(encoder(3, quantised)), encoder(3))) == (Move("int8", "f32", 6, 6),)


def test_a_few_of_many_are_not_the_model() -> None:
    def but_one(it: Layer) -> Layer:
        return it if ".1.up" in it.name else quantised(it)

    assert moves(align(encoder(3, quantised), encoder(3, but_one))) == ()


def test_one_layer_is_not_the_model_either() -> None:
    assert moves(align(Graph((layer("a", precision="i8"),)), Graph((layer("a"),)))) == ()


def test_whether_bytes_are_signed_is_no_precision() -> None:
    def signed(it: Layer) -> Layer:
        return replace(quantised(it), precision="i8") if it.kind == "FullyConnected" else it

    assert moves(align(encoder(3, quantised), encoder(3, signed))) == ()
