"""Environments in the cache: made once, probed each time, and made anew when they do not work any more."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import filelock
import pytest

from pytest_ovperf.environments.finding import find
from pytest_ovperf.environments.kept import NOTE_NAME, Kept
from pytest_ovperf.environments.making import interpreter_in
from pytest_ovperf.environments.probe import Answer
from pytest_ovperf.environments.running import Ended
from pytest_ovperf.errors import CacheError, EnvironmentUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSION = "2025.4.1"


class Bench:
    """Makes environments that are a folder with an empty interpreter, and answers for them what ``facts`` say."""

    def __init__(self, root: Path) -> None:
        self.made = 0
        self.broken: dict[str, str] = {}
        self.has = VERSION
        self.timed_out = False
        self.said: list[str] = []
        self.kept = Kept(root, self.make, self.ask)

    def make(self, version: str, folder: Path, _say: Callable[[str], None]) -> str:
        assert not folder.exists()
        self.made += 1
        self.broken = {}
        interpreter_in(folder).parent.mkdir(parents=True)
        interpreter_in(folder).write_text(version, encoding="utf-8")
        return "pip"

    def ask(self, python: Path) -> Answer:
        if self.timed_out:
            return Answer(python, Ended("it did not end within 1 s", "", "", timed_out=True), {})
        versions = {"python": "3.11.7", "openvino": self.has}
        facts = {"python": [3, 11, 7], "versions": versions, "lacking": [], "broken": self.broken, "build": self.has}
        return Answer(python, Ended("", "", ""), facts)

    def obtain(self) -> Path:
        return self.kept.obtain(VERSION, self.said.append).python

    @property
    def folder(self) -> Path:
        return self.kept.place(VERSION)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "environments")


def test_an_environment_is_made_once_and_found_again(bench: Bench) -> None:
    first, second = bench.obtain(), bench.obtain()
    assert first == second == interpreter_in(bench.folder)
    assert bench.made == 1
    assert bench.said == [f"making an environment with OpenVINO 2025.4.1, once; it stays in {bench.folder}"]


def test_its_note_says_with_what_and_of_what_it_was_made(bench: Bench) -> None:
    bench.obtain()
    note = json.loads((bench.folder / NOTE_NAME).read_text(encoding="utf-8"))
    assert (note["made_with"], note["openvino"], note["python"]) == ("pip", VERSION, "3.11.7")


def test_one_that_was_not_finished_is_made_anew(bench: Bench) -> None:
    interpreter_in(bench.folder).parent.mkdir(parents=True)
    bench.obtain()
    assert bench.made == 1


def test_one_that_does_not_work_any_more_is_made_anew(bench: Bench) -> None:
    bench.obtain()
    bench.broken = {"numpy": "ImportError: gone"}
    bench.obtain()
    assert bench.made == 2
    assert "does not work any more" in bench.said[1]
    assert "ImportError: gone" in bench.said[1]


def test_one_that_does_not_answer_in_time_is_left_to_those_who_use_it(bench: Bench) -> None:
    bench.obtain()
    bench.timed_out = True
    with pytest.raises(EnvironmentUnusableError, match="did not end within"):
        bench.obtain()
    assert (bench.folder / NOTE_NAME).is_file()


def test_one_that_has_another_release_than_it_was_made_for_is_refused(bench: Bench) -> None:
    bench.has = "2025.4.0"
    with pytest.raises(EnvironmentUnusableError, match=r"was made for OpenVINO 2025\.4\.1 and has 2025\.4\.0"):
        bench.obtain()
    assert not bench.folder.exists()


def test_what_could_not_be_made_is_not_found_either(bench: Bench) -> None:
    def failing(*_: object) -> str:
        raise EnvironmentUnusableError("The package index cannot be reached.", remedy="Check the network.")

    kept = Kept(bench.kept.root, failing, bench.ask)
    with pytest.raises(EnvironmentUnusableError):
        kept.obtain(VERSION, print)
    assert not (bench.folder / NOTE_NAME).exists()
    bench.obtain()
    assert bench.made == 1


def test_two_who_want_the_same_one_make_it_once(bench: Bench) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(bench.obtain())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (bench.made, len(set(found)), len(found)) == (1, 1, 4)


def test_whoever_holds_one_for_too_long_is_told_of(bench: Bench) -> None:
    kept = Kept(bench.kept.root, bench.make, bench.ask, lock_timeout_s=0)
    kept.root.mkdir()
    with filelock.FileLock(f"{bench.folder}.lock"), pytest.raises(CacheError, match="Another run has been making"):
        kept.obtain(VERSION, bench.said.append)
    assert bench.said == ["waiting for another run that is making an environment with OpenVINO 2025.4.1"]


def test_a_cache_that_cannot_be_written_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place", encoding="utf-8")
    with pytest.raises(CacheError) as refused:
        find("2025.4.1", tmp_path / "cache", print)
    assert "--ov-cache-dir" in refused.value.remedy
