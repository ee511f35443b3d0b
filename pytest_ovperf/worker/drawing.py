"""A process that draws inputs of any shape for an exported model: that takes the model itself, and so OpenVINO."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .client import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: How long reading the model and drawing may take, in seconds.
_DRAW_S = 120.0


class InputsWorker:
    """Draws inputs for the model ``ir``; ``vocabulary`` is that of `models.drawing.draw_inputs`."""

    def __init__(self, worker: Worker, ir: Path, vocabulary: int | None) -> None:
        self._worker = worker
        self._ir = ir
        self._vocabulary = vocabulary

    @classmethod
    def start(cls, model: str, ir: Path, vocabulary: int | None) -> Self:
        """Start the process and return at once. ``model`` is for errors. Raises `WorkerDiedError`."""
        return cls(Worker.start(f"drawing inputs for {model}"), ir, vocabulary)

    def draw(self, shapes: Mapping[str, Sequence[int]]) -> dict[str, NDArray[Any]]:
        """Return one array for each input: the same for the same shapes.

        Raises `ModelError` for an input that no data can be drawn for, and `WorkerError` if the process fails.
        """
        import numpy as np  # noqa: PLC0415  (kept out of runs that draw nothing)

        with tempfile.TemporaryDirectory(prefix="ovperf-inputs-") as folder:
            path = Path(folder) / "inputs.npz"
            self._worker.request(
                "draw",
                timeout_s=_DRAW_S,
                ir=str(self._ir),
                shapes={name: list(dims) for name, dims in shapes.items()},
                vocabulary=self._vocabulary,
                path=str(path),
            )
            with np.load(path) as arrays:
                return {name: arrays[name] for name in arrays.files}

    def close(self) -> None:
        """End the process. Once is enough."""
        self._worker.close()
