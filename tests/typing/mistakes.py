"""What a type checker finds in a user's tests before they run: without the error that is named, this file is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_ovperf import Baseline, LadderFixture, MeasureFixture, SpeedupFixture


def no_reference(speedup: SpeedupFixture) -> None:
    speedup("openvino-int8")  # type: ignore[call-arg]


def reference_by_position(speedup: SpeedupFixture) -> None:
    speedup("openvino-int8", "openvino-fp32")  # type: ignore[call-arg]


def from_above(speedup: SpeedupFixture, baseline: Baseline) -> None:
    measured = speedup("openvino-int8", over="openvino-fp32")
    assert measured <= 1.5  # type: ignore[operator]
    assert measured <= baseline  # type: ignore[operator]


def against_a_text(speedup: SpeedupFixture) -> None:
    assert speedup("openvino-int8", over="openvino-fp32") >= "1.5"  # type: ignore[operator]


def prompt_of_text(speedup: SpeedupFixture) -> None:
    speedup("genai-int8", over="pytorch-fp32", prompt="Once upon a time")  # type: ignore[arg-type]


def several_arms(measure: MeasureFixture) -> None:
    measure("openvino-int8", "openvino-fp32")  # type: ignore[arg-type, call-arg]


def no_such_name(ladder: LadderFixture) -> None:
    ladder(["openvino-fp32"]).fastest()  # type: ignore[attr-defined]
