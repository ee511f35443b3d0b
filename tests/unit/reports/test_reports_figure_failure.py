"""The text under a failed assertion of a figure or a factor."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.figure import Factor, FigureRecord
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.reports.figure_failure import explain_factor, explain_figure

TOKENS = FigureRecord(
    test="test_it",
    model="gpt2",
    arm=parse_arm("genai-int8[batch=4]", "CPU"),
    workload=Workload(WorkloadKind.GENERATE, {"input_ids": (1, 64)}, 32),
    metric=Metric.TOKENS_PER_SECOND,
    value=126.0,
    low=120.0,
    high=132.0,
    launches=2,
    seconds=21.0,
    target=150.0,
    held=False,
)
LATENCY = replace(
    TOKENS,
    metric=Metric.LATENCY,
    value=0.012,
    low=0.011,
    high=0.013,
    target=0.0125,
    percentiles={50: 0.0121},
    samples=40,
)


def test_a_rate_is_said_with_what_was_asked_and_how_it_was_measured() -> None:
    first, measured, last = explain_figure(TOKENS, encoding="ascii")
    assert (
        first
        == "genai-int8[batch=4] reaches 126 tokens/s (tokens_per_second); the test asks for at least 150 tokens/s."
    )
    assert measured.startswith("  Measured: 120-132 tokens/s at 95 % confidence, from 2 launches in 21 s, of gpt2 ")
    assert last.startswith("  An absolute figure holds for the machine that it is measured on")


def test_a_time_that_may_be_on_target_is_said_to_be_unproven_with_its_percentiles() -> None:
    first, _, calls, _ = explain_figure(LATENCY)
    assert first.endswith("takes 12.0 ms (latency); the test asks for at most 12.5 ms, which is not proven.")
    assert calls == "  Single calls: p50 12.1 ms, from 40 calls."


def test_a_factor_is_said_with_its_interval() -> None:
    name = "factor of openvino-int8 over pytorch-fp32"
    (said,) = explain_factor(name, Factor(3.0, 2.9, 3.1), 10.0, encoding="ascii")
    assert said == f"the {name} is 3.00x (2.90-3.10 at 95 % confidence); the test asks for at least 10.0x."


def test_a_terminal_that_cannot_show_a_dash_gets_what_it_can() -> None:
    assert all(line.isascii() for line in explain_figure(LATENCY, encoding="ascii"))
