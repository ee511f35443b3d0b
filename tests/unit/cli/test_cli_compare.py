"""``ovperf compare``, run in this process on files as pytest-benchmark writes them."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_ovperf.cli.main import main
from pytest_ovperf.errors import ExtraMissingError
from pytest_ovperf.reports.html import page as html_page
from tests.unit.reports.run_examples import CASES, comparison, run, suite_run
from tests.unit.runs.run_documents import document, plain_document, write

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.runs.compared import Compared

FAST, SLOW = plain_document({"test_sum": 1e-3}), plain_document({"test_sum": 2e-3}, started="2026-11-22T20:55:21+00:00")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


class Command:
    """``ovperf compare`` in a folder of its own."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._captured = captured

    def file(self, name: str, content: object) -> str:
        write(self.folder / name, content)
        return name

    def __call__(self, *words: str) -> Outcome:
        try:
            status = main(["compare", *words])
        except SystemExit as left:
            status = int(str(left.code))
        return Outcome(status, *self._captured.readouterr())


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Command(tmp_path, capsys)


def speedups(ratio: float) -> dict[str, object]:
    """Return the file of a run of ours in which every speed-up was ``ratio`` in every launch but for 0.5 %."""
    views = [comparison(case, samples=False) for case in CASES[:3]]
    logs = tuple(log(ratio) + each for each in (-0.005, 0.0, 0.005))
    return document(run([replace(view, ratio=ratio, log_ratios=logs) for view in views]))


def test_nothing_regressed_is_status_0(compare: Command) -> None:
    done = compare(compare.file("a.json", FAST), compare.file("b.json", FAST))
    assert (done.status, done.err) == (0, "")
    assert "1 ok  (1 benchmark)" in done.out


def test_a_regression_is_status_1(compare: Command) -> None:
    done = compare(compare.file("a.json", FAST), compare.file("b.json", SLOW))
    assert (done.status, done.err) == (1, "")
    assert "Median 1.00 ms → 2.00 ms." in done.out
    assert "one process a run, which proves less" in " ".join(done.out.split())


def test_the_last_word_is_judged_against_the_first(compare: Command) -> None:
    fast, slow = compare.file("a.json", FAST), compare.file("b.json", SLOW)
    assert compare(slow, fast).status == 0
    assert compare(fast, slow, fast).status == 0
    assert compare(fast, fast, slow).status == 1


def test_runs_of_ours_are_judged_by_their_launches(compare: Command) -> None:
    then, same, less = (compare.file(f"{ratio}.json", speedups(ratio)) for ratio in (2.0, 2.01, 1.5))
    assert compare(then, same).status == 0
    done = compare(then, less)
    assert done.status == 1
    assert "3 regressed  (3 comparisons)" in done.out


def test_a_tolerance_lets_more_pass(compare: Command) -> None:
    fast, slow = compare.file("a.json", FAST), compare.file("b.json", SLOW)
    done = compare(fast, slow, "--tolerance=99%")
    assert done.status == 1  # twice the time is 100 % more
    assert "tolerance 99 %" in done.out
    assert (
        compare(compare.file("c.json", speedups(2.0)), compare.file("d.json", speedups(1.5)), "--tolerance=60").status
        == 0
    )


@pytest.mark.parametrize("tolerance", ["0", "-5", "many", "100", "nan"])
def test_a_senseless_tolerance_is_status_2(compare: Command, tolerance: str) -> None:
    done = compare(compare.file("a.json", FAST), f"--tolerance={tolerance}")
    assert (done.status, done.out) == (2, "")
    assert "--tolerance" in done.err


def test_a_folder_is_a_history(compare: Command) -> None:
    compare.file("runs/Linux/0002_x.json", SLOW)
    compare.file("runs/Linux/0010_x.json", FAST)
    done = compare("runs")  # the slow one is the newer one, whatever the numbers say
    assert done.status == 1
    assert done.out.index("0010_x") < done.out.index("0002_x")


def test_numbers_are_looked_up_in_the_storage(compare: Command) -> None:
    compare.file("kept/Linux/0001_main.json", FAST)
    compare.file("kept/Linux/0002_branch.json", SLOW)
    assert compare("0001", "0002", "--storage=file://kept").status == 1
    assert compare("branch", "main", "--storage", "kept").status == 0
    done = compare("0003", "--storage=kept")
    assert done.status == 2
    assert "Linux/0002_branch" in done.err


def test_one_run_is_shown_with_its_own_verdicts(compare: Command) -> None:
    done = compare(compare.file("run.json", document(suite_run())))
    assert done.status == 1  # one of its verdicts is a regression
    assert "The last run is judged" not in done.out
    assert compare(compare.file("plain.json", FAST)).status == 0


def test_a_damaged_file_is_named_and_the_others_are_compared(compare: Command) -> None:
    names = [compare.file("a.json", FAST), "broken.json", compare.file("c.json", FAST)]
    (compare.folder / "broken.json").write_text('{"benchmarks": [', encoding="utf-8")
    done = compare(*names)
    assert done.status == 2
    assert "broken.json is damaged: it breaks off in the middle of the document (line 1, column 17)." in done.err
    assert "--benchmark-json" in done.err
    assert "1 ok" in done.out


