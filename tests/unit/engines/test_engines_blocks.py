from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines.blocks import samples_in, take_block
from pytest_ovperf.engines.protocol import Generated, Streamed
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import WorkloadKind

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.records import ArmFacts


class Model:
    """A model that can only be called."""

    def facts(self) -> ArmFacts:
        raise NotImplementedError

    def call(self) -> None:
        pass

    def outputs(self) -> dict[str, Any]:
        raise NotImplementedError


class StreamingModel(Model):
    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        return Streamed((min_ns,) * min_requests, 99)


class GeneratingModel(Model):
    def generate(self) -> Generated:
        return Generated(first_ns=2, latency_ns=7)

    def tokens(self) -> Any:  # noqa: ANN401
        raise NotImplementedError


def test_a_block_of_single_calls_has_their_times() -> None:
    times = take_block(Model(), WorkloadKind.INFER, 0, 3)
    assert set(times) == {"latency_ns"}
    assert len(times["latency_ns"]) == 3


def test_a_block_of_a_stream_has_the_length_of_its_window() -> None:
    times = take_block(StreamingModel(), WorkloadKind.STREAM, 5, 2)
    assert times == {"latency_ns": [5, 5], "elapsed_ns": 99}


def test_a_block_of_generations_has_the_times_of_the_first_tokens() -> None:
    times = take_block(GeneratingModel(), WorkloadKind.GENERATE, 0, 2)
    assert times == {"latency_ns": [7, 7], "first_ns": [2, 2]}


@pytest.mark.parametrize(
    ("kind", "lack"), [(WorkloadKind.STREAM, "no requests at once"), (WorkloadKind.GENERATE, "generates no tokens")]
)
def test_a_model_that_cannot_do_what_is_asked_says_so(kind: WorkloadKind, lack: str) -> None:
    with pytest.raises(MeasurementError, match=lack):
        take_block(Model(), kind, 0, 1)


@pytest.mark.parametrize(
    ("shapes", "samples"),
    [([(8, 128), (8, 128)], 8), ([(1, 3, 224, 224)], 1), ([(4, 16), (1, 16)], 1), ([()], 1), ([(4,), ()], 1)],
)
def test_samples_are_the_leading_dimension_that_all_inputs_share(
    tmp_path: Path, shapes: list[tuple[int, ...]], samples: int
) -> None:
    arrays = {f"input_{index}": np.zeros(shape, np.float32) for index, shape in enumerate(shapes)}
    np.savez(tmp_path / "inputs.npz", allow_pickle=False, **arrays)
    assert samples_in(tmp_path / "inputs.npz") == samples
