# ruff: noqa: ANN401  (stands in for a package without types)
from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_ovperf.engines.openvino import compile_properties, load, named_devices, precision_name
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.errors import ArmUnavailableError, ModelError
from pytest_ovperf.records import Engine, Precision


@dataclass
class FakeType:
    dtype: str

    def to_dtype(self) -> Any:
        return np.dtype(self.dtype)

    def is_real(self) -> bool:
        return self.dtype.startswith("float")

    def get_type_name(self) -> str:
        return {"float32": "f32", "bfloat16": "bf16"}.get(self.dtype, self.dtype)


@dataclass
class FakePort:
    names: set[str]
    element_type: FakeType

    def get_names(self) -> set[str]:
        return self.names


@dataclass
class FakeTensor:
    data: Any
    shared_memory: bool = False


@dataclass
class FakeRequest:
    results: list[FakeTensor]
    tensors: dict[int, FakeTensor] = field(default_factory=dict)
    infers: list[dict[str, Any]] = field(default_factory=list)

    def set_input_tensor(self, index: int, tensor: FakeTensor) -> None:
        self.tensors[index] = tensor

    def infer(self, **how: Any) -> None:
        self.infers.append(how)

    def get_output_tensor(self, index: int) -> FakeTensor:
        return self.results[index]


@dataclass
class FakeModel:
    """Read, compiled, and asked for its properties: all that the real ones are asked for."""

    inputs: list[FakePort]
    outputs: list[FakePort]
    request: FakeRequest
    properties: dict[str, Any]
    shapes: dict[str, Any] | None = None

    def reshape(self, shapes: dict[str, Any]) -> None:
        self.shapes = shapes

    def create_infer_request(self) -> FakeRequest:
        return self.request

    def get_property(self, name: str) -> Any:
        if name not in self.properties:
            raise RuntimeError(f"unsupported property {name}")
        return self.properties[name]


@dataclass
class FakeOpenVino:
    """The package and its Core in one."""

    model: FakeModel
    capabilities: dict[str, list[str]] = field(default_factory=lambda: {"CPU": ["FP32", "INT8"]})
    refusal: str = ""
    compiled_with: tuple[str, dict[str, Any]] | None = None
    Tensor = FakeTensor
    PartialShape = tuple

    def Core(self) -> FakeOpenVino:  # noqa: N802  (OpenVINO's own name)
        return self

    def get_version(self) -> str:
        return "2026.4.1-fake"

    def read_model(self, path: Path) -> FakeModel:
        assert path == Path("model.xml")
        return self.model

    def compile_model(self, model: FakeModel, device: str, properties: dict[str, Any]) -> FakeModel:
        if self.refusal:
            raise RuntimeError(self.refusal)
        self.compiled_with = (device, properties)
        return model

    def get_property(self, device: str, name: str) -> list[str]:
        assert name == "OPTIMIZATION_CAPABILITIES"
        if device not in self.capabilities:
            raise RuntimeError(f"{device}: libOpenCL.so.1: cannot open shared object file")
        return self.capabilities[device]


@pytest.fixture
def fake() -> FakeOpenVino:
    request = FakeRequest([FakeTensor(np.ones((1, 3), np.float16)), FakeTensor(np.ones(1, np.int64))])
    model = FakeModel(
        inputs=[FakePort({"ids", "17"}, FakeType("int64"))],
        outputs=[FakePort({"logits", "99"}, FakeType("float16")), FakePort({"labels"}, FakeType("int64"))],
        request=request,
        properties={
            "EXECUTION_DEVICES": ["CPU"],
            "INFERENCE_PRECISION_HINT": FakeType("float32"),
            "INFERENCE_NUM_THREADS": 2,
        },
    )
    return FakeOpenVino(model)


