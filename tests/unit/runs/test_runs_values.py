"""What an arm's metric comes to, in the metric's unit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pytest_ovperf.metrics import Unit
from pytest_ovperf.runs.values import arms_of, cost_of, unit_of, value_of
from tests.unit.runs.run_builders import comparison

ARM = replace(comparison().candidate, cost=2_000_000.0)


def test_a_time_is_what_made_the_ratio_and_without_that_the_median_of_the_calls() -> None:
    assert ARM.statistics is not None
    assert value_of(ARM, "latency") == 0.002
    assert value_of(replace(ARM, cost=None), "latency") == ARM.statistics.median_s


@pytest.mark.parametrize(
    ("metric", "value"), [("throughput", 500.0), ("model_size", 2e6), ("tokens_per_second", 500.0)]
)
def test_rates_and_bytes_are_what_they_cost(metric: str, value: float) -> None:
    assert value_of(ARM, metric) == value


def test_a_time_without_calls_is_its_cost() -> None:
    assert value_of(replace(ARM, statistics=None), "export_time") == 0.002


@pytest.mark.parametrize("cost", [None, 0.0, math.inf, math.nan])
def test_what_is_not_known_is_no_number(cost: float | None) -> None:
    assert math.isnan(value_of(replace(ARM, cost=cost), "throughput"))


def test_a_metric_of_a_later_version_is_taken_for_a_time() -> None:
    assert unit_of("beauty") is Unit.SECONDS
    assert cost_of(ARM, "beauty") == cost_of(ARM, "latency")


def test_what_both_arms_set_is_said_once() -> None:
    view = comparison()
    ours = replace(view.candidate, name="openvino-int8[streams=2]")
    theirs = replace(view.reference, name="openvino-fp32[streams=2]")
    assert arms_of(replace(view, candidate=ours, reference=theirs)) == "openvino-int8 over openvino-fp32 at streams=2"


def test_arms_of_a_later_version_are_named_as_they_stand() -> None:
    view = comparison()
    view = replace(view, candidate=replace(view.candidate, name="onnx-fp8"))
    assert arms_of(view) == f"onnx-fp8 over {view.reference.name}"
