"""What a text model computes for padding is nobody's answer: it is taken out before outputs are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_MASK = "attention_mask"


def without_padding(outputs: Mapping[str, NDArray[Any]], inputs: Path | None) -> Mapping[str, NDArray[Any]]:
    """Return ``outputs`` with zeros in the places of padding, by the attention mask of the call's ``inputs``.

    A mask of (batch, tokens) concerns every output that begins with these two dimensions; without a mask, or with one
    that masks nothing, all stay as they are. ``inputs`` is an ``.npz`` file, ``None`` where there is none.
    """
    import numpy as np  # noqa: PLC0415  (for workers)

    if inputs is None:
        return outputs
    with np.load(inputs) as file:
        mask = file[_MASK] if _MASK in file.files else np.ones(())
    if mask.ndim != 2 or mask.all():  # noqa: PLR2004  (batch, tokens)
        return outputs
    return {name: _masked(array, mask != 0) for name, array in outputs.items()}


def _masked(output: NDArray[Any], kept: NDArray[Any]) -> NDArray[Any]:
    if output.shape[:2] != kept.shape:
        return output
    masked: NDArray[Any] = output * kept.reshape(*kept.shape, *[1] * (output.ndim - 2))
    return masked
