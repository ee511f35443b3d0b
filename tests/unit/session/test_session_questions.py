"""What a test asks, put together: which kind of model is measured, on which workload, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.errors import ArmError, ArmUnavailableError, ModelError, OvperfError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.session.questions import Question, ask, compared, metric_of_outputs, output_arm, require_different
from pytest_ovperf.tuning import CacheUse, Tuning

if TYPE_CHECKING:
    from collections.abc import Sequence


#: A function that a worker would find, by its import path.
OWN = "tests.unit.engines.own_functions:plain"


def anything(_arm: Arm, _kind: WorkloadKind) -> None:
    """Take any tuning."""


def question(
    *arms: str,
    metric: str,
    model: str = "tiny-gpt2",
    shape: Sequence[int | str] | None = None,
    prompt: object = None,
    new_tokens: object = None,
) -> Question:
    spec = resolve(model, shape=shape, base=Path())
    parsed = [parse_arm(name, "CPU") for name in arms]
    return ask(spec, parsed, metric, prompt=prompt, new_tokens=new_tokens, tunable=anything)


def test_an_inference_is_asked_of_the_models_own_shape() -> None:
    asked = question("openvino-int8", "openvino-fp32", metric="throughput", model="tiny-bert")
    assert asked.generation is None
    assert str(asked.workload) == "stream 1x16"
    assert str(compared(asked)) == "openvino-int8 over openvino-fp32, throughput of tiny-bert (stream 1x16)"


def test_a_generation_is_asked_of_prompts_and_new_tokens() -> None:
    asked = question("genai-int8", "pytorch-fp32", metric="ttft", prompt=(4, 16), new_tokens=9)
    shapes = {"input_ids": (1, 16), "attention_mask": (1, 16)}
    assert asked.workload == Workload(WorkloadKind.GENERATE, shapes, 9, 4)
    assert str(asked.workload) == "generate 1x4..16+9"


@pytest.mark.parametrize(("new_tokens", "prompt"), [(None, 16), (60, 4), (63, 1)])
def test_a_prompt_that_nobody_gave_is_the_models_own_as_far_as_the_context_holds_it(
    new_tokens: object, prompt: int
) -> None:
    found = question("openvino-int8", metric="tpot", new_tokens=new_tokens).generation
    assert found is not None
    assert found.prompt == (prompt, prompt)


@pytest.mark.parametrize(
    ("arms", "told", "generates"),
    [
        (["openvino-int8", "openvino-fp32"], {}, False),
        (["genai-int8", "openvino-fp32"], {}, True),
        (["openvino-int4", "openvino-fp32"], {}, True),
        (["openvino-int8", "openvino-fp32"], {"prompt": 8}, True),
    ],
)
@pytest.mark.parametrize("metric", ["load_time", "peak_memory", "model_size"])
def test_what_is_loaded_generates_where_an_arm_can_do_nothing_else_or_a_prompt_is_given(
    arms: list[str],
    told: dict[str, object],
    generates: bool,  # noqa: FBT001
    metric: str,
) -> None:
    assert (question(*arms, metric=metric, **told).generation is not None) is generates  # type: ignore[arg-type]


def test_files_are_the_same_however_they_are_run() -> None:
    asked = question("openvino-fp32[batch=8,streams=2]", metric="model_size")
    assert asked.arms == (parse_arm("openvino-fp32", "CPU"),)


def test_a_cached_load_has_a_warm_cache_and_pytorch_has_none() -> None:
    ours, theirs = question("openvino-fp32", "pytorch-fp32", metric="cached_load_time").arms
    assert ours.tuning.cache is CacheUse.WARM
    assert not theirs.tuning


@pytest.mark.parametrize(
    ("metric", "told", "said"),
    [
        ("latency", {"prompt": 8}, "latency is not about text"),
        ("throughput", {"new_tokens": 8}, "throughput is not about text"),
        ("ttft", {"prompt": 33, "new_tokens": 32}, "holds 64 tokens, and a prompt of 33 with 32 new ones takes 65"),
        ("ttft", {"prompt": "long"}, "is no number of tokens"),
        ("ttft", {"prompt": True}, "is no number of tokens"),
        ("ttft", {"prompt": (1, 2, 3)}, "is no range"),
        ("ttft", {"new_tokens": 0}, "new_tokens=0 is no number of tokens"),
        ("tpot", {"new_tokens": 1}, "no time between two"),
        ("speed", {}, "There is no metric 'speed'"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(metric: str, told: dict[str, object], said: str) -> None:
    with pytest.raises((ArmError, ModelError), match=said) as caught:
        question("openvino-int8", metric=metric, **told)  # type: ignore[arg-type]
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("model", "shape", "said"),
    [
        ("tiny-bert", None, "tiny-bert generates no text"),
        ("tiny-mobilenet_v2", None, "generates no text"),
        ("tiny-gpt2", (1, 8), "is fixed to the shape 1x8"),
        ("tiny-gpt2", (1, "2..8"), "is fixed to the shape 1x2..8"),
    ],
)
def test_a_model_that_cannot_generate_is_refused(model: str, shape: Sequence[int | str] | None, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        question("openvino-int8", metric="ttft", model=model, shape=shape)


@pytest.mark.parametrize(
    ("arm", "metric", "said"),
    [
        ("genai-int8", "latency", "generates text and nothing else"),
        ("openvino-int4", "throughput", "compressed weights of a model that generates"),
        ("pytorch-fp32", "export_time", "is not exported"),
        ("onnxruntime-fp32", "tokens_per_second", "continues no prompts: there is no tokens_per_second"),
        (OWN, "ttft", "makes one call and continues no prompts"),
        (OWN, "model_size", "loads what it likes: there is no model_size of it"),
        (OWN, "export_time", "there is no export_time of it"),
        ("openvino-fp32[streams=2]", "latency", "one stream works and the others idle"),
        ("openvino-fp32[streams=auto]", "ttft", "one stream works and the others idle"),
        ("openvino-fp32[streams=2,mode=sync]", "throughput", "one stream works and the others idle"),
        ("openvino-fp32[cache=warm]", "throughput", "only while a model is loaded"),
        ("openvino-fp32[cache=cold]", "cached_load_time", "with a warm cache"),
        ("openvino-fp32[shape=static]", "tpot", "a text grows with each token"),
    ],
)
def test_a_setting_that_means_nothing_for_the_metric_is_refused(arm: str, metric: str, said: str) -> None:
    with pytest.raises(ArmError, match=said):
        question(arm, metric=metric)


@pytest.mark.parametrize(
    ("arm", "metric"),
    [
        ("openvino-fp32[streams=1]", "latency"),
        ("openvino-fp32[hint=throughput]", "latency"),
        ("openvino-fp32[streams=2]", "peak_memory"),
        ("openvino-fp32[cache=cold]", "first_inference"),
        ("openvino-fp32[shape=static]", "latency"),
        ("pytorch-fp32[mode=async,requests=2]", "throughput"),
        (f"{OWN}[threads=1]", "latency"),
        (OWN, "cached_load_time"),
    ],
)
def test_a_setting_that_means_something_is_taken(arm: str, metric: str) -> None:
    assert question(arm, metric=metric).arms == (parse_arm(arm, "CPU"),)


def test_functions_are_compared_without_any_model() -> None:
    asked = question(OWN, OWN, metric="latency", model="calls")
    assert str(asked.workload) == "infer"
    assert str(compared(asked)) == f"{OWN} over {OWN}, latency of calls (infer)"


@pytest.mark.parametrize(
    ("arm", "said", "remedy"),
    [
        ("openvino-fp32", "There is no model that openvino-fp32 could run", "Name a model with @pytest.mark.model"),
        ("onnxruntime-fp32", "There is no model that onnxruntime-fp32 could run", "by their import paths"),
        (f"{OWN}[batch=4]", "there is no model whose inputs could be made a batch of 4", "Leave batch out"),
        ("nowhere_at_all:setup", "there is no module 'nowhere_at_all'", "Mend the import path"),
    ],
)
def test_without_a_model_there_is_nothing_for_what_takes_one(arm: str, said: str, remedy: str) -> None:
    with pytest.raises((ArmError, ModelError), match=re.escape(said)) as refused:
        question(arm, metric="latency", model="calls")
    assert remedy in refused.value.remedy


def test_what_a_device_does_not_take_is_refused_before_the_model_is_asked_for() -> None:
    def nothing(arm: Arm, _kind: WorkloadKind) -> None:
        raise ArmUnavailableError(f"{arm.name}: no.", remedy="Leave it out.")

    spec = resolve("tiny-bert", shape=None, base=Path())
    with pytest.raises(ArmUnavailableError, match="openvino-fp32: no"):
        ask(spec, [parse_arm("openvino-fp32", "CPU")], "latency", tunable=nothing)


def test_an_arm_is_not_compared_with_itself() -> None:
    arm = parse_arm("openvino-fp32[streams=2]", "CPU")
    with pytest.raises(ArmError, match="compared with itself"):
        require_different(arm, parse_arm("openvino-fp32", "CPU", Tuning(streams=2)))
    require_different(arm, parse_arm("openvino-fp32", "CPU"))


def test_outputs_do_not_depend_on_how_fast_they_are_made() -> None:
    arm = parse_arm("openvino-fp32[hint=throughput,streams=2,threads=1,batch=4,execution_mode=accuracy]", "CPU")
    assert output_arm(arm).name == "openvino-fp32[execution_mode=accuracy,batch=4]"


@pytest.mark.parametrize(
    ("arms", "told", "metric"),
    [
        (["openvino-int8", "openvino-fp32"], False, Metric.LATENCY),
        (["openvino-int8", "openvino-fp32"], True, Metric.TOKENS_PER_SECOND),
        (["genai-int8", "openvino-fp32"], False, Metric.TOKENS_PER_SECOND),
    ],
)
def test_outputs_are_those_of_a_generation_where_there_is_one(arms: list[str], told: bool, metric: Metric) -> None:  # noqa: FBT001
    assert metric_of_outputs([parse_arm(name, "CPU") for name in arms], told=told) is metric


@given(
    prompt=st.one_of(st.integers(-2, 70), st.tuples(st.integers(-2, 70), st.integers(-2, 70)), st.text(max_size=2)),
    new_tokens=st.integers(-2, 70),
)
def test_whatever_is_asked_fits_the_context_or_is_refused_with_a_remedy(prompt: object, new_tokens: int) -> None:
    try:
        generation = question("openvino-int8", metric="ttft", prompt=prompt, new_tokens=new_tokens).generation
    except OvperfError as error:
        assert error.remedy  # noqa: PT017  (one of many outcomes)
        return
    assert generation is not None
    assert 1 <= generation.shortest <= generation.longest
    assert generation.longest + generation.new_tokens <= 64
