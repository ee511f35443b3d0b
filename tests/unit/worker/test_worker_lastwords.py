from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.worker.lastwords import CRASH_REMEDY, ENDED_REMEDY, exit_remedy, exit_text, last_words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("returncode", "platform", "text"),
    [
        (-9, "linux", "SIGKILL"),
        (-11, "linux", "SIGSEGV"),
        (-200, "linux", "signal 200"),
        (3, "linux", "exit code 3"),
        (0xC0000005, "win32", "exit code 0xC0000005"),
        (-1073741819, "win32", "exit code 0xC0000005"),
        (3, "win32", "exit code 3"),
    ],
)
def test_an_end_is_told_in_the_systems_own_words(returncode: int, platform: str, text: str) -> None:
    if platform == "linux":
        pytest.importorskip("resource", reason="signal names of POSIX")
    assert exit_text(returncode, platform=platform) == text


@pytest.mark.parametrize(
    ("returncode", "platform", "remedy"),
    [
        (-11, "linux", CRASH_REMEDY),
        (1, "linux", ENDED_REMEDY),
        (0xC0000005, "win32", CRASH_REMEDY),
        (1, "win32", ENDED_REMEDY),
    ],
)
def test_the_remedy_follows_the_way_it_ended(returncode: int, platform: str, remedy: str) -> None:
    assert exit_remedy(returncode, platform=platform) == remedy


def test_the_last_twenty_lines_are_kept_without_empty_ones(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n\n" for number in range(5000)), encoding="utf-8")
    shown = last_words(log).splitlines()
    assert shown[1].strip() == "line 4980"
    assert shown[-1].strip() == "line 4999"
    assert len(shown) == 21


def test_bytes_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"broken \xff driver\n")
    assert "broken \N{REPLACEMENT CHARACTER} driver" in last_words(log)


def test_silence_is_told_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    assert last_words(log) == "It printed nothing."
    assert "could not be read" in last_words(tmp_path / "absent")
