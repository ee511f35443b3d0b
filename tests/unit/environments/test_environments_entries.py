"""What the cache holds of environments, and clearing them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import filelock
import pytest

from pytest_ovperf.environments.entries import clear, entries
from pytest_ovperf.environments.kept import NOTE_NAME, Kept
from pytest_ovperf.errors import CacheError

if TYPE_CHECKING:
    from pathlib import Path


def put(cache_dir: Path, version: str, *, finished: bool = True) -> Path:
    """Put an environment of 3 KiB and a note into the cache, or what an interrupted run left of one."""
    folder = Kept.of(cache_dir).place(version)
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "openvino.so").write_bytes(bytes(3 * 1024))
    if finished:
        (folder / NOTE_NAME).write_text(json.dumps({"made_on": "2026-11-22"}), encoding="utf-8")
    return folder


def versions(cache_dir: Path) -> list[str]:
    return [entry.version for entry in entries(cache_dir)]


def test_a_cache_without_any_has_none(tmp_path: Path) -> None:
    assert entries(tmp_path) == ()
    assert clear(tmp_path) == ()


def test_each_is_told_with_its_release_python_date_and_size_the_oldest_first(tmp_path: Path) -> None:
    put(tmp_path, "2025.4.1")
    put(tmp_path, "2024.10.0")
    put(tmp_path, "2024.4.0", finished=False)
    (tmp_path / "environments" / "a-folder-of-mine").mkdir()
    assert versions(tmp_path) == ["2024.4.0", "2024.10.0", "2025.4.1"]
    unfinished, _, newest = entries(tmp_path)
    assert (unfinished.made_on, newest.made_on) == ("", "2026-11-22")
    assert newest.bytes > unfinished.bytes >= 3 * 1024
    assert {entry.python for entry in entries(tmp_path)} == {sys.implementation.cache_tag}


def test_those_of_the_named_releases_are_deleted_or_all(tmp_path: Path) -> None:
    old, _, new = put(tmp_path, "2024.4.0"), put(tmp_path, "2025.0.0"), put(tmp_path, "2025.4.1")
    assert [entry.folder for entry in clear(tmp_path, {"2024.4.0"})] == [old]
    assert not old.exists()
    assert versions(tmp_path) == ["2025.0.0", "2025.4.1"]
    clear(tmp_path)
    assert not new.exists()


def test_one_that_is_being_made_is_left_to_who_makes_it(tmp_path: Path) -> None:
    folder = put(tmp_path, "2024.4.0", finished=False)
    with (
        filelock.FileLock(f"{folder}.lock"),
        pytest.raises(CacheError, match="Another run is making"),
    ):
        clear(tmp_path)
    assert folder.exists()
