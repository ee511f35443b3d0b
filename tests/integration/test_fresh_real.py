"""What a process does once, done by real ones: importing, loading, the first inference, its memory, an export."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.arms import Comparison, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.session.arms import Arms, build_in_worker
from pytest_ovperf.session.turns import OneAtATime
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.trial.fresh import FreshArm
from pytest_ovperf.trial.run import Trial
from pytest_ovperf.worker.client import Worker
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.records import Launch

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
opset = pytest.importorskip("openvino.opset13")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

MIB = 1 << 20
SIZE = 4096
WEIGHTS_BYTES = 4 * SIZE * SIZE
PROCESS_S = 300


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model of one matrix of 64 MiB and its inputs."""
    folder = tmp_path_factory.mktemp("big")
    data = opset.parameter([1, SIZE], name="data")
    weights = np.random.default_rng(1).standard_normal((SIZE, SIZE), dtype=np.float32)
    model = openvino.Model([opset.matmul(data, opset.constant(weights), False, False)], [data])  # noqa: FBT003
    model.inputs[0].get_tensor().set_names({"data"})
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=False)
    np.savez(folder / "inputs.npz", data=np.ones((1, SIZE), dtype=np.float32))
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the weights of a small BERT and its inputs."""
    folder = tmp_path_factory.mktemp("bert")
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    transformers.BertModel(transformers.BertConfig(**sizes, vocab_size=100)).save_pretrained(folder / "weights")
    ids = np.arange(12, dtype=np.int64).reshape(1, 12)
    np.savez(folder / "inputs.npz", input_ids=ids, attention_mask=np.ones_like(ids))
    return folder


def request(folder: Path, arm: Arm, kind: WorkloadKind) -> LoadRequest:
    files = {"weights": folder / "weights", "ir": folder / "model.xml", "inputs": folder / "inputs.npz"}
    return request_of(arm, **files, auto_class="AutoModel", threads=1, kind=kind)


def fresh(folder: Path, name: str, kind: WorkloadKind) -> FreshArm:
    arm = parse_arm(name, "CPU")
    return FreshArm.start(arm, request(folder, arm, kind))


def first(asked: LoadRequest, modules: list[str]) -> dict[str, Any]:
    with Worker.start("the arm") as worker:
        worker.request("import", timeout_s=PROCESS_S, request=asked.to_json(), modules=modules)
        return dict(worker.request("first", timeout_s=PROCESS_S, request=asked.to_json()))


def test_nothing_is_imported_while_a_counted_load_of_pytorch_is_timed(bert: Path) -> None:
    asked = request(bert, parse_arm("pytorch-fp32", "CPU"), WorkloadKind.LOAD)
    uncounted = first(asked, [])
    assert any("modeling_bert" in name for name in uncounted["imported"])
    assert first(asked, uncounted["imported"])["imported"] == []


def test_nothing_is_imported_while_a_counted_load_of_openvino_is_timed(big: Path) -> None:
    asked = request(big, parse_arm("openvino-fp32", "CPU"), WorkloadKind.LOAD)
    assert first(asked, first(asked, [])["imported"])["imported"] == []


def test_the_first_result_comes_after_loading_and_belongs_to_the_same_process(big: Path) -> None:
    arm = fresh(big, "openvino-fp32", WorkloadKind.LOAD)
    try:
        facts = arm.loaded()
        blocks = [arm.block(0, 1) for _ in range(2)]
        outputs = arm.outputs()
    finally:
        arm.close()
    assert facts.precision == "f32"
    assert all(0 < block.latency_ns[0] < block.first_ns[0] for block in blocks)
    assert all(block.interference is not None for block in blocks)
    assert next(iter(outputs.values())).shape == (1, SIZE)


def test_a_warm_cache_is_read_and_a_cold_one_is_empty(big: Path) -> None:
    warm, cold = (fresh(big, f"openvino-fp32[cache={use}]", WorkloadKind.LOAD) for use in ("warm", "cold"))
    try:
        for arm in (warm, cold):
            arm.loaded()
        assert warm._warm_cache is not None
        filled = {file: file.stat().st_mtime_ns for file in warm._warm_cache.rglob("*")}
        for arm in (warm, cold):
            arm.block(0, 1)
        assert {file: file.stat().st_mtime_ns for file in warm._warm_cache.rglob("*")} == filled != {}
        assert cold._last is not None
        assert cold._last.cache is not None
        assert sum(file.stat().st_size for file in cold._last.cache.rglob("*")) >= WEIGHTS_BYTES
    finally:
        warm.close()
        cold.close()


def test_the_memory_of_a_model_holds_its_weights_and_not_its_packages(big: Path) -> None:
    arm = fresh(big, "openvino-fp32", WorkloadKind.MEMORY)
    try:
        block = arm.block(0, 1)
    finally:
        arm.close()
    assert block.bytes is not None
    assert WEIGHTS_BYTES <= block.bytes <= 4 * WEIGHTS_BYTES
    assert block.latency_ns == ()


def arms_of(cache: Path) -> Arms:
    library = ModelLibrary(
        ArtefactCache(cache),
        lambda job, target: build_in_worker(job, target, lambda _text: None),
        lambda _text: None,
    )
    return Arms(library, 1, OneAtATime(cache, lambda _text: None).measuring)


@pytest.fixture(scope="module")
def arms(model_cache: Path) -> Arms:
    return arms_of(model_cache)


def launch(arms: Arms, metric: Metric, candidate: str, reference: str) -> tuple[Trial, Launch]:
    pair = parse_arm(candidate, "CPU"), parse_arm(reference, "CPU")
    spec, requests = arms.prepare(resolve("tiny-bert", shape=None, base=Path()), *pair, kind=metric.workload)
    comparison = Comparison(spec.name, *pair, metric, Workload(metric.workload, spec.shapes))
    trial = Trial(
        comparison,
        lambda arm: arms.open(requests[arm], arm),
        rng=random.Random(1),  # noqa: S311  (an order of turns)
        planned=2,
        want_outputs=metric.workload is WorkloadKind.LOAD,
        budget_s=1,
    )
    return trial, trial.run_launch()


def test_loading_is_compared_over_rounds_of_fresh_processes(arms: Arms) -> None:
    trial, taken = launch(arms, Metric.FIRST_INFERENCE, "openvino-fp32", "openvino-fp32[cache=warm]")
    assert len(taken.rounds) >= 3
    assert estimate(trial.trace).ratio > 0
    assert trial.outputs is not None
    assert "last_hidden_state" in {*trial.outputs.candidate} & {*trial.outputs.reference}


def test_files_are_compared_without_a_process(arms: Arms, monkeypatch: pytest.MonkeyPatch) -> None:
    spec_arms = ("openvino-fp32", "pytorch-fp32")
    arms.prepare(
        resolve("tiny-bert", shape=None, base=Path()),
        *(parse_arm(name, "CPU") for name in spec_arms),
        kind=WorkloadKind.FILES,
    )
    monkeypatch.setattr("pytest_ovperf.worker.client.spawn", None)
    trial, _ = launch(arms, Metric.MODEL_SIZE, *spec_arms)
    assert 0.5 < estimate(trial.trace).ratio < 2


def test_an_export_takes_time_and_leaves_the_cache_as_it_was(copied_cache: Callable[[], Path]) -> None:
    cache = copied_cache()
    arms, arm = arms_of(cache), parse_arm("openvino-fp32", "CPU")
    _, requests = arms.prepare(resolve("tiny-bert", shape=None, base=Path()), arm, kind=WorkloadKind.EXPORT)
    before = sorted(cache.rglob("*"))
    process = arms.open(requests[arm], arm)
    process.loaded()
    assert process.block(0, 1).latency_ns[0] > 0
    process.close()
    assert sorted(cache.rglob("*")) == before
