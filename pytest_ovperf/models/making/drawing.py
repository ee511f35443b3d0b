"""Inputs of any shape for a model that is exported, drawn when they are asked for. Imported inside workers only."""

from __future__ import annotations

from functools import cache
from pathlib import Path  # noqa: TC003  (public annotations stay resolvable)
from typing import TYPE_CHECKING, Any

import openvino as ov

from pytest_ovperf.models.spec import CallShape

from .graph_samples import graph_inputs
from .inputs import drawn_inputs
from .samples import Array, Draw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    #: The dimensions of each input by its name.
    Shapes = Mapping[str, Sequence[int]]


def draw_inputs(ir: Path, shapes: Shapes, *, vocabulary: int | None) -> Mapping[str, Array]:
    """Return one array for each input of the model ``ir``: the same for the same shapes.

    ``vocabulary`` is the number of token ids, 0 of a model of pixels, and ``None`` of a graph with inputs of its own:
    of that, each input is drawn by what it looks like, in the dimensions that ``shapes`` has for it. The inputs of the
    others are all of one shape. Raises `ModelError` for an input that no data can be drawn for.
    """
    model = _read(ir)
    if vocabulary is None:
        return graph_inputs(model, shapes, Draw.HELD_OUT, apart=True)
    dims = tuple(next(iter(shapes.values())))
    return drawn_inputs(model, CallShape(dims, vocabulary), *dims)


@cache
def _read(ir: Path) -> Any:  # noqa: ANN401  (openvino is untyped here)
    return ov.Core().read_model(ir)
