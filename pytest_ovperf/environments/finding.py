"""Find the environment that a text names, whether it is there or has to be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .asked import Release, parse
from .kept import Kept
from .probe import ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .environment import Environment


def find(text: str, cache_dir: Path, say: Callable[[str], None]) -> Environment:
    """Return the environment that ``text`` names, probed and fit for workers.

    ``text`` is the interpreter or the folder of an environment, or a release of OpenVINO (``openvino==2025.4.1``,
    ``2025.4.1``), for which one is made in ``cache_dir`` if there is none yet; ``say`` is told of that. Raises
    `EnvironmentUnusableError` with what was tried, what was seen and what to do, and `CacheError` when the cache cannot
    be written.
    """
    asked = parse(text)
    if isinstance(asked, Release):
        return Kept.of(cache_dir).obtain(asked.version, say)
    return ask(asked).environment()
