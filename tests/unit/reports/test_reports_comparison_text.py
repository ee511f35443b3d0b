"""Compared runs on a terminal. The expected pages lie in ``expected/``: read them, they are the point."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports.comparison_rows import difference
from pytest_ovperf.reports.comparison_text import comparison_text
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.runs.compared import Basis, Compared, ComparedRow, EnvironmentDifference
from tests.unit.reports.compared_examples import (
    INCONCLUSIVE,
    NASTY,
    NO_BASELINE,
    REGRESSED,
    compared,
    mixed,
    plain_row,
    row,
    view,
)

EXPECTED = Path(__file__).parent / "expected"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def text(what: Compared, width: int = 80, *, encoding: str = "utf-8", colour: bool = False) -> str:
    return comparison_text(what, width=width, colour=colour, encoding=encoding)


@pytest.mark.parametrize(
    ("name", "width", "encoding"),
    [
        ("comparison_160", 160, "utf-8"),
        ("comparison_80", 80, "utf-8"),
        ("comparison_80_ascii", 80, "ascii"),
        ("comparison_40", 40, "utf-8"),
    ],
)
def test_the_comparison_looks_as_agreed(name: str, width: int, encoding: str) -> None:
    assert text(mixed(), width, encoding=encoding) == (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [10, 40, 57, 80, 100, 132, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_no_line_is_wider_than_the_terminal_and_no_verdict_is_lost(width: int, encoding: str) -> None:
    shown = text(mixed(), width, encoding=encoding)
    assert max(map(cell_width, shown.splitlines())) <= max(width, 40)
    shown.encode(encoding)
    for figure in ("2.57x", "1.92x", "-25 %", "1.20 ms", "1.60 ms", "+33 %"):
        assert figure in shown
    for verdict in ("regressed", "improved", "inconclusive", "no-baseline"):
        assert verdict in shown


def test_names_are_text_and_cannot_move_the_cursor() -> None:
    shown = text(compared([row(2.0, 2.0, like=view(NASTY, "[bold]m[/bold]", 2.0))], names=["\x1b[2J", "new"]), 200)
    assert "\x1b" not in shown
    assert "<script>alert(1)</script>" in shown
    assert "日本語" in text(compared([row(2.0, 2.0, like=view(NASTY, "m", 2.0))], missing=[NASTY]), 200)


def test_colours_are_there_only_when_asked_and_change_nothing_else() -> None:
    plain = text(mixed())
    coloured = text(mixed(), colour=True)
    assert "\x1b" not in plain
    assert ANSI.sub("", coloured) == plain
    assert "\x1b[1;31mregressed" in coloured


def test_two_runs_need_no_numbers_for_what_differs() -> None:
    assert difference(EnvironmentDifference("versions", "openvino", ("1", "2"))) == "1 → 2"
    assert difference(EnvironmentDifference("versions", "torch", ("", "2"))) == "none → 2"
    assert (
        difference(EnvironmentDifference("machine", "node", ("a", "", "b")))
        == "a (run 1) → unknown (run 2) → b (run 3)"
    )
    assert difference(EnvironmentDifference("versions", "x", ("1", "1", "2", "2"))) == "1 (runs 1–2) → 2 (runs 3–4)"  # noqa: RUF001


def test_no_known_difference_is_said_as_such() -> None:
    assert "No difference of the machines, versions and devices is known." in text(compared([row(2.0, 2.0)]))


def test_the_oldest_runs_in_between_give_way_first() -> None:
    shown = text(compared([row(*[2.0 + number / 10 for number in range(12)])]))
    (header,) = [line for line in shown.splitlines() if line.startswith("test ")]
    assert "run 1 " in header
    assert "run 2 " not in header
    assert "run 11" in header
    assert "run 12" in header
    assert "left out of the table" in shown
    assert shown.count("_nightly") == 10
    assert "(2 runs in the middle not listed)" in shown


def test_a_run_alone_is_shown_with_its_baselines() -> None:
    held = replace(view("t.py::test_a", "m", 2.0), expected=2.5)
    target = replace(view("t.py::test_b", "m", 2.0), target=1.5, expected=1.5)
    rows = [
        ComparedRow(each, (), Basis.RECORDED, each.kind, "ok", each.expected, -0.2, -0.3, -0.1, 0.05)
        for each in (held, target)
    ]
    shown = text(compared(rows, [plain_row(1e-3)]), 120)
    assert "baseline" in shown
    assert re.search(r"test_a +10\.0 / 20\.0 ms +2\.50x +2\.00x +1\.90\S2\.10 +-20 % +-30 to -10 % +ok", shown)
    assert re.search(r"test_b +10\.0 / 20\.0 ms +≥ 1\.50x +2\.00x +1\.90\S2\.10 +ok", shown)
    assert re.search(r"test_read\[1 MiB\] +1\.00 ms .*not judged", shown)
    assert "judged against the first" not in shown


def test_regressions_say_what_moved() -> None:
    shown = text(
        compared([row(2.0, 1.0, kind=REGRESSED, reasons=["It is late."])], [plain_row(1e-3, 2e-3, kind=REGRESSED)])
    )
    assert "Candidate 10.0 ms → 20.0 ms (+100 %); reference 20.0 ms → 20.0 ms (0.0 %)." in shown
    assert "It is late." in shown
    assert "Median 1.00 ms → 2.00 ms." in shown


def test_a_reason_that_many_rows_share_is_said_once() -> None:
    rows = [
        row(None, 2.0, kind=NO_BASELINE, reasons=["It is new."], like=view(f"t.py::test_{number}", "m", 2.0))
        for number in range(30)
    ]
    shown = text(compared([row(2.0, 1.9, kind=INCONCLUSIVE, reasons=["It is unsteady."]), *rows]))
    assert "test_0, test_1, test_2 and 27 more: It is new." in shown
    assert "It is unsteady." in shown


def test_long_lists_say_where_the_rest_is() -> None:
    rows = [row(2.0, 1.0, kind=REGRESSED, like=view(f"t.py::test_{number}", "m", 2.0)) for number in range(25)]
    shown = text(compared(rows, missing=[f"gone {number}" for number in range(12)]))
    assert "… and 15 more; --format=json has all of them" in shown
    assert "… and 2 more; --format=json has all of them" in shown
    assert "25 regressed  (25 comparisons)" in shown


def test_warnings_are_left_to_standard_error() -> None:
    assert "b.json" not in text(mixed())


@given(st.text(max_size=60), st.text(max_size=40), st.integers(40, 200), st.sampled_from(["utf-8", "ascii", "latin-1"]))
def test_no_name_widens_a_line_or_hides_a_figure(test: str, model: str, width: int, encoding: str) -> None:
    other = view("t.py::test_other[x]", "m", 2.0)
    shown = text(
        compared([row(2.0, 1.5, like=view(f"t.py::{test}", model, 2.0)), row(3.0, 3.1, like=other)]),
        width,
        encoding=encoding,
    )
    assert max(map(cell_width, shown.splitlines())) <= width
    for figure in ("2.00x", "1.50x", "-25 %", "3.10x"):
        assert figure in shown
