"""What looks like a regression is measured again at the end of the run. The plugin is real, the arms are made up."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import Comparison, StoredBaseline, parse_arm
from pytest_ovperf.session.turns import kept_traces
from pytest_ovperf.store.keys import EntryKey
from pytest_ovperf.store.store import BaselineStore
from tests.fakes.quick_arms import CALL_NS, MACHINE

if TYPE_CHECKING:
    from collections.abc import Sequence

QUICK_ARMS = Path(__file__).resolve().parents[1] / "fakes" / "quick_arms.py"

#: Installs arms that take no time. FACTORS says by how much the candidate is slower in each pass through a test, the
#: last one holding on; other tests run at full speed. Writes down which test was run when.
CONFTEST = f"""
    import json
    import os
    import runpy
    from collections import Counter

    arms = runpy.run_path({str(QUICK_ARMS)!r})
    arms["install"]()
    factors, passes = json.loads(os.environ["FACTORS"]), Counter()

    def pytest_runtest_logstart(nodeid):
        name = nodeid.rpartition("::")[2].partition("[")[0]
        own = factors.get(name, [1])
        arms["CALL_NS"]["openvino-int8"] = round(10_000_000 * own[min(passes[name], len(own) - 1)])
        passes[name] += 1
        with open("passes.txt", "a") as file:
            print(name, file=file)
