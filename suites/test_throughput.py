"""When requests keep coming: what the hint, streams, threads, batches and INT8 give, and OpenVINO over PyTorch.

Throughput is samples a second. OpenVINO's requests are kept in flight by a queue, as many of them as the device asks
for; PyTorch is called again as soon as it is done, with all threads for each call.
"""

from __future__ import annotations

import pytest
from model_sets import WITHOUT_GPT2, models


@models(quick=["mobilenet_v2"])
def test_the_throughput_hint_pays(speedup, baseline):
    measured = speedup("openvino-fp32[hint=throughput]", over="openvino-fp32[hint=latency]", metric="throughput")
    assert measured >= baseline


@models()
@pytest.mark.parametrize("streams", [2, 4, "auto"])
def test_streams_over_one(speedup, baseline, streams):
    measured = speedup(f"openvino-fp32[streams={streams}]", over="openvino-fp32[streams=1]", metric="throughput")
    assert measured >= baseline


@models()
@pytest.mark.parametrize("metric", ["latency", "throughput"])
def test_all_threads_over_one(speedup, baseline, metric):
    assert speedup("openvino-fp32", over="openvino-fp32[threads=1]", metric=metric) >= baseline


@models()
def test_a_batch_of_8_pays(speedup, baseline):
    """A sample of a batch is compared with a sample by itself: whether waiting for a batch is worth it."""
    assert speedup("openvino-fp32[batch=8]", over="openvino-fp32[batch=1]", metric="throughput") >= baseline


@models(full=WITHOUT_GPT2)  # whose scores of every word after every token would be 400 MB a request
@pytest.mark.parametrize("arm", ["openvino-fp32", "openvino-int8", "pytorch-fp32"])
def test_a_batch_of_32_pays(speedup, baseline, arm):
    assert speedup(f"{arm}[batch=32]", over=f"{arm}[batch=1]", metric="throughput") >= baseline


@models(default=["distilbert"])
def test_int8_pays(speedup, fidelity, baseline):
    assert fidelity("openvino-int8", over="openvino-fp32").cosine >= 0.97
    assert speedup("openvino-int8", over="openvino-fp32", metric="throughput") >= baseline


@models()
def test_openvino_beats_pytorch(speedup, fidelity, baseline):
    assert fidelity("openvino-fp32", over="pytorch-fp32").cosine >= 0.9999
    assert speedup("openvino-fp32", over="pytorch-fp32", metric="throughput") >= baseline


@models(full=WITHOUT_GPT2)
def test_openvino_beats_pytorch_in_batches(speedup, baseline):
    assert speedup("openvino-fp32", over="pytorch-fp32", metric="throughput", batch=8) >= baseline
