"""Absolute figures and ladders on a terminal and in Markdown. The expected pages lie in ``expected/``."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.metrics import Metric
from pytest_ovperf.reports.figure_markdown import figure_lines, ladder_markdown
from pytest_ovperf.reports.figure_rows import figure_rows, ladder_table
from pytest_ovperf.reports.figure_text import figures_summary
from pytest_ovperf.reports.junit import figure_properties
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.runs.of_figures import figure_views, ladder_views
from tests.unit.reports.figure_examples import FIGURES, LADDER, MEMORY, TOKENS, TTFT, rung

if TYPE_CHECKING:
    from pytest_ovperf.figure import FigureRecord, LadderRecord

EXPECTED = Path(__file__).parent / "expected"
NASTY = "t.py::test_[red]\x1b[2J|`<b>日本語"


def shown(
    width: int,
    *,
    figures: tuple[FigureRecord, ...] = FIGURES,
    ladders: tuple[LadderRecord, ...] = (LADDER,),
    encoding: str = "utf-8",
    colour: bool = False,
) -> str:
    return figures_summary(figures, ladders, width=width, colour=colour, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "width", "encoding"),
    [
        ("figures_160", 160, "utf-8"),
        ("figures_80", 80, "utf-8"),
        ("figures_80_ascii", 80, "ascii"),
        ("figures_40", 40, "utf-8"),
    ],
)
def test_figures_and_ladders_look_as_agreed(name: str, width: int, encoding: str) -> None:
    assert shown(width, encoding=encoding) == (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")


def test_nothing_is_shown_where_nothing_was_measured() -> None:
    assert shown(80, figures=(), ladders=()) == ""


@pytest.mark.parametrize("width", [10, 40, 57, 64, 80, 100, 132, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_no_line_is_too_wide_and_no_figure_is_lost(width: int, encoding: str) -> None:
    text = shown(width, encoding=encoding)
    assert max(map(cell_width, text.splitlines())) <= max(width, 40)
    text.encode(encoding)
    joined = " ".join(text.split())
    for figure in ("126 tokens/s", "88.3 ms", "291 MB", "617", "23.6x", "5.12x", "0.9984", "455 MB", "missed", "held"):
        assert figure in joined


def test_a_missed_target_is_red_where_there_are_colours() -> None:
    assert "\x1b[1;31mmissed" in shown(160, colour=True)
    assert "\x1b[32mheld" in shown(160, colour=True)
    assert "\x1b" not in shown(160)


def test_names_cannot_move_the_cursor() -> None:
    text = shown(120, figures=(replace(TOKENS, test=NASTY, model=NASTY),), ladders=(replace(LADDER, model=NASTY),))
    assert "\x1b[2J" not in text
    assert "日本語" in text


def test_a_rate_is_asked_to_be_more_and_all_else_to_be_less() -> None:
    rows = figure_rows(figure_views(FIGURES))
    assert [row.target for row in rows] == ["≥ 150 tokens/s", "≤ 200 ms", ""]
    assert [row.said for row in rows] == ["missed", "held", ""]


def test_percentiles_stand_where_samples_allow_them() -> None:
    rows = figure_rows(figure_views(FIGURES))
    assert [row.percentiles for row in rows] == ["p50 253 ms, p90 271 ms", "p50 88.1 ms", ""]


def test_a_ladder_of_one_batch_has_one_factor() -> None:
    only = replace(LADDER, rungs=LADDER.rungs[:3])
    assert ladder_table(ladder_views([only])[0]).head == (
        "rung",
        "TTFT",
        "tokens/s",
        "requests/s",
        "memory",
        "factor",
        "fidelity",
    )


def test_a_figure_that_a_rung_lacks_is_a_dash() -> None:
    bare = rung("openvino-fp32", 47.3, 48.0, 780, 1.81, 1.81, None)
    bare = replace(bare, figures={Metric.TOKENS_PER_SECOND: bare.figures[Metric.TOKENS_PER_SECOND]})
    table = ladder_table(ladder_views([replace(LADDER, rungs=(LADDER.rungs[0], bare))])[0])
    assert table.lines[1] == ("openvino-fp32", "–", "47.3", "–", "–", "1.81x (1.72–1.90)", "–")


def test_a_rung_that_could_not_be_measured_is_named_with_its_reason() -> None:
    (table,) = map(ladder_table, ladder_views([LADDER]))
    assert table.absent == ("openvino-int4: the device takes no INT4 weights",)
    assert "Not measured: openvino-int4: the device takes no INT4 weights" in shown(160)


def test_a_ladder_without_any_rung_says_why() -> None:
    text = shown(80, figures=(), ladders=(replace(LADDER, rungs=LADDER.rungs[-1:]),))
    assert "Ladder of gpt2" in text
    assert "Not measured: openvino-int4" in text


def test_markdown_has_a_line_for_each_figure() -> None:
    lines = figure_lines(figure_views([TOKENS, MEMORY]))
    assert (
        "| tokens_per_second | 126 tokens/s<br>121–132 tokens/s | p50 253 ms, p90 271 ms | ≥ 150 tokens/s |" in lines[0]
    )
    assert lines[0].endswith("| ❌ missed |\n")
    assert lines[1].endswith("| peak_memory | 291 MB<br>288–294 MB |  |  |  |\n")


def test_markdown_has_the_whole_ladder() -> None:
    page = ladder_markdown(ladder_views([LADDER])[0])
    assert "| rung | batch | TTFT | tokens/s | requests/s | memory | same batch | batch 1 | fidelity |\n" in page
    assert "<code>genai-int8[batch=8]</code> | 8 | 151 ms | 617 | 19.3 | 455 MB | 5.12x (4.86–5.38)" in page
    assert "- Not measured: openvino-int4" in page


def test_names_are_text_in_markdown() -> None:
    assert "<b>" not in "".join(figure_lines(figure_views([replace(TOKENS, test=NASTY, model="<b>|x")])))
    assert "<b>" not in ladder_markdown(ladder_views([replace(LADDER, model="<b>|x")])[0])


def test_junit_has_figures_in_the_unit_that_their_names_end_in() -> None:
    given = dict(figure_properties(figure_views([TOKENS, TTFT, MEMORY])))
    assert given["ovperf.figure.1.tokens_per_second"] == "126.4"
    assert given["ovperf.figure.1.tokens_per_second_target"] == "150"
    assert given["ovperf.figure.1.held"] == "false"
    assert given["ovperf.figure.1.p90_ms"] == "271.2"
    assert given["ovperf.figure.2.ttft_ms"] == "88.3"
    assert given["ovperf.figure.3.peak_memory_bytes"] == "291000000"
    assert "ovperf.figure.3.held" not in given
