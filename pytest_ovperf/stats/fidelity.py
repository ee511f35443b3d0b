"""How near one arm's outputs are to another's: a speed-up counts only with its fidelity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import Fidelity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: The output that holds the ids of generated tokens.
TOKENS: Final = "tokens"

_WORK_ON = "Compare arms of one model that are given the same inputs: of the same shape, or the same prompt and tokens."


def compare(
    candidate: Mapping[str, NDArray[Any]],
    reference: Mapping[str, NDArray[Any]],
    *,
    sides: tuple[str, str] = ("candidate", "reference"),
) -> Fidelity:
    """Compare outputs by name: arrays of shape (samples, …), or of one dimension for a single sample.

    Outputs that only one side has (caches, hidden states) are left out. Where one side has more samples, its first
    ones are compared: a larger batch begins with the samples of a smaller one. Per sample the cosine is that of the
    flattened output; two zero vectors are identical (1), one alone is not alike at all (0). Top-1 compares the place
    of the largest value along the last axis, the first one where several are equal; places where both sides hold
    nothing but zeros, as padding does, have none and are left out. Of arms that generate, `TOKENS` are
    the ids: these are compared one by one, top-1 is the share that is equal, and the rest is of the other outputs.
    Raises `MeasurementError` for no output in common, shapes that differ, no elements, values that are not real
    numbers, NaN or infinity: none of these is a small difference. ``sides`` is what it calls the two.
    """
    common = [name for name in reference if name in candidate and name != TOKENS]
    if not common:
        raise MeasurementError(
            f"The arms have no output in common: {_names(candidate)} against {_names(reference)}.", remedy=_WORK_ON
        )
    cosine, largest_error, agreeing, places = 1.0, 0.0, 0, 0
    for name in common:
        ours, theirs = _pair(name, candidate[name], reference[name], sides)
        cosine = min(cosine, _lowest_cosine(ours, theirs))
        largest_error = max(largest_error, float(abs(ours - theirs).max()))
        said = ours.any(axis=-1) | theirs.any(axis=-1)
        same = ours.argmax(axis=-1) == theirs.argmax(axis=-1)
        agreeing += int((same & said).sum())
        places += int(said.sum())
    if TOKENS in candidate and TOKENS in reference:
        ours, theirs = _pair(TOKENS, candidate[TOKENS], reference[TOKENS], sides)
        agreeing, places = int((ours == theirs).sum()), int(ours.size)
    return Fidelity(cosine=cosine, top1=agreeing / places if places else 1.0, max_abs_error=largest_error)


def _names(outputs: Mapping[str, NDArray[Any]]) -> str:
    return ", ".join(outputs) or "none at all"


def _pair(
    name: str, candidate: NDArray[Any], reference: NDArray[Any], sides: tuple[str, str]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both arrays as float64 of shape (samples, …, values), checked, with the samples that both have."""
    if candidate.shape != reference.shape and (candidate.ndim == 0 or candidate.shape[1:] != reference.shape[1:]):
        raise MeasurementError(
            f"Output {name!r} has shape {candidate.shape} in the {sides[0]} and {reference.shape} in the {sides[1]}.",
            remedy=_WORK_ON,
        )
    ours, theirs = _checked(name, sides[0], candidate), _checked(name, sides[1], reference)
    if ours.ndim == 0:
        return ours.reshape(1, -1), theirs.reshape(1, -1)
    both = min(len(ours), len(theirs))
    ours, theirs = ours[:both], theirs[:both]
    return (ours.reshape(1, -1), theirs.reshape(1, -1)) if ours.ndim == 1 else (ours, theirs)


def _checked(name: str, side: str, array: NDArray[Any]) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415  (the pytest process imports this room)

    if array.size == 0 or array.dtype.kind not in "fiub":
        raise MeasurementError(
            f"Output {name!r} of the {side} holds {array.size} values of type {array.dtype}: nothing to compare.",
            remedy=_WORK_ON,
        )
    values = array.astype(np.float64)
    bad = int(values.size - np.isfinite(values).sum())
    if bad:
        raise MeasurementError(
            f"Output {name!r} of the {side} holds {bad} values of {values.size} that are NaN or infinite.",
            remedy="The arm computes nonsense on these inputs: try openvino-fp32, or another precision.",
        )
    return values


def _lowest_cosine(candidate: NDArray[Any], reference: NDArray[Any]) -> float:
    """Return the smallest cosine over the samples of one output."""
    import numpy as np  # noqa: PLC0415  (the pytest process imports this room)

    ours, ours_zero = _directions(candidate)
    theirs, theirs_zero = _directions(reference)
    cosines = (ours * theirs).sum(axis=1)
    cosines[ours_zero & theirs_zero] = 1.0
    return float(np.clip(cosines.min(), -1.0, 1.0))


def _directions(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return each sample as a flat vector of length 1 (a zero vector stays one), and which samples are zero."""
    import numpy as np  # noqa: PLC0415  (the pytest process imports this room)

    flat = values.reshape(len(values), -1)
    # Scaled by the largest value first: squares of very large or very small numbers leave float64's range.
    largest = np.abs(flat).max(axis=1, keepdims=True)
    zero = largest == 0.0
    scaled = flat / np.where(zero, 1.0, largest)
    lengths = np.sqrt((scaled**2).sum(axis=1, keepdims=True))
    return scaled / np.where(zero, 1.0, lengths), zero[:, 0]
