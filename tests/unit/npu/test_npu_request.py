"""The two files between us and a process that compiles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.hardware.causes import ShapeKind
from pytest_ovperf.npu import direct
from pytest_ovperf.npu.request import REQUEST, RESULT, CompileRequest, Failed, read_answer, write_request

if TYPE_CHECKING:
    from pathlib import Path

STATEFUL = '<layer type="ReadValue"><data variable_id="past" variable_type="f32" variable_shape="{}" /></layer>'


def request(model: Path) -> CompileRequest:
    return CompileRequest(model, "4000", {"input ids": (1, (1, 128)), "b": (2,)}, 60.0, 1 << 30)


def test_a_request_is_lines_of_key_and_value(tmp_path: Path) -> None:
    write_request(tmp_path, request(tmp_path / "modèle.xml"), tmp_path / "libs", lambda path: path.name)
    text = (tmp_path / REQUEST).read_bytes().decode("utf-8")
    assert text == ("libs\tlibs\nmodel\tmodèle.xml\nplatform\t4000\nreshape\tinput ids\t1,1..128\nreshape\tb\t2\n")


def test_an_answer_is_read_as_far_as_the_process_came(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    lines = [
        {"version": "2026.4.1"},
        {"inputs": [["x", "{?,3}"]], "outputs": [["y", "{?,3}"]]},
        {"crashed": "0xC0000005", "where": "openvino_intel_npu_compiler.dll"},
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n{"compiled_s": 1.'  # cut off in the middle
    (tmp_path / RESULT).write_text(text, encoding="utf-8")
    answer = read_answer(tmp_path)
    assert answer.version == "2026.4.1"
    assert answer.crashed == "0xC0000005 in openvino_intel_npu_compiler.dll"
    assert answer.shapes(model) is ShapeKind.UNBOUNDED
    assert answer.compiled_s is None
    assert answer.blob_bytes is None


def test_no_file_is_an_answer_that_tells_nothing(tmp_path: Path) -> None:
    answer = read_answer(tmp_path)
    assert answer.failed is None
    assert answer.shapes(tmp_path / "model.xml") is None


@pytest.mark.parametrize(
    ("state", "kind"),
    [("?,12,?,64", ShapeKind.UNBOUNDED), ("1,12,1..8,64", ShapeKind.BOUNDED), ("1,2", ShapeKind.STATIC)],
)
def test_what_a_stateful_model_keeps_counts_as_its_inputs_do(tmp_path: Path, state: str, kind: ShapeKind) -> None:
    model = tmp_path / "model.xml"
    model.write_text(STATEFUL.format(state), encoding="utf-8")
    (tmp_path / RESULT).write_text('{"inputs": [["x", "[1]"]]}\n', encoding="utf-8")
    assert read_answer(tmp_path).shapes(model) is kind


class FakePort:
    def __init__(self, name: str, shape: str) -> None:
        self.partial_shape = shape
        self._name = name

    def get_names(self) -> set[str]:
        return {self._name}


class FakeModel:
    def __init__(self) -> None:
        self.inputs = [FakePort("a", "[?]"), FakePort("b", "[?]")]
        self.outputs = [FakePort("y", "[?]")]

    def reshape(self, shapes: dict[str, str]) -> None:
        self.inputs = [FakePort(name, shape) for name, shape in shapes.items()]


class FakeOpenVino:
    """Stands in for an OpenVINO that carries the NPU compiler, of which the project's machines have none."""

    def __init__(self, words: str = "") -> None:
        self._words = words
        self.asked: dict[str, str] = {}

    def get_version(self) -> str:
        return "2026.4.1"

    def Core(self) -> FakeOpenVino:  # noqa: N802  (OpenVINO's name)
        return self

    def PartialShape(self, text: str) -> str:  # noqa: N802  (OpenVINO's name)
        return text

    def read_model(self, path: str) -> FakeModel:
        self.asked["model"] = path
        return FakeModel()

    def compile_model(self, model: FakeModel, device: str, properties: dict[str, str]) -> FakeOpenVino:
        self.asked |= {"inputs": str(len(model.inputs)), "device": device, **properties}
        if self._words:
            raise RuntimeError(self._words)
        return self

    def export_model(self) -> bytes:
        return b"blob"


def run_directly(folder: Path, monkeypatch: pytest.MonkeyPatch, openvino: FakeOpenVino, sizes: str = "a\t1") -> int:
    lines = f"libs\tx\nmodel\tmodel.xml\nplatform\t4000\nreshape\t{sizes}\n"
    (folder / REQUEST).write_text(lines, encoding="utf-8")
    monkeypatch.chdir(folder)
    return direct.main(openvino)


def test_the_compiler_in_openvino_itself_answers_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openvino = FakeOpenVino()
    assert run_directly(tmp_path, monkeypatch, openvino) == 0
    answer = read_answer(tmp_path)
    assert (answer.version, answer.blob_bytes) == ("2026.4.1", 4)
    assert openvino.asked["device"] == "NPU"
    assert openvino.asked["NPU_PLATFORM"] == "4000"
    assert openvino.asked["NPU_COMPILER_TYPE"] == "PLUGIN"


def test_a_shape_for_every_input_is_given_to_every_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_directly(tmp_path, monkeypatch, FakeOpenVino(), "*\t1,8")
    assert [str(port) for port in read_answer(tmp_path).inputs or ()] == ["a [1,8]", "b [1,8]"]


def test_a_refusal_is_the_answer_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_directly(tmp_path, monkeypatch, FakeOpenVino("to_shape was called on a dynamic shape.")) == 1
    assert read_answer(tmp_path).failed == Failed("compile", "to_shape was called on a dynamic shape.")
