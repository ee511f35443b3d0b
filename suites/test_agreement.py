"""Arms of one model agree on whatever shape it is given. Nothing is timed; needs hypothesis, which `all` brings."""

from __future__ import annotations

import pytest
from model_sets import WITHOUT_GPT2, in_full

hypothesis = pytest.importorskip("hypothesis")


@pytest.mark.model("minilm")
def test_int8_is_near_fp32_on_every_shape(agreement):
    both = agreement("openvino-int8", over="openvino-fp32")

    @hypothesis.settings(max_examples=10, deadline=None, derandomize=True)
    @hypothesis.given(both.shapes(batch=(1, 4), length=(1, 64)))
    def agree(shape):
        assert both.on(shape).cosine >= 0.98

    agree()


@in_full
@pytest.mark.parametrize("model", WITHOUT_GPT2, indirect=True)
def test_openvino_is_pytorch_on_every_shape(agreement):
    both = agreement("openvino-fp32", over="pytorch-fp32")

    @hypothesis.settings(max_examples=20, deadline=None, derandomize=True)
    @hypothesis.given(both.shapes(batch=(1, 4)))
    def agree(shape):
        assert both.on(shape).cosine >= 0.9999

    agree()
