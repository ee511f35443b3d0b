"""From a `ModelSpec` to the files that an arm loads: each artefact made from the one before, and only when needed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import CacheError
from pytest_ovperf.records import Precision

from .catalogue import CATALOGUE, SEEDING_VERSION
from .jobs import ArtefactKind, BuildJob
from .layout import INPUTS_NAME, IR_NAME, SHAPES_NAME
from .recipe import Recipe, directory_digest, package_versions
from .sources import configuration_of, resolve_directory
from .spec import CallShape, CatalogueSource, DirectorySource, HubSource, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .cache import ArtefactCache

#: The distributions whose versions decide on the bytes of each kind. What a parent artefact is made with, its digest
#: already says.
_MADE_WITH: Mapping[ArtefactKind, tuple[str, ...]] = {
    ArtefactKind.WEIGHTS: ("torch", "transformers"),
    ArtefactKind.IR: ("openvino", "optimum-intel", "torch", "transformers"),
    ArtefactKind.INT8: ("nncf", "numpy", "openvino"),
    ArtefactKind.INPUTS: ("numpy",),
}

#: Raised for a kind whenever this package comes to make it differently from the same ingredients.
_METHOD: Mapping[ArtefactKind, int] = {
    ArtefactKind.WEIGHTS: SEEDING_VERSION,
    ArtefactKind.IR: 1,
    ArtefactKind.INT8: 1,
    ArtefactKind.INPUTS: 1,
}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model at one precision.

    ``weights`` is a Hugging Face directory, ``ir`` the ``.xml`` for that precision, ``inputs`` an ``.npz`` with one
    array an input of the IR. ``digest`` stands for weights and IR. ``shapes`` are those of the inputs as the exported
    model really has them, and ``spec`` is settled.
    """

    weights: Path
    ir: Path | None
    inputs: Path
    digest: str
    shapes: Mapping[str, tuple[int, ...]]
    spec: ModelSpec


class ModelLibrary:
    """The models of a run. ``build`` runs a job in a worker; ``say`` tells the user what takes its time."""

    def __init__(
        self, cache: ArtefactCache, build: Callable[[BuildJob, Path], None], say: Callable[[str], None]
    ) -> None:
        self._cache = cache
        self._build = build
        self._say = say
        self._directory_digests: dict[Path, str] = {}

    def settle(self, spec: ModelSpec) -> ModelSpec:
        """Return ``spec`` with nothing left open: a hub model is fetched, and its configuration read.

        Raises `ModelError` when it cannot be fetched, or does not fit the shape that was asked.
        """
        if not isinstance(spec.source, HubSource):
            return spec
        fetched = self._obtain(_weights_recipe(spec), _job(ArtefactKind.WEIGHTS, spec))
        shape = next(iter(spec.shapes.values())) if spec.static else None
        return replace(resolve_directory(spec.name, fetched, shape), bounds=spec.bounds)

    def files(self, spec: ModelSpec, precision: Precision) -> ModelFiles:
        """Return the files for running ``spec`` at ``precision``, building what is missing.

        Only `Precision.INT8` has an IR of its own; the others are the FP32 one, executed differently. Raises
        `ModelError`, `CacheError` or whatever the worker raises.
        """
        settled = self.settle(spec)
        weights, weights_digest = self._weights(settled)
        job = replace(_job(ArtefactKind.IR, settled), weights=weights)
        ir_recipe = _recipe(settled, ArtefactKind.IR, {"weights": weights_digest, "task": settled.task.value})
        ir = self._obtain(ir_recipe, job) / IR_NAME
        call = {"shape": list(job.call.dims), "vocabulary": job.call.vocabulary}
        inputs_recipe = _recipe(settled, ArtefactKind.INPUTS, {"ir": ir_recipe.digest, **call})
        inputs = self._obtain(inputs_recipe, replace(job, kind=ArtefactKind.INPUTS, ir=ir))
        digest = ir_recipe.digest
        if precision is Precision.INT8:
            # Calibration takes one sample at a time, whatever the batch of the workload is.
            call["shape"] = list(job.call.dims[1:])
            int8_recipe = _recipe(settled, ArtefactKind.INT8, {"ir": ir_recipe.digest, **call})
            ir = self._obtain(int8_recipe, replace(job, kind=ArtefactKind.INT8, ir=ir)) / IR_NAME
            digest = int8_recipe.digest
        shapes = _read_shapes(inputs / SHAPES_NAME)
        return ModelFiles(weights, ir, inputs / INPUTS_NAME, digest, shapes, settled)

    def _weights(self, spec: ModelSpec) -> tuple[Path, str]:
        """Return the directory of the weights and its digest: a user's directory is used in place, never copied."""
        if isinstance(spec.source, DirectorySource):
            path = spec.source.path
            if path not in self._directory_digests:
                self._directory_digests[path] = directory_digest(path)
            return path, self._directory_digests[path]
        recipe = _weights_recipe(spec)
        return self._obtain(recipe, _job(ArtefactKind.WEIGHTS, spec)), recipe.digest

    def _obtain(self, recipe: Recipe, job: BuildJob) -> Path:
        return self._cache.obtain(recipe, lambda target: self._build(job, target), say=self._say)


def _job(kind: ArtefactKind, spec: ModelSpec) -> BuildJob:
    fetched = not isinstance(spec.source, HubSource)
    vocabulary = configuration_of(spec).vocabulary if fetched else 0
    call = CallShape(next(iter(spec.shapes.values()), ()), vocabulary)
    return BuildJob(kind, spec.name, spec.source, spec.task, spec.auto_class, call)


def _recipe(spec: ModelSpec, kind: ArtefactKind, made_from: Mapping[str, object]) -> Recipe:
    ingredients = {"made_from": made_from, "made_with": package_versions(_MADE_WITH[kind]), "method": _METHOD[kind]}
    return Recipe(spec.name, kind.value, ingredients)


def _weights_recipe(spec: ModelSpec) -> Recipe:
    """Return the recipe of weights that this package makes or fetches.

    A hub model is known by repository and revision: a branch that moves on is only noticed once the cache is cleared,
    so that a comparison does not change its model behind one's back.
    """
    match spec.source:
        case CatalogueSource(entry):
            return _recipe(spec, ArtefactKind.WEIGHTS, {"entry": asdict(CATALOGUE[entry])})
        case HubSource(repository, revision):
            made_from = {"repository": repository, "revision": revision}
            return Recipe(spec.name, ArtefactKind.WEIGHTS.value, {"made_from": made_from})
        case DirectorySource(path):
            return Recipe(spec.name, ArtefactKind.WEIGHTS.value, {"made_from": {"directory": directory_digest(path)}})


def _read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        shapes = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): tuple(int(size) for size in shape) for name, shape in shapes.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CacheError(
            f"{path} cannot be read: {error}", remedy="Clear the cache with: ovperf cache clear"
        ) from error
