"""From a `ModelSpec` to the files that an arm loads: each artefact made from the one before, and only when needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError
from pytest_ovperf.metrics import WorkloadKind

from .brought import Brought
from .builders import STATEFUL_FILES
from .configuration import shape_text
from .graphs import graph_files
from .jobs import ArtefactKind, BuildJob
from .layout import INPUTS_NAME, IR_NAME, ONNX_NAME, SHAPES_NAME
from .own.inputs import require_drawn_prompts
from .recipe import Recipe, directory_digest, files_digest
from .recipes import conversion_recipe, module_recipe, recipe_of, weights_recipe
from .settling import Settling
from .shapes import call_shapes
from .sources import configuration_of
from .spec import CallShape, CallsSource, DirectorySource, IrSource, ModelSpec, OnnxSource, TorchSource
from .steps import ingredients, inputs_job, job_of, own_kind, read_shapes, smaller_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_ovperf.arms import Precision

    from .brought import Kept
    from .cache import ArtefactCache


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of one model at one precision.

    ``weights`` is a Hugging Face directory, ``None`` for a model that is a file or a module; ``ir`` is the ``.xml`` for
    that precision, ``onnx`` the ``.onnx`` where it was asked for, ``inputs`` an ``.npz`` with one array an input of the
    IR. ``digest`` stands for weights and IR, or for the ONNX file. ``shapes`` are those of the inputs as the exported
    model really has them, and ``spec`` is settled. Where there is no model, but functions of the user's, there are
    inputs only where they bring them, under the user's own names.
    """

    weights: Path | None
    ir: Path | None
    inputs: Path | None
    digest: str
    shapes: Mapping[str, tuple[int, ...]]
    spec: ModelSpec
    onnx: Path | None = None


@dataclass(frozen=True, slots=True)
class _Original:
    """The model in OpenVINO's format as it was exported or found, and the digest that stands for it."""

    weights: Path | None
    ir: Path
    digest: str

    def filled(self, job: BuildJob) -> BuildJob:
        """Return ``job`` with this as what it is made from."""
        return replace(job, weights=self.weights, ir=self.ir)


