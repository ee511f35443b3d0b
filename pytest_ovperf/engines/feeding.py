"""Arrays that a caller gives to a loaded model, held against what it takes before they reach the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.inputs import FOLLOWING, IDS

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from numpy.typing import NDArray

    from .protocol import LoadRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """An input that a model takes.

    ``names`` are all that it goes by, ``dtype`` is numpy's. ``dims`` has the smallest and the largest size of each
    dimension, the largest ``None`` where there is none; it is ``None`` where any shape will do.
    """

    names: tuple[str, ...]
    dtype: Any
    dims: tuple[tuple[int, int | None], ...] | None

    @property
    def name(self) -> str:
        """Its names as they are written in errors."""
        return " / ".join(self.names)

    @property
    def shape(self) -> str:
        """The shape that it was compiled for, such as ``1x1..128``; ``?`` where a size is open."""
        return "x".join(_size(*sizes) for sizes in self.dims or ()) or "a single number"

    def admits(self, shape: Sequence[int]) -> bool:
        """Tell whether an array of that shape can be given to it."""
        if self.dims is None:
            return True
        return len(shape) == len(self.dims) and all(
            least <= size and (most is None or size <= most)
            for size, (least, most) in zip(shape, self.dims, strict=True)
        )


def read_inputs(request: LoadRequest) -> dict[str, NDArray[Any]]:
    """Return the arrays of a request's file of inputs by name. Raises `ModelError` where it has none."""
    import numpy as np  # noqa: PLC0415  (for workers)

    if request.inputs is None:
        raise ModelError(
            f"There are no inputs for {request.engine}.", remedy="Name a model in the marker `model`: calls have none."
        )
    with np.load(request.inputs) as file:
        return {name: file[name] for name in file.files}


def fitted(arrays: Mapping[str, NDArray[Any]], inputs: Sequence[Wanted]) -> list[NDArray[Any]]:
    """Return one contiguous array of the right type for each of ``inputs``, in their order.

    A mask, token types and positions follow from ``input_ids`` where they are not given. Raises `ModelError` for an
    input that is missing or unknown, for a shape that the model was not compiled for, and for a type that would lose by
    being converted.
    """
    known = {name for each in inputs for name in each.names}
    unknown = [name for name in arrays if name not in known]
    if unknown:
        raise ModelError(
            f"The model has no input {', '.join(map(repr, unknown))}; it takes {_listed(inputs)}.",
            remedy="Give one array for each of these, by its name.",
        )
    whole = {**_following(arrays, known), **arrays}
    return [_fitted(each, _given(each, whole, inputs)) for each in inputs]


def _following(arrays: Mapping[str, NDArray[Any]], wanted: Container[str]) -> dict[str, NDArray[Any]]:
    import numpy as np  # noqa: PLC0415  (for workers)

    from pytest_ovperf.models.making.samples import following  # noqa: PLC0415  (brings numpy)

    if IDS not in arrays:
        return {}
    return {name: following(name, np.asarray(arrays[IDS])) for name in FOLLOWING if name in wanted}


def _given(wanted: Wanted, arrays: Mapping[str, NDArray[Any]], inputs: Sequence[Wanted]) -> NDArray[Any]:
    for name in wanted.names:
        if name in arrays:
            return arrays[name]
    raise ModelError(
        f"The model's input {wanted.name!r} was not given; there is {', '.join(arrays) or 'nothing'}.",
        remedy=f"Give one array for each input, by its name: {_listed(inputs)}.",
    )


def _fitted(wanted: Wanted, given: NDArray[Any]) -> NDArray[Any]:
    import numpy as np  # noqa: PLC0415  (for workers)

    array = np.asarray(given)
    if not wanted.admits(array.shape):
        raise ModelError(
            f"Input {wanted.name!r} is {_shape_text(array.shape)}, and the model was compiled for {wanted.shape}.",
            remedy="Give arrays of that shape; or compile the model for others: leave shape= out of the marker `model` "
            "and shape=static out of the arm's brackets, where its file allows that.",
        )
    if not np.can_cast(array.dtype, wanted.dtype, casting="same_kind"):
        raise ModelError(
            f"Input {wanted.name!r} is {array.dtype}, the model wants {np.dtype(wanted.dtype)}.",
            remedy=f"Convert it: array.astype({str(np.dtype(wanted.dtype))!r}).",
        )
    # Of a single number, ascontiguousarray would make an array of one dimension.
    return np.ascontiguousarray(array, dtype=wanted.dtype).reshape(array.shape)


def _listed(inputs: Sequence[Wanted]) -> str:
    return ", ".join(each.name for each in inputs)


def _shape_text(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _size(least: int, most: int | None) -> str:
    if most is None:
        return "?" if least <= 1 else f"{least}.."
    return str(most) if least == most else f"{least}..{most}"
