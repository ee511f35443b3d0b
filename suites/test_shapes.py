"""What open dimensions cost: the same model compiled for the one shape that comes, for bounds, and for anything."""

from __future__ import annotations

import pytest
from model_sets import in_full

MODELS = ["minilm", *(pytest.param(name, marks=in_full) for name in ("distilbert", "gpt2", "mobilenet_v2", "resnet50"))]


@pytest.mark.parametrize("model", MODELS, indirect=True)
@pytest.mark.parametrize("arm", ["openvino-fp32", pytest.param("openvino-int8", marks=in_full)])
def test_a_fixed_shape_pays(speedup, fidelity, baseline, arm):
    assert fidelity(f"{arm}[shape=static]", over=f"{arm}[shape=dynamic]").cosine >= 0.999
    assert speedup(f"{arm}[shape=static]", over=f"{arm}[shape=dynamic]") >= baseline


@in_full
@pytest.mark.parametrize("model", ["minilm", "distilbert", "gpt2"], indirect=True)
def test_bounds_instead_of_anything(speedup, baseline):
    assert speedup("openvino-fp32[shape=1..8x1..512]", over="openvino-fp32[shape=dynamic]") >= baseline
