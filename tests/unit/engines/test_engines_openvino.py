# ruff: noqa: ANN401  (stands in for a package without types)
from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines.capability import named_devices
from pytest_ovperf.engines.openvino import compile_facts, compile_model, load
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.engines.readback import precision_name
from pytest_ovperf.errors import (
    ArmUnavailableError,
    DeviceAbsentError,
    DeviceFailureError,
    DeviceLostError,
    DriverIncompatibleError,
    FailureCause,
    ModelError,
    OutOfMemoryError,
    OvperfError,
    UnboundedShapeError,
    UnknownFailureError,
)
from pytest_ovperf.records import Engine, Precision

if TYPE_CHECKING:
    from collections.abc import Iterator


PLUGIN_MISSING = 'Cannot load library "libopenvino_intel_gpu_plugin.so": libOpenCL.so.1: cannot open shared object file'
TO_SHAPE = "Exception from src/core/src/partial_shape.cpp:266:\nto_shape was called on a dynamic shape."
LOST = "L0 zeFenceHostSynchronize result: ZE_RESULT_ERROR_DEVICE_LOST, code 0x70000001"


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
class FakeDimension:
    most: int

    def get_max_length(self) -> int:
        return self.most


@dataclass
class FakeRank:
    is_dynamic: bool


@dataclass
class FakeShape:
    """A partial shape; -1 is a dimension without a bound, a negative one below that is bounded."""

    sizes: tuple[int, ...] | None

    @property
    def is_dynamic(self) -> bool:
        return self.sizes is None or min(self.sizes) < 0

    @property
    def rank(self) -> FakeRank:
        return FakeRank(self.sizes is None)

    def __iter__(self) -> Iterator[FakeDimension]:
        return iter([FakeDimension(-1 if size == -1 else abs(size)) for size in self.sizes or ()])

    def __str__(self) -> str:
        sizes = self.sizes or ()
        return f"[{','.join('?' if size == -1 else f'1..{-size}' if size < 0 else str(size) for size in sizes)}]"


@dataclass
class FakeVariable:
    data_shape: FakeShape

    @property
    def info(self) -> FakeVariable:
        return self


@dataclass
class FakePort:
    names: set[str]
    element_type: FakeType
    partial_shape: FakeShape = field(default_factory=lambda: FakeShape((1, 4)))

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
    refusal: Exception | None = None

    def set_input_tensor(self, index: int, tensor: FakeTensor) -> None:
        self.tensors[index] = tensor

    def infer(self, **how: Any) -> None:
        if self.refusal:
            raise self.refusal
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
    variables: list[FakeVariable] = field(default_factory=list)

    def reshape(self, shapes: dict[str, Any]) -> None:
        self.shapes = shapes

    def get_variables(self) -> list[FakeVariable]:
        return self.variables

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
    numbers: dict[str, list[str]] = field(default_factory=dict)
    refusal: str | Exception = ""
    unreadable: Exception | None = None
    compiled_with: tuple[str, dict[str, Any]] | None = None
    Tensor = FakeTensor
    PartialShape = tuple

    def Core(self) -> FakeOpenVino:  # noqa: N802  (OpenVINO's own name)
        return self

    def get_version(self) -> str:
        return "2026.4.1-fake"

    def read_model(self, path: Path) -> FakeModel:
        assert path == Path("model.xml")
        if self.unreadable:
            raise self.unreadable
        return self.model

    def compile_model(self, model: FakeModel, device: str, properties: dict[str, Any]) -> FakeModel:
        if self.refusal:
            raise RuntimeError(self.refusal) if isinstance(self.refusal, str) else self.refusal
        self.compiled_with = (device, properties)
        return model

    def get_property(self, device: str, name: str) -> list[str]:
        if name == "AVAILABLE_DEVICES":
            if device not in self.capabilities:
                raise RuntimeError(PLUGIN_MISSING)
            return self.numbers.get(device, [""])
        assert name == "OPTIMIZATION_CAPABILITIES"
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
@pytest.mark.parametrize("device", ["GPU", "HETERO:GPU,CPU", "AUTO:GPU,CPU"])
def test_a_device_whose_plugin_cannot_be_loaded_is_absent(
    fake: FakeOpenVino, asked: LoadRequest, precision: Precision, device: str
) -> None:
    with pytest.raises(DeviceAbsentError, match="libOpenCL") as caught:
        load(replace(asked, device=device, precision=precision), package=fake)
    assert "ocl-icd-libopencl1" in caught.value.remedy


