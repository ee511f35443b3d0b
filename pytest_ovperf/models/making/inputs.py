"""The seeded inputs that every arm of a comparison is given. Imported inside workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.calls import fitted, read_inputs

from .graph_samples import graph_inputs
from .samples import Array, Draw, images, save_arrays, text_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_ovperf.models.spec import CallShape

_KINDS: Mapping[str, type[np.generic]] = {"i64": np.int64, "i32": np.int32, "f32": np.float32}


def save_inputs(source: Path, call: CallShape, target: Path, say: Callable[[str], None]) -> None:
    """Write one call's inputs for the IR ``source`` as ``.npz``, one array a model input, and their shapes as JSON.

    The shapes are kept beside the arrays so that a process without numpy can tell them. The samples of a larger batch
    begin with those of a smaller one. Raises `ModelError` for an input of an unknown kind.
    """
    say("drawing the inputs")
    save_arrays(drawn_inputs(ov.Core().read_model(source), call), target)


def save_graph_inputs(
    source: Path, shapes: Mapping[str, tuple[int, ...]], target: Path, say: Callable[[str], None]
) -> None:
    """Do the same for a graph whose inputs are its own: ``shapes`` has the dimensions of each.

    Raises `ModelError` for an input that no data can be drawn for.
    """
    say("drawing the inputs")
    save_arrays(graph_inputs(ov.Core().read_model(source), shapes, Draw.HELD_OUT), target)


def save_fitted_inputs(source: Path, own: Path, target: Path, say: Callable[[str], None]) -> None:
    """Do the same with the call of the user's own that `write_inputs` has kept in ``own``.

    Raises `ModelError` for arrays that are not what the model takes.
    """
    say("fitting your inputs to the model")
    save_arrays(fitted(ov.Core().read_model(source), read_inputs(own), as_it_is=False), target)


def input_names(model: Any) -> list[str]:  # noqa: ANN401  (openvino is untyped here)
    """Return the names of an OpenVINO model's inputs, in its own order."""
    return [port.get_any_name() for port in model.inputs]


def _kind(port: Any) -> type[np.generic]:  # noqa: ANN401
    name = port.get_element_type().get_type_name()
    if name not in _KINDS:
        raise ModelError(
            f"The exported model has the input {port.get_any_name()!r} of the element type {name}, for which no data "
            "can be drawn.",
            remedy="Choose a model of token ids or of pixels.",
        )
    return _KINDS[name]


def drawn_inputs(model: Any, call: CallShape, *stream: int) -> Mapping[str, Array]:  # noqa: ANN401
    """Return one call's arrays for a model of token ids or of pixels; numbers in ``stream`` give other ones.

    Raises `ModelError` for an input of an unknown kind.
    """
    kinds = {port.get_any_name(): _kind(port) for port in model.inputs}
    if not call.is_text:
        pixels = images(Draw.HELD_OUT, call.dims, *stream)
        return {name: pixels.astype(kind) for name, kind in kinds.items()}
    rng = np.random.default_rng([20, Draw.HELD_OUT, *stream])
    try:
        arrays = text_inputs(rng, call.dims, list(kinds), vocabulary=call.vocabulary)
    except KeyError as error:
        raise ModelError(
            f"The exported model has an input {error} that nothing is known about; its inputs are {', '.join(kinds)}.",
            remedy="Choose a model of token ids or of pixels.",
        ) from error
    return {name: array.astype(kinds[name]) for name, array in arrays.items()}
