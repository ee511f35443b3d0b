"""The prompts that language models continue: seeded token ids, padded on the left. Imported inside workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .samples import Draw, save_arrays, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.models.spec import CallShape


def save_prompts(call: CallShape, target: Path, say: Callable[[str], None]) -> None:
    """Write the prompts of one call as ``.npz``, and the shapes of the arrays as JSON.

    ``call.dims`` is (prompts, tokens of the longest), ``call.shortest`` the tokens of the shortest.
    """
    say("drawing the prompts")
    save_arrays(prompts(call), target)


def prompts(call: CallShape) -> Mapping[str, NDArray[np.int64]]:
    """Return ``input_ids`` and ``attention_mask``, both (prompts, tokens of the longest); more begin with the same."""
    batch, longest = call.dims
    rng = np.random.default_rng([20, Draw.HELD_OUT])
    ids = tokens(rng, (batch, longest), vocabulary=call.vocabulary)
    lengths = np.array(prompt_lengths(batch, call.shortest or longest, longest))
    mask = (np.arange(longest) >= longest - lengths[:, None]).astype(np.int64)
    return {"input_ids": ids * mask, "attention_mask": mask}


def prompt_lengths(batch: int, shortest: int, longest: int) -> list[int]:
    """Return how many tokens each prompt has, spread over the range, the first being the longest, the second the least.

    Each further one halves a gap (the sequence of van der Corput), so that the lengths of a larger batch begin with
    those of a smaller one: the prompts that two batches have in common are the same.
    """
    places = [1.0, 0.0, *map(_halving, range(1, batch))]
    return [shortest + round((longest - shortest) * place) for place in places[:batch]]


def _halving(index: int) -> float:
    """Return the binary digits of ``index``, mirrored behind the point: 1/2, 1/4, 3/4, 1/8, 5/8 for 1 to 5."""
    return int(bin(index)[:1:-1], 2) / (1 << index.bit_length())
