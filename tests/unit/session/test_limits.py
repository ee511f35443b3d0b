from __future__ import annotations

import pytest

from pytest_ovperf.errors import UnboundedShapeError
from pytest_ovperf.hardware.device import DeviceInfo
from pytest_ovperf.session.limits import UnboundedLimit

NPU = DeviceInfo("NPU", "AI Boost", ("FP16",), available=True, reason="", driver="32.0.100")
SILENT = DeviceInfo("NPU", "AI Boost", ("FP16",), available=True, reason="")


def limit_of(device: str, npu: DeviceInfo = NPU) -> UnboundedLimit | None:
    return UnboundedLimit.of("gpt2", device, [npu], {"openvino": "2026.4.1"})


@pytest.mark.parametrize("device", ["NPU", "NPU.1"])
def test_an_npu_by_its_own_name_has_the_limit(device: str) -> None:
    assert limit_of(device) is not None


@pytest.mark.parametrize("device", ["CPU", "GPU.0", "AUTO", "AUTO:NPU,CPU", "HETERO:NPU,CPU"])
def test_no_other_device_has_it(device: str) -> None:
    assert limit_of(device) is None


def test_the_reason_names_cause_model_driver_and_version() -> None:
    limit = limit_of("NPU")
    assert limit is not None
    assert limit.reason(UnboundedShapeError("…", remedy="…")) == (
        "dynamic_shape: gpt2 has dimensions without an upper bound, "
        "which NPU with driver 32.0.100 and OpenVINO 2026.4.1 does not take"
    )


def test_a_driver_without_a_version_is_no_gap_in_the_text() -> None:
    limit = limit_of("NPU", SILENT)
    assert limit is not None
    assert "with a driver that does not tell its version and OpenVINO 2026.4.1" in limit.where


def test_the_limit_gone_says_what_to_write() -> None:
    limit = limit_of("NPU")
    assert limit is not None
    assert '→ Expect it from now on: write @pytest.mark.device("NPU", dynamic=True)' in limit.gone(
        '@pytest.mark.device("NPU", dynamic=True)'
    )
