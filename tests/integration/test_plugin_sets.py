"""Sets of tests, quick, default and full: each run takes its set and the smaller ones, and says what it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite

SUITE = """
    import pytest

    pytestmark = [pytest.mark.model("tiny-bert"), pytest.mark.ovperf(tolerance=12, set="full")]

    @pytest.mark.ovperf(set="quick")
    def test_quick(speedup):
        assert speedup("openvino-int8", over="openvino-fp32") >= 1

    @pytest.mark.ovperf(set="default")
    def test_default(speedup):
        assert speedup("openvino-int8", over="openvino-fp32") >= 1

    @pytest.mark.ovperf(budget=3)
    def test_full(measure):
        assert measure("openvino-int8").latency <= 1

    @pytest.mark.ovperf(set="full")
    def test_full_that_measures_nothing():
        pass

    def test_of_others(request):
        pass
"""
LEFT_OUT = "ovperf: set {0}; {1} left out, --ov-set={2} has all of them"


@pytest.mark.parametrize(
    ("arguments", "passed", "left_out"),
    [
        (["--ov-set=quick"], 1, LEFT_OUT.format("quick", "4 tests of larger sets are", "full")),
        ([], 2, LEFT_OUT.format("default", "3 tests of larger sets are", "full")),
        (["--ov-set=full"], 5, ""),
        (["-o", "ov_set=full"], 5, ""),
        (["--ov-set=quick", "-k", "test_quick or test_default"], 1, "ovperf: set quick; 1 test of a larger set is*"),
    ],
)
def test_a_run_takes_its_set_and_the_smaller_ones(
    quick: QuickSuite, arguments: list[str], passed: int, left_out: str
) -> None:
    quick.write(SUITE)
    result = quick.run(*arguments)
    result.assert_outcomes(passed=passed, deselected=5 - passed)
    if left_out:
        result.stdout.fnmatch_lines([left_out])
    else:
        result.stdout.no_fnmatch_line("ovperf: set*")


def test_a_set_that_is_none_is_refused(quick: QuickSuite) -> None:
    quick.write(SUITE.replace('set="default"', 'set="huge"'))
    result = quick.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_default*the marker's set is 'huge'*", "*quick, default, full*"])
    result = quick.run("--ov-set=all")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ov-set is 'all'*"])


def test_the_plan_says_what_the_set_would_measure(quick: QuickSuite) -> None:
    quick.write(SUITE)
    result = quick.run("--ov-plan", "--ov-set=full")
    result.stdout.fnmatch_lines(
        ["test_quick*", "test_full*", "  openvino-int8: absolute figures", "2 comparisons*", "Nothing was measured*"]
    )
