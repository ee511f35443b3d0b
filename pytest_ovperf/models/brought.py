"""The data that users bring, kept by their content: their code runs once a run, so that changed data are noticed."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .jobs import ArtefactKind
from .layout import CALIBRATION_NAME, INPUTS_NAME, SHAPES_NAME
from .recipe import Recipe, files_digest
from .steps import job_of, read_shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from .cache import ArtefactCache
    from .jobs import BuildJob
    from .spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of arrays that a user's function or folder has given, and the digest of what is in it."""

    file: Path
    digest: str

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The dimensions of the arrays of one call. Raises `CacheError`."""
        return read_shapes(self.file.with_name(SHAPES_NAME))


class Brought:
    """What the users of a run have brought. ``build`` runs a job in a worker."""

    def __init__(
        self, cache: ArtefactCache, build: Callable[[BuildJob, Path], None], say: Callable[[str], None]
    ) -> None:
        self._cache = cache
        self._build = build
        self._say = say
        self._kept: dict[tuple[ArtefactKind, str, int | None, Path | None], Kept] = {}

    def inputs(self, spec: ModelSpec, batch: int | None) -> Kept | None:
        """Return one call of ``batch`` samples as the user's function makes it, ``None`` where they name none.

        ``batch`` is ``None`` for what the function makes by itself. Raises what it does wrong as `ModelError`.
        """
        job = replace(job_of(ArtefactKind.OWN_INPUTS, spec), own=spec.data.inputs, batch=batch)
        return self._get(job, INPUTS_NAME) if job.own else None

    def calibration(self, spec: ModelSpec, tokenizer: Path | None) -> Kept | None:
        """Return the calls that quantisation is calibrated with, ``None`` where the user brings none.

        ``tokenizer`` is the model's directory, if it has one, for a folder of texts. Raises as `inputs` does.
        """
        job = replace(job_of(ArtefactKind.OWN_CALIBRATION, spec), own=spec.data.calibration, weights=tokenizer)
        return self._get(job, CALIBRATION_NAME) if job.own else None

    def _get(self, job: BuildJob, name: str) -> Kept:
        key = (job.kind, job.own, job.batch, job.weights)
        if key not in self._kept:
            with tempfile.TemporaryDirectory(prefix="ovperf-own-") as folder:
                made = Path(folder)
                self._build(job, made)
                content = files_digest(sorted(made.iterdir()))
                recipe = Recipe(job.name, job.kind.value, {"content": content})
                kept = self._cache.obtain(recipe, lambda target: _copy(made, target), say=self._say)
            self._kept[key] = Kept(kept / name, files_digest([kept / name]))
        return self._kept[key]


def _copy(folder: Path, target: Path) -> None:
    for file in folder.iterdir():
        shutil.copyfile(file, target / file.name)
