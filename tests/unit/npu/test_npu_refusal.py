"""Which node and which dimensions stand in the way, and what to write instead."""

from __future__ import annotations

import pytest

from pytest_ovperf.npu.blob import Port, Shape
from pytest_ovperf.npu.refusal import (
    fixed_example,
    listed,
    marker_shape,
    offending_node,
    open_dimensions,
    option_shape,
)

TOKENS = (Port("input_ids", Shape.parse("[?,?]")), Port("attention_mask", Shape.parse("[?,?]")))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        (
            "Upper bounds are not specified for node 'm/embedding/Convert' (type 'Convert'): input '0' is '[9]'",
            "m/embedding/Convert (Convert)",
        ),
        ("Reshape node 'm/aten::view/Reshape': expected exactly 1 dynamic", "m/aten::view/Reshape (Reshape)"),
        ("Unsupported operation aten::max_pool2d/MaxPool with type MaxPool", "aten::max_pool2d/MaxPool (MaxPool)"),
        (
            'Pass failed : Expected at loc(fused<{name = "m/relu/Relu", type = "Relu"}>["m/relu"])\n'  # noqa: ISC004
            'on Operation loc(fused<{name = "main", type = "Func"}>["main"])',
            "m/relu/Relu (Relu)",
        ),
        ('on Operation loc(fused<{name = "main", type = "Func"}>["main"])', ""),
        ("Missing upper bound for one or more nodes", ""),
    ],
)
def test_the_node_that_the_words_blame(text: str, node: str) -> None:
    assert offending_node(text) == node


def test_open_dimensions_are_listed_by_input() -> None:
    inputs = (*TOKENS[:1], Port("pixels", Shape.parse("[1,3,64..256,64..256]")), Port("fixed", Shape.parse("[1]")))
    assert listed(open_dimensions(inputs)) == (
        "input_ids: 0 (no upper bound), 1 (no upper bound); pixels: 2 (64..256), 3 (64..256)"
    )


def test_an_example_fixes_what_is_open_and_keeps_what_is_fixed() -> None:
    inputs = (*TOKENS, Port("pixels", Shape.parse("[?,3,?,64..256]")), Port("fixed", Shape.parse("[7]")))
    assert fixed_example(inputs) == {
        "input_ids": (1, 128),
        "attention_mask": (1, 128),
        "pixels": (1, 3, 224, 256),
    }


def test_one_shape_for_all_inputs_can_stand_in_the_marker() -> None:
    example = fixed_example(TOKENS)
    assert "shape=(1, 128)" in marker_shape(example)
    assert option_shape(example) == "--shape input_ids=1,128 --shape attention_mask=1,128"


def test_inputs_of_several_shapes_are_named_in_the_marker() -> None:
    assert "shape={'a': (1,), 'b': (2, 3)}" in marker_shape({"a": (1,), "b": (2, 3)})
