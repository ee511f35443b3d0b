"""What every engine offers, and the request that it is opened with. Light: the parent process imports it too."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from pytest_ovperf.errors import ExtraMissingError, ModelError
from pytest_ovperf.records import ArmFacts, Engine, Precision, WorkloadKind
from pytest_ovperf.tuning import UNTUNED, Tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: The size of a dimension, or its smallest and largest size.
Dimension = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """All that an engine must know to load a model: plain data that travels as JSON.

    ``weights`` is a Hugging Face directory and ``auto_class`` the transformers class that reads it (PyTorch); ``ir`` is
    an ``.xml`` file (OpenVINO). ``inputs`` is an ``.npz`` file, one array per input. ``shape`` gives the shape to
    compile each input for, exactly or between bounds; ``None`` compiles the model as it was exported. ``threads`` is
    the number of inference threads on a CPU, 0 for the engine's own choice, where ``tuning`` gives none. ``kind`` is
    what will be asked of the arm, ``new_tokens`` what a request generates after its prompt.
    """

    engine: Engine
    precision: Precision
    device: str
    weights: Path | None
    auto_class: str | None
    ir: Path | None
    inputs: Path
    shape: Mapping[str, tuple[Dimension, ...]] | None
    threads: int
    kind: WorkloadKind = WorkloadKind.INFER
    tuning: Tuning = UNTUNED
    new_tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON-able data."""
        return {
            "engine": str(self.engine),
            "precision": str(self.precision),
            "device": self.device,
            "weights": None if self.weights is None else str(self.weights),
            "auto_class": self.auto_class,
            "ir": None if self.ir is None else str(self.ir),
            "inputs": str(self.inputs),
            "shape": None if self.shape is None else {name: list(dims) for name, dims in self.shape.items()},
            "threads": self.threads,
            "kind": str(self.kind),
            "tuning": self.tuning.settings,
            "new_tokens": self.new_tokens,
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
            inputs=Path(fields["inputs"]),
            shape=None if shape is None else {name: _dimensions(dims) for name, dims in shape.items()},
            threads=fields["threads"],
            kind=WorkloadKind(fields["kind"]),
            tuning=Tuning.of(fields["tuning"]),
            new_tokens=fields["new_tokens"],
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


#: The packages of each engine and what they are needed for; the extra has the engine's name.
_PACKAGES: Mapping[Engine, tuple[str, ...]] = {
    Engine.OPENVINO: ("openvino",),
    Engine.PYTORCH: ("torch", "transformers"),
}


def open_engine(request: LoadRequest) -> LoadedModel:
    """Load the model of ``request`` with its engine; for worker processes, since it imports whole frameworks.

    Raises `ExtraMissingError` if the engine's package is absent, `DeviceAbsentError` and `ArmUnavailableError` if the
    device is not here or lacks what the arm promises, `ModelError` for files or inputs that do not fit, and
    `DeviceFailureError` with the cause if the device refuses the model.
    """
    if not request.inputs.is_file():
        raise ModelError(
            f"There are no inputs at {request.inputs}.",
            remedy="Run `ovperf cache clear`, so that they are made again at the next run.",
        )
    try:
        module = importlib.import_module(f"..{request.engine}", __name__)
        return cast("LoadedModel", module.load(request))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in _PACKAGES[request.engine]:
            raise ExtraMissingError.of(missing, str(request.engine), f"The arm on {request.engine}") from error
        raise
