"""What OpenVINO tells of a device, with stand-ins for its core: no GPU or NPU is there to be asked for real."""

from __future__ import annotations

import pytest

from pytest_ovperf.hardware.asking import describe

NPU = {
    "FULL_DEVICE_NAME": "Intel(R) AI Boost",
    "DEVICE_ARCHITECTURE": "4000",
    "OPTIMIZATION_CAPABILITIES": ["FP16", "INT8", "EXPORT_IMPORT"],
    "RANGE_FOR_STREAMS": (1, 4),
    "NPU_DRIVER_VERSION": 1688,
    "NPU_COMPILER_VERSION": (7 << 16) | 4,
    "NPU_DEVICE_TOTAL_MEM_SIZE": 16 << 30,
}
GPU = {
    "FULL_DEVICE_NAME": "Intel(R) Arc(TM) A770 Graphics (dGPU)",
    "GPU_DRIVER_VERSION": "24.52.32224",
    "GPU_DEVICE_TOTAL_MEM_SIZE": 16225243136,
}


class Core:
    """Answers the properties that it is given, and refuses others."""

    def __init__(self, **properties: object) -> None:
        self._properties = properties

    def get_property(self, _device: str, name: str) -> object:
        if name not in self._properties:
            message = f"Unsupported property {name}"
            raise RuntimeError(message)
        return self._properties[name]


def test_an_npu_tells_its_versions_and_memory() -> None:
    device = describe(Core(**NPU), "NPU")
    assert (device.full_name, device.architecture) == ("Intel(R) AI Boost", "4000")
    assert (device.driver, device.compiler) == ("1688", "7.4")
    assert (device.streams, device.memory_bytes) == ((1, 4), 16 << 30)
    assert device.available


def test_a_gpu_with_a_number_is_asked_for_a_gpus_properties() -> None:
    device = describe(Core(**GPU), "GPU.1")
    assert (device.name, device.driver, device.compiler) == ("GPU.1", "24.52.32224", "")
    assert device.memory_bytes == 16225243136


def test_the_cpus_memory_is_what_this_process_may_use() -> None:
    device = describe(Core(FULL_DEVICE_NAME="Some CPU"), "CPU")
    assert device.memory_bytes > 0
    assert device.driver == ""


def test_a_device_that_refuses_everything_is_still_a_device() -> None:
    device = describe(Core(), "GPU.0")
    assert device.available
    assert (device.full_name, device.capabilities, device.streams, device.memory_bytes) == ("GPU.0", (), None, 0)


@pytest.mark.parametrize("streams", [(1,), "1 to 2", (1, "2"), None])
def test_a_range_of_another_form_is_left_out(streams: object) -> None:
    assert describe(Core(RANGE_FOR_STREAMS=streams), "CPU").streams is None