@pytest.fixture
def asked(tmp_path: Path) -> LoadRequest:
    np.savez(tmp_path / "inputs.npz", ids=np.arange(4, dtype=np.int64).reshape(1, 4), unused=np.ones(1))
    return LoadRequest(
        engine=Engine.OPENVINO,
        precision=Precision.FP32,
        device="CPU",
        weights=None,
        auto_class=None,
        ir=Path("model.xml"),
        inputs=tmp_path / "inputs.npz",
        shape={"ids": (1, 4), "not-an-input-of-this-model": (1,)},
        threads=2,
    )


@pytest.mark.parametrize(
    ("precision", "hint"), [(Precision.FP32, "f32"), (Precision.INT8, "f32"), (Precision.BF16, "bf16")]
)
def test_the_arm_names_its_precision(asked: LoadRequest, precision: Precision, hint: str) -> None:
    properties = compile_properties(replace(asked, precision=precision))
    assert properties == {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": hint,
        "INFERENCE_NUM_THREADS": 2,
    }


def test_the_native_arm_leaves_precision_to_the_device(asked: LoadRequest) -> None:
    assert "INFERENCE_PRECISION_HINT" not in compile_properties(replace(asked, precision=Precision.NATIVE))


@pytest.mark.parametrize("device", ["AUTO", "AUTO:GPU,CPU", "HETERO:GPU,CPU"])
def test_threads_reach_the_cpu_behind_a_device_that_chooses(asked: LoadRequest, device: str) -> None:
    properties = compile_properties(replace(asked, device=device))
    assert properties["DEVICE_PROPERTIES"] == {"CPU": {"INFERENCE_NUM_THREADS": 2}}
    assert "INFERENCE_NUM_THREADS" not in properties


@pytest.mark.parametrize("device", ["GPU", "NPU", "AUTO:GPU,NPU"])
def test_no_threads_are_asked_of_devices_without_any(asked: LoadRequest, device: str) -> None:
    assert set(compile_properties(replace(asked, device=device))) == {"PERFORMANCE_HINT", "INFERENCE_PRECISION_HINT"}


@pytest.mark.parametrize(
    ("expression", "devices"),
    [
        ("CPU", ("CPU",)),
        ("GPU.1", ("GPU.1",)),
        ("AUTO", ()),
        ("AUTO:GPU,CPU", ("GPU", "CPU")),
        ("AUTO:-GPU", ("AUTO",)),
        ("MULTI:GPU(2),CPU(4)", ("GPU", "CPU")),
    ],
)
def test_devices_are_found_in_an_expression(expression: str, devices: tuple[str, ...]) -> None:
    assert named_devices(expression) == devices


def test_a_model_is_reshaped_compiled_and_fed_without_copies(fake: FakeOpenVino, asked: LoadRequest) -> None:
    load(asked, package=fake)
    assert fake.model.shapes == {"ids": (1, 4)}
    assert fake.compiled_with is not None
    assert fake.compiled_with[0] == "CPU"
    tensor = fake.model.request.tensors[0]
    assert tensor.shared_memory
    assert tensor.data.tolist() == [[0, 1, 2, 3]]


def test_without_a_shape_the_model_stays_as_exported(fake: FakeOpenVino, asked: LoadRequest) -> None:
    load(replace(asked, shape=None), package=fake)
    assert fake.model.shapes is None


