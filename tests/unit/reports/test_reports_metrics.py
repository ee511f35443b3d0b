"""Every metric is told in its own unit and in its own words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.metrics import Metric, Unit, Workload
from pytest_ovperf.records import Block, ComparisonRecord, Round, VerdictKind
from pytest_ovperf.reports import figures
from pytest_ovperf.reports.advice import RunFacts
from pytest_ovperf.reports.failure import explain
from pytest_ovperf.reports.terminal import summary
from tests.unit.reports.report_examples import REGRESSED, comparison, estimate, judged, stored

#: Metric, what it costs the candidate, and how that and the reference's twofold cost are written.
FIGURES = [
    (Metric.LATENCY, 4.1e6, "4.10 ms", "8.20 ms"),
    (Metric.THROUGHPUT, 2e6, "500 samples/s", "250 samples/s"),
    (Metric.TTFT, 8.83e7, "88.3 ms", "177 ms"),
    (Metric.TPOT, 7.5e6, "7.50 ms", "15.0 ms"),
    (Metric.TOKENS_PER_SECOND, 1.6e6, "625 tokens/s", "312 tokens/s"),
    (Metric.REQUESTS_PER_SECOND, 5e7, "20.0 requests/s", "10.0 requests/s"),
    (Metric.LOAD_TIME, 2.2e8, "220 ms", "440 ms"),
    (Metric.CACHED_LOAD_TIME, 6e7, "60.0 ms", "120 ms"),
    (Metric.FIRST_INFERENCE, 2.3e8, "230 ms", "460 ms"),
    (Metric.PEAK_MEMORY, 3.1e8, "310 MB", "620 MB"),
    (Metric.MODEL_SIZE, 2.5e8, "250 MB", "500 MB"),
    (Metric.EXPORT_TIME, 1.2e10, "12.0 s", "24.0 s"),
]


def record(metric: Metric, cost: float, *, then: float = 0.9) -> ComparisonRecord:
    """Return a regression: the candidate cost ``then`` times as much when the baseline was recorded."""
    asked = replace(
        comparison("gpt2", "openvino-int8", "openvino-fp32"),
        metric=metric,
        workload=Workload(metric.workload, {"input_ids": (1, 64)}),
    )
    return replace(
        REGRESSED,
        comparison=asked,
        speedup=estimate(2.0, 1.95, 2.05, candidate_cost=cost),
        baseline=replace(stored(2.2), candidate_cost=then * cost, reference_cost=2 * cost),
        verdict=judged(VerdictKind.REGRESSED, 2.2, -0.09),
        launches=(),  # whose blocks are of a latency
    )


@pytest.mark.parametrize(("metric", "cost", "ours", "theirs"), FIGURES)
@pytest.mark.parametrize("width", [40, 80, 160])
def test_the_table_has_both_arms_figures_with_their_unit(
    metric: Metric, cost: float, ours: str, theirs: str, width: int
) -> None:
    text = summary([record(metric, cost)], RunFacts(("CPU",)), width=width, colour=False, encoding="utf-8")
    assert f"in {metric} of gpt2" in " ".join(text.split())
    joined = " ".join(text.split())
    between = " / " if "arms' figures" in joined else " against "
    assert figures.beside(ours, theirs, between) in joined


@pytest.mark.parametrize(("metric", "cost", "ours", "theirs"), FIGURES)
def test_a_failure_tells_both_sides_in_the_metrics_unit(metric: Metric, cost: float, ours: str, theirs: str) -> None:
    text = "\n".join(explain(record(metric, cost)))
    assert f" to {ours} (" in text
    assert f"the reference stayed near {theirs} (0.0 %)" in text


def test_every_metric_has_its_example_here() -> None:
    assert {metric for metric, *_ in FIGURES} == set(Metric)


@pytest.mark.parametrize(
    ("metric", "conclusion", "moved"),
    [
        (
            Metric.LATENCY,
            "openvino-int8 is now 2.00x as fast as openvino-fp32;",
            "slowed from 3.69 ms to 4.10 ms (+11 %)",
        ),
        (Metric.TOKENS_PER_SECOND, "now makes 2.00x the tokens a second of openvino-fp32;", "fell from 694 tokens/s"),
        (Metric.THROUGHPUT, "has now 2.00x the throughput of openvino-fp32;", "fell from 556 samples/s to 500"),
        (Metric.MODEL_SIZE, "is now 2.00x as small on disk as openvino-fp32;", "grew from 225 MB to 250 MB (+11 %)"),
        (Metric.LOAD_TIME, "now loads 2.00x as fast as openvino-fp32;", "slowed from 198 ms to 220 ms (+11 %)"),
    ],
)
def test_a_metric_has_its_own_words(metric: Metric, conclusion: str, moved: str) -> None:
    cost = next(cost for each, cost, *_ in FIGURES if each is metric)
    text = "\n".join(explain(record(metric, cost)))
    assert conclusion in text
    assert f"The candidate {moved}" in text


def test_a_rate_that_costs_less_rose() -> None:
    text = "\n".join(explain(record(Metric.THROUGHPUT, 2e6, then=1.25)))
    assert "The candidate rose from 400 samples/s to 500 samples/s (+25 %)" in text


def of_calls(metric: Metric, calls: int) -> str:
    block = Block((5_000_000,) * calls, first_ns=(1_000_000,) * calls, elapsed_ns=10**8, tokens=5)
    launch = replace(REGRESSED.launches[0], rounds=(Round(block, block, candidate_first=True),))
    return "\n".join(explain(replace(record(metric, 1e6), launches=(launch,))))


def test_percentiles_of_requests_are_told_where_there_are_calls_enough() -> None:
    assert "A request's latency: the candidate's p50 5.00 ms, p90 5.00 ms; the" in of_calls(Metric.THROUGHPUT, 100)
    assert "Time to the first token: the candidate's p50 1.00 ms; the" in of_calls(Metric.TTFT, 10)
    assert "p50" not in of_calls(Metric.THROUGHPUT, 9)
    assert "p50" not in of_calls(Metric.LATENCY, 100)


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0.0, "0 B"),
        (812.0, "812 B"),
        (999.6, "1.00 kB"),
        (45_100_000.0, "45.1 MB"),
        (999_600_000.0, "1.00 GB"),
        (1.24e9, "1.24 GB"),
        (2e15, "2000 TB"),
        (float("nan"), "?"),
    ],
)
def test_sizes_have_three_digits(size: float, written: str) -> None:
    assert figures.size(size) == written


@pytest.mark.parametrize(
    ("low", "high", "unit", "written"),
    [
        (597.0, 640.0, Unit.TOKENS_PER_SECOND, "597\N{EN DASH}640 tokens/s"),
        (0.0009, 0.0011, Unit.SECONDS, "900 µs\N{EN DASH}1.10 ms"),
        (2.4e8, 2.6e8, Unit.BYTES, "240\N{EN DASH}260 MB"),
    ],
)
def test_a_range_says_its_unit_once(low: float, high: float, unit: Unit, written: str) -> None:
    assert figures.quantities(low, high, unit) == written


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
def test_what_no_arm_costs_is_a_question_mark(cost: float) -> None:
    assert figures.cost(cost, Metric.THROUGHPUT) == "?"
