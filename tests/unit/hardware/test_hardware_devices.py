"""Device expressions: the grammar, what they mean on a machine, and what a marker takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import DeviceAbsentError, DeviceError
from pytest_ovperf.hardware.device import DeviceInfo, Obstacle, ObstacleKind
from pytest_ovperf.hardware.devices import (
    ALL,
    base_devices,
    chooser_of,
    expand,
    find,
    hindrance,
    matches,
    one_is_enough,
    parse_devices,
    require,
)

CPU = DeviceInfo("CPU", "Some Processor", ("FP32", "INT8"), available=True, reason="")
NO_GPU = DeviceInfo.absent("GPU", "libOpenCL.so.1: cannot open shared object file")
NO_NPU = DeviceInfo.absent("NPU", "no device")
HERE = (CPU, NO_GPU, NO_NPU)
TWO_GPUS = tuple(DeviceInfo(name, "Some Graphics", (), available=True, reason="") for name in ("GPU.0", "GPU.1"))

plain = st.sampled_from(["CPU", "GPU", "NPU", "GPU.0", "GPU.1", "NPU.10"])
lists = st.lists(plain, min_size=1, max_size=3, unique=True).map(",".join)
closing = st.one_of(st.just("AUTO"), st.just(ALL), lists.map("AUTO:{}".format), lists.map("HETERO:{}".format))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CPU", ("CPU",)),
        ("cpu, gpu.1 ,Npu", ("CPU", "GPU.1", "NPU")),
        ("AUTO", ("AUTO",)),
        ("AUTO,CPU", ("AUTO", "CPU")),
        ("auto:gpu,cpu", ("AUTO:GPU,CPU",)),
        ("CPU,AUTO:GPU,CPU", ("CPU", "AUTO:GPU,CPU")),
        ("AUTO:GPU,CPU,HETERO:GPU,CPU", ("AUTO:GPU,CPU", "HETERO:GPU,CPU")),
        ("HETERO:GPU, CPU,AUTO", ("HETERO:GPU,CPU", "AUTO")),
        ("AUTO:GPU,all", ("AUTO:GPU", "all")),
        ("ALL", ("all",)),
        ("CPU,cpu,GPU,CPU", ("CPU", "GPU")),
        ("AUTO:GPU,GPU,CPU", ("AUTO:GPU,CPU",)),
    ],
)
def test_expressions_are_read(text: str, expected: tuple[str, ...]) -> None:
    assert parse_devices(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("GPUU", "Did you mean GPU"),
        ("cup", "Did you mean CPU"),
        ("HETRO:GPU,CPU", "Did you mean HETERO"),
        ("alll", "Did you mean all"),
        ("", "empty place"),
        ("CPU,,GPU", "empty place"),
        ("CPU,", "empty place"),
        ("AUTO:", "empty place"),
        ("HETERO", "needs a list"),
        ("CPU:GPU", "no device"),
        ("GPU.", "no device"),
        ("GPU.01", "no device"),
        ("GPU.x", "no device"),
        ("AUTO:AUTO", "needs a list|no device"),
        ("TPU", "--ov-device takes"),
    ],
)
def test_anything_else_is_refused_with_help(text: str, said: str) -> None:
    with pytest.raises(DeviceError, match=said):
        parse_devices(text)


@given(st.text(alphabet="cpugnatohelrCGN:.,01 é", max_size=20))
def test_no_text_gives_another_error(text: str) -> None:
    try:
        expressions = parse_devices(text)
    except DeviceError:
        return
    assert expressions


@given(st.lists(plain, max_size=3, unique=True), st.lists(closing, max_size=3, unique=True))
def test_whatever_is_written_plain_names_first_is_read_back(alone: list[str], others: list[str]) -> None:
    expressions = (*alone, *others)
    if expressions:
        assert parse_devices(",".join(expressions)) == expressions


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("GPU.1", ("GPU.1",)),
        ("AUTO:gpu,CPU", ("GPU", "CPU")),
        ("HETERO:GPU,CPU", ("GPU", "CPU")),
        ("AUTO", ()),
        (ALL, ()),
    ],
)
def test_base_devices(expression: str, expected: tuple[str, ...]) -> None:
    assert base_devices(expression) == expected


def test_base_devices_takes_one_expression_only() -> None:
    with pytest.raises(DeviceError, match="is 2"):
        base_devices("CPU,GPU")


@pytest.mark.parametrize(
    ("expression", "chooser", "one"),
    [
        ("CPU", "", False),
        ("GPU.1", "", False),
        (ALL, "", False),
        ("auto", "AUTO", True),
        ("AUTO:GPU,CPU", "AUTO", True),
        ("HETERO:GPU,CPU", "HETERO", False),
    ],
)
def test_what_chooses_among_devices_is_told(expression: str, chooser: str, *, one: bool) -> None:
    assert chooser_of(expression) == chooser
    assert one_is_enough(expression) is one


@pytest.mark.parametrize(
    ("asked", "wanted", "expected"),
    [
        ("GPU.1", "GPU", True),
        ("GPU", "gpu", True),
        ("GPU", "GPU.1", False),
        ("GPU.10", "GPU.1", False),
        ("AUTO:GPU,CPU", "AUTO", True),
        ("AUTO:GPU,CPU", "AUTO:GPU,CPU", True),
        ("AUTO:GPU.1", "AUTO:GPU", False),
        ("AUTO:GPU,CPU", "GPU", False),
        ("CPU", "GPU", False),
        ("NPU", "all", True),
    ],
)
def test_markers_match(asked: str, wanted: str, *, expected: bool) -> None:
    assert matches(asked, wanted) is expected


def test_all_is_what_is_available() -> None:
    assert expand(("CPU", ALL, "AUTO"), (CPU, *TWO_GPUS, NO_NPU)) == ("CPU", "GPU.0", "GPU.1", "AUTO")


def test_all_of_nothing_is_an_error_with_the_reasons() -> None:
    with pytest.raises(DeviceAbsentError, match=r"libOpenCL.*no device"):
        expand((ALL,), (NO_GPU, NO_NPU))


@pytest.mark.parametrize("expression", ["CPU", "AUTO", "AUTO:GPU,CPU", "auto:gpu,cpu"])
def test_what_can_run_is_let_pass(expression: str) -> None:
    assert hindrance(expression, HERE) is None
    require(expression, HERE)  # does not raise


@pytest.mark.parametrize("expression", ["GPU", "GPU.1", "HETERO:GPU,CPU", "AUTO:GPU", "AUTO:GPU,NPU"])
def test_what_cannot_run_says_why_and_what_to_install(expression: str) -> None:
    with pytest.raises(DeviceAbsentError, match="libOpenCL") as caught:
        require(expression, HERE)
    assert "intel-opencl-icd" in caught.value.remedy


def test_what_is_known_to_be_in_the_way_says_what_to_do() -> None:
    obstacle = Obstacle(ObstacleKind.NO_PERMISSION, "This user may not open /dev/dri/renderD128.", "Join the group.")
    gpu = DeviceInfo.hindered("GPU", "no device", obstacle)
    with pytest.raises(DeviceAbsentError, match="may not open") as caught:
        require("GPU.1", (CPU, gpu))
    assert caught.value.remedy == "Join the group."


def test_auto_needs_something() -> None:
    with pytest.raises(DeviceAbsentError):
        require("AUTO", (NO_GPU, NO_NPU))


def test_gpu_is_the_first_of_several() -> None:
    assert find("GPU", TWO_GPUS).name == "GPU.0"


def test_the_only_gpu_is_also_number_0() -> None:
    only = DeviceInfo("GPU", "Some Graphics", (), available=True, reason="")
    assert find("gpu.0", (only,)) is only


def test_a_number_too_many_says_what_is_there() -> None:
    absent = find("GPU.7", (CPU, *TWO_GPUS))
    assert not absent.available
    assert absent.reason == "OpenVINO finds CPU, GPU.0, GPU.1 here, and no GPU.7."