def test_integers_are_narrowed_to_what_the_model_takes(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.inputs[0].element_type = FakeType("int32")
    load(asked, package=fake)
    assert fake.model.request.tensors[0].data.dtype == np.int32


def test_floats_are_not_fed_to_an_input_of_integers(fake: FakeOpenVino, asked: LoadRequest) -> None:
    np.savez(asked.inputs, ids=np.ones((1, 4), np.float32))
    with pytest.raises(ModelError, match="'ids' is float32, the model wants int64"):
        load(asked, package=fake)


def test_an_input_without_data_is_named(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.inputs.append(FakePort({"mask"}, FakeType("int64")))
    with pytest.raises(ModelError, match="input mask has no data; there is ids, unused"):
        load(asked, package=fake)


def test_a_timed_call_is_one_synchronous_inference_without_copies(fake: FakeOpenVino, asked: LoadRequest) -> None:
    load(asked, package=fake).call()
    assert fake.model.request.infers == [{"share_outputs": True}]


def test_outputs_are_floats_under_every_name_they_have(fake: FakeOpenVino, asked: LoadRequest) -> None:
    outputs = load(asked, package=fake).outputs()
    assert set(outputs) == {"logits", "99"}
    assert outputs["logits"].dtype == np.float32


def test_outputs_without_a_name_are_numbered(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.outputs[0].names = set()
    assert set(load(asked, package=fake).outputs()) == {"output_0"}


def test_facts_are_what_the_compiled_model_says(fake: FakeOpenVino, asked: LoadRequest) -> None:
    facts = load(asked, package=fake).facts()
    assert (facts.precision, facts.devices, facts.threads) == ("f32", ("CPU",), 2)
    assert facts.versions == {"openvino": "2026.4.1-fake"}


def test_facts_are_found_one_level_down_behind_auto(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties = {
        "EXECUTION_DEVICES": ["(CPU)"],
        "DEVICE_PROPERTIES": {
            "CPU": {"INFERENCE_PRECISION_HINT": FakeType("bfloat16"), "INFERENCE_NUM_THREADS": 3},
        },
    }
    facts = load(replace(asked, device="AUTO:CPU"), package=fake).facts()
    assert (facts.precision, facts.devices, facts.threads) == ("bf16", ("(CPU)",), 3)


def test_what_a_device_does_not_say_is_named_unknown(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties = {"EXECUTION_DEVICES": ["CPU"]}
    facts = load(asked, package=fake).facts()
    assert (facts.precision, facts.threads) == ("unknown", 0)


@pytest.mark.parametrize(("value", "name"), [("f16", "f16"), (FakeType("bfloat16"), "bf16"), ("undefined", "dynamic")])
def test_a_type_has_one_name(value: object, name: str) -> None:
    assert precision_name(value) == name


def test_a_precision_that_the_device_lacks_makes_the_arm_unavailable(fake: FakeOpenVino, asked: LoadRequest) -> None:
    with pytest.raises(ArmUnavailableError, match="CPU does not compute in bf16: it can do FP32, INT8"):
        load(replace(asked, precision=Precision.BF16), package=fake)
    assert fake.compiled_with is None


def test_every_device_of_an_expression_must_have_the_precision(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities = {"CPU": ["FP32", "BF16"], "NPU": ["FP16"]}
    with pytest.raises(ArmUnavailableError, match="NPU does not compute in f32"):
        load(replace(asked, device="AUTO:CPU,NPU"), package=fake)


def test_a_native_arm_runs_on_whatever_the_device_has(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities = {"NPU": ["FP16"]}
    load(replace(asked, device="NPU", precision=Precision.NATIVE), package=fake)


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.NATIVE])
def test_a_device_that_cannot_be_opened_makes_the_arm_unavailable(
    fake: FakeOpenVino, asked: LoadRequest, precision: Precision
) -> None:
    with pytest.raises(ArmUnavailableError, match="libOpenCL"):
        load(replace(asked, device="GPU", precision=precision), package=fake)


def test_openvinos_refusal_is_told_whole(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.refusal = "Exception from src/core.cpp:1:\nCheck 'rank' failed\nunsupported layer Foo"
    with pytest.raises(ModelError) as caught:
        load(asked, package=fake)
    assert fake.refusal in caught.value.seen
    assert "compile for CPU" in caught.value.seen


def test_a_model_without_ir_is_refused(fake: FakeOpenVino, asked: LoadRequest) -> None:
    with pytest.raises(ModelError, match="no OpenVINO IR"):
        load(replace(asked, ir=None), package=fake)
