"""An arm's configuration: written in brackets, given by name, or both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.errors import ArmError
from pytest_ovperf.tuning import UNTUNED, CacheUse, CoreType, ExecutionMode, Hint, Mode, Tuning

NUMBERS = st.integers(1, 100_000)
SETTINGS: dict[str, st.SearchStrategy[object]] = {
    "hint": st.sampled_from(Hint),
    "streams": NUMBERS | st.just("auto"),
    "threads": NUMBERS,
    "requests": NUMBERS,
    "mode": st.sampled_from(Mode),
    "execution_mode": st.sampled_from(ExecutionMode),
    "core_type": st.sampled_from(CoreType),
    "pinning": st.booleans(),
    "hyper_threading": st.booleans(),
    "batch": NUMBERS,
    "shape": st.sampled_from(["static", "dynamic", "?x128", "1..8x3x224x224"]),
    "cache": st.sampled_from(CacheUse),
    "KV_CACHE_PRECISION": st.sampled_from(["u8", "f16"]),
    "NPU_COMPILATION_MODE_PARAMS": st.sampled_from(["optimization-level=2 turbo=true", "a@b", "(x) {y: 1}"]),
}
TUNINGS = st.fixed_dictionaries({}, optional=SETTINGS).map(Tuning.of)


@given(TUNINGS)
def test_what_is_written_reads_as_the_same(tuning: Tuning) -> None:
    assert Tuning.parse(str(tuning)) == tuning
    assert Tuning.of(tuning.settings) == tuning
    assert bool(tuning) is (tuning != UNTUNED)


@given(TUNINGS)
def test_an_arm_is_read_back_by_its_name(tuning: Tuning) -> None:
    arm = parse_arm(f"openvino-fp32[{tuning}]@GPU.1", "CPU")
    assert parse_arm(arm.name, "GPU.1") == arm
    assert arm.tuning == tuning


@pytest.mark.parametrize("value", ["GPU,CPU", "a]", "[1", "", " f16", "u8\n"])
def test_a_value_that_an_arms_name_could_not_hold_is_refused(value: str) -> None:
    with pytest.raises(ArmError, match=r"MULTI_DEVICE_PRIORITIES=.* cannot stand in the name of an arm") as refused:
        Tuning.of({"MULTI_DEVICE_PRIORITIES": value})
    assert "AUTO:GPU,CPU" in refused.value.remedy


@given(TUNINGS, TUNINGS)
def test_an_arms_own_settings_go_before_the_general_ones(own: Tuning, general: Tuning) -> None:
    assert own.over(general).settings.items() >= own.settings.items()
    assert own.over(general).settings == {**general.settings, **own.settings}


def test_python_s_own_values_are_taken_by_name() -> None:
    given_by_name = {"pinning": True, "hyper_threading": False, "shape": (1, 128), "streams": 2, "hint": None}
    assert str(Tuning.of(given_by_name)) == "streams=2,pinning=on,hyper_threading=off,shape=1x128"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("speed=9", "There is no setting 'speed' of an arm"),
        ("streams", "'streams' is no setting of an arm"),
        ("streams=", "'streams=' is no setting of an arm"),
        ("streams=1,streams=2", "streams is given twice"),
        ("hint=fastest", "hint=fastest is not possible"),
        ("streams=0", "streams=0 is not possible"),
        ("batch=100001", "batch=100001 is not possible"),
        ("pinning=1", "pinning=1 is not possible"),
        ("cache=hot", "cache=hot is not possible"),
    ],
)
def test_what_no_arm_could_take_is_refused_by_name(text: str, seen: str) -> None:
    with pytest.raises(ArmError, match=seen):
        parse_arm(f"openvino-fp32[{text}]", "CPU")


@pytest.mark.parametrize("shape", ["1x", "x", "0x3", "1..", "..8", "8..1x128", "1x-1", "1,3", "big"])
def test_dimensions_that_mean_nothing_are_refused_with_what_may_be_written(shape: str) -> None:
    with pytest.raises(ArmError, match="is not possible") as refused:
        Tuning.of({"shape": shape})
    assert "1..8x128" in refused.value.remedy
