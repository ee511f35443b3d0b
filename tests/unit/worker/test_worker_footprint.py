from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.worker import footprint
from pytest_ovperf.worker.footprint import Footprint, high_water_bytes, reset_high_water, resident_bytes

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


class Memory:
    """Memory as a system tells of it: what is resident now, and the most that ever was."""

    def __init__(self, resident: int, mark: int | None, *, resets: bool) -> None:
        self.now, self.mark, self.resets = resident, mark, resets
        self.looked = threading.Event()

    def resident(self) -> int:
        now = self.now
        self.looked.set()
        return now

    def high_water(self) -> int | None:
        return self.mark

    def reset(self) -> bool:
        if self.resets:
            self.mark = self.now
        return self.resets

    def grows_to(self, resident: int) -> None:
        self.now = resident
        if self.mark is not None:
            self.mark = max(self.mark, resident)

    def is_looked_at(self) -> None:
        """Wait for two looks: the first may have begun before the memory grew."""
        for _ in range(2):
            self.looked.clear()
            assert self.looked.wait(timeout=60)

    def watched(self) -> Footprint:
        return Footprint(resident=self.resident, mark=self.high_water, reset=self.reset)


def test_a_peak_that_nobody_looked_at_is_in_the_mark_that_was_reset() -> None:
    memory = Memory(100, 900, resets=True)
    with memory.watched() as seen:
        memory.grows_to(700)
        memory.grows_to(300)
    assert (seen.before_bytes, seen.highest_bytes, seen.grown_bytes) == (100, 700, 600)


def test_a_mark_that_cannot_be_reset_counts_if_it_has_risen() -> None:
    memory = Memory(100, 400, resets=False)
    with memory.watched() as seen:
        memory.grows_to(700)
        memory.grows_to(300)
    assert seen.grown_bytes == 600


def test_a_mark_from_before_tells_nothing_and_what_was_seen_counts() -> None:
    memory = Memory(100, 900, resets=False)
    with memory.watched() as seen:
        memory.grows_to(700)
        memory.is_looked_at()
        memory.grows_to(300)
    assert seen.grown_bytes == 600


def test_a_system_without_a_mark_is_looked_at() -> None:
    memory = Memory(100, None, resets=False)
    with memory.watched() as seen:
        memory.grows_to(250)
    assert seen.grown_bytes == 150


def test_memory_that_shrinks_has_grown_by_nothing() -> None:
    memory = Memory(100, 100, resets=True)
    with memory.watched() as seen:
        memory.grows_to(40)
    assert seen.grown_bytes == 0


def test_this_system_tells_of_memory_that_is_taken_and_given_back() -> None:
    with Footprint() as seen:
        taken = np.ones(64 * MIB, dtype=np.uint8)
        del taken
    assert 60 * MIB < seen.grown_bytes < 100 * MIB


def test_the_mark_is_never_below_what_is_resident() -> None:
    mark = high_water_bytes()
    assert mark is not None
    assert mark >= resident_bytes() - MIB


@pytest.mark.parametrize("system", ["darwin", "freebsd"])
def test_other_systems_have_a_mark_that_cannot_be_reset(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(footprint, "_SYSTEM", system)
    assert reset_high_water() is False
    assert (high_water_bytes() or 0) > 0


def test_a_container_that_forbids_the_reset_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(footprint, "_SYSTEM", "linux")
    monkeypatch.setattr("pathlib.Path.write_text", refuse)
    assert reset_high_water() is False


def test_a_system_without_proc_has_no_linux_mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(*_: object, **__: object) -> str:
        raise FileNotFoundError(tmp_path)

    monkeypatch.setattr(footprint, "_SYSTEM", "linux")
    monkeypatch.setattr("pathlib.Path.read_text", absent)
    assert high_water_bytes() is None
