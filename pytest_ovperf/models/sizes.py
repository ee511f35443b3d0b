"""What a model takes on disk: the files that an arm reads to load it, and nothing that merely lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .graphs import graph_files
from .layout import WEIGHT_PATTERNS

if TYPE_CHECKING:
    from pathlib import Path


def loaded_files(*, ir: Path | None, weights: Path | None, onnx: Path | None = None) -> tuple[Path, ...]:
    """Return the files that hold the model: of an ONNX model, of an IR, or the weights of a directory.

    ``onnx`` is an ``.onnx``, whose weights may lie in files beside it, ``ir`` an ``.xml`` with its ``.bin``,
    ``weights`` a Hugging Face directory; the first that is given counts. Raises `ModelError` where there are none.
    """
    if onnx is not None:
        found = tuple(file for file in graph_files(onnx) if file.is_file())
    elif ir is not None:
        found = tuple(file for file in (ir, ir.with_suffix(".bin")) if file.is_file())
    elif weights is not None:
        groups = (tuple(sorted(weights.glob(pattern))) for pattern in WEIGHT_PATTERNS)
        found = next((group for group in groups if group), ())
    else:
        found = ()
    if not found:
        raise ModelError(
            f"There are no files of a model at {onnx or ir or weights}.",
            remedy="Name the model's directory or file; if it lies in the cache, clear that with: ovperf cache clear",
        )
    return found


def model_bytes(*, ir: Path | None, weights: Path | None, onnx: Path | None = None) -> int:
    """Return the size in bytes of the `loaded_files`. Raises `ModelError` where there are none."""
    return sum(file.stat().st_size for file in loaded_files(ir=ir, weights=weights, onnx=onnx))
