"""GPT-2 writing text: greedily, 32 tokens after prompts of 64, OpenVINO over PyTorch and compressed weights over FP32.

The time to the first token is that at which the caller has it, in every engine alike; rates count what all prompts of a
batch produced. `openvino-…` generates through optimum-intel, `genai-…` through OpenVINO GenAI's LLMPipeline.
"""

from __future__ import annotations

import pytest
from model_sets import in_full

pytestmark = pytest.mark.model("gpt2")
WORK = {"prompt": 64, "new_tokens": 32}
PADDED = {"prompt": (16, 64), "new_tokens": 32}  # prompts of unequal length, padded on the left

all_metrics = pytest.mark.parametrize("metric", ["ttft", "tpot", "tokens_per_second"])
batches = pytest.mark.parametrize("batch", [1, 4, 8])


@in_full
@all_metrics
def test_openvino_beats_pytorch(speedup, baseline, metric):
    assert speedup("openvino-fp32", over="pytorch-fp32", metric=metric, **WORK) >= baseline


def test_genai_int8_beats_pytorch(speedup, baseline):
    assert speedup("genai-int8", over="pytorch-fp32", metric="tokens_per_second", batch=4, **WORK) >= baseline


@in_full
@all_metrics
@batches
def test_genai_beats_pytorch(speedup, baseline, metric, batch):
    assert speedup("genai-fp32", over="pytorch-fp32", metric=metric, batch=batch, **WORK) >= baseline


@in_full
@all_metrics
@pytest.mark.parametrize("arm", ["genai-int8", "genai-int4", "genai-bf16"])
def test_smaller_weights_pay(speedup, baseline, metric, arm):
    assert speedup(arm, over="genai-fp32", metric=metric, **WORK) >= baseline


@in_full
@pytest.mark.parametrize("arm", ["openvino-int8", "openvino-int4", "openvino-bf16"])
def test_smaller_weights_pay_through_optimum(speedup, baseline, arm):
    assert speedup(arm, over="openvino-fp32", metric="tokens_per_second", **WORK) >= baseline


@in_full
def test_pytorch_in_bf16(speedup, baseline):
    assert speedup("pytorch-bf16", over="pytorch-fp32", metric="tokens_per_second", **WORK) >= baseline


@in_full
@pytest.mark.parametrize("batch", [4, 8])
@pytest.mark.parametrize("arm", ["pytorch-fp32", "openvino-int8", "genai-int8"])
def test_requests_together_over_one_by_one(speedup, baseline, arm, batch):
    measured = speedup(f"{arm}[batch={batch}]", over=f"{arm}[batch=1]", metric="requests_per_second", **WORK)
    assert measured >= baseline


@in_full
@pytest.mark.parametrize("batch", [4, 8])
def test_prompts_of_unequal_length(speedup, baseline, batch):
    measured = speedup("genai-int8", over="pytorch-fp32", metric="tokens_per_second", batch=batch, **PADDED)
    assert measured >= baseline


@in_full
def test_the_cache_pays(speedup, baseline):
    measured = speedup("genai-int8[cache=warm]", over="genai-int8[cache=cold]", metric="first_inference", **WORK)
    assert measured >= baseline


@in_full
@pytest.mark.parametrize("metric", ["load_time", "first_inference", "peak_memory", "model_size"])
def test_deploying_over_pytorch(speedup, baseline, metric):
    assert speedup("genai-int8", over="pytorch-fp32", metric=metric, **WORK) >= baseline


@in_full
@pytest.mark.parametrize("arm", ["genai-int8", "genai-int4"])
def test_deploying_over_fp32(speedup, baseline, arm):
    assert speedup(arm, over="genai-fp32", metric="model_size", **WORK) >= 3.0
    assert speedup(arm, over="genai-fp32", metric="peak_memory", **WORK) >= baseline
