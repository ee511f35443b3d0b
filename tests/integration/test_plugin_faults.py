"""What happens to a run when something breaks in the middle of a measurement. The processes are real."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.integration.user_suite import INT8_PAYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.user_suite import Suite

TWO_TESTS = (
    INT8_PAYS
    + """
    @pytest.mark.model("tiny-bert")
    def test_the_next_one(fidelity):
        assert fidelity("openvino-int8", over="openvino-fp32").cosine > 0.9
"""
)

#: Kills one worker as soon as the first launch of the first test is being timed.
KILLER = """
    import psutil
    import pytest
    from pytest_ovperf.reports.live import LiveLine

    done = LiveLine.round_done

    def kill_one(self, *news):
        done(self, *news)
        LiveLine.round_done = done
        children = psutil.Process().children()
        next(child for child in children if "__main__.py" in " ".join(child.cmdline())).kill()

    LiveLine.round_done = kill_one
"""


def worker_processes_in(folder: Path) -> list[psutil.Process]:
    """Return the workers that runs in ``folder`` have left behind."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if process.info["cwd"] == str(folder) and "pytest_ovperf" in " ".join(process.info["cmdline"] or ())
    ]


def workers_in(folder: Path) -> list[str]:
    """Return the command lines of these workers."""
    return [" ".join(process.info["cmdline"]) for process in worker_processes_in(folder)]


def test_a_worker_that_is_killed_costs_one_test_and_says_so(suite: Suite) -> None:
    suite.write(TWO_TESTS, conftest=KILLER)
    result = suite.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["E *openvino-*on CPU*SIGKILL*"] if sys.platform != "win32" else ["E *openvino-*on CPU*"]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    assert not workers_in(suite.pytester.path)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_in_a_measurement_leaves_nothing_behind(suite: Suite) -> None:
    suite.write(INT8_PAYS)
    command = [sys.executable, "-u", "-m", "pytest", "--update-baselines", f"--ov-cache-dir={suite.cache_dir}"]
    with subprocess.Popen(  # noqa: S603
        command, cwd=suite.pytester.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        said = []
        for line in run.stdout:
            said.append(line)
            if "· launch " in line:
                break
        run.send_signal(signal.SIGINT)
        said += run.stdout.readlines()
        run.wait(60)
    text = "".join(said)
    assert run.returncode == pytest.ExitCode.INTERRUPTED, text
    assert "INTERNALERROR" not in text
    assert not list(suite.baselines.rglob("*"))
    assert not workers_in(suite.pytester.path)


def test_a_damaged_model_is_built_again_and_said_so(suite: Suite, copied_cache: Callable[[], Path]) -> None:
    cache = copied_cache()
    (weights,) = cache.glob("models/tiny-bert-ir-*/*.bin")
    weights.write_bytes(weights.read_bytes()[:-10])
    suite.write(TWO_TESTS)
    result = suite.pytester.runpytest_subprocess(f"--ov-cache-dir={cache}", "-k", "next_one")
    result.assert_outcomes(passed=1, deselected=1)
    result.stdout.fnmatch_lines(["*damaged*"])
