from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.axes import Axis
from pytest_ovperf.models.shapes import compiled_shapes
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import CallsSource, ModelSpec, OnnxSource, OwnData, Port, Task
from pytest_ovperf.models.varying import varying
from pytest_ovperf.tuning import UNTUNED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Shape = Sequence[int | str] | None

OPEN = (0, None)


def model(name: str, shape: Shape = None) -> ModelSpec:
    return resolve(name, shape=shape, base=Path())


def graph(
    ports: Sequence[Port], call: Mapping[str, tuple[int, ...]], bounds: tuple[tuple[int, int], ...] | None = None
) -> ModelSpec:
    """Return a file of these inputs, and what one call gives to each."""
    source = OnnxSource(Path("net.onnx"))
    return ModelSpec("net.onnx", source, Task.GRAPH, "", call, static=True, bounds=bounds, ports=tuple(ports))


def bounds_of(spec: ModelSpec, **asked: object) -> dict[str, list[tuple[int, int | None]]]:
    """Return the bounds of every size that is drawn, by its axis."""
    found: dict[str, list[tuple[int, int | None]]] = {}
    for size in varying(spec).within({Axis(axis): bounds for axis, bounds in asked.items()}).sizes:
        found.setdefault(size.axis, []).append((size.least, size.most))
    return found


def test_a_text_model_takes_as_many_tokens_as_it_has_positions() -> None:
    assert bounds_of(model("minilm")) == {"batch": [(1, 8)], "length": [(1, 512)]}


def test_images_are_multiples_of_the_stride_and_no_larger_than_in_a_call() -> None:
    assert bounds_of(model("mobilenet_v2")) == {"batch": [(1, 8)], "height": [(32, 224)], "width": [(32, 224)]}
    assert varying(model("mobilenet_v2")).within({}).example == {"pixel_values": (1, 3, 32, 32)}


def test_a_user_may_ask_for_larger_images_and_for_one_size() -> None:
    asked = bounds_of(model("tiny-resnet"), batch=2, height=(1, 500))
    assert asked == {"height": [(1, 500)], "width": [(32, 64)]} | {"batch": [(2, 2)]}


def test_a_model_that_takes_one_image_size_varies_in_its_batch(tmp_path: Path) -> None:
    config = '{"architectures": ["ViTForImageClassification"], "model_type": "vit", "image_size": 64, "patch_size": 16}'
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"")
    spec = resolve(str(tmp_path), shape=None, base=tmp_path)
    assert bounds_of(spec) == {"batch": [(1, 8)]}
    assert varying(spec).within({}).example == {"pixel_values": (1, 3, 64, 64)}


def test_what_an_export_has_fixed_stays_so_but_for_bounds_to_which_it_is_reshaped() -> None:
    fixed = (Port("pixel_values", "f32", (OPEN, (3, 3), (224, 224), (224, 224))),)
    assert bounds_of(replace(model("mobilenet_v2"), ports=fixed)) == {"batch": [(1, 8)]}
    bounded = replace(model("mobilenet_v2", (1, 3, "64..128", 64)), ports=fixed)
    assert bounds_of(bounded) == {"height": [(64, 128)]}


def test_the_bounds_of_the_marker_hold() -> None:
    assert bounds_of(model("minilm", (1, "4..77"))) == {"length": [(4, 77)]}
    assert bounds_of(model("mobilenet_v2", ("1..2", 3, "40..192", 64))) == {"batch": [(1, 2)], "height": [(64, 192)]}


def test_exact_sizes_in_the_marker_say_what_one_call_holds_and_nothing_of_others() -> None:
    assert bounds_of(model("minilm", (1, 64))) == bounds_of(model("minilm"))


def test_open_dimensions_of_a_file_that_are_alike_in_a_call_are_one() -> None:
    ports = [Port("ids", "i64", (OPEN, OPEN)), Port("attention_mask", "i64", (OPEN, OPEN))]
    spec = graph(ports, {"ids": (1, 16), "attention_mask": (1, 16)})
    assert bounds_of(spec) == {"batch": [(1, 8)], "length": [(1, 16)]}


def test_open_dimensions_that_differ_in_a_call_are_drawn_one_by_one() -> None:
    ports = [Port("query", "i64", (OPEN, OPEN)), Port("document", "i64", (OPEN, OPEN))]
    spec = graph(ports, {"query": (1, 16), "document": (1, 128)})
    assert bounds_of(spec) == {"batch": [(1, 8)], "length": [(1, 16), (1, 128)]}
    assert bounds_of(spec, length=(2, 9))["length"] == [(2, 9), (2, 9)]


def test_fixed_dimensions_stay_and_bounds_of_a_file_hold_for_all_its_inputs() -> None:
    ports = [Port("features", "f32", ((1, 6), (16, 16))), Port("scale", "f32", ((2, None),))]
    spec = graph(ports, {"features": (6, 16), "scale": (6,)})
    assert bounds_of(spec) == {"batch": [(2, 6)]}
    assert varying(spec).example == {"features": (2, 16), "scale": (2,)}


