"""What a user sees of `ladder`: any number of arms side by side in one run, and one table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite, Suite

RUNGS = '["pytorch-fp32", "pytorch-fp32[batch=3]", "openvino-int8", "genai-int8", "genai-int8[batch=3]"]'


def test_a_ladder_is_one_table_and_its_rungs_are_held_to_factors(quick: QuickSuite) -> None:
    quick.write(
        f"""
        import pytest

        @pytest.mark.model("tiny-gpt2")
        def test_it(ladder):
            rungs = ladder({RUNGS}, prompt=16, new_tokens=20)
            assert len(rungs) == 5
            assert [rung.batch for rung in rungs] == [1, 3, 1, 1, 3]
            assert rungs["openvino-int8"].factor >= 2.9  # a call of 10 ms for one of 30
            assert rungs[-1].factor >= 8.5  # thrice as much in twice the sixth of the time
            assert rungs["genai-int8[batch=3]"].factor_at_same_batch >= 5.8
            assert rungs[0].factor >= 1
            assert rungs[-1].tokens_per_second >= 5000
            assert rungs[-1].ttft <= 0.5
            assert rungs[-1].peak_memory <= 300e6
            assert rungs["openvino-int8"].fidelity.cosine >= 0.99
        """
    )
    result = quick.run("-rA")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*tiny-gpt2*pytorch-fp32*",
            "rung *batch *tokens/s*",
            "pytorch-fp32 *",
            "openvino-int8 *3.0*x*",
            "genai-int8[[]batch=3] *9.0*x*",
            "*Absolute figures*",
        ]
    )


def test_an_arm_that_this_machine_has_not_is_left_out_with_the_reason(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_it(ladder):
            rungs = ladder(["openvino-fp32@GPU", "openvino-bf16@GPU", "openvino-int8@GPU"])
            assert "no BF16" in rungs[1].absent
            assert rungs["openvino-int8"].factor >= 1.9

        def test_absent_rung_skips(ladder):
            assert ladder(["openvino-fp32@GPU", "openvino-bf16@GPU", "openvino-int8@GPU"], also=())[1].latency <= 1

        def test_factor_of_an_absent_rung_skips(ladder):
            assert ladder(["pytorch-fp32", "openvino-fp32@NPU", "openvino-int8"], also=())[1].factor >= 1

        def test_absent_reference_skips(ladder):
            ladder(["openvino-bf16@GPU", "openvino-fp32@GPU"])

        def test_reference_alone_skips(ladder):
            ladder(["pytorch-fp32", "openvino-fp32@NPU"])
        """
    )
    result = quick.run("-rs")
    result.assert_outcomes(passed=1, skipped=4)
    result.stdout.fnmatch_lines(
        [
            "Not measured: openvino-bf16*no BF16*",
            "Not measured: openvino-fp32*There is none.*",
            "SKIPPED*no BF16*",
            "SKIPPED*There is none.*",
            "SKIPPED*no BF16*",
            "SKIPPED*None of the arms that pytorch-fp32 is to be held against*There is none.*",
        ]
    )


def test_an_arm_that_fails_fails_the_test_and_the_others_are_in_the_table(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest
        from pytest_ovperf.errors import WorkerDiedError
        from pytest_ovperf.session.arms import Arms

        opened = Arms.open

        def open_arm(arms, request, arm):
            if arm.kind == "openvino-fp32":
                raise WorkerDiedError("It died.", remedy="Look.")
            return opened(arms, request, arm)

        @pytest.mark.model("tiny-bert")
        def test_it(ladder, monkeypatch):
            monkeypatch.setattr(Arms, "open", open_arm)
            ladder(["pytorch-fp32", "openvino-fp32", "openvino-int8"], also=())
        """
    )
    result = quick.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *openvino-fp32 on CPU: It died.", "openvino-int8 *3.0*x*", "Not measured: openvino-fp32*It died.*"]
    )


def test_a_missed_factor_and_mistakes_are_told_at_their_line(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_missed(ladder):
            assert ladder(["pytorch-fp32", "openvino-int8"], also=())[1].factor >= 10

        def test_one_rung(ladder):
            ladder(["pytorch-fp32"])

        def test_twice(ladder):
            ladder(["pytorch-fp32", "openvino-int8", "openvino-int8"])

        def test_no_such_rung(ladder):
            assert ladder(["pytorch-fp32", "openvino-int8"], also=())["openvino-fp32"].factor >= 1

        def test_not_measured(ladder):
            assert ladder(["pytorch-fp32", "openvino-int8"], also=())[1].load_time <= 1

        def test_of_no_language_model(ladder):
            ladder(["pytorch-fp32", "genai-int8"], metric="ttft")
        """
    )
    result = quick.run()
    result.assert_outcomes(failed=6)
    result.stdout.fnmatch_lines(
        [
            "E *factor of openvino-int8 over pytorch-fp32 is 3.0*x (*); the test asks for at least 10.0x.",
            "E *A ladder of 1 arms has nothing to climb*",
            "E *The ladder has openvino-int8 on CPU twice*",
            "E *The ladder has no rung 'openvino-fp32'*",
            "E *The ladder did not measure the load_time of openvino-int8*",
            "E *tiny-bert generates no text*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_ovperf/session/*.py:*")


def test_a_ladder_of_real_arms(suite: Suite) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(ladder):
            rungs = ladder(["openvino-fp32", "openvino-fp32[batch=4]", "openvino-int8"], metric="throughput")
            assert rungs["openvino-int8"].factor >= 0.05
            assert rungs["openvino-int8"].fidelity.cosine > 0.9
            assert rungs["openvino-fp32[batch=4]"].factor >= 0.05
        """
    )
    result = suite.run("--ov-budget=1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["rung*samples/s*", "openvino-fp32*", "openvino-int8*x*"])
