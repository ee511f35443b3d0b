"""A user's own model file, ONNX or OpenVINO IR, in tests as users write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from tests.integration.user_suite import Suite

pytest.importorskip("nncf")
ov = pytest.importorskip("openvino")

TESTS = """
    import pytest

    @pytest.mark.model("mine.onnx", shape=(1, 16))
    def test_files_with_fewer_bits_are_smaller_and_faithful(speedup, fidelity):
        assert speedup("openvino-fp16", over="openvino-fp32", metric="model_size") >= 1.5
        assert fidelity("openvino-fp16", over="openvino-fp32").cosine >= 0.9999
        assert fidelity("openvino-int8[batch=4]", over="openvino-fp32[batch=2]").cosine >= 0.98

    @pytest.mark.model("mine.xml", shape={"features": (2, 16)})
    def test_shapes_of_inputs_and_of_arms(fidelity, compiled_model):
        assert str(compiled_model.inputs[0].partial_shape) == "[2,16]"
        assert fidelity("openvino-fp32[shape=?x16]", over="openvino-fp32[shape=dynamic]").cosine >= 0.9999

    @pytest.mark.model("mine.onnx", shape=(1, 16))
    def test_pytorch_cannot(speedup):
        speedup("openvino-fp32", over="pytorch-fp32")

    @pytest.mark.model("mine.onnx", shape=(1, 16))
    def test_no_room(speedup):
        speedup("openvino-fp32[shape=1..4x16,batch=8]", over="openvino-fp32")
"""


def test_a_file_is_a_model_like_any_other(suite: Suite) -> None:
    folder = suite.pytester.path
    onnx_bytes.dense(folder / "mine.onnx", outputs=512)
    ov.save_model(ov.Core().read_model(folder / "mine.onnx"), folder / "mine.xml", compress_to_fp16=False)
    suite.write(TESTS)
    result = suite.run()
    result.assert_outcomes(passed=2, failed=2)
    text = result.stdout.str()
    assert "pytorch-fp32 cannot run 'mine.onnx'" in text
    assert "shape=1..4x16 leaves no room for what one call gives to 'mine.onnx': features 8x16" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('model("mine.onnx")', "leaves the sizes of features (?x16) open"),
        ('model("mine.onnx", shape={"features": "1x16"})', "no list of whole numbers for the input 'features'"),
    ],
)
def test_a_mistake_about_a_file_is_told_before_anything_runs(suite: Suite, marker: str, said: str) -> None:
    onnx_bytes.dense(suite.pytester.path / "mine.onnx")
    suite.write(f"import pytest\n\n@pytest.mark.{marker}\ndef test_it(speedup):\n    assert speedup is None\n")
    result = suite.run()
    text = f"{result.stdout.str()}\n{result.stderr.str()}"
    assert result.ret == pytest.ExitCode.USAGE_ERROR, text
    assert said in text
    assert "Traceback" not in text
