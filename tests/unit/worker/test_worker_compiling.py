"""Real workers whose OpenVINO is a stand-in with a driver that goes wrong: `tests/fakes/stub/openvino.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import psutil
import pytest

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.errors import (
    DeviceLostError,
    ExtraMissingError,
    FailureCause,
    MeasurementError,
    OutOfMemoryError,
    UnboundedShapeError,
    WorkerDiedError,
    WorkerHungError,
    WorkerOutOfMemoryError,
)
from pytest_ovperf.worker.arm import ArmWorker
from pytest_ovperf.worker.compiling import compile_in_worker
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.engines.protocol import LoadRequest

STUB = Path(__file__).resolve().parents[2] / "fakes" / "stub"
NPU = Arm(Engine.OPENVINO, Precision.NATIVE, "NPU")
AUTO = Arm(Engine.OPENVINO, Precision.NATIVE, "AUTO:NPU")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the C library's standard output and limits of Linux")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the names of signals")


class Driver(Protocol):
    def __call__(self, how: str = "", devices: str = "NPU") -> None: ...


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Return a function that says how the driver goes wrong, and which devices execute."""

    def behave(how: str = "", devices: str = "NPU") -> None:
        (tmp_path / "devices").write_text(devices, encoding="utf-8")
        monkeypatch.setenv("STUB_OPENVINO", how)
        monkeypatch.setenv("STUB_DEVICES", str(tmp_path / "devices"))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STUB), os.environ.get("PYTHONPATH", "")]))

    return behave


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[[Arm], LoadRequest]:
    np.savez(tmp_path / "inputs.npz", ids=np.ones(3, np.float32))

    def build(arm: Arm) -> LoadRequest:
        return request_of(arm, inputs=tmp_path / "inputs.npz", threads=1)

    return build


@pytest.fixture
def request_npu(request_for: Callable[[Arm], LoadRequest]) -> LoadRequest:
    return request_for(NPU)


def test_a_model_is_compiled_without_its_inputs(driver: Driver, request_npu: LoadRequest) -> None:
    driver()
    assert request_npu.inputs is not None
    request_npu.inputs.unlink()
    facts = compile_in_worker(NPU, request_npu)
    assert (facts.devices, facts.versions) == (("NPU",), {"openvino": "0.stub"})


@LINUX
def test_a_driver_that_aborts_leaves_its_last_words_and_no_process(driver: Driver, request_npu: LoadRequest) -> None:
    driver("abort")
    before = psutil.Process().children()
    with pytest.raises(WorkerDiedError) as caught:
        compile_in_worker(NPU, request_npu)
    assert "openvino on NPU: the worker ended during 'compile': SIGABRT" in caught.value.seen
    assert "driver: firmware panic 0x17" in caught.value.seen
    assert caught.value.cause is FailureCause.PROCESS_DIED
    assert psutil.Process().children() == before


def test_a_driver_that_hangs_is_ended_after_its_time(driver: Driver, request_npu: LoadRequest) -> None:
    driver("hang")
    before = psutil.Process().children()
    with pytest.raises(WorkerHungError, match=r"'compile' within 3 s"):
        compile_in_worker(NPU, request_npu, timeout_s=3.0)
    assert psutil.Process().children() == before


@POSIX
def test_a_process_that_dies_for_want_of_memory_says_so(driver: Driver, request_npu: LoadRequest) -> None:
    driver("bad_alloc")
    with pytest.raises(WorkerOutOfMemoryError, match="std::bad_alloc") as caught:
        compile_in_worker(NPU, request_npu)
    assert caught.value.cause is FailureCause.OUT_OF_MEMORY
    assert "smaller shape" in caught.value.remedy


@LINUX
def test_memory_that_runs_out_under_a_limit_is_told_by_the_worker(driver: Driver, request_npu: LoadRequest) -> None:
    driver("memory")
    with pytest.raises(OutOfMemoryError, match="compile for NPU"):
        compile_in_worker(NPU, request_npu)


def test_memory_that_another_engine_lacks_has_the_same_cause(driver: Driver, request_npu: LoadRequest) -> None:
    driver("infer-torch_memory")
    with ArmWorker.start(NPU, request_npu) as worker:
        worker.loaded()
        with pytest.raises(OutOfMemoryError):
            worker.block(min_ns=1, min_calls=5)


def test_the_cause_crosses_the_pipe(driver: Driver, request_npu: LoadRequest) -> None:
    driver("dynamic")
    with pytest.raises(UnboundedShapeError) as caught:
        compile_in_worker(NPU, request_npu)
    assert caught.value.seen.startswith("openvino on NPU: OpenVINO cannot compile for NPU the model model.xml")
    assert "shape=(...)" in caught.value.remedy


@LINUX
def test_a_cause_that_was_only_printed_is_found(driver: Driver, request_npu: LoadRequest) -> None:
    driver("wrapped")
    with pytest.raises(UnboundedShapeError, match="for node 'Add_2'"):
        compile_in_worker(NPU, request_npu)


def test_a_device_that_is_lost_half_way_has_its_cause(driver: Driver, request_npu: LoadRequest) -> None:
    driver("infer-lost")
    with ArmWorker.start(NPU, request_npu) as worker:
        worker.loaded()
        with pytest.raises(DeviceLostError, match="openvino on NPU: OpenVINO cannot run the model on NPU"):
            worker.block(min_ns=1, min_calls=5)


@pytest.mark.parametrize("arm", [NPU, AUTO], ids=str)
def test_a_model_that_was_compiled_for_another_device_is_refused(
    driver: Driver, request_for: Callable[[Arm], LoadRequest], arm: Arm
) -> None:
    driver(devices="(CPU)")
    with pytest.raises(MeasurementError, match=r"runs on \(CPU\), not on what was asked for"):
        compile_in_worker(arm, request_for(arm))


def test_an_arm_that_switches_its_device_half_way_is_refused(
    driver: Driver, request_for: Callable[[Arm], LoadRequest]
) -> None:
    driver("infer-switch")
    with ArmWorker.start(AUTO, request_for(AUTO)) as worker:
        assert worker.loaded().devices == ("NPU",)
        with pytest.raises(MeasurementError, match="not on what was asked for"):
            worker.block(min_ns=1, min_calls=5)


def test_compiling_without_openvino_names_the_extra(
    request_npu: LoadRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openvino.py").write_text("raise ModuleNotFoundError('no', name='openvino')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ExtraMissingError, match="'openvino'"):
        compile_in_worker(NPU, request_npu)