def test_a_plugin_without_a_device_is_absent(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities["NPU"], fake.numbers["NPU"] = ["FP16"], []
    with pytest.raises(DeviceAbsentError, match="NPU plugin finds no device"):
        load(replace(asked, device="NPU", precision=Precision.NATIVE), package=fake)
    assert fake.compiled_with is None


@pytest.fixture
def two_gpus(fake: FakeOpenVino) -> FakeOpenVino:
    fake.numbers["GPU"] = ["0", "1"]
    fake.capabilities |= {"GPU": ["FP32"], "GPU.0": ["FP32"], "GPU.1": ["FP32"]}
    return fake


@pytest.mark.parametrize("device", ["GPU", "GPU.0", "GPU.1"])
def test_a_number_that_the_plugin_lists_is_there(two_gpus: FakeOpenVino, asked: LoadRequest, device: str) -> None:
    load(replace(asked, device=device), package=two_gpus)
    assert two_gpus.compiled_with is not None


def test_a_number_that_the_plugin_does_not_list_is_absent(two_gpus: FakeOpenVino, asked: LoadRequest) -> None:
    with pytest.raises(DeviceAbsentError, match=r"There is no GPU\.2: OpenVINO finds GPU\.0, GPU\.1"):
        load(replace(asked, device="GPU.2"), package=two_gpus)


def test_one_device_of_an_auto_list_is_enough(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities["NPU"], fake.numbers["NPU"] = ["FP16"], []
    load(replace(asked, device="AUTO:NPU,CPU"), package=fake)
    with pytest.raises(DeviceAbsentError, match="NPU plugin"):
        load(replace(asked, device="HETERO:NPU,CPU"), package=fake)


def test_a_driver_that_fails_when_asked_is_no_absent_device(fake: FakeOpenVino, asked: LoadRequest) -> None:
    def fail(device: str, name: str) -> list[str]:
        raise RuntimeError(f"{device} {name}: Plugin supports only driver with graph extension major version 1")

    fake.get_property = fail  # type: ignore[method-assign]
    with pytest.raises(DriverIncompatibleError):
        load(replace(asked, device="NPU"), package=fake)


def test_an_unknown_refusal_is_told_whole(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.refusal = "Exception from src/core.cpp:1:\nCheck 'rank' failed\nthe flux is out of phase"
    with pytest.raises(UnknownFailureError) as caught:
        load(asked, package=fake)
    assert all(line in caught.value.seen for line in fake.refusal.splitlines())
    assert "compile for CPU the model model.xml with ids [1,4]" in caught.value.seen


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [((1, -1), UnboundedShapeError), (None, UnboundedShapeError), ((1, 4), UnknownFailureError)],
)
def test_the_shapes_of_the_model_are_read_before_it_is_compiled(
    fake: FakeOpenVino, asked: LoadRequest, sizes: tuple[int, ...] | None, kind: type[OvperfError]
) -> None:
    fake.capabilities["NPU"], fake.refusal = ["FP16"], TO_SHAPE
    fake.model.inputs[0].partial_shape = FakeShape(sizes)
    with pytest.raises(DeviceFailureError) as caught:
        load(replace(asked, device="NPU", precision=Precision.NATIVE), package=fake)
    assert type(caught.value) is kind


def test_bounded_dimensions_are_a_dynamic_shape_of_another_class(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities["NPU"], fake.refusal = ["FP16"], TO_SHAPE
    fake.model.inputs[0].partial_shape = FakeShape((1, -128))
    with pytest.raises(DeviceFailureError, match=r"\[1,1\.\.128\]") as caught:
        compile_model(replace(asked, device="NPU"), package=fake)
    assert caught.value.cause is FailureCause.DYNAMIC_SHAPE
    assert not isinstance(caught.value, UnboundedShapeError)


def test_a_state_without_a_bound_counts_as_well_as_an_input(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.capabilities["NPU"], fake.refusal = ["FP16"], TO_SHAPE
    fake.model.variables = [FakeVariable(FakeShape((1, -1)))]
    with pytest.raises(UnboundedShapeError):
        compile_model(replace(asked, device="NPU"), package=fake)


@pytest.mark.parametrize("error", [MemoryError("std::bad_alloc"), MemoryError(), RuntimeError("std::bad_alloc")])
def test_memory_that_does_not_suffice_is_its_own_cause(
    fake: FakeOpenVino, asked: LoadRequest, error: Exception
) -> None:
    fake.refusal = error
    with pytest.raises(OutOfMemoryError):
        load(asked, package=fake)


@pytest.mark.parametrize("use", ["call", "outputs"])
def test_a_device_that_is_lost_at_work_is_its_own_cause(fake: FakeOpenVino, asked: LoadRequest, use: str) -> None:
    model = load(asked, package=fake)
    fake.model.request.refusal = RuntimeError(LOST)
    with pytest.raises(DeviceLostError, match="run the model on CPU with ids"):
        getattr(model, use)()


def test_a_cause_that_was_only_printed_is_found_in_a_workers_output(
    fake: FakeOpenVino, asked: LoadRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output.log"
    output.write_text("VCL compiler loading failed: of a device before\n", encoding="utf-8")
    monkeypatch.setenv("OVPERF_WORKER_OUTPUT", str(output))

    def compile_model_of(*_: object) -> None:
        with output.open("a", encoding="utf-8") as file:
            file.write("[ERROR] Upper bounds are not specified for node 'Add_2'\n")
        raise RuntimeError("Failed to compile Model0_FCEW000__0 for all devices in [NPU]")

    fake.capabilities["NPU"] = ["FP16"]
    fake.model.inputs[0].partial_shape = FakeShape((-1, -1))
    fake.compile_model = compile_model_of  # type: ignore[assignment,method-assign]
    with pytest.raises(UnboundedShapeError) as caught:
        compile_model(replace(asked, device="NPU"), package=fake)
    assert "'Add_2'" in caught.value.seen
    assert "of a device before" not in caught.value.seen


def test_a_file_that_cannot_be_read_is_the_models_fault(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.unreadable = RuntimeError("Incorrect weights in bin file!")
    with pytest.raises(ModelError, match=r"read model\.xml:\nIncorrect weights"):
        load(asked, package=fake)


def test_a_file_that_memory_does_not_suffice_for_is_not(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.unreadable = MemoryError("std::bad_alloc")
    with pytest.raises(OutOfMemoryError, match=r"read model\.xml"):
        load(asked, package=fake)


def test_compiling_needs_no_inputs(fake: FakeOpenVino, asked: LoadRequest, tmp_path: Path) -> None:
    facts = compile_facts(replace(asked, inputs=tmp_path / "none.npz"), package=fake)
    assert (facts.precision, facts.devices) == ("f32", ("CPU",))


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.INT8])
def test_a_model_is_compiled_for_the_precision_that_the_device_has(
    fake: FakeOpenVino, asked: LoadRequest, precision: Precision
) -> None:
    fake.capabilities["NPU"] = ["FP16", "INT8"]
    compile_model(replace(asked, device="NPU", precision=precision), package=fake)
    assert fake.compiled_with == ("NPU", {"PERFORMANCE_HINT": "LATENCY"})


def test_bf16_is_not_taken_for_another_precision(fake: FakeOpenVino, asked: LoadRequest) -> None:
    with pytest.raises(ArmUnavailableError, match="bf16"):
        compile_model(replace(asked, precision=Precision.BF16), package=fake)


def test_facts_tell_the_devices_that_execute_now(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties["EXECUTION_DEVICES"] = ["CPU"]
    model = load(replace(asked, device="AUTO:CPU"), package=fake)
    fake.model.properties["EXECUTION_DEVICES"] = ["GPU"]
    assert model.facts().devices == ("GPU",)


def test_a_model_without_ir_is_refused(fake: FakeOpenVino, asked: LoadRequest) -> None:
    with pytest.raises(ModelError, match="no OpenVINO IR"):
        load(replace(asked, ir=None), package=fake)
