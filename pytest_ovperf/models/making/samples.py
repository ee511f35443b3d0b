"""Seeded samples: smooth images and token sequences that stand for real inputs. Imported inside workers only."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pytest_ovperf.models.layout import INPUTS_NAME, SHAPES_NAME

from .arrays import write_arrays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Array = NDArray[np.generic]

_WAVES = 12
#: Standard deviation of the grain, where the image's own is about 1.
_GRAIN = 0.3


class Draw(IntEnum):
    """What a sample is for. Each use has its own stream of random numbers, so that none sees another's samples."""

    STATISTICS = 1
    CALIBRATION = 2
    HELD_OUT = 3


def images(draw: Draw, shape: Sequence[int], *stream: int) -> NDArray[np.float32]:
    """Return images of ``shape`` (count, channels, height, width), zero mean and unit range as after preprocessing.

    More of them begin with the same ones. Numbers in ``stream`` give other images: for a second input of a model.
    Each is a colour, a dozen plane waves of log-uniform frequency and some grain. Images differ in colour, contrast
    and structure. The grain is what photographs have too: without it, flat areas round to INT8 all the same way, and
    errors add up instead of averaging out.
    """
    count, channels, height, width = shape
    rng = np.random.default_rng([20, draw, *stream])
    y, x = np.meshgrid(np.linspace(0, 1, height), np.linspace(0, 1, width), indexing="ij")
    batch = np.empty((count, channels, height, width), np.float32)
    for index in range(count):
        image = np.zeros((channels, height, width)) + rng.normal(0, 0.6, (channels, 1, 1))
        for _ in range(_WAVES):
            cycles = np.exp(rng.uniform(np.log(0.5), np.log(24)))
            angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
            wave = np.sin(2 * np.pi * cycles * (np.cos(angle) * x + np.sin(angle) * y) + phase)
            amplitude = 0.4 / (1 + 0.3 * np.log(2 * cycles))
            image += rng.normal(0, amplitude, (channels, 1, 1)) * wave
        image += rng.normal(0, _GRAIN, image.shape)
        batch[index] = np.clip(image * np.exp(rng.normal(0, 0.3)), -2.5, 2.5)
    return batch


def tokens(rng: np.random.Generator, shape: Sequence[int], *, vocabulary: int) -> NDArray[np.int64]:
    """Return token ids of ``shape`` (batch, tokens), uniform over the ``vocabulary``."""
    return rng.integers(0, vocabulary, size=tuple(shape), dtype=np.int64)


def text_inputs(
    rng: np.random.Generator, shape: Sequence[int], names: Sequence[str], *, vocabulary: int
) -> Mapping[str, NDArray[np.int64]]:
    """Return one call's inputs for a text model: an array of ``shape`` (batch, tokens) for each of ``names``.

    Raises `KeyError` for an input that is none of ids, attention mask, token types and positions.
    """
    dims = tuple(shape)
    made = {
        "input_ids": tokens(rng, dims, vocabulary=vocabulary),
        "attention_mask": np.ones(dims, np.int64),
        "token_type_ids": np.zeros(dims, np.int64),
        "position_ids": np.broadcast_to(np.arange(dims[1], dtype=np.int64), dims).copy(),
    }
    return {name: made[name] for name in names}


def following(name: str, ids: Array) -> Array:
    """Return what the input ``name`` of a text model usually is beside token ``ids``, in the shape of these.

    That is a mask of ones, types of 0, or positions in order.
    """
    if name == "position_ids" and ids.ndim:
        return np.broadcast_to(np.arange(ids.shape[-1], dtype=np.int64), ids.shape).copy()
    return np.full(ids.shape, int(name == "attention_mask"), np.int64)


def save_arrays(arrays: Mapping[str, Array], target: Path) -> None:
    """Write one call's inputs into ``target``, and beside them their shapes, for a process without numpy."""
    write_arrays(target / INPUTS_NAME, arrays)
    shapes = {name: list(array.shape) for name, array in arrays.items()}
    (target / SHAPES_NAME).write_text(json.dumps(shapes, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
