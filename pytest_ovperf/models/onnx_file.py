"""What an ONNX file says of itself, read without importing ONNX or OpenVINO.

The file is a message of protocol buffers, of which only the few fields are looked at that name the inputs and the
files of weights; the weights themselves are stepped over. The numbers of the fields are those of ``onnx.proto``
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), the encoding that of
https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator  # noqa: TC003  (annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .spec import Port

if TYPE_CHECKING:
    from pathlib import Path

#: ``TensorProto.DataType`` in OpenVINO's words.
_KINDS = {
    1: "f32", 2: "u8", 3: "i8", 4: "u16", 5: "i16", 6: "i32", 7: "i64", 8: "string", 9: "boolean", 10: "f16",
    11: "f64", 12: "u32", 13: "u64", 16: "bf16", 17: "f8e4m3", 18: "f8e4m3fnuz", 19: "f8e5m2", 20: "f8e5m2fnuz",
    21: "u4", 22: "i4", 23: "f4e2m1",
}  # fmt: skip

_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT = 5, 11
_TENSOR_DIMS, _TENSOR_KIND, _TENSOR_NAME, _TENSOR_EXTERNAL = 1, 2, 8, 13
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR = 1
_TENSOR_TYPE_KIND, _TENSOR_TYPE_SHAPE = 1, 2
_SHAPE_DIM = 1
_DIM_VALUE = 1

#: Wire types: a number of any length, bytes with their length before them, and numbers of fixed sizes.
_VARINT, _BYTES = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """The inputs of an ONNX model in its own order, and the files beside it that hold weights.

    ``weight_kinds`` are the element types of the weights, in OpenVINO's words; single numbers and lists of numbers,
    such as shapes and scales, do not count.
    """

    ports: tuple[Port, ...]
    external: tuple[Path, ...]
    weight_kinds: frozenset[str] = frozenset()


class _MalformedError(Exception):
    """Bytes that are no protocol buffer. Never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    value: int
    start: int
    end: int
    is_bytes: bool


def read_onnx(path: Path) -> OnnxFile:
    """Return inputs and files of weights of the ONNX model ``path``.

    Raises `ModelError` for a file that is no ONNX model, an input that is no tensor, and weights that are missing.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(path, data)
    except (OSError, ValueError, _MalformedError) as error:
        raise ModelError(
            f"{path} cannot be read as an ONNX model: {error}", remedy="Export it again, or copy it completely."
        ) from error


def _read(path: Path, data: mmap.mmap) -> OnnxFile:
    graphs = [field for field in _fields(data, 0, len(data)) if field.number == _MODEL_GRAPH]
    if not graphs:
        raise _MalformedError("it holds no graph")
    inputs, weights, external, kinds = [], set[str](), set[str](), set[str]()
    for field in _fields(data, graphs[0].start, graphs[0].end):
        if field.number == _GRAPH_INPUT:
            inputs.append(_port(path, data, field))
        elif field.number == _GRAPH_INITIALIZER:
            name, locations = _weight(data, field)
            weights.add(name)
            external |= locations
            kinds |= _weight_kind(data, field)
    ports = tuple(port for port in inputs if port.name not in weights)  # older files list weights among the inputs
    if not ports:
        raise ModelError(
            f"The model {path} has no inputs.", remedy="Name a model that computes something of its inputs."
        )
    return OnnxFile(ports, tuple(_existing(path, location) for location in sorted(external)), frozenset(kinds))


def _existing(path: Path, location: str) -> Path:
    file = path.parent / location
    if not file.is_file():
        raise ModelError(
            f"Weights of {path} are missing: it keeps them in {location}, which is not beside it.",
            remedy="Copy the model with all of its files.",
        )
    return file


def _port(path: Path, data: mmap.mmap, value: _Field) -> Port:
    name, tensor = "", None
    for field in _fields(data, value.start, value.end):
        if field.number == _VALUE_NAME:
            name = _text(data, field)
        elif field.number == _VALUE_TYPE:
            tensor = next((one for one in _fields(data, field.start, field.end) if one.number == _TYPE_TENSOR), None)
    if tensor is None:
        raise ModelError(
            f"The input {name!r} of {path} is no tensor.", remedy="Name a model whose inputs are all tensors."
        )
    kind, dims = 0, None
    for field in _fields(data, tensor.start, tensor.end):
        if field.number == _TENSOR_TYPE_KIND:
            kind = field.value
        elif field.number == _TENSOR_TYPE_SHAPE:
            dims = tuple(_dim(data, one) for one in _fields(data, field.start, field.end) if one.number == _SHAPE_DIM)
    return Port(name, _KINDS.get(kind, f"type {kind}"), dims)


def _dim(data: mmap.mmap, dim: _Field) -> tuple[int, int | None]:
    """Return the bounds of a dimension: one size, or any where it has a name only."""
    size = next((field.value for field in _fields(data, dim.start, dim.end) if field.number == _DIM_VALUE), 0)
    return (size, size) if 0 < size < 1 << 63 else (0, None)


def _weight(data: mmap.mmap, tensor: _Field) -> tuple[str, set[str]]:
    name, locations = "", set()
    for field in _fields(data, tensor.start, tensor.end):
        if field.number == _TENSOR_NAME:
            name = _text(data, field)
        elif field.number == _TENSOR_EXTERNAL:
            entry = {one.number: _text(data, one) for one in _fields(data, field.start, field.end)}
            if entry.get(_ENTRY_KEY) == "location":
                locations.add(entry.get(_ENTRY_VALUE, ""))
    return name, locations


def _weight_kind(data: mmap.mmap, tensor: _Field) -> set[str]:
    """Return the element type of a weight of two dimensions or more."""
    kind, dims = 0, 0
    for field in _fields(data, tensor.start, tensor.end):
        if field.number == _TENSOR_KIND:
            kind = field.value
        elif field.number == _TENSOR_DIMS:  # one field a dimension, or all of them packed into one
            dims += sum(data[at] < 0x80 for at in range(field.start, field.end)) if field.is_bytes else 1  # noqa: PLR2004
    return {_KINDS.get(kind, f"type {kind}")} if dims > 1 else set()


def _text(data: mmap.mmap, field: _Field) -> str:
    return data[field.start : field.end].decode("utf-8", "replace")


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[_Field]:
    """Step through the fields of the message in ``data[start:end]``."""
    position = start
    while position < end:
        tag, position = _varint(data, position, end)
        number, wire = tag >> 3, tag & 7
        value, size = 0, _FIXED_SIZES.get(wire, 0)
        if wire == _VARINT:
            value, after = _varint(data, position, end)
        elif wire == _BYTES:
            size, position = _varint(data, position, end)
            after = position + size
        else:
            after = position + size
        if not number or after > end or (not size and wire not in (_VARINT, _BYTES)):
            raise _MalformedError(f"there is no field at byte {position}")
        yield _Field(number, value, position, after, wire == _BYTES)
        position = after


def _varint(data: mmap.mmap, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end and shift < 64:  # noqa: PLR2004  (bits)
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004  (the bit that says that more bytes follow)
            return value, position
    raise _MalformedError(f"a number without an end at byte {position}")
