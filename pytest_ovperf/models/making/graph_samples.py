# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""Seeded samples for a graph of which only its inputs are known. Imported inside workers only.

Numbers are drawn by what an input looks like: token ids within the table that they are looked up in, masks of ones,
positions in order, images where there are four dimensions, and normal numbers otherwise. The first samples of a
larger batch are those of a smaller one.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_ovperf.errors import ModelError

from .samples import Array, Draw, images

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Without bf16, which numpy does not have, so that no array of it could be given to the model.
_FLOATS: Mapping[str, type[np.generic]] = {"f16": np.float16, "f32": np.float32, "f64": np.float64}
_INTEGERS: Mapping[str, type[np.generic]] = {
    "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64,
}  # fmt: skip
_TYPES: Mapping[str, type[np.generic]] = {"boolean": np.bool_, **_FLOATS, **_INTEGERS}

#: What leads from an input to the place where it is looked up, without another meaning.
_PASSED_ON = frozenset({"Convert", "Reshape", "Unsqueeze", "Squeeze", "Add", "Concat", "StridedSlice", "Slice"})
#: How many values whole numbers have that are looked up nowhere.
_CLASSES = 2
_IMAGE_RANK = 4
_MOST_CHANNELS = 4
#: Where pixels are bytes: the middle, and what one standard deviation spans.
_GREY, _CONTRAST = 128, 48


def graph_inputs(
    model: Any, shapes: Mapping[str, Sequence[int]], draw: Draw, *, apart: bool = False
) -> dict[str, Array]:
    """Return one array for each input of ``model`` (an ``openvino.Model``), of the dimensions in ``shapes``.

    With ``apart``, other dimensions have numbers of their own, and a larger batch does not begin with a smaller one's.
    Raises `ModelError` for an input that ``shapes`` does not have, or whose element type holds no numbers.
    """
    arrays = {}
    for port in model.inputs:
        name = next((name for name in sorted(port.get_names()) if name in shapes), None)
        if name is None:
            raise ModelError(
                f"The model has the input {port.get_any_name()!r}, which its file does not declare; that has "
                f"{', '.join(shapes)}.",
                remedy="Save the model again with openvino.save_model(), and name the .xml that it wrote.",
            )
        dims = tuple(shapes[name])
        arrays[name] = _array(port, name, dims, draw, zlib.crc32(f"{name}{dims if apart else ''}".encode()))
    return arrays


def graph_samples(model: Any, shapes: Mapping[str, Sequence[int]], count: int) -> list[dict[str, Array]]:
    """Return ``count`` calls of calibration data, each of the dimensions in ``shapes``."""
    batch = next((dims[0] for dims in shapes.values() if dims), 0)
    many = {name: (count * batch, *dims[1:]) if _batched(dims, batch) else dims for name, dims in shapes.items()}
    arrays = graph_inputs(model, many, Draw.CALIBRATION)
    return [
        {
            name: array[index * batch : (index + 1) * batch] if _batched(shapes[name], batch) else array
            for name, array in arrays.items()
        }
        for index in range(count)
    ]


def _batched(dims: Sequence[int], batch: int) -> bool:
    return bool(dims) and dims[0] == batch


def numpy_type(port: Any, name: str) -> type[np.generic]:
    """Return numpy's type for what the input ``name`` takes. Raises `ModelError` for one that holds no numbers."""
    kind = port.get_element_type().get_type_name()
    found = _TYPES.get(kind)
    if found is None:
        raise ModelError(
            f"The input {name!r} is of the element type {kind}, for which no data can be drawn or given.",
            remedy=f"Export it with inputs of {', '.join((*_FLOATS, *_INTEGERS))} or boolean.",
        )
    return found


def _array(port: Any, name: str, dims: tuple[int, ...], draw: Draw, stream: int) -> Array:
    kind = numpy_type(port, name)
    rng = np.random.default_rng([20, draw, stream])
    if kind is np.bool_:
        return np.ones(dims, np.bool_)
    if kind in _FLOATS.values():
        made: Array = _pixels(draw, dims, stream) if len(dims) == _IMAGE_RANK else rng.standard_normal(dims)
        return made.astype(kind)
    return _whole_numbers(port, name, dims, rng, draw).astype(kind)


def _whole_numbers(port: Any, name: str, dims: tuple[int, ...], rng: np.random.Generator, draw: Draw) -> Array:
    word = name.lower()
    if "mask" in word:
        return np.ones(dims, np.int64)
    if "token_type" in word or "segment" in word:
        return np.zeros(dims, np.int64)
    if "position" in word and dims:
        return np.broadcast_to(np.arange(dims[-1], dtype=np.int64), dims).copy()
    if port.get_element_type().get_type_name() == "u8" and len(dims) == _IMAGE_RANK:
        return np.clip(_pixels(draw, dims, zlib.crc32(name.encode())) * _CONTRAST + _GREY, 0, 255)
    return rng.integers(0, looked_up(port) or _CLASSES, size=dims, dtype=np.int64)


def _pixels(draw: Draw, dims: tuple[int, ...], stream: int) -> Array:
    """Return images, their channels last where the dimensions look like it."""
    count, one, two, three = dims
    if three <= _MOST_CHANNELS < one:
        return np.moveaxis(images(draw, (count, three, one, two), stream), 1, -1)
    return images(draw, dims, stream)


def looked_up(port: Any) -> int:
    """Return the size of the table whose rows the values of ``port`` choose, 0 where they choose none."""
    outputs, seen = [port], set[str]()
    while outputs:
        for target in outputs.pop().get_target_inputs():
            node = target.get_node()
            kind, key = node.get_type_name(), node.get_friendly_name()
            if kind == "Gather" and target.get_index() == 1:
                table = node.input_value(0).get_partial_shape()
                axis = _constant(node.input_value(2))
                if table.rank.is_static and axis is not None and table[axis].is_static:
                    return int(table[axis].get_length())
            elif kind in _PASSED_ON and target.get_index() == 0 and key not in seen:
                seen.add(key)
                outputs += list(node.outputs())
    return 0


def _constant(value: Any) -> int | None:
    node = value.get_node()
    if node.get_type_name() != "Constant":
        return None
    return int(node.get_data().reshape(-1)[0])
