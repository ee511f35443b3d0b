"""From the end of a process to a blob, or an error with its cause."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_ovperf.errors import (
    BadConfigError,
    CompilerInternalError,
    DynamicShapeError,
    FailureCause,
    ModelError,
    NpuCompilerError,
    OvperfError,
    UnboundedShapeError,
    WorkerDiedError,
    WorkerHungError,
    WorkerOutOfMemoryError,
)
from pytest_ovperf.npu.blob import Port, Shape
from pytest_ovperf.npu.ending import Ended, Ending
from pytest_ovperf.npu.request import Answer, CompileRequest, Failed
from pytest_ovperf.npu.verdict import Compilation

MESSAGES = Path(__file__).resolve().parents[1] / "hardware" / "data" / "openvino_messages.json"
REQUEST = CompileRequest(Path("model.onnx"), "4000", None, 30.0, 4 << 30)
QUIET = Ended(Ending.BY_ITSELF, 1, "")


def words(cause: str, model: str) -> str:
    """Return what the NPU compiler said, for that cause, of a model."""
    entries = json.loads(MESSAGES.read_text(encoding="utf-8"))
    (text,) = {each["text"] for each in entries if each["cause"] == cause and model in each["source"]}
    return str(text)


def error_of(answer: Answer, ended: Ended = QUIET) -> OvperfError:
    with pytest.raises(OvperfError) as raised:
        Compilation(REQUEST, ended, answer, "a compiler").blob()
    return raised.value


def of_shape(text: str, message: str, stage: str = "compile") -> Answer:
    return Answer(inputs=(Port("x", Shape.parse(text)),), failed=Failed(stage, message))


def test_what_was_compiled_is_a_blob() -> None:
    answer = Answer("2026.4.1", (Port("x", Shape.parse("[1]")),), (), 2.5, 4096)
    blob = Compilation(REQUEST, Ended(Ending.BY_ITSELF, 0, ""), answer, "a compiler").blob()
    assert (blob.platform, blob.blob_bytes, blob.compile_s, blob.build) == ("4000", 4096, 2.5, "2026.4.1")


@pytest.mark.parametrize(
    ("shape", "message", "kind"),
    [
        ("[?,?]", words("dynamic_shape", "stateful GPT-2"), UnboundedShapeError),
        ("[?,?]", words("dynamic_shape", "MiniLM [?,?]"), UnboundedShapeError),
        ("[1,1..128]", words("dynamic_shape", "MiniLM [1,1..128]"), DynamicShapeError),
        ("[1,3]", words("compiler_internal", "MobileNetV2 INT8"), CompilerInternalError),
        ("[1,3]", words("bad_config", "NPU_PLATFORM=4000"), BadConfigError),
    ],
)
def test_a_refusal_has_the_cause_that_its_words_and_the_shapes_tell(
    shape: str, message: str, kind: type[OvperfError]
) -> None:
    error = error_of(of_shape(shape, message))
    assert type(error) is kind
    assert "NPU 4000" in error.seen
    assert "a compiler" in error.seen


def test_a_message_that_says_nothing_is_read_together_with_what_was_printed() -> None:
    printed = "[ERROR] 19:57:50.551 [vpux-compiler] ConvertIEToVPUNCE Pass failed : postShift is not supported"
    error = error_of(of_shape("[1]", "Compilation failed"), Ended(Ending.BY_ITSELF, 1, printed))
    assert isinstance(error, CompilerInternalError)
    assert "postShift is not supported" in error.seen


def test_a_file_that_cannot_be_read_is_no_matter_of_the_compiler() -> None:
    assert isinstance(error_of(Answer(failed=Failed("read", "Unable to read the model"))), ModelError)


def test_a_compiler_that_cannot_be_loaded_names_the_command_that_mends_it() -> None:
    error = error_of(Answer(failed=Failed("load", "openvino_c.dll: error 126 of Windows")))
    assert isinstance(error, NpuCompilerError)
    assert "ovperf npu-compiler install --again" in error.remedy


def test_a_crash_tells_where_and_shows_the_last_output() -> None:
    answer = Answer(inputs=(Port("x", Shape.parse("[?]")),), crashed="0xC0000005 in openvino_intel_npu_compiler.dll")
    error = error_of(answer, Ended(Ending.BY_ITSELF, 5, "last words"))
    assert isinstance(error, WorkerDiedError)
    assert error.cause is FailureCause.PROCESS_DIED
    assert "crashed: 0xC0000005 in openvino_intel_npu_compiler.dll" in error.seen
    assert "last words" in error.seen


def test_a_process_that_ends_without_a_word_is_no_success() -> None:
    assert isinstance(error_of(Answer(), Ended(Ending.BY_ITSELF, 0, "")), WorkerDiedError)


def test_a_process_that_hung_says_for_how_long() -> None:
    error = error_of(Answer(), Ended(Ending.TIMED_OUT, -9, ""))
    assert isinstance(error, WorkerHungError)
    assert "after 30 s" in error.seen


def test_want_of_memory_is_told_by_the_one_who_ended_it_and_by_its_own_words() -> None:
    ended = error_of(Answer(), Ended(Ending.TOO_LARGE, -9, "", 5 << 30))
    assert isinstance(ended, WorkerOutOfMemoryError)
    assert "5.0 GiB, more than 4.0 GiB" in ended.seen
    said = error_of(Answer(), Ended(Ending.BY_ITSELF, 3, "bad allocation"))
    assert isinstance(said, WorkerOutOfMemoryError)
    assert "(out_of_memory)" in said.seen
