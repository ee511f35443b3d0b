"""A model's way into OpenVINO's format, gone again from its beginning for the time that it takes. For workers."""

from __future__ import annotations

import contextlib
import importlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.models.jobs import STATEFUL_BITS, ArtefactKind, run_job
from pytest_ovperf.models.layout import IR_NAME
from pytest_ovperf.models.spec import OnnxSource, TorchSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.models.jobs import BuildJob

#: The modules of this room that do the work, and import what they need at their top.
_WORKERS = {
    ArtefactKind.IR: "export",
    ArtefactKind.FP16: "convert",
    ArtefactKind.INT8: "quantize",
    ArtefactKind.ONNX: "onnx_export",
    ArtefactKind.STATEFUL: "generation",
    **dict.fromkeys(STATEFUL_BITS, "generation"),
}

#: The same for the IR of a source that no exporter of Hugging Face's knows.
_IR_WORKERS: Mapping[type, str] = {OnnxSource: "convert", TorchSource: "torch_graph"}


def export_anew(jobs: Sequence[BuildJob], folder: Path, say: Callable[[str], None]) -> int:
    """Run ``jobs`` one after the other, each into a folder of its own in ``folder``; return the nanoseconds it took.

    The packages are imported before. A job without an IR gets the one that the job before it made. Raises as
    `run_job` does.
    """
    for job in jobs:
        _import_for(job)
    start_ns = time.perf_counter_ns()
    made: Path | None = None
    for number, job in enumerate(jobs):
        target = folder / f"{number}-{job.kind}"
        target.mkdir(parents=True)
        run_job(replace(job, ir=job.ir or made), target, say)
        made = target / IR_NAME
    return time.perf_counter_ns() - start_ns


def _import_for(job: BuildJob) -> None:
    of_source = _IR_WORKERS.get(type(job.source)) if job.kind is ArtefactKind.IR else None
    name = of_source or _WORKERS.get(job.kind)
    if name is not None:
        with contextlib.suppress(ImportError):  # the job itself says what to install
            importlib.import_module(f"{__package__}.{name}")
