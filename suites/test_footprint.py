"""What a deployment takes: bytes of the model's files, and memory at its highest.

Memory is that of a fresh process, above what it had once the packages were imported.
"""

from __future__ import annotations

import pytest
from model_sets import CATALOGUE, models


@models(quick=["minilm"], default=CATALOGUE)
def test_fp16_weights_halve_the_files(speedup, fidelity):
    assert fidelity("openvino-fp16", over="openvino-fp32").cosine >= 0.999
    assert speedup("openvino-fp16", over="openvino-fp32", metric="model_size") >= 1.9


@models(quick=["minilm"], default=CATALOGUE)
def test_int8_makes_the_files_smaller(speedup):
    assert speedup("openvino-int8", over="openvino-fp32", metric="model_size") >= 3.0


@models()
def test_memory_over_pytorch(speedup, baseline):
    assert speedup("openvino-fp32", over="pytorch-fp32", metric="peak_memory") >= baseline


@models()
@pytest.mark.parametrize("arm", ["openvino-int8", "openvino-fp16"])
def test_memory_over_fp32(speedup, baseline, arm):
    assert speedup(arm, over="openvino-fp32", metric="peak_memory") >= baseline


@models()
def test_memory_of_the_throughput_hint(speedup, baseline):
    """Below 1 where more streams need more memory."""
    measured = speedup("openvino-fp32[hint=throughput]", over="openvino-fp32[hint=latency]", metric="peak_memory")
    assert measured >= baseline
