from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_benchmark.stats import Stats

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.figure import Rung
from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import Block, Round
from pytest_ovperf.runs.of_figures import ladder_views
from pytest_ovperf.runs.of_records import calls_ns, run_view, statistics_of
from pytest_ovperf.stats.estimate import estimate
from tests.unit.reports.figure_examples import FIGURES, LADDER
from tests.unit.reports.report_examples import LAUNCH, MISSING, OK, REGRESSED, RUN, TARGET_MET
from tests.unit.trial.trial_fakes import FakeWorld

if TYPE_CHECKING:
    from pytest_ovperf.arms import Comparison
    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.runs.view import ComparisonView, RunView


def label(comparison: Comparison) -> str:
    return f"{comparison.model} · {comparison.arms}"


def view(*records: ComparisonRecord, started: str = "") -> RunView:
    return run_view(
        records,
        name="this run",
        commit="c",
        machine={},
        versions={},
        devices={},
        label=label,
        explain=lambda _: ("because",),
        started=started,
    )


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=40))
def test_the_figures_are_those_of_pytest_benchmark_to_the_last_digit(times_ns: list[int]) -> None:
    theirs = Stats()
    for each in times_ns:
        theirs.update(each / 1e9)
    ours = statistics_of(times_ns)
    assert (ours.min_s, ours.max_s, ours.mean_s, ours.stddev_s) == (theirs.min, theirs.max, theirs.mean, theirs.stddev)
    assert (ours.q1_s, ours.median_s, ours.q3_s, ours.calls) == (theirs.q1, theirs.median, theirs.q3, theirs.rounds)


def test_every_record_becomes_a_comparison_in_the_same_order() -> None:
    views = view(*RUN).comparisons
    assert [each.test for each in views] == [record.test for record in RUN]
    assert [each.said for each in views] == ["ok", "regressed", "improved", "inconclusive", "no-baseline", "ok"]


def test_a_comparison_has_the_verdict_as_it_was_given() -> None:
    (found,) = view(REGRESSED).comparisons
    assert found.key == "suites/test_speed.py::test_int8_pays[minilm-CPU] · minilm · openvino-int8 over openvino-fp32"
    assert (found.model, found.workload, found.metric, found.device) == ("minilm", "infer 1x128", "latency", "CPU")
    assert (found.ratio, found.low, found.high) == (1.92, 1.88, 1.96)
    assert (found.expected, found.change, found.tolerance) == (2.90, -0.338, 0.05)
    assert found.evidence == ("because",)
    assert found.versions == {"openvino": "2026.4.1", "torch": "2.13.0"}
    assert found.target is None


def test_a_number_is_no_baseline() -> None:
    (found,) = view(TARGET_MET).comparisons
    assert found.target == 1.5
    assert found.baseline is None


def test_what_was_recorded_or_not_judged_says_so() -> None:
    recorded, unjudged = view(replace(OK, stored=True), replace(MISSING, judged=False)).comparisons
    assert recorded.said == "recorded"
    assert unjudged.said == "not judged"


def test_the_stored_speed_up_has_an_interval_around_it() -> None:
    (found,) = view(OK).comparisons
    assert found.baseline is not None
    assert found.baseline.ratio == pytest.approx(2.74, rel=1e-3)
    assert found.baseline.low < found.baseline.ratio < found.baseline.high
    assert found.baseline.launches == 3
    assert found.baseline.provenance["openvino"] == "2026.3.0"


def test_the_interval_of_what_was_stored_is_made_as_that_of_a_measured_speed_up() -> None:
    trial = FakeWorld().trial()
    trial.run_launch()
    trial.run_launch()
    measured = estimate(trial.trace)
    assert OK.baseline is not None
    stored = replace(OK.baseline, log_ratios=measured.log_ratios)
    (found,) = view(replace(OK, comparison=trial.trace.comparison, baseline=stored)).comparisons
    assert found.baseline is not None
    assert (found.baseline.ratio, found.baseline.low, found.baseline.high) == pytest.approx(
        (measured.ratio, measured.low, measured.high)
    )


def test_each_day_of_what_was_stored_counts_the_same() -> None:
    assert OK.baseline is not None
    days = ("2026-11-20", "2026-11-21", "2026-11-21", "2026-11-21")
    stored = replace(OK.baseline, log_ratios=(1.2, 1.0, 1.0, 1.0), days=days)
    (found,) = view(replace(OK, baseline=stored)).comparisons
    assert found.baseline is not None
    assert found.baseline.ratio == pytest.approx(math.exp(1.1))


def test_an_arm_is_what_it_turned_out_to_be_and_keeps_its_samples_by_launch() -> None:
    blocks = Block((1000, 1001)), Block((3000, 3000))
    launch = replace(LAUNCH, rounds=(Round(*blocks, candidate_first=True),) * 2)
    (found,) = view(replace(OK, launches=(launch, launch))).comparisons
    assert (found.candidate.name, found.candidate.precision, found.candidate.devices) == (
        "openvino-fp32",
        "f32",
        ("CPU",),
    )
    assert found.candidate.blocks_ns == ((1000.0, 1000.0), (1000.0, 1000.0))
    assert found.reference.blocks_ns == ((3000.0, 3000.0), (3000.0, 3000.0))
    assert found.candidate.statistics is not None
    assert found.candidate.statistics.calls == 8
    assert found.candidate.statistics.max_s == 1.001e-6


