"""``ovperf noise`` on this very machine, with a model that is built in a second, for a few seconds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("openvino")
pytest.importorskip("torch")

COMMAND = (sys.executable, "-m", "pytest_ovperf.cli.main", "noise", "--model", "tiny-bert")


def workers_of(pid: int) -> list[psutil.Process]:
    """Wait until the process has workers, and return them."""
    while not (workers := psutil.Process(pid).children(recursive=True)):
        time.sleep(0.01)
    return workers


def runs(worker: psutil.Process) -> bool:
    try:
        return worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_short_race_says_what_this_machine_can_show(model_cache: Path) -> None:
    command = [*COMMAND, "--seconds", "16", "--json", "--ov-cache-dir", str(model_cache)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300)  # noqa: S603
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    itself = document["pairs"][0]
    assert (itself["candidate"], itself["reference"]) == ("openvino-fp32", "openvino-fp32")
    assert itself["launches"] >= 2
    assert 0.5 < itself["self_check"]["ratio"] < 2.0
    assert itself["known"]["low"] <= itself["known"]["launch_sd"] <= itself["known"]["high"]
    assert itself["known"]["in_full"]["raced"] < 1.0
    assert {each["name"] for each in document["while_measuring"]} == {
        "stolen time",
        "other processes",
        "interruptions",
    }
    assert document["interrupted"] is False


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process alone")
def test_an_interrupted_race_prints_what_it_knows_and_leaves_no_worker(model_cache: Path) -> None:
    command = [*COMMAND, "--seconds", "200", "--ov-cache-dir", str(model_cache)]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as race:
        assert race.stderr is not None
        seen = next(line for line in race.stderr if "launch" in line)  # that is the race, and no longer the building
        workers = workers_of(race.pid)
        race.send_signal(signal.SIGINT)
        out, err = race.communicate(timeout=60)
    assert race.returncode == 130, (seen, err)
    assert "interrupted; 3 min 20 s were asked for" in " ".join(out.split())
    until = time.monotonic() + 30
    while any(map(runs, workers)) and time.monotonic() < until:  # one that was only starting ends when it has started
        time.sleep(0.05)
    assert not [worker for worker in workers if runs(worker)]
