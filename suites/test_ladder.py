"""From PyTorch to what OpenVINO can do, rung by rung: all of them in one run, in turn, and in one table."""

from __future__ import annotations

import pytest
from model_sets import in_full

pytestmark = pytest.mark.model("gpt2")
WORK = {"prompt": 64, "new_tokens": 32}

RUNGS = [
    "pytorch-fp32",
    "openvino-fp32",
    "openvino",  # whatever precision the device chooses by itself
    "openvino-int8",
    "openvino-int4",
    "genai-int8",
    "pytorch-fp32[batch=8]",
    "genai-int8[batch=8]",
    "pytorch-fp32[batch=32]",
    "genai-int8[batch=32]",
]


@in_full
def test_the_last_rung_is_ten_times_pytorch(ladder):
    rungs = ladder(RUNGS, **WORK)
    assert rungs["genai-int8[batch=32]"].factor >= 10


@in_full
def test_the_cache_shortens_the_way_to_the_first_text(ladder):
    """What a cached compilation gives is here, and nowhere in tokens a second: loading, and one text."""
    loading = ["genai-int8[cache=cold]", "genai-int8[cache=warm]", "pytorch-fp32"]
    rungs = ladder(loading, metric="first_inference", also=("load_time",), **WORK)
    assert rungs["genai-int8[cache=warm]"].factor >= 1


@in_full
def test_together_they_write_over_150_tokens_and_answer_10_requests_a_second(measure):
    """Absolute figures hold for one machine; these are goals for a processor of two cores."""
    together = measure("genai-int8", batch=32, **WORK)
    assert together.tokens_per_second >= 150
    assert together.requests_per_second >= 10


@in_full
def test_alone_the_first_token_comes_within_200_ms(measure):
    assert measure("genai-int8", **WORK).ttft <= 0.2


@in_full
@pytest.mark.xfail(strict=True, reason="569 MB were seen: loading and compiling take more than the weights")
def test_memory_stays_below_300_mb(measure):
    assert measure("genai-int8", **WORK).peak_memory <= 300e6
