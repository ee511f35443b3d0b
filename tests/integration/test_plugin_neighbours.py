"""Beside other plugins: what each would spoil, and what happens instead. All plugins are real."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_ovperf.session.turns import kept_traces
from tests.integration.confirming_suite import CONFIRMED, LOOKS_LIKE, SLOW, TWO_TESTS
from tests.integration.test_plugin_faults import worker_processes_in, workers_in
from tests.integration.user_suite import INT8_PAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.confirming_suite import Confirming
    from tests.integration.user_suite import QuickSuite, Suite

MANY = """
    import pytest

    @pytest.mark.model("tiny-bert")
    @pytest.mark.parametrize("size", range({tests}))
    def test_int8_pays(speedup, size):
        assert speedup("openvino-int8", over="openvino-fp32") >= 1.5

    def test_ordinary():
        pass
"""
needs_alarm = pytest.mark.skipif(sys.platform == "win32", reason="pytest-timeout's method signal needs SIGALRM")


@pytest.fixture(autouse=True)
def _with_neighbours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    request.getfixturevalue("suite")  # before, since it takes the variable away
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly")


# pytest-xdist


def test_what_to_do_under_xdist_is_said_once_and_other_tests_run(quick: QuickSuite) -> None:
    quick.write(MANY.format(tests=50))
    result = quick.run("-n2")
    result.assert_outcomes(passed=1, errors=50)
    said = result.stdout.str()
    assert said.count("timings that were taken side by side are wrong") == 1
    result.stdout.fnmatch_lines(
        [
            "50 tests that measure were not run: pytest-xdist runs tests in workers, and timings*",
            "→ Run the tests that measure without -n*  pytest -n0 test_speed.py",
        ]
    )


def test_xdist_without_workers_is_no_obstacle(quick: QuickSuite) -> None:
    quick.write(MANY.format(tests=1))
    quick.run("-n0", "--dist=no").assert_outcomes(passed=2)


# pytest-randomly

SHUFFLED = """
    import pytest

    pytestmark = pytest.mark.model("tiny-bert")

    @pytest.mark.parametrize("arm", ["openvino-fp32", "openvino-bf16", "pytorch-fp32"])
    def test_int8_pays(speedup, baseline, arm):
        assert speedup("openvino-int8", over=arm) >= baseline

    def test_figure(measure):
        assert measure("openvino-int8").latency <= 1
"""


def recorded_in(folder: Path) -> list[tuple[str, str, str, list[list[float]]]]:
    """Return every recorded entry with its log ratios, in the order in which the files have them."""
    return [
        (path.name, test, comparison, list(entry["log_ratios"].values()))
        for path in sorted(folder.rglob("*.json"))
        for test, entries in json.loads(path.read_text(encoding="utf-8"))["tests"].items()
        for comparison, entry in entries.items()
    ]


@pytest.fixture
def shuffled(monkeypatch: pytest.MonkeyPatch, _with_neighbours: None) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "")


@pytest.mark.usefixtures("shuffled")
def test_baselines_are_the_same_in_whatever_order_and_with_whatever_seed(quick: QuickSuite) -> None:
    quick.write(SHUFFLED, test_others=SHUFFLED)
    orders: set[tuple[str, ...]] = set()
    recorded: list[list[tuple[str, str, str, list[list[float]]]]] = []
    for options in (("-p", "no:randomly"), ("--randomly-seed=1",), ("--randomly-seed=2",)):
        folder = f"of{len(recorded)}"
        result = quick.run(*options, f"--ov-baselines={folder}", "--update-baselines", "-v")
        result.assert_outcomes(passed=8)
        recorded.append(recorded_in(quick.pytester.path / folder))
        orders.add(tuple(line for line in result.outlines if "::" in line and " " not in line.strip()))
    assert len(orders) == 3
    assert recorded[0] == recorded[1] == recorded[2]
    assert len(recorded[0]) == 6


@pytest.mark.usefixtures("shuffled")
@pytest.mark.parametrize("seed", [1, 2])  # each of the two tests comes first in one of them
def test_a_suspicion_is_still_settled_at_the_end_of_a_shuffled_run(confirming: Confirming, seed: int) -> None:
    confirming.write()
    result = confirming.run(f"--randomly-seed={seed}", test_it=[SLOW])
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([LOOKS_LIKE, CONFIRMED])
    assert sorted(confirming.passes) == ["test_it", "test_it", "test_other"]
    assert confirming.passes[-1] == "test_it"


# pytest-rerunfailures

NOTED = "ovperf: pytest-rerunfailures does not apply to *: a measurement is not repeated until it passes; *"


@pytest.mark.parametrize("way", ["option", "marker"])
def test_a_regression_is_not_repeated_until_it_passes(confirming: Confirming, way: str) -> None:
    marker = "@pytest.mark.flaky(reruns=3)\n    def test_it" if way == "marker" else "def test_it"
    confirming.write(TWO_TESTS.replace("def test_it", marker))
    result = confirming.run(*(["--reruns=3"] if way == "option" else []), test_it=[SLOW, SLOW, 1])
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([NOTED])
    result.stdout.fnmatch_lines([LOOKS_LIKE, CONFIRMED])
    assert confirming.passes == ["test_it", "test_other", "test_it"]


COUNTING = """
    import pytest

    pytestmark = pytest.mark.model("tiny-bert")

    def counted(name):
        with open(name, "a+") as file:
            file.write("x")
            file.seek(0)
            return len(file.read())

    @pytest.fixture(scope="module")
    def of_module():
        yield
        counted("ended")

    def test_figure(of_module, measure):
        counted("figure")
        assert measure("openvino-int8").latency <= 0.001

    def test_own_assertion(of_module, fidelity):
        assert fidelity("openvino-int8", over="openvino-fp32").cosine > 0.9
        assert counted("own") == 2

    def test_ordinary(of_module):
        assert counted("ordinary") == 2
