"""What the ``model``, ``device`` and ``ovperf`` markers say, checked."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from pytest_ovperf.errors import DeviceError, SettingsError
from pytest_ovperf.hardware.needs import DeviceMark
from pytest_ovperf.hooks.markers import ModelMark, OvperfMark, device_mark, devices_of, read_model, read_ovperf
from pytest_ovperf.models.described import Description
from pytest_ovperf.models.spec import OwnData
from pytest_ovperf.settings import RunSet


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


class Marked:
    """A test with ``ovperf`` markers, the closest first."""

    def __init__(self, *keywords: dict[str, object]) -> None:
        self._marks = [pytest.mark.ovperf(**each).mark for each in keywords]

    def iter_markers(self, _name: str) -> list[pytest.Mark]:
        return self._marks


def ovperf(*keywords: dict[str, object]) -> OvperfMark:
    return read_ovperf(cast("pytest.Item", Marked(*keywords)))


def test_each_keyword_counts_from_the_closest_marker_that_has_it() -> None:
    assert ovperf() == OvperfMark()
    assert ovperf({"set": "quick"}, {"set": "full", "tolerance": 10}) == OvperfMark(None, 0.1, RunSet.QUICK)
    assert ovperf({"budget": 3}, {"set": "full"}, {"budget": 9}) == OvperfMark(3.0, None, RunSet.FULL)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"set": "huge"}, "Choose one of: quick, default, full"),
        ({"set": True}, "the marker's set is True"),
        ({"sett": "full"}, "Did you mean set="),
        ({"budget": -1}, "above 0"),
    ],
)
def test_a_mistake_in_a_marker_farther_away_is_refused_as_well(written: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ovperf({"tolerance": 5}, written)
    assert said in str(caught.value)


@pytest.mark.parametrize("own", list(RunSet))
def test_a_run_takes_its_own_set_and_all_smaller_ones(own: RunSet) -> None:
    taken = [other for other in RunSet if own.takes(other)]
    assert taken == list(RunSet)[: len(taken)]
    assert taken[-1] is own


def read(*names: object, **keywords: object) -> ModelMark:
    """Return what ``@pytest.mark.model`` says with these words."""

    class Item:
        def get_closest_marker(self, name: str) -> pytest.Mark:
            return getattr(pytest.mark, name)(*names, **keywords).mark  # type: ignore[no-any-return]

    found = read_model(cast("pytest.Item", Item()))
    assert found is not None
    return found


def queries() -> list[object]:
    return []


def test_a_model_is_read_with_its_data() -> None:
    mark = read(
        "encoder", shape=(1, "1..8"), precision="int8", inputs="shop.data:one", calibration="calls", score=queries
    )
    data = OwnData("shop.data:one", "calls", f"{__name__}:queries")
    assert mark == ModelMark(Description("encoder", "encoder", (1, "1..8"), data), "int8")


def test_a_model_may_be_named_by_a_path() -> None:
    assert read(Path("models/encoder")).said.name == "models/encoder"


@pytest.mark.parametrize(
    ("names", "keywords", "said"),
    [
        ((), {}, "does not name one model"),
        (("a", "b"), {}, "does not name one model"),
        ((3,), {}, "does not name one model"),
        (("a",), {"input": "a:b"}, "Did you mean inputs="),
        (("a",), {"precision": "int3"}, "an unknown precision"),
        (("a",), {"inputs": lambda: 1}, "a lambda"),
        (("a",), {"score": 1.0}, "has for score 1.0, which is no function"),
        (("a",), {"calibration": ["a"]}, "no function and no folder"),
        (("a",), {"inputs": "shop"}, "no import path"),
        (("a",), {"calibration": ""}, "no function and no folder"),
    ],
)
def test_a_mistake_about_a_model_is_refused_by_the_marker_as_it_is_written(
    names: tuple[object, ...], keywords: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(*names, **keywords)
    assert said in str(caught.value)
    assert "@pytest.mark.model(" in caught.value.seen


def test_a_function_is_shown_by_its_name() -> None:
    with pytest.raises(SettingsError, match=r"@pytest\.mark\.model\('a', inputs=queries, shape=3\)"):
        read("a", inputs=queries, shape=3)
