"""What is read of the words that a GenAI pipeline prints about its model."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.engines.genai_facts import read_printed, reporting
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Tuning
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pytest_ovperf.records import ArmFacts

PRINTED = """\
SchedulerConfig {
  max_num_batched_tokens: 256
  enable_prefix_caching: false
 }
Model: LLM with Paged Attention
  NETWORK_NAME: Model0
  NUM_STREAMS: 1
  INFERENCE_NUM_THREADS: 2
  INFERENCE_PRECISION_HINT: f32
  PERFORMANCE_HINT: LATENCY
  ENABLE_CPU_PINNING: YES
  ENABLE_HYPER_THREADING: NO
  EXECUTION_DEVICES: CPU
  MODEL_DISTRIBUTION_POLICY:
  KV_CACHE_PRECISION: u8
EXECUTION_DEVICES:
 CPU: Some Processor
"""
PACKAGES = (SimpleNamespace(get_version=lambda: "2026.1"), SimpleNamespace(get_version=lambda: "2026.1.0"))


def facts_of(printed: str, tuning: Tuning | None = None) -> ArmFacts:
    request = request_of("genai-int8", kind=WorkloadKind.GENERATE, tuning=tuning or Tuning())
    return read_printed(printed, request, 12, PACKAGES)


def test_precision_threads_streams_and_devices_are_what_was_printed() -> None:
    facts = facts_of(PRINTED)
    assert (facts.precision, facts.threads, facts.streams, facts.devices) == ("f32", 2, 1, ("CPU",))


def test_what_the_cache_of_past_keys_is_kept_in_is_told() -> None:
    assert facts_of(PRINTED).settings["KV_CACHE_PRECISION"] == "u8"


def test_settings_are_written_as_the_tuning_writes_them() -> None:
    settings = facts_of(PRINTED).settings
    assert (settings["hint"], settings["pinning"], settings["hyper_threading"]) == ("latency", "on", "off")


@pytest.mark.parametrize(("words", "backend"), [("LLM with Paged Attention", "PA"), ("Stateful LLM model", "SDPA")])
def test_the_kind_of_attention_is_told(words: str, backend: str) -> None:
    printed = PRINTED.replace("LLM with Paged Attention", words)
    assert facts_of(printed).settings["ATTENTION_BACKEND"] == backend


def test_of_several_models_the_last_counts() -> None:
    tokenizer = "Model: Tokenizer\n  INFERENCE_PRECISION_HINT: bf16\n"
    assert facts_of(tokenizer + PRINTED).precision == "f32"


def test_without_a_word_nothing_is_claimed() -> None:
    facts = facts_of("")
    assert (facts.precision, facts.threads, facts.settings) == ("unknown", 0, {})


def test_a_property_of_the_tuning_is_read_back_by_its_own_name() -> None:
    tuned = Tuning.of({"KV_CACHE_PRECISION": "u8"})
    assert facts_of(PRINTED, tuned).settings["KV_CACHE_PRECISION"] == "u8"


def test_both_packages_tell_their_versions() -> None:
    assert facts_of(PRINTED).versions == {"openvino": "2026.1", "openvino-genai": "2026.1.0"}


def test_genai_is_asked_to_print_while_it_compiles_and_not_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENVINO_LOG_LEVEL", raising=False)
    with reporting():
        assert os.environ["OPENVINO_LOG_LEVEL"] == "2"
    assert "OPENVINO_LOG_LEVEL" not in os.environ


def test_what_the_user_set_is_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENVINO_LOG_LEVEL", "5")
    with reporting():
        pass
    assert os.environ["OPENVINO_LOG_LEVEL"] == "5"
