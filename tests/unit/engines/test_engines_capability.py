"""Whether a device is here and computes in the precision that an arm promises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.engines.openvino import compile_model, load
from pytest_ovperf.errors import ArmUnavailableError, DeviceAbsentError, DriverIncompatibleError

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest
    from tests.unit.engines.openvino_fakes import FakeOpenVino


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
    assert fake.compiled_with == ("NPU", {"PERFORMANCE_HINT": "LATENCY"})


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
    assert fake.compiled_with is not None
    with pytest.raises(DeviceAbsentError, match="NPU plugin"):
        load(replace(asked, device="HETERO:NPU,CPU"), package=fake)


def test_a_driver_that_fails_when_asked_is_no_absent_device(fake: FakeOpenVino, asked: LoadRequest) -> None:
    def fail(device: str, name: str) -> list[str]:
        raise RuntimeError(f"{device} {name}: Plugin supports only driver with graph extension major version 1")

    fake.get_property = fail  # type: ignore[method-assign]
    with pytest.raises(DriverIncompatibleError):
        load(replace(asked, device="NPU"), package=fake)


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
