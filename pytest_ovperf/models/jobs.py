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
    HubSource,
    IrSource,
    OnnxSource,
    Source,
    Task,
    source_from_json,
    source_to_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: What this room needs beyond the dependencies of the distribution; the extra ``all`` brings it.
_EXTRA_PACKAGES = frozenset(
    {"huggingface_hub", "nncf", "openvino", "optimum", "safetensors", "tokenizers", "torch", "transformers"}
)


class ArtefactKind(StrEnum):
    """What can be built, in the order in which one is made from the other."""

    WEIGHTS = "weights"
    IR = "ir"
    FP16 = "fp16"
    INT8 = "int8"
    INPUTS = "inputs"
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


@dataclass(frozen=True, slots=True)
class BuildJob:
    """One artefact to build.

    ``weights`` and ``ir`` are what it is made from: the Hugging Face directory, and the exported ``.xml``; ``None``
    where the kind needs none. ``call`` is what inputs and calibration samples are drawn for; for a graph with inputs of
    its own it is empty, and ``shapes`` has the dimensions of each of them.
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
            "weights": None if self.weights is None else str(self.weights),
            "ir": None if self.ir is None else str(self.ir),
            "shapes": {name: list(dims) for name, dims in self.shapes.items()},
        }

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
            weights=None if data["weights"] is None else Path(data["weights"]),
            ir=None if data["ir"] is None else Path(data["ir"]),
            shapes={name: tuple(dims) for name, dims in data["shapes"].items()},
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
        raise ExtraMissingError.of(package, "all", f"Building the {job.kind} of {job.name}") from error


def _run(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    # The heavy stacks are imported by name and here only, so that the process that describes jobs never loads them.
    match job.kind, job.source:
        case ArtefactKind.WEIGHTS, CatalogueSource(entry):
            _heavy("seeding").save_seeded(CATALOGUE[entry], target, say)
        case ArtefactKind.WEIGHTS, HubSource(repository, revision):
            _heavy("fetch").fetch_model(repository, revision, target, say)
        case ArtefactKind.IR, OnnxSource(path):
            _heavy("convert").convert_onnx(path, target, say)
        case ArtefactKind.IR, _:
            _heavy("export").export_ir(_need(job, job.weights), job.auto_class, job.task, target, say)
        case ArtefactKind.FP16, _:
            _heavy("convert").compress_to_fp16(_need(job, job.ir), target, say)
        case ArtefactKind.INT8, IrSource() | OnnxSource():
            _heavy("quantize").quantize_graph(_need(job, job.ir), job.shapes, target, say)
        case ArtefactKind.INT8, _:
            _heavy("quantize").quantize_ir(_need(job, job.ir), job.task, job.call, target, say)
        case ArtefactKind.INPUTS, IrSource() | OnnxSource():
            _heavy("inputs").save_graph_inputs(_need(job, job.ir), job.shapes, target, say)
        case ArtefactKind.INPUTS, _:
            _heavy("inputs").save_inputs(_need(job, job.ir), job.call, target, say)
        case _:
            raise ModelError(
                f"There is nothing to build for the {job.kind} of {job.name}.", remedy="Use them in place."
            )


def _run_for_generation(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    match job.kind:
        case ArtefactKind.PROMPTS:
            _heavy("prompts").save_prompts(job.call, target, say)
        case ArtefactKind.STATEFUL:
            _heavy("generation").export_stateful(_need(job, job.weights), job.auto_class, target, say)
        case kind:
            _heavy("generation").compress_weights(_need(job, job.ir), STATEFUL_BITS[kind], target, say)


def _heavy(module: str) -> Any:  # noqa: ANN401  (a module)
    return importlib.import_module(f"{__package__}.{module}")


def _need(job: BuildJob, path: Path | None) -> Path:
    if path is None:
        raise ModelError(
            f"The {job.kind} of {job.name} cannot be built without what it is made from.",
            remedy="Build the model through ModelLibrary, which chains the steps.",
        )
    return path
