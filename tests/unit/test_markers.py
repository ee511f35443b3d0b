"""What the ``device`` marker says, checked."""

from __future__ import annotations

import pytest

from pytest_ovperf.errors import DeviceError, SettingsError
from pytest_ovperf.hardware.needs import DeviceMark
from pytest_ovperf.markers import device_mark, devices_of


def mark(*names: object, **keywords: object) -> pytest.Mark:
    return getattr(pytest.mark, "device")(*names, **keywords).mark  # type: ignore[no-any-return]  # noqa: B009


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (mark("NPU"), DeviceMark(("NPU",))),
        (mark("cpu", "GPU.1", "CPU"), DeviceMark(("CPU", "GPU.1"))),
        (mark("CPU,AUTO:GPU,CPU"), DeviceMark(("CPU", "AUTO:GPU,CPU"))),
        (mark("CPU", precision="BF16"), DeviceMark(("CPU",), precision="bf16")),
        (mark("GPU", min_memory=12), DeviceMark(("GPU",), min_memory_gib=12.0)),
        (mark("GPU", "CPU", fallback=True), DeviceMark(("GPU", "CPU"), fallback=True)),
    ],
)
def test_the_marker_is_read(written: pytest.Mark, read: DeviceMark) -> None:
    assert device_mark(written) == read
    assert devices_of(written) == read.names


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (mark(), "names no device"),
        (mark(1), "names no device"),
        (mark("NPU", precison="fp16"), "Did you mean precision="),
        (mark("NPU", precision="fp17"), "Choose: fp32, bf16, fp16, int8"),
        (mark("NPU", precision=16), "unknown precision"),
        (mark("NPU", min_memory="much"), "above 0"),
        (mark("NPU", min_memory=-1), "above 0"),
        (mark("NPU", min_memory=True), "above 0"),
        (mark("NPU", "CPU", fallback="yes"), "neither True nor False"),
        (mark("NPU", fallback=True), "no order of preference"),
        (mark("CPU", "CPU", fallback=True), "no order of preference"),
        (mark("all", "CPU", fallback=True), "no order of preference"),
    ],
)
def test_a_mistake_is_refused_with_help(written: pytest.Mark, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        device_mark(written)
    assert said in str(caught.value)


def test_a_device_that_is_none_is_refused() -> None:
    with pytest.raises(DeviceError, match="Did you mean GPU"):
        device_mark(mark("GPUU"))
