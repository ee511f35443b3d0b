"""The comparison with OpenVINO's benchmark_app: its command line, its output, and what pairs of turns add up to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.agreement.app import app_arguments, read_output, write_inputs
from benchmarks.agreement.commands import cases_of, merged
from benchmarks.agreement.ours import side_of
from benchmarks.agreement.records import Case, Launch, Outcome, Side
from benchmarks.agreement.report import markdown, read_outcomes, write_outcomes
from benchmarks.agreement.summary import agreement_of, aim_met, signed_rank_interval
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import ArmFacts, Block
from pytest_ovperf.tuning import Tuning
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = request_of("openvino-fp32")
LATENCY = Case("minilm", "openvino-fp32", Metric.LATENCY)
PROPERTIES = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2}
TEXT = {"input_ids": np.ones((1, 128), np.int64), "attention_mask": np.ones((1, 128), np.int64)}
IMAGE = {"pixel_values": np.ones((1, 3, 224, 224), np.float32)}

FACTS = ArmFacts("f32", ("CPU",), 2, 1, {}, streams=1, requests=1)

SAID = """\
[Step 8/11] Querying optimal runtime parameters
[ INFO ] Model:
[ INFO ]   NUM_STREAMS: 1
[ INFO ]   INFERENCE_NUM_THREADS: 2
[ INFO ]   INFERENCE_PRECISION_HINT: <Type: 'float32'>
[Step 10/11] Measuring performance (Start inference asynchronously, 4 inference requests using 2 streams for CPU)
[ INFO ] First inference took 212.65 ms
[ INFO ] Count:            152 iterations
[ INFO ] Duration:         2010.14 ms
[ INFO ] Latency:
[ INFO ]    Median:        13.14 ms
[ INFO ]    Average:       14.11 ms
[ INFO ] Throughput:   75.62 FPS
"""


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def side(latency_ms: float, **settings: str) -> Side:
    return Side(latency_ms * 1e6, 1e3 / latency_ms, 100, 2.0, settings)


def outcome(*ratios: float, others: float = 0.0, case: Case = LATENCY) -> Outcome:
    launches = tuple(Launch(side(10 * ratio), side(10), others, "2026-11-22") for ratio in ratios)
    return Outcome(case, launches, "a-machine", {"openvino": "2026.4"})


def test_a_model_with_open_dimensions_is_given_the_shape_of_its_data() -> None:
    arguments = app_arguments(REQUEST, PROPERTIES, Metric.LATENCY, TEXT, 2)
    assert option(arguments, "-data_shape") == "input_ids[1,128],attention_mask[1,128]"
    assert option(arguments, "-inference_only") == "true"
    assert "-shape" not in arguments


def test_a_model_that_the_arm_reshapes_is_reshaped_there_too() -> None:
    fixed = replace(REQUEST, shape={"input_ids": (1, 64), "attention_mask": (1, 64)})
    arguments = app_arguments(fixed, PROPERTIES, Metric.LATENCY, TEXT, 2)
    assert option(arguments, "-shape") == "input_ids[1,64],attention_mask[1,64]"


def test_images_are_fed_as_the_model_has_them() -> None:
    """By itself benchmark_app feeds ``u8`` and converts within the model."""
    arguments = app_arguments(REQUEST, PROPERTIES, Metric.LATENCY, IMAGE, 2)
    assert option(arguments, "-iop") == "pixel_values:f32"


def test_throughput_is_asked_for_asynchronously_with_the_same_requests() -> None:
    tuned = replace(REQUEST, tuning=Tuning.parse("requests=4"))
    arguments = app_arguments(tuned, PROPERTIES | {"PERFORMANCE_HINT": "THROUGHPUT"}, Metric.THROUGHPUT, TEXT, 3)
    asked = [option(arguments, name) for name in ("-api", "-hint", "-nireq", "-t")]
    assert asked == ["async", "throughput", "4", "3"]


def test_all_properties_but_the_hint_reach_it_through_a_file(tmp_path: Path) -> None:
    """Beside a hint it takes no threads on its command line."""
    write_inputs(tmp_path, "CPU", PROPERTIES | {"ENABLE_CPU_PINNING": True}, TEXT)
    assert json.loads((tmp_path / "properties.json").read_text(encoding="utf-8")) == {
        "CPU": {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": "2", "ENABLE_CPU_PINNING": "YES"}
    }
    assert np.load(tmp_path / "input_ids.npy").shape == (1, 128)


def test_its_output_is_read() -> None:
    said = read_output(SAID)
    assert (said.latency_ns, said.calls) == (13_140_000, 152)
    assert [said.throughput, said.elapsed_s] == pytest.approx([75.62, 2.01014])
    assert said.settings["INFERENCE_NUM_THREADS"] == "2"
    assert said.settings["requests"] == "4"


def test_the_time_in_which_it_rested_is_no_time_of_its_throughput() -> None:
    """Its clock goes on while it is stopped."""
    assert read_output(SAID, rested_s=1.00507).throughput == pytest.approx(2 * 75.62)


def test_short_calls_are_told_in_microseconds() -> None:
    assert read_output(SAID.replace("13.14 ms", "812.50 us")).latency_ns == 812_500


def test_an_output_without_a_figure_is_refused() -> None:
    with pytest.raises(MeasurementError, match="does not tell the median"):
        read_output(SAID.replace("Median", "Mittel"))


def test_a_block_of_a_full_queue_counts_the_samples_in_its_window() -> None:
    block = Block((30_000_000,) * 8, items=4, elapsed_ns=100_000_000)
    assert side_of([block, block], FACTS, rests=2).throughput == pytest.approx(320)


def test_the_median_is_the_one_that_benchmark_app_takes() -> None:
    assert side_of([Block((1, 2, 3, 4))], FACTS, rests=0).latency_ns == 2


def test_each_rest_of_benchmark_app_stands_for_an_endless_call_of_ours() -> None:
    """It made one call of its own that long, and the medians are to stand at the same place."""
    assert side_of([Block((1, 2, 3, 4))], FACTS, rests=2).latency_ns == 3


def test_the_ratio_is_ours_over_theirs() -> None:
    found = agreement_of(outcome(1.02, 1.01, 1.03, 1.02))
    assert found.ratio == pytest.approx(1.02, abs=1e-3)
    assert found.low < 1.02 < found.high
    assert found.deviation == pytest.approx(0.02, abs=1e-3)


def test_disturbed_launches_are_left_out() -> None:
    quiet, disturbed = outcome(1.0, 1.01, 0.99), outcome(1.5, 1.4, others=0.8)
    both = replace(quiet, launches=quiet.launches + disturbed.launches)
    assert agreement_of(both) == agreement_of(quiet)


def test_where_all_launches_are_disturbed_they_all_count() -> None:
    assert agreement_of(outcome(1.5, 1.4, 1.45, others=0.8)).launches == 3


def test_one_launch_has_no_spread() -> None:
    with pytest.raises(ValueError, match="raise --launches"):
        agreement_of(outcome(1.0))


def test_settings_that_differ_are_named() -> None:
    ours = side(10, INFERENCE_PRECISION_HINT="f32", NUM_STREAMS="1")
    theirs = side(10, INFERENCE_PRECISION_HINT="<Type: 'float32'>", NUM_STREAMS="2")
    launches = (Launch(ours, theirs, 0.0, "2026-11-22"),) * 2
    assert agreement_of(replace(outcome(), launches=launches)).differing == ("NUM_STREAMS: 1 here, 2 there",)


def test_the_ratio_is_also_told_without_what_lies_outside_the_request() -> None:
    found = agreement_of(replace(outcome(1.02, 1.02), outside_ns=0.2e6))
    assert [found.ratio, found.inner] == pytest.approx([1.02, 1.0])


def test_the_interval_is_that_of_the_signed_ranks() -> None:
    """Of eight values the four smallest and largest of the 36 means of two lie beyond it, at 96 %."""
    assert signed_rank_interval([1, 2, 3, 4, 5, 6, 7, 8]) == (2.0, 7.0)


def test_the_interval_of_few_values_spans_them_all() -> None:
    assert signed_rank_interval([3, 1, 2]) == (1.0, 3.0)


@pytest.mark.parametrize(
    ("ratios", "met"), [((1.0, 1.01, 1.03), True), ((1.0, 1.0, 1.05), False), ((0.97, 1.03, 1.0), False)]
)
def test_the_aim_is_on_the_median_and_on_the_largest_deviation(ratios: tuple[float, ...], *, met: bool) -> None:
    assert aim_met([agreement_of(outcome(ratio, ratio)) for ratio in ratios]) is met


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    kept = [outcome(1.0, 1.1), outcome(1.0, case=replace(LATENCY, metric=Metric.THROUGHPUT))]
    write_outcomes(tmp_path / "kept.json", kept)
    assert read_outcomes(tmp_path / "kept.json") == kept


def test_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text('{"schema": 99}', encoding="utf-8")
    with pytest.raises(ValueError, match="schema 99"):
        read_outcomes(tmp_path / "kept.json")


def test_a_case_measured_again_replaces_what_was_kept() -> None:
    other = outcome(1.0, case=replace(LATENCY, model="resnet50"))
    assert merged([outcome(1.5), other], outcome(1.0), extend=False) == [other, outcome(1.0)]


def test_launches_of_the_same_versions_are_added_on_demand() -> None:
    assert merged([outcome(1.5)], outcome(1.0), extend=True) == [outcome(1.5, 1.0)]


def test_launches_of_other_versions_are_never_mixed() -> None:
    old = replace(outcome(1.5), versions={"openvino": "2025.4"})
    assert merged([old], outcome(1.0), extend=True) == [outcome(1.0)]


def test_the_table_has_a_row_a_case_and_says_whether_the_aim_is_met() -> None:
    text = markdown([outcome(1.02, 1.02), outcome(1.0, 1.0, case=replace(LATENCY, model="resnet50"))])
    assert "| minilm | `openvino-fp32` | 10.00 | 10.20 | 1.020 | 1.020 to 1.020 | 0.0 % | 2 | not read |  |" in text
    assert "Deviation: 1.0 % in the median, 2.0 % at most; the aim (2 % and 4 %) is met by these ratios." in text


def test_intervals_that_reach_beyond_the_aim_are_counted() -> None:
    assert "1 of 2 intervals reach beyond 4 %." in markdown(
        [outcome(1.0, 1.1, 1.0), outcome(1.0, 1.01, case=replace(LATENCY, model="resnet50"))]
    )


def test_what_lies_outside_the_request_is_told_where_it_was_read() -> None:
    assert "| 204 µs | 1.000 |" in markdown([replace(outcome(1.02, 1.02), outside_ns=0.204e6)])


def test_a_case_of_disturbed_launches_says_so() -> None:
    assert "3 (disturbed)" in markdown([outcome(1.0, 1.1, 1.2, others=0.8)])


def test_the_cases_of_one_model_are_measured_together() -> None:
    cases = cases_of(["minilm", "gpt2"], ["openvino-fp32"], ["latency", "throughput"])
    assert [case.model for case in cases] == ["minilm", "minilm", "gpt2", "gpt2"]
