"""The store on disk: one machine's folder, shared by several runs."""

from __future__ import annotations

import errno
import os
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import BaselineError
from tests.unit.store.store_examples import BIGGER, KEY, OTHER, PROFILE, STORED, each, files_below, store_in

if TYPE_CHECKING:
    from pytest_ovperf.store.store import BaselineStore


@pytest.fixture
def store(tmp_path: Path) -> BaselineStore:
    return store_in(tmp_path)


def test_an_empty_store_has_nothing_and_makes_nothing(store: BaselineStore) -> None:
    store.check()
    assert store.find(KEY) is None
    assert store.unused(KEY.module, []) == ()
    assert store.other_profiles(KEY) == ()
    assert not store.root.exists()


def test_what_is_put_is_found(store: BaselineStore) -> None:
    assert store.put(KEY, STORED) is None
    assert store.find(KEY) == STORED


def test_only_the_module_s_file_is_left_in_the_folder(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    store.put(KEY, OTHER)
    assert files_below(store.root) == [f"{PROFILE.slug}/suites/test_speed.json"]


def test_putting_returns_what_it_replaces_and_keeps_the_rest(store: BaselineStore) -> None:
    neighbours = (replace(KEY, test="test_b"), replace(KEY, comparison="another"))
    for key in (KEY, *neighbours):
        store.put(key, STORED)
    assert store.put(KEY, OTHER) == STORED
    assert store.find(KEY) == OTHER
    assert [store.find(key) for key in neighbours] == [STORED, STORED]


def test_modules_of_one_name_in_two_folders_do_not_meet(store: BaselineStore) -> None:
    elsewhere = replace(KEY, module="other/test_speed.py")
    store.put(KEY, STORED)
    store.put(elsewhere, OTHER)
    assert (store.find(KEY), store.find(elsewhere)) == (STORED, OTHER)


def test_an_unchanged_entry_leaves_the_file_alone(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    before = store.path(KEY.module).stat().st_ino
    store.put(KEY, STORED)
    assert store.path(KEY.module).stat().st_ino == before


def test_lines_end_the_same_on_every_system(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    text = store.path(KEY.module).read_bytes()
    assert b"\r" not in text
    assert text.endswith(b"}\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_others_may_read_the_file_as_the_umask_says(store: BaselineStore) -> None:
    before = os.umask(0o022)
    try:
        store.put(KEY, STORED)
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path(KEY.module).stat().st_mode) == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_file_that_is_a_link_stays_one(store: BaselineStore, tmp_path: Path) -> None:
    store.put(KEY, STORED)
    path = store.path(KEY.module)
    path.rename(tmp_path / "real.json")
    path.symlink_to(tmp_path / "real.json")
    store.put(KEY, OTHER)
    assert path.is_symlink()
    assert store.find(KEY) == OTHER


def test_entries_that_no_test_used_are_told(store: BaselineStore) -> None:
    old, older = replace(KEY, test="test_old"), replace(KEY, comparison="older")
    for key in (KEY, old, older):
        store.put(key, STORED)
    assert store.unused(KEY.module, {KEY}) == tuple(sorted([old, older]))


def test_other_machines_that_have_the_entry_are_told(store: BaselineStore, tmp_path: Path) -> None:
    bigger = store_in(tmp_path, BIGGER)
    bigger.put(KEY, STORED)
    assert store.find(KEY) is None
    assert store.other_profiles(KEY) == (BIGGER.slug,)
    assert store.other_profiles(replace(KEY, test="test_b")) == ()
    assert bigger.other_profiles(KEY) == ()


def test_another_machines_damaged_file_is_not_this_ones_trouble(store: BaselineStore, tmp_path: Path) -> None:
    bigger = store_in(tmp_path, BIGGER)
    bigger.put(KEY, STORED)
    bigger.path(KEY.module).write_text("{", encoding="utf-8")
    store.check()
    assert store.other_profiles(KEY) == ()


def copied_from_another_machine(store: BaselineStore, tmp_path: Path) -> None:
    bigger = store_in(tmp_path, BIGGER)
    bigger.put(KEY, STORED)
    store.path(KEY.module).parent.mkdir(parents=True)
    bigger.path(KEY.module).rename(store.path(KEY.module))


def test_a_file_copied_from_another_machine_is_never_used(store: BaselineStore, tmp_path: Path) -> None:
    copied_from_another_machine(store, tmp_path)
    for use in each(lambda: store.find(KEY), lambda: store.put(KEY, OTHER), store.check):
        with pytest.raises(BaselineError, match=r"another machine: physical_cores 8 there, 2 here") as caught:
            use()
        assert BIGGER.slug in caught.value.remedy


def test_a_machine_with_other_memory_is_the_same_machine(store: BaselineStore, tmp_path: Path) -> None:
    store.put(KEY, STORED)
    assert store_in(tmp_path, replace(PROFILE, memory_gib=64, stepping="9")).find(KEY) == STORED


def test_a_file_under_another_modules_name_is_never_used(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    renamed = replace(KEY, module="suites/test_new.py")
    store.path(KEY.module).rename(store.path(renamed.module))
    for use in each(lambda: store.find(renamed), lambda: store.put(renamed, OTHER), store.check):
        with pytest.raises(BaselineError, match=r"belongs to the test module 'suites/test_speed\.py'"):
            use()


def test_check_tells_all_damage_at_once(store: BaselineStore) -> None:
    modules = ("a.py", "b.py", "c.py")
    for module in modules:
        store.put(replace(KEY, module=module), STORED)
    store.path("a.py").write_text("", encoding="utf-8")
    store.path("c.py").write_bytes(b"{\n\xff")
    with pytest.raises(BaselineError, match="2 baseline files") as caught:
        store.check()
    assert str(store.path("a.py")) in caught.value.seen
    assert f"{store.path('c.py')}, line 2" in caught.value.seen
    assert str(store.path("b.py")) not in caught.value.seen


def test_a_damaged_file_is_not_overwritten(store: BaselineStore) -> None:
    store.put(KEY, STORED)
    store.path(KEY.module).write_text("{", encoding="utf-8")
    with pytest.raises(BaselineError, match="line 1"):
        store.put(KEY, OTHER)
    assert store.path(KEY.module).read_text(encoding="utf-8") == "{"


@given(data=st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_damaged_byte_is_an_error_or_plainly_another_value(store: BaselineStore, data: st.DataObject) -> None:
    """A flipped byte within a text or a number can leave a sound file; then it says nothing but that other value."""
    path = store.path(KEY.module)
    path.unlink(missing_ok=True)
    store.put(KEY, STORED)
    sound = path.read_bytes()
    at = data.draw(st.integers(0, len(sound) - 1))
    byte = data.draw(st.integers(0, 255))
    path.write_bytes(sound[:at] + bytes([byte]) + sound[at + 1 :])
    try:
        store.check()
        found = store.find(KEY)
    except BaselineError:
        return
    line = sound[:at].count(b"\n")
    touched = sound.splitlines()[line].strip()
    if found == STORED:
        return
    facts = (b'"tolerance"', b'"candidate_ns"', b'"reference_ns"', b'"launch_s"', b'"openvino"')
    values = (b'"2026-01-02"', *facts)
    names = (b'"test_a[CPU]"', b'"distilbert')
    assert touched.startswith(names if found is None else values)


def test_a_folder_in_the_place_of_a_file(store: BaselineStore) -> None:
    store.path(KEY.module).mkdir(parents=True)
    for use in each(lambda: store.find(KEY), lambda: store.put(KEY, STORED), store.check):
        with pytest.raises(BaselineError, match=r"test_speed\.json is a folder"):
            use()


def test_a_file_in_the_place_of_the_folder(store: BaselineStore) -> None:
    store.root.parent.mkdir(exist_ok=True)
    store.root.write_text("", encoding="utf-8")
    for use in each(lambda: store.put(KEY, STORED), store.check, store.check_writable):
        with pytest.raises(BaselineError) as caught:
            use()
        assert "--ov-baselines" in caught.value.remedy


def test_looking_whether_it_can_be_written_leaves_no_trace(store: BaselineStore, tmp_path: Path) -> None:
    store.check_writable()
    assert list(tmp_path.iterdir()) == []
    store.put(KEY, STORED)
    before = files_below(store.root)
    store.check_writable()
    assert files_below(store.root) == before


def test_read_only_media_are_told_before_and_while_writing(
    store: BaselineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(KEY, STORED)

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "touch", refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    for use in each(store.check_writable, lambda: store.put(KEY, OTHER)):
        with pytest.raises(BaselineError, match="Read-only file system") as caught:
            use()
        assert "--ov-baselines" in caught.value.remedy
    assert store.find(KEY) == STORED
    assert files_below(store.root) == [f"{PROFILE.slug}/suites/test_speed.json"]


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="permissions do not bind"
)
def test_a_folder_without_permission(store: BaselineStore, tmp_path: Path) -> None:
    tmp_path.joinpath("locks").mkdir()
    tmp_path.chmod(0o500)
    try:
        for use in each(store.check_writable, lambda: store.put(KEY, STORED)):
            with pytest.raises(BaselineError, match="ermission"):
                use()
    finally:
        tmp_path.chmod(0o700)
