"""The benchmarks that compare this package with other programs do run, on a model that is built in a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.agreement.report import read_outcomes
from benchmarks.agreement.summary import agreement_of
from pytest_ovperf.metrics import Metric

pytest.importorskip("openvino")
pytest.importorskip("torch")

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> str:
    """Run ``python -m`` with the arguments and return what it printed."""
    command = [sys.executable, "-m", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_benchmark_app_and_an_arm_take_turns_at_the_same_work(tmp_path: Path, model_cache: Path) -> None:
    options = ["--launches", "2", "--repeats", "0", "--seconds", "2", "--cache", str(model_cache)]
    run("benchmarks.agreement", "--models", "tiny-bert", "--arms", "openvino-fp32", *options, "--into", str(tmp_path))
    outcomes = read_outcomes(tmp_path / "agreement.json")
    assert {outcome.case.metric for outcome in outcomes} == {Metric.LATENCY, Metric.THROUGHPUT}
    for outcome in outcomes:
        found = agreement_of(outcome)
        assert found.differing == ()  # the same precision, threads, streams and requests
        assert 0.2 < found.ratio < 5
        assert all(launch.ours.calls > 10 and launch.theirs.calls > 10 for launch in outcome.launches)
    assert "tiny-bert" in (tmp_path / "agreement.md").read_text(encoding="utf-8")


def test_what_the_loops_add_to_a_call_is_told() -> None:
    lines = run("benchmarks.overhead", "--rounds", "3").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["nothing", "infer", "stream"]
