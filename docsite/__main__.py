"""``python -m docsite``: write the reference pages."""

from __future__ import annotations

from pathlib import Path

from .pages import write

for page in write(Path(__file__).parents[1] / "docs"):
    print(f"written: {page}")  # noqa: T201  (a script that tells what it did)
