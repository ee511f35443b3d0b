"""Text generation with real engines in their worker processes, on a language model small enough for a test."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.engines.feeding import read_inputs
from pytest_ovperf.engines.openvino import compile_model
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.records import ArmFacts, Block
from pytest_ovperf.session.arms import Arms, build_in_worker
from pytest_ovperf.stats.costs import block_cost
from pytest_ovperf.stats.fidelity import compare
from pytest_ovperf.worker.arm import ArmWorker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.engines.protocol import LoadRequest

NEW_TOKENS = 6
PROMPT = (5, 12)
FP32 = ["openvino-fp32", "genai-fp32"]
ALL = ["pytorch-fp32", "pytorch-bf16", *FP32, "openvino-int8", "openvino-int4", "genai", "genai-int8", "genai-int4"]


class Generating:
    """Opens arms of tiny-gpt2, each once, and keeps what they told."""

    def __init__(self, cache: Path) -> None:
        library = ModelLibrary(
            ArtefactCache(cache), lambda job, target: build_in_worker(job, target, lambda _: None), lambda _: None
        )
        self._arms = Arms(library, 2, contextlib.nullcontext)
        self._told: dict[str, tuple[ArmFacts, Block, Mapping[str, Any]]] = {}

    def request(self, name: str) -> tuple[Arm, LoadRequest]:
        spec = resolve("tiny-gpt2", shape=None, base=Path())
        arm = parse_arm(name, "CPU")
        kind = WorkloadKind.GENERATE
        return arm, self._arms.prepare(spec, arm, kind=kind, prompt=PROMPT, new_tokens=NEW_TOKENS)[1][arm]

    def of_fixed_shape(self, shape: tuple[int, int]) -> LoadRequest:
        """Return the request for one pass without a cache of past keys, compiled for that shape."""
        spec = resolve("tiny-gpt2", shape=shape, base=Path())
        arm = parse_arm("openvino-fp32", "CPU")
        return self._arms.prepare(spec, arm)[1][arm]

    def told(self, name: str) -> tuple[ArmFacts, Block, Mapping[str, Any]]:
        if name not in self._told:
            arm, request = self.request(name)
            with ArmWorker.start(arm, request) as worker:
                self._told[name] = (worker.loaded(), worker.block(1, 2), worker.outputs())
        return self._told[name]

    def facts(self, name: str) -> ArmFacts:
        return self.told(name)[0]

    def block(self, name: str) -> Block:
        return self.told(name)[1]

    def outputs(self, name: str) -> Mapping[str, Any]:
        return self.told(name)[2]


@pytest.fixture(scope="module")
def generating(model_cache: Path) -> Generating:
    return Generating(model_cache)


@pytest.mark.parametrize("arm", ALL)
def test_every_arm_generates_as_many_tokens_as_asked_for(generating: Generating, arm: str) -> None:
    assert generating.outputs(arm)["tokens"].shape == (1, NEW_TOKENS)


@pytest.mark.parametrize("arm", [*ALL, "genai-int8[batch=3]"])
def test_the_first_token_comes_before_the_rest(generating: Generating, arm: str) -> None:
    block = generating.block(arm)
    assert len(block.first_ns) == len(block.latency_ns) >= 2
    assert all(0 < first < whole for first, whole in zip(block.first_ns, block.latency_ns, strict=True))


def test_the_numbers_reconcile(generating: Generating) -> None:
    block = generating.block("genai-int8[batch=3]")
    one = Block(block.latency_ns[:1], items=block.items, first_ns=block.first_ns[:1], tokens=block.tokens)
    ttft_ns, tpot_ns = block_cost(one, Metric.TTFT), block_cost(one, Metric.TPOT)
    call_ns = block_cost(one, Metric.TOKENS_PER_SECOND) * 3 * NEW_TOKENS
    assert ttft_ns + (NEW_TOKENS - 1) * tpot_ns == pytest.approx(call_ns)
    assert block_cost(one, Metric.REQUESTS_PER_SECOND) * 3 == pytest.approx(call_ns)


@pytest.mark.parametrize("arm", [*FP32, "genai-fp32[batch=3]", "openvino-fp32[batch=3]"])
def test_in_fp32_the_engines_generate_the_same_tokens(generating: Generating, arm: str) -> None:
    batch = "[batch=3]" if "batch" in arm else ""
    found = compare(generating.outputs(arm), generating.outputs(f"pytorch-fp32{batch}"))
    assert found.top1 == 1.0
    assert found.cosine > 0.999999


def test_the_tokens_are_no_repetition_of_the_last_one(generating: Generating) -> None:
    tokens = generating.outputs("pytorch-fp32[batch=3]")["tokens"]
    assert len(np.unique(tokens)) > 3


@pytest.mark.parametrize("arm", ["openvino-int8", "genai-int8", "openvino-int4", "genai-int4"])
def test_smaller_weights_stay_near(generating: Generating, arm: str) -> None:
    assert compare(generating.outputs(arm), generating.outputs("pytorch-fp32")).cosine > 0.98


@pytest.mark.parametrize("arm", ["pytorch-fp32", "openvino-fp32", "genai-fp32"])
def test_a_padded_prompt_is_continued_as_it_is_alone(generating: Generating, arm: str) -> None:
    alone, together = (generating.outputs(f"{arm}{batch}")["tokens"] for batch in ("", "[batch=3]"))
    assert together.shape == (3, NEW_TOKENS)
    assert (together[:1] == alone).all()


@pytest.mark.parametrize(
    ("arm", "precision", "kv_cache"),
    [("openvino-fp32", "f32", "f16"), ("genai-fp32", "f32", "f16"), ("genai-int8", "f32", "u8")],
)
def test_precision_and_cache_of_past_keys_are_read_back(
    generating: Generating, arm: str, precision: str, kv_cache: str
) -> None:
    facts = generating.facts(arm)
    assert (facts.precision, facts.settings["KV_CACHE_PRECISION"]) == (precision, kv_cache)
    assert (facts.devices, facts.threads) == (("CPU",), 2)


def test_an_arm_can_say_what_its_cache_of_past_keys_is_kept_in(generating: Generating) -> None:
    assert generating.facts("genai-int8[KV_CACHE_PRECISION=f16]").settings["KV_CACHE_PRECISION"] == "f16"


def test_smaller_weights_are_smaller_files(generating: Generating) -> None:
    sizes = []
    for arm in ("genai-fp32", "genai-int8", "genai-int4"):
        ir = generating.request(arm)[1].ir
        assert ir is not None
        sizes.append(ir.with_suffix(".bin").stat().st_size)
    assert sizes == sorted(sizes, reverse=True)


def test_no_tokenizer_is_needed(generating: Generating) -> None:
    ir = generating.request("genai-int8")[1].ir
    assert ir is not None
    assert not [path.name for path in ir.parent.iterdir() if "tokenizer" in path.name]


def test_one_fixed_shape_generates_the_same_text(generating: Generating) -> None:
    """A device without dynamic shapes: every step is a whole pass over a window of one length, compiled for it."""
    _, request = generating.request("openvino-fp32")
    prompt = read_inputs(request)["input_ids"]
    window = prompt.shape[1] + NEW_TOKENS
    compiled = compile_model(generating.of_fixed_shape((1, window)))
    assert all(port.partial_shape.is_static for port in compiled.inputs)
    ids = np.zeros((1, window), np.int64)
    ids[:, : prompt.shape[1]] = prompt
    for place in range(prompt.shape[1], window):
        known = (np.arange(window) < place).astype(np.int64)[None]
        given = {"input_ids": ids, "attention_mask": known, "position_ids": np.arange(window)[None]}
        ids[:, place] = compiled(given)["logits"][:, place - 1].argmax(axis=-1)
    assert (ids[:, prompt.shape[1] :] == generating.outputs("pytorch-fp32")["tokens"]).all()
