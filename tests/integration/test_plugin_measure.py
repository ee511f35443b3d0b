"""What a user sees of `measure`: one arm's absolute figures, held to numbers and shown apart from ratios."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from pytest_ovperf.session.turns import kept_traces

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite, Suite


def test_figures_of_an_arm_are_held_to_numbers_in_the_direction_of_their_metric(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-gpt2")

        def test_generation(measure):
            arm = measure("genai-int8", batch=3, prompt=16, new_tokens=20)
            assert arm.tokens_per_second >= 5000
            assert 0.5 >= arm.ttft
            assert arm.ttft.low < float(arm.ttft) < arm.ttft.high

        def test_inference(measure):
            arm = measure("openvino-int8")
            assert arm.latency <= 0.5
            assert arm.latency.p90 <= 0.5
            assert arm.throughput >= 50
            assert arm.peak_memory <= 300e6
            assert arm.model_size <= 300e6
            assert arm.load_time <= 1
        """
    )
    result = quick.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*Absolute figures, which hold for this machine only*",
            "test_generation*tokens/s *≥ 5000 tokens/s *held*",
            " *genai-int8[[]batch=3] *tokens_per_second*",
            "test_inference* 10.* ms *≤ 500 ms *held*",
            " *openvino-int8 *latency*",
            "test_inference*MB *≤ 300 MB *held*",
        ]
    )
    result.stdout.no_fnmatch_line("*Speed-up*")


def test_the_raw_times_of_every_figure_are_kept(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(measure):
            arm = measure("openvino-int8")
            assert arm.latency <= 0.001
            assert arm.throughput >= 1
        """
    )
    quick.run().assert_outcomes(failed=1)
    (kept,) = kept_traces(quick.cache_dir)
    lineup = json.loads(gzip.decompress(kept.read_bytes()))
    assert lineup["lineup"]["workload"]["kind"] == "infer"
    assert all(
        block["latency_ns"] for launch in lineup["launches"] for (blocks,) in [launch["blocks"]] for block in blocks
    )


def test_a_missed_target_fails_with_what_was_measured(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(measure):
            assert measure("openvino-int8", threads=1).latency <= 0.001
        """
    )
    result = quick.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>*assert measure("openvino-int8", threads=1).latency <= 0.001',
            "E *openvino-int8[[]threads=1] takes 10.* ms (latency); the test asks for at most 1.00 ms.",
            "E *from 2 launches*",
            "test_it*≤ 1.00 ms *missed*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_ovperf/session/held.py*")


def test_a_target_within_the_interval_passes_unless_the_run_is_strict(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(measure):
            assert measure("openvino-int8").latency <= 0.01005  # which is what it takes
        """
    )
    quick.run().assert_outcomes(passed=1)
    strict = quick.run("--ov-strict")
    strict.assert_outcomes(failed=1)
    strict.stdout.fnmatch_lines(["E *at most 10.1 ms, which is not proven.*"])


def test_mistakes_are_told_at_their_line(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_no_metric(measure):
            assert measure("openvino-int8").latncy <= 1

        def test_wrong_direction(measure):
            assert measure("openvino-int8").latency >= 1

        def test_no_language_model(measure):
            assert measure("openvino-int8").tokens_per_second >= 1

        def test_percentile(measure):
            assert measure("openvino-int8").load_time.p99 <= 1

        def test_bare(measure):
            assert measure("openvino-int8").latency

        def test_absent(measure):
            assert measure("openvino-bf16@GPU").latency <= 1
        """
    )
    result = quick.run()
    result.assert_outcomes(failed=5, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "E *has no attribute and no metric 'latncy'*",
            "E *Choose one of: latency, throughput*",
            "E *latency of openvino-int8 is better the smaller it is: write*<= number*",
            "E *tiny-bert generates no text*",
            "E *99th percentile of load_time of openvino-int8 takes 1000 calls, and there are*",
            "E *A figure by itself asserts nothing*",
        ]
    )


def test_a_real_arm_is_measured(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(measure):
            arm = measure("openvino-fp32")
            assert 0 < float(arm.latency) < 5
            assert arm.model_size <= 50e6
            assert arm.latency.percentiles[50] > 0
        """
    )
    result = suite.run("--ov-budget=1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*openvino-fp32*latency*p50*", "*openvino-fp32*model_size*"])
