"""Names and numbers of NPUs."""

from __future__ import annotations

import pytest

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.npu.platforms import PLATFORMS, described, device_of, parse_platforms, platform_of


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("4000", ("4000",)),
        ("NPU4000", ("4000",)),
        ("lunarlake", ("4000",)),
        ("Lunar Lake, meteor-lake", ("4000", "3720")),
        ("arrowlake,meteorlake,3720", ("3720",)),  # the same NPU
        ("pantherlake,4000,5010", ("5010", "4000")),
    ],
)
def test_numbers_and_processors_name_a_platform_once(text: str, platforms: tuple[str, ...]) -> None:
    assert parse_platforms(text, "--ov-npu-platform") == platforms


@pytest.mark.parametrize(
    ("text", "seen", "hint"),
    [
        ("lunalake", "'lunalake' in --ov-npu-platform=lunalake is no NPU platform", "Did you mean lunarlake?"),
        ("4001", "'4001'", "Did you mean 4000?"),
        ("4000,,3720", "has an empty place", "4000 (Lunar Lake)"),
        ("", "has an empty place", "4000 (Lunar Lake)"),
    ],
)
def test_anything_else_is_refused_with_what_there_is(text: str, seen: str, hint: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_platforms(text, "--ov-npu-platform")
    assert seen in refused.value.seen
    assert hint in refused.value.remedy


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_has_a_device_of_its_own(platform: str) -> None:
    assert platform_of(device_of(platform)) == platform


@pytest.mark.parametrize("device", ["NPU", "NPU.1", "NPU.9999", "CPU", "AUTO:NPU.4000", "GPU.4000"])
def test_other_devices_stand_for_no_platform(device: str) -> None:
    assert platform_of(device) is None


def test_a_platform_is_described_with_its_processors() -> None:
    assert described("3720") == "NPU 3720 (Meteor Lake, Arrow Lake)"
