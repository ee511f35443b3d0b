from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import filelock
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import CacheError, ModelError
from pytest_ovperf.models import cache as cache_module
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.layout import MANIFEST_NAME
from pytest_ovperf.models.manifest import Manifest, read_manifest
from pytest_ovperf.models.recipe import Recipe

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = Recipe("owner/name", "ir", {"made_from": "x"})


class Builds:
    """A build that writes files and counts how often it was asked."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = {"model.xml": b"<net/>", "sub/model.bin": b"\0" * 100} if files is None else files
        self.count = 0

    def __call__(self, target: Path) -> None:
        self.count += 1
        for name, content in self.files.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)


class Said(list[str]):
    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def said() -> Said:
    return Said()


def unfinished(root: Path) -> list[Path]:
    return list((root / "building").iterdir())


def test_an_artefact_is_built_once_and_found_again(tmp_path: Path, said: Said) -> None:
    builds = Builds()
    first = ArtefactCache(tmp_path).obtain(RECIPE, builds, say=said)
    second = ArtefactCache(tmp_path).obtain(RECIPE, builds, say=said)
    assert (first, builds.count, said) == (second, 1, [])
    assert (first / "sub" / "model.bin").read_bytes() == b"\0" * 100
    assert not unfinished(tmp_path)


def test_the_directory_tells_name_kind_and_digest(tmp_path: Path, said: Said) -> None:
    path = ArtefactCache(tmp_path).obtain(RECIPE, Builds(), say=said)
    assert path == tmp_path / "models" / f"owner-name-ir-{RECIPE.digest}"
    assert sorted(file.name for file in path.iterdir()) == [MANIFEST_NAME, "model.xml", "sub"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: (path / "model.xml").unlink(), "model.xml is missing"),
        (lambda path: (path / "model.xml").write_bytes(b"<nat/>"), "the content of model.xml has changed"),
        (lambda path: (path / "model.xml").write_bytes(b"<n"), "model.xml has 2 bytes instead of 6"),
        (lambda path: (path / MANIFEST_NAME).unlink(), "its manifest is missing"),
        (lambda path: (path / MANIFEST_NAME).write_text("[]", encoding="utf-8"), "its manifest cannot be read"),
        (lambda path: (path / MANIFEST_NAME).write_text('{"schema": 99}', encoding="utf-8"), "has the schema 99"),
    ],
)
def test_a_damaged_artefact_is_told_of_and_built_anew(tmp_path: Path, said: Said, damage: object, reason: str) -> None:
    builds = Builds()
    path = ArtefactCache(tmp_path).obtain(RECIPE, builds, say=said)
    assert callable(damage)
    damage(path)
    assert ArtefactCache(tmp_path).obtain(RECIPE, builds, say=said) == path
    assert builds.count == 2
    assert (path / "model.xml").read_bytes() == b"<net/>"
    assert len(said) == 1
    assert reason in said[0]
    assert not unfinished(tmp_path)


@given(content=st.binary(min_size=1, max_size=50), data=st.data())
def test_any_flipped_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("cache")
    builds = Builds({"weights": content})
    path = ArtefactCache(root).obtain(RECIPE, builds, say=Said())
    place = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[place] ^= data.draw(st.integers(1, 255))
    (path / "weights").write_bytes(flipped)
    ArtefactCache(root).obtain(RECIPE, builds, say=Said())
    assert (path / "weights").read_bytes() == content


def test_contents_are_checked_once_in_the_life_of_a_cache(tmp_path: Path, said: Said) -> None:
    builds, cache = Builds(), ArtefactCache(tmp_path)
    path = cache.obtain(RECIPE, builds, say=said)
    (path / "model.xml").write_bytes(b"<nat/>")
    cache.obtain(RECIPE, builds, say=said)
    assert builds.count == 1


@pytest.mark.parametrize("error", [ModelError("seen", remedy="do"), KeyboardInterrupt(), OSError("no space")])
def test_a_build_that_breaks_off_leaves_nothing(tmp_path: Path, said: Said, error: BaseException) -> None:
    def breaks(target: Path) -> None:
        (target / "half").write_bytes(b"half")
        raise error

    cache = ArtefactCache(tmp_path)
    with pytest.raises(type(error)) as caught:
        cache.obtain(RECIPE, breaks, say=said)
    assert caught.value is error
    assert cache.entries() == ()
    assert not unfinished(tmp_path)
    builds = Builds()
    cache.obtain(RECIPE, builds, say=said)
    assert builds.count == 1


def test_leftovers_of_killed_builds_are_swept_by_the_next_build(tmp_path: Path, said: Said) -> None:
    cache = ArtefactCache(tmp_path)
    cache.check_writable()
    other = Recipe("other", "int8", {})
    for folder in (RECIPE.folder, other.folder):
        leftover = tmp_path / "building" / f"{folder}.killed"
        leftover.mkdir()
        (leftover / "half").write_bytes(b"half")
    cache.obtain(RECIPE, Builds(), say=said)
    assert not unfinished(tmp_path)


def test_what_another_run_is_building_is_not_swept(tmp_path: Path, said: Said) -> None:
    cache = ArtefactCache(tmp_path)
    cache.check_writable()
    other = Recipe("other", "int8", {})
    running = tmp_path / "building" / f"{other.folder}.running"
    running.mkdir()
    with filelock.FileLock(tmp_path / "locks" / f"{other.folder}.lock"):
        cache.obtain(RECIPE, Builds(), say=said)
    assert unfinished(tmp_path) == [running]


def test_two_runs_that_need_the_same_artefact_build_it_once(tmp_path: Path) -> None:
    started, may_end, waiting = threading.Event(), threading.Event(), threading.Event()
    found: list[Path] = []
    builds = Builds()

    def slow(target: Path) -> None:
        started.set()
        assert may_end.wait(30)
        builds(target)

    def never(target: Path) -> None:
        raise AssertionError(target)

    def first() -> None:
        found.append(ArtefactCache(tmp_path).obtain(RECIPE, slow, say=Said()))

    def second() -> None:
        found.append(ArtefactCache(tmp_path).obtain(RECIPE, never, say=lambda _text: waiting.set()))

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert started.wait(30)
    two.start()
    assert waiting.wait(30)
    may_end.set()
    one.join(30)
    two.join(30)
    assert builds.count == 1
    assert len(found) == 2
    assert found[0] == found[1]


def test_waiting_for_a_run_that_is_stuck_ends_with_a_remedy(tmp_path: Path, said: Said) -> None:
    cache = ArtefactCache(tmp_path, lock_timeout_s=0)
    cache.check_writable()
    with (
        filelock.FileLock(tmp_path / "locks" / f"{RECIPE.folder}.lock"),
        pytest.raises(CacheError, match="--ov-cache-dir"),
    ):
        cache.obtain(RECIPE, Builds(), say=said)
    assert "waiting for another run" in said[0]


def test_a_root_that_cannot_be_written_names_the_option(tmp_path: Path, said: Said) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = ArtefactCache(tmp_path / "file" / "cache")
    with pytest.raises(CacheError, match="--ov-cache-dir"):
        cache.check_writable()
    with pytest.raises(CacheError, match="--ov-cache-dir"):
        cache.obtain(RECIPE, Builds(), say=said)


def test_entries_tell_size_creation_and_last_use(tmp_path: Path, said: Said) -> None:
    ArtefactCache(tmp_path, clock=lambda: 1000.0).obtain(RECIPE, Builds(), say=said)
    later = ArtefactCache(tmp_path, clock=lambda: 5000.0)
    later.obtain(RECIPE, Builds(), say=said)
    (entry,) = later.entries()
    assert (entry.name, entry.kind, entry.digest) == ("owner/name", "ir", RECIPE.digest)
    assert (entry.bytes, entry.created_unix, entry.last_used_unix, entry.damage) == (106, 1000.0, 5000.0, "")


def test_entries_show_damage_instead_of_failing(tmp_path: Path, said: Said) -> None:
    cache = ArtefactCache(tmp_path)
    path = cache.obtain(RECIPE, Builds(), say=said)
    os.truncate(path / MANIFEST_NAME, 5)
    (entry,) = cache.entries()
    assert (entry.name, entry.kind, entry.digest) == ("owner-name", "ir", RECIPE.digest)
    assert "manifest" in entry.damage


def test_an_entry_that_another_run_takes_away_meanwhile_is_none(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ArtefactCache(tmp_path)
    cache.obtain(RECIPE, Builds(), say=said)

    def too_late(path: Path) -> Manifest:
        shutil.rmtree(path)
        return read_manifest(path)

    monkeypatch.setattr(cache_module, "read_manifest", too_late)
    assert cache.entries() == ()


def test_an_empty_cache_has_no_entries_and_is_not_created_by_looking(tmp_path: Path) -> None:
    assert ArtefactCache(tmp_path / "none").entries() == ()
    assert ArtefactCache(tmp_path / "none").clear() == ()
    assert not (tmp_path / "none" / "models").exists()


def test_clear_removes_the_models_named_and_keeps_the_others(tmp_path: Path, said: Said) -> None:
    cache, other = ArtefactCache(tmp_path), Recipe("other", "ir", {})
    cache.obtain(RECIPE, Builds(), say=said)
    kept = cache.obtain(other, Builds(), say=said)
    assert [entry.name for entry in cache.clear(["owner/name"])] == ["owner/name"]
    assert [entry.path for entry in cache.entries()] == [kept]
    builds = Builds()
    cache.obtain(RECIPE, builds, say=said)
    assert builds.count == 1


def test_clear_leaves_alone_what_another_run_holds(tmp_path: Path, said: Said) -> None:
    cache = ArtefactCache(tmp_path)
    cache.obtain(RECIPE, Builds(), say=said)
    with filelock.FileLock(tmp_path / "locks" / f"{RECIPE.folder}.lock"):
        assert cache.clear() == ()
    assert len(cache.clear()) == 1