def test_the_raw_times_are_those_of_all_launches_in_their_order() -> None:
    rounds = (
        Round(Block((1, 2)), Block((7,)), candidate_first=True),
        Round(Block((3,)), Block((8, 9)), candidate_first=False),
    )
    record = replace(OK, launches=(replace(LAUNCH, rounds=rounds), replace(LAUNCH, rounds=rounds[:1])))
    assert list(calls_ns(record, candidate=True)) == [1, 2, 3, 1, 2]
    assert list(calls_ns(record, candidate=False)) == [7, 8, 9, 7]


def test_a_comparison_that_a_test_asserts_twice_has_two_keys() -> None:
    first, second = view(OK, replace(OK, target=1.5)).comparisons
    assert second.key == f"{first.key} (2)"


def test_a_run_starts_with_its_first_launch() -> None:
    later, earlier = replace(LAUNCH, started_unix=1_800_000_000.0), replace(LAUNCH, started_unix=1_700_000_000.4)
    assert view(replace(OK, launches=(later,)), replace(OK, launches=(earlier,))).started == "2023-11-14T22:13:20+00:00"
    assert view(started="2026-01-01T00:00:00+00:00").started == "2026-01-01T00:00:00+00:00"


def test_half_a_character_in_a_test_id_is_made_whole() -> None:
    (found,) = view(replace(OK, test="test_\udcff.py::test_it")).comparisons
    assert found.test == "test_\N{REPLACEMENT CHARACTER}.py::test_it"
    assert found.key.startswith(found.test)


def test_estimates_without_an_upper_end_are_kept_as_they_are() -> None:
    (found,) = view(replace(OK, speedup=replace(OK.speedup, high=math.inf))).comparisons
    assert found.high == math.inf


def of_metric(metric: Metric, block: Block) -> ComparisonView:
    asked = replace(OK.comparison, metric=metric)
    launch = replace(OK.launches[0], rounds=(Round(block, block, candidate_first=True),))
    (found,) = view(replace(OK, comparison=asked, launches=(launch, launch))).comparisons
    return found


def test_times_are_those_that_the_metric_is_about() -> None:
    block = Block((40_000_000,) * 5, first_ns=(10_000_000,) * 5, items=2, tokens=4)
    first = of_metric(Metric.TTFT, block).candidate
    assert first.statistics is not None
    assert (first.statistics.median_s, first.statistics.calls) == (0.01, 10)
    assert first.percentiles == {"p50": 0.01}
    assert of_metric(Metric.TOKENS_PER_SECOND, block).candidate.blocks_ns == ((5_000_000.0,), (5_000_000.0,))


def test_bytes_have_a_cost_and_no_times() -> None:
    found = of_metric(Metric.PEAK_MEMORY, Block((), bytes=3_000_000)).candidate
    assert (found.statistics, found.blocks_ns, found.percentiles) == (None, (), {})
    assert found.cost == OK.speedup.candidate_cost


def test_what_was_read_back_of_an_arm_is_kept() -> None:
    facts = replace(OK.launches[0].candidate, streams=2, requests=4, settings={"hint": "throughput"})
    (found,) = view(replace(OK, launches=(replace(OK.launches[0], candidate=facts),))).comparisons
    assert (found.candidate.streams, found.candidate.requests) == (2, 4)
    assert found.candidate.settings == {"hint": "throughput"}


def test_figures_and_ladders_are_part_of_a_run() -> None:
    run = run_view(
        [],
        name="this run",
        commit="",
        machine={},
        versions={},
        devices={},
        label=str,
        explain=lambda _: (),
        figures=FIGURES,
        ladders=[LADDER],
    )
    assert [figure.percentiles for figure in run.figures] == [{"p50": 0.2531, "p90": 0.2712}, {"p50": 0.0881}, {}]
    assert [figure.unit for figure in run.figures] == ["tokens/s", "s", "B"]
    (ladder,) = run.ladders
    assert ladder.reference == "pytorch-fp32"
    assert [rung.arm for rung in ladder.rungs][-2:] == ["genai-int8[batch=8]", "openvino-int4"]
    assert len({figure.key for figure in run.figures}) == 3


def test_rungs_of_one_arm_on_several_devices_are_told_apart() -> None:
    names = ("openvino-fp32@CPU", "openvino-fp32@GPU", "openvino-int8@GPU")
    arms = [parse_arm(name, "CPU") for name in names]
    (found,) = ladder_views([replace(LADDER, reference=arms[0], rungs=tuple(map(Rung, arms)))])
    assert [rung.arm for rung in found.rungs] == ["openvino-fp32@CPU", "openvino-fp32@GPU", "openvino-int8"]
    assert (found.reference, found.device) == ("openvino-fp32@CPU", "CPU, GPU")
