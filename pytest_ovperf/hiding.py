"""Keeping optional companions of a framework out of a worker."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


#: What optimum-intel and transformers import where it is installed, for things that no arm does. sentence-transformers
#: goes with scikit-learn: optimum-intel cannot be imported where it finds the one and not the other.
COMPANIONS = ("sklearn", "sentence_transformers", "openvino_telemetry")


@contextmanager
def hidden(*packages: str) -> Iterator[None]:
    """Let ``packages`` look as if they were not installed, except those that are in use already."""
    absent = [package for package in packages if package not in sys.modules]
    for package in absent:
        sys.modules[package] = None  # type: ignore[assignment]  # what the import system takes for "not there"
    try:
        yield
    finally:
        for package in absent:
            sys.modules.pop(package, None)
