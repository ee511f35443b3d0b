"""The messages in data/openvino_messages.json: `recorded` ones were reported by users of devices that few test
machines have; `raised` ones were raised by OpenVINO's Linux wheel on a machine with a CPU only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import (
    DeviceFailureError,
    DynamicShapeError,
    FailureCause,
    UnboundedShapeError,
    UnknownFailureError,
)
from pytest_ovperf.hardware.causes import ShapeKind, classify, failure_from, ran_out_of_memory
from pytest_ovperf.hardware.remedies import remedy_of


@dataclass(frozen=True)
class Message:
    cause: FailureCause
    device: str
    shapes: ShapeKind
    origin: str
    source: str
    text: str

    def __str__(self) -> str:
        return f"{self.origin}-{self.cause}-{self.source}"


MESSAGES = [
    Message(**{**fields, "cause": FailureCause(fields["cause"]), "shapes": ShapeKind(fields["shapes"])})
    for fields in json.loads((Path(__file__).parent / "data" / "openvino_messages.json").read_text(encoding="utf-8"))
]
DYNAMIC = [message for message in MESSAGES if message.cause is FailureCause.DYNAMIC_SHAPE]
every_message = pytest.mark.parametrize("message", MESSAGES, ids=str)

NPUW = "Failed to compile Model0_kv1152_FCEW000__0 for all devices in [NPU]"
NO_WORDS = "[NPU_VCL] Compiler returned msg:\nCompilation failed"
LOGGED_BOUNDS = "[ERROR] 19:57:15.737 [IE::FrontEnd::importNetwork] Upper bounds are not specified for node 'Add_2'"


def cause_of(text: str, *, device: str = "NPU", shapes: ShapeKind = ShapeKind.UNBOUNDED, printed: str = "") -> str:
    return classify(text, device=device, shapes=shapes, printed=printed)


@every_message
def test_every_known_message_has_its_cause(message: Message) -> None:
    assert classify(message.text, device=message.device, shapes=message.shapes) is message.cause


@every_message
def test_an_error_has_the_class_of_its_cause_and_all_of_the_text(message: Message) -> None:
    error = failure_from(message.text, tried="compile it", device=message.device, shapes=message.shapes)
    assert error.cause is message.cause
    assert type(error) is not DeviceFailureError
    assert error.seen.startswith(f"OpenVINO cannot compile it ({message.cause}):")
    assert all(line.strip() in error.seen for line in message.text.splitlines())
    assert error.remedy


@pytest.mark.parametrize("message", DYNAMIC, ids=str)
def test_words_about_dynamic_shapes_mean_something_else_on_a_static_model(message: Message) -> None:
    assert cause_of(message.text, shapes=ShapeKind.STATIC) == FailureCause.UNKNOWN


@pytest.mark.parametrize("message", DYNAMIC, ids=str)
def test_the_cpu_takes_any_shape_so_its_failures_have_another_cause(message: Message) -> None:
    assert cause_of(message.text, device="CPU") == FailureCause.UNKNOWN
    assert cause_of(message.text, device="HETERO:CPU") == FailureCause.UNKNOWN


@pytest.mark.parametrize("message", DYNAMIC, ids=str)
def test_on_an_unbounded_model_the_xfails_own_error_is_raised(message: Message) -> None:
    error = failure_from(message.text, tried="compile it", device="NPU", shapes=ShapeKind.UNBOUNDED)
    assert type(error) is UnboundedShapeError
    assert "shape=(...)" in error.remedy


def test_a_bounded_model_raises_another_error_of_the_same_cause() -> None:
    (message,) = (message for message in DYNAMIC if message.shapes is ShapeKind.BOUNDED)
    error = failure_from(message.text, tried="compile it", device="NPU", shapes=ShapeKind.BOUNDED)
    assert type(error) is DynamicShapeError
    assert "upper bounds either" in error.remedy


@pytest.mark.parametrize("text", ["Missing upper bound for one or more nodes", "Upper bounds were not specified"])
@pytest.mark.parametrize("shapes", [ShapeKind.BOUNDED, ShapeKind.STATIC, ShapeKind.UNKNOWN])
def test_a_bound_can_be_missing_only_where_there_is_none(text: str, shapes: ShapeKind) -> None:
    assert cause_of(text, shapes=shapes) == FailureCause.UNKNOWN


@pytest.mark.parametrize("wrapper", [NPUW, NO_WORDS])
def test_a_message_that_says_nothing_has_its_cause_in_what_was_printed(wrapper: str) -> None:
    assert cause_of(wrapper) == FailureCause.UNKNOWN
    assert cause_of(wrapper, printed=LOGGED_BOUNDS) == FailureCause.DYNAMIC_SHAPE
    assert cause_of(wrapper, printed=LOGGED_BOUNDS, shapes=ShapeKind.STATIC) == FailureCause.UNKNOWN
    assert cause_of(f"{LOGGED_BOUNDS}\n{wrapper}") == FailureCause.DYNAMIC_SHAPE


def test_a_message_that_says_something_is_not_overruled_by_what_was_printed() -> None:
    lost = "L0 zeFenceHostSynchronize result: ZE_RESULT_ERROR_DEVICE_LOST, code 0x70000001"
    assert cause_of(f"{LOGGED_BOUNDS}\n{lost}", printed=LOGGED_BOUNDS) == FailureCause.DEVICE_LOST
    assert cause_of("Something new.", printed=LOGGED_BOUNDS) == FailureCause.UNKNOWN


def test_what_was_printed_is_shown_where_the_text_does_not_tell() -> None:
    shown = failure_from(NPUW, tried="x", device="NPU", shapes=ShapeKind.UNBOUNDED, printed=LOGGED_BOUNDS)
    assert LOGGED_BOUNDS in shown.seen
    lost = failure_from("ERROR_DEVICE_LOST", tried="x", device="NPU", shapes=ShapeKind.STATIC, printed=LOGGED_BOUNDS)
    assert LOGGED_BOUNDS not in lost.seen


def test_the_lines_that_tell_come_before_the_whole_text() -> None:
    text = "Exception from src/core.cpp:1:\nCheck 'a' failed at src/b.cpp:2:\nCouldn't set unknown property: X"
    lines = failure_from(text, tried="x", device="GPU", shapes=ShapeKind.STATIC).seen.splitlines()
    assert lines[1].strip() == "Couldn't set unknown property: X"
    assert lines[2] == "The whole of it:"


PREFIXES = st.sampled_from(
    [
        "Exception from src/inference/src/cpp/core.cpp:120:\n",
        "Check 'ptr' failed at src\\plugins\\auto\\src\\x.cpp:7:\n",
        "[INFO] 12:00:00.000 [plugin] compiling\n",
        "[ERROR] 12:00:00.000 [vpux-compiler] something\n",
        "RuntimeError: ",
        "  \n",
    ]
)


@given(message=st.sampled_from(MESSAGES), prefixes=st.lists(PREFIXES, max_size=4), newline=st.sampled_from("\n\r"))
def test_where_it_was_raised_does_not_change_the_cause(message: Message, prefixes: list[str], newline: str) -> None:
    text = "".join(prefixes) + message.text
    text = text.replace("\n", "\r\n") if newline == "\r" else text
    assert classify(text, device=message.device, shapes=message.shapes) is message.cause


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Lu", "Ll"])),
    shapes=st.sampled_from(ShapeKind),
    device=st.sampled_from(["CPU", "GPU.1", "NPU", "AUTO:GPU,CPU", "AUTO"]),
)
def test_text_without_a_word_is_unknown_and_told_whole(text: str, shapes: ShapeKind, device: str) -> None:
    error = failure_from(text, tried="x", device=device, shapes=shapes)
    assert type(error) is UnknownFailureError
    assert all(line.strip() in error.seen for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "The memory of elephants",
        "Check 'dynamic' failed at src/a.cpp:1:",
        "shape mismatch: got [1,5] expecting [1,4]",
        "operation completed, property sold",
        "LLVM ERROR: Failed to infer result type(s).",
        "[GPU] CL_OUT_OF_RESOURCES exception.",  # memory or a lost device: OpenVINO itself does not know
    ],
)
def test_unrelated_text_is_unknown(text: str) -> None:
    assert cause_of(text) == FailureCause.UNKNOWN


def test_every_cause_has_one_error_class_and_a_remedy() -> None:
    direct = DeviceFailureError.__subclasses__()
    causes = {kind.cause for kind in direct}
    assert len(causes) == len(direct)
    assert causes == set(FailureCause) - {FailureCause.PROCESS_DIED}
    assert all(remedy_of(cause, device) for cause in causes for device in ("CPU", "GPU.1", "NPU", "AUTO"))


def test_a_remedy_names_what_this_kind_of_device_lacks() -> None:
    assert "intel-driver-compiler-npu" in remedy_of(FailureCause.COMPILER_MISSING, "NPU")
    assert "ocl-icd-libopencl1" in remedy_of(FailureCause.PLUGIN_MISSING, "GPU.1")


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("terminate called after throwing an instance of 'std::bad_alloc'", True),
        ("MemoryError: Unable to allocate 1.00 GiB for an array", True),
        ("[W] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes", True),
        ("Segmentation fault", False),
        ("allocated 12 MB of memory", False),
    ],
)
def test_a_process_that_ran_out_of_memory_says_so(printed: str, told: bool) -> None:  # noqa: FBT001
    assert ran_out_of_memory(printed) is told
