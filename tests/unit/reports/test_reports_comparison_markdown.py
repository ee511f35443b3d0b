"""Compared runs as Markdown and as JSON."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports.comparison_json import comparison_json
from pytest_ovperf.reports.comparison_markdown import comparison_markdown
from tests.unit.reports.compared_examples import NASTY, NO_BASELINE, REGRESSED, compared, mixed, plain_row, row, view

EXPECTED = Path(__file__).parent / "expected" / "comparison.md"


def table_lines(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("|")]


def document(page: str) -> Any:  # noqa: ANN401  (JSON)
    return json.loads(page)


def test_the_page_looks_as_agreed() -> None:
    assert comparison_markdown(mixed()) == EXPECTED.read_text(encoding="utf-8")


def test_a_name_is_text_in_the_table_and_in_the_evidence() -> None:
    what = compared(
        [row(2.0, 1.0, kind=REGRESSED, like=view(NASTY, "m|`x`", 2.0), reasons=["<img onerror=1>"])],
        missing=["<b>gone</b> | x"],
        names=["<i>", "a|b"],
        warnings=["<script>"],
    )
    page = comparison_markdown(what)
    for written in ("<script", "<img", "<b>", "<i>", "`x`", "\x1b"):
        assert written not in page
    assert {line.count("|") for line in table_lines(page)} == {5, 6}  # the runs have four columns, the rows five


@given(st.text(max_size=80))
def test_no_name_adds_a_cell_or_a_line(name: str) -> None:
    plain = comparison_markdown(compared([row(2.0, 2.0, like=view("t.py::test_a", "m", 2.0))]))
    page = comparison_markdown(compared([row(2.0, 2.0, like=view(f"t.py::test_a[{name}]", "m", 2.0))]))
    assert len(page.split("\n")) == len(plain.split("\n"))
    assert [line.count("|") for line in table_lines(page)] == [line.count("|") for line in table_lines(plain)]


def test_what_an_encoding_lacks_is_written_as_a_reference() -> None:
    page = comparison_markdown(mixed(), encoding="ascii")
    assert page.isascii()
    assert "&#10060; **2 regressed**" in page


def test_of_many_runs_the_first_and_the_newest_have_columns() -> None:
    page = comparison_markdown(compared([row(*[2.0] * 12)]))
    (header,) = [line for line in table_lines(page) if "verdict" in line]
    assert "| run 1 | run 6 |" in header
    assert "| run 12 |" in header
    assert "4 runs after the first left out" in page


def test_a_benchmark_without_a_first_run_has_empty_cells() -> None:
    page = comparison_markdown(compared([], [plain_row(None, 1e-3, kind=NO_BASELINE), plain_row(1e-3, 1e-3, key="b")]))
    assert "| <code>test_read[1 MiB]</code> |  | 1.00 ms<br>980 µs–1.03 ms |  | ⚪ no-baseline |" in page  # noqa: RUF001


def test_json_has_every_row_with_its_verdict_and_figures() -> None:
    page = document(comparison_json(mixed()))
    assert page["schema"] == 2
    assert page["regressed"] is True
    assert [each["name"] for each in page["runs"]] == ["0001_nightly", "0002_nightly", "0003_nightly"]
    assert (page["against"], page["judged"]) == (0, 2)
    assert [each["verdict"] for each in page["rows"]] == [
        "regressed",
        "ok",
        "improved",
        "inconclusive",
        "no-baseline",
        "regressed",
        "ok",
    ]
    first, *_, last = page["rows"]
    assert first["kind"] == "comparison"
    assert first["over_runs"][0]["ratio"] == 2.57
    assert page["rows"][1]["over_runs"][1] is None
    assert (last["kind"], last["expected"], last["over_runs"][0]["median_s"]) == ("benchmark", 3.1e-7, 3.1e-7)
    assert page["warnings"] == ["b.json is damaged: it breaks off."]
    assert page["differences"][0] == {
        "about": "versions",
        "name": "openvino",
        "values": ["2026.3.0", "2026.3.0", "2026.4.1"],
    }


def test_json_of_one_run_is_against_nothing() -> None:
    assert document(comparison_json(compared([row(2.0)])))["against"] is None


@pytest.mark.parametrize("value", [inf, nan])
def test_json_has_null_for_what_is_no_number(value: float) -> None:
    page = comparison_json(compared([], [plain_row(1e-3, value)]))
    assert "Infinity" not in page
    assert "NaN" not in page
    assert document(page)["rows"][0]["over_runs"][1]["median_s"] is None


def test_json_is_ascii_whatever_the_names() -> None:
    page = comparison_json(compared([row(2.0, 2.0, like=view(NASTY, "m", 2.0))]))
    assert page.isascii()
    assert document(page)["rows"][0]["test"] == NASTY
