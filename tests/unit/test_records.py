from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.arms import ARMS, Arm, Comparison, Engine, Precision, named_arm, parse_arm
from pytest_ovperf.errors import ArmError, ModelError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import Fidelity, Scores


def comparison(candidate: str, reference: str, device: str = "CPU") -> Comparison:
    arms = parse_arm(candidate, device), parse_arm(reference, device)
    return Comparison("m", *arms, Metric.LATENCY, Workload(WorkloadKind.INFER, {"x": (1, 3)}))


@pytest.mark.parametrize("name", sorted(ARMS))
def test_an_arm_has_the_name_it_was_asked_by(name: str) -> None:
    assert parse_arm(name, "CPU").name == name


def test_an_arm_runs_on_the_tests_device_unless_it_names_its_own() -> None:
    assert parse_arm("openvino-fp32", "GPU.1").device == "GPU.1"
    assert parse_arm("openvino-fp32@AUTO:GPU,CPU", "NPU") == Arm(Engine.OPENVINO, Precision.FP32, "AUTO:GPU,CPU")


@pytest.mark.parametrize("name", ["pytorch-fp32", "pytorch-fp32@CPU", "pytorch-fp32@cpu"])
def test_pytorch_runs_on_the_cpu_whatever_the_device(name: str) -> None:
    assert parse_arm(name, "GPU").device == "CPU"


@pytest.mark.parametrize("name", ["openvino-fp4", "openvino-fp32@", "@CPU", "", "pytorch-fp32@GPU"])
def test_a_name_that_stands_for_no_arm_is_refused_with_its_own_text(name: str) -> None:
    with pytest.raises(ArmError) as refused:
        parse_arm(name, "CPU")
    assert repr(name) in refused.value.seen


def test_arms_are_shown_with_their_devices_where_it_is_these_that_are_compared() -> None:
    assert comparison("openvino-int8", "openvino-fp32", "GPU").arms == "openvino-int8 over openvino-fp32"
    assert comparison("openvino-fp32", "pytorch-fp32", "GPU").arms == "openvino-fp32 over pytorch-fp32"
    apart = comparison("openvino-fp32", "openvino-fp32@CPU", "AUTO:CPU")
    assert apart.arms == "openvino-fp32@AUTO:CPU over openvino-fp32@CPU"
    assert str(apart).startswith(apart.arms)
    assert comparison("openvino-int8", "genai-int8@CPU", "GPU").arms == "openvino-int8@GPU over genai-int8@CPU"


def test_an_arm_of_another_environment_says_so_by_name_and_is_read_back_from_it() -> None:
    old = replace(parse_arm("openvino-int8[streams=2]", "CPU"), release="2025.4.1")
    assert old.name == "openvino-int8[streams=2] with OpenVINO 2025.4.1"
    assert str(old) == "openvino-int8[streams=2] with OpenVINO 2025.4.1 on CPU"
    assert old.kind == "openvino-int8"
    assert named_arm(old.name, "CPU") == old
    assert named_arm("openvino-int8", "CPU") == parse_arm("openvino-int8", "CPU")


def test_nobody_asks_for_a_release_by_an_arms_name() -> None:
    with pytest.raises(ArmError):
        parse_arm("openvino-int8 with OpenVINO 2025.4.1", "CPU")


def test_a_race_is_of_an_arm_over_itself() -> None:
    plain = comparison("openvino-int8[streams=2]", "openvino-int8[streams=2]")
    race = replace(plain, reference=replace(plain.reference, release="2025.4.1"))
    assert (plain.is_race, race.is_race) == (False, True)
    assert race.arms == "openvino-int8[streams=2] over itself with OpenVINO 2025.4.1"


def test_scores_are_read_off_a_fidelity_with_what_is_lost() -> None:
    near = Fidelity(0.99, 1.0, 0.1, scores=Scores(candidate=0.91, reference=0.93))
    assert (near.score, near.reference_score) == (0.91, 0.93)
    assert near.score_loss == pytest.approx(0.02)
    assert repr(near).endswith("scores=Scores(candidate=0.91, reference=0.93))")


@pytest.mark.parametrize("name", ["score", "reference_score", "score_loss"])
def test_a_fidelity_without_scores_says_what_to_write(name: str) -> None:
    near = Fidelity(0.99, 1.0, 0.1)
    assert "scores" not in repr(near)
    with pytest.raises(ModelError, match="There is no score") as refused:
        getattr(near, name)
    assert 'score="shop.task:accuracy"' in refused.value.remedy
