# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""What OpenVINO refuses, turned into errors with a cause: by its words, the model's shapes and the process's output."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.hardware.causes import ShapeKind, failure_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_ovperf.errors import DeviceFailureError

#: What OpenVINO's exceptions, and those of C++ that pass through it, become in Python.
REFUSALS = (RuntimeError, ValueError, IndexError, OverflowError, MemoryError)

#: The variable that tells a worker where its output is kept.
OUTPUT_VARIABLE = "OVPERF_WORKER_OUTPUT"

_SHOWN_INPUTS = 4


@dataclass(frozen=True, slots=True)
class Subject:
    """What is being tried: a model, as far as its shapes tell, on a device (an expression)."""

    device: str
    shapes: ShapeKind = ShapeKind.UNKNOWN
    inputs: str = ""

    @classmethod
    def of(cls, model: Any, device: str) -> Subject:
        """Return the subject for an ``openvino.Model`` that is not compiled yet."""
        named = [f"{_name(port)} {port.partial_shape}" for port in model.inputs]
        more = ["…"] if len(named) > _SHOWN_INPUTS else []
        return cls(device, shape_kind(model), ", ".join(named[:_SHOWN_INPUTS] + more))

    def failure(self, error: BaseException, tried: str, *, printed: str = "") -> DeviceFailureError:
        """Return the typed error for what OpenVINO raised; ``tried`` completes "OpenVINO cannot …"."""
        shapes = f" with {self.inputs}" if self.inputs else ""
        text = str(error).strip()
        if isinstance(error, MemoryError):
            text = f"{type(error).__name__}: {text}"
        return failure_from(
            text or type(error).__name__,
            tried=f"{tried}{shapes}",
            device=self.device,
            shapes=self.shapes,
            printed=printed,
        )

    @contextlib.contextmanager
    def trying(self, tried: str) -> Iterator[None]:
        """Turn what OpenVINO raises inside into the error with its cause. Not for timed code: it looks at a file."""
        before = output_bytes()
        try:
            yield
        except REFUSALS as error:
            raise self.failure(error, tried, printed=printed_since(before)) from error


def shape_kind(model: Any) -> ShapeKind:
    """Return how far the inputs and states of an ``openvino.Model`` are fixed."""
    shapes = [port.partial_shape for port in model.inputs]
    shapes += [variable.info.data_shape for variable in model.get_variables()]
    if all(not shape.is_dynamic for shape in shapes):
        return ShapeKind.STATIC
    return ShapeKind.BOUNDED if all(map(_bounded, shapes)) else ShapeKind.UNBOUNDED


def _bounded(shape: Iterable[Any]) -> bool:
    # OpenVINO writes "no upper bound" as -1.
    return not shape.rank.is_dynamic and all(dim.get_max_length() >= 0 for dim in shape)  # type: ignore[attr-defined]


def _name(port: Any) -> str:
    # A converted model keeps the number of a tensor beside the name that its author gave.
    return min(port.get_names(), key=lambda name: (name.isdigit(), name), default="(without a name)")


def output_bytes() -> int:
    """Return how much this process has printed so far, where a worker's output is kept; else 0."""
    output = _output()
    with contextlib.suppress(OSError):
        return 0 if output is None else output.stat().st_size
    return 0


def printed_since(before: int) -> str:
    """Return what this process has printed since it had printed ``before`` bytes; empty outside of workers."""
    output = _output()
    with contextlib.suppress(OSError):
        return "" if output is None else output.read_bytes()[before:].decode("utf-8", errors="replace")
    return ""


def _output() -> Path | None:
    """Return where a worker's output is kept, all of it written out."""
    kept = os.environ.get(OUTPUT_VARIABLE)
    if kept is None:
        return None
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        ctypes.CDLL(None).fflush(None)  # what native code printed may still be in the C library's buffers
    return Path(kept)
