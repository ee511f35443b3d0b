# ruff: noqa: ANN401  (ONNX Runtime ships no types; its objects are Any here)
"""ONNX Runtime on the CPU: one session with all graph optimisations, in float32.

The timed call is ``run_with_iobinding``: inputs bound once, outputs left in ONNX Runtime's own memory, which is what
``infer(share_outputs=True)`` does beside it. On a model of one layer it took 2.2 µs on the clock, with outputs of one's
own making as well (2.1 µs); ``run(None, feeds)``, which takes the inputs anew and copies the outputs, 3.9 µs. Of a BERT
of 6 layers and 128 tokens all three took 13.8 to 14.0 ms, their order another one in each run (ONNX Runtime 1.32.0, two
cores, 2026-11-22).

The threads are those that the other arm gets, in one pool; one operation runs after the other. When a run is over, the
pool goes on spinning for the next one: 40 ms of a whole processor were seen. Calls are timed with that, as they come;
whoever has the processors next must not be, so `OnnxRuntimeModel.settle` waits until it is over.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import MeasurementError, ModelError
from pytest_ovperf.models.onnx_file import read_onnx
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.tuning import Mode

from .feeding import Wanted, fitted, read_inputs
from .settling import Rest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .protocol import LoadRequest

_PROVIDER: Final = "CPUExecutionProvider"

#: numpy's name of each element type that an input may have, by ONNX Runtime's.
_TYPES: Final = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    **{
        f"tensor({name})": name
        for name in ("bool", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
}

#: Types of weights that a graph may hold which computes in float32: those, and what indexes, masks and shapes are in.
_BESIDE_FLOAT32: Final = frozenset({"f32", "i16", "i32", "i64", "u16", "u32", "u64", "boolean", "string"})


class OnnxRuntimeModel:
    """A session with its inputs bound once. ``onnxruntime`` is the package."""

    def __init__(self, session: Any, arrays: Sequence[NDArray[Any]], facts: ArmFacts) -> None:
        self._session = session
        self._arrays = tuple(arrays)  # the binding reads their memory
        self._facts = facts
        self._binding = self._bound()
        self._rest = Rest()

    def facts(self) -> ArmFacts:
        """Return what ONNX Runtime says about the session."""
        return self._facts

    def call(self) -> None:
        """Run once; the outputs stay where ONNX Runtime put them."""
        self._session.run_with_iobinding(self._binding)

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return the floating-point outputs of one run as float32, by their names in the graph."""
        return self._floats_of(self._run(dict(zip(self._names(), self._arrays, strict=True))))

    def predict(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run once on ``arrays``; see `protocol.Predictor`. A session takes any shape that its graph does."""
        given = fitted(arrays, [_wanted(port) for port in self._session.get_inputs()])
        return self._floats_of(self._run(dict(zip(self._names(), given, strict=True))))

    def settle(self) -> None:
        """Wait until the session's threads have stopped spinning."""
        self._rest.wait()

    def _bound(self) -> Any:
        """Return a new binding of the inputs, for one thread."""
        binding = self._session.io_binding()
        for name, array in zip(self._names(), self._arrays, strict=True):
            binding.bind_cpu_input(name, array)
        for port in self._session.get_outputs():
            binding.bind_output(port.name, "cpu")
        return binding

    def _names(self) -> list[str]:
        return [port.name for port in self._session.get_inputs()]

    def _run(self, feeds: Mapping[str, NDArray[Any]]) -> Sequence[Any]:
        try:
            return list(self._session.run(None, dict(feeds)))
        except Exception as error:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in feeds.items())
            raise ModelError(
                f"ONNX Runtime cannot run the model on {shapes}: {error}",
                remedy="Give arrays of shapes and values that the graph takes.",
            ) from error

    def _floats_of(self, results: Sequence[Any]) -> dict[str, NDArray[Any]]:
        ports = self._session.get_outputs()
        return {
            port.name: result.astype("float32")
            for port, result in zip(ports, results, strict=True)
            if getattr(result, "dtype", None) is not None and result.dtype.kind == "f"
        }


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is ready, which took ``load_ns``, with an array for each of its inputs, in their order."""

    package: Any
    session: Any
    arrays: Sequence[NDArray[Any]]
    load_ns: int

    def facts(self, *, mode: Mode, requests: int = 1) -> ArmFacts:
        """Return what it says about itself; ``requests`` threads call it at once, beside those of its pool."""
        pool = int(self.session.get_session_options().intra_op_num_threads)
        providers = tuple(self.session.get_providers())
        if providers != (_PROVIDER,):
            raise MeasurementError(
                f"ONNX Runtime runs the model with {', '.join(providers)}, and the arm is that of {_PROVIDER} alone.",
                remedy="Install the package onnxruntime in the place of one for another device.",
            )
        return ArmFacts(
            precision="f32",
            devices=("CPU",),
            # A thread that calls works itself, beside those of the pool, of which it is counted as one.
            threads=pool + requests - 1 if pool else 0,
            load_ns=self.load_ns,
            versions={"onnxruntime": str(self.package.__version__)},
            requests=requests,
            settings={"mode": str(mode), "providers": ", ".join(providers)},
        )


def load(request: LoadRequest) -> OnnxRuntimeModel:
    """Load the ONNX file of ``request``. Raises `ModelError` for what cannot be read, fed, or is not in float32."""
    read = open_session(request)
    return OnnxRuntimeModel(read.session, read.arrays, read.facts(mode=Mode.SYNC))


def open_session(request: LoadRequest, *, threads: int | None = None) -> Session:
    """Make the session of ``request`` with so many ``threads`` in its pool, else the arm's; raises as `load` does."""
    import onnxruntime  # noqa: PLC0415  (a worker imports what its arm needs, when it needs it)

    file = _require_float32(request)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = request.cpu_threads if threads is None else threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    start_ns = time.perf_counter_ns()
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=[_PROVIDER])
    except Exception as error:
        raise ModelError(
            f"ONNX Runtime cannot load {file}: {error}",
            remedy="Export the model again, or to an older opset; if the file lies in the cache, clear that with: "
            "ovperf cache clear",
        ) from error
    load_ns = time.perf_counter_ns() - start_ns  # the inputs are not the model's to load
    given = read_inputs(request)
    ports = [_wanted(port) for port in session.get_inputs()]
    known = {each.name for each in ports}
    arrays = fitted({name: array for name, array in given.items() if name in known}, ports)
    return Session(onnxruntime, session, arrays, load_ns)


