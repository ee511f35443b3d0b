"""The page of a run as GitHub shows it: rendered by a Markdown parser that knows GitHub's tables."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pytest_ovperf.reports.markdown import run_markdown
from pytest_ovperf.reports.markdown_text import code, text
from pytest_ovperf.runs.of_figures import figure_views, ladder_views
from tests.unit.reports.figure_examples import FIGURES, LADDER
from tests.unit.reports.run_examples import CASES, benchmark, comparison, run, suite_run, targeted

if TYPE_CHECKING:
    from pytest_ovperf.runs.view import ComparisonView, RunView


class Shown(HTMLParser):
    """What a reader sees of HTML: the tags that there are, the cells of each table row, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (as inherited)
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data


def shown(markdown: str) -> Shown:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return Shown(parser.render(markdown))


def page(made: RunView) -> Shown:
    return shown(run_markdown(made))


def said(made: RunView) -> list[str]:
    """Return the verdicts of the table from top to bottom."""
    return [row[4].partition(" ")[2] for row in page(made).rows if len(row) == 5][1:]


REGRESSED = comparison(CASES[2])


def named(**fields: str) -> RunView:
    return run([replace(REGRESSED, **fields)])  # type: ignore[arg-type]


def test_what_is_not_ok_comes_first() -> None:
    verdicts = said(suite_run())
    assert verdicts[:4] == ["regressed", "inconclusive", "no-baseline", "improved"]
    assert set(verdicts[4:]) == {"ok"}


def test_the_head_counts_the_verdicts_and_says_once_what_all_rows_share() -> None:
    head = page(suite_run()).text
    assert "❌ 1 regressed · ⚠️ 1 inconclusive · ⚪ 1 no-baseline · 🔼 1 improved · ✅ 12 ok (16 comparisons in" in head
    assert "Speed-ups in latency on CPU, intervals at 95 % confidence" in head
    assert "this run · 2026-11-21 20:55 UTC · 2932dec5f0a1" in head


def test_a_row_has_the_figures_of_the_terminal() -> None:
    (row,) = (row for row in page(suite_run()).rows if "test_int8_pays[CPU-minilm]" in row[0])
    assert row == [
        "test_int8_pays[CPU-minilm]\nopenvino-int8 over openvino-fp32 · minilm · 9.09 against 17.2 ms",
        "1.92x\n1.82–2.02",
        "2.57x",
        "-25 %",
        "❌ regressed",
    ]


def test_what_differs_between_rows_is_said_in_each() -> None:
    other = replace(comparison(CASES[0]), device="GPU.0", metric="throughput")
    arms = [replace(arm, cost=cost) for arm, cost in ((other.candidate, 1e7), (other.reference, 2e7))]
    made = run([REGRESSED, replace(other, candidate=arms[0], reference=arms[1])])
    assert page(made).rows[1][0].endswith("\nopenvino-int8 over openvino-fp32 · latency · CPU · 9.09 against 17.2 ms")
    assert page(made).rows[2][0].endswith(" over pytorch-fp32 · throughput · GPU.0 · 100 against 50.0 samples/s")


def test_arms_on_two_devices_carry_them() -> None:
    view = comparison(CASES[2])
    view = replace(view, candidate=replace(view.candidate, name="openvino-fp32", device="AUTO:GPU,CPU"))
    assert "openvino-fp32@AUTO:GPU,CPU over openvino-fp32@CPU" in page(run([view])).text


@pytest.mark.parametrize(
    ("view", "baseline", "change"),
    [
        (targeted(comparison(CASES[3]), 1.5), "≥ 1.50x", ""),
        (replace(comparison(CASES[8]), said="recorded"), "none", ""),
        (replace(comparison(CASES[3]), expected=None, change=None), "unknown", ""),
        (comparison(CASES[3]), "2.99x", "-0.7 %"),
    ],
)
def test_what_a_speed_up_was_held_against_is_named(view: ComparisonView, baseline: str, change: str) -> None:
    assert page(run([view])).rows[1][2:4] == [baseline, change]


def test_a_regression_carries_its_evidence_folded() -> None:
    markdown = run_markdown(run([REGRESSED, comparison(CASES[3])]))
    (details,) = re.findall(r"<details>\n<summary>❌.*?</details>", markdown, re.DOTALL)
    evidence = shown(details)
    assert evidence.tags.count("li") == len(REGRESSED.evidence)
    assert "regressed: test_int8_pays[CPU-minilm], openvino-int8 over openvino-fp32, 1.92x" in evidence.text
    assert "Changed since then: openvino 2026.3.0 → 2026.4.1." in evidence.text


def test_a_command_of_the_evidence_can_be_copied() -> None:
    assert '<code>pytest "suites/test_text.py::test_int8_pays[CPU-minilm]" --ov-device=CPU</code>' in run_markdown(
        run([REGRESSED])
    )


def test_what_is_ok_has_no_evidence_to_unfold() -> None:
    assert "<details>\n<summary>✅" not in run_markdown(suite_run())