"""


def test_only_ordinary_tests_are_run_again(quick: QuickSuite) -> None:
    quick.write(COUNTING)
    result = quick.run("--reruns=2")
    assert result.parseoutcomes() == {"passed": 1, "failed": 2, "rerun": 1}
    result.stdout.fnmatch_lines([NOTED.replace("to *", "to 2 tests that measure, *", 1)])
    assert result.stdout.str().count("pytest-rerunfailures does not") == 1
    times = {name: len((quick.pytester.path / name).read_text()) for name in ("figure", "own", "ordinary", "ended")}
    assert times == {"figure": 1, "own": 1, "ordinary": 2, "ended": 1}


def test_a_speed_up_asked_for_by_name_is_measured_in_the_first_run_of_its_test_alone(confirming: Confirming) -> None:
    confirming.write(
        """
        import pytest

        @pytest.mark.model("tiny-bert")
        def test_it(request, baseline):
            assert request.getfixturevalue("speedup")("openvino-int8", over="openvino-fp32") >= baseline
        """
    )
    result = confirming.run("--reruns=1", test_it=[SLOW, 1])
    assert result.parseoutcomes() == {"failed": 1, "rerun": 1}
    result.stdout.fnmatch_lines(["pytest-rerunfailures ran this test again.*what the first run*stands.", "*regressed*"])


# pytest-timeout

#: Has pytest-timeout act as soon as the first launch is complete, whatever the time.
AFTER_ONE_LAUNCH = """
    import signal
    import threading
    import time
    from pytest_ovperf.reports.live import LiveLine

    done = LiveLine.launch_done

    def time_is_up(self, *news):
        done(self, *news)
        for timer in threading.enumerate():
            if isinstance(timer, threading.Timer):
                threading.Thread(target=timer.function).start()
                return
        signal.setitimer(signal.ITIMER_REAL, 0.3)

    LiveLine.launch_done = time_is_up
