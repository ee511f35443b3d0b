"""What looks like a regression is measured again at the end of the run: what a user sees, and runs that end before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.confirming_suite import CONFIRMED, LOOKS_LIKE, NODE, SLOW, TWO_TESTS

if TYPE_CHECKING:
    from tests.integration.confirming_suite import Confirming


# What a user sees


def test_a_loss_is_suspected_measured_again_after_the_other_tests_and_fails_once(confirming: Confirming) -> None:
    confirming.write()
    result = confirming.run("-v", test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([LOOKS_LIKE, "SUSPECTED*", "PASSED*", "FAILED*"], consecutive=False)
    assert confirming.passes == ["test_it", "test_other", "test_it"]
    result.stdout.fnmatch_lines(
        ["E *openvino-int8 is now *; the baseline says *lower*", "*speed-up in full*", CONFIRMED]
    )
    result.stdout.fnmatch_lines(["1 ok * 1 regressed *", "*1 failed, 1 passed, 1 suspected in *"])
    assert result.stdout.str().count("FAILED ") == 2  # where it is run, and in pytest's summary
    assert confirming.last_failed() == [NODE]
    assert confirming.traces() == {"test_it": [6], "test_other": [2]}


def test_a_loss_that_is_gone_at_the_end_of_the_run_passes_and_is_noted(confirming: Confirming) -> None:
    confirming.write()
    result = confirming.run(test_it=[1.1, 1])
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([LOOKS_LIKE, "[?]*", "Notes:", "*this looked like a regression until it was measured*"])
    assert confirming.passes == ["test_it", "test_other", "test_it"]
    assert confirming.last_failed() == []


def test_tests_that_do_not_measure_are_left_to_pytest(confirming: Confirming) -> None:
    confirming.write(TWO_TESTS, test_plain="def test_plain(): pass\ndef test_fails(device): assert not device")
    result = confirming.run("-v")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.no_fnmatch_line("*suspected*")


def test_a_missed_number_is_measured_again_too(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup):
            assert speedup("openvino-int8", over="openvino-fp32") >= 1.9
        """
    )
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([LOOKS_LIKE, "E *the test asks for at least 1.90x*", CONFIRMED])


def test_without_a_terminal_all_goes_the_same_way(confirming: Confirming) -> None:
    confirming.write()
    assert confirming.run("-p", "no:terminal", test_it=[SLOW]).ret == pytest.ExitCode.TESTS_FAILED
    assert confirming.passes == ["test_it", "test_other", "test_it"]


# Runs that end before


def not_measured_again(result: pytest.RunResult) -> None:
    result.stdout.fnmatch_lines(
        ["*test_it*inconclusive*", "*1 inconclusive*", "*test_it*the run ended before it was measured again*"]
    )
    result.stdout.no_fnmatch_line("*regressed*")


def test_a_failure_that_stops_the_run_leaves_it_inconclusive(confirming: Confirming) -> None:
    confirming.write()
    confirming.pytester.makepyfile(test_stop="def test_stop(): assert False")
    result = confirming.run("-x", test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=1)
    not_measured_again(result)
    assert confirming.passes == ["test_it", "test_other", "test_stop"]
    assert confirming.traces() == {"test_it": [2], "test_other": [2]}
    assert confirming.last_failed() == ["test_stop.py::test_stop"]


def test_ctrl_c_leaves_it_inconclusive(confirming: Confirming) -> None:
    confirming.write()
    confirming.pytester.makepyfile(test_stop="def test_stop(): raise KeyboardInterrupt")
    result = confirming.run(test_it=[SLOW])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    not_measured_again(result)
    result.stdout.fnmatch_lines(["*1 passed, 1 suspected in *"])


def test_ctrl_c_while_it_is_measured_again_leaves_it_inconclusive(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        passes = []

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline):
            passes.append(1)
            measured = speedup("openvino-int8", over="openvino-fp32")
            if len(passes) == 2:
                raise KeyboardInterrupt
            assert measured >= baseline
        """
    )
    result = confirming.run(test_it=[SLOW])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    not_measured_again(result)


def test_a_confirmed_regression_stops_a_run_that_stops_at_the_first(confirming: Confirming) -> None:
    confirming.write()
    result = confirming.run("-x", test_it=[SLOW], test_other=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 regressed * 1 inconclusive*"])
    assert confirming.passes == ["test_it", "test_other", "test_it"]


NEVER_CAME = "*test_it*this looked like a regression, and the test did not come to it again"


@pytest.mark.parametrize(
    ("where", "ending", "outcome", "said"),
    [
        ("call", "pytest.skip('not twice')", {"skipped": 1}, NEVER_CAME),
        ("call", "assert False, 'not twice'", {"failed": 1}, "E*AssertionError: not twice"),
        ("setup", "assert False, 'not twice'", {"errors": 1}, "E*AssertionError: not twice"),
        ("setup", "pytest.xfail('not twice')", {"xfailed": 1}, NEVER_CAME),
    ],
)
def test_a_second_pass_that_ends_otherwise_is_the_last(
    confirming: Confirming, where: str, ending: str, outcome: dict[str, int], said: str
) -> None:
    confirming.write(
        f"""
        import pytest

        passes = []

        def second(where):
            if where == "{where}" and len(passes) == 2:
                {ending}

        @pytest.fixture
        def own():
            passes.append(1)
            second("setup")

        @pytest.mark.model("tiny-bert")
        def test_it(own, speedup, baseline):
            second("call")
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines([said])
    assert confirming.passes == ["test_it", "test_it"]
    result.stdout.fnmatch_lines(["*test_it*inconclusive*"])


def test_a_worker_that_fails_in_the_second_pass_fails_the_test_once(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest
        from pytest_ovperf.session.arms import Arms
        from pytest_ovperf.errors import WorkerDiedError

        passes = []

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline, monkeypatch):
            passes.append(1)
            if len(passes) == 2:
                def gone(*_):
                    raise WorkerDiedError("The process is gone.", remedy="Try again.")
                monkeypatch.setattr(Arms, "open", gone)
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *openvino-int8 on CPU: The process is gone.*", "*test_it*not judged*"])
    assert confirming.passes == ["test_it", "test_it"]
