"""The pages as text: all there is to say is in them before any script runs, and nothing in them can break out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pytest_ovperf.reports.html import page as pages
from pytest_ovperf.reports.html.page import comparison_page, report_page
from pytest_ovperf.runs.compared import Basis
from tests.unit.reports import run_examples as examples
from tests.unit.reports.html_reading import Element, data_of, read, typed

NASTY = "<script>alert(1)</script> \"'& </title> <!-- \u2028 ]]>"


@pytest.fixture(scope="module")
def report() -> Element:
    return read(report_page(examples.suite_run()))


@pytest.fixture(scope="module")
def comparison() -> Element:
    return read(comparison_page(examples.compared()))


def rows_of(root: Element, sheet: str = "comparisons") -> list[Element]:
    return [body for body in root.with_id(sheet).all("tbody") if "data-style" in body.attributes]


def row_named(root: Element, name: str) -> Element:
    return next(row for row in rows_of(root) if name in row.all("button", "toggle")[0].text)


def test_the_verdict_comes_first(report: Element) -> None:
    assert report.one("h1").text == "1 of 16 regressed"
    assert [tally.text for tally in report.all("button", "tally")] == [
        "1 regressed",
        "1 inconclusive",
        "1 no baseline",
        "1 improved",
        "12 ok",
    ]


def test_what_regressed_is_shown_before_the_table(report: Element) -> None:
    card = report.one("a", "card")
    assert "test_int8_pays[CPU-minilm]" in card.text
    assert "2.57x → now 1.92x -25 %" in card.text
    assert "The candidate slowed" in card.text
    assert card.attributes["href"] == f"#{row_named(report, 'int8_pays[CPU-minilm]').attributes['id']}"


def test_a_run_without_regressions_says_so() -> None:
    run = examples.suite_run()
    fine = replace(run, comparisons=tuple(view for view in run.comparisons if view.kind is examples.OK))
    root = read(report_page(fine))
    assert root.one("h1").text == "Nothing regressed"
    assert root.all("section", "first") == []


def test_a_run_that_only_recorded_says_so() -> None:
    run = examples.suite_run()
    views = tuple(replace(view, said="recorded", kind=examples.NO_BASELINE, change=None) for view in run.comparisons)
    assert read(report_page(replace(run, comparisons=views))).one("h1").text == "16 baselines recorded"


def test_a_run_without_baselines_has_no_empty_columns() -> None:
    root = read(report_page(examples.run([examples.comparison(replace(examples.CASES[8], baseline=None))])))
    assert root.one("h1").text == "Nothing to compare with"
    heads = [head.text for head in root.with_id("comparisons").all("thead")[0].all("th")]
    assert heads == ["Verdict", "Comparison", "Speed-up"]


def test_a_run_that_measured_nothing_is_a_page_too() -> None:
    root = read(report_page(examples.run([])))
    assert root.one("h1").text == "Nothing was measured"
    assert "No comparison was measured" in root.text


def test_rows_are_in_the_order_in_which_people_want_them(report: Element) -> None:
    styles = [row.attributes["data-style"] for row in rows_of(report)]
    assert styles == ["regressed", "inconclusive", "no-baseline", "improved", *["ok"] * 12]


def test_a_row_says_it_all_without_a_script(report: Element) -> None:
    row = row_named(report, "test_int8_pays[CPU-minilm]")
    line = row.one("tr", "line").text
    for words in ("regressed", "openvino-int8 over openvino-fp32", "minilm", "1.92x", "1.82-2.02", "2.57x", "-25 %"):
        assert words in line
    detail = row.one("tr", "detail").text
    for words in (
        "the baseline says 2.57x: 25 % lower",  # the evidence
        'pytest "suites/test_text.py::test_int8_pays[CPU-minilm]" --ov-device=CPU --update-baselines=all',
        "openvino 2026.3.0 → became 2026.4.1",  # what has changed since the baseline
        "quartiles",  # absolute figures
        "0.996700",  # fidelity
        "infer 1x128",  # the whole question
    ):
        assert words in detail


def test_a_command_stands_apart_from_its_sentence(report: Element) -> None:
    commands = row_named(report, "test_int8_pays[CPU-minilm]").all("code", "command")
    assert all(command.text.startswith("pytest ") for command in commands)
    assert len(commands) == 2


def test_every_picture_has_words(report: Element, comparison: Element) -> None:
    pictures = [plot for root in (report, comparison) for plot in root.all("div", "plot")]
    assert len(pictures) == 16 * 2 + 15 * 3 + 3
    assert all(plot.attributes["role"] == "img" and len(plot.attributes["aria-label"]) > 20 for plot in pictures)


def test_the_words_of_a_picture_hold_its_figures(report: Element) -> None:
    ratio = row_named(report, "test_int8_pays[CPU-minilm]").all("div", "plot")[0].attributes["aria-label"]
    assert typed(ratio) == (
        "Speed-up 1.92x, between 1.82-2.02 at 95 % confidence; baseline 2.57x, between 2.51-2.63; tolerance 5 %."
    )


def test_a_number_that_was_asked_for_is_told_from_a_baseline(report: Element) -> None:
    row = row_named(report, "test_target_int8_pays")
    assert "≥ 1.50x asked for" in row.one("tr", "line").text
    assert "asked for at least 1.50x" in typed(row.all("div", "plot")[0].attributes["aria-label"])


def test_the_ladder_ranks_the_arms_of_a_model(report: Element) -> None:
    minilm = next(card for card in report.all("section", "ladder") if card.one("h3").text.startswith("minilm"))
    assert [rung.one("b").text for rung in minilm.all("li")] == [
        "openvino-int8",
        "openvino-fp32",
        "pytorch-fp32",
        "openvino-bf16",
    ]
    assert "2.34x" in minilm.all("li")[0].text  # 1.92 times 1.22
    assert "through openvino-fp32" in minilm.all("li")[0].text


def test_machine_versions_and_notes_are_there(report: Element) -> None:
    environment = report.with_id("environment").text
    for words in ("Intel(R) Xeon(R) Processor", "avx512_bf16", "openvino 2026.4.1", "24 GiB"):
        assert words in environment
    assert "Another run waited for this one" in report.one("section", "notes").text


def test_a_comparison_says_against_what(comparison: Element) -> None:
    assert comparison.one("h1").text == "2 of 18 regressed since 0001_release"
    assert "15 comparisons and 3 plain benchmarks over 6 runs" in comparison.text


def test_a_comparison_says_which_side_moved(comparison: Element) -> None:
    detail = row_named(comparison, "test_int8_pays[CPU-minilm]").one("tr", "detail").text
    assert "in 0001_release it was 2.54x" in detail
    assert re.search(r"Candidate [\d.]+ ms → [\d.]+ ms \(\+30 %\); reference", detail)
    assert "openvino 2026.3.0 → became 2026.4.1" in detail
    assert "openvino-int8, first run" in detail


def test_a_comparison_shows_the_history_in_the_row(comparison: Element) -> None:
    history = row_named(comparison, "test_int8_pays[CPU-minilm]").one("td", "history").one("svg")
    assert typed(history.attributes["aria-label"]) == "6 runs, first 2.54x, last 1.92x, between 1.92x and 2.59x"


def test_runs_are_listed_with_what_changed_between_them(comparison: Element) -> None:
    runs = comparison.with_id("runs").all("ol")[0].children
    listed = [run.text for run in runs if isinstance(run, Element)]
    assert len(listed) == 6
    assert listed[0].startswith("0001_release compared against 2026-01-02 09:30 UTC")
    assert "openvino 2026.3.0 → became 2026.4.1" in listed[3]
    assert "judged" in listed[5]


def test_plain_benchmarks_are_shown_as_times(comparison: Element) -> None:
    (worst, *_) = rows_of(comparison, "benchmarks")
    assert worst.attributes["data-style"] == "regressed"
    assert "1.64 ms" in worst.text
    assert "+33 %" in worst.text
    assert "group tokenizer" in worst.text


def test_what_is_missing_from_the_last_run_is_listed() -> None:
    compared = replace(
        examples.compared(3), missing=("tests/test_gone.py::test_gone",), warnings=("b.json is damaged",)
    )
    root = read(comparison_page(compared))
    assert "1 of the first run's entries is missing from the last run" in root.text
    assert "tests/test_gone.py::test_gone" in root.text
    assert "Not taken into account: b.json is damaged" in root.text


def test_a_single_run_read_from_a_file_is_shown_as_a_run() -> None:
    run = examples.suite_run()
    rows = tuple(
        replace(row, earlier=(), basis=Basis.RECORDED, kind=row.now.kind, said=row.now.said)
        for row in examples.judged([run, run]).comparisons
    )
    alone = replace(examples.compared(1), runs=(replace(run, name="0007_alone"),), comparisons=rows, benchmarks=())
    root = read(comparison_page(alone))
    assert root.one("h1").text == "1 of 16 regressed"
    assert "0007_alone" in root.one("p", "summary").text
    assert not any(each.attributes.get("id") == "runs" for each in root.every())


def test_whatever_a_name_holds_is_text() -> None:
    view = examples.comparison(examples.CASES[2])
    nasty = replace(
        view,
        key=NASTY,
        test=f"{NASTY}::{NASTY}",
        model=NASTY,
        workload=NASTY,
        device=NASTY,
        evidence=(NASTY, f"Again:  pytest {NASTY}"),
        versions={NASTY: NASTY},
        candidate=replace(view.candidate, name=NASTY, device=NASTY, precision=NASTY, devices=(NASTY,)),
        baseline=replace(view.baseline, provenance={NASTY: NASTY}) if view.baseline else None,
    )
    benchmark = replace(examples.benchmark("test_x", 1.0), key=f"x{NASTY}", group=NASTY, params={NASTY: NASTY})
    run = replace(
        examples.run([nasty], name=NASTY, started=NASTY, benchmarks=[benchmark], notes=[NASTY]),
        commit=NASTY,
        machine={NASTY: NASTY, "cpu": NASTY},
        versions={NASTY: NASTY, "openvino": NASTY},
        devices={NASTY: NASTY},
    )
    other = replace(run, versions={NASTY: "2", "openvino": "3"})
    compared = replace(examples.judged([run, other, run]), missing=(NASTY,), warnings=(NASTY,))
    for page in (report_page(run), comparison_page(compared)):
        root = read(page)  # every element is closed where it should be
        assert len(root.all("script")) == 6, "a name opened a script of its own"
        assert root.with_id("data").attributes["type"] == "application/json"
        assert "<script>alert(1)</script>" in root.with_id("main").text
        without_library = page.replace(pages._plotly(), "")
        assert "<script>alert" not in without_library
        assert "<!--" not in without_library
        assert NASTY in data_of(root)["keys"].values()


def test_nothing_is_fetched(report: Element, comparison: Element) -> None:
    for root in (report, comparison):
        for element in root.every():
            assert not {"src", "srcset", "data", "action"} & set(element.attributes)
            assert element.attributes.get("href", "#").startswith("#")
        policy = next(meta for meta in root.all("meta") if meta.attributes.get("http-equiv"))
        assert policy.attributes["content"].startswith("default-src 'none'")


def test_the_library_is_there_once_and_ends_no_element(report: Element) -> None:
    library = report.with_id("plotly")
    assert library.attributes["type"] == "text/plain"
    assert len("".join(map(str, library.children))) > 1_000_000


def test_a_library_that_holds_the_end_of_a_script_does_not_end_it() -> None:
    assert pages._ENDS.sub(r"<\\", 'a="</script>", b="<!--", c=1<2') == r'a="<\/script>", b="<\!--", c=1<2'


def test_equal_runs_make_equal_pages() -> None:
    assert report_page(examples.suite_run()) == report_page(examples.suite_run())


def test_fifty_runs_of_two_hundred_comparisons_stay_small() -> None:
    page = comparison_page(examples.many(runs=50, comparisons=200))
    assert len(page.encode("utf-8")) < 15_000_000
    assert len(rows_of(read(page))) == 200
