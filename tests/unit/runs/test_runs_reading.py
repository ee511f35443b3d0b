"""Files that hold runs, and files that do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import RunFileError
from pytest_ovperf.runs.reading import read_run, read_runs
from pytest_ovperf.runs.storage import Batch
from tests.unit.reports.run_examples import suite_run
from tests.unit.runs.run_documents import document, plain_document, write

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = plain_document({"test_sum": 1e-3})


def test_a_run_of_ours_is_read_whole(tmp_path: Path) -> None:
    run = suite_run()
    read = read_run(write(tmp_path / "run.json", document(run)), "run")
    assert read.name == "run"
    assert [view.key for view in read.comparisons] == [view.key for view in run.comparisons]
    assert [view.log_ratios for view in read.comparisons] == [view.log_ratios for view in run.comparisons]


def test_a_file_of_plain_pytest_benchmark_is_read(tmp_path: Path) -> None:
    read = read_run(write(tmp_path / "run.json", PLAIN), "run")
    (view,) = read.benchmarks
    assert (view.key, view.statistics.median_s, view.statistics.calls) == ("test_plain.py::test_sum", 1e-3, 50)
    assert read.machine["cpu"] == "a CPU"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_what_shells_make_of_redirected_text_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(json.dumps(PLAIN).encode(encoding))
    assert len(read_run(path, "run").benchmarks) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps(PLAIN, indent=1)[:400], r"breaks off in the middle of the document \(line \d+, column \d+\)"),
        ('{"benchmarks": "', r"breaks off in the middle of the document \(line 1, column 16\)"),
        ('{\n  "benchmarks": [,]\n}', "line 2, column 18: expecting value"),
        ('{"benchmarks": []}\n{}', "line 2, column 1: extra data"),
        ("[" * 100_000, "cannot be parsed"),
        ("\ufeff" + '{"a": tru}', "line 1, column 7"),
    ],
)
def test_a_damaged_file_is_named_with_the_place(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RunFileError, match=said) as caught:
        read_run(path, "run")
    assert str(path) in caught.value.seen
    assert "--benchmark-json" in caught.value.remedy


def test_bytes_that_are_no_text_are_named_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b'{"benchmarks": "\xff"}')
    with pytest.raises(RunFileError, match="byte 17 is no UTF-8 text"):
        read_run(path, "run")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "an empty file"),
        (b"\n \n", "an empty file"),
        (b'<?xml version="1.0"?><testsuites><testsuite/></testsuites>', "a JUnit XML report"),
        (b"<!doctype html><html></html>", "an HTML page"),
        (b"<svg/>", "XML"),
        (b"\x1f\x8b\x08", "a compressed file"),
        (b"[]", "holds a list"),
        (b"null", "holds a single word"),
        (b'"text"', "holds a text"),
        (b"3.5", "holds a number"),
        (b"{}", "an empty JSON document"),
        (b'{"name": "x", "version": "1"}', "with the keys 'name', 'version'"),
        (b'{"context": {}, "benchmarks": []}', "Google Benchmark"),
        (b'{"benchmarks": [], "metadata": {}, "version": "1.0"}', "pyperf"),
        (b'{"results": {}, "commit_hash": "x"}', "asv"),
        (b'{"results": []}', "hyperfine"),
        (b'{"schema": 1, "machine": {}, "module": "", "tests": {}}', "a file of baselines"),
        (b'{"schema": 1, "runs": [], "rows": []}', "ovperf compare --format=json"),
    ],
)
def test_a_file_of_another_format_is_called_by_its_name(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(RunFileError) as caught:
        read_run(path, "other")
    assert str(path) in caught.value.seen
    assert kind in caught.value.seen
    assert "pytest-benchmark" in caught.value.remedy


def test_a_wrong_value_is_named_with_file_and_place(tmp_path: Path) -> None:
    wrong = plain_document({"test_sum": 1e-3})
    wrong["benchmarks"][0]["stats"]["median"] = "fast"
    path = write(tmp_path / "run.json", wrong)
    with pytest.raises(RunFileError, match=r"benchmarks\[0\]\.stats\.median") as caught:
        read_run(path, "run")
    assert str(path) in caught.value.seen


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunFileError, match="cannot be read"):
        read_run(tmp_path / name, "run")


def test_one_damaged_file_does_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    good = [write(tmp_path / f"{name}.json", PLAIN) for name in ("a", "c")]
    bad = tmp_path / "b.json"
    bad.write_text("{", encoding="utf-8")
    reading = read_runs([Batch("*", (good[0], bad, good[1]), by_time=True)])
    assert [run.name for run in reading.runs] == ["a", "c"]
    (error,) = reading.unreadable
    assert str(bad) in error.seen


def test_the_runs_of_a_folder_are_ordered_by_when_they_started(tmp_path: Path) -> None:
    moments = {
        "a": "2026-11-21T20:55:21+00:00",
        "b": "2026-11-21T21:30:00+02:00",  # the earliest, by its offset
        "c": "2026-11-21T20:00:00",  # versions 3 and 4 write UTC and do not say so
    }
    paths = tuple(
        write(tmp_path / f"{name}.json", plain_document({"x": 1.0}, started=at)) for name, at in moments.items()
    )
    assert [run.name for run in read_runs([Batch(".", paths, by_time=True)]).runs] == ["b", "c", "a"]
    assert [run.name for run in read_runs([Batch(".", paths, by_time=False)]).runs] == ["a", "b", "c"]


def test_a_run_that_does_not_say_when_it_started_comes_first(tmp_path: Path) -> None:
    undated = plain_document({"x": 1.0})
    del undated["datetime"]
    paths = (write(tmp_path / "a.json", PLAIN), write(tmp_path / "b.json", undated))
    assert [run.name for run in read_runs([Batch(".", paths, by_time=True)]).runs] == ["b", "a"]
