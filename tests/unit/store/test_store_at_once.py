"""Several runs that share a machine's folder: nothing is lost, nothing is left over, and nobody waits in a circle."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import pytest

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import BaselineError
from pytest_ovperf.store import files
from pytest_ovperf.store.layers import KeptLayers, LayerFolder
from tests.unit.graphs.graph_examples import fused
from tests.unit.store.store_examples import (
    GRAPH,
    KEPT,
    KEY,
    OTHER,
    SLOWER,
    STORED,
    found_in,
    graphs_of,
    put_candidate,
    store_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_ovperf.records import LayerFiles

ROOT = Path(__file__).parents[3]
FUSED = KeptLayers(fused(GRAPH))


def locks_in(folder: Path) -> set[Path]:
    return set((folder / "locks").iterdir())


def test_a_lock_that_another_run_keeps_is_told(tmp_path: Path) -> None:
    store = store_in(tmp_path, lock_timeout_s=0.0)
    store.put(KEY, STORED)
    (lock_file,) = locks_in(tmp_path)
    with filelock.FileLock(lock_file), pytest.raises(BaselineError, match=r"\.json has been locked by another run"):
        store.put(KEY, OTHER)


@pytest.mark.parametrize("kept", [None, KEPT, SLOWER, FUSED], ids=["none", "the same", "other times", "another"])
def test_while_a_run_makes_graphs_no_other_makes_or_removes_any(tmp_path: Path, kept: KeptLayers | None) -> None:
    store = store_in(tmp_path, lock_timeout_s=0.0)
    store.put(KEY, STORED)
    before = locks_in(tmp_path)
    put_candidate(store)
    (lock_file,) = locks_in(tmp_path) - before
    graphs = graphs_of(store)
    with filelock.FileLock(lock_file), pytest.raises(BaselineError, match="graphs has been locked by another run"):
        store.put(KEY, STORED, {Side.CANDIDATE: kept} if kept else {})
    assert graphs_of(store) == graphs


def test_what_a_run_has_made_and_not_yet_named_is_not_removed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, another, made = store_in(tmp_path), store_in(tmp_path, lock_timeout_s=0.0), list[str]()
    write = files.replace_text

    def interrupted(path: Path, text: str) -> None:
        if path.suffix == ".json" and not made:
            made.extend(graphs_of(store))
            with pytest.raises(BaselineError, match="locked by another run"):
                another.put(replace(KEY, module="test_b.py"), STORED)
        write(path, text)

    monkeypatch.setattr(files, "replace_text", interrupted)
    put_candidate(store)
    assert graphs_of(store) == made
    assert len(made) == 2
    store.check()


def test_who_only_reads_waits_for_no_run_that_makes_graphs(tmp_path: Path) -> None:
    store = store_in(tmp_path, lock_timeout_s=0.0)
    store.put(KEY, STORED)
    before = locks_in(tmp_path)
    put_candidate(store)
    (lock_file,) = locks_in(tmp_path) - before
    with filelock.FileLock(lock_file):
        assert store.layers(found_in(store))
        store.check()


def test_what_another_run_replaces_while_this_one_looks_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, damage, looks = store_in(tmp_path), LayerFolder.damage, list[list[str]]()
    put_candidate(store)

    def look_late(folder: LayerFolder, named: Iterable[LayerFiles]) -> Iterator[tuple[str, BaselineError]]:
        if not looks:
            put_candidate(store, FUSED)
        found = list(damage(folder, named))
        looks.append([name for name, _ in found])
        return iter(found)

    monkeypatch.setattr(LayerFolder, "damage", look_late)
    store.check()
    assert [bool(found) for found in looks] == [True, False]


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.unit.store.test_store_at_once import FUSED, KEPT, KEY, SLOWER, STORED, put_candidate, store_in
store = store_in(Path({folder!r}))
print("ready", flush=True)
sys.stdin.readline()
name = sys.argv[1]
for number in range({number}):
    {put}
"""


def writers(folder: Path, number: int, put: str) -> list[subprocess.Popen[str]]:
    """Start two runs, ``a`` and ``b``, and let both go when both are up."""
    code = WRITER.format(root=str(ROOT), folder=str(folder), number=number, put=put)
    started = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", code, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b")
    ]
    for writer in started:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in started:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    return started


def test_two_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    for writer in writers(tmp_path, 20, 'store.put(replace(KEY, test=f"test_{name}_{number:02}"), STORED)'):
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    found = store_in(tmp_path).unused(KEY.module, [])
    assert [key.test for key in found] == [f"test_{name}_{number:02}" for name in ("a", "b") for number in range(20)]


def test_two_runs_that_share_graphs_take_none_from_each_other(tmp_path: Path) -> None:
    """Each gives up at every turn what the other may just be about to name; a third looks on."""
    put = 'put_candidate(store, (KEPT, FUSED, SLOWER)[number % 3], replace(KEY, module=f"test_{name}.py"))'
    running, store = writers(tmp_path, 30, put), store_in(tmp_path)
    while any(writer.poll() is None for writer in running):
        store.check()
    for writer in running:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    store.check()
    assert store.modules() == ("test_a.py", "test_b.py")
    assert len(graphs_of(store)) == 2, "the slower times and their graph, which both name in the end"
