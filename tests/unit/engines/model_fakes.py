"""Models that compute nothing, as the engines hand them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_ovperf.engines.protocol import Generated, Streamed
from pytest_ovperf.records import ArmFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray


class FakeLoaded:
    """A model that can only be called, says that loading it took a second, and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def facts(self) -> ArmFacts:
        return ArmFacts("f32", ("CPU",), 2, 1_000_000_000, {})

    def call(self) -> None:
        self.calls += 1

    def outputs(self) -> dict[str, NDArray[Any]]:
        return {}


class FakeStreamer(FakeLoaded):
    """A model whose requests take what they are given."""

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        return Streamed((min_ns,) * min_requests, 99)


class FakeGenerator(FakeLoaded):
    """A language model whose first token comes later with every generation."""

    def generate(self) -> Generated:
        self.calls += 1
        return Generated(first_ns=30 * self.calls, latency_ns=500)

    def tokens(self) -> NDArray[Any]:
        return np.zeros((1, 1), np.int64)
