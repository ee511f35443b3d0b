"""What came of compiling for an NPU: the blob, or the error with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.errors import (
    FailureCause,
    ModelError,
    NpuCompilerError,
    WorkerDiedError,
    WorkerHungError,
    WorkerOutOfMemoryError,
)
from pytest_ovperf.hardware.causes import ShapeKind, classify, failure_from, ran_out_of_memory
from pytest_ovperf.worker.lastwords import exit_text

from .blob import CompiledBlob
from .ending import Ended, Ending
from .request import Answer, CompileRequest  # noqa: TC001  (dataclass annotations stay resolvable)

if TYPE_CHECKING:
    from pytest_ovperf.errors import OvperfError

_SHOWN_INPUTS = 4
_LAST_LINES = 20
_GIB = 1 << 30

_HUNG = (
    "Give the model a smaller shape, or leave it out of what is compiled for this platform; "
    "`ovperf npu-compile --timeout` waits longer for one model."
)
_LARGE = "Give the model a smaller shape, or compile on a machine with more memory."
_CRASHED = (
    "The NPU compiler crashed on this model: give it fixed shapes if it has none, try another OpenVINO release, or "
    "report it with the text above."
)


@dataclass(frozen=True, slots=True)
class Compilation:
    """One compilation that is over, by the ``compiler`` (in words): how its process ended, and what it answered."""

    request: CompileRequest
    ended: Ended
    answer: Answer
    compiler: str

    def blob(self) -> CompiledBlob:
        """Return what was made.

        Raises `DeviceFailureError` with the cause for what the compiler refused, `ModelError` for what no compiler is
        to blame for, `WorkerDiedError`, `WorkerHungError` and `WorkerOutOfMemoryError` for a process that did not come
        to its end, and `NpuCompilerError` for a compiler that cannot be loaded.
        """
        answer = self.answer
        if answer.failed is not None:
            raise _refusal(self.request, self.ended, answer, self.compiler)
        if self.ended.ending is not Ending.BY_ITSELF or answer.blob_bytes is None or answer.inputs is None:
            raise _broken(self.request, self.ended, answer, self.compiler)
        return CompiledBlob(
            self.request.platform,
            answer.inputs,
            answer.outputs,
            answer.blob_bytes,
            answer.compiled_s or 0.0,
            self.compiler,
            answer.version,
        )


def _refusal(request: CompileRequest, ended: Ended, answer: Answer, compiler: str) -> OvperfError:
    failed = answer.failed
    assert failed is not None  # noqa: S101  (the caller's condition)
    if failed.stage in {"load", "request"}:
        return NpuCompilerError(
            f"The NPU compiler ({compiler}) cannot be loaded: {failed.message}\n{last_lines(ended.printed)}",
            remedy="Set it up anew: ovperf npu-compiler install --again",
        )
    shapes = answer.shapes(request.model) or ShapeKind.UNKNOWN
    cause = classify(failed.message, device="NPU", shapes=shapes, printed=ended.printed)
    if failed.stage in {"read", "reshape"} and cause is FailureCause.UNKNOWN:
        return ModelError(
            f"OpenVINO cannot {failed.stage} {request.model}:\n{failed.message}",
            remedy="The file must be an OpenVINO IR (.xml with its .bin) or ONNX, and a shape must fit its inputs.",
        )
    done = "compile" if failed.stage == "compile" else failed.stage
    named = [str(port) for port in answer.inputs or ()]
    more = ["…"] if len(named) > _SHOWN_INPUTS else []
    inputs = f" with {', '.join(named[:_SHOWN_INPUTS] + more)}" if named else ""
    return failure_from(
        failed.message or "(no message)",
        tried=f"{done} for NPU {request.platform} the model {request.model}{inputs}, by {compiler}",
        device="NPU",
        shapes=shapes,
        printed=ended.printed,
    )


def _broken(request: CompileRequest, ended: Ended, answer: Answer, compiler: str) -> OvperfError:
    doing = f"{compiler}, compiling {request.model} for NPU {request.platform},"
    words = last_lines(ended.printed)
    if ended.ending is Ending.TIMED_OUT:
        return WorkerHungError(f"{doing} was ended after {request.timeout_s:g} s.\n{words}", remedy=_HUNG)
    if ended.ending is Ending.TOO_LARGE:
        held = f"{ended.peak_bytes / _GIB:.1f} GiB, more than {request.memory_bytes / _GIB:.1f} GiB"
        return WorkerOutOfMemoryError(f"{doing} was ended since it held {held}.\n{words}", remedy=_LARGE)
    how = f"crashed: {answer.crashed}" if answer.crashed else f"ended before it was done: {exit_text(ended.returncode)}"
    kind = WorkerOutOfMemoryError if ran_out_of_memory(ended.printed) else WorkerDiedError
    remedy = _LARGE if kind is WorkerOutOfMemoryError else _CRASHED
    return kind(f"{doing} {how} ({kind.cause}).\n{words}", remedy=remedy)


def last_lines(printed: str) -> str:
    """Return the last lines of what was printed, indented, ready to stand in an error's text."""
    lines = [line.rstrip() for line in printed.splitlines() if line.strip()][-_LAST_LINES:]
    return "Its last output:\n" + "\n".join(f"    {line}" for line in lines) if lines else "It printed nothing."