def test_the_environment_is_folded_below() -> None:
    made = page(suite_run())
    assert ["openvino", "2026.4.1"] in made.rows
    assert ["hardware profile", "intel-xeon-2c-avx512-vnni-bf16-vm-38fca0"] in made.rows


def test_plain_benchmarks_have_a_table_of_their_own() -> None:
    rows = page(run([REGRESSED], benchmarks=[benchmark("test_encode[a|b]", 1.2)])).rows
    ((name, median, _, calls),) = (row for row in rows if "test_encode" in row[0])
    assert name == "tests/test_tokenizer.py::test_encode[a|b]"
    assert median.endswith(" ms")
    assert calls == "50"


def test_a_run_without_comparisons_has_a_page() -> None:
    text = page(run([], notes=("Nothing was measured.",))).text
    assert "Nothing was measured." in text
    assert "comparison" not in text


HOSTILE = [
    "test_x[<script>alert(1)</script>]",
    "test_x[a|b\\|c\\\\|d]",
    "test_x[`a``b`-*b*-__c__-~~d~~]",
    "test_x[[link](http://x)-![i](y)-www.x.y-[^1]]",
    "test_x[&lt;&#124;&amp;]",
    "test_x[$m$-#1-<!--]",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_whatever_it_holds(name: str) -> None:
    plain = page(named(test="t.py::test_x"))
    hostile = page(named(test=f"t.py::{name}", model=name))
    assert hostile.tags == plain.tags
    assert hostile.rows[1][0].split("\n")[0] == name
    assert name in hostile.text.partition("OpenVINO performance")[2].partition("intervals")[0]


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
@example("1. a")
@example("123456789) a")
@example("10.")
@example("---")
@example("- a")
@example("[x] a")
@example("a_b_ _c")
@example("=")
def test_text_is_shown_as_it_is_in_a_list_and_in_a_cell(raw: str) -> None:
    words = " ".join(raw.split())
    in_list = shown(f"- {text(raw)}\n")
    assert [tag for tag in in_list.tags if tag not in ("ul", "li")] == []
    assert " ".join(in_list.text.split()) == words
    in_cell = shown(f"| a | b |\n|--|--|\n| {code(raw)} | x |\n")
    assert in_cell.rows[-1][1] == "x"
    assert " ".join(in_cell.rows[-1][0].split()) == words


def test_an_ordinary_name_is_left_as_it_is() -> None:
    for name in ("test_int8_pays[CPU-minilm]", "3.11.7", "2.13.0+cpu", "openvino-fp32@AUTO:GPU,CPU"):
        assert text(name) == name


def test_a_line_break_or_a_control_character_is_not_let_through() -> None:
    assert text("a\nb\r\n\n# c\x1b[31m\u202e") == "a b &#35; c\\x1b[31m\\u202e".replace("\\", "&#92;")


def many(number: int) -> RunView:
    views = [comparison(case) for case in CASES]
    return run([replace(views[index % len(views)], test=f"t.py::test_{index}") for index in range(number)])


def test_a_page_stays_below_its_limit_by_leaving_out_rows_that_are_ok() -> None:
    made = many(300)
    markdown = run_markdown(made, max_bytes=60_000)
    assert 50_000 < len(markdown.encode()) <= 60_000
    verdicts = [row[4] for row in shown(markdown).rows if len(row) == 5][1:]
    assert len([verdict for verdict in verdicts if "ok" not in verdict]) == 4 * 300 // len(CASES)
    left_out = 300 - len(verdicts)
    assert f"{left_out} comparisons left out here: the page would be larger" in markdown
    assert "1 regressed" not in markdown  # the totals are those of all
    assert "❌ **20 regressed**" in markdown


def test_what_is_not_ok_is_left_out_last() -> None:
    made = many(300)
    markdown = run_markdown(made, max_bytes=3_500)
    assert len(markdown.encode()) <= 3_500
    assert {row[4] for row in shown(markdown).rows if len(row) == 5} == {"verdict", "❌ regressed"}


@pytest.mark.parametrize("max_bytes", [-5, 0, 100, 500])
def test_nothing_is_written_where_not_even_the_head_has_room(max_bytes: int) -> None:
    assert run_markdown(many(3), max_bytes=max_bytes) == ""


LARGE = many(60)


@given(st.integers(0, 25_000))
def test_no_limit_is_ever_exceeded(max_bytes: int) -> None:
    assert len(run_markdown(LARGE, max_bytes=max_bytes).encode()) <= max_bytes


def test_figures_alone_are_counted_with_their_targets_and_no_comparison_is() -> None:
    page = run_markdown(replace(run([]), figures=figure_views(FIGURES), ladders=ladder_views([LADDER])))
    assert "❌ **1 target missed** · ✅ **1 target held** (3 absolute figures, 1 ladder)" in page
    assert "comparison" not in page
    assert "2026-11-21 20:55 UTC" in page
