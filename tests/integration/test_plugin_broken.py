"""An OpenVINO that misbehaves in a worker, in every way it has been seen to, during a whole run.

The engine, the worker and the protocol are the real ones; only OpenVINO itself is made to go wrong, in one arm. The
healthy arm beside it, and all other tests, run on the real one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

BROKEN = Path(__file__).resolve().parents[1] / "fakes" / "broken_openvino.py"
POSIX = sys.platform != "win32"


@dataclass(frozen=True)
class Evidence:
    """What the one failure must say, as patterns, and the cause that its text must name."""

    way: str
    says: tuple[str, ...]


#: A crash is told by its signal, and by the stack that the worker printed last.
EVIDENCE = [
    Evidence("killed", (r"SIGKILL" if POSIX else r"exit code", r"'(block|outputs)'")),
    Evidence("segfault", (r"SIGSEGV" if POSIX else r"exit code 0xC0000005", r"'load'", r"in _segfault")),
    Evidence("abort", (r"SIGABRT" if POSIX else r"exit code", r"'load'", r"in compile_model")),
    Evidence("hangs-compiling", (r"did not answer 'load' within 4 s", r"waiting for the driver")),
    Evidence("hangs-in-a-call", (r"did not answer 'block' within", r"waiting for the driver")),
    Evidence("out-of-memory", (r"out_of_memory|MemoryError",)),
    Evidence("garbage", (r"no answer: \"?'?Welcome to the vendor",)),
    Evidence("exits", (r"exit code 3", r"license expired")),
    Evidence("device-lost", (r"device_lost", r"ZE_RESULT_ERROR_DEVICE_LOST")),
]
if not POSIX:  # there is no limit on memory to set
    EVIDENCE = [each for each in EVIDENCE if each.way != "out-of-memory"]
WAYS = [each.way for each in EVIDENCE]

SUITE = f"""
    import pytest

    @pytest.mark.model("tiny-bert")
    @pytest.mark.parametrize("way", {WAYS!r})
    def test_broken(way, speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline

    @pytest.mark.model("tiny-bert")
    @pytest.mark.parametrize("way", ["none", "chatters"])
    def test_healthy(way, speedup):
        assert speedup("openvino-int8", over="openvino-fp32") >= 0.01
"""

#: Breaks the INT8 arm of a test in the way that its parameter names, and looks after each test for what it left.
CONFTEST = """
    import json
    import os
    import sys
    from pathlib import Path

    import psutil
    import pytest
    from filelock import FileLock, Timeout
    from pytest_ovperf.worker.arm import ArmTimeouts, ArmWorker

    TIMEOUTS = {"hangs-compiling": ArmTimeouts(load_s=4), "hangs-in-a-call": ArmTimeouts(block_s=4)}
    WAY = "none"
    start = ArmWorker.start

    @classmethod
    def start_broken(cls, arm, request):
        if WAY == "none" or arm.name != "openvino-int8":
            return start(arm, request)
        command = [sys.executable, "-P", os.environ["BROKEN_OPENVINO"], WAY]
        return start(arm, request, command=command, timeouts=TIMEOUTS.get(WAY))

    ArmWorker.start = start_broken

    @pytest.fixture(autouse=True)
    def break_the_arm(way):
        global WAY
        WAY = way

    def is_held(path):
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True

    class Afterwards:
        def __init__(self, cache):
            self.cache = cache

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logfinish(self, nodeid):
            left = {
                "processes": [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)],
                "locks": [str(path) for path in self.cache.rglob("*.lock") if is_held(path)],
                "unfinished": [str(path) for path in (*self.cache.rglob("*.part"), *self.cache.glob("building/*"))],
                "baselines": [str(path) for path in Path("baselines").rglob("*")],
            }
            with open("left.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps({"test": nodeid, "left": left}) + "\\n")

    def pytest_configure(config):
        config.pluginmanager.register(Afterwards(Path(config.getoption("ov_cache_dir"))))
"""


@dataclass(frozen=True)
class Run:
    """One whole run, kept by what it left: its output, its JUnit file and what there was after each test."""

    output: str
    outcomes: dict[str, list[ET.Element]]
    left: dict[str, dict[str, Any]]
    orphans: list[str]


@pytest.fixture(scope="module")
def broken_run(tmp_path_factory: pytest.TempPathFactory, copied_cache: Callable[[], Path]) -> Run:
    """Return what became of one run in which one test after the other breaks."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "test_speed.py").write_text(textwrap.dedent(SUITE), encoding="utf-8")
    (folder / "conftest.py").write_text(textwrap.dedent(CONFTEST), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    options = ["--update-baselines=new", "--ov-budget=1", "--junitxml=junit.xml", f"--ov-cache-dir={copied_cache()}"]
    command = [sys.executable, "-m", "pytest", *options]
    environment = {**os.environ, "BROKEN_OPENVINO": str(BROKEN)}
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, encoding="utf-8", env=environment)  # noqa: S603
    cases = ET.parse(folder / "junit.xml").iter("testcase")  # noqa: S314  (pytest wrote it just now)
    lines = (folder / "left.jsonl").read_text(encoding="utf-8").splitlines()
    left = {line["test"].partition("::")[2]: line["left"] for line in map(json.loads, lines)}
    orphans = [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline", "cwd"])
        if process.info["cwd"] == str(folder)
    ]
    outcomes = {case.attrib["name"]: [each for each in case if each.tag != "properties"] for case in cases}
    return Run(done.stdout + done.stderr, outcomes, left, orphans)


@pytest.mark.parametrize("evidence", EVIDENCE, ids=WAYS)
def test_one_test_fails_with_the_cause_and_the_evidence(broken_run: Run, evidence: Evidence) -> None:
    (failure,) = broken_run.outcomes[f"test_broken[CPU-{evidence.way}]"]
    assert failure.tag in {"failure", "error"}
    text = failure.text or ""
    assert "openvino-int8 on CPU" in text
    assert "→" in text  # what to do about it
    for pattern in evidence.says:
        assert re.search(pattern, text), f"{pattern} is not in\n{text}"


@pytest.mark.parametrize("way", ["none", "chatters"])
def test_other_tests_run_and_what_an_engine_prints_in_a_call_harms_nothing(broken_run: Run, way: str) -> None:
    assert broken_run.outcomes[f"test_healthy[CPU-{way}]"] == [], broken_run.output


def test_nothing_else_goes_wrong(broken_run: Run) -> None:
    assert len(broken_run.outcomes) == len(WAYS) + 2
    assert "INTERNALERROR" not in broken_run.output
    assert "ResourceWarning" not in broken_run.output


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_behind(broken_run: Run, way: str) -> None:
    left = broken_run.left[f"test_broken[CPU-{way}]"]
    assert left == {"processes": [], "locks": [], "unfinished": [], "baselines": []}


def test_no_process_outlives_the_run(broken_run: Run) -> None:
    assert not broken_run.orphans
