"""Two arms on every shape that hypothesis draws, in tests as users write them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.fakes import onnx_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.user_suite import Suite

pytest.importorskip("nncf")
ov = pytest.importorskip("openvino")

#: What every module of these tests begins with.
HEAD = """\
import pytest
from hypothesis import given, settings

few = settings(max_examples=8, deadline=None)
"""


def write(suite: Suite, source: str) -> None:
    suite.write(HEAD + textwrap.dedent(source))


def save_wrong_beyond_three(path: Path) -> None:
    """Write an IR of ``features`` ?x8 whose weights FP16 cannot keep: of four rows and more another model comes."""
    op = ov.opset13
    features = op.parameter([-1, 8], np.float32, name="features")
    features.output(0).get_tensor().set_names({"features"})
    rows = op.convert(op.gather(op.shape_of(features), op.constant(0), op.constant(0)), "f32")
    # 2049 is 2048 in FP16, where nothing is left of the difference.
    wide, narrow = (op.constant(np.full((1, 8), value, np.float32)) for value in (2049, 2048))
    beyond = op.relu(op.subtract(rows, op.constant(np.float32(3))))
    turned = op.multiply(op.multiply(op.subtract(wide, narrow), beyond), op.constant(np.float32(5)))
    made = op.multiply(features, op.subtract(op.constant(np.float32(1)), turned))
    made.output(0).get_tensor().set_names({"made"})
    ov.save_model(ov.Model([op.result(made)], [features], "wrong"), path, compress_to_fp16=False)


def test_arms_agree_on_texts_and_images_of_every_shape_and_their_processes_end(suite: Suite) -> None:
    write(
        suite,
        """
        import psutil

        def below():
            return [process for process in psutil.Process().children() if process.status() != psutil.STATUS_ZOMBIE]

        @pytest.mark.parametrize("model", ["tiny-bert", "tiny-resnet"], indirect=True)
        def test_every_shape_agrees(agreement):
            both = agreement("openvino-int8", over="pytorch-fp32")
            assert len(below()) == 3  # both arms, and what draws for them
            seen = set()

            @few
            @given(both.shapes(batch=(1, 3)))
            def agree(shape):
                seen.add(next(iter(shape.values())))
                assert both.on(shape).cosine >= 0.9  # seeded weights: INT8 keeps less of a small image

            agree()
            assert len(seen) > 3

        def test_nothing_is_left():
            assert below() == []
        """,
    )
    suite.run().assert_outcomes(passed=3)


def test_files_are_given_what_they_leave_open_and_what_the_marker_bounds(suite: Suite) -> None:
    onnx_bytes.lookup(suite.pytester.path / "lookup.onnx")
    onnx_bytes.dense(suite.pytester.path / "fixed.onnx", dims=(1, 16))
    write(
        suite,
        """
        @pytest.mark.model("lookup.onnx", shape=(1, 12))
        def test_open(agreement):
            both = agreement("openvino-int8", over="openvino-fp32")
            assert both.model.shapes == {"ids": (1, 12), "attention_mask": (1, 12)}

            @few
            @given(both.shapes(batch=(1, 4), length=(1, 40)))
            def agree(shape):
                assert shape["ids"] == shape["attention_mask"]
                assert both.on(shape).cosine >= 0.98

            agree()

        @pytest.mark.model("fixed.onnx", shape=("1..4", 16))
        def test_bounded(agreement):
            both = agreement("openvino-fp16", over="openvino-fp32")
            assert both.on({"features": (3, 16)}).cosine >= 0.999
            both.on({"features": (5, 16)})

        @pytest.mark.model("fixed.onnx")
        def test_fixed(agreement):
            agreement("openvino-fp16", over="openvino-fp32")
        """,
    )
    result = suite.run()
    result.assert_outcomes(passed=1, failed=2)
    text = result.stdout.str()
    assert "features cannot be 5x16: it is (batch)x16." in text
    assert "what varies is batch (1 to 4)" in text
    assert "'fixed.onnx' takes one shape only: features 1x16." in text
    assert "Traceback" not in text


def test_a_disagreement_is_found_shrunk_and_told_with_its_shape_and_arms(suite: Suite) -> None:
    save_wrong_beyond_three(suite.pytester.path / "wrong.xml")
    write(
        suite,
        """
        @pytest.mark.model("wrong.xml", shape=(1, 8))
        def test_every_batch_agrees(agreement):
            both = agreement("openvino-fp16", over="openvino-fp32")

            @settings(max_examples=50, deadline=None, derandomize=True)
            @given(both.shapes(batch=(1, 30)))
            def agree(shape):
                assert both.on(shape).cosine >= 0.98

            agree()
        """,
    )
    result = suite.run()
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "shape={'features': (4, 8)}" in text
    assert "assert -1.0 >= 0.98" in text
    assert "where on = <wrong.xml: openvino-fp16 on CPU over openvino-fp32 on CPU>.on" in text
    assert "pytest_ovperf/session" not in text


def test_mistakes_are_told_in_plain_words_under_the_users_line(suite: Suite) -> None:
    write(
        suite,
        """
        @pytest.mark.model("tiny-bert")
        def test_outside(agreement):
            agreement("openvino-int8", over="openvino-fp32").shapes(length=(1, 65))

        @pytest.mark.model("tiny-bert")
        def test_own_batch(agreement):
            agreement("openvino-int8[batch=2]", over="openvino-fp32")

        @pytest.mark.model("tiny-bert")
        def test_setting(agreement):
            agreement("openvino-int8", over="openvino-fp32", prompt=4)

        @pytest.mark.model("tiny-bert")
        def test_itself(agreement):
            agreement("openvino-fp32", over="openvino-fp32")

        @pytest.mark.model("calls")
        def test_calls(agreement):
            agreement("shop.search:setup", over="shop.search:other")

        @pytest.mark.model("tiny-gpt2")
        def test_generation(agreement):
            agreement("genai-int8", over="pytorch-fp32")
        """,
    )
    result = suite.run()
    result.assert_outcomes(failed=6)
    result.stdout.fnmatch_lines(
        [
            "*length=(1, 65) goes beyond what it takes: 1 to 64.",
            "*openvino-int8[[]batch=2[]] is set to batch=2, and an agreement draws its shapes itself.",
            "*no setting 'prompt'*",
            "*'openvino-fp32' is compared with itself.",
            "*shop.search:setup is a function of your own: it makes one call, *",
            "*genai-int8 generates text, token by token: *",
        ]
    )
    assert "pytest_ovperf/" not in result.stdout.str()


def test_workers_of_xdist_may_compare_since_nothing_is_timed(suite: Suite) -> None:
    write(
        suite,
        """
        @pytest.mark.model("tiny-bert")
        @pytest.mark.parametrize("batch", [1, 2])
        def test_it(agreement, batch):
            both = agreement("openvino-int8", over="openvino-fp32")
            assert both.on(dict.fromkeys(both.model.shapes, (batch, 5))).cosine >= 0.98

        @pytest.mark.model("tiny-bert")
        def test_measuring(fidelity):
            fidelity("openvino-int8", over="openvino-fp32")
        """,
    )
    result = suite.run("-n2")
    result.assert_outcomes(passed=2, errors=1)
    assert "pytest-xdist runs tests in workers" in result.stdout.str()


def test_without_hypothesis_shapes_name_the_extra_and_everything_else_works(suite: Suite) -> None:
    suite.write(
        """
        import sys
        import pytest

        sys.modules["hypothesis"] = None

        @pytest.mark.model("tiny-bert")
        def test_it(agreement):
            both = agreement("openvino-int8", over="openvino-fp32")
            assert both.on(dict.fromkeys(both.model.shapes, (2, 5))).cosine >= 0.98
            both.shapes()
        """
    )
    result = suite.run("-p", "no:hypothesispytest")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "Drawing shapes needs the package 'hypothesis', which is not installed." in text
    assert 'pip install "pytest-ovperf[hypothesis]"' in text
