from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.errors import (
    ArmError,
    ArmUnavailableError,
    MeasurementError,
    ModelError,
    OvperfError,
    UnsupportedOperationError,
    WorkerDiedError,
)
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.varying import varying
from pytest_ovperf.session.agreement import Agreement, Agreements, Comparing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from pytest_ovperf.session.asking import Asking
    from pytest_ovperf.session.parts import Parts
    from pytest_ovperf.worker.arm import ArmWorker

    Arrays = Mapping[str, NDArray[Any]]

TINY = resolve("tiny-bert", shape=None, base=Path())
ARMS = parse_arm("openvino-int8", "CPU"), parse_arm("pytorch-fp32", "CPU")


def shape(batch: int, tokens: int) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(("input_ids", "attention_mask", "token_type_ids"), (batch, tokens))


class FakeArm:
    """An arm whose output is a vector of the batch and the tokens, and then ``wrong`` of both."""

    def __init__(self, log: list[str], name: str, wrong: Callable[[int, int], float]) -> None:
        self._log = log
        self._name = name
        self._wrong = wrong
        log.append(f"start {name}")

    def loaded(self) -> None:
        self._log.append(f"loaded {self._name}")

    def predict(self, arrays: Arrays) -> Arrays:
        batch, tokens = arrays["input_ids"].shape
        self._log.append(f"{self._name} {batch}x{tokens}")
        return {"hidden": np.array([[batch, tokens, self._wrong(batch, tokens)]])}

    def close(self) -> None:
        self._log.append(f"close {self._name}")


def right(_batch: int, _tokens: int) -> float:
    return 0.0


def comparing(candidate: Callable[[int, int], float] = right) -> tuple[Comparing, list[str]]:
    """Return both arms of tiny-bert, the candidate's output being what is given, and the log of what they do."""
    log: list[str] = []

    def start(arm: Arm) -> ArmWorker:
        return cast("ArmWorker", FakeArm(log, arm.kind, candidate if arm == ARMS[0] else right))

    def draw(shapes: Mapping[str, tuple[int, ...]]) -> Arrays:
        return {name: np.zeros(dims) for name, dims in shapes.items()}

    return Comparing(varying(TINY), ARMS, start, draw), log


def test_both_arms_are_started_before_either_is_waited_for_and_kept() -> None:
    both, log = comparing()
    both.load()
    both.compare(shape(1, 2))
    both.compare(shape(3, 4))
    assert log == [
        "start openvino-int8", "start pytorch-fp32", "loaded openvino-int8", "loaded pytorch-fp32",
        *(f"loaded {arm.kind}" for arm in ARMS), "openvino-int8 1x2", "pytorch-fp32 1x2",
        *(f"loaded {arm.kind}" for arm in ARMS), "openvino-int8 3x4", "pytorch-fp32 3x4",
    ]  # fmt: skip


def test_the_same_shape_is_compared_once() -> None:
    both, log = comparing(lambda batch, _: 100.0 * (batch > 3))
    first, again = both.compare(shape(4, 2)), both.compare(shape(4, 2))
    assert first is again
    assert first.cosine < 0.1
    assert both.compare(shape(3, 2)).cosine == pytest.approx(1.0)
    assert log.count("openvino-int8 4x2") == 1


def test_outputs_that_hold_nonsense_are_told_by_the_arms_name() -> None:
    both, _ = comparing(lambda _batch, _tokens: float("nan"))
    with pytest.raises(MeasurementError, match="'hidden' of the openvino-int8 holds 1 values of 3 that are NaN"):
        both.compare(shape(1, 2))


def test_a_shape_that_the_model_does_not_take_reaches_no_arm() -> None:
    both, log = comparing()
    with pytest.raises(ModelError, match="input_ids cannot be 1x65: it is"):
        both.compare(shape(1, 65))
    assert log == []


def fails(error: OvperfError) -> Callable[[int, int], float]:
    def on_large(batch: int, _tokens: int) -> float:
        if batch > 3:
            raise error
        return 0.0

    return on_large


def test_an_arm_that_fails_is_named_with_the_shape_and_goes_on() -> None:
    both, log = comparing(fails(UnsupportedOperationError("No such layer.", remedy="Try another.")))
    with pytest.raises(
        UnsupportedOperationError, match=r"openvino-int8 on CPU fails on inputs of .*\(4, 2\)"
    ) as caught:
        both.compare(shape(4, 2))
    assert caught.value.remedy == "Try another."
    both.compare(shape(1, 2))
    assert log.count("start openvino-int8") == 1


def test_an_arm_whose_process_ended_is_started_anew_for_the_next_shape() -> None:
    both, log = comparing(fails(WorkerDiedError("The worker ended.", remedy="Look.")))
    with pytest.raises(WorkerDiedError, match="fails on inputs of"):
        both.compare(shape(4, 2))
    assert both.compare(shape(3, 2)).cosine == pytest.approx(1.0)
    assert log.count("start openvino-int8") == 2
    assert log.count("start pytorch-fp32") == 1


def test_closing_ends_both_arms() -> None:
    both, log = comparing()
    both.load()
    both.close()
    both.close()
    assert sorted(log[-2:]) == ["close openvino-int8", "close pytorch-fp32"]


def test_what_a_test_holds_names_the_arms_and_the_model() -> None:
    both, _ = comparing()
    held = Agreement(TINY, ARMS, both.compare)
    assert repr(held) == "<tiny-bert: openvino-int8 on CPU over pytorch-fp32 on CPU>"
    assert held.on(shape(1, 2)).cosine == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("name", "device", "error", "seen"),
    [
        ("shop.search:setup", "CPU", ArmError, "a function of your own"),
        ("genai-int8", "CPU", ArmError, "generates text"),
        ("openvino-int4", "CPU", ArmError, "generates text"),
        ("openvino-fp32[batch=2]", "CPU", ArmError, "set to batch=2"),
        ("openvino-fp32[shape=static]", "CPU", ArmError, "set to shape=static"),
        ("openvino-fp32", "NPU", ArmUnavailableError, "an NPU compiles for sizes that have an end"),
        ("openvino-fp32", "AUTO:NPU,CPU", ArmUnavailableError, "an NPU compiles for sizes that have an end"),
    ],
)
def test_arms_that_take_no_other_shapes_are_refused_before_anything_is_built(
    name: str, device: str, error: type[OvperfError], seen: str
) -> None:
    nothing = Agreements(cast("Asking", None), cast("Parts", None))
    with pytest.raises(error, match=seen):
        nothing.open(TINY, (parse_arm(name, device), ARMS[1]))
