"""From a `ModelSpec` to the files that an arm loads: each artefact made from the one before, and only when needed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import CacheError, ModelError
from pytest_ovperf.metrics import WorkloadKind

from .builders import OWN_FILES, STATEFUL_FILES
from .graphs import graph_files
from .jobs import ArtefactKind, BuildJob
from .layout import INPUTS_NAME, IR_NAME, SHAPES_NAME
from .recipe import Recipe, directory_digest, files_digest
from .recipes import conversion_recipe, recipe_of, weights_recipe
from .shapes import calibration_shapes, call_shapes
from .sources import configuration_of, resolve_directory
from .spec import CallShape, DirectorySource, HubSource, IrSource, ModelSpec, OnnxSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .cache import ArtefactCache


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model at one precision.

    ``weights`` is a Hugging Face directory, ``None`` for a model that is a file; ``ir`` is the ``.xml`` for that
    precision, ``inputs`` an ``.npz`` with one array an input of the IR. ``digest`` stands for weights and IR.
    ``shapes`` are those of the inputs as the exported model really has them, and ``spec`` is settled.
    """

    weights: Path | None
    ir: Path | None
    inputs: Path
    digest: str
    shapes: Mapping[str, tuple[int, ...]]
    spec: ModelSpec


@dataclass(frozen=True, slots=True)
class _Original:
    """The model in OpenVINO's format as it was exported or found, and the digest that stands for it."""

    weights: Path | None
    ir: Path
    digest: str


class ModelLibrary:
    """The models of a run. ``build`` runs a job in a worker; ``say`` tells the user what takes its time."""

    def __init__(
        self, cache: ArtefactCache, build: Callable[[BuildJob, Path], None], say: Callable[[str], None]
    ) -> None:
        self._cache = cache
        self._build = build
        self._say = say
        self._digests: dict[Path, str] = {}

    def settle(self, spec: ModelSpec) -> ModelSpec:
        """Return ``spec`` with nothing left open: a hub model is fetched, and its configuration read.

        Raises `ModelError` when it cannot be fetched, or does not fit the shape that was asked.
        """
        if not isinstance(spec.source, HubSource):
            return spec
        fetched = self._obtain(weights_recipe(spec), _job(ArtefactKind.WEIGHTS, spec))
        shape = next(iter(spec.shapes.values())) if spec.static else None
        return replace(resolve_directory(spec.name, fetched, shape), bounds=spec.bounds)

    def files(
        self,
        spec: ModelSpec,
        precision: Precision,
        *,
        kind: WorkloadKind = WorkloadKind.INFER,
        batch: int | None = None,
        prompt: tuple[int, int] | None = None,
    ) -> ModelFiles:
        """Return the files for running ``spec`` at ``precision``, building what is missing.

        ``batch`` takes the place of the batch of the workload. ``prompt`` (tokens of the shortest and of the longest)
        is that of `WorkloadKind.GENERATE`. Raises `ModelError`, `CacheError` or whatever the worker raises.
        """
        settled = self.settle(spec)
        if kind is WorkloadKind.GENERATE:
            return self._generation_files(settled, precision, batch, prompt)
        return self._plain_files(settled, precision, batch)

    def own_digest(self, spec: ModelSpec) -> str:
        """Return what stands for the files of a model that a user brought, empty for one of the catalogue.

        ``spec`` is settled. Raises `ModelError` where a file cannot be read.
        """
        match spec.source:
            case DirectorySource():
                return self._weights(spec)[1]
            case IrSource(path) | OnnxSource(path):
                return self._digest_of(path)
        return ""

    def _generation_files(
        self, settled: ModelSpec, precision: Precision, batch: int | None, prompt: tuple[int, int] | None
    ) -> ModelFiles:
        batch_before, tokens = next(iter(settled.shapes.values()))
        shortest, longest = prompt or (tokens, tokens)
        weights, weights_digest = self._weights(settled)
        call = CallShape((batch or batch_before, longest), configuration_of(settled).vocabulary, shortest)
        job = replace(_job(ArtefactKind.STATEFUL, settled), weights=weights, call=call)
        recipe = recipe_of(settled, ArtefactKind.STATEFUL, {"weights": weights_digest})
        ir = self._obtain(recipe, job) / IR_NAME
        made_from = {"shape": list(call.dims), "shortest": call.shortest, "vocabulary": call.vocabulary}
        prompts = recipe_of(settled, ArtefactKind.PROMPTS, made_from)
        inputs = self._obtain(prompts, replace(job, kind=ArtefactKind.PROMPTS))
        own = STATEFUL_FILES.get(precision)
        if own is not None:
            job, recipe = replace(job, kind=own, ir=ir), recipe_of(settled, own, {"ir": recipe.digest})
            ir = self._obtain(recipe, job) / IR_NAME
        shapes = _read_shapes(inputs / SHAPES_NAME)
        return ModelFiles(weights, ir, inputs / INPUTS_NAME, recipe.digest, shapes, settled)

    def exports(
        self, spec: ModelSpec, precision: Precision, *, kind: WorkloadKind = WorkloadKind.INFER
    ) -> tuple[BuildJob, ...]:
        """Return the jobs that make the IR for ``precision`` anew, in order, from what is there without OpenVINO.

        A job whose ``ir`` is ``None`` though its kind needs one is for what the job before it made. Empty for an IR
        that is used as the user made it. ``kind`` is GENERATE for the IR of a language model that generates. Raises as
        `files` does.
        """
        settled = self.settle(spec)
        weights = None if settled.ports else self._weights(settled)[0]
        if kind is WorkloadKind.GENERATE:
            first, smaller = _job(ArtefactKind.STATEFUL, settled), STATEFUL_FILES.get(precision)
            whole = replace(first, weights=weights)
            return (whole,) if smaller is None else (whole, replace(whole, kind=smaller))
        job = replace(_job(ArtefactKind.IR, settled), weights=weights)
        found = settled.source.path if isinstance(settled.source, IrSource) else None
        jobs = () if found else (job,)
        own = _own_kind(settled, precision)
        return (*jobs, replace(_made_of(job, settled, own), ir=found)) if own else jobs

    def _plain_files(self, settled: ModelSpec, precision: Precision, batch: int | None) -> ModelFiles:
        own = _own_kind(settled, precision)
        original = self._original(settled)
        job = replace(_job(ArtefactKind.INPUTS, settled, batch), weights=original.weights, ir=original.ir)
        inputs = self._obtain(recipe_of(settled, ArtefactKind.INPUTS, _ingredients(original, job)), job)
        ir, digest = original.ir, original.digest
        if own is not None:
            job = _made_of(job, settled, own)
            recipe = recipe_of(settled, own, _ingredients(original, job))
            ir, digest = self._obtain(recipe, job) / IR_NAME, recipe.digest
        shapes = _read_shapes(inputs / SHAPES_NAME)
        return ModelFiles(original.weights, ir, inputs / INPUTS_NAME, digest, shapes, settled)

    def _original(self, spec: ModelSpec) -> _Original:
        """Return the model as an IR whose weights nobody compressed: found, converted or exported."""
        job = _job(ArtefactKind.IR, spec)
        match spec.source:
            case IrSource(path):
                return _Original(None, path, self._digest_of(path))
            case OnnxSource(path):
                recipe = conversion_recipe(spec, self._digest_of(path))
                return _Original(None, self._obtain(recipe, job) / IR_NAME, recipe.digest)
        weights, weights_digest = self._weights(spec)
        recipe = recipe_of(spec, ArtefactKind.IR, {"weights": weights_digest, "task": spec.task.value})
        return _Original(weights, self._obtain(recipe, replace(job, weights=weights)) / IR_NAME, recipe.digest)

    def _weights(self, spec: ModelSpec) -> tuple[Path, str]:
        """Return the directory of the weights and its digest: a user's directory is used in place, never copied."""
        if isinstance(spec.source, DirectorySource):
            path = spec.source.path
            if path not in self._digests:
                self._digests[path] = directory_digest(path)
            return path, self._digests[path]
        recipe = weights_recipe(spec)
        return self._obtain(recipe, _job(ArtefactKind.WEIGHTS, spec)), recipe.digest

    def _digest_of(self, file: Path) -> str:
        """Return what stands for a user's model file and the files of weights that belong to it."""
        if file not in self._digests:
            self._digests[file] = files_digest(graph_files(file))
        return self._digests[file]

    def _obtain(self, recipe: Recipe, job: BuildJob) -> Path:
        return self._cache.obtain(recipe, lambda target: self._build(job, target), say=self._say)


