"""Execution graphs and layer times of a real CPU: in this environment, and in one with an old release."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Mode, Tuning
from pytest_ovperf.worker.arm import ArmWorker
from pytest_ovperf.worker.profiling import profile_in_worker
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.environments.environment import Environment

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
opset = pytest.importorskip("openvino.opset13")
opset6 = pytest.importorskip("openvino.opset6")

ROWS, WIDTH = 48, 320
FP32 = Arm(Engine.OPENVINO, Precision.FP32, "CPU")


@dataclass(frozen=True)
class Files:
    ir: Path
    inputs: Path

    def request(self, arm: Arm = FP32, **changes: Any) -> LoadRequest:  # noqa: ANN401  (fields have types of their own)
        given = {"ir": self.ir, "inputs": self.inputs, "threads": 1, "shape": {"rows": (ROWS, WIDTH)}}
        return request_of(arm, **{**given, **changes})


@pytest.fixture(scope="session")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Two matrix products for any number of rows, and a running sum between them, which no release fuses with them."""
    folder = tmp_path_factory.mktemp("dense")
    rows = opset.parameter(openvino.PartialShape([-1, WIDTH]), openvino.Type.f32, name="rows")
    rows.output(0).set_names({"rows"})
    made = np.random.default_rng(7)
    weights = [opset.constant(made.normal(size=(WIDTH, WIDTH)).astype(np.float32)) for _ in range(2)]
    first = opset.matmul(rows, weights[0], transpose_a=False, transpose_b=False, name="first")
    between = opset.cum_sum(first, opset.constant(1), name="between")
    second = opset.matmul(between, weights[1], transpose_a=False, transpose_b=False, name="second")
    openvino.save_model(openvino.Model([second], [rows], "dense"), folder / "model.xml", compress_to_fp16=False)
    np.savez(folder / "inputs.npz", rows=made.normal(size=(ROWS, WIDTH)).astype(np.float32))
    return Files(folder / "model.xml", folder / "inputs.npz")


@pytest.fixture(scope="session")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A stateful model that takes prompts as a language model does, and makes logits of their running sum."""
    folder = tmp_path_factory.mktemp("counting")
    ids, mask = (
        opset.parameter(openvino.PartialShape([-1, -1]), openvino.Type.i64, name=name)
        for name in ("input_ids", "attention_mask")
    )
    for port in (ids, mask):
        port.output(0).set_names({port.get_friendly_name()})
    table = opset.constant(np.random.default_rng(7).normal(size=(64, 64)).astype(np.float32))
    embedded = opset.gather(table, ids, opset.constant(0), name="embedding")
    start = opset.constant(np.zeros((1, 1, 64), np.float32))
    held = opset6.read_value(start, "held", openvino.Type.f32, openvino.PartialShape([-1, 1, 64]))
    seen = opset.add(opset.reduce_mean(embedded, opset.constant([1]), keep_dims=True), held)
    width = opset.convert(opset.reduce_max(mask, opset.constant([0, 1]), keep_dims=True), "f32")
    hidden = opset.multiply(opset.add(embedded, seen), width)
    logits = opset.matmul(hidden, table, transpose_a=False, transpose_b=True, name="head")
    logits.output(0).set_names({"logits"})
    made = openvino.Model([opset.result(logits)], [opset6.assign(seen, "held")], [ids, mask], "counting")
    openvino.save_model(made, folder / "model.xml", compress_to_fp16=False)
    np.savez(folder / "inputs.npz", input_ids=np.arange(5)[None], attention_mask=np.ones((1, 5), np.int64))
    return Files(folder / "model.xml", folder / "inputs.npz")


def graph_of(request: LoadRequest, arm: Arm = FP32, python: str | None = None) -> Sequence[Mapping[str, Any]]:
    with ArmWorker.start(arm, request, python=python) as worker:
        worker.loaded()
        return worker.graph()


def products(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["kind"] == "FullyConnected"]


def check_graph(rows: Sequence[Mapping[str, Any]]) -> None:
    """The order, the kernels and the shapes are the model's; its weights are no layers."""
    kinds = [row["kind"] for row in rows]
    assert (kinds[0], kinds[-1]) == ("Input", "Output")
    assert kinds.index("FullyConnected") < kinds.index("CumSum") < len(kinds) - 1 - kinds[::-1].index("FullyConnected")
    assert not {"Const", "Constant"} & set(kinds)
    first, second = products(rows)
    assert ("first" in first["originals"], "second" in second["originals"]) == (True, True)
    for row in (first, second):
        assert row["shape"] == [ROWS, WIDTH]
        assert re.fullmatch(r"\w+_f32", row["kernel"])
        assert (row["precision"], row["layout"]) == ("f32", "ab")


