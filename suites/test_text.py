"""Text models: OpenVINO over PyTorch, INT8 and BF16 over FP32, each with its fidelity.

`pytest --ov-set=quick` takes the tests that are marked so; `--ov-set=full` takes all.
"""

from __future__ import annotations

import pytest

quick, full = pytest.mark.ovperf(set="quick"), pytest.mark.ovperf(set="full")

minilm = pytest.param("minilm", marks=quick)
gpt2_step = pytest.mark.model("gpt2", shape=(1, 64))  # one forward pass over 64 tokens, nothing generated


@pytest.mark.parametrize("model", [minilm, pytest.param("distilbert", marks=full)], indirect=True)
def test_openvino_beats_pytorch(speedup, fidelity, baseline):
    assert fidelity("openvino-fp32", over="pytorch-fp32").cosine >= 0.9999
    assert speedup("openvino-fp32", over="pytorch-fp32") >= baseline


@pytest.mark.parametrize("model", [minilm, "distilbert"], indirect=True)
def test_int8_pays(speedup, fidelity, baseline):
    assert fidelity("openvino-int8", over="openvino-fp32").cosine >= 0.98
    assert speedup("openvino-int8", over="openvino-fp32") >= baseline


@full
@pytest.mark.parametrize("model", ["minilm", "distilbert"], indirect=True)
def test_bf16_over_fp32(speedup, fidelity, baseline):
    assert fidelity("openvino-bf16", over="openvino-fp32").cosine >= 0.99
    assert speedup("openvino-bf16", over="openvino-fp32") >= baseline


@gpt2_step
def test_gpt2_openvino_beats_pytorch(speedup, fidelity, baseline):
    assert fidelity("openvino-fp32", over="pytorch-fp32").cosine >= 0.9999
    assert speedup("openvino-fp32", over="pytorch-fp32") >= baseline


@full
@gpt2_step
def test_gpt2_int8_weights_pay(speedup, fidelity, baseline):
    assert fidelity("openvino-int8", over="openvino-fp32").cosine >= 0.99
    assert speedup("openvino-int8", over="openvino-fp32") >= baseline


@full
@gpt2_step
@pytest.mark.ovperf(tolerance=10)  # differs by a tenth from launch to launch where the processor has no AMX
def test_gpt2_bf16_over_fp32(speedup, fidelity, baseline):
    assert fidelity("openvino-bf16", over="openvino-fp32").cosine >= 0.99
    assert speedup("openvino-bf16", over="openvino-fp32") >= baseline
