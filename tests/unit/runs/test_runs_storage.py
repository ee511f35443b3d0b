"""Which files the words of a command line stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import RunFileError
from pytest_ovperf.runs.storage import find_runs, short_names, storage_folder

MACHINE = "Linux-CPython-3.12-64bit"


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}", encoding="utf-8")
    return path


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a storage with three runs, in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = Path(".benchmarks")
    for name in ("0001_main", "0002_0a1b2c_20261121_205521", "0010_branch"):
        touch(folder / MACHINE / f"{name}.json")
    return folder


def found(words: list[str], storage: Path) -> list[str]:
    return [path.stem for batch in find_runs(words, storage) for path in batch.paths]


@pytest.mark.parametrize(
    ("word", "run"),
    [
        ("0001", "0001_main"),
        ("1", "0001_main"),
        ("0010", "0010_branch"),
        ("main", "0001_main"),
        ("0001_main", "0001_main"),
        ("0001_main.json", "0001_main"),
        (f"{MACHINE}/0002", "0002_0a1b2c_20261121_205521"),
        (f"{MACHINE}\\0002", "0002_0a1b2c_20261121_205521"),
    ],
)
def test_a_number_or_a_name_stands_for_a_run_in_the_storage(storage: Path, word: str, run: str) -> None:
    assert found([word], storage) == [run]


def test_runs_stay_in_the_order_of_the_words(storage: Path) -> None:
    assert found(["10", "1"], storage) == ["0010_branch", "0001_main"]


def test_a_path_comes_before_the_storage(storage: Path) -> None:
    touch(Path("0001"))
    assert [batch.paths for batch in find_runs(["0001"], storage)] == [(Path("0001"),)]


def test_a_folder_stands_for_its_runs_and_those_of_its_machines(storage: Path) -> None:
    touch(storage / "own.json")
    touch(storage / MACHINE / "deeper" / "hidden.json")
    touch(storage / MACHINE / "notes.txt")
    (batch,) = find_runs([str(storage)], storage)
    assert batch.by_time
    assert sorted(path.stem for path in batch.paths) == [
        "0001_main",
        "0002_0a1b2c_20261121_205521",
        "0010_branch",
        "own",
    ]


def test_a_folder_may_be_written_as_pytest_benchmark_writes_storages(storage: Path) -> None:
    assert len(found([f"file://{storage}"], storage)) == 3
    assert storage_folder(f"file://{storage}") == storage
    assert storage_folder("elsewhere") == Path("elsewhere")


def test_a_storage_that_is_no_folder_is_refused() -> None:
    with pytest.raises(RunFileError, match="elasticsearch") as caught:
        storage_folder("elasticsearch+http://localhost/index")
    assert "--storage" in caught.value.remedy


@pytest.mark.parametrize("pattern", ["000?_*", f"{MACHINE}/000*", f".benchmarks/{MACHINE}/000*.json", "**/000*.json"])
def test_a_pattern_is_tried_from_here_and_then_in_the_storage(storage: Path, pattern: str) -> None:
    assert found([pattern], storage) == ["0001_main", "0002_0a1b2c_20261121_205521"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(storage: Path) -> None:
    touch(Path("run[1].json"))
    assert found(["run[1].json"], storage) == ["run[1]"]


def test_a_file_with_a_word_of_its_own_is_not_taken_from_a_folder_again(storage: Path) -> None:
    assert found(["0010", str(storage)], storage) == ["0010_branch", "0001_main", "0002_0a1b2c_20261121_205521"]
    assert found([str(storage), "0001"], storage)[-1:] == ["0001_main"]
    assert len(found([str(storage), str(storage)], storage)) == 3


def test_a_run_may_be_compared_with_itself(storage: Path) -> None:
    assert found(["1", "1"], storage) == ["0001_main", "0001_main"]


def test_a_number_of_two_machines_is_refused_with_both_named(storage: Path) -> None:
    touch(storage / "Windows-CPython-3.12-64bit" / "0001_main.json")
    with pytest.raises(RunFileError, match="stands for 2 runs") as caught:
        find_runs(["0001"], storage)
    assert f"{MACHINE}/0001_main" in caught.value.seen
    assert "Windows-CPython-3.12-64bit/0001_main" in caught.value.seen
    assert found([f"{MACHINE}/0001"], storage) == ["0001_main"]


def test_a_word_that_stands_for_nothing_names_what_there_is(storage: Path) -> None:
    with pytest.raises(RunFileError, match="'0007'") as caught:
        find_runs(["0007"], storage)
    assert "0010_branch" in caught.value.remedy


def test_without_a_storage_the_error_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(RunFileError) as caught:
        find_runs([str(tmp_path / "typo.json")], tmp_path / "nowhere")
    assert "typo.json" in caught.value.seen
    assert "--storage=DIR" in caught.value.remedy


def test_of_a_large_storage_only_the_newest_runs_are_named(storage: Path) -> None:
    for number in range(11, 40):
        touch(storage / MACHINE / f"{number:04}_x.json")
    with pytest.raises(RunFileError) as caught:
        find_runs(["0099"], storage)
    assert "0039_x" in caught.value.remedy
    assert "0011_x" not in caught.value.remedy


@pytest.mark.parametrize("word", ["nothing-*.json", "empty"])
def test_a_pattern_or_folder_without_files_is_refused(storage: Path, word: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(RunFileError) as caught:
        find_runs([word], storage)
    assert word in caught.value.seen


@pytest.mark.parametrize("word", ["x" * 5000, "a\0b", ""])
def test_a_word_that_can_be_no_name_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(RunFileError):
        find_runs([word], tmp_path / "nowhere")


def test_runs_of_the_same_name_are_told_apart_by_their_folders() -> None:
    paths = [Path("old/linux/results.json"), Path("new/linux/results.json"), Path("other.json")]
    assert list(short_names(paths).values()) == ["old/linux/results", "new/linux/results", "other"]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4), max_size=8))
def test_different_files_never_get_the_same_name(parts: list[list[str]]) -> None:
    paths = {Path(*each).with_suffix(".json") for each in parts}
    names = short_names(list(paths))
    assert len(set(names.values())) == len(paths)
