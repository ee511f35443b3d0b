from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.errors import MeasurementError, WorkerHungError
from pytest_ovperf.records import ArmFacts, Block, Interference
from pytest_ovperf.worker.arm import ArmTimeouts, ArmWorker, block_of
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pytest_ovperf.worker.client import Worker

FAKES = Path(__file__).resolve().parents[2] / "fakes"
ARM = Arm(Engine.OPENVINO, Precision.FP32, "CPU")
REQUEST = request_of(ARM)


def start(precision: str = "f32") -> ArmWorker:
    return ArmWorker.start(ARM, REQUEST, command=[sys.executable, str(FAKES / "arm_worker.py"), precision])


def test_an_arm_tells_its_facts_takes_blocks_and_returns_outputs() -> None:
    with start() as worker:
        assert worker.loaded() == ArmFacts("f32", ("CPU",), 2, 5, {"fake": "1"})
        assert worker.loaded().load_ns == 5
        seen = Interference(wall_ns=9000, steal_ns=None, others_ns=40, switches=2)
        assert worker.block(min_ns=1000, min_calls=3) == Block((1000, 1000, 1000), seen)
        assert worker.outputs()["logits"].shape == (1, 3)
        assert worker.graph() == [{"name": "product", "kind": "FullyConnected", "shape": [1, -1]}]


def test_an_arm_of_pytorch_has_no_graph_and_is_not_asked_for_one() -> None:
    worker, arm = PatientWorker(), Arm(Engine.PYTORCH, Precision.FP32, "CPU")
    assert ArmWorker(arm, request_of(arm), cast("Worker", worker), ArmTimeouts()).graph() == []
    assert worker.timeouts_s == []


def test_a_block_is_built_from_all_that_the_worker_tells_of_its_workload() -> None:
    seen = {"wall_ns": 1, "steal_ns": None, "others_ns": 2, "switches": None}
    told = {"latency_ns": [3, 4], "first_ns": [1, 2], "elapsed_ns": 9, "items": 8, "tokens": 32, "bytes": 7}
    assert block_of({**told, "interference": seen}) == Block(
        (3, 4), Interference(1, None, 2, None), items=8, elapsed_ns=9, first_ns=(1, 2), tokens=32, bytes=7
    )


class PatientWorker:
    """Notes how long it might take for a block."""

    def __init__(self) -> None:
        self.timeouts_s: list[float] = []

    def request(self, _do: str, *, timeout_s: float, **_: object) -> dict[str, object]:
        self.timeouts_s.append(timeout_s)
        return {"latency_ns": [1], "interference": {"wall_ns": 1, "steal_ns": 0, "others_ns": 0, "switches": 0}}


@pytest.mark.parametrize(("new_tokens", "timeout_s"), [(0, 8.5), (32, 60.5)])
def test_a_generation_may_take_longer_than_a_block_of_calls(new_tokens: int, timeout_s: float) -> None:
    worker, timeouts = PatientWorker(), ArmTimeouts(block_s=8, generation_s=60)
    arm = ArmWorker(ARM, request_of(ARM, new_tokens=new_tokens), cast("Worker", worker), timeouts)
    arm.block(min_ns=500_000_000, min_calls=1)
    assert worker.timeouts_s == [timeout_s]


def test_an_arm_that_is_not_what_it_promises_is_refused_when_loaded() -> None:
    with start("bf16") as worker, pytest.raises(MeasurementError, match=r"openvino-fp32 on CPU: .* bf16"):
        worker.loaded()


def test_a_load_that_takes_too_long_names_the_arm() -> None:
    command = [sys.executable, str(FAKES / "misbehaving_worker.py"), "hang"]
    with (
        ArmWorker.start(ARM, REQUEST, command=command, timeouts=ArmTimeouts(load_s=0.5)) as worker,
        pytest.raises(WorkerHungError, match=r"openvino-fp32 on CPU: .*'load' within 0\.5 s"),
    ):
        worker.loaded()
