"""OpenVINO over ONNX Runtime, which many would take instead: the same model as ONNX, in FP32, on the same threads."""

from __future__ import annotations

from model_sets import models


@models(default=["minilm", "mobilenet_v2"])
def test_openvino_beats_onnxruntime(speedup, fidelity, baseline):
    assert fidelity("openvino-fp32", over="onnxruntime-fp32").cosine >= 0.9999
    assert speedup("openvino-fp32", over="onnxruntime-fp32") >= baseline


@models()
def test_int8_over_onnxruntime(speedup, fidelity, baseline):
    assert fidelity("openvino-int8", over="onnxruntime-fp32").cosine >= 0.97
    assert speedup("openvino-int8", over="onnxruntime-fp32") >= baseline
