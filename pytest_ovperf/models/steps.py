"""The steps by which a model's artefacts are made: the job of each, and what decides on what comes out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import CacheError, ModelError

from .builders import OWN_FILES
from .jobs import ArtefactKind, BuildJob
from .shapes import calibration_shapes, call_shapes
from .sources import configuration_of
from .spec import CallShape, CallsSource, HubSource, TorchSource

if TYPE_CHECKING:
    from pathlib import Path

    from .brought import Kept
    from .spec import ModelSpec


def own_kind(spec: ModelSpec, precision: Precision) -> ArtefactKind | None:
    """Return the artefact that keeps weights in ``precision``, ``None`` where the model runs as it was exported.

    Raises `ModelError` for one that only generation has.
    """
    if precision is Precision.INT4:
        raise ModelError(
            f"There are no INT4 weights of {spec.name} for single inferences.",
            remedy="Measure text generation with them: metric='tokens_per_second'.",
        )
    return OWN_FILES.get(precision)


def job_of(kind: ArtefactKind, spec: ModelSpec, batch: int | None = None) -> BuildJob:
    """Return the job that makes an artefact of ``kind`` for calls of ``batch`` samples, ``None`` for the model's own.

    What it is made from is still to be filled in.
    """
    shapes = call_shapes(spec, batch)
    if spec.ports or isinstance(spec.source, TorchSource | CallsSource):
        return BuildJob(kind, spec.name, spec.source, spec.task, spec.auto_class, CallShape((), 0), shapes=shapes)
    vocabulary = 0 if isinstance(spec.source, HubSource) else configuration_of(spec).vocabulary
    call = CallShape(next(iter(shapes.values()), ()), vocabulary)
    return BuildJob(kind, spec.name, spec.source, spec.task, spec.auto_class, call)


def inputs_job(spec: ModelSpec, batch: int | None, own: Kept | None) -> BuildJob:
    """Return the job that makes one call's inputs of ``batch`` samples: drawn, or the user's ``own``."""
    return replace(job_of(ArtefactKind.INPUTS, spec, batch), inputs=None if own is None else own.file)


def smaller_job(spec: ModelSpec, kind: ArtefactKind, original: BuildJob, calibration: Kept | None) -> BuildJob:
    """Return the job that keeps the weights of the IR of ``original`` in the bits of ``kind``.

    Calibration does not follow the batch of a workload.
    """
    shapes = calibration_shapes(spec) if spec.ports else {}
    kept = calibration.file if calibration is not None and kind is ArtefactKind.INT8 else None
    return replace(original, kind=kind, shapes=shapes, calibration=kept, inputs=None)


def ingredients(digest: str, job: BuildJob, own: Kept | None) -> dict[str, object]:
    """Return what decides on an artefact that is made of an IR with this ``digest`` and of ``own`` data."""
    made_from: dict[str, object] = {"ir": digest}
    if job.kind is ArtefactKind.FP16:
        return made_from
    if own is not None:
        return {**made_from, "own": own.digest}
    if job.shapes:
        return {**made_from, "shapes": {name: list(dims) for name, dims in job.shapes.items()}}
    # Calibration takes one sample at a time, whatever the batch of the workload is.
    shape = job.call.dims[1:] if job.kind is ArtefactKind.INT8 else job.call.dims
    return {**made_from, "shape": list(shape), "vocabulary": job.call.vocabulary}


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the dimensions of each input from the file that lies beside the arrays. Raises `CacheError`."""
    try:
        shapes = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): tuple(int(size) for size in shape) for name, shape in shapes.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CacheError(
            f"{path} cannot be read: {error}", remedy="Clear the cache with: ovperf cache clear"
        ) from error
