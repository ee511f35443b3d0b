"""What a test needs of its device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.hardware.device import DeviceInfo
from pytest_ovperf.hardware.needs import DeviceMark, preferences, unmet

GIB = 1 << 30
CPU = DeviceInfo("CPU", "Some Processor", ("FP32", "INT8"), available=True, reason="", memory_bytes=24 * GIB)
GPU = DeviceInfo("GPU", "Some Graphics", ("FP32", "FP16"), available=True, reason="", memory_bytes=8 * GIB)
NO_NPU = DeviceInfo.absent("NPU", "no such hardware")
HERE = (CPU, GPU, NO_NPU)


def mark(*names: str, precision: str | None = None, memory: float | None = None) -> DeviceMark:
    return DeviceMark(names or ("CPU",), precision, memory)


@pytest.mark.parametrize(
    ("needs", "expression"),
    [
        (mark(), "CPU"),
        (mark(precision="int8"), "CPU"),
        (mark(precision="fp16", memory=8), "GPU"),
        (mark(precision="fp16"), "GPU.0"),
        (mark(precision="fp16"), "AUTO"),
        (mark(precision="fp16"), "AUTO:CPU,GPU"),
        (mark(precision="fp32"), "HETERO:GPU,CPU"),
        (mark(precision="fp16"), "HETERO:GPU,NPU"),  # the absent one is not this question's business
    ],
)
def test_a_device_that_has_it_all_lacks_nothing(needs: DeviceMark, expression: str) -> None:
    assert unmet(needs, expression, HERE) is None


@pytest.mark.parametrize(
    ("needs", "expression", "reason"),
    [
        (mark(precision="bf16"), "CPU", "This test needs BF16; CPU (Some Processor) lists FP32, INT8."),
        (mark(memory=8.5), "GPU", "This test needs 8.5 GiB of device memory; GPU (Some Graphics) has 8.0 GiB."),
        (mark(precision="fp16", memory=9), "GPU", "FP16 and 9 GiB of device memory; GPU (Some Graphics) has 8.0"),
        (mark(precision="fp16"), "HETERO:GPU,CPU", "CPU (Some Processor) lists FP32, INT8"),
        (mark(precision="bf16"), "AUTO", "CPU (Some Processor) lists FP32, INT8; GPU (Some Graphics) lists"),
    ],
)
def test_what_is_lacking_is_said_with_what_there_is(needs: DeviceMark, expression: str, reason: str) -> None:
    assert reason in (unmet(needs, expression, HERE) or "")


def test_a_device_that_does_not_tell_its_memory_does_not_pass() -> None:
    silent = replace(GPU, memory_bytes=0, full_name="")
    reason = "This test needs 1 GiB of device memory; GPU does not tell its memory."
    assert unmet(mark(memory=1), "GPU", (silent,)) == reason
    assert unmet(mark(), "GPU", (silent,)) is None


def test_preferences_keep_their_order_with_what_rules_each_out() -> None:
    chosen = preferences(DeviceMark(("NPU", "CPU", "GPU"), precision="fp16", fallback=True), HERE)
    assert [name for name, _ in chosen] == ["NPU", "CPU", "GPU"]
    absent, lacking, fits = (reason for _, reason in chosen)
    assert absent is not None
    assert "no such hardware" in absent
    assert lacking == "This test needs FP16; CPU (Some Processor) lists FP32, INT8."
    assert fits is None
