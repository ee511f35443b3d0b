"""Damaged graphs and times: told with file, line and remedy, before anything is measured."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import BaselineError
from tests.unit.store.store_examples import KEY, SLOWER, STORED, each, found_in, path_of, put_candidate, store_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_ovperf.store.store import BaselineStore


@pytest.fixture
def store(tmp_path: Path) -> BaselineStore:
    return store_in(tmp_path)


def lose(path: Path) -> str:
    path.unlink()
    return "is missing, and a baseline names it"


def cut(path: Path) -> str:
    path.write_bytes(path.read_bytes()[:-9])
    end = path.read_bytes().count(b"\n") + 1
    return f"line {end}: the last line is not complete"


def leave_a_conflict(path: Path) -> str:
    first, second, third, *rest = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([first, second, "<<<<<<< HEAD\n", third, "=======\n", *rest]), encoding="utf-8")
    return "line 3: "


def edit(path: Path) -> str:
    path.write_text(path.read_text(encoding="utf-8").replace("2", "3"), encoding="utf-8")
    return ""


def lose_a_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    return "its digest differs"


def put_another_in_its_place(path: Path) -> str:
    path.write_text("ovperf execution graph, format 2\n", encoding="utf-8")
    return "line 1: it must be 'ovperf "


def mix_bytes_in(path: Path) -> str:
    path.write_bytes(path.read_bytes() + b"\xff\n")
    return "this is no UTF-8 text"


def put_a_folder_in_its_place(path: Path) -> str:
    path.unlink()
    path.mkdir()
    return "is a folder"


DAMAGES = (
    lose,
    cut,
    leave_a_conflict,
    edit,
    lose_a_line,
    put_another_in_its_place,
    mix_bytes_in,
    put_a_folder_in_its_place,
)


@pytest.mark.parametrize("ending", [".graph.txt", ".times.txt"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_told_before_anything_is_measured_and_again_where_it_is_read(
    store: BaselineStore, damage: Callable[[Path], str], ending: str
) -> None:
    put_candidate(store)
    path = path_of(store, ending)
    seen = damage(path)
    stored = found_in(store)
    for use in each(store.check, lambda: store.layers(stored)):
        with pytest.raises(BaselineError) as caught:
            use()
        assert f"Baseline file {path}" in caught.value.seen
        assert seen in caught.value.seen


@pytest.mark.parametrize("damage", [lose, cut, edit, lose_a_line])
def test_the_remedies_for_damage(store: BaselineStore, damage: Callable[[Path], str]) -> None:
    put_candidate(store)
    path = path_of(store, ".graph.txt")
    damage(path)
    with pytest.raises(BaselineError) as caught:
        store.check()
    assert re.search(rf"git checkout (HEAD )?-- {re.escape(str(path))}[;)]", caught.value.remedy)
    assert caught.value.remedy.endswith("pytest --update-baselines")
    store.check(layers=False)  # as a run with that option does
    put_candidate(store)
    store.check()


def test_every_damaged_file_is_told_once_with_the_baselines_that_name_it(store: BaselineStore) -> None:
    other = replace(KEY, module="other/test_speed.py")
    put_candidate(store)
    put_candidate(store, SLOWER, other)
    lose(path_of(store, ".graph.txt"))
    with pytest.raises(BaselineError) as caught:
        store.check()
    assert caught.value.seen.count("is missing") == 1
    assert caught.value.seen.endswith(f"Named in {store.path(other.module)}, {store.path(KEY.module)}.")


def test_damage_of_both_kinds_is_told_at_once(store: BaselineStore) -> None:
    other = replace(KEY, module="other/test_speed.py")
    put_candidate(store)
    store.put(other, STORED)
    store.path(other.module).write_text("", encoding="utf-8")
    lose(path_of(store, ".times.txt"))
    with pytest.raises(BaselineError, match="2 baseline files") as caught:
        store.check()
    assert str(store.path(other.module)) in caught.value.seen
    assert ".times.txt is missing" in caught.value.seen


def test_a_verdict_needs_neither(store: BaselineStore) -> None:
    put_candidate(store)
    lose(path_of(store, ".graph.txt"))
    assert replace(found_in(store), layers={}) == STORED