def test_a_file_of_fixed_sizes_has_nothing_that_varies_but_what_the_marker_bounds() -> None:
    port = Port("features", "f32", ((1, 1), (16, 16)))
    assert varying(graph([port], {"features": (1, 16)})).sizes == ()
    spec = graph([port], {"features": (4, 16)}, bounds=((1, 4), (16, 16)))
    assert bounds_of(spec) == {"batch": [(1, 4)]}


def test_bounds_hold_where_the_users_own_call_is_smaller_and_for_the_inputs_that_take_them() -> None:
    ports = [Port("tokens", "i64", (OPEN, OPEN)), Port("table", "f32", ((1, 1), (4, 4)))]
    call = {"tokens": (1, 7), "table": (1, 4)}
    drawn = graph(ports, call, bounds=((1, 1), (1, 16)))
    assert bounds_of(drawn) == {}
    own = replace(drawn, data=OwnData(inputs="shop.data:one_query"))
    assert bounds_of(own) == {"length": [(1, 16)]}
    assert compiled_shapes(own, call, UNTUNED) == {"tokens": (1, (1, 16)), "table": (1, 4)}
    text = replace(
        model("minilm", (1, "4..77")),
        data=OwnData(inputs="shop.data:one_query"),
        shapes=dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), (1, 9)),
    )
    assert bounds_of(text) == {"length": [(4, 77)]}


def test_images_of_a_file_have_their_channels_first_or_last() -> None:
    first = graph([Port("pixels", "f32", (OPEN, (3, 3), OPEN, OPEN))], {"pixels": (1, 3, 48, 64)})
    last = graph([Port("pixels", "u8", ((1, 1), OPEN, OPEN, (3, 3)))], {"pixels": (1, 48, 64, 3)})
    assert bounds_of(first) == {"batch": [(1, 8)], "height": [(32, 48)], "width": [(32, 64)]}
    assert bounds_of(last) == {"height": [(32, 48)], "width": [(32, 64)]}


def test_a_mask_of_four_dimensions_goes_with_the_tokens() -> None:
    ports = [Port("ids", "i64", (OPEN, OPEN)), Port("mask", "i64", (OPEN, (1, 1), OPEN, OPEN))]
    spec = graph(ports, {"ids": (1, 16), "mask": (1, 1, 16, 16)})
    assert bounds_of(spec) == {"batch": [(1, 8)], "length": [(1, 16)]}


def test_an_input_of_any_number_of_dimensions_has_those_of_its_call() -> None:
    assert bounds_of(graph([Port("x", "f32", None)], {"x": (2, 5)})) == {"batch": [(1, 8)], "length": [(1, 5)]}


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ({"length": (1, 600)}, r"length=\(1, 600\) goes beyond what it takes: 1 to 512"),
        ({"length": (0, 5)}, "neither a size nor the smallest and the largest"),
        ({"length": (9, 5)}, "neither a size nor the smallest and the largest"),
        ({"batch": "4"}, "neither a size nor the smallest and the largest"),
        ({"batch": (1, 2, 3)}, "neither a size nor the smallest and the largest"),
        ({"batch": True}, "neither a size nor the smallest and the largest"),
        ({"height": 32}, "height=32 bounds a size that does not vary"),
    ],
)
def test_bounds_that_cannot_be_followed_are_told(asked: dict[str, object], seen: str) -> None:
    with pytest.raises(ModelError, match=seen):
        bounds_of(model("minilm"), **asked)


def test_bounds_between_two_multiples_of_the_stride_hold_no_size() -> None:
    with pytest.raises(ModelError, match=r"height=\(33, 40\) holds no size that it takes: 32 or more, in multiples"):
        bounds_of(model("mobilenet_v2"), height=(33, 40))


@pytest.mark.parametrize(
    "shapes",
    [
        {"input_ids": (1, 4), "attention_mask": (1, 5), "token_type_ids": (1, 4)},
        {"input_ids": (1, 513), "attention_mask": (1, 513), "token_type_ids": (1, 513)},
        {"input_ids": (1,), "attention_mask": (1,), "token_type_ids": (1,)},
        {"input_ids": (0, 4), "attention_mask": (0, 4), "token_type_ids": (0, 4)},
        {"input_ids": (1, 4)},
        {"input_ids": "1x4", "attention_mask": (1, 4), "token_type_ids": (1, 4)},
        (1, 4),
    ],
)
def test_shapes_that_the_model_does_not_take_are_told_with_some_that_it_does(shapes: object) -> None:
    with pytest.raises(ModelError, match="'minilm'") as refused:
        varying(model("minilm")).check(shapes)
    assert "{'input_ids': (1, 1)," in refused.value.remedy


def test_functions_and_what_is_not_settled_have_no_inputs_that_are_known() -> None:
    with pytest.raises(ModelError, match="no model but functions"):
        varying(ModelSpec("calls", CallsSource(), Task.CALLS, "", {}, static=False))
    with pytest.raises(ModelError, match="not known before it was fetched or made") as refused:
        varying(model("someone/something"))
    assert "agreement" in refused.value.remedy
