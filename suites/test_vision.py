"""Image classifiers: OpenVINO over PyTorch, INT8 and BF16 over FP32, each with its fidelity."""

from __future__ import annotations

import pytest

quick, full = pytest.mark.ovperf(set="quick"), pytest.mark.ovperf(set="full")


@pytest.mark.parametrize("model", ["mobilenet_v2", "resnet50"], indirect=True)
def test_openvino_beats_pytorch(speedup, fidelity, baseline):
    assert fidelity("openvino-fp32", over="pytorch-fp32").cosine >= 0.9999
    assert speedup("openvino-fp32", over="pytorch-fp32") >= baseline


@pytest.mark.parametrize("model", [pytest.param("mobilenet_v2", marks=quick), "resnet50"], indirect=True)
def test_int8_pays(speedup, fidelity, baseline):
    assert fidelity("openvino-int8", over="openvino-fp32").cosine >= 0.97
    assert speedup("openvino-int8", over="openvino-fp32") >= baseline


@full
@pytest.mark.parametrize("model", ["mobilenet_v2", "resnet50"], indirect=True)
def test_bf16_over_fp32(speedup, fidelity, baseline):
    assert fidelity("openvino-bf16", over="openvino-fp32").cosine >= 0.99
    assert speedup("openvino-bf16", over="openvino-fp32") >= baseline
