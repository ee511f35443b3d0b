"""The summary as it stands on a terminal. The expected pages lie in ``expected/``: read them, they are the point."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.reports.advice import RunFacts, UnusedBaseline
from pytest_ovperf.reports.rows import rows
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.reports.terminal import summary
from tests.unit.reports.report_examples import INCONCLUSIVE, MISSING, OK, REGRESSED, RUN, TARGET_MET, comparison

EXPECTED = Path(__file__).parent / "expected"
HERE = RunFacts(devices=("CPU",), budget_s=60.0)
SIXTY = [
    replace(RUN[number % len(RUN)], test=f"suites/test_{number % 7}.py::test_case_{number}[model_{number}-CPU]")
    for number in range(60)
]


def plain(records: list[ComparisonRecord], width: int, *, run: RunFacts = HERE, encoding: str = "utf-8") -> str:
    return summary(records, run, width=width, colour=False, encoding=encoding)


def report_lines(text: str) -> list[str]:
    """Return all lines but the commands, which are there to be copied and so never broken."""
    return [line for line in text.splitlines() if not line.startswith(("  pytest ", "  git "))]


@pytest.mark.parametrize(
    ("name", "width", "encoding"),
    [
        ("summary_160.txt", 160, "utf-8"),
        ("summary_80.txt", 80, "utf-8"),
        ("summary_80_ascii.txt", 80, "ascii"),
        ("summary_40.txt", 40, "utf-8"),
    ],
)
def test_the_summary_looks_as_agreed(name: str, width: int, encoding: str) -> None:
    assert plain(list(RUN), width, encoding=encoding) == (EXPECTED / name).read_text(encoding="utf-8")


def test_nothing_is_printed_where_nothing_was_compared() -> None:
    run = replace(HERE, unused=(UnusedBaseline("a.json", "test_x"),))
    assert summary([], run, width=80, colour=True, encoding="utf-8") == ""


def test_what_is_told_of_a_model_needs_no_comparison() -> None:
    told = plain([], 80, run=replace(HERE, notes=("models/encoder: drawn at random",)))
    assert told == "Notes:\n  models/encoder: drawn at random\n"


def test_a_run_without_trouble_is_a_table_and_a_line() -> None:
    assert plain([TARGET_MET], 80).splitlines() == [
        "Speed-up in latency of distilbert on CPU, intervals at 95 % confidence",
        "",
        "test                                speed-up  baseline  change  verdict",
        "---------------------------------  ---------  --------  ------  -------".replace("-", "─"),
        "test_at_least[distilbert-CPU]          4.10x   ≥ 1.50x          ok",
        "  openvino-int8 over pytorch-fp32  3.95–4.30                    8.8 s",
        "  4.10 against 16.8 ms",
        "",
        "1 ok  (1 comparison in 8.8 s)",
    ]


@pytest.mark.parametrize("width", [40, 64, 72, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_sixty_rows_stay_within_any_width_and_keep_every_figure(width: int, encoding: str) -> None:
    text = plain(SIXTY, width, encoding=encoding)
    assert all(cell_width(line) <= width for line in report_lines(text))
    for row in rows(SIXTY):
        assert text.count(row.verdict) >= sum(record.verdict.kind is row.kind for record in SIXTY)
        assert row.speedup in text
        assert row.change in text
    assert "60 comparisons" in text
    text.encode(encoding)


def test_long_names_and_paths_give_way_to_the_figures() -> None:
    record = replace(
        REGRESSED,
        test=f"suites/test_speed.py::test_{'very_' * 30}long[{'deep/' * 40}model.xml-CPU]",
        comparison=comparison(f"/srv/{'deep/' * 40}model.xml", "openvino-int8", "openvino-fp32"),
    )
    for width in (80, 160):
        text = plain([record, OK], width)
        assert all(cell_width(line) <= width for line in report_lines(text))
        assert re.search(r"1\.92x.*2\.90x +-34 % +regressed", text)
        assert "model.xml" in text


def test_what_differs_between_rows_and_is_not_in_the_test_name_is_said_in_the_row() -> None:
    on_gpu = replace(
        OK, test="t.py::test_x[1]", comparison=comparison("resnet50", "openvino-fp32", "openvino-int8", "GPU.0")
    )
    lines = plain([OK, on_gpu], 80).splitlines()
    assert lines[0] == "Speed-ups in latency, intervals at 95 % confidence"
    assert "  resnet50 · GPU.0" in "\n".join(lines)
    assert not any("mobilenet_v2 ·" in line for line in lines)


def test_a_model_that_was_cut_out_of_the_test_name_is_said_below_it() -> None:
    record = replace(OK, test=f"t.py::test_x[{'a' * 60}-mobilenet_v2-{'b' * 60}]")
    assert "\n  mobilenet_v2 · 4.10 against 11.1 ms\n" in re.sub(" +\n", "\n", plain([record, REGRESSED], 80))


def test_verdicts_are_coloured_only_when_asked() -> None:
    coloured = summary([OK, REGRESSED], HERE, width=160, colour=True, encoding="utf-8")
    assert "\x1b[1;31mregressed" in coloured
    assert "\x1b[32mok" in coloured
    assert "\x1b" not in plain([OK, REGRESSED], 160)


def test_colours_change_nothing_but_colours() -> None:
    coloured = summary(SIXTY, HERE, width=80, colour=True, encoding="utf-8")
    uncoloured = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in uncoloured.splitlines()] == plain(SIXTY, 80).splitlines()


def test_the_environment_has_no_say_in_width_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = summary(SIXTY, HERE, width=100, colour=True, encoding="utf-8")
    for name, value in {"COLUMNS": "20", "NO_COLOR": "1", "TERM": "dumb", "JUPYTER_COLUMNS": "30"}.items():
        monkeypatch.setenv(name, value)
    assert summary(SIXTY, HERE, width=100, colour=True, encoding="utf-8") == expected


def test_markup_in_names_is_shown_and_not_obeyed() -> None:
    record = replace(OK, test="t.py::test_x[[red]:smile:[/red]]", notes=("[bold]x[/bold]",))
    text = plain([record], 120)
    assert "test_x[[red]:smile:[/red]]" in text
    assert "[bold]x[/bold]" in text


def test_the_totals_count_each_verdict() -> None:
    text = plain([OK, OK, MISSING, INCONCLUSIVE], 160)
    assert "2 ok · 1 inconclusive · 1 no-baseline  (4 comparisons in 1 min 37 s)" in text


NAMES = st.text(max_size=60)
FIGURES = st.floats(min_value=1e-6, max_value=1e6)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=4),
    ratio=FIGURES,
    width=st.integers(20, 200),
    encoding=st.sampled_from(["utf-8", "ascii", "cp437"]),
    kind=st.sampled_from(VerdictKind),
)
@example([("", "", "")], 1.0, 93, "utf-8", VerdictKind.OK)  # the title is wider than every name
def test_no_name_widens_a_line_or_hides_a_verdict(
    names: list[tuple[str, str, str]], ratio: float, width: int, encoding: str, kind: VerdictKind
) -> None:
    records = [
        replace(
            REGRESSED,
            test=test,
            comparison=replace(
                comparison(model, "openvino-int8", "openvino-fp32"),
                candidate=replace(REGRESSED.comparison.candidate, device=device),
            ),
            speedup=replace(REGRESSED.speedup, ratio=ratio, low=ratio * 0.9, high=ratio * 1.1),
            verdict=replace(REGRESSED.verdict, kind=kind),
            notes=(test,),
        )
        for test, model, device in names
    ]
    text = plain(records, width, encoding=encoding)
    assert all(cell_width(line) <= max(width, 40) for line in report_lines(text))
    assert text.count(str(kind)) >= len(records)
    assert text.count(rows(records)[0].speedup) >= len(records)
    assert "\x1b" not in text
    assert text.encode(encoding).decode(encoding) == text
