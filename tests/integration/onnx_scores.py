"""Scores as users write them, for the graph of `tests.fakes.onnx_bytes.dense`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Predict = Callable[[Mapping[str, NDArray[Any]]], Mapping[str, NDArray[Any]]]


def share_of_zeros(predict: Predict) -> float:
    logits = predict({"features": np.ones((3, 16), np.float32)})["logits"]
    assert logits.dtype == np.float32
    return float((logits == 0).mean())


def of_pixels(predict: Predict) -> float:
    return float(predict({"pixels": np.ones((1, 16))})["logits"].mean())
