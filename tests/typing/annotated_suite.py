"""A user's tests with annotations. They are checked against the installed package, and run."""

from __future__ import annotations

from typing import assert_type

import pytest

from pytest_ovperf import (
    Agreement,
    AgreementFixture,
    Baseline,
    Fidelity,
    FidelityFixture,
    Held,
    LadderFixture,
    MeasuredArm,
    MeasuredLadder,
    MeasuredRung,
    MeasureFixture,
    Model,
    ModelSpec,
    OvperfError,
    SpeedupFixture,
    SpeedupResult,
)

pytestmark = pytest.mark.model("tiny-bert")
DESCRIBED = Model("models/encoder", shape=(1, 16), inputs="shop.data:one_query")


def test_int8_pays(speedup: SpeedupFixture, baseline: Baseline) -> None:
    measured = speedup("openvino-int8", over="openvino-fp32")
    assert_type(measured, SpeedupResult)
    assert_type(measured >= baseline, bool)
    assert_type(measured >= 1.5, bool)
    assert_type(1 <= measured, bool)  # noqa: SIM300  (either way)
    assert_type(measured.ratio, float)
    assert measured >= baseline
    assert measured > 1
    assert measured.low < float(measured) < measured.high


def test_settings_are_anything(speedup: SpeedupFixture, baseline: Baseline) -> None:
    assert speedup("openvino-int8", over="openvino-fp32", metric="throughput", streams=2) >= baseline


def test_outputs_agree(fidelity: FidelityFixture, model: ModelSpec, device: str) -> None:
    found = fidelity("openvino-int8", over="openvino-fp32")
    assert_type(found, Fidelity)
    assert_type(found.cosine, float)
    assert found.cosine > 0.9
    assert (model.name, device) == ("tiny-bert", "CPU")


def shapes_agree(agreement: AgreementFixture) -> None:
    both = agreement("openvino-int8", over="openvino-fp32")
    assert_type(both, Agreement)
    assert_type(both.model, ModelSpec)
    found = both.on({"input_ids": (2, 8), "attention_mask": (2, 8), "token_type_ids": (2, 8)})
    assert_type(found, Fidelity)
    assert found.cosine > 0.9


def test_figures(measure: MeasureFixture) -> None:
    arm = measure("openvino-int8")
    assert_type(arm, MeasuredArm)
    assert_type(arm.latency, Held)
    assert_type(arm.latency <= 1, bool)
    assert_type(arm.latency.p50, float)
    assert arm.latency <= 1


def test_rungs(ladder: LadderFixture) -> None:
    rungs = ladder(["openvino-fp32", "openvino-int8"], metric="latency", also=())
    assert_type(rungs, MeasuredLadder)
    assert_type(rungs["openvino-int8"], MeasuredRung)
    assert_type(rungs[0].fidelity, Fidelity | None)
    assert rungs["openvino-int8"].factor >= 1.5


def test_errors_have_a_remedy(speedup: SpeedupFixture) -> None:
    with pytest.raises(OvperfError) as refused:
        speedup("openvino-int9", over="openvino-fp32")
    assert_type(refused.value.remedy, str)
    assert refused.value.remedy


def test_a_helper_of_the_users_own(speedup: SpeedupFixture) -> None:
    def at_least(wanted: float, result: SpeedupResult) -> bool:
        return result >= wanted

    assert at_least(1.5, speedup("openvino-int8", over="openvino-fp32"))
