"""What a model takes on disk: the files that an arm reads to load it, and nothing that merely lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .layout import WEIGHT_PATTERNS

if TYPE_CHECKING:
    from pathlib import Path


def loaded_files(*, ir: Path | None, weights: Path | None) -> tuple[Path, ...]:
    """Return the files that hold the model: ``.xml`` and ``.bin`` of an IR, or the weights of a directory.

    ``ir`` is the ``.xml``, ``weights`` a Hugging Face directory; the IR counts where both are given. Raises
    `ModelError` where there are none.
    """
    if ir is not None:
        found = tuple(file for file in (ir, ir.with_suffix(".bin")) if file.is_file())
    elif weights is not None:
        groups = (tuple(sorted(weights.glob(pattern))) for pattern in WEIGHT_PATTERNS)
        found = next((group for group in groups if group), ())
    else:
        found = ()
    if not found:
        raise ModelError(
            f"There are no files of a model at {ir or weights}.",
            remedy="Name the model's directory or file; if it lies in the cache, clear that with: ovperf cache clear",
        )
    return found


def model_bytes(*, ir: Path | None, weights: Path | None) -> int:
    """Return the size in bytes of the `loaded_files`. Raises `ModelError` where there are none."""
    return sum(file.stat().st_size for file in loaded_files(ir=ir, weights=weights))
