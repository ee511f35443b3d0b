# ruff: noqa: ANN401  (OpenVINO ships no types)
"""Small models for the NPU compiler: one that it takes, one that is open, and one that it fails on by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import openvino
from openvino import opset13 as ops

if TYPE_CHECKING:
    from pathlib import Path


def relu(path: Path, *sizes: int) -> Path:
    """Save a model of one ReLU; a size of -1 has no upper bound."""
    source = ops.parameter(list(sizes), openvino.Type.f32, name="x")
    return _saved(ops.relu(source), source, path)


def failing(path: Path) -> Path:
    """Save an INT8 model with fixed shapes whose numbers the compiler (OpenVINO 2026.4.1) cannot cope with.

    Values around 1e-5 that are clamped to 6 make a ratio that it wants to write as an integer and cannot; seen first
    on a MobileNetV2 with random weights, "postShift is not supported".
    """
    source = ops.parameter([1, 16, 8, 8], openvino.Type.f32, name="x")
    first = _quantised(source, -0.0008, 0.0008)
    added = _quantised(ops.add(first, _convolved(first, 0)), -0.0008, 0.0008)
    clamped = _quantised(ops.clamp(_convolution(added, 3), 0.0, 6.0), 0.0, 0.0008)
    return _saved(_convolution(clamped, 1), source, path)


def _quantised(value: Any, least: float, most: float, levels: int = 256) -> Any:
    low, high = np.float32(least), np.float32(most)
    return ops.fake_quantize(value, low, high, low, high, levels)


def _convolved(value: Any, seed: int) -> Any:
    return _quantised(_convolution(value, seed), -0.0008, 0.0008)


def _convolution(value: Any, seed: int) -> Any:
    steps = np.random.default_rng(seed).integers(-127, 128, (16, 16, 1, 1)).astype(np.float32)
    weights = _quantised(ops.constant(steps * np.float32(0.001)), -0.127, 0.127, 255)
    return ops.convolution(value, weights, [1, 1], [0, 0], [0, 0], [1, 1])


def _saved(result: Any, source: Any, path: Path) -> Path:
    openvino.save_model(openvino.Model([result], [source], "small"), path, compress_to_fp16=False)
    return path
