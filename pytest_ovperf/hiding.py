"""Keeping optional companions of a framework out of a worker."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def hidden(package: str) -> Iterator[None]:
    """Let ``package`` look as if it were not installed, unless it is in use already."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]  # what the import system takes for "not there"
    try:
        yield
    finally:
        sys.modules.pop(package, None)