def _require_float32(request: LoadRequest) -> Path:
    """Return the ONNX file of ``request``. Raises `ModelError` where there is none, or its weights are of other types.

    What a graph computes in, ONNX Runtime does not tell: it is what the graph says.
    """
    if request.onnx is None:
        raise ModelError(
            "This model has no ONNX file, so ONNX Runtime cannot run it.",
            remedy="Compare two OpenVINO arms, or name an .onnx file or a model's directory in the marker `model`.",
        )
    others = sorted(read_onnx(request.onnx).weight_kinds - _BESIDE_FLOAT32)
    if others:
        raise ModelError(
            f"{request.onnx} holds weights in {', '.join(others)}: ONNX Runtime runs a graph as its file has it, and "
            "onnxruntime-fp32 promises FP32.",
            remedy="Name the model as it was before its weights were converted, or compare OpenVINO arms of it.",
        )
    return request.onnx


def _wanted(port: Any) -> Wanted:
    dtype = _TYPES.get(port.type)
    if dtype is None:
        raise ModelError(
            f"The model's input {port.name!r} is a {port.type}, which arrays cannot be made of.",
            remedy="Name a model whose inputs are numbers.",
        )
    sizes = tuple((size, size) if isinstance(size, int) else (0, None) for size in port.shape)
    return Wanted((port.name,), dtype, sizes)