def test_the_graph_of_a_timed_model_is_read_of_it(dense: Files) -> None:
    with ArmWorker.start(FP32, dense.request()) as worker:
        worker.loaded()
        worker.block(min_ns=1, min_calls=3)
        rows = worker.graph()
        assert worker.block(min_ns=1, min_calls=3).latency_ns
    check_graph(rows)


def test_a_model_with_open_dimensions_has_the_kernels_of_its_call(dense: Files) -> None:
    check_graph(graph_of(dense.request(shape=None)))


@pytest.mark.parametrize("device", ["AUTO:CPU", "HETERO:CPU"])
def test_devices_that_choose_devices_show_the_graph_of_the_chosen_one(dense: Files, device: str) -> None:
    arm = replace(FP32, device=device)
    check_graph(graph_of(dense.request(arm), arm))


def test_an_arm_that_streams_requests_has_its_graph_and_profile(dense: Files) -> None:
    arm = replace(FP32, tuning=Tuning(streams=2, requests=4, mode=Mode.ASYNC))
    request = dense.request(arm, kind=WorkloadKind.STREAM, threads=0, shape=None)
    check_graph(graph_of(request, arm))
    assert profile_in_worker(arm, request, 3).times


def test_what_was_compiled_before_does_not_change_the_graph_but_for_made_up_names(dense: Files) -> None:
    request = dense.request()
    profiled = profile_in_worker(FP32, request, 3).layers
    assert [{**row, "name": ""} for row in profiled] == [{**row, "name": ""} for row in graph_of(request)]


def check_profile(dense: Files, arm: Arm, python: str | None = None) -> None:
    """Both products have a time, and all layers together that of one call, not of all or of a part in a thousand."""
    found = profile_in_worker(arm, dense.request(arm), 30, python=python)
    assert set(found.times) <= {row["name"] for row in found.layers}
    assert {row["name"] for row in products(found.layers)} <= set(found.times)
    assert found.call_ns / 10 < sum(found.times.values()) < found.call_ns * 10


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU"])
def test_a_profile_says_where_the_time_of_a_call_goes(dense: Files, device: str) -> None:
    check_profile(dense, replace(FP32, device=device))


def test_a_profile_leaves_the_cache_of_compiled_models_alone(dense: Files, tmp_path: Path) -> None:
    assert profile_in_worker(FP32, dense.request(cache_dir=tmp_path), 3).times
    assert not list(tmp_path.iterdir())


def test_a_generation_is_profiled_as_a_whole(counting: Files) -> None:
    request = counting.request(kind=WorkloadKind.GENERATE, shape=None, new_tokens=12)
    found = profile_in_worker(FP32, request, 3)
    assert "head" in {name for row in found.layers for name in row["originals"]}
    assert set(found.times) <= {row["name"] for row in found.layers}
    assert all(taken_ns >= 12_000 for taken_ns in found.times.values())  # a counter's microsecond in each inference


def test_an_arm_on_pytorch_has_no_graph_of_openvinos() -> None:
    pytorch = request_of("pytorch-fp32")
    with pytest.raises(MeasurementError, match="no execution graph"):
        profile_in_worker(Arm(Engine.PYTORCH, Precision.FP32, "CPU"), pytorch, 3)


def test_an_old_release_shows_its_graph_and_its_times(dense: Files, old_release: Environment) -> None:
    python = str(old_release.python)
    check_graph(graph_of(dense.request(), python=python))
    check_graph(graph_of(dense.request(shape=None), python=python))
    check_profile(dense, FP32, python)
