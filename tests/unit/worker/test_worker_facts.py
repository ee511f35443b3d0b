from __future__ import annotations

import pytest

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import Arm, ArmFacts, Engine, Precision
from pytest_ovperf.worker.facts import check_facts


def facts(precision: str = "f32", devices: tuple[str, ...] = ("CPU",), threads: int = 2) -> ArmFacts:
    return ArmFacts(precision, devices, threads, 1, {})


def arm(precision: Precision = Precision.FP32, device: str = "CPU") -> Arm:
    return Arm(Engine.OPENVINO, precision, device)


@pytest.mark.parametrize(
    ("promised", "effective"),
    [
        (Precision.FP32, "f32"),
        (Precision.INT8, "f32"),
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
        ("AUTO:-GPU", ("CPU",)),
        ("HETERO:GPU,CPU", ("CPU", "GPU.0")),
        ("HETERO:GPU,CPU", ("CPU",)),
        ("BATCH:GPU(4)", ("GPU.0",)),
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
        ("AUTO:-GPU", ("GPU.0",)),
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
