"""What is said where fidelity was taken on data that were drawn at random."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.models.spec import (
    CallsSource,
    CatalogueSource,
    DirectorySource,
    ModelSpec,
    OnnxSource,
    OwnData,
    Source,
    Task,
    TorchSource,
)
from pytest_ovperf.records import Fidelity
from pytest_ovperf.verdict.drawn import by_model, drawn_note

OWN = ModelSpec(
    "models/encoder", DirectorySource(Path("models/encoder")), Task.FEATURE_EXTRACTION, "AutoModel", {}, static=False
)
GIVEN = OwnData(inputs="shop.data:query", calibration="shop.data:queries")


def note(
    *arms: str,
    source: Source = OWN.source,
    task: Task = OWN.task,
    data: OwnData = OwnData(),  # noqa: B008  (frozen)
    generates: bool = False,
) -> str:
    spec = replace(OWN, source=source, task=task, data=data)
    return drawn_note(spec, [parse_arm(arm, "CPU") for arm in arms], generates=generates)


@pytest.mark.parametrize("source", [OWN.source, OnnxSource(Path("net.onnx")), TorchSource("shop.nets:make")])
def test_inputs_that_nobody_gave_are_told(source: Source) -> None:
    told = note("openvino-fp32", "pytorch-fp32", source=source)
    assert told == "fidelity on inputs drawn at random says little of real ones: give yours with inputs="


def test_drawn_calibration_is_told_with_drawn_inputs() -> None:
    told = note("openvino-int8", "openvino-fp32")
    assert told.startswith("fidelity and the calibration of INT8 on inputs drawn at random say little of real ones")
    assert told.endswith("give yours with inputs= and calibration=")


def test_drawn_calibration_is_told_where_the_inputs_are_the_user_s() -> None:
    told = note("openvino-int8", "openvino-fp32", data=OwnData(inputs=GIVEN.inputs))
    assert told.startswith("INT8 calibrated on inputs drawn at random")
    assert told.endswith("give them with calibration=")


def test_a_calibration_of_one_s_own_leaves_the_inputs_to_be_told() -> None:
    assert note("openvino-int8", "openvino-fp32", data=OwnData(calibration=GIVEN.calibration)).endswith("with inputs=")


def test_data_of_one_s_own_leave_nothing_to_tell() -> None:
    assert not note("openvino-int8", "openvino-fp32", data=GIVEN)
    assert not note("openvino-fp32", "pytorch-fp32", data=OwnData(inputs=GIVEN.inputs))


def test_a_score_is_taken_on_real_samples() -> None:
    assert not note("openvino-fp32", "pytorch-fp32", data=OwnData(score="shop.task:accuracy"))
    assert note("shop.search:fast", "openvino-fp32", data=OwnData(score="shop.task:accuracy"))  # that has no score


def test_a_model_of_the_catalogue_has_drawn_weights_anyway() -> None:
    assert not note("openvino-int8", "openvino-fp32", source=CatalogueSource("minilm"))


def test_functions_bring_their_own_data() -> None:
    assert not note("shop.search:fast", "shop.search:slow", source=CallsSource())
    assert not note("shop.search:fast", "shop.search:slow")


def test_the_int8_weights_of_a_language_model_are_made_without_data() -> None:
    assert note("openvino-int8", "openvino-fp32", task=Task.TEXT_GENERATION).endswith("give yours with inputs=")


def test_prompts_that_were_drawn_are_told() -> None:
    told = note("genai-int8", "openvino-fp32", task=Task.TEXT_GENERATION, data=GIVEN, generates=True)
    assert told == "fidelity after prompts drawn at random says little of real ones"


def test_a_model_is_told_of_once_by_the_note_that_says_most() -> None:
    short, long = note("openvino-fp32", "pytorch-fp32"), note("openvino-int8", "openvino-fp32")
    told = by_model([("encoder", short), ("minilm", ""), ("encoder", long), ("net.onnx", short), ("encoder", short)])
    assert told == (f"encoder: {long}", f"net.onnx: {short}")


def test_pytest_shows_the_note_under_a_failed_assertion_and_nothing_where_there_is_none() -> None:
    found = Fidelity(cosine=0.97, top1=1.0, max_abs_error=0.5)
    assert repr(found) == "Fidelity(cosine=0.97, top1=1.0, max_abs_error=0.5)"
    assert repr(replace(found, note="on what")) == "Fidelity(cosine=0.97, top1=1.0, max_abs_error=0.5, note='on what')"


def test_a_note_is_no_part_of_what_was_found() -> None:
    found = Fidelity(cosine=0.97, top1=1.0, max_abs_error=0.5)
    assert found == replace(found, note="on what")
