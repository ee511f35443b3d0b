"""A writer of small ONNX files, so that no test needs the package: of ``onnx.proto`` the fields that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FLOAT, INT64, FLOAT16 = 1, 7, 10
_KINDS = {np.dtype(np.float32): FLOAT, np.dtype(np.int64): INT64, np.dtype(np.float16): FLOAT16}
Dims = Sequence[int | str] | None


def dense(
    path: Path,
    *,
    dims: Dims = ("batch", 16),
    outputs: int = 8,
    external: str | None = None,
    listed: bool = False,
) -> Path:
    """Write ``relu(features @ weight + bias)`` with one input of ``dims``, whose last one is 16.

    ``external`` puts the weights into a file of that name beside it; ``listed`` names them among the inputs as well.
    """
    rng = np.random.default_rng(20)
    weight = rng.normal(0, 0.25, (16, outputs)).astype(np.float32)
    bias = np.linspace(0, 1, outputs, dtype=np.float32)
    nodes = [
        _node("MatMul", ["features", "weight"], "product"),
        _node("Add", ["product", "bias"], "sum"),
        _node("Relu", ["sum"], "logits"),
    ]
    inputs = [_value("features", FLOAT, dims)]
    if listed:
        inputs += [_value("weight", FLOAT, weight.shape), _value("bias", FLOAT, bias.shape)]
    if external is not None:
        (path.parent / external).write_bytes(weight.tobytes())
    weights = [_tensor("weight", weight, external), _tensor("bias", bias)]
    return _write(path, nodes, weights, inputs, _value("logits", FLOAT, ("batch", outputs)))


def half(path: Path, *, kind: int = FLOAT16) -> Path:
    """Write ``features @ weight``, whose weight is kept in half precision, or in the type of that number."""
    nodes = [
        _node("Cast", ["half"], "weight", _attribute("to", FLOAT)),
        _node("MatMul", ["features", "weight"], "logits"),
    ]
    weights = [_tensor("half", np.ones((16, 8), np.float16), kind=kind)]
    return _write(
        path, nodes, weights, [_value("features", FLOAT, ("batch", 16))], _value("logits", FLOAT, ("batch", 8))
    )


def lookup(path: Path, *, words: int = 40) -> Path:
    """Write a table of ``words`` rows in which ids are looked up, their two dimensions open, beside an unused mask."""
    table = np.random.default_rng(20).normal(0, 1, (words, 4)).astype(np.float32)
    nodes = [
        _node("Gather", ["table", "ids"], "rows"),
        _node("Unsqueeze", ["attention_mask", "last"], "column"),
        _node("Cast", ["column"], "factor", _attribute("to", FLOAT)),
        _node("Mul", ["rows", "factor"], "hidden"),
    ]
    inputs = [_value(name, INT64, ("batch", "tokens")) for name in ("ids", "attention_mask")]
    weights = [_tensor("table", table), _tensor("last", np.array([-1]))]
    return _write(path, nodes, weights, inputs, _value("hidden", FLOAT, ("batch", "tokens", 4)))


def _write(path: Path, nodes: list[bytes], weights: list[bytes], inputs: list[bytes], output: bytes) -> Path:
    graph = b"".join(
        [_field(1, node) for node in nodes]
        + [_field(2, b"graph")]
        + [_field(5, weight) for weight in weights]
        + [_field(11, value) for value in inputs]
        + [_field(12, output)]
    )
    path.write_bytes(_field(1, 8) + _field(7, graph) + _field(8, _field(2, 13)))
    return path


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return _varint(number << 3) + _varint(content % (1 << 64))
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _node(kind: str, inputs: Sequence[str], output: str, *attributes: bytes) -> bytes:
    return (
        b"".join(_field(1, name.encode()) for name in inputs)
        + _field(2, output.encode())
        + _field(4, kind.encode())
        + b"".join(_field(5, attribute) for attribute in attributes)
    )


def _attribute(name: str, value: int) -> bytes:
    return _field(1, name.encode()) + _field(3, value) + _field(20, 2)


def _tensor(name: str, array: NDArray[np.generic], external: str | None = None, *, kind: int | None = None) -> bytes:
    number = kind or _KINDS[array.dtype]
    head = b"".join(_field(1, size) for size in array.shape) + _field(2, number) + _field(8, name.encode())
    if external is None:
        return head + _field(9, array.tobytes())
    return head + _field(13, _field(1, b"location") + _field(2, external.encode())) + _field(14, 1)


def _value(name: str, kind: int, dims: Dims) -> bytes:
    shape = b"" if dims is None else _field(2, b"".join(_field(1, _dim(size)) for size in dims))
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, kind) + shape))


def _dim(size: int | str) -> bytes:
    return _field(1, size) if isinstance(size, int) else _field(2, size.encode())
