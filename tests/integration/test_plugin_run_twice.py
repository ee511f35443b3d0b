"""Tests that are run again for a suspicion: what goes with them, and those that compare more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.integration.confirming_suite import CONFIRMED, LOOKS_LIKE, NODE, SLOW, TWO_TESTS

if TYPE_CHECKING:
    from tests.integration.confirming_suite import Confirming


# What goes with tests that are run twice


def test_fixtures_of_every_scope_are_there_again(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        def write(text):
            with open("log.txt", "a") as file:
                print(text, file=file)

        @pytest.fixture(scope="session")
        def of_session():
            write("session+")
            yield
            write("session-")

        @pytest.fixture(scope="module")
        def of_module(of_session):
            write("module+")
            yield
            write("module-")

        @pytest.fixture(scope="class")
        def of_class(of_module):
            write("class+")
            yield
            write("class-")

        @pytest.mark.model("tiny-bert")
        class TestIt:
            def setup_method(self):
                write("method+")

            @pytest.mark.parametrize("size", [1, 2])
            def test_it(self, of_class, speedup, baseline, size):
                write(f"run{size}")
                assert speedup("openvino-int8", over="openvino-fp32") >= baseline

        def test_after(of_module):
            write("after")
        """
    )
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=2)
    assert confirming.logged("log.txt") == [
        *("session+", "module+", "class+", "method+", "run1", "method+", "run2", "class-", "after"),
        # The last test of the run, as it was known then, takes the module's and the session's with it.
        *("class+", "method+", "run1", "method+", "run2", "class-", "module-", "session-"),
    ]


def test_two_passes_are_one_case_for_junit_with_one_set_of_properties(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline, record_property):
            record_property("owner", "me")
            print("said in a pass")
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = confirming.run("--junitxml=junit.xml", "-o", "junit_logging=all", test_it=[SLOW])
    result.assert_outcomes(failed=1)
    (group,) = ET.parse(confirming.pytester.path / "junit.xml").getroot()  # noqa: S314  (written by this very run)
    assert (group.get("tests"), group.get("failures"), group.get("errors")) == ("1", "1", "0")
    (case,) = group.findall("testcase")
    names = [each.get("name") for each in case.iter("property")]
    assert names.count("owner") == 1
    assert len(names) == len(set(names))
    assert result.outlines.count("said in a pass") == 1


def test_only_what_failed_in_the_end_is_what_failed_last(confirming: Confirming) -> None:
    confirming.write()
    confirming.run(test_it=[SLOW], test_other=[1.1, 1])
    assert confirming.last_failed() == [NODE]
    again = confirming.run("--lf", test_it=[SLOW, 1], test_other=[1])
    again.assert_outcomes(passed=1)
    assert confirming.passes[-2:] == ["test_it", "test_it"]
    assert confirming.last_failed() == []


def test_a_teardown_that_fails_is_an_error_once(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.fixture
        def falls_over():
            yield
            assert False, "in the teardown"

        @pytest.mark.model("tiny-bert")
        def test_it(falls_over, speedup, baseline):
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    confirming.run(test_it=[SLOW]).assert_outcomes(failed=1, errors=1)


def test_an_expected_failure_stays_one(confirming: Confirming) -> None:
    confirming.write()
    source = TWO_TESTS.replace("def test_it", "@pytest.mark.xfail(strict=True)\n    def test_it")
    confirming.pytester.makepyfile(test_speed=source)
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(passed=1, xfailed=1)


# Tests that compare more than once


def test_a_test_is_run_again_once_whatever_else_it_finds_then(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline):
            speedup("openvino-int8", over="openvino-fp32")  # only looked at
            for arm in ("openvino-fp32", "openvino-bf16", "pytorch-fp32"):
                assert speedup("openvino-int8", over=arm) >= baseline
        """
    )
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    assert confirming.passes == ["test_it", "test_it"]


def test_what_is_slower_in_the_second_pass_only_is_settled_there(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline):
            losses = [speedup("openvino-int8", over=arm) for arm in ("openvino-fp32", "openvino-bf16")]
            assert [loss >= baseline for loss in losses] == [True, True]
        """
    )
    result = confirming.run("-vv", test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["2 regressed *"])
    assert confirming.passes == ["test_it", "test_it"]


def test_a_speed_up_asked_for_by_name_is_settled_where_it_is(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(request, baseline):
            assert request.getfixturevalue("speedup")("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = confirming.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([CONFIRMED, "*test_it*regressed*"])
    assert confirming.passes == ["test_it"]


SUBTEST = """
    import pytest

    @pytest.mark.model("tiny-bert")
    def test_it(subtests, speedup, baseline):
        with subtests.test("int8"):
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest has subtests since version 9")
def test_a_loss_in_a_subtest_fails_it_once(confirming: Confirming) -> None:
    confirming.write(SUBTEST)
    result = confirming.run("-v", test_it=[SLOW])
    assert confirming.passes == ["test_it", "test_it"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([LOOKS_LIKE, CONFIRMED, "*contains 1 failed subtest"])


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest has subtests since version 9")
def test_a_loss_in_a_subtest_that_is_gone_later_fails_nothing(confirming: Confirming) -> None:
    confirming.write(SUBTEST)
    result = confirming.run("-v", test_it=[1.1, 1])
    assert confirming.passes == ["test_it", "test_it"]
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*FAILED*")
