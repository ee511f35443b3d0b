from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.errors import MeasurementError, WorkerDiedError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import Interference
from pytest_ovperf.trial.fresh import FreshArm
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.worker.client import Worker

OPENVINO = parse_arm("openvino-fp32", "CPU")
COLD = parse_arm("openvino-fp32[cache=cold]", "CPU")
WARM = parse_arm("openvino-fp32[cache=warm]", "CPU")
PYTORCH = parse_arm("pytorch-fp32[cache=warm]", "CPU")
FACTS = {"precision": "f32", "devices": ["CPU"], "threads": 2, "load_ns": 5, "versions": {}}
SEEN = {"wall_ns": 9000, "steal_ns": None, "others_ns": 40, "switches": 2}


def request(arm: Arm, kind: WorkloadKind = WorkloadKind.LOAD) -> LoadRequest:
    return request_of(arm, kind=kind)


class FakeWorkers:
    """Starts workers that take no time and no process, and writes down what each of them is asked."""

    def __init__(self, *, precision: str = "f32", keeps_cache: bool = True, dies: bool = False) -> None:
        self.asked: list[list[tuple[str, Mapping[str, Any]]]] = []
        self.closed: list[int] = []
        self.facts: dict[str, Any] = {**FACTS, "precision": precision}
        self.keeps_cache = keeps_cache
        self.dies = dies

    def start(self) -> Worker:
        self.asked.append([])
        return cast("Worker", FakeWorker(self, len(self.asked) - 1))

    def commands(self, number: int) -> list[str]:
        return [do for do, _ in self.asked[number]]

    def loading(self) -> list[int]:
        """Return the workers that were asked to load, in order."""
        return [number for number, asked in enumerate(self.asked) if any(do == "first" for do, _ in asked)]

    def folder(self, number: int) -> Path:
        return next(Path(arguments["request"]["cache_dir"]) for do, arguments in self.asked[number] if do == "first")


class FakeWorker:
    def __init__(self, workers: FakeWorkers, number: int) -> None:
        self.workers = workers
        self.number = number

    def send(self, do: str, **arguments: object) -> None:
        self.workers.asked[self.number].append((do, arguments))

    def receive(self, *, timeout_s: float) -> Mapping[str, Any]:
        if self.workers.dies:
            raise WorkerDiedError(f"gone within {timeout_s} s", remedy="Try again.")
        return {}

    def request(self, do: str, *, timeout_s: float, **arguments: Any) -> Mapping[str, Any]:  # noqa: ANN401
        self.send(do, timeout_s=timeout_s, **arguments)
        folder = arguments["request"]["cache_dir"]
        if folder and self.workers.keeps_cache:
            (Path(folder) / f"{self.number}.blob").touch()
        value = {
            "facts": self.workers.facts,
            "latency_ns": [100 + self.number],
            "first_ns": [200 + self.number],
            "interference": SEEN,
            "items": 1,
            "tokens": 0,
            "imported": ["a_package.of_the_model"],
        }
        return {**value, "latency_ns": [], "bytes": 1000} if do == "footprint" else value

    def close(self) -> None:
        self.workers.closed.append(self.number)


def fresh(arm: Arm, workers: FakeWorkers, kind: WorkloadKind = WorkloadKind.LOAD) -> FreshArm:
    return FreshArm(arm, request(arm, kind), workers.start)


def test_every_block_is_a_process_of_its_own_that_has_imported_before() -> None:
    workers = FakeWorkers()
    arm = fresh(OPENVINO, workers)
    arm.loaded()
    blocks = [arm.block(0, 1) for _ in range(4)]
    assert len({block.latency_ns for block in blocks}) == 4
    assert len(workers.loading()) == 5
    assert all(workers.commands(number)[0] == "import" for number in workers.loading())


def test_a_block_holds_both_times_and_what_was_seen() -> None:
    arm = fresh(OPENVINO, FakeWorkers())
    block = arm.block(0, 1)
    assert (block.latency_ns, block.first_ns) == ((100,), (200,))
    assert block.interference == Interference(wall_ns=9000, steal_ns=None, others_ns=40, switches=2)


def test_what_was_imported_while_loading_is_imported_before_in_all_that_count() -> None:
    workers = FakeWorkers()
    arm = fresh(OPENVINO, workers)
    arm.loaded()
    for _ in range(3):
        arm.block(0, 1)
    uncounted, *counted = workers.loading()
    imported = [[arguments["modules"] for do, arguments in asked if do == "import"] for asked in workers.asked]
    assert imported[uncounted] == [[]]
    assert all(imported[number][-1] == ["a_package.of_the_model"] for number in counted)