"""


@needs_alarm
def test_a_timeout_in_a_measurement_ends_the_workers_and_keeps_the_raw_times(
    suite: Suite, copied_cache: Callable[[], Path]
) -> None:
    cache = copied_cache()
    suite.write(INT8_PAYS, conftest=AFTER_ONE_LAUNCH)
    result = suite.pytester.runpytest_subprocess("--timeout=600", "--update-baselines", f"--ov-cache-dir={cache}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">*assert speedup(*",
            "E * Timeout (>600.0s) from pytest-timeout.",
            "E *in the middle of a measurement; what its complete launches took is kept in *traces.",
            "E *→ A comparison may take 20 s*@pytest.mark.timeout(*--ov-budget.",
        ]
    )
    result.stdout.no_fnmatch_line("*client.py:*Failed*")
    assert len(kept_traces(cache)) == 1
    assert not list(suite.baselines.rglob("*"))
    assert not workers_in(suite.pytester.path)


def test_raw_times_are_kept_where_a_timeout_ends_the_process(suite: Suite, copied_cache: Callable[[], Path]) -> None:
    cache = copied_cache()
    suite.write(INT8_PAYS, conftest=AFTER_ONE_LAUNCH)
    result = suite.pytester.runpytest_subprocess(
        "--timeout=600", "--timeout-method=thread", "--update-baselines", f"--ov-cache-dir={cache}"
    )
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ovperf: pytest-timeout's method thread ends the whole run here. *traces.*signal*"])
    assert len(kept_traces(cache)) == 1
    assert not list(suite.baselines.rglob("*"))
    left = psutil.wait_procs(worker_processes_in(suite.pytester.path), timeout=30)[1]  # they notice by themselves
    assert not left


@needs_alarm
def test_a_timeout_while_a_model_is_built_leaves_nothing_half_built(suite: Suite, tmp_path: Path) -> None:
    conftest = """
        import signal
        from pytest_ovperf.reports.live import LiveLine

        note = LiveLine.note

        def time_is_up(self, text):
            note(self, text)
            if "seeding the weights" in text:
                signal.setitimer(signal.ITIMER_REAL, 0.01)

        LiveLine.note = time_is_up
    """
    suite.write(INT8_PAYS, conftest=conftest)
    result = suite.pytester.runpytest_subprocess("--timeout=600", f"--ov-cache-dir={tmp_path / 'cache'}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *Timeout (>600.0s) from pytest-timeout."])
    assert not list((tmp_path / "cache" / "building").iterdir())
    assert not list((tmp_path / "cache").glob("models/*"))
    assert not workers_in(suite.pytester.path)


def test_a_timeout_that_no_comparison_keeps_is_told_before(quick: QuickSuite) -> None:
    quick.write(
        """
        import pytest

        pytestmark = pytest.mark.model("tiny-bert")

        def test_too_short(speedup):
            assert speedup("openvino-int8", over="openvino-fp32") >= 1.5

        @pytest.mark.timeout(60)
        def test_more_time(speedup):
            assert speedup("openvino-int8", over="openvino-fp32") >= 1.5

        @pytest.mark.ovperf(budget=4)
        def test_less_to_do(speedup):
            assert speedup("openvino-int8", over="openvino-fp32") >= 1.5

        @pytest.mark.timeout(8)
        @pytest.mark.ovperf(budget=9)
        def test_by_its_own_markers(measure):
            assert measure("openvino-int8").latency <= 1

        def test_outputs_alone(fidelity):
            assert fidelity("openvino-int8", over="openvino-fp32").cosine > 0.9
        """
    )
    result = quick.run("--timeout=5")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        ["ovperf: pytest-timeout ends 2 tests that measure after 5 s, and a comparison may take 20 s, *allow more *"]
    )


# pytest-cov

COVERED = "[run]\npatch = subprocess\nparallel = true\n"


def test_coverage_traces_every_process_but_workers(suite: Suite) -> None:
    suite.write(
        """
        import subprocess
        import sys
        from pathlib import Path

        from pytest_ovperf.worker.process import spawn

        STATE = "import sys; m = getattr(sys, 'monitoring', None); print('coverage' in sys.modules," \
            " sys.gettrace() is not None or bool(m and m.get_tool(1)))"

        def test_state(tmp_path):
            command = [sys.executable, "-c", STATE]
            assert subprocess.check_output(command, text=True).split() == ["True", "True"]  # as it was asked for
            with open(tmp_path / "log", "wb") as log:
                worker = spawn(command, log, tmp_path / "log")
            assert worker.communicate()[0].split() == [b"False", b"False"]
        """
    )
    suite.pytester.path.joinpath(".coveragerc").write_text(COVERED, encoding="utf-8")
    suite.run("--cov=.").assert_outcomes(passed=1)


def test_what_is_measured_under_coverage_ran_without_it(suite: Suite, recorded: Path) -> None:
    assert recorded.exists()  # its models are built
    suite.write(INT8_PAYS)
    suite.pytester.path.joinpath(".coveragerc").write_text(COVERED, encoding="utf-8")
    suite.run("--cov=pytest_ovperf", "--cov-report=json", "--ov-budget=2").assert_outcomes(passed=1)
    covered = json.loads((suite.pytester.path / "coverage.json").read_text(encoding="utf-8"))["files"]
    ran = {
        place.replace("\\", "/").rpartition("pytest_ovperf/")[2]: of["executed_lines"] for place, of in covered.items()
    }
    assert ran["trial/run.py"]
    assert not ran["worker/main.py"]
    assert not ran["engines/openvino.py"]


# All of them


@pytest.mark.usefixtures("shuffled")
def test_all_of_them_together_change_no_verdict(confirming: Confirming) -> None:
    confirming.write()
    options = "-n0", "--reruns=2", "--timeout=600", "--cov=.", "--benchmark-json=run.json", "--randomly-seed=1"
    result = confirming.run(*options, test_it=[SLOW, SLOW, 1])
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([CONFIRMED, "1 regressed*"])
    assert len(json.loads((confirming.pytester.path / "run.json").read_text(encoding="utf-8"))["benchmarks"]) == 4