def test_a_regression_beside_a_damaged_file_is_status_1(compare: Command) -> None:
    (compare.folder / "broken.json").write_text("{", encoding="utf-8")
    done = compare(compare.file("a.json", FAST), "broken.json", compare.file("c.json", SLOW))
    assert done.status == 1
    assert "broken.json" in done.err


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_other_formats_carry_the_warnings_too(compare: Command, form: str) -> None:
    (compare.folder / "broken.json").write_text("{", encoding="utf-8")
    done = compare(compare.file("a.json", FAST), "broken.json", compare.file("c.json", FAST), f"--format={form}")
    assert "broken.json is damaged" in done.out
    assert "broken.json is damaged" in done.err


def test_one_readable_run_of_two_is_nothing_to_compare(compare: Command) -> None:
    (compare.folder / "report.xml").write_text("<testsuites/>", encoding="utf-8")
    done = compare(compare.file("a.json", FAST), "report.xml")
    assert (done.status, done.out) == (2, "")
    assert "report.xml is a JUnit XML report, not a run." in done.err
    assert "There is nothing to compare: only a could be read." in done.err


def test_no_readable_run_is_status_2(compare: Command) -> None:
    done = compare(compare.file("a.json", []))
    assert (done.status, done.out) == (2, "")
    assert "no run could be read" in done.err


def test_runs_with_nothing_in_common_are_status_2(compare: Command) -> None:
    done = compare(compare.file("a.json", FAST), compare.file("b.json", plain_document({"test_other": 1.0})))
    assert (done.status, done.out) == (2, "")
    assert "no benchmark in common" in done.err


def test_another_processor_is_not_judged_as_a_change_of_the_code(compare: Command) -> None:
    moved = plain_document({"test_sum": 9e-3}, cpu="another CPU")
    done = compare(compare.file("a.json", FAST), compare.file("b.json", moved))
    assert done.status == 0
    assert "Nothing is judged: a and b ran on different hardware (cpu a CPU → another CPU)" in " ".join(
        done.out.split()
    )
    assert "no-baseline" in done.out


@pytest.mark.parametrize("words", [[], ["a.json", "--format=yaml"], ["a.json", "--nonsense"]])
def test_wrong_usage_is_status_2(compare: Command, words: list[str]) -> None:
    assert compare(*words).status == 2


def test_json_is_one_document(compare: Command) -> None:
    done = compare(compare.file("a.json", FAST), compare.file("b.json", SLOW), "--format=json")
    assert done.status == 1
    (row,) = json.loads(done.out)["rows"]
    assert (row["verdict"], row["change"]) == ("regressed", 1.0)


def test_nothing_is_coloured_in_a_pipe_unless_wanted(compare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    words = compare.file("a.json", FAST), compare.file("b.json", SLOW)
    assert "\x1b[" not in compare(*words).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;31m" in compare(*words).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in compare(*words).out


def test_the_table_is_as_wide_as_the_terminal(compare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [compare.file(f"{index}.json", speedups(2.0)) for index in (1, 2)]
    for width in (60, 80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        assert max(map(len, compare(*words).out.splitlines())) <= width


def test_an_html_page_is_written_beside_the_table(compare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Compared] = []

    def page(compared: Compared) -> str:
        seen.append(compared)
        return "<p>→</p>\n"

    monkeypatch.setattr(html_page, "comparison_page", page)
    monkeypatch.setattr(html_page, "require_extra", lambda: None)
    done = compare(compare.file("a.json", FAST), compare.file("b.json", FAST), "--html=page.html")
    assert done.status == 0
    assert "1 ok" in done.out
    assert (compare.folder / "page.html").read_bytes() == "<p>→</p>\n".encode()
    assert [each.name for each in seen[0].runs] == ["a", "b"]


def test_a_page_that_cannot_be_written_loses_nothing(compare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_page, "comparison_page", lambda _: "")
    monkeypatch.setattr(html_page, "require_extra", lambda: None)
    words = [compare.file("a.json", FAST), compare.file("b.json", FAST), "--html=nowhere/page.html"]
    done = compare(*words)
    assert done.status == 2
    assert "1 ok" in done.out
    assert "nowhere" in done.err
    assert "--html" in done.err
    compare.file("b.json", SLOW)
    assert compare(*words).status == 1


def test_a_page_without_its_packages_is_refused_before_anything_is_read(
    compare: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def require_extra() -> None:
        raise ExtraMissingError.of("jinja2", "report", "An HTML report")

    monkeypatch.setattr(html_page, "require_extra", require_extra)
    done = compare("missing.json", "--html=page.html")
    assert (done.status, done.out) == (2, "")
    assert 'pip install "pytest-ovperf[report]"' in done.err


def test_the_help_lists_the_exit_statuses(compare: Command) -> None:
    done = compare("--help")
    assert done.status == 0
    assert "1  something regressed" in done.out
    assert all(len(line) <= 120 for line in done.out.splitlines())


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_a_name_that_the_terminal_lacks_is_shown_all_the_same(
    compare: Command, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    odd = compare.file("日本.json", plain_document({"test_<script>[日本]": 1e-3}))
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert main(["compare", odd, odd, f"--format={form}"]) == 0
    sys.stdout.flush()
    assert b"script" in written.getvalue()
    assert b"u65e5" in written.getvalue() or b"&#26085;" in written.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="a broken pipe is another error there")
def test_a_reader_that_leaves_early_is_no_error(compare: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, slow = compare.file("a.json", FAST), compare.file("b.json", SLOW)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert main(["compare", fast, slow]) == 1
