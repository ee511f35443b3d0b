"""Models and arms as the suites have them, for programs that measure without pytest."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.session.arms import Arms, build_in_worker

if TYPE_CHECKING:
    from pytest_ovperf.models.spec import ModelSpec

#: The shape that the suites give a model; the others are compiled with the open dimensions of their export.
SHAPES = {"gpt2": (1, 64)}


def arms_in(cache_dir: Path, threads: int) -> Arms:
    """Return what prepares arms of ``threads`` each (0: what the engine takes); models are built into ``cache_dir``."""
    library = ModelLibrary(ArtefactCache(cache_dir), lambda job, target: build_in_worker(job, target, print), print)
    return Arms(library, threads, contextlib.nullcontext)


def model_named(name: str) -> ModelSpec:
    """Return the model that the suites mean by ``name``. Raises as `resolve` does."""
    return resolve(name, shape=SHAPES.get(name), base=Path())
