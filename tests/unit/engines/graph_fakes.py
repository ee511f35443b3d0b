"""So much of OpenVINO's execution graphs and counters as reading them takes."""

from __future__ import annotations

from collections import UserDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.unit.engines.openvino_fakes import FakeModel, FakeOpenVino, FakeRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class FakeAny:
    """A value as OpenVINO keeps it: it must be asked for its type."""

    def __init__(self, value: str) -> None:
        self._value = value

    def astype(self, kind: type) -> object:
        return kind(self._value)


@dataclass
class FakeSize:
    size: int

    @property
    def is_dynamic(self) -> bool:
        return self.size < 0

    def get_length(self) -> int:
        assert self.size >= 0
        return self.size


@dataclass
class FakeLayerShape:
    """Sizes, negative where they are open; ``None`` where not even their number is known."""

    sizes: tuple[int, ...] | None

    @property
    def rank(self) -> FakeSize:
        return FakeSize(-1 if self.sizes is None else len(self.sizes))

    def __iter__(self) -> Iterator[FakeSize]:
        assert self.sizes is not None
        return iter(map(FakeSize, self.sizes))


@dataclass
class FakeOperation:
    """A layer of an execution graph."""

    name: str
    info: dict[str, str]
    outputs: list[FakeLayerShape] = field(default_factory=lambda: [FakeLayerShape((1, 4))])
    sources: list[FakeOperation] = field(default_factory=lambda: [FakeOperation("before", {}, sources=[])])

    def inputs(self) -> list[FakePort]:
        return list(map(FakePort, self.sources))

    def get_friendly_name(self) -> str:
        return self.name

    def get_type_name(self) -> str:
        return "ExecutionNode"

    def get_rt_info(self) -> UserDict[str, FakeAny]:
        return UserDict({key: FakeAny(value) for key, value in self.info.items()})

    def get_output_size(self) -> int:
        return len(self.outputs)

    def get_output_partial_shape(self, index: int) -> FakeLayerShape:
        return self.outputs[index]


@dataclass
class FakePort:
    """An input, that is also the output which it takes."""

    node: FakeOperation

    def get_source_output(self) -> FakePort:
        return self

    def get_node(self) -> FakeOperation:
        return self.node


def operation(name: str, kind: str = "FullyConnected", order: int | None = None, **info: str) -> FakeOperation:
    numbered = {} if order is None else {"execOrder": str(order)}
    return FakeOperation(name, {"layerType": kind, "originalLayersNames": name, **numbered, **info})


@dataclass
class FakeGraph:
    """A compiled model that has an execution graph, or none where ``refusal`` says so."""

    operations: Sequence[FakeOperation]
    refusal: Exception | None = None

    def get_runtime_model(self) -> FakeGraph:
        if self.refusal:
            raise self.refusal
        return self

    def get_ordered_ops(self) -> list[FakeOperation]:
        return list(self.operations)


@dataclass
class FakeInfo:
    node_name: str
    real_time: timedelta


@dataclass
class CountingRequest(FakeRequest):
    """A request whose layers take so many microseconds at each inference, the last of them from then on.

    The counters hold the mean of all inferences, cut off, as those of a CPU do, or the last one.
    """

    takes_us: dict[str, Sequence[int]] = field(default_factory=dict)
    averages: bool = True

    def get_profiling_info(self) -> list[FakeInfo]:
        done = len(self.infers)
        infos = []
        for name, takes in self.takes_us.items():
            taken = [takes[min(number, len(takes) - 1)] for number in range(done)]
            held = sum(taken) // done if self.averages else taken[-1]
            infos.append(FakeInfo(name, timedelta(microseconds=held)))
        return infos


@dataclass
class CountingModel(FakeModel):
    """A compiled model with counters, that is another one each time it is compiled."""

    rounds: list[tuple[FakeGraph, CountingRequest]] = field(default_factory=list)
    compiled: int = 0

    def create_infer_request(self) -> FakeRequest:
        self.compiled += 1
        return self.rounds[self.compiled - 1][1]

    def get_runtime_model(self) -> FakeGraph:
        return self.rounds[self.compiled - 1][0]


@dataclass
class CountingOpenVino(FakeOpenVino):
    """Takes properties, which profiling sets."""

    set_to: dict[str, Any] = field(default_factory=dict)

    def set_property(self, _device: str, properties: dict[str, Any]) -> None:
        self.set_to.update(properties)
