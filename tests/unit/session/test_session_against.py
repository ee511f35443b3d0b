"""The races of a run: which arms there is one of, and the processes that are held to the other release."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.environments.environment import Environment
from pytest_ovperf.errors import (
    ArmUnavailableError,
    DeviceAbsentError,
    ExtraMissingError,
    MeasurementError,
    ModelError,
    OutOfMemoryError,
    OvperfError,
    UnsupportedOperationError,
    WorkerDiedError,
    WorkerFailedError,
)
from pytest_ovperf.metrics import Metric
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.records import ArmFacts, Block
from pytest_ovperf.session.against import Against
from pytest_ovperf.session.questions import Generation, Question
from pytest_ovperf.session.released import ReleasedArm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OLD = Environment(Path("/opt/old/bin/python"), "2024.4.0", {"openvino": "2024.4.0-16579-c3152d32c9c", "numpy": "1.26"})
INT8, FP32, TORCH, GENAI = (
    parse_arm(name, "CPU") for name in ("openvino-int8", "openvino-fp32", "pytorch-fp32", "genai-int8")
)


def question(*arms: Arm, metric: Metric = Metric.LATENCY, generation: Generation | None = None) -> Question:
    return Question(resolve("tiny-gpt2", shape=None, base=Path()), arms, metric, generation)


# Which arms are raced


def test_each_openvino_arm_of_a_pair_is_raced_against_itself() -> None:
    races, left_out = Against(OLD).races(question(INT8, FP32))
    assert [race.question.arms for race in races] == [
        (INT8, replace(INT8, release="2024.4.0")),
        (FP32, replace(FP32, release="2024.4.0")),
    ]
    assert left_out == ()


def test_of_a_pair_with_pytorch_the_other_arm_is_raced_and_nothing_more_said() -> None:
    races, left_out = Against(OLD).races(question(INT8, TORCH))
    assert [race.question.arms[0] for race in races] == [INT8]
    assert left_out == ()


def test_a_pair_without_openvino_is_not_raced() -> None:
    bf16 = parse_arm("pytorch-bf16", "CPU")
    with pytest.raises(ArmUnavailableError, match="pytorch-fp32 has no OpenVINO in it; pytorch-bf16 has no"):
        Against(OLD).races(question(TORCH, bf16))


def test_of_a_pair_with_onnx_runtime_the_other_arm_is_raced_and_of_one_with_a_function_it_is_said_why() -> None:
    onnx, own = parse_arm("onnxruntime-fp32", "CPU"), parse_arm("shop.search:setup", "CPU")
    assert Against(OLD).races(question(INT8, onnx))[1] == ()
    races, left_out = Against(OLD).races(question(own, INT8))
    assert [race.question.arms[0] for race in races] == [INT8]
    assert left_out == ("shop.search:setup is a function of your own, and what it imports is this environment's alone",)
    with pytest.raises(ArmUnavailableError, match=r"is a function of your own.*; onnxruntime-fp32 has no OpenVINO"):
        Against(OLD).races(question(own, onnx))


def test_an_arm_whose_packages_are_missing_there_is_not_raced() -> None:
    generation = question(GENAI, INT8, metric=Metric.TTFT, generation=Generation(8, 8, 4))
    with pytest.raises(ArmUnavailableError) as refused:
        Against(OLD).races(generation)
    assert "genai-int8 needs openvino-genai, which" in refused.value.seen
    assert "openvino-int8 needs optimum-intel, torch, transformers, which" in refused.value.seen
    there = replace(OLD, versions={**OLD.versions, "openvino-genai": "2025.2.0.0"})
    races, left_out = Against(there).races(generation)
    assert [race.question.arms[0] for race in races] == [GENAI]
    assert left_out[0].startswith("openvino-int8 needs optimum-intel, torch, transformers")


def test_a_genai_that_is_too_old_for_its_arm_is_told_with_its_version() -> None:
    there = replace(OLD, versions={**OLD.versions, "openvino-genai": "2025.1.0.0"})
    generation = question(GENAI, INT8, metric=Metric.TTFT, generation=Generation(8, 8, 4))
    with pytest.raises(
        ArmUnavailableError, match=r"genai-int8 needs OpenVINO GenAI 2025\.2\.0 or newer, .*2025\.1\.0\.0"
    ):
        Against(there).races(generation)


@pytest.mark.parametrize("metric", [Metric.MODEL_SIZE, Metric.EXPORT_TIME])
def test_what_no_release_decides_is_not_raced(metric: Metric) -> None:
    with pytest.raises(ArmUnavailableError, match=metric):
        Against(OLD).races(question(INT8, FP32, metric=metric))


def test_one_arm_is_one_race_whoever_asks_and_another_question_is_another() -> None:
    against = Against(OLD)
    (int8, fp32), _ = against.races(question(INT8, FP32))
    assert against.races(question(FP32, TORCH))[0] == (fp32,)
    assert against.races(question(TORCH, FP32))[0][0] is fp32
    assert against.races(question(INT8, FP32, metric=Metric.THROUGHPUT))[0][0] is not int8
    tuned = parse_arm("openvino-int8[streams=2]", "CPU")
    assert against.races(question(tuned, TORCH))[0][0] is not int8


# The other side's process


class Process:
    """A process whose arm loads as it is told to."""

    def __init__(self, loads: ArmFacts | OvperfError) -> None:
        self._loads = loads

    def loaded(self) -> ArmFacts:
        if isinstance(self._loads, OvperfError):
            raise self._loads
        return self._loads

    def block(self, min_ns: int, min_calls: int) -> Block:
        return Block((min_ns,) * min_calls)

    def outputs(self) -> Mapping[str, object]:
        return {}

    def graph(self) -> Sequence[Mapping[str, Any]]:
        return [{"name": "product"}]

    def close(self) -> None:
        pass


def released(loads: ArmFacts | OvperfError) -> ReleasedArm:
    return ReleasedArm(replace(INT8, release="2024.4.0"), OLD, Process(loads))  # type: ignore[arg-type]  # no arrays


def facts(version: str) -> ArmFacts:
    return ArmFacts("f32", ("CPU",), 2, 1, {"openvino": version})


def test_an_arm_that_runs_with_the_release_found_there_is_taken() -> None:
    found = facts(OLD.versions["openvino"])
    arm = released(found)
    assert arm.loaded() == found
    assert arm.block(5, 2) == Block((5, 5))
    assert arm.graph() == [{"name": "product"}]


@pytest.mark.parametrize("version", ["2026.4.1-20426-x", "2024.4.0"])
def test_an_arm_that_runs_with_another_build_is_refused(version: str) -> None:
    with pytest.raises(MeasurementError, match="LD_LIBRARY_PATH") as refused:
        released(facts(version)).loaded()
    assert version in refused.value.seen
    assert OLD.versions["openvino"] in refused.value.seen


@pytest.mark.parametrize("kind", [ExtraMissingError, ModelError, UnsupportedOperationError, WorkerFailedError])
def test_what_the_other_release_refuses_is_a_reason_to_skip(kind: type[OvperfError]) -> None:
    with pytest.raises(ArmUnavailableError, match=r"Not raced against OpenVINO 2024\.4\.0.*: It is refused"):
        released(kind("It is refused.", remedy="None.")).loaded()


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (
            "OpenVINO cannot read it:\n    unsupported opset: opset16\nThe whole of it:\n    ...",
            r"it: unsupported opset: opset16$",
        ),
        ("'load' failed in the worker: TypeError: no\n    File worker/main.py, line 1", r"TypeError: no$"),
    ],
)
def test_the_reason_is_one_line_without_a_trace(seen: str, told: str) -> None:
    with pytest.raises(ArmUnavailableError) as refused:
        released(WorkerFailedError(seen, remedy="None.")).loaded()
    assert re.search(told, refused.value.seen)


@pytest.mark.parametrize("kind", [ArmUnavailableError, DeviceAbsentError, OutOfMemoryError, WorkerDiedError])
def test_what_is_not_the_releases_doing_keeps_its_error(kind: type[OvperfError]) -> None:
    error = kind("It failed.", remedy="None.")
    with pytest.raises(kind) as raised:
        released(error).loaded()
    assert raised.value is error