class ModelLibrary:
    """The models of a run. ``build`` runs a job in a worker; ``say`` tells the user what takes its time."""

    def __init__(
        self, cache: ArtefactCache, build: Callable[[BuildJob, Path], None], say: Callable[[str], None]
    ) -> None:
        self._cache = cache
        self._build = build
        self._say = say
        self._digests: dict[Path, str] = {}
        self._brought = Brought(cache, build, say)
        self._settling = Settling(self._brought, self._obtain, build)

    def settle(self, spec: ModelSpec) -> ModelSpec:
        """Return ``spec`` with nothing left open: a hub model is fetched, a module made and exported.

        What the user's own function of inputs makes decides on the shapes of a call. Raises `ModelError` when that
        fails, or does not fit the shape that was asked, and `ExtraMissingError` for a package that it takes.
        """
        return self._settling.settle(spec)

    def files(  # noqa: PLR0913  (what decides on an arm's files)
        self,
        spec: ModelSpec,
        precision: Precision,
        *,
        kind: WorkloadKind = WorkloadKind.INFER,
        batch: int | None = None,
        prompt: tuple[int, int] | None = None,
        onnx: bool = False,
    ) -> ModelFiles:
        """Return the files for running ``spec`` at ``precision``, building what is missing.

        ``batch`` takes the place of the batch of the workload. ``prompt`` (tokens of the shortest and of the longest)
        is that of `WorkloadKind.GENERATE`. ``onnx`` asks for the model as ONNX, FP32. Raises `ModelError`, `CacheError`
        or whatever the worker raises.
        """
        settled = self.settle(spec)
        if isinstance(settled.source, CallsSource):
            own = self._brought.inputs(settled, batch)
            inputs, shapes = (None, {}) if own is None else (own.file, own.shapes)
            return ModelFiles(None, None, inputs, "", shapes, settled)
        if kind is WorkloadKind.GENERATE:
            return self._generation_files(settled, precision, batch, prompt)
        return self._plain_files(settled, precision, batch, onnx=onnx)

    def original_ir(self, spec: ModelSpec) -> Path:
        """Return the IR of ``spec`` whose weights nobody compressed, without any inputs for it. Raises as `files`."""
        return self._original(self.settle(spec)).ir

    def own_digest(self, spec: ModelSpec) -> str:
        """Return what stands for a model that a user brought, its files or its module; else empty.

        ``spec`` is settled. Raises `ModelError` where a file cannot be read, or the module not be made.
        """
        match spec.source:
            case DirectorySource():
                return self._weights(spec)[1]
            case IrSource(path) | OnnxSource(path):
                return self._digest_of(path)
            case TorchSource():
                return self._settling.module(spec).digest
        return ""

    def exports(
        self, spec: ModelSpec, precision: Precision, *, kind: WorkloadKind = WorkloadKind.INFER, onnx: bool = False
    ) -> tuple[BuildJob, ...]:
        """Return the jobs that make the IR for ``precision``, or the ONNX file, anew, from what is there without them.

        They go one after the other; a job whose ``ir`` is ``None`` though its kind needs one is for what the job before
        it made. Empty for a file that is used as the user made it. ``kind`` is GENERATE for the IR of a language model
        that generates. Raises as `files` does.
        """
        settled = self.settle(spec)
        if onnx:
            return () if isinstance(settled.source, OnnxSource) else (self._onnx_job(settled),)
        if kind is WorkloadKind.GENERATE:
            first, smaller = job_of(ArtefactKind.STATEFUL, settled), STATEFUL_FILES.get(precision)
            whole = replace(first, weights=self._weights(settled)[0])
            return (whole,) if smaller is None else (whole, replace(whole, kind=smaller))
        job = self._ir_job(settled)
        found = settled.source.path if isinstance(settled.source, IrSource) else None
        jobs = () if found else (job,)
        own = own_kind(settled, precision)
        if own is None:
            return jobs
        calibration = self._calibration(settled, own, job.weights)
        return (*jobs, replace(smaller_job(settled, own, job, calibration), ir=found))

    def _generation_files(
        self, settled: ModelSpec, precision: Precision, batch: int | None, prompt: tuple[int, int] | None
    ) -> ModelFiles:
        require_drawn_prompts(settled)
        batch_before, tokens = next(iter(settled.shapes.values()))
        shortest, longest = prompt or (tokens, tokens)
        weights, weights_digest = self._weights(settled)
        call = CallShape((batch or batch_before, longest), configuration_of(settled).vocabulary, shortest)
        job = replace(job_of(ArtefactKind.STATEFUL, settled), weights=weights, call=call)
        recipe = recipe_of(settled, ArtefactKind.STATEFUL, {"weights": weights_digest})
        ir = self._obtain(recipe, job) / IR_NAME
        made_from = {"shape": list(call.dims), "shortest": call.shortest, "vocabulary": call.vocabulary}
        prompts = recipe_of(settled, ArtefactKind.PROMPTS, made_from)
        inputs = self._obtain(prompts, replace(job, kind=ArtefactKind.PROMPTS))
        own = STATEFUL_FILES.get(precision)
        if own is not None:
            job, recipe = replace(job, kind=own, ir=ir), recipe_of(settled, own, {"ir": recipe.digest})
            ir = self._obtain(recipe, job) / IR_NAME
        shapes = read_shapes(inputs / SHAPES_NAME)
        return ModelFiles(weights, ir, inputs / INPUTS_NAME, recipe.digest, shapes, settled)

    def _plain_files(self, settled: ModelSpec, precision: Precision, batch: int | None, *, onnx: bool) -> ModelFiles:
        smaller = own_kind(settled, precision)
        _check_batch(settled, batch)
        brought = self._brought.inputs(settled, batch)
        original = self._original(settled)
        job = original.filled(inputs_job(settled, batch, brought))
        inputs = self._obtain(recipe_of(settled, ArtefactKind.INPUTS, ingredients(original.digest, job, brought)), job)
        ir, digest, onnx_file = original.ir, original.digest, None
        if smaller is not None:
            calibration = self._calibration(settled, smaller, original.weights)
            job = smaller_job(settled, smaller, original.filled(job_of(smaller, settled)), calibration)
            recipe = recipe_of(settled, smaller, ingredients(original.digest, job, calibration))
            ir, digest = self._obtain(recipe, job) / IR_NAME, recipe.digest
        if onnx:
            onnx_file, digest = self._onnx(settled)
        shapes = read_shapes(inputs / SHAPES_NAME)
        return ModelFiles(original.weights, ir, inputs / INPUTS_NAME, digest, shapes, settled, onnx_file)

    def _original(self, spec: ModelSpec) -> _Original:
        """Return the model as an IR whose weights nobody compressed: found, converted or exported."""
        match spec.source:
            case IrSource(path):
                return _Original(None, path, self._digest_of(path))
            case TorchSource():
                return _Original(None, *self._settling.module_ir(spec))
            case OnnxSource(path):
                recipe = conversion_recipe(spec, self._digest_of(path))
            case _:
                recipe = recipe_of(spec, ArtefactKind.IR, {"weights": self._weights(spec)[1], "task": spec.task.value})
        job = self._ir_job(spec)
        return _Original(job.weights, self._obtain(recipe, job) / IR_NAME, recipe.digest)

    def _ir_job(self, spec: ModelSpec) -> BuildJob:
        """Return the job that makes the IR of a model from what there is of it."""
        if isinstance(spec.source, TorchSource):
            return self._settling.module_job(ArtefactKind.IR, spec)
        return replace(job_of(ArtefactKind.IR, spec), weights=None if spec.ports else self._weights(spec)[0])

    def _onnx(self, spec: ModelSpec) -> tuple[Path, str]:
        """Return the ONNX file of a model, found or exported, and the digest that stands for it."""
        job = self._onnx_job(spec)
        match spec.source:
            case OnnxSource(path):
                return path, self._digest_of(path)
            case TorchSource():
                recipe = module_recipe(spec, ArtefactKind.ONNX, self._settling.module(spec))
            case _:
                made_from: dict[str, object] = {"weights": self._weights(spec)[1], "task": spec.task.value}
                if not job.call.is_text:  # the size of images is not open in every architecture
                    made_from["image"] = list(job.call.dims[1:])
                recipe = recipe_of(spec, ArtefactKind.ONNX, made_from)
        return self._obtain(recipe, job) / ONNX_NAME, recipe.digest

    def _onnx_job(self, spec: ModelSpec) -> BuildJob:
        """Return the job that makes the ONNX file. Raises `ModelError` for an IR, which none can be made of."""
        match spec.source:
            case IrSource(path):
                raise ModelError(
                    f"There is no ONNX file of {spec.name!r}: {path} is an OpenVINO IR, and OpenVINO writes no ONNX.",
                    remedy="Name the .onnx or the directory that it was exported from.",
                )
            case TorchSource():
                return self._settling.module_job(ArtefactKind.ONNX, spec)
            case OnnxSource():
                return job_of(ArtefactKind.ONNX, spec)
        weights = self._weights(spec)[0]
        return replace(job_of(ArtefactKind.ONNX, spec), weights=weights, shapes=dict(spec.shapes))

    def _calibration(self, spec: ModelSpec, kind: ArtefactKind, tokenizer: Path | None) -> Kept | None:
        return self._brought.calibration(spec, tokenizer) if kind is ArtefactKind.INT8 else None

    def _weights(self, spec: ModelSpec) -> tuple[Path, str]:
        """Return the directory of the weights and its digest: a user's directory is used in place, never copied."""
        if isinstance(spec.source, DirectorySource):
            path = spec.source.path
            if path not in self._digests:
                self._digests[path] = directory_digest(path)
            return path, self._digests[path]
        recipe = weights_recipe(spec)
        return self._obtain(recipe, job_of(ArtefactKind.WEIGHTS, spec)), recipe.digest

    def _digest_of(self, file: Path) -> str:
        """Return what stands for a user's model file and the files of weights that belong to it."""
        if file not in self._digests:
            self._digests[file] = files_digest(graph_files(file))
        return self._digests[file]

    def _obtain(self, recipe: Recipe, job: BuildJob) -> Path:
        return self._cache.obtain(recipe, lambda target: self._build(job, target), say=self._say)


def _check_batch(spec: ModelSpec, batch: int | None) -> None:
    """Raise `ModelError` for a batch that a module's graph would not be right for."""
    shapes = call_shapes(spec, batch)
    misfits = [port for port in spec.ports if not port.admits(shapes[port.name])]
    if isinstance(spec.source, TorchSource) and misfits:
        port = misfits[0]
        raise ModelError(
            f"The graph of {spec.name!r} is not good for {port.name} of {shape_text(shapes[port.name])}: its code fixes"
            f" sizes to those of the call that it was exported with. It takes {port}.",
            remedy="Give that batch in the marker's shape=, so that the module is exported for it; or let forward take "
            "sizes from its tensors (x.shape[0]) instead of fixing them.",
        )
