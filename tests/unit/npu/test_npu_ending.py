"""Processes that print, hang, eat memory or leave children: each is over when `run_to_end` returns."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

import psutil

from pytest_ovperf.npu.ending import Ended, Ending, run_to_end

if TYPE_CHECKING:
    from pathlib import Path

PRINTS = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
HANGS = "import threading; print('before', flush=True); threading.Event().wait()"
EATS = "import threading; held = b'x' * (400 << 20); print(len(held), flush=True); threading.Event().wait()"
LEAVES_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
print(child.pid, flush=True)
"""


def ran(program: str, folder: Path, *, timeout_s: float = 60.0, memory_bytes: int = 8 << 30) -> Ended:
    command = [sys.executable, "-c", program]
    return run_to_end(command, folder, os.environ, timeout_s=timeout_s, memory_bytes=memory_bytes)


def test_both_streams_and_the_exit_code_are_kept(tmp_path: Path) -> None:
    assert ran(PRINTS, tmp_path) == Ended(Ending.BY_ITSELF, 3, "out\nerr")


def test_what_hangs_is_ended(tmp_path: Path) -> None:
    ended = ran(HANGS, tmp_path, timeout_s=2.0)
    assert ended.ending is Ending.TIMED_OUT


def test_what_holds_too_much_memory_is_ended(tmp_path: Path) -> None:
    ended = ran(EATS, tmp_path, memory_bytes=200 << 20)
    assert ended.ending is Ending.TOO_LARGE
    assert ended.peak_bytes > 200 << 20


def test_a_child_that_is_left_behind_is_ended(tmp_path: Path) -> None:
    ended = ran(LEAVES_A_CHILD, tmp_path)
    assert ended.ending is Ending.BY_ITSELF
    child = int(ended.printed)
    with contextlib.suppress(psutil.NoSuchProcess):
        gone, alive = psutil.wait_procs([psutil.Process(child)], timeout=30)
        assert gone
        assert not alive
