"""ONNX Runtime in real worker processes, on small graphs written here, beside OpenVINO on the same file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.errors import ModelError, WorkerError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.trial.fresh import FreshArm
from pytest_ovperf.tuning import Mode, Tuning
from pytest_ovperf.worker.arm import ArmWorker
from tests.fakes import onnx_bytes
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
onnxruntime = pytest.importorskip("onnxruntime")

ONNX = parse_arm("onnxruntime-fp32", "CPU")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("onnx")
    onnx_bytes.dense(found / "m.onnx")
    np.savez(found / "inputs.npz", features=np.linspace(0, 1, 32, dtype=np.float32).reshape(2, 16))
    return found


def asked(folder: Path, name: str = "onnxruntime-fp32", **changes: Any) -> LoadRequest:  # noqa: ANN401  (each field has its own)
    files = {"ir": folder / "m.onnx", "onnx": folder / "m.onnx", "inputs": folder / "inputs.npz"}
    return request_of(name, **{**files, **changes})


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[ArmWorker]:
    with ArmWorker.start(ONNX, asked(folder, threads=1)) as started:
        yield started


def test_its_facts_are_read_back(worker: ArmWorker) -> None:
    facts = worker.loaded()
    assert (facts.precision, facts.devices, facts.threads, facts.requests) == ("f32", ("CPU",), 1, 1)
    assert facts.versions == {"onnxruntime": onnxruntime.__version__}
    assert facts.settings == {"mode": "sync", "providers": "CPUExecutionProvider"}
    assert facts.load_ns > 0


def test_it_takes_times_and_agrees_with_openvino(worker: ArmWorker, folder: Path) -> None:
    worker.loaded()
    block = worker.block(1_000_000, 5)
    assert len(block.latency_ns) >= 5
    assert block.items == 2
    other = parse_arm("openvino-fp32", "CPU")
    with ArmWorker.start(other, asked(folder, "openvino-fp32", threads=1)) as beside:
        beside.loaded()
        ours, theirs = worker.outputs()["logits"], beside.outputs()["logits"]
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        given = {"features": np.ones((5, 16), np.float32)}
        np.testing.assert_allclose(worker.predict(given)["logits"], beside.predict(given)["logits"], atol=1e-5)
        np.testing.assert_array_equal(beside.outputs()["logits"], theirs)
    np.testing.assert_array_equal(worker.outputs()["logits"], ours)


@pytest.mark.parametrize("name", ["onnxruntime-fp32", "openvino-fp32"])
def test_a_score_is_asked_of_an_arm_in_its_own_process(name: str, folder: Path) -> None:
    with ArmWorker.start(parse_arm(name, "CPU"), asked(folder, name, threads=1)) as started:
        started.loaded()
        assert started.score("tests.integration.onnx_scores:share_of_zeros") == 5 / 8  # the same for either engine
        with pytest.raises(ModelError, match="The model has no input 'pixels'; it takes features") as refused:
            started.score("tests.integration.onnx_scores:of_pixels")
        assert 'predict({"pixels": np.ones((1, 16))})' in refused.value.seen


def test_arrays_that_the_graph_does_not_take_are_refused(worker: ArmWorker) -> None:
    worker.loaded()
    with pytest.raises(ModelError, match="'features' is 2x3, and the model was compiled for"):
        worker.predict({"features": np.ones((2, 3), np.float32)})


@pytest.mark.parametrize(("tuning", "requests"), [(Tuning(), 1), (Tuning(mode=Mode.ASYNC, requests=2), 2)])
def test_a_stream_is_fed_one_by_one_or_by_threads_that_are_counted(folder: Path, tuning: Tuning, requests: int) -> None:
    arm = replace(ONNX, tuning=tuning)
    with ArmWorker.start(arm, asked(folder, kind=WorkloadKind.STREAM, tuning=tuning, threads=2)) as started:
        facts = started.loaded()
        assert (facts.threads, facts.requests) == (2, requests)
        assert facts.settings["mode"] == ("async" if requests > 1 else "sync")
        assert len(started.block(1_000_000, 8).latency_ns) >= 8


@pytest.mark.parametrize("kind", [WorkloadKind.LOAD, WorkloadKind.MEMORY])
def test_what_a_fresh_process_takes_is_told(folder: Path, kind: WorkloadKind) -> None:
    fresh = FreshArm.start(ONNX, asked(folder, kind=kind))
    try:
        fresh.loaded()
        block = fresh.block(0, 1)
    finally:
        fresh.close()
    if kind is WorkloadKind.MEMORY:
        assert block.bytes
    else:
        assert block.first_ns[0] > block.latency_ns[0] > 0


@pytest.mark.parametrize(("kind", "named"), [(onnx_bytes.FLOAT16, "f16"), (17, "f8e4m3"), (22, "i4"), (99, "type 99")])
def test_a_graph_in_another_precision_is_not_run_as_fp32(folder: Path, kind: int, named: str) -> None:
    onnx_bytes.half(folder / "half.onnx", kind=kind)
    with (
        ArmWorker.start(ONNX, asked(folder, onnx=folder / "half.onnx")) as started,
        pytest.raises(ModelError, match=rf"half\.onnx holds weights in {named}:.* promises FP32"),
    ):
        started.loaded()


def test_a_damaged_file_is_named(folder: Path) -> None:
    (folder / "damaged.onnx").write_bytes((folder / "m.onnx").read_bytes()[:-40])
    with (
        ArmWorker.start(ONNX, asked(folder, onnx=folder / "damaged.onnx")) as started,
        pytest.raises(ModelError, match=r"damaged\.onnx"),
    ):
        started.loaded()


def test_the_same_file_misses_an_input_when_its_data_are_missing(folder: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", pixels=np.ones((1, 16), np.float32))
    with (
        ArmWorker.start(ONNX, asked(folder, inputs=tmp_path / "other.npz")) as started,
        pytest.raises((ModelError, WorkerError), match="'features' was not given"),
    ):
        started.loaded()