def test_loading_is_uncounted_and_happens_once() -> None:
    workers = FakeWorkers()
    arm = fresh(OPENVINO, workers)
    assert arm.loaded() is arm.loaded()
    assert len(workers.loading()) == 1


def test_memory_is_asked_with_inferences_and_comes_in_bytes() -> None:
    workers = FakeWorkers()
    block = fresh(OPENVINO, workers, WorkloadKind.MEMORY).block(0, 3)
    assert (block.bytes, block.latency_ns) == (1000, ())
    assert workers.commands(0) == ["import", "footprint"]


def test_a_cold_cache_is_an_empty_folder_of_each_process_and_gone_with_it() -> None:
    workers = FakeWorkers()
    arm = fresh(COLD, workers)
    arm.loaded()
    arm.block(0, 1)
    first, second = (workers.folder(number) for number in workers.loading())
    assert first != second
    assert not first.exists()
    assert [file.name for file in second.iterdir()] == [f"{workers.loading()[1]}.blob"]
    arm.close()
    assert not second.exists()


def test_a_warm_cache_is_one_folder_that_the_uncounted_load_has_filled() -> None:
    workers = FakeWorkers()
    arm = FreshArm(WARM, request(WARM), workers.start)
    arm.loaded()
    arm.block(0, 1)
    first, second = (workers.folder(number) for number in workers.loading())
    assert first == second
    assert (first / f"{workers.loading()[0]}.blob").exists()
    arm.close()
    assert not first.exists()


def test_a_device_that_keeps_nothing_in_the_cache_cannot_be_measured_with_a_warm_one() -> None:
    arm = fresh(WARM, FakeWorkers(keeps_cache=False))
    with pytest.raises(MeasurementError, match=r"openvino-fp32\[cache=warm\] on CPU keeps no compiled model"):
        arm.loaded()
    arm.close()


@pytest.mark.parametrize("taken", ["on", "off"])
def test_a_load_that_should_have_come_from_the_cache_and_did_not_is_no_measurement(taken: str) -> None:
    workers = FakeWorkers()
    arm = fresh(WARM, workers)
    arm.loaded()
    workers.facts = {**FACTS, "settings": {"LOADED_FROM_CACHE": taken}}
    refused = pytest.raises(MeasurementError, match="compiled the model anew") if taken == "off" else nullcontext()
    with refused:
        arm.block(0, 1)
    arm.close()


def test_the_load_that_fills_the_cache_is_not_expected_to_come_from_it() -> None:
    workers = FakeWorkers()
    workers.facts = {**FACTS, "settings": {"LOADED_FROM_CACHE": "off"}}
    for use in (WARM, COLD):
        arm = fresh(use, workers)
        assert arm.loaded().settings == {"LOADED_FROM_CACHE": "off"}
        arm.close()


def test_pytorch_has_no_cache_to_be_warm() -> None:
    workers = FakeWorkers()
    fresh(PYTORCH, workers).loaded()
    asked = [arguments["request"] for do, arguments in workers.asked[0] if do == "first"]
    assert [each["cache_dir"] for each in asked] == [None]


def test_without_a_cache_in_the_tuning_there_is_none() -> None:
    workers = FakeWorkers()
    fresh(OPENVINO, workers).block(0, 1)
    assert workers.asked[0][-1][1]["request"]["cache_dir"] is None


@pytest.mark.parametrize("step", ["loaded", "block"])
def test_an_arm_that_is_not_what_it_promises_is_refused(step: str) -> None:
    arm = fresh(OPENVINO, FakeWorkers(precision="bf16"))
    with pytest.raises(MeasurementError, match="computes in bf16"):
        arm.loaded() if step == "loaded" else arm.block(0, 1)


def test_closing_ends_all_processes_those_that_nobody_took_as_well() -> None:
    workers = FakeWorkers()
    arm = fresh(OPENVINO, workers)
    arm.loaded()
    arm.block(0, 1)
    arm.close()
    assert sorted(workers.closed) == list(range(len(workers.asked)))


def test_a_process_that_dies_while_it_imports_is_an_error_and_can_be_closed() -> None:
    workers = FakeWorkers(dies=True)
    arm = fresh(OPENVINO, workers)
    with pytest.raises(WorkerDiedError):
        arm.loaded()
    arm.close()
    assert sorted(workers.closed) == list(range(len(workers.asked)))


def test_the_process_before_is_over_when_the_next_one_loads() -> None:
    workers = FakeWorkers()
    arm = fresh(OPENVINO, workers)
    arm.block(0, 1)
    arm.block(0, 1)
    assert workers.closed == [workers.loading()[0]]


def test_a_request_keeps_its_cache_folder_on_the_way_to_a_worker() -> None:
    asked = replace(request(WARM), cache_dir=Path("blobs"))
    assert LoadRequest.from_json(asked.to_json()) == asked
