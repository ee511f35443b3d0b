from __future__ import annotations

import gzip
import json
import threading
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import CacheError
from pytest_ovperf.session.turns import OneAtATime, keep_trace, kept_traces
from pytest_ovperf.trial.traces import trace_from_data
from tests.unit.session.session_fakes import measuring

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_run_waits_for_its_turn_and_says_so(tmp_path: Path) -> None:
    waiting = threading.Event()
    order: list[str] = []
    second = OneAtATime(tmp_path, lambda _text: waiting.set())

    def measure() -> None:
        with second.measuring():
            order.append("second")

    with OneAtATime(tmp_path, lambda _text: None).measuring():
        thread = threading.Thread(target=measure)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_lock_that_cannot_be_used_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "measuring.lock").mkdir()  # as another user's file, no way to lock it
    with (
        pytest.raises(CacheError, match=r"The lock .*measuring\.lock.* cannot be used") as refused,
        OneAtATime(tmp_path, lambda _text: None).measuring(),
    ):
        pytest.fail("nothing is measured without the lock")
    assert "--ov-cache-dir" in refused.value.remedy


def test_a_kept_trace_reads_back_as_it_was(tmp_path: Path) -> None:
    ready = measuring()
    ready.reach_first_look()
    path = keep_trace(tmp_path, "suites/test_a.py::test_b[CPU/ü:x]", ready.trial.trace)
    assert kept_traces(tmp_path) == [path]
    data = json.loads(gzip.decompress(path.read_bytes()))
    assert trace_from_data(data) == ready.trial.trace


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    ready = measuring()
    ready.reach_first_look()
    (tmp_path / "traces").write_text("in the way", encoding="utf-8")
    with pytest.raises(CacheError, match="cannot be kept"):
        keep_trace(tmp_path, "test_a.py::test_b", ready.trial.trace)
