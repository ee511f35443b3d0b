from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.errors import ArmUnavailableError, MeasurementError
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.tuning import Tuning
from pytest_ovperf.worker.facts import check_facts, facts_from_json, facts_to_json


def facts(precision: str = "f32", devices: tuple[str, ...] = ("CPU",), threads: int = 2) -> ArmFacts:
    return ArmFacts(precision, devices, threads, 1, {})


def arm(precision: Precision = Precision.FP32, device: str = "CPU") -> Arm:
    return Arm(Engine.OPENVINO, precision, device)


@pytest.mark.parametrize(
    ("promised", "effective"),
    [
        (Precision.FP32, "f32"),
        (Precision.INT8, "f32"),
        (Precision.FP16, "f32"),
        (Precision.INT4, "f32"),
        (Precision.BF16, "bf16"),
        (Precision.NATIVE, "bf16"),
        (Precision.NATIVE, "f16"),
    ],
)
def test_the_promised_precision_passes(promised: Precision, effective: str) -> None:
    check_facts(arm(promised), facts(effective))


@pytest.mark.parametrize(
    ("promised", "effective"), [(Precision.FP32, "bf16"), (Precision.INT8, "f16"), (Precision.BF16, "f32")]
)
def test_another_precision_is_refused(promised: Precision, effective: str) -> None:
    with pytest.raises(MeasurementError, match=f"computes in {effective}"):
        check_facts(arm(promised), facts(effective))


@pytest.mark.parametrize(
    ("asked", "executing"),
    [
        ("CPU", ("CPU",)),
        ("GPU", ("GPU.0",)),
        ("GPU.1", ("GPU.1",)),
        ("AUTO", ("GPU.0",)),
        ("AUTO:CPU", ("CPU",)),
        ("AUTO:GPU,CPU", ("GPU.1",)),
        ("AUTO:GPU,CPU", ("(CPU)",)),
        ("HETERO:GPU,CPU", ("CPU", "GPU.0")),
        ("HETERO:GPU,CPU", ("CPU",)),
    ],
)
def test_a_device_that_was_asked_for_passes(asked: str, executing: tuple[str, ...]) -> None:
    check_facts(arm(device=asked), facts(devices=executing))


@pytest.mark.parametrize(
    ("asked", "executing"),
    [
        ("CPU", ("GPU.0",)),
        ("GPU", ("CPU",)),
        ("GPU", ("(CPU)",)),
        ("GPU.1", ("GPU.0",)),
        ("GPU.1", ("GPU.10",)),
        ("AUTO:GPU,NPU", ("CPU",)),
        ("AUTO:GPU", ("(CPU)",)),
        ("HETERO:GPU,NPU", ("GPU.0", "CPU")),
        ("CPU", ()),
    ],
)
def test_another_device_is_refused(asked: str, executing: tuple[str, ...]) -> None:
    with pytest.raises(MeasurementError, match="not on what was asked for"):
        check_facts(arm(device=asked), facts(devices=executing))


def test_another_number_of_threads_is_refused() -> None:
    with pytest.raises(MeasurementError, match="2 threads, not the 4"):
        check_facts(arm(), facts(threads=2), threads=4)


@pytest.mark.parametrize(("reported", "asked"), [(2, 2), (0, 4), (8, 0)])
def test_threads_pass_where_equal_unknown_or_not_asked(reported: int, asked: int) -> None:
    check_facts(arm(), facts(threads=reported), threads=asked)


def test_facts_survive_the_way_from_the_worker() -> None:
    told = ArmFacts("f32", ("CPU",), 2, 5, {"openvino": "1"}, streams=2, requests=4, settings={"hint": "throughput"})
    assert facts_from_json(json.loads(json.dumps(facts_to_json(told)))) == told


def tuned(tuning: str, **settings: str) -> tuple[Arm, ArmFacts]:
    return replace(arm(), tuning=Tuning.parse(tuning)), replace(facts(), requests=2, settings=settings)


@pytest.mark.parametrize(
    ("tuning", "settings"),
    [
        ("hint=throughput,streams=2", {"hint": "throughput", "streams": "2"}),
        ("streams=auto", {"streams": "2"}),
        ("hint=none", {"hint": "latency"}),
        ("requests=2,threads=2", {}),
        ("core_type=pcore", {}),
        ("PERF_COUNT=on", {"PERF_COUNT": "YES"}),
        ("", {"hint": "latency"}),
    ],
)
def test_a_tuning_that_the_device_kept_to_passes(tuning: str, settings: dict[str, str]) -> None:
    check_facts(*tuned(tuning, **settings))


@pytest.mark.parametrize(
    ("tuning", "settings", "change"),
    [
        ("streams=4", {"streams": "2"}, "streams=4 into streams=2"),
        ("core_type=ecore", {"core_type": "any"}, "core_type=ecore into core_type=any"),
        ("hyper_threading=on", {"hyper_threading": "off"}, "hyper_threading=on into hyper_threading=off"),
        ("mode=async", {"mode": "sync"}, "mode=async into mode=sync"),
        ("requests=3", {}, "requests=3 into requests=2"),
        ("threads=9", {}, "threads=9 into threads=2"),
    ],
)
def test_an_arm_that_the_device_made_another_one_of_is_unavailable(
    tuning: str, settings: dict[str, str], change: str
) -> None:
    with pytest.raises(ArmUnavailableError, match=f"it turned {change}"):
        check_facts(*tuned(tuning, **settings))
