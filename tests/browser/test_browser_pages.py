"""Both pages in a real browser, opened from disk: what people do with them works, and nothing goes wrong unseen."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.reports.html.page import comparison_page, report_page
from tests.browser.conftest import PHONE, Opened
from tests.unit.reports import run_examples as examples
from tests.unit.reports.html_reading import typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REGRESSED = "test_int8_pays[CPU-minilm]"
BOTH = pytest.mark.parametrize("which", ["report", "comparison"])


@BOTH
def test_a_page_opens_without_a_word_or_a_request(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which)
    assert opened.page.get_by_role("heading", level=1).is_visible()
    opened.assert_quiet()


@BOTH
def test_nothing_that_can_be_pressed_goes_wrong(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which)
    for header in opened.page.locator("thead button").all():
        header.click()
        header.click()
    for button in opened.page.locator("button.all").all():
        button.click()
    opened.until("document.querySelectorAll('.plot:not(.js-plotly-plot)').length === 0")
    opened.page.locator("#theme").click()
    opened.assert_quiet()


@BOTH
def test_the_library_is_not_even_read_until_somebody_wants_a_picture(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which)
    assert opened.page.evaluate("typeof Plotly") == "undefined"
    opened.open_row(REGRESSED)
    assert opened.page.evaluate("typeof Plotly") == "object"


def test_what_must_be_looked_at_is_on_top_and_a_heading_sorts(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    assert opened.names()[0] == REGRESSED
    opened.page.get_by_role("button", name="Comparison", exact=True).click()
    names = opened.names()
    assert names == sorted(names)
    header = opened.page.get_by_role("columnheader", name="Comparison")
    assert header.get_attribute("aria-sort") == "ascending"
    opened.page.get_by_role("button", name="Comparison", exact=True).click()
    assert opened.names() == names[::-1]
    assert header.get_attribute("aria-sort") == "descending"
    assert opened.page.get_by_role("columnheader", name="Verdict").get_attribute("aria-sort") == "none"


def test_changes_sort_by_size_and_those_without_stay_below(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    for _ in range(2):
        opened.page.get_by_role("button", name="Change", exact=True).click()
        assert opened.names()[-1] == "test_gpt2_bf16_over_fp32[CPU]"  # it has no baseline
    assert opened.names()[0].startswith("test_target")  # now descending: 98 % above what was asked for


def test_speed_ups_sort_as_numbers(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    opened.page.get_by_role("button", name="Speed-up", exact=True).click()
    shown = [float(typed(each)[:-1]) for each in opened.page.locator("#comparisons td.figure b").all_inner_texts()]
    assert shown == sorted(shown)


def test_words_filter_rows_wherever_they_stand(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    opened.page.get_by_placeholder("Filter by test, arm or model").fill("INT8 minilm")
    assert opened.names() == [REGRESSED]
    assert opened.page.locator("#comparisons .shown").inner_text() == "1 of 16"


def test_a_model_filters_rows(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    opened.page.get_by_label("Model").select_option("resnet50")
    assert len(opened.names()) == 3
    assert all("resnet50" in name for name in opened.names())


def test_verdicts_filter_rows_alone_and_together(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    regressed = opened.page.get_by_role("button", name="1 regressed")
    improved = opened.page.get_by_role("button", name="1 improved")
    regressed.click()
    assert opened.names() == [REGRESSED]
    assert regressed.get_attribute("aria-pressed") == "true"
    improved.click()
    assert len(opened.names()) == 2
    regressed.click()
    improved.click()
    assert len(opened.names()) == 16


def test_a_filter_that_fits_nothing_says_so_and_can_be_taken_back(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    opened.page.get_by_placeholder("Filter by test, arm or model").fill("no such thing")
    assert opened.names() == []
    opened.page.get_by_role("button", name="Show everything").click()
    assert len(opened.names()) == 16


def test_a_detail_opens_by_keyboard_and_its_pictures_are_drawn(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    row = opened.row(REGRESSED)
    toggle = opened.page.locator(f"{row} .toggle")
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.focus()
    opened.page.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"
    opened.page.locator(f"{row} .of-samples svg.main-svg").first.wait_for()
    # This run, the interval of its verdict, its launches, the baseline.
    assert opened.page.locator(f"{row} .of-ratio .scatterlayer .trace").count() == 4
    assert opened.page.locator(f"{row} .of-samples .scatterlayer .trace").count() == 3
    assert opened.page.locator(row).get_by_text("The candidate slowed from 6.65 ms").is_visible()
    opened.page.keyboard.press("Enter")
    assert not opened.page.locator(f"{row} .detail").is_visible()


def test_a_click_anywhere_on_a_row_opens_it(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    row = opened.row(REGRESSED)
    opened.page.locator(f"{row} td.change").click()
    assert opened.page.locator(f"{row} .detail").is_visible()


def test_all_details_open_and_close_at_once(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    opened.page.get_by_placeholder("Filter by test, arm or model").fill("minilm")
    opened.page.get_by_role("button", name="Open all").click()
    assert opened.page.locator("tbody.open").count() == 3  # only what is shown
    opened.page.get_by_role("button", name="Close all").click()
    assert opened.page.locator("tbody.open").count() == 0


def test_the_card_of_a_regression_leads_to_its_detail(visit: Callable[..., Opened]) -> None:
    opened = visit("report")
    opened.page.get_by_role("button", name="12 ok").click()  # which hides the row
    opened.page.locator("a.card").click()
    assert opened.page.locator(f"{opened.row(REGRESSED)} .detail").is_visible()


def test_an_address_can_name_a_detail(visit: Callable[..., Opened]) -> None:
    row = visit("report").row(REGRESSED)
    opened = visit("report", hash=row)
    assert opened.page.locator(f"{row} .detail").is_visible()


def test_a_history_is_drawn_with_its_numbers_in_a_table(visit: Callable[..., Opened]) -> None:
    opened = visit("comparison")
    row = opened.open_row(REGRESSED)
    assert opened.page.locator(f"{row} .of-history .scatterlayer .point").count() == 6
    opened.page.locator(f"{row} .numbers summary").click()
    opened.page.locator(f"{row} .numbers table").wait_for()  # made when the browser tells that it is open
    lines = opened.page.locator(f"{row} .numbers tr")
    assert lines.count() == 7
    assert re.fullmatch(r"0006_release\s1.92x\s1.82x\s2.02x\sregressed", typed(lines.last.inner_text()))


def test_a_run_without_the_comparison_is_told_so(visit: Callable[..., Opened]) -> None:
    opened = visit("comparison")
    row = opened.open_row("test_int8_pays[CPU-distilbert]")
    opened.page.locator(f"{row} .numbers summary").click()
    assert "not measured" in opened.page.locator(f"{row} .numbers tr").nth(2).inner_text()


def test_plain_benchmarks_have_a_history_of_times(visit: Callable[..., Opened]) -> None:
    opened = visit("comparison")
    row = opened.open_row("test_encode[0]")
    tick = opened.page.locator(f"{row} .of-history .ytick text").first.text_content()
    assert tick is not None
    assert tick.endswith(" ms")


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(visit: Callable[..., Opened], system: str) -> None:
    opened = visit("report", color_scheme=system)
    row = opened.open_row(REGRESSED)
    ink = "getComputedStyle(document.body).color"
    label = f"getComputedStyle(document.querySelector('{row} .xtick text')).fill"
    before = opened.page.evaluate(ink), opened.page.evaluate(label)
    opened.page.locator("#theme").click()
    opened.until(f"{label} !== {before[1]!r}")  # pictures change with the page
    assert opened.page.evaluate(ink) != before[0]
    opened.page.reload()
    assert opened.page.evaluate(ink) != before[0]  # remembered
    opened.page.locator("#theme").click()
    assert opened.page.evaluate(ink) == before[0]
    assert opened.page.evaluate("localStorage.length") == 0  # as the system says: nothing left to remember


def test_a_browser_that_refuses_storage_can_still_switch(visit: Callable[..., Opened], pages: dict[str, Path]) -> None:
    opened = visit("report")
    opened.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    opened.page.goto(pages["report"].as_uri())
    before = opened.page.evaluate("getComputedStyle(document.body).color")
    opened.page.locator("#theme").click()
    assert opened.page.evaluate("getComputedStyle(document.body).color") != before
    opened.assert_quiet()


@BOTH
def test_no_width_makes_the_page_scroll_sideways(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which)
    row = opened.open_row(REGRESSED)
    for width in (1920, 1024, 768, 390, 320):
        opened.page.set_viewport_size({"width": width, "height": 844})
        # The pictures follow in their own time.
        opened.until(f"document.documentElement.scrollWidth <= {width}")
        inside = opened.page.locator(f"{row} .inside").bounding_box()
        assert inside is not None
        assert inside["x"] + inside["width"] <= width


@BOTH
def test_a_phone_shows_rows_as_cards_that_still_sort(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which, viewport=PHONE, is_mobile=True, has_touch=True)
    opened.page.locator("#comparisons thead button", has_text="Comparison").tap()
    assert opened.names() == sorted(opened.names())
    figure = opened.page.locator("#comparisons td.figure").first
    assert figure.is_visible()
    opened.page.locator("#comparisons .toggle").first.tap()
    assert opened.page.locator("#comparisons .detail").first.is_visible()


@BOTH
def test_without_scripts_everything_that_is_said_can_be_read(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which, java_script_enabled=False)
    page = opened.page
    assert page.locator("#comparisons .detail").first.is_visible()
    assert page.get_by_text("Scripts are off").is_visible()
    assert not page.locator(".controls").first.is_visible()
    assert not page.locator("#theme").is_visible()
    assert not page.locator(".plot").first.is_visible()


@BOTH
def test_paper_is_light_and_shows_what_must_be_looked_at(visit: Callable[..., Opened], which: str) -> None:
    opened = visit(which, color_scheme="dark")
    opened.page.emulate_media(media="print", color_scheme="dark")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.page.locator("tbody.regressed .detail").first.is_visible()
    assert not opened.page.locator("tbody.ok .detail").first.is_visible()
    for control in (".controls", "#theme", "nav"):
        assert not opened.page.locator(control).first.is_visible()


def test_a_printed_page_has_the_pictures_of_what_must_be_looked_at(visit: Callable[..., Opened]) -> None:
    opened = visit("report", color_scheme="dark")
    opened.page.pdf()
    assert opened.page.locator("tbody.regressed .plot.js-plotly-plot").count() == 2
    assert opened.page.locator("tbody.ok .plot.js-plotly-plot").count() == 0
    assert opened.page.evaluate("document.documentElement.dataset.theme") is None  # as it was before
    opened.assert_quiet()


def test_names_are_text_in_pictures_too(visit: Callable[..., Opened], tmp_path: Path) -> None:
    nasty = "<b>x</b><img src=x onerror=alert(1)>&amp;"
    view = examples.comparison(examples.CASES[2])
    view = replace(view, test=f"t.py::{nasty}", candidate=replace(view.candidate, name=nasty))
    runs = [examples.run([view], name=nasty), examples.run([view], name=nasty, openvino=nasty)]
    opened = None
    for name, text in (("r", report_page(runs[0])), ("c", comparison_page(examples.judged(runs)))):
        file = tmp_path / f"{name}.html"
        file.write_text(text, encoding="utf-8")
        opened = visit(file)
        opened.page.on("dialog", lambda _: pytest.fail("a name was run"))
        row = opened.open_row(nasty)
        legend = opened.page.locator(f"{row} .of-samples .legendtext").first
        assert legend.inner_html().startswith("&lt;b&gt;x&lt;/b&gt;")
        assert opened.page.locator(f"{row} .plot img, {row} .plot b").count() == 0
        opened.assert_quiet()
    assert opened is not None
    ticks = opened.page.locator(".of-history .xtick text").first.inner_html()
    assert ticks.startswith("&lt;b&gt;x")


def test_headings_links_and_pictures_have_names(visit: Callable[..., Opened]) -> None:
    page = visit("comparison").page
    assert page.get_by_role("link", name="Skip to the results").count() == 1
    assert page.get_by_role("table", name=re.compile("Comparisons")).count() == 1
    assert page.get_by_role("navigation", name="Sections").count() == 1
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, a, input, select')]"
        ".filter((e) => !(e.textContent.trim() || e.labels?.[0]?.textContent.trim())).length"
    )
    assert nameless == 0


@pytest.mark.parametrize("system", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(visit: Callable[..., Opened], system: str) -> None:
    """Every colour that text has against every ground it stands on: 4.5 to 1, as WCAG 2.2 (1.4.3) asks for."""
    opened = visit("report", color_scheme=system)
    ratios = opened.page.evaluate(
        """() => {
          const css = getComputedStyle(document.documentElement);
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const light = (name) => {
            canvas.fillStyle = css.getPropertyValue(name).trim();
            canvas.fillRect(0, 0, 1, 1);
            const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
              const share = value / 255;
              return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const verdicts = ["--regressed", "--inconclusive", "--improved", "--ok", "--other"];
          const inks = ["--ink", "--soft", "--quiet", "--accent", ...verdicts];
          const grounds = ["--paper", "--card", "--raised"];
          return inks.flatMap((ink) => grounds.map((ground) => {
            const [dim, bright] = [light(ink), light(ground)].sort((a, b) => a - b);
            return [`${ink} on ${ground}`, (bright + 0.05) / (dim + 0.05)];
          }));
        }"""
    )
    assert [pair for pair in ratios if pair[1] < 4.5] == []


def test_fifty_runs_of_two_hundred_comparisons_work_too(visit: Callable[..., Opened], tmp_path: Path) -> None:
    file = tmp_path / "many.html"
    file.write_text(comparison_page(examples.many(runs=50, comparisons=200)), encoding="utf-8")
    assert file.stat().st_size < 15_000_000
    opened = visit(file)
    assert len(opened.names()) == 200
    opened.page.get_by_placeholder("Filter by test, arm or model").fill("CPU-117")
    (name,) = opened.names()
    row = opened.open_row(name)
    assert opened.page.locator(f"{row} .of-history .scatterlayer .point").count() == 50
    opened.assert_quiet()
