"""Which arms stand on a ladder, what their factors are over, and what is put one behind the other."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.reports.ladder import ArmPlace, Ladder, ladders
from pytest_ovperf.runs.values import value_of
from tests.unit.reports import run_examples as examples

if TYPE_CHECKING:
    from pytest_ovperf.runs.view import ComparisonView

FP32_OVER_PYTORCH, INT8_OVER_FP32, BF16_OVER_FP32 = (
    examples.comparison(case)
    for case in examples.CASES
    if case.model == "minilm"
)  # fmt: skip


def on(view: ComparisonView, *, candidate: str, reference: str) -> ComparisonView:
    """Return the comparison with its arms on other devices."""
    return replace(
        view,
        candidate=replace(view.candidate, device=candidate),
        reference=replace(view.reference, device=reference),
    )


def only(found: tuple[Ladder, ...]) -> Ladder:
    (ladder,) = found
    return ladder


def names(ladder: Ladder) -> list[str]:
    return [rung.arm.name for rung in ladder.rungs]


def test_pytorch_is_the_foot_and_the_best_arm_is_first() -> None:
    ladder = only(ladders([FP32_OVER_PYTORCH, INT8_OVER_FP32, BF16_OVER_FP32]))
    assert ladder.foot == ArmPlace("pytorch-fp32", "CPU")
    assert names(ladder) == ["openvino-int8", "openvino-fp32", "pytorch-fp32", "openvino-bf16"]
    assert (ladder.model, ladder.workload, ladder.metric) == ("minilm", "infer 1x128", "latency")


def test_without_pytorch_the_slowest_arm_is_the_foot() -> None:
    ladder = only(ladders([INT8_OVER_FP32, BF16_OVER_FP32]))
    assert ladder.foot.name == "openvino-bf16"
    assert all(rung.factor >= 1 for rung in ladder.rungs)


def test_a_measured_factor_is_the_comparisons_own() -> None:
    ladder = only(ladders([FP32_OVER_PYTORCH]))
    best, foot = ladder.rungs
    assert (best.factor, best.low, best.high) == pytest.approx(
        (FP32_OVER_PYTORCH.ratio, FP32_OVER_PYTORCH.low, FP32_OVER_PYTORCH.high), rel=0.01
    )
    assert best.through == ()
    assert (foot.factor, foot.low, foot.high) == (1.0, 1.0, 1.0)


def test_a_chained_factor_is_the_product_and_names_what_it_went_through() -> None:
    best = only(ladders([FP32_OVER_PYTORCH, INT8_OVER_FP32])).rungs[0]
    assert best.factor == pytest.approx(FP32_OVER_PYTORCH.ratio * INT8_OVER_FP32.ratio)
    assert best.through == (ArmPlace("openvino-fp32", "CPU"),)


def test_a_chained_interval_takes_its_parts_for_independent() -> None:
    parts = (FP32_OVER_PYTORCH, INT8_OVER_FP32)
    best = only(ladders(parts)).rungs[0]
    reach = math.hypot(*((math.log(part.high) - math.log(part.low)) / 2 for part in parts))
    assert math.log(best.high / best.factor) == pytest.approx(reach)
    assert math.log(best.factor / best.low) == pytest.approx(reach)


def test_a_direct_comparison_goes_before_a_chain() -> None:
    direct = replace(INT8_OVER_FP32, key="direct", reference=FP32_OVER_PYTORCH.reference, ratio=9.0, low=8.0, high=10.0)
    ladder = only(ladders([FP32_OVER_PYTORCH, INT8_OVER_FP32, direct]))
    assert (ladder.rungs[0].key, ladder.rungs[0].through) == ("direct", ())


def test_of_two_comparisons_the_surer_one_counts() -> None:
    surer = replace(FP32_OVER_PYTORCH, key="surer", ratio=1.3, low=1.29, high=1.31)
    assert only(ladders([FP32_OVER_PYTORCH, surer])).rungs[0].key == "surer"


def test_each_model_and_workload_has_a_ladder_of_its_own() -> None:
    longer = replace(INT8_OVER_FP32, workload="infer 1x512")
    other = replace(INT8_OVER_FP32, model="gpt2")
    found = ladders([INT8_OVER_FP32, longer, other])
    assert [(ladder.model, ladder.workload) for ladder in found] == [
        ("minilm", "infer 1x128"),
        ("minilm", "infer 1x512"),
        ("gpt2", "infer 1x128"),
    ]


def test_arms_that_nothing_connects_are_not_chained() -> None:
    apart = on(INT8_OVER_FP32, candidate="GPU", reference="GPU")
    first, second = ladders([FP32_OVER_PYTORCH, apart])
    assert {rung.arm.device for rung in first.rungs} == {"CPU"}
    assert {rung.arm.device for rung in second.rungs} == {"GPU"}


def test_one_arm_on_two_devices_is_two_rungs() -> None:
    detour = replace(on(FP32_OVER_PYTORCH, candidate="AUTO:CPU", reference="CPU"), key="detour")
    detour = replace(detour, reference=replace(detour.reference, name="openvino-fp32"))
    ladder = only(ladders([FP32_OVER_PYTORCH, detour]))
    assert {rung.arm for rung in ladder.rungs} == {
        ArmPlace("openvino-fp32", "AUTO:CPU"),
        ArmPlace("openvino-fp32", "CPU"),
        ArmPlace("pytorch-fp32", "CPU"),
    }


def test_the_figure_and_fidelity_are_those_of_the_comparison_nearest_to_the_foot() -> None:
    best, middle, foot = only(ladders([FP32_OVER_PYTORCH, INT8_OVER_FP32])).rungs
    assert best.value == value_of(INT8_OVER_FP32.candidate, "latency")
    assert (best.fidelity, best.against) == (INT8_OVER_FP32.fidelity, ArmPlace("openvino-fp32", "CPU"))
    assert middle.value == value_of(FP32_OVER_PYTORCH.candidate, "latency")
    assert foot.value == value_of(FP32_OVER_PYTORCH.reference, "latency")
    assert foot.fidelity is None


@pytest.mark.parametrize("broken", [{"ratio": 0.0, "low": 0.0}, {"high": math.inf}, {"ratio": math.nan}])
def test_what_is_no_ratio_stands_on_no_ladder(broken: dict[str, float]) -> None:
    assert ladders([replace(INT8_OVER_FP32, **broken)]) == ()  # type: ignore[arg-type]  # floats all
