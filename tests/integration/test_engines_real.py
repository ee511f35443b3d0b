"""Both engines in real worker processes, on a BERT of two small layers made here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.engines.refusals import Subject, shape_kind
from pytest_ovperf.errors import (
    ArmUnavailableError,
    BadConfigError,
    CompilerMissingError,
    DeviceAbsentError,
    DeviceNotFoundError,
    ExtraMissingError,
    FailureCause,
    MeasurementError,
    ModelError,
    OvperfError,
    PluginMissingError,
)
from pytest_ovperf.hardware.causes import ShapeKind, classify
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.worker.arm import ArmWorker
from pytest_ovperf.worker.compiling import compile_in_worker
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
opset = pytest.importorskip("openvino.opset13")
opset6 = pytest.importorskip("openvino.opset6")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SHAPE = (1, 12)
FP32 = Arm(Engine.OPENVINO, Precision.FP32, "CPU")
PYTORCH = Arm(Engine.PYTORCH, Precision.FP32, "CPU")


@dataclass(frozen=True)
class Artefacts:
    weights: Path
    ir: Path
    inputs: Path

    def request(self, arm: Arm, *, threads: int = 1) -> LoadRequest:
        return request_of(
            arm,
            weights=self.weights,
            auto_class="AutoModel",
            ir=self.ir,
            inputs=self.inputs,
            shape={"input_ids": SHAPE, "attention_mask": SHAPE},
            threads=threads,
        )


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Artefacts:
    folder = tmp_path_factory.mktemp("tiny-bert")
    torch.manual_seed(1)
    config = transformers.BertConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, vocab_size=100
    )
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    model.save_pretrained(folder / "weights")
    inputs = {
        "input_ids": np.arange(12, dtype=np.int64).reshape(SHAPE),
        "attention_mask": np.ones(SHAPE, dtype=np.int64),
    }
    np.savez(folder / "inputs.npz", **inputs)
    example = {name: torch.from_numpy(array) for name, array in inputs.items()}
    ir = openvino.convert_model(torch.export.export(model, (), example, strict=False))
    ir.outputs[0].get_tensor().set_names({"last_hidden_state"})
    openvino.save_model(ir, folder / "model.xml", compress_to_fp16=False)
    return Artefacts(folder / "weights", folder / "model.xml", folder / "inputs.npz")


def has_bf16() -> bool:
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def test_both_engines_load_side_by_side_agree_and_take_times(artefacts: Artefacts) -> None:
    with (
        ArmWorker.start(PYTORCH, artefacts.request(PYTORCH)) as reference,
        ArmWorker.start(FP32, artefacts.request(FP32)) as candidate,
    ):
        facts = [worker.loaded() for worker in (candidate, reference)]
        assert [(fact.precision, fact.devices, fact.threads) for fact in facts] == [("f32", ("CPU",), 1)] * 2
        assert all(fact.load_ns > 0 for fact in facts)
        assert facts[0].versions["openvino"].startswith(openvino.__version__.split("-")[0])
        assert facts[1].versions["torch"] == torch.__version__

        for worker in (candidate, reference):
            block = worker.block(min_ns=1_000_000, min_calls=5)
            assert len(block.latency_ns) >= 5
            assert all(time_ns > 0 for time_ns in block.latency_ns)
            assert block.interference is not None
            assert block.interference.wall_ns >= sum(block.latency_ns)
            assert block.interference.others_ns is not None
            assert (block.interference.switches is None) is (sys.platform == "win32")

        ours, theirs = candidate.outputs(), reference.outputs()
    common = set(ours) & set(theirs)
    assert common == {"last_hidden_state"}
    one, other = ours["last_hidden_state"].ravel(), theirs["last_hidden_state"].ravel()
    assert one.shape == (12 * 64,)
    assert one @ other / (np.linalg.norm(one) * np.linalg.norm(other)) > 0.999


@pytest.mark.parametrize("kind", [WorkloadKind.INFER, WorkloadKind.STREAM])
def test_both_engines_predict_on_other_inputs_and_keep_those_that_are_timed(
    artefacts: Artefacts, kind: WorkloadKind
) -> None:
    given = {"input_ids": np.full(SHAPE, 7), "attention_mask": np.ones(SHAPE, np.int32)}
    predicted = []
    for arm in (FP32, PYTORCH):
        with ArmWorker.start(arm, replace(artefacts.request(arm), kind=kind)) as worker:
            worker.loaded()
            before = worker.outputs()["last_hidden_state"]
            predicted.append(worker.predict(given)["last_hidden_state"])
            np.testing.assert_allclose(worker.outputs()["last_hidden_state"], before, atol=1e-6)
            with pytest.raises(ModelError, match="no input 'pixel_values'; it takes "):
                worker.predict({"pixel_values": np.ones(3)})
            with pytest.raises(ModelError, match="'input_ids' was not given; there is attention_mask"):
                worker.predict({"attention_mask": given["attention_mask"]})
    assert predicted[0].dtype == np.float32
    assert not np.allclose(predicted[0], before, atol=1e-3)
    np.testing.assert_allclose(*predicted, atol=1e-4)


def test_a_shape_that_an_arm_was_not_compiled_for_is_refused_and_pytorch_takes_any(artefacts: Artefacts) -> None:
    longer = dict.fromkeys(["input_ids", "attention_mask"], np.ones((1, 13), np.int64))
    with ArmWorker.start(FP32, artefacts.request(FP32)) as worker:
        worker.loaded()
        with pytest.raises(ModelError, match="is 1x13, and the model was compiled for 1x12"):
            worker.predict(longer)
    with ArmWorker.start(PYTORCH, artefacts.request(PYTORCH)) as worker:
        worker.loaded()
        assert worker.predict(longer)["last_hidden_state"].shape == (1, 13, 64)
        with pytest.raises(ModelError, match=r"PyTorch cannot run the model on input_ids .*: IndexError: "):
            worker.predict({**longer, "input_ids": np.full((1, 13), 100)})


def test_the_bf16_arm_computes_in_bf16_or_is_unavailable(artefacts: Artefacts) -> None:
    arm = Arm(Engine.OPENVINO, Precision.BF16, "CPU")
    with ArmWorker.start(arm, artefacts.request(arm)) as worker:
        if has_bf16():
            assert worker.loaded().precision == "bf16"
        else:
            with pytest.raises(ArmUnavailableError, match="bf16"):
                worker.loaded()


@pytest.mark.parametrize("device", ["AUTO:CPU", "AUTO", "HETERO:CPU"])
def test_facts_are_read_through_devices_that_choose_devices(artefacts: Artefacts, device: str) -> None:
    arm = replace(FP32, device=device)
    with ArmWorker.start(arm, artefacts.request(arm)) as worker:
        facts = worker.loaded()
        assert worker.block(min_ns=1, min_calls=3).latency_ns  # the devices are read back after it, too
    assert (facts.precision, facts.devices, facts.threads) == ("f32", ("CPU",), 1)


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "HETERO:CPU"])
def test_a_model_is_compiled_in_a_worker_without_its_inputs(artefacts: Artefacts, tmp_path: Path, device: str) -> None:
    arm = replace(FP32, device=device)
    facts = compile_in_worker(arm, replace(artefacts.request(arm), inputs=tmp_path / "none.npz"))
    assert facts.devices == ("CPU",)


def test_a_model_without_a_shape_is_compiled_as_it_was_exported(artefacts: Artefacts) -> None:
    with ArmWorker.start(FP32, replace(artefacts.request(FP32), shape=None)) as worker:
        worker.loaded()
        assert worker.outputs()["last_hidden_state"].shape == (1, 12, 64)


def test_an_arm_has_no_other_process_beside_it(artefacts: Artefacts) -> None:
    with ArmWorker.start(FP32, artefacts.request(FP32)) as worker:
        worker.loaded()
        assert psutil.Process(worker.pid).children(recursive=True) == []


@pytest.mark.parametrize("device", ["GPU.7", "AUTO:GPU.7", "HETERO:GPU.7,CPU"])
def test_a_device_that_is_not_there_is_absent_with_the_reason(artefacts: Artefacts, device: str) -> None:
    arm = replace(FP32, device=device)
    with ArmWorker.start(arm, artefacts.request(arm)) as worker, pytest.raises(DeviceAbsentError, match="GPU"):
        worker.loaded()


# What the plugins of the installed wheel really say; where such a device is there, there is nothing to see.


def without_a_device(family: str) -> None:
    try:
        found = openvino.Core().get_property(family, "AVAILABLE_DEVICES")
    except RuntimeError:
        return
    if found:
        pytest.skip(f"this machine has a {family}")


def refusal(artefacts: Artefacts, device: str, properties: dict[str, object] | None = None) -> Exception:
    """Return what is raised for compiling for ``device`` as it is, whether it is there or not."""
    core = openvino.Core()
    model = core.read_model(artefacts.ir)
    with pytest.raises(OvperfError) as caught, Subject.of(model, device).trying(f"compile for {device}"):
        core.compile_model(model, device, properties or {})
    return caught.value


def test_the_npu_plugin_without_a_device_or_a_compiler(artefacts: Artefacts) -> None:
    without_a_device("NPU")
    with pytest.raises(DeviceAbsentError, match="NPU plugin finds no device"):
        compile_in_worker(replace(FP32, device="NPU"), artefacts.request(replace(FP32, device="NPU")))
    if sys.platform == "linux":  # the wheel for Windows brings the compiler
        assert isinstance(refusal(artefacts, "NPU"), CompilerMissingError)


@pytest.mark.parametrize("device", ["GPU", "HETERO:GPU,CPU", "AUTO:GPU"])
def test_the_gpu_plugin_without_a_device(artefacts: Artefacts, device: str) -> None:
    """With no OpenCL loader the plugin cannot be loaded; with one it finds no device."""
    without_a_device("GPU")
    assert isinstance(refusal(artefacts, device), PluginMissingError | DeviceNotFoundError)


COMPILE_FOR_GPU = """
import sys, openvino
core = openvino.Core()
try:
    core.compile_model(core.read_model(sys.argv[1]), sys.argv[2])
