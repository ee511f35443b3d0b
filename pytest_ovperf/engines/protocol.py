"""What every engine offers, and the request that it is opened with. Light: the parent process imports it too."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, cast, runtime_checkable

from pytest_ovperf.arms import Engine, Precision
from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import UNTUNED, Tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_ovperf.records import ArmFacts


#: The setting among an arm's facts that tells, as ``on`` or ``off``, whether a cached model was taken: where there is a
#: cache, and the device tells.
FROM_CACHE = "LOADED_FROM_CACHE"

#: The size of a dimension, or its smallest and largest size.
Dimension = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """All that an engine must know to load a model: plain data that travels as JSON.

    ``weights`` is a Hugging Face directory and ``auto_class`` the transformers class that reads it (PyTorch); ``ir`` is
    an ``.xml`` file (OpenVINO). ``inputs`` is an ``.npz`` file, one array per input; ``None`` for a call without a
    model. ``shape`` gives the shape to compile each input for, exactly or between bounds; ``None`` compiles the model
    as it was exported. ``threads`` is the number of inference threads on a CPU, 0 for the engine's own choice, where
    ``tuning`` gives none. ``kind`` is what will be asked of the arm, ``new_tokens`` what a request generates after its
    prompt. ``cache_dir`` is where OpenVINO keeps compiled models (``CACHE_DIR``), ``None`` for nowhere. ``onnx`` is an
    ``.onnx`` file (ONNX Runtime).
    ``function`` is an import path: of what makes the ``torch.nn.Module`` (PyTorch, in the place of ``weights``), or the
    call (`Engine.CALL`, whose model, if any, is in ``weights``, ``ir`` or ``onnx``).
    """

    engine: Engine
    precision: Precision
    device: str
    weights: Path | None
    auto_class: str | None
    ir: Path | None
    inputs: Path | None
    shape: Mapping[str, tuple[Dimension, ...]] | None
    threads: int
    kind: WorkloadKind = WorkloadKind.INFER
    tuning: Tuning = UNTUNED
    new_tokens: int = 0
    cache_dir: Path | None = None
    onnx: Path | None = None
    function: str = ""

    @property
    def cpu_threads(self) -> int:
        """The number of inference threads on a CPU: the tuning's, else that of all arms; 0 is the engine's choice."""
        return self.tuning.threads or self.threads

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON-able data."""
        return {
            "engine": str(self.engine),
            "precision": str(self.precision),
            "device": self.device,
            "weights": None if self.weights is None else str(self.weights),
            "auto_class": self.auto_class,
            "ir": None if self.ir is None else str(self.ir),
            "inputs": None if self.inputs is None else str(self.inputs),
            "shape": None if self.shape is None else {name: list(dims) for name, dims in self.shape.items()},
            "threads": self.threads,
            "kind": str(self.kind),
            "tuning": self.tuning.settings,
            "new_tokens": self.new_tokens,
            "cache_dir": None if self.cache_dir is None else str(self.cache_dir),
            "onnx": None if self.onnx is None else str(self.onnx),
            "function": self.function,
        }

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """Return the request that `to_json` described."""
        shape = fields["shape"]
        return cls(
            engine=Engine(fields["engine"]),
            precision=Precision(fields["precision"]),
            device=fields["device"],
            weights=None if fields["weights"] is None else Path(fields["weights"]),
            auto_class=fields["auto_class"],
            ir=None if fields["ir"] is None else Path(fields["ir"]),
            inputs=None if fields["inputs"] is None else Path(fields["inputs"]),
            shape=None if shape is None else {name: _dimensions(dims) for name, dims in shape.items()},
            threads=fields["threads"],
            kind=WorkloadKind(fields["kind"]),
            tuning=Tuning.of(fields["tuning"]),
            new_tokens=fields["new_tokens"],
            cache_dir=None if fields["cache_dir"] is None else Path(fields["cache_dir"]),
            onnx=None if fields["onnx"] is None else Path(fields["onnx"]),
            function=fields["function"],
        )


def _dimensions(sizes: Sequence[Any]) -> tuple[Dimension, ...]:
    return tuple((size[0], size[1]) if isinstance(size, (list, tuple)) else size for size in sizes)


class LoadedModel(Protocol):
    """A model that is ready to be called on its inputs."""

    def facts(self) -> ArmFacts:
        """Return what the engine says about itself, read back after loading."""

    def call(self) -> None:
        """Run one synchronous inference on the loaded inputs: the thing that is timed."""

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Run once and return a copy of every floating-point output as float32, by output name."""


@runtime_checkable
class Predictor(LoadedModel, Protocol):
    """A model that can be given other inputs than those it was loaded with."""

    def predict(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run once on ``arrays``, one for each input by name, and return outputs as `LoadedModel.outputs` does.

        The inputs that are timed stay as they were. Raises `ModelError` for an input that is missing or unknown, and
        for a shape that the model was not compiled for.
        """


