"""Absolute figures, measured ladders and metrics other than latency on a page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.reports.html.figure_tables import figure_table, measured_ladders
from pytest_ovperf.reports.html.page import report_page
from pytest_ovperf.reports.html.payload import each_of
from pytest_ovperf.runs.of_figures import figure_views, ladder_views
from tests.unit.reports import run_examples as examples
from tests.unit.reports.figure_examples import COMPILED, FIGURES, LADDER, MEMORY, TTFT
from tests.unit.reports.html_reading import Element, read, typed

if TYPE_CHECKING:
    from pytest_ovperf.runs.view import RunView

INT8 = examples.comparison(examples.CASES[3])


def absolute() -> RunView:
    """Return a run of figures and a ladder, and of no comparison."""
    return replace(examples.run([]), figures=figure_views(FIGURES), ladders=ladder_views([LADDER]))


@pytest.fixture(scope="module")
def page() -> Element:
    return read(report_page(absolute()))


def test_figures_are_a_table_with_their_units(page: Element) -> None:
    lines = [[cell.text for cell in row.all("td")] for row in page.with_id("figures").all("tr")[1:]]
    assert lines[0][-4:] == ["126 tokens/s", "121-132 tokens/s", "≥ 150 tokens/s missed", "p50 253 ms, p90 271 ms"]
    assert lines[1][-4:] == ["88.3 ms", "85.1-92.2 ms", "≤ 200 ms held", "p50 88.1 ms"]
    assert lines[2][-4:] == ["291 MB", "288-294 MB", "", ""]


def test_a_missed_target_is_said_at_the_top_and_above_the_table(page: Element) -> None:
    assert page.one("h1").text == "1 of 2 targets missed"
    assert "3 absolute figures and 1 ladder" in page.one("p", "summary").text
    assert "1 missed what was asked for." in page.with_id("figures").text
    (marked,) = page.with_id("figures").all("tr", "marked")
    assert "missed" in marked.text


def test_beside_comparisons_a_missed_target_is_no_run_without_a_fault() -> None:
    fine = examples.run([INT8])
    root = read(report_page(replace(fine, figures=figure_views(FIGURES))))
    assert root.one("h1").text == "Nothing regressed, 1 target missed"
    assert root.one("div", "verdict").attributes["class"] == "verdict regressed"


def test_targets_that_were_kept_are_a_verdict() -> None:
    page = read(report_page(replace(examples.run([]), figures=figure_views([TTFT]))))
    assert page.one("h1").text == "1 target held"


def test_figures_alone_are_no_empty_run() -> None:
    page = read(report_page(replace(examples.run([]), figures=figure_views([MEMORY]))))
    assert page.one("h1").text == "Measured, and not judged"
    assert "Device CPU" in page.one("dl", "facts").text


def test_what_was_only_compiled_says_so() -> None:
    page = read(report_page(replace(examples.run([]), compiled=COMPILED)))
    assert page.one("h1").text == "Compiled, not executed"
    assert "compiled for NPU 4000, not executed; by the compiler of OpenVINO" in page.with_id("compiled").text
    lines = [[cell.text for cell in row.all("td")] for row in page.with_id("compiled").all("tr")[1:]]
    assert lines == [
        ["fp32", "4000", "compiles, 44.27 MiB", "as recorded"],
        ["fp32", "4000", "refused: dynamic_shape", "not recorded"],
    ]


def test_a_rung_stands_on_its_own_device() -> None:
    rungs = [
        replace(each, figures={metric: replace(found, arm=replace(found.arm, device="GPU"))})
        for each in LADDER.rungs[:1]
        for metric, found in each.figures.items()
    ]
    (ladder,) = measured_ladders(ladder_views([replace(LADDER, rungs=(*rungs[:1], *LADDER.rungs[1:2]))]))
    assert [rung.device for rung in ladder.card.rungs] == ["GPU", "CPU"]


def test_a_ladder_has_a_table_and_a_bar_for_each_rung(page: Element) -> None:
    ladder = page.with_id("ladder")
    assert len(ladder.all("li")) == 6
    last = ladder.all("li")[-1].text
    for words in ("genai-int8[batch=8]", "23.6x", "617 tokens/s, 151 ms to the first token", "5.12x at the same batch"):
        assert words in last
    row = [cell.text for cell in ladder.all("tr")[-1].every() if cell.tag in ("th", "td")]
    assert row[:6] == ["genai-int8[batch=8]", "8", "151 ms", "617", "19.3", "455 MB"]
    assert "Not measured: openvino-int4: the device takes no INT4 weights" in ladder.text


def test_bars_are_as_long_as_their_factors() -> None:
    (ladder,) = measured_ladders(ladder_views([LADDER]))
    widest = LADDER.rungs[5].over_single
    assert widest is not None
    assert [rung.length for rung in ladder.card.rungs] == pytest.approx(
        [100 * ratio / widest.high for ratio in (1.0, 1.81, 2.77, 4.15, 4.84, 23.6)], abs=0.06
    )
    assert ladder.card.rungs[0].is_foot


def test_a_run_without_figures_has_no_such_section() -> None:
    assert figure_table(()) is None
    root = read(report_page(examples.suite_run()))
    assert [each for each in root.every() if each.attributes.get("id") == "figures"] == []


def test_rows_name_their_metric_and_both_arms_figures() -> None:
    arms = [replace(arm, cost=cost) for arm, cost in ((INT8.candidate, 1.62e6), (INT8.reference, 1.62e7))]
    view = replace(INT8, metric="tokens_per_second", workload="generate 4x64+32", candidate=arms[0], reference=arms[1])
    row = read(report_page(examples.run([view]))).with_id("comparisons").one("tr", "line")
    assert "tokens per second" in row.text
    assert "617 against 61.7 tokens/s" in row.text


def test_bytes_have_no_rounds_to_draw_and_no_quartiles() -> None:
    arms = [replace(arm, statistics=None, blocks_ns=(), cost=2.5e8) for arm in (INT8.candidate, INT8.reference)]
    view = replace(INT8, metric="model_size", candidate=arms[0], reference=arms[1])
    detail = read(report_page(examples.run([view]))).with_id("comparisons").one("tr", "detail").text
    assert "model size 250 MB 250 MB" in detail
    assert "quartiles" not in detail
    assert "Every round, by launch" not in detail


def test_what_was_tuned_and_percentiles_stand_among_an_arms_figures() -> None:
    tuned = replace(
        INT8.candidate,
        cost=2e6,
        streams=2,
        requests=4,
        settings={"hint": "throughput"},
        percentiles={"p50": 0.004, "p95": 0.0061},
    )
    view = replace(INT8, metric="throughput", candidate=tuned, reference=replace(INT8.reference, cost=4e6))
    detail = read(report_page(examples.run([view]))).with_id("comparisons").one("tr", "detail").text
    for words in ("streams 2 -", "requests in flight 4 -", "hint throughput -", "p95 6.10 ms -", "500 samples/s"):
        assert words in detail
    assert "median of a request's latency" in detail


@pytest.mark.parametrize(
    ("metric", "each"),
    [("latency", "a call"), ("throughput", "a sample"), ("tokens_per_second", "a token"), ("beauty", "a call")],
)
def test_times_of_rounds_say_of_what_they_are(metric: str, each: str) -> None:
    assert each_of(metric) == each


def test_names_are_text() -> None:
    nasty = replace(FIGURES[0], test="t.py::<script>", model="<b>")
    root = read(report_page(replace(absolute(), figures=figure_views([nasty]))))
    assert root.with_id("figures").all("b") == []
    assert typed("<b>") in root.with_id("figures").text
