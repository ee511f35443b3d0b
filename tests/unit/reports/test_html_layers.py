"""The layers in a comparison's detail: sentences, then a table that begins with the heaviest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.reports.html.page import comparison_page, report_page
from pytest_ovperf.runs.of_layers import layers_views
from tests.unit.graphs.graph_examples import lines_of
from tests.unit.reports import run_examples as examples
from tests.unit.reports.html_reading import Element, read, typed
from tests.unit.reports.layer_examples import CHANGED, LOST, SAME, UNKNOWN, UNTIMED, many

if TYPE_CHECKING:
    from pytest_ovperf.graphs.explained import Explained
    from pytest_ovperf.runs.view import RunView


def run(*explained: Explained) -> RunView:
    return examples.run([replace(examples.comparison(examples.CASES[2]), layers=layers_views(explained))])


def sections(*explained: Explained) -> list[Element]:
    return read(report_page(run(*explained))).all("section", "arm-layers")


def cells(row: Element) -> list[str]:
    return [each.text for each in row.children if isinstance(each, Element)]


def test_the_sentences_come_first_and_then_a_line_for_each_group_of_layers() -> None:
    (section,) = sections(LOST)
    assert section.one("h3").text == "Layers of openvino-int8, now and in the baseline of 2026-07-01"
    assert [item.text for item in section.all("li")] == [typed(sentence) for sentence in lines_of(LOST)]
    head, first, *_, layers, call = section.one("table").all("tr")
    assert cells(head) == ["Layers", "What they are, or what changed", "Before", "Now", "Change", "Share"]
    assert cells(first) == [
        "encoder.layer.*.up/MatMul 3x",
        "FullyConnected int8 → f32, brgemm_avx512_amx → brgemm_avx512",
        "600 µs",
        "1.35 ms",
        "+750 µs",
        "50 %",
    ]
    assert cells(layers) == ["all layers", "", "1.44 ms", "2.94 ms", "+1.50 ms", ""]
    assert cells(call) == ["a call, counters on", "", "1.54 ms", "3.04 ms", "+1.50 ms", ""]


def test_what_is_as_it_was_says_so() -> None:
    (section,) = sections(LOST)
    rows = {cells(row)[0]: cells(row) for row in section.one("table").all("tr")}
    assert rows["encoder.layer.*.norm/MVN 3x"][1:] == ["MVN jit_avx512 f32, same kernel", "60.0 µs", "60.0 µs", "0", ""]


def test_without_times_the_table_says_what_changed() -> None:
    (section,) = sections(CHANGED)
    head, line = section.one("table").all("tr")
    assert cells(head) == ["Layers", "What changed"]
    assert cells(line)[0] == "encoder.layer.*.up/MatMul 3x"


def test_where_nothing_happened_the_table_is_folded() -> None:
    (section,) = sections(SAME)
    assert not [child for child in section.children if isinstance(child, Element) and child.tag == "table"]
    assert section.one("summary").text == "Its layers, 4 lines"
    assert len(section.one("details").all("tr")) == 1 + 4 + 2


def test_an_arm_of_which_there_is_nothing_to_say_has_no_section() -> None:
    assert sections(UNTIMED) == []
    (section,) = sections(UNKNOWN)
    assert section.one("li").text == UNKNOWN.notes[0]
    assert section.all("table") == []


def test_a_model_of_many_layers_makes_no_heavy_page() -> None:
    page, plain = report_page(run(many(1500))), report_page(run())
    assert len(page.encode()) - len(plain.encode()) < 25_000
    section = read(page).one("section", "arm-layers")
    shown, folded = section.all("table")
    assert (len(shown.all("tr")), len(folded.all("tr"))) == (1 + 8 + 2, 1 + 52)
    assert section.one("summary").text == "52 more lines"
    assert section.one("details").one("p").text == (
        "1440 further layers are left out here: together 720 ms before, 1.22 s now (+504 ms)."
    )


def test_the_card_of_a_regression_says_why() -> None:
    (card,) = read(report_page(run(LOST))).all("a", "card")
    assert typed(f"openvino-int8: {lines_of(LOST)[1]}") in card.text


def test_a_page_of_runs_shows_what_the_last_one_found() -> None:
    compared = examples.compared()
    rows = tuple(replace(row, now=replace(row.now, layers=layers_views([LOST]))) for row in compared.comparisons)
    root = read(comparison_page(replace(compared, comparisons=rows)))
    assert len(root.all("section", "arm-layers")) == len(rows)


@pytest.mark.parametrize("name", ["<b>bold</b>", "a & b", '"quoted"'])
def test_names_of_layers_cannot_break_out(name: str) -> None:
    nasty = replace(LOST, arm=name)
    (section,) = sections(nasty)
    assert name in section.one("h3").text
    assert not section.one("h3").all("b")
