"""The pieces of work that make an artefact, each run inside a worker process and each described by plain data."""

from __future__ import annotations

import importlib
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ExtraMissingError, ModelError

from .catalogue import CATALOGUE
from .spec import (
    CallShape,
    CatalogueSource,
    DirectorySource,
    HubSource,
    OnnxSource,
    Source,
    Task,
    TorchSource,
    source_from_json,
    source_to_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: What this room needs beyond the dependencies of the distribution, and the extra that brings it.
_EXTRA_PACKAGES: Mapping[str, str] = {
    **dict.fromkeys(
        ("huggingface_hub", "nncf", "openvino", "optimum", "safetensors", "tokenizers", "torch", "transformers"), "all"
    ),
    **dict.fromkeys(("onnx", "onnxscript"), "onnxruntime"),
}


class ArtefactKind(StrEnum):
    """What can be built, in the order in which one is made from the other.

    ``MODULE`` is what is known of a user's module once it has been made, found out anew in each run and never kept.
    """

    MODULE = "module"
    WEIGHTS = "weights"
    IR = "ir"
    FP16 = "fp16"
    INT8 = "int8"
    ONNX = "onnx"
    INPUTS = "inputs"
    OWN_INPUTS = "own_inputs"
    OWN_CALIBRATION = "own_calibration"
    STATEFUL = "stateful"
    STATEFUL_FP16 = "stateful_fp16"
    STATEFUL_INT8 = "stateful_int8"
    STATEFUL_INT4 = "stateful_int4"
    PROMPTS = "prompts"


#: The bits in which each kind of smaller language model keeps a weight.
STATEFUL_BITS: Mapping[ArtefactKind, int] = {
    ArtefactKind.STATEFUL_FP16: 16,
    ArtefactKind.STATEFUL_INT8: 8,
    ArtefactKind.STATEFUL_INT4: 4,
}
_FOR_GENERATION = frozenset({ArtefactKind.PROMPTS, ArtefactKind.STATEFUL, *STATEFUL_BITS})


#: The fields of a job that are files or folders.
_PATHS = ("weights", "ir", "inputs", "calibration")


@dataclass(frozen=True, slots=True)
class BuildJob:
    """One artefact to build.

    ``weights`` and ``ir`` are what it is made from: the Hugging Face directory, and the exported ``.xml``; ``None``
    where the kind needs none. ``call`` is what inputs and calibration samples are drawn for; for a graph with inputs of
    its own it is empty, and ``shapes`` has the dimensions of each of them. ``digest`` stands for a module that has been
    made before. ``own`` is the import path of a function of the user's, or their folder of calibration data, and
    ``batch`` the number of samples that it is asked for. ``inputs`` and ``calibration`` are what such a function has
    made before.
    """

    kind: ArtefactKind
    name: str
    source: Source
    task: Task
    auto_class: str
    call: CallShape
    weights: Path | None = None
    ir: Path | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    digest: str = ""
    own: str = ""
    batch: int | None = None
    inputs: Path | None = None
    calibration: Path | None = None

    def to_json(self) -> dict[str, object]:
        """Return the job as plain data; `from_json` is its inverse."""
        return {
            "kind": self.kind.value,
            "name": self.name,
            "source": source_to_json(self.source),
            "task": self.task.value,
            "auto_class": self.auto_class,
            "shape": list(self.call.dims),
            "vocabulary": self.call.vocabulary,
            "shortest": self.call.shortest,
            "shapes": {name: list(dims) for name, dims in self.shapes.items()},
            "digest": self.digest,
            "own": self.own,
            "batch": self.batch,
            **{name: None if path is None else str(path) for name, path in self._paths.items()},
        }

    @property
    def _paths(self) -> dict[str, Path | None]:
        return {name: getattr(self, name) for name in _PATHS}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> BuildJob:
        """Return the job that `to_json` wrote. Raises `KeyError` or `ValueError` for anything else."""
        return cls(
            kind=ArtefactKind(data["kind"]),
            name=data["name"],
            source=source_from_json(data["source"]),
            task=Task(data["task"]),
            auto_class=data["auto_class"],
            call=CallShape(tuple(data["shape"]), data["vocabulary"], data["shortest"]),
            shapes={name: tuple(dims) for name, dims in data["shapes"].items()},
            digest=data["digest"],
            own=data["own"],
            batch=data["batch"],
            **{name: None if data[name] is None else Path(data[name]) for name in _PATHS},
        )


def run_job(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    """Build ``job`` into the existing directory ``target``, telling each step through ``say``.

    Raises `ExtraMissingError` when a package for it is not installed, `ModelError` when the model cannot be built.
    """
    try:
        run = _run_for_generation if job.kind in _FOR_GENERATION else _run
        run(job, target, say)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA_PACKAGES:
            raise
        raise ExtraMissingError.of(
            package, _EXTRA_PACKAGES[package], f"Building the {job.kind} of {job.name}"
        ) from error


def _run(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    # The heavy stacks are imported by name and here only, so that the process that describes jobs never loads them.
    match job.kind:
        case ArtefactKind.FP16:
            _heavy("making.convert").compress_to_fp16(_need(job, job.ir), target, say)
        case ArtefactKind.INT8:
            _quantise(job, target, say)
        case ArtefactKind.INPUTS:
            _save_inputs(job, target, say)
        case ArtefactKind.OWN_INPUTS:
            _heavy("own.samples").save_own_inputs(job.own, job.batch, target, say)
        case ArtefactKind.OWN_CALIBRATION:
            _heavy("own.samples").save_own_calibration(job.own, target, say, tokenizer=job.weights)
        case _:
            _run_source(job, target, say)


def _run_source(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    match job.kind, job.source:
        case ArtefactKind.WEIGHTS, CatalogueSource(entry):
            _heavy("making.seeding").save_seeded(CATALOGUE[entry], target, say)
        case ArtefactKind.WEIGHTS, HubSource(repository, revision):
            _heavy("making.fetch").fetch_model(repository, revision, target, say)
        case ArtefactKind.IR, OnnxSource(path):
            _heavy("making.convert").convert_onnx(path, target, say)
        case ArtefactKind.IR, CatalogueSource() | DirectorySource():
            _heavy("making.export").export_ir(_need(job, job.weights), job.auto_class, job.task, target, say)
        case ArtefactKind.ONNX, CatalogueSource() | DirectorySource():
            _heavy("making.onnx_export").save_directory_onnx(
                _need(job, job.weights), job.auto_class, job.task, tuple(job.shapes), job.call, target, say
            )
        case kind, TorchSource(factory):
            _run_module(kind, factory, job, target, say)
        case _:
            raise _nothing(job)


def _run_module(kind: ArtefactKind, factory: str, job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    making = _heavy("making.torch_module").Making(factory, job.shapes, job.inputs)
    match kind:
        case ArtefactKind.MODULE:
            _heavy("making.torch_module").save_module(making, target, say)
        case ArtefactKind.IR:
            _heavy("making.torch_graph").save_module_ir(making, job.digest, target, say)
        case ArtefactKind.ONNX:
            _heavy("making.onnx_export").save_module_onnx(making, job.digest, target, say)
        case _:
            raise _nothing(job)


def _quantise(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    quantize, ir = _heavy("making.quantize"), _need(job, job.ir)
    if job.shapes:
        quantize.quantize_graph(ir, job.shapes, target, say, calibration=job.calibration)
    else:
        quantize.quantize_ir(ir, job.task, job.call, target, say, calibration=job.calibration)


def _save_inputs(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    inputs, ir = _heavy("making.inputs"), _need(job, job.ir)
    if job.inputs is not None:
        inputs.save_fitted_inputs(ir, job.inputs, target, say)
    elif job.shapes:
        inputs.save_graph_inputs(ir, job.shapes, target, say)
    else:
        inputs.save_inputs(ir, job.call, target, say)


def _nothing(job: BuildJob) -> ModelError:
    return ModelError(f"There is nothing to build for the {job.kind} of {job.name}.", remedy="Use them in place.")


def _run_for_generation(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    match job.kind:
        case ArtefactKind.PROMPTS:
            _heavy("making.prompts").save_prompts(job.call, target, say)
        case ArtefactKind.STATEFUL:
            _heavy("making.generation").export_stateful(_need(job, job.weights), job.auto_class, target, say)
        case kind:
            _heavy("making.generation").compress_weights(_need(job, job.ir), STATEFUL_BITS[kind], target, say)


def _heavy(module: str) -> Any:  # noqa: ANN401  (a module)
    return importlib.import_module(f"{__package__}.{module}")


def _need(job: BuildJob, path: Path | None) -> Path:
    if path is None:
        raise ModelError(
            f"The {job.kind} of {job.name} cannot be built without what it is made from.",
            remedy="Build the model through ModelLibrary, which chains the steps.",
        )
    return path