def _own_kind(spec: ModelSpec, precision: Precision) -> ArtefactKind | None:
    """Return the artefact that holds the weights at ``precision``, ``None`` where that is the model as exported."""
    if precision is Precision.INT4:
        raise ModelError(
            f"There are no INT4 weights of {spec.name} for single inferences: they are for generating text.",
            remedy="Ask for tokens_per_second, ttft or tpot, or compare openvino-int8.",
        )
    return OWN_FILES.get(precision)


def _job(kind: ArtefactKind, spec: ModelSpec, batch: int | None = None) -> BuildJob:
    shapes = call_shapes(spec, batch)
    if spec.ports:
        return BuildJob(kind, spec.name, spec.source, spec.task, spec.auto_class, CallShape((), 0), shapes=shapes)
    vocabulary = 0 if isinstance(spec.source, HubSource) else configuration_of(spec).vocabulary
    call = CallShape(next(iter(shapes.values()), ()), vocabulary)
    return BuildJob(kind, spec.name, spec.source, spec.task, spec.auto_class, call)


def _made_of(job: BuildJob, spec: ModelSpec, kind: ArtefactKind) -> BuildJob:
    """Return the job that makes the ``kind`` of the IR of ``job``: calibration does not follow the workload's batch."""
    return replace(job, kind=kind, shapes=calibration_shapes(spec) if spec.ports else {})


def _ingredients(original: _Original, job: BuildJob) -> dict[str, object]:
    """Return what decides on an artefact that is made of the IR ``original``."""
    made_from: dict[str, object] = {"ir": original.digest}
    if job.kind is ArtefactKind.FP16:
        return made_from
    if job.shapes:
        return {**made_from, "shapes": {name: list(dims) for name, dims in job.shapes.items()}}
    # Calibration takes one sample at a time, whatever the batch of the workload is.
    shape = job.call.dims[1:] if job.kind is ArtefactKind.INT8 else job.call.dims
    return {**made_from, "shape": list(shape), "vocabulary": job.call.vocabulary}


def _read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        shapes = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): tuple(int(size) for size in shape) for name, shape in shapes.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CacheError(
            f"{path} cannot be read: {error}", remedy="Clear the cache with: ovperf cache clear"
        ) from error
