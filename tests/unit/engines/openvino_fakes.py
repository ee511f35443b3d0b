# ruff: noqa: ANN401  (stands in for a package without types)
"""So much of OpenVINO as loading, compiling and refusing a model takes, with no device behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGIN_MISSING = 'Cannot load library "libopenvino_intel_gpu_plugin.so": libOpenCL.so.1: cannot open shared object file'


@dataclass
class FakeType:
    dtype: str

    def to_dtype(self) -> Any:
        return np.dtype(self.dtype)

    def is_real(self) -> bool:
        return self.dtype.startswith("float")

    def get_type_name(self) -> str:
        return {"float32": "f32", "bfloat16": "bf16"}.get(self.dtype, self.dtype)


@dataclass
class FakeDimension:
    most: int

    def get_max_length(self) -> int:
        return self.most


@dataclass
class FakeRank:
    is_dynamic: bool


@dataclass
class FakeShape:
    """A partial shape; -1 is a dimension without a bound, a negative one below that is bounded."""

    sizes: tuple[int, ...] | None

    @property
    def is_dynamic(self) -> bool:
        return self.sizes is None or min(self.sizes) < 0

    @property
    def rank(self) -> FakeRank:
        return FakeRank(self.sizes is None)

    def __iter__(self) -> Iterator[FakeDimension]:
        return iter([FakeDimension(-1 if size == -1 else abs(size)) for size in self.sizes or ()])

    def __str__(self) -> str:
        sizes = self.sizes or ()
        return f"[{','.join('?' if size == -1 else f'1..{-size}' if size < 0 else str(size) for size in sizes)}]"


@dataclass
class FakeVariable:
    data_shape: FakeShape

    @property
    def info(self) -> FakeVariable:
        return self


@dataclass
class FakePort:
    names: set[str]
    element_type: FakeType
    partial_shape: FakeShape = field(default_factory=lambda: FakeShape((1, 4)))

    def get_names(self) -> set[str]:
        return self.names


@dataclass
class FakeTensor:
    data: Any
    shared_memory: bool = False


@dataclass
class FakeRequest:
    results: list[FakeTensor]
    tensors: dict[int, FakeTensor] = field(default_factory=dict)
    infers: list[dict[str, Any]] = field(default_factory=list)
    refusal: Exception | None = None
    latency: float = 0.0

    def set_input_tensor(self, index: int, tensor: FakeTensor) -> None:
        self.tensors[index] = tensor

    def infer(self, **how: Any) -> None:
        if self.refusal:
            raise self.refusal
        self.infers.append(how)

    def get_output_tensor(self, index: int) -> FakeTensor:
        return self.results[index]


@dataclass
class FakeModel:
    """Read, compiled, and asked for its properties: all that the real ones are asked for."""

    inputs: list[FakePort]
    outputs: list[FakePort]
    request: FakeRequest
    properties: dict[str, Any]
    shapes: dict[str, Any] | None = None
    variables: list[FakeVariable] = field(default_factory=list)

    def reshape(self, shapes: dict[str, Any]) -> None:
        self.shapes = shapes

    def get_variables(self) -> list[FakeVariable]:
        return self.variables

    def create_infer_request(self) -> FakeRequest:
        return self.request

    def get_property(self, name: str) -> Any:
        if name not in self.properties:
            raise RuntimeError(f"unsupported property {name}")
        return self.properties[name]


@dataclass
class FakeQueue:
    """A queue of requests that are done as soon as they are started, each after as many milliseconds as its number."""

    requests: list[FakeRequest]
    started: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.requests)

    def __iter__(self) -> Iterator[FakeRequest]:
        return iter(self.requests)

    def get_idle_request_id(self) -> int:
        return len(self.started) % len(self.requests)

    def start_async(self) -> None:
        number = self.get_idle_request_id()
        self.requests[number].latency = float(number)
        self.started.append(number)

    def wait_all(self) -> None:
        """Wait for nothing."""


@dataclass
class FakeOpenVino:
    """The package and its Core in one."""

    model: FakeModel
    capabilities: dict[str, list[str]] = field(default_factory=lambda: {"CPU": ["FP32", "INT8"]})
    numbers: dict[str, list[str]] = field(default_factory=dict)
    refusal: str | Exception = ""
    unreadable: Exception | None = None
    compiled_with: tuple[str, dict[str, Any]] | None = None
    optimal_requests: int = 2
    Tensor = FakeTensor
    PartialShape = tuple

    def Core(self) -> FakeOpenVino:  # noqa: N802  (OpenVINO's own name)
        return self

    def AsyncInferQueue(self, model: FakeModel, jobs: int) -> FakeQueue:  # noqa: N802
        return FakeQueue([FakeRequest(model.request.results) for _ in range(jobs or self.optimal_requests)])

    def get_version(self) -> str:
        return "2026.4.1-fake"

    def read_model(self, path: Path) -> FakeModel:
        assert path == Path("model.xml")
        if self.unreadable:
            raise self.unreadable
        return self.model

    def compile_model(self, model: FakeModel, device: str, properties: dict[str, Any]) -> FakeModel:
        if self.refusal:
            raise RuntimeError(self.refusal) if isinstance(self.refusal, str) else self.refusal
        self.compiled_with = (device, properties)
        return model

    def get_property(self, device: str, name: str) -> Any:
        if name == "AVAILABLE_DEVICES":
            if device not in self.capabilities:
                raise RuntimeError(PLUGIN_MISSING)
            return self.numbers.get(device, [""])
        if name == "SUPPORTED_PROPERTIES":
            return {}  # which is believed to take all of them
        assert name == "OPTIMIZATION_CAPABILITIES"
        return self.capabilities[device]
