from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.engines.blocks import samples_in, take_block
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import WorkloadKind
from tests.unit.engines.model_fakes import FakeGenerator, FakeLoaded, FakeStreamer

if TYPE_CHECKING:
    from pathlib import Path


def test_a_block_of_single_calls_has_their_times() -> None:
    times = take_block(FakeLoaded(), WorkloadKind.INFER, 0, 3)
    assert set(times) == {"latency_ns"}
    assert len(times["latency_ns"]) == 3


def test_a_block_of_a_stream_has_the_length_of_its_window() -> None:
    times = take_block(FakeStreamer(), WorkloadKind.STREAM, 5, 2)
    assert times == {"latency_ns": [5, 5], "elapsed_ns": 99}


def test_a_block_of_generations_has_the_times_of_the_first_tokens() -> None:
    times = take_block(FakeGenerator(), WorkloadKind.GENERATE, 0, 2)
    assert times == {"latency_ns": [500, 500], "first_ns": [60, 90]}


@pytest.mark.parametrize(
    ("kind", "lack"), [(WorkloadKind.STREAM, "no requests at once"), (WorkloadKind.GENERATE, "generates no tokens")]
)
def test_a_model_that_cannot_do_what_is_asked_says_so(kind: WorkloadKind, lack: str) -> None:
    with pytest.raises(MeasurementError, match=lack):
        take_block(FakeLoaded(), kind, 0, 1)


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
