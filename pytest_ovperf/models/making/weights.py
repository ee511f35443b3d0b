"""Read a Hugging Face directory as a model of PyTorch's. Imported inside workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import transformers
from safetensors import SafetensorError

from pytest_ovperf.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


def load_directory(weights: Path, auto_class: str) -> Any:  # noqa: ANN401  (transformers is untyped here)
    """Return the model in ``weights``, in float32 and in evaluation mode.

    Raises `ModelError` when the directory cannot be loaded by that class of transformers.
    """
    try:
        loader = getattr(transformers, auto_class)
        return loader.from_pretrained(weights, local_files_only=True).float().eval()
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"transformers could not load {weights} with {auto_class}: {first_line(error)}",
            remedy="Check that the directory is complete and that its config.json names the architecture.",
        ) from error


def first_line(error: Exception) -> str:
    """Return what an error says first, its kind where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
