from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.errors import MeasurementError, WorkerHungError
from pytest_ovperf.worker.profiling import ArmProfile, profile_in_worker
from tests.unit.request_examples import request_of

FAKES = Path(__file__).resolve().parents[2] / "fakes"
ARM = parse_arm("openvino-fp32", "CPU")
REQUEST = request_of(ARM)


def profile(arm: str = "openvino-fp32") -> ArmProfile:
    command = [sys.executable, str(FAKES / "arm_worker.py"), "f32"]
    return profile_in_worker(parse_arm(arm, "CPU"), request_of(arm), 7, command=command)


def test_layers_come_with_the_times_of_so_many_calls() -> None:
    assert profile() == ArmProfile(
        [{"name": "product", "kind": "FullyConnected", "shape": [1, -1]}], {"product": 7000.0}, 9000.0
    )


def test_requests_in_flight_and_mode_are_not_a_profiles_to_keep() -> None:
    assert profile("openvino-fp32[requests=4,mode=async]").times


def test_a_profile_of_another_arm_than_asked_for_is_refused() -> None:
    with pytest.raises(MeasurementError, match="computes in f32"):
        profile("openvino-bf16")


def test_a_device_that_does_not_answer_is_given_up() -> None:
    command = [sys.executable, str(FAKES / "misbehaving_worker.py"), "hang"]
    with pytest.raises(WorkerHungError, match=r"openvino-fp32 on CPU: .*'profile' within 0\.5 s"):
        profile_in_worker(ARM, REQUEST, 7, timeout_s=0.5, command=command)
