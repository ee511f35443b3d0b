"""What can be asked of which arm and model: a metric or a setting that would mean nothing is refused, not ignored.

What a device and an engine can be tuned by is `hardware.tunable`'s business; here it is about what is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_ovperf.arms import Engine, Precision
from pytest_ovperf.errors import ArmError, ModelError
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.tuning import CacheUse, Mode

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm
    from pytest_ovperf.models.spec import ModelSpec

#: What takes requests one after the other, so that more than one stream would idle.
_ONE_AFTER_THE_OTHER: Final = (WorkloadKind.INFER, WorkloadKind.GENERATE)


def check_question(arm: Arm, metric: Metric, *, generates: bool) -> None:
    """Raise `ArmError` where ``arm`` cannot be asked for ``metric``, or is tuned by what means nothing for it.

    ``generates`` tells whether it is a language model that continues prompts which is measured.
    """
    refusal = _no_such_metric(arm, metric) or _no_text(arm, metric, generates=generates)
    if refusal is not None:
        raise refusal
    rules = {"streams": _streams(arm, metric), "cache": _cache(arm, metric), "shape": _shape(generates=generates)}
    for name, value in arm.tuning.settings.items():
        found = rules.get(name)
        if found is not None:
            why, remedy = found
            raise ArmError(f"{arm.kind} cannot be asked for its {metric} with {name}={value}: {why}.", remedy=remedy)


def check_model(arm: Arm, spec: ModelSpec, metric: Metric, *, generates: bool) -> None:
    """Raise `ModelError` where the model is none that ``arm`` could run, or be asked for ``metric`` of.

    `ArmError` where it is tuned by what takes a model, and there is none.
    """
    from pytest_ovperf.models.spec import Task  # noqa: PLC0415  (paid only by tests that use it)

    if spec.task is Task.CALLS:
        _check_call(arm, spec)
        return
    if generates and spec.task is not Task.TEXT_GENERATION:
        what = f"the metric {metric}" if metric.workload is WorkloadKind.GENERATE else f"the arm {arm.name}"
        raise ModelError(
            f"{spec.name} generates no text ({spec.task}), and {what} is about a language model.",
            remedy="Name one with @pytest.mark.model, such as gpt2; for others there are latency and throughput.",
        )
    if generates and spec.static:
        raise ModelError(
            f"{spec.name} is fixed to the shape {spec.shape_text}, and a text grows with each token.",
            remedy="Leave shape= out of @pytest.mark.model, and give the length of the prompt: prompt=64.",
        )


def _no_such_metric(arm: Arm, metric: Metric) -> ArmError | None:
    if arm.engine is Engine.CALL and metric in (Metric.EXPORT_TIME, Metric.MODEL_SIZE):
        return ArmError(
            f"{arm.kind} is a function of your own, which loads what it likes: there is no {metric} of it.",
            remedy="Ask for latency, throughput, load_time, first_inference or peak_memory.",
        )
    if metric is Metric.EXPORT_TIME and arm.engine is Engine.PYTORCH:
        return ArmError(
            f"{arm.kind} is not exported: there is no {metric} of it.", remedy="Ask for it of OpenVINO's arms."
        )
    if metric.workload not in (WorkloadKind.INFER, WorkloadKind.STREAM):
        return None
    if arm.engine is Engine.GENAI:
        return ArmError(
            f"{arm.kind} generates text and nothing else: there is no {metric} of it.",
            remedy="Ask for ttft, tpot, tokens_per_second or requests_per_second, or compare an OpenVINO arm.",
        )
    if arm.precision is Precision.INT4:
        return ArmError(
            f"{arm.kind} has the compressed weights of a model that generates text: there is no {metric} of it.",
            remedy="Ask for ttft, tpot, tokens_per_second or requests_per_second, or compare openvino-int8.",
        )
    return None


def _no_text(arm: Arm, metric: Metric, *, generates: bool) -> ArmError | None:
    if not generates or arm.engine not in (Engine.ONNXRUNTIME, Engine.CALL):
        return None
    what = "makes one call" if arm.engine is Engine.CALL else "runs single inferences"
    return ArmError(
        f"{arm.kind} {what} and continues no prompts: there is no {metric} of generated text of it.",
        remedy="Compare arms that generate, such as openvino-fp32, genai-int8 or pytorch-fp32; or ask for latency of "
        "single inferences, without prompt= and new_tokens=.",
    )


def _check_call(arm: Arm, spec: ModelSpec) -> None:
    """Raise where ``arm`` needs a model, and the test has none."""
    if arm.engine is not Engine.CALL:
        raise ModelError(
            f"There is no model that {arm.kind} could run: {spec.name!r} is about functions of your own alone.",
            remedy="Name a model with @pytest.mark.model, or compare such functions by their import paths: "
            "shop.search:with_openvino.",
        )
    if arm.tuning.batch is not None and not spec.data.inputs:
        raise ArmError(
            f"{arm.name}: there is no model whose inputs could be made a batch of {arm.tuning.batch}.",
            remedy="Leave batch out, and let the function take as much as it should; or name the model that it uses "
            "with @pytest.mark.model.",
        )


def _streams(arm: Arm, metric: Metric) -> tuple[str, str] | None:
    if arm.tuning.streams == 1 or not arm.engine.is_openvino:  # the others have none, and say so themselves
        return None
    why = "one call comes after the other, so that one stream works and the others idle"
    if metric.workload in _ONE_AFTER_THE_OTHER:
        return why, 'Ask for metric="throughput", write streams=1, or leave it out.'
    if metric.workload is WorkloadKind.STREAM and arm.tuning.mode is Mode.SYNC:
        return why, "Write mode=async, streams=1, or leave it out."
    return None


def _cache(arm: Arm, metric: Metric) -> tuple[str, str] | None:
    if metric.workload is not WorkloadKind.LOAD:
        return "the cache is at work only while a model is loaded", 'Ask for metric="load_time" or "first_inference".'
    if metric is Metric.CACHED_LOAD_TIME and arm.tuning.cache is CacheUse.COLD:
        return "it is the time with a warm cache", 'Ask for metric="load_time", or leave cache=cold out.'
    return None


def _shape(*, generates: bool) -> tuple[str, str] | None:
    if not generates:
        return None
    return "a text grows with each token", "Leave it out, and give the length of the prompt: prompt=64."