"""
TWO_TESTS = """
    import pytest

    pytestmark = pytest.mark.model("tiny-bert")

    def test_it(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline

    def test_other(speedup, baseline):
        assert speedup("openvino-int8", over="pytorch-fp32") >= baseline
"""
NODE = "test_speed.py::test_it[CPU]"
SLOW = 1.5
LOOKS_LIKE = "*test_it*looks like a regression: it is measured again at the end of the run"
CONFIRMED = "*Measured again: 4 of these launches were taken later in the run."


def compared_with(reference: str) -> Comparison:
    """Return what the tests compare: INT8 over another arm, of the model at its own shape."""
    workload = Workload(WorkloadKind.INFER, {"input_ids": (1, 16)})
    candidate = parse_arm("openvino-int8", "CPU")
    return Comparison("tiny-bert", candidate, parse_arm(reference, "CPU"), Metric.LATENCY, workload)


@dataclass(frozen=True)
class Confirming:
    """A user's folder with baselines, whose candidate may have become slower since."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch

    def write(self, source: str = TWO_TESTS, **others: str) -> None:
        """Write the tests; what INT8 is compared with in `test_it` and `test_other` has a baseline at full speed."""
        self.pytester.makeconftest(CONFTEST)
        self.pytester.makepyfile(test_speed=source, **others)
        store = BaselineStore(self.pytester.path / "baselines", MACHINE.profile)
        for test in ("test_it[CPU]", "test_other[CPU]", "test_it", "TestIt::test_it[CPU-1]", "TestIt::test_it[CPU-2]"):
            for reference in CALL_NS.keys() - {"openvino-int8"}:
                ratio = CALL_NS[reference] / CALL_NS["openvino-int8"]
                key = EntryKey.of(f"test_speed.py::{test}", compared_with(reference))
                store.put(key, StoredBaseline((math.log(ratio),) * 6, 0.03, 1e7, 2e7, None, {}))

    def run(self, *arguments: str, **factors: Sequence[float]) -> pytest.RunResult:
        """Run the tests with the candidate slower by ``factors`` in each pass through the test of that name."""
        self.monkeypatch.setenv("FACTORS", json.dumps(factors))
        return self.pytester.runpytest_subprocess(
            f"--ov-cache-dir={self.pytester.path / 'cache'}", *arguments, timeout=120
        )

    @property
    def passes(self) -> list[str]:
        """The tests in the order in which they were run."""
        return self.logged("passes.txt")

    def traces(self) -> dict[str, list[int]]:
        """The launches in each file of raw times, by test."""
        kept: dict[str, list[int]] = {}
        for path in kept_traces(self.pytester.path / "cache"):
            data = json.loads(gzip.decompress(path.read_bytes()))
            test = path.name.partition("test_speed.py-")[2].partition("-")[0]
            kept.setdefault(test, []).append(len(data["launches"]))
        return kept

    def last_failed(self) -> list[str]:
        path = self.pytester.path / ".pytest_cache" / "v" / "cache" / "lastfailed"
        return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []

    def logged(self, name: str) -> list[str]:
        """What the tests wrote to a file."""
        path = self.pytester.path / name
        return path.read_text(encoding="utf-8").split() if path.exists() else []


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Confirming:
    for name in ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    return Confirming(pytester, monkeypatch)


# What a user sees


def test_a_loss_is_suspected_measured_again_after_the_other_tests_and_fails_once(suite: Confirming) -> None:
    suite.write()
    result = suite.run("-v", test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([LOOKS_LIKE, "SUSPECTED*", "PASSED*", "FAILED*"], consecutive=False)
    assert suite.passes == ["test_it", "test_other", "test_it"]
    result.stdout.fnmatch_lines(
        ["E *openvino-int8 is now *; the baseline says *lower*", "*speed-up in full*", CONFIRMED]
    )
    result.stdout.fnmatch_lines(["1 ok * 1 regressed *", "*1 failed, 1 passed, 1 suspected in *"])
    assert result.stdout.str().count("FAILED ") == 2  # where it is run, and in pytest's summary
    assert suite.last_failed() == [NODE]
    assert suite.traces() == {"test_it": [6], "test_other": [2]}


def test_a_loss_that_is_gone_at_the_end_of_the_run_passes_and_is_noted(suite: Confirming) -> None:
    suite.write()
    result = suite.run(test_it=[1.1, 1])
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([LOOKS_LIKE, "[?]*", "Notes:", "*this looked like a regression until it was measured*"])
    assert suite.passes == ["test_it", "test_other", "test_it"]
    assert suite.last_failed() == []


def test_tests_that_do_not_measure_are_left_to_pytest(suite: Confirming) -> None:
    suite.write(TWO_TESTS, test_plain="def test_plain(): pass\ndef test_fails(device): assert not device")
    result = suite.run("-v")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.no_fnmatch_line("*suspected*")


def test_a_missed_number_is_measured_again_too(suite: Confirming) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup):
            assert speedup("openvino-int8", over="openvino-fp32") >= 1.9
        """
    )
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([LOOKS_LIKE, "E *the test asks for at least 1.90x*", CONFIRMED])


def test_without_a_terminal_all_goes_the_same_way(suite: Confirming) -> None:
    suite.write()
    assert suite.run("-p", "no:terminal", test_it=[SLOW]).ret == pytest.ExitCode.TESTS_FAILED
    assert suite.passes == ["test_it", "test_other", "test_it"]


# Runs that end before


def not_measured_again(result: pytest.RunResult) -> None:
    result.stdout.fnmatch_lines(
        ["*test_it*inconclusive*", "*1 inconclusive*", "*test_it*the run ended before it was measured again*"]
    )
    result.stdout.no_fnmatch_line("*regressed*")


def test_a_failure_that_stops_the_run_leaves_it_inconclusive(suite: Confirming) -> None:
    suite.write()
    suite.pytester.makepyfile(test_stop="def test_stop(): assert False")
    result = suite.run("-x", test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=1)
    not_measured_again(result)
    assert suite.passes == ["test_it", "test_other", "test_stop"]
    assert suite.traces() == {"test_it": [2], "test_other": [2]}
    assert suite.last_failed() == ["test_stop.py::test_stop"]


def test_ctrl_c_leaves_it_inconclusive(suite: Confirming) -> None:
    suite.write()
    suite.pytester.makepyfile(test_stop="def test_stop(): raise KeyboardInterrupt")
    result = suite.run(test_it=[SLOW])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    not_measured_again(result)
    result.stdout.fnmatch_lines(["*1 passed, 1 suspected in *"])


def test_ctrl_c_while_it_is_measured_again_leaves_it_inconclusive(suite: Confirming) -> None:
    suite.write(
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
    result = suite.run(test_it=[SLOW])
    assert result.ret == pytest.ExitCode.INTERRUPTED
    not_measured_again(result)


def test_a_confirmed_regression_stops_a_run_that_stops_at_the_first(suite: Confirming) -> None:
    suite.write()
    result = suite.run("-x", test_it=[SLOW], test_other=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 regressed * 1 inconclusive*"])
    assert suite.passes == ["test_it", "test_other", "test_it"]


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
    suite: Confirming, where: str, ending: str, outcome: dict[str, int], said: str
) -> None:
    suite.write(
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
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines([said])
    assert suite.passes == ["test_it", "test_it"]
    result.stdout.fnmatch_lines(["*test_it*inconclusive*"])


def test_a_worker_that_fails_in_the_second_pass_fails_the_test_once(suite: Confirming) -> None:
    suite.write(
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
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *openvino-int8 on CPU: The process is gone.*", "*test_it*not judged*"])
    assert suite.passes == ["test_it", "test_it"]


# What goes with tests that are run twice


def test_fixtures_of_every_scope_are_there_again(suite: Confirming) -> None:
    suite.write(
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
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=2)
    assert suite.logged("log.txt") == [
        *("session+", "module+", "class+", "method+", "run1", "method+", "run2", "class-", "after"),
        # The last test of the run, as it was known then, takes the module's and the session's with it.
        *("class+", "method+", "run1", "method+", "run2", "class-", "module-", "session-"),
    ]


def test_two_passes_are_one_case_for_junit_with_one_set_of_properties(suite: Confirming) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline, record_property):
            record_property("owner", "me")
            print("said in a pass")
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = suite.run("--junitxml=junit.xml", "-o", "junit_logging=all", test_it=[SLOW])
    result.assert_outcomes(failed=1)
    (group,) = ET.parse(suite.pytester.path / "junit.xml").getroot()  # noqa: S314  (written by this very run)
    assert (group.get("tests"), group.get("failures"), group.get("errors")) == ("1", "1", "0")
    (case,) = group.findall("testcase")
    names = [each.get("name") for each in case.iter("property")]
    assert names.count("owner") == 1
    assert len(names) == len(set(names))
    assert result.outlines.count("said in a pass") == 1


def test_only_what_failed_in_the_end_is_what_failed_last(suite: Confirming) -> None:
    suite.write()
    suite.run(test_it=[SLOW], test_other=[1.1, 1])
    assert suite.last_failed() == [NODE]
    again = suite.run("--lf", test_it=[SLOW, 1], test_other=[1])
    again.assert_outcomes(passed=1)
    assert suite.passes[-2:] == ["test_it", "test_it"]
    assert suite.last_failed() == []


def test_a_teardown_that_fails_is_an_error_once(suite: Confirming) -> None:
    suite.write(
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
    suite.run(test_it=[SLOW]).assert_outcomes(failed=1, errors=1)


def test_an_expected_failure_stays_one(suite: Confirming) -> None:
    suite.write()
    source = TWO_TESTS.replace("def test_it", "@pytest.mark.xfail(strict=True)\n    def test_it")
    suite.pytester.makepyfile(test_speed=source)
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(passed=1, xfailed=1)


# Tests that compare more than once


def test_a_test_is_run_again_once_whatever_else_it_finds_then(suite: Confirming) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline):
            speedup("openvino-int8", over="openvino-fp32")  # only looked at
            for arm in ("openvino-fp32", "openvino-bf16", "pytorch-fp32"):
                assert speedup("openvino-int8", over=arm) >= baseline
        """
    )
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    assert suite.passes == ["test_it", "test_it"]