@dataclass(frozen=True, slots=True)
class Streamed:
    """What left a full queue: each counted request's own time, and the wall time in which they were completed.

    A request's time is from its start to its completion, in nanoseconds, and may have begun before the window of
    ``elapsed_ns`` nanoseconds: in that window as many requests were completed as there are times.
    """

    latency_ns: tuple[int, ...]
    elapsed_ns: int


@runtime_checkable
class Streamer(LoadedModel, Protocol):
    """A model that also takes several requests at once."""

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Keep the queue full for ``min_ns`` nanoseconds and ``min_requests`` completions, filling it uncounted."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One call's times in nanoseconds: from its start to its first token in the caller's hands, and to its end."""

    first_ns: int
    latency_ns: int


@runtime_checkable
class Generator(LoadedModel, Protocol):
    """A language model that is ready to continue its prompts; ``call`` is a whole generation.

    ``outputs`` are ``logits``, by which the first new token of each prompt is chosen: (batch, vocabulary); and
    ``tokens``, the new ids.
    """

    def generate(self) -> Generated:
        """Continue every prompt by the number of new tokens asked for, greedily; the thing that is timed."""

    def tokens(self) -> NDArray[Any]:
        """Generate once and return the ids of the new tokens: an array of (batch, new tokens)."""


@runtime_checkable
class Touchable(Protocol):
    """A generator that can be brought back to the caches by less than a whole generation."""

    def touch(self) -> None:
        """Take the prompts in and hand out a token or two, uncounted, after another arm had the processors."""


@runtime_checkable
class Inspectable(Protocol):
    """A model whose execution graph can be read."""

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers that it executes, in order, as `graph.layers` does; empty where the device shows none.

        Not between timed calls: it runs the model once, and may compile it once more.
        """


@runtime_checkable
class Lingering(Protocol):
    """A model whose threads stay at work for a while once a call is over."""

    def settle(self) -> None:
        """Wait until nothing of it is at work: another arm has the processors next."""


#: The packages of each module and, by package, the extra that brings it.
_PACKAGES: Mapping[str, Mapping[str, str]] = {
    "openvino": {"openvino": "openvino"},
    "openvino_stream": {"openvino": "openvino"},
    "openvino_generate": {"openvino": "openvino", "optimum": "genai", "torch": "pytorch", "transformers": "pytorch"},
    "pytorch": {"torch": "pytorch", "transformers": "pytorch"},
    "pytorch_stream": {"torch": "pytorch", "transformers": "pytorch"},
    "pytorch_generate": {"torch": "pytorch", "transformers": "pytorch"},
    "genai": {"openvino": "genai", "openvino_genai": "genai"},
    "onnxruntime": {"onnxruntime": "onnxruntime"},
    "onnxruntime_stream": {"onnxruntime": "onnxruntime"},
    "call": {},  # what a function of the user's imports is their own affair
    "call_stream": {},
}


def engine_module(request: LoadRequest) -> str:
    """Return the module of this room that loads the arm of ``request``, without its package.

    A request with new tokens is one for a language model that generates, whatever is measured of it.
    """
    generates = request.kind is WorkloadKind.GENERATE or request.new_tokens > 0
    return _module(request.engine, request.kind, generates=generates)


def packages_of(engine: Engine, kind: WorkloadKind, *, generates: bool) -> Mapping[str, str]:
    """Return the packages that an arm of ``engine`` imports for ``kind``, each with the extra that brings it."""
    return _PACKAGES[_module(engine, kind, generates=generates)]


def _module(engine: Engine, kind: WorkloadKind, *, generates: bool) -> str:
    if engine is Engine.GENAI:
        return "genai"
    if generates:
        return f"{engine}_generate"
    return f"{engine}_stream" if kind is WorkloadKind.STREAM else str(engine)


def open_engine(request: LoadRequest) -> LoadedModel:
    """Load the model of ``request`` with its engine; for worker processes, since it imports whole frameworks.

    What comes back is a `Streamer` for a request of the kind STREAM and a `Generator` for one that generates. Raises
    `ExtraMissingError` if the engine's package is absent, `DeviceAbsentError` and `ArmUnavailableError` if the device
    is not here or lacks what the arm promises, `ModelError` for files or inputs that do not fit, and
    `DeviceFailureError` with the cause if the device refuses the model.
    """
    if request.inputs is not None and not request.inputs.is_file():
        raise ModelError(
            f"There are no inputs at {request.inputs}.",
            remedy="Run `ovperf cache clear`, so that they are made again at the next run.",
        )
    name = engine_module(request)
    try:
        module = importlib.import_module(f"..{name}", __name__)
        return cast("LoadedModel", module.load(request))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in _PACKAGES[name]:
            raise ExtraMissingError.of(missing, _PACKAGES[name][missing], f"The arm on {request.engine}") from error
        raise