except RuntimeError as error:
    print(error)
"""


@pytest.mark.skipif("OVPERF_TEST_OPENCL" not in os.environ, reason="OVPERF_TEST_OPENCL names no folder with a loader")
@pytest.mark.parametrize("device", ["GPU", "HETERO:GPU,CPU", "AUTO:GPU"])
def test_the_gpu_plugin_with_an_opencl_loader_finds_no_device(
    artefacts: Artefacts, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    without_a_device("GPU")
    monkeypatch.setenv("LD_LIBRARY_PATH", os.environ["OVPERF_TEST_OPENCL"])
    command = [sys.executable, "-c", COMPILE_FOR_GPU, str(artefacts.ir), device]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert classify(said, device=device, shapes=ShapeKind.STATIC) is FailureCause.DEVICE_ABSENT
    arm = replace(FP32, device=device)
    with pytest.raises(DeviceAbsentError, match="GPU plugin finds no device"):
        compile_in_worker(arm, artefacts.request(arm))


@pytest.mark.parametrize("properties", [{"NUM_STREAMZ": 1}, {"PERFORMANCE_HINT": "FAST"}, {"NUM_STREAMS": "abc"}])
def test_a_property_that_the_cpu_does_not_take_is_a_bad_configuration(
    artefacts: Artefacts, properties: dict[str, object]
) -> None:
    assert isinstance(refusal(artefacts, "CPU", properties), BadConfigError)


def test_a_device_of_no_such_name_has_no_plugin(artefacts: Artefacts) -> None:
    assert isinstance(refusal(artefacts, "FOO"), PluginMissingError)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, -1), ShapeKind.UNBOUNDED),
        ((1, (1, 128)), ShapeKind.BOUNDED),
        ((1, 12), ShapeKind.STATIC),
    ],
)
def test_the_kind_of_a_models_shapes_is_read(shape: tuple[Any, ...], kind: ShapeKind) -> None:
    source = opset.parameter(openvino.PartialShape(list(shape)), openvino.Type.f32)
    assert shape_kind(openvino.Model([opset.relu(source)], [source], "probe")) is kind


def test_a_rank_or_a_state_without_a_bound_is_unbounded() -> None:
    source = opset.parameter(openvino.PartialShape.dynamic(), openvino.Type.f32)
    assert shape_kind(openvino.Model([opset.relu(source)], [source], "probe")) is ShapeKind.UNBOUNDED
    fixed = opset.parameter([1, 4], openvino.Type.f32)
    state = opset6.read_value(fixed, "state", openvino.Type.f32, openvino.PartialShape([1, -1]))
    stateful = openvino.Model([opset.result(opset.relu(state))], [opset6.assign(state, "state")], [fixed], "probe")
    assert shape_kind(stateful) is ShapeKind.UNBOUNDED


def test_an_arm_with_bounded_dimensions_runs(artefacts: Artefacts) -> None:
    bounded = (1, (1, 16))
    request = replace(artefacts.request(FP32), shape={"input_ids": bounded, "attention_mask": bounded})
    with ArmWorker.start(FP32, request) as worker:
        worker.loaded()
        assert worker.outputs()["last_hidden_state"].shape == (1, 12, 64)


def test_a_damaged_ir_is_a_model_error_with_openvinos_own_words(artefacts: Artefacts, tmp_path: Path) -> None:
    damaged = tmp_path / "model.xml"
    damaged.write_text("<net", encoding="utf-8")
    request = replace(artefacts.request(FP32), ir=damaged)
    with ArmWorker.start(FP32, request) as worker, pytest.raises(ModelError, match="Exception from "):
        worker.loaded()


def test_a_shape_that_does_not_fit_is_a_model_error(artefacts: Artefacts) -> None:
    request = replace(artefacts.request(FP32), shape={"input_ids": (1, 12), "attention_mask": (1, 12, 3)})
    with ArmWorker.start(FP32, request) as worker, pytest.raises(ModelError, match=r"model\.xml"):
        worker.loaded()


def test_inputs_that_the_pytorch_model_does_not_know_are_refused(artefacts: Artefacts, tmp_path: Path) -> None:
    np.savez(tmp_path / "inputs.npz", pixels=np.ones((1, 3)))
    request = replace(artefacts.request(PYTORCH), inputs=tmp_path / "inputs.npz")
    with ArmWorker.start(PYTORCH, request) as worker, pytest.raises(ModelError, match="'pixels'"):
        worker.loaded()


@pytest.mark.parametrize(("arm", "package"), [(FP32, "openvino"), (PYTORCH, "transformers")])
def test_a_missing_package_names_the_extra_that_brings_it(
    artefacts: Artefacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arm: Arm, package: str
) -> None:
    # Stands before the real package on the path, and fails as an absent one does.
    stub = f"raise ModuleNotFoundError('absent', name={package!r})"
    (tmp_path / f"{package}.py").write_text(stub, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with ArmWorker.start(arm, artefacts.request(arm)) as worker, pytest.raises(ExtraMissingError) as caught:
        worker.loaded()
    assert repr(package) in caught.value.seen
    assert f"pytest-ovperf[{arm.engine}]" in caught.value.remedy


def test_another_number_of_threads_than_asked_for_is_refused(artefacts: Artefacts) -> None:
    more_than_there_are = 4096
    request = artefacts.request(FP32, threads=more_than_there_are)
    with ArmWorker.start(FP32, request) as worker, pytest.raises(MeasurementError, match="4096"):
        worker.loaded()
