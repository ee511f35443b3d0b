# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""The models of `benchmarks.explain_planted`: built of operations in a second, with the names that exporters give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov
from openvino import opset13 as ops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

#: The encoder: blocks of an attention and two products, as BERT has them.
BLOCKS, TOKENS, WIDTH, HEADS = 3, 64, 256, 4
#: The convolutional network: a stem, and blocks of a depthwise convolution and two products, as ConvNeXt has them.
CHANNELS, PIXELS, STEM = 64, 128, 4
#: Layers of several kinds, each large enough to be worth more than one thread.
ROWS, COLUMNS = 2048, 512


def encoder() -> ov.Model:
    """Return an encoder as exporters name its parts."""
    data = hidden = _parameter("hidden", 1, TOKENS, WIDTH)
    for block in range(BLOCKS):
        at = f"encoder.layer.{block}"
        query, key, value = (
            _heads(_dense(hidden, f"{at}.attention.{role}", WIDTH, WIDTH), f"{at}.attention.{role}", order)
            for role, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
        )
        weights = ops.softmax(_product(query, key, f"{at}.attention.scores"), 3, name=f"{at}.attention/Softmax")
        mixed = ops.transpose(
            _product(weights, value, f"{at}.attention.mixed"), ops.constant([0, 2, 1, 3]), name=f"{at}.attention/Back"
        )
        joined = ops.reshape(
            mixed, ops.constant([1, TOKENS, WIDTH]), special_zero=False, name=f"{at}.attention/Reshape"
        )
        summed = ops.add(
            _dense(joined, f"{at}.attention.output.dense", WIDTH, WIDTH), hidden, name=f"{at}.attention/Add"
        )
        attended = _norm(summed, f"{at}.attention.output.LayerNorm", (1, 1, WIDTH))
        raised = ops.gelu(_dense(attended, f"{at}.intermediate.dense", WIDTH, 4 * WIDTH), "erf", name=f"{at}/Gelu")
        summed = ops.add(_dense(raised, f"{at}.output.dense", 4 * WIDTH, WIDTH), attended, name=f"{at}/Add")
        hidden = _norm(summed, f"{at}.output.LayerNorm", (1, 1, WIDTH))
    return ov.Model([hidden], [data], "encoder")


def convolutional(prefix: str, *, is_channels_last: bool = False) -> ov.Model:
    """Return the network of ConvNeXt's blocks; both ways to write them down compute the same."""
    data = _parameter("pixels", 1, 3, PIXELS, PIXELS)
    hidden = _convolved(data, f"{prefix}.stem", (CHANNELS, 3, STEM, STEM), STEM, 0)
    for block in range(BLOCKS):
        at = f"{prefix}.{block}"
        kernel = ops.constant(numbers(f"{block}.depthwise", CHANNELS, 1, 1, 7, 7))
        deep = ops.group_convolution(hidden, kernel, [1, 1], [3, 3], [3, 3], [1, 1], name=f"{at}.depthwise/Conv")
        if is_channels_last:
            last = ops.transpose(deep, ops.constant([0, 2, 3, 1]), name=f"{at}.to_last/Transpose")
            normal = _norm(last, f"{at}.norm", (1, 1, 1, CHANNELS))
            raised = ops.gelu(_dense(normal, f"{at}.up", CHANNELS, 4 * CHANNELS), "erf", name=f"{at}/Gelu")
            lowered = _dense(raised, f"{at}.down", 4 * CHANNELS, CHANNELS)
            lowered = ops.transpose(lowered, ops.constant([0, 3, 1, 2]), name=f"{at}.to_first/Transpose")
        else:
            normal = _norm(deep, f"{at}.norm", (1, CHANNELS, 1, 1))
            raised = ops.gelu(_convolved(normal, f"{at}.up", (4 * CHANNELS, CHANNELS, 1, 1)), "erf", name=f"{at}/Gelu")
            lowered = _convolved(raised, f"{at}.down", (CHANNELS, 4 * CHANNELS, 1, 1))
        hidden = ops.add(lowered, hidden, name=f"{at}/Add")
    return ov.Model([hidden], [data], "convolutional")


def mixed() -> ov.Model:
    """Return matrix products with activations, sums, softmax and normalisations between them."""
    data = hidden = _parameter("rows", 1, ROWS, COLUMNS)
    for block in range(3):
        product = _dense(hidden, f"{block}.dense", COLUMNS, COLUMNS)
        spread = ops.softmax(product, 2, name=f"{block}/Softmax")
        total = ops.cum_sum(spread, ops.constant(2), name=f"{block}/CumSum")
        bent = ops.erf(ops.sin(total, name=f"{block}/Sin"), name=f"{block}/Erf")
        hidden = _norm(bent, f"{block}.norm", (1, 1, COLUMNS))
    return ov.Model([hidden], [data], "mixed")


def _parameter(name: str, *shape: int) -> Any:
    parameter = ops.parameter(list(shape), np.float32, name=name)
    parameter.output(0).set_names({name})
    return parameter


def _product(first: Any, second: Any, name: str, *, transpose_b: bool = False) -> Any:
    return ops.matmul(first, second, transpose_a=False, transpose_b=transpose_b, name=f"{name}/MatMul")


def _dense(data: Any, name: str, wide: int, narrow: int) -> Any:
    product = _product(data, ops.constant(numbers(name, narrow, wide)), name, transpose_b=True)
    return ops.add(product, ops.constant(numbers(f"{name}.bias", narrow)), name=f"{name}/Add")


def _convolved(data: Any, name: str, shape: Sequence[int], stride: int = 1, pad: int = 0) -> Any:
    kernel = ops.constant(numbers(name, *shape))
    made = ops.convolution(data, kernel, [stride] * 2, [pad] * 2, [pad] * 2, [1, 1], name=f"{name}/Conv")
    return ops.add(made, ops.constant(numbers(f"{name}.bias", 1, shape[0], 1, 1)), name=f"{name}/Add")


def _norm(data: Any, name: str, shape: Sequence[int]) -> Any:
    axis = shape.index(max(shape))
    centred = ops.mvn(
        data, ops.constant([axis]), normalize_variance=True, eps=1e-6, eps_mode="inside_sqrt", name=f"{name}/MVN"
    )
    scaled = ops.multiply(centred, ops.constant(1 + numbers(f"{name}.scale", *shape)), name=f"{name}/Multiply")
    return ops.add(scaled, ops.constant(numbers(f"{name}.bias", *shape)), name=f"{name}/Add")


def _heads(data: Any, name: str, order: list[int]) -> Any:
    split = ops.reshape(
        data, ops.constant([1, TOKENS, HEADS, WIDTH // HEADS]), special_zero=False, name=f"{name}/Reshape"
    )
    return ops.transpose(split, ops.constant(order), name=f"{name}/Transpose")


def numbers(seed: str, *shape: int) -> Numbers:
    """Return small numbers around 0, the same ones for the same seed."""
    made = np.random.default_rng(list(seed.encode())).normal(size=shape).astype(np.float32)
    return made / np.float32(np.sqrt(np.prod(shape[1:])))


def hidden_inputs() -> dict[str, Numbers]:
    """Return what the encoder takes in."""
    return {"hidden": 100 * numbers("hidden", 1, TOKENS, WIDTH)}


def pixel_inputs() -> dict[str, Numbers]:
    """Return what the convolutional network takes in."""
    return {"pixels": 100 * numbers("pixels", 1, 3, PIXELS, PIXELS)}
