"""Tuned arms, queues of requests and PyTorch's counterparts of them, in real worker processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (dataclass annotations stay resolvable)
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.engines.pytorch_stream import load
from pytest_ovperf.errors import ArmUnavailableError, BadConfigError
from pytest_ovperf.hardware.asking import describe
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.worker.arm import ArmWorker
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.records import ArmFacts, Block

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
opset = pytest.importorskip("openvino.opset13")

SAMPLES, FEATURES = 4, 32


@dataclass(frozen=True)
class Layer:
    """One dense layer over some samples: small enough for many requests in a moment."""

    ir: Path
    inputs: Path

    def request(self, arm: str, kind: WorkloadKind, *, device: str = "CPU", threads: int = 0) -> LoadRequest:
        parsed = parse_arm(arm, device)
        return request_of(parsed, ir=self.ir, inputs=self.inputs, threads=threads, kind=kind)

    def start(self, arm: str, kind: WorkloadKind, *, device: str = "CPU", threads: int = 0) -> ArmWorker:
        return ArmWorker.start(parse_arm(arm, device), self.request(arm, kind, device=device, threads=threads))

    def loaded(self, arm: str, kind: WorkloadKind, *, device: str = "CPU", threads: int = 0) -> ArmFacts:
        with self.start(arm, kind, device=device, threads=threads) as worker:
            return worker.loaded()

    def measured(self, arm: str, kind: WorkloadKind, *, device: str = "CPU") -> tuple[ArmFacts, Block]:
        with self.start(arm, kind, device=device) as worker:
            facts, block = worker.loaded(), worker.block(min_ns=2_000_000, min_calls=20)
            assert worker.outputs()["sums"].shape == (SAMPLES, FEATURES)
            return facts, block


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Layer:
    folder = tmp_path_factory.mktemp("layer")
    source = opset.parameter([SAMPLES, FEATURES], openvino.Type.f32, "x")
    source.output(0).set_names({"x"})
    weights = opset.constant(np.eye(FEATURES, dtype=np.float32))
    sums = opset.matmul(source, weights, transpose_a=False, transpose_b=False)
    sums.output(0).set_names({"sums"})
    openvino.save_model(openvino.Model([sums], [source], "layer"), folder / "model.xml", compress_to_fp16=False)
    np.savez(folder / "inputs.npz", x=np.ones((SAMPLES, FEATURES), np.float32))
    return Layer(folder / "model.xml", folder / "inputs.npz")


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU"])
def test_a_stream_keeps_the_optimal_number_of_requests_in_flight(layer: Layer, device: str) -> None:
    facts, block = layer.measured("openvino-fp32", WorkloadKind.STREAM, device=device)
    assert (facts.settings["hint"], facts.settings["mode"]) == ("throughput", "async")
    assert facts.requests == facts.streams >= 1
    assert len(block.latency_ns) >= 20
    assert len(block.latency_ns) % facts.requests == 0
    assert block.elapsed_ns is not None
    assert block.elapsed_ns >= 2_000_000
    assert block.items == SAMPLES


def test_as_many_requests_as_asked_for_are_in_flight(layer: Layer) -> None:
    facts, block = layer.measured("openvino-fp32[streams=1,requests=3]", WorkloadKind.STREAM)
    assert (facts.streams, facts.requests) == (1, 3)
    assert len(block.latency_ns) % 3 == 0


def test_a_stream_of_single_calls_is_hinted_at_latency(layer: Layer) -> None:
    facts, block = layer.measured("openvino-fp32[mode=sync]", WorkloadKind.STREAM)
    assert (facts.settings["hint"], facts.settings["mode"], facts.requests) == ("latency", "sync", 1)
    assert block.elapsed_ns is not None
    assert block.elapsed_ns >= sum(block.latency_ns)


def test_single_inferences_have_no_window(layer: Layer) -> None:
    facts, block = layer.measured("openvino-fp32[hint=throughput]", WorkloadKind.INFER)
    assert (facts.settings["hint"], facts.requests) == ("throughput", 1)
    assert block.elapsed_ns is None
    assert block.items == SAMPLES


# Every setting that this project has a word for, read back from the device that was told it.
SETTINGS = {
    "hint": "throughput",
    "streams": "1",
    "execution_mode": "accuracy",
    "core_type": "any",
    "pinning": "off",
    "hyper_threading": "off",
}


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU"])
def test_what_was_tuned_is_read_back(layer: Layer, device: str) -> None:
    tuning = ",".join(f"{name}={value}" for name, value in SETTINGS.items())
    facts = layer.loaded(f"openvino-fp32[{tuning},threads=1]", WorkloadKind.INFER, device=device)
    assert facts.threads == 1
    assert SETTINGS.items() <= facts.settings.items()


def test_the_cpu_takes_a_hint_for_several_devices_and_none_at_all(layer: Layer) -> None:
    hinted = layer.loaded("openvino-fp32[hint=cumulative_throughput]", WorkloadKind.INFER)
    assert hinted.settings["hint"] == "cumulative_throughput"
    assert layer.loaded("openvino-fp32[hint=none]", WorkloadKind.INFER).settings["hint"] == "latency"


def test_an_arms_own_threads_go_before_those_of_all_arms(layer: Layer) -> None:
    assert layer.loaded("openvino-fp32[threads=1]", WorkloadKind.INFER, threads=2).threads == 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("KV_CACHE_PRECISION", "f16"),
        ("DYNAMIC_QUANTIZATION_GROUP_SIZE", "64"),
        ("CPU_DENORMALS_OPTIMIZATION", "on"),
    ],
)
def test_a_property_by_its_own_name_is_read_back(layer: Layer, setting: str, value: str) -> None:
    facts = layer.loaded(f"openvino-fp32[{setting}={value}]", WorkloadKind.INFER)
    assert facts.settings[setting] == value


def test_a_model_in_the_cache_is_told_from_one_that_was_compiled(layer: Layer, tmp_path: Path) -> None:
    arm = f"openvino-fp32[CACHE_DIR={tmp_path.as_posix()}]"
    told = [layer.loaded(arm, WorkloadKind.INFER).settings["LOADED_FROM_CACHE"] for _ in range(2)]
    assert told == ["off", "on"]


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU"])
def test_a_property_that_no_device_has_is_refused_even_where_openvino_would_drop_it(layer: Layer, device: str) -> None:
    with (
        layer.start("openvino-fp32[FLUX=1]", WorkloadKind.INFER, device=device) as worker,
        pytest.raises(ArmUnavailableError, match="has no property FLUX"),
    ):
        worker.loaded()


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU"])
def test_a_value_that_the_device_refuses_is_a_bad_configuration(layer: Layer, device: str) -> None:
    with (
        layer.start("openvino-fp32[KV_CACHE_PRECISION=wide]", WorkloadKind.INFER, device=device) as worker,
        pytest.raises(BadConfigError, match="set KV_CACHE_PRECISION=wide on CPU"),
    ):
        worker.loaded()


def test_streams_that_the_cpu_silently_makes_fewer_of_are_refused(layer: Layer) -> None:
    most = openvino.Core().get_property("CPU", "RANGE_FOR_STREAMS")[1]
    with (
        layer.start(f"openvino-fp32[streams={most + 1}]", WorkloadKind.STREAM) as worker,
        pytest.raises(ArmUnavailableError, match=f"turned streams={most + 1} into streams={most}"),
    ):
        worker.loaded()


def test_the_probe_lists_what_may_be_set() -> None:
    cpu = describe(openvino.Core(), "CPU")
    assert {"NUM_STREAMS", "PERFORMANCE_HINT", "INFERENCE_NUM_THREADS"} <= set(cpu.properties)
    assert "FULL_DEVICE_NAME" not in cpu.properties


torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
TOKENS = (2, 12)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-bert")
    torch.manual_seed(1)
    config = transformers.BertConfig(
        hidden_size=64, num_hidden_layers=1, num_attention_heads=2, intermediate_size=128, vocab_size=100
    )
    transformers.BertModel(config, add_pooling_layer=False).eval().save_pretrained(folder)
    np.savez(folder / "inputs.npz", input_ids=np.ones(TOKENS, np.int64), attention_mask=np.ones(TOKENS, np.int64))
    return folder


def request(bert: Path, arm: str, kind: WorkloadKind, threads: int = 1) -> LoadRequest:
    files = {"weights": bert, "auto_class": "AutoModel", "inputs": bert / "inputs.npz"}
    return request_of(arm, **files, threads=threads, kind=kind)


def started(bert: Path, arm: str, kind: WorkloadKind, threads: int = 1) -> ArmWorker:
    return ArmWorker.start(parse_arm(arm, "CPU"), request(bert, arm, kind, threads))


@pytest.mark.parametrize(("tuning", "mode", "requests"), [("", "sync", 1), ("[mode=async]", "async", 2)])
def test_pytorch_says_how_it_streams(bert: Path, tuning: str, mode: str, requests: int) -> None:
    with started(bert, f"pytorch-fp32{tuning}", WorkloadKind.STREAM, threads=2) as worker:
        facts, block = worker.loaded(), worker.block(min_ns=1, min_calls=6)
        assert worker.outputs()["last_hidden_state"].shape == (*TOKENS, 64)
    assert (facts.settings["mode"], facts.requests, facts.threads) == (mode, requests, 2)
    assert len(block.latency_ns) % requests == 0
    assert block.elapsed_ns is not None
    assert block.elapsed_ns > 0
    assert block.items == TOKENS[0]


def test_pytorch_computes_in_bf16_and_hands_out_float32(bert: Path) -> None:
    with (
        started(bert, "pytorch-fp32", WorkloadKind.INFER) as reference,
        started(bert, "pytorch-bf16", WorkloadKind.INFER) as candidate,
    ):
        assert [worker.loaded().precision for worker in (reference, candidate)] == ["f32", "bf16"]
        exact, rounded = (worker.outputs()["last_hidden_state"].ravel() for worker in (reference, candidate))
    assert rounded.dtype == np.float32
    assert not np.array_equal(exact, rounded)
    assert exact @ rounded / (np.linalg.norm(exact) * np.linalg.norm(rounded)) > 0.99


@pytest.fixture
def torch_threads() -> Iterator[None]:
    """Put back what a model that is loaded in this very process does to torch."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("torch_threads")
def test_requests_that_cannot_share_the_threads_are_refused(bert: Path) -> None:
    with pytest.raises(ArmUnavailableError, match="3 requests cannot share 2 inference threads evenly"):
        load(request(bert, "pytorch-fp32[mode=async,requests=3]", WorkloadKind.STREAM, threads=2))


@pytest.mark.usefixtures("torch_threads")
@pytest.mark.parametrize(("requests", "share"), [(2, 1), (1, 2)])
def test_each_of_pytorchs_callers_has_its_share_of_the_threads(
    bert: Path, monkeypatch: pytest.MonkeyPatch, requests: int, share: int
) -> None:
    arm = f"pytorch-fp32[mode=async,requests={requests}]"
    model = load(request(bert, arm, WorkloadKind.STREAM, threads=2))
    seen: set[int] = set()
    monkeypatch.setattr(model, "call", lambda: seen.add(torch.get_num_threads()))
    model.stream(min_ns=0, min_requests=4)
    assert seen == {share}