def test_what_is_slower_in_the_second_pass_only_is_settled_there(suite: Confirming) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(speedup, baseline):
            losses = [speedup("openvino-int8", over=arm) for arm in ("openvino-fp32", "openvino-bf16")]
            assert [loss >= baseline for loss in losses] == [True, True]
        """
    )
    result = suite.run("-vv", test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["2 regressed *"])
    assert suite.passes == ["test_it", "test_it"]


def test_a_speed_up_asked_for_by_name_is_settled_where_it_is(suite: Confirming) -> None:
    suite.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(request, baseline):
            assert request.getfixturevalue("speedup")("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = suite.run(test_it=[SLOW])
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([CONFIRMED, "*test_it*regressed*"])
    assert suite.passes == ["test_it"]


SUBTEST = """
    import pytest

    @pytest.mark.model("tiny-bert")
    def test_it(subtests, speedup, baseline):
        with subtests.test("int8"):
            assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest has subtests since version 9")
def test_a_loss_in_a_subtest_fails_it_once(suite: Confirming) -> None:
    suite.write(SUBTEST)
    result = suite.run("-v", test_it=[SLOW])
    assert suite.passes == ["test_it", "test_it"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([LOOKS_LIKE, CONFIRMED, "*contains 1 failed subtest"])


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest has subtests since version 9")
def test_a_loss_in_a_subtest_that_is_gone_later_fails_nothing(suite: Confirming) -> None:
    suite.write(SUBTEST)
    result = suite.run("-v", test_it=[1.1, 1])
    assert suite.passes == ["test_it", "test_it"]
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*FAILED*")
