"""How a page writes figures."""

from __future__ import annotations

import math

import pytest

from pytest_ovperf.reports.html import wording
from tests.unit.reports.html_reading import typed

NBSP = wording.NO_BREAK


def test_speed_ups_and_changes_have_real_signs() -> None:
    assert wording.times(2.714) == "2.71\N{MULTIPLICATION SIGN}"
    assert wording.change(-0.123) == f"\N{MINUS SIGN}12{NBSP}%"
    assert wording.change(0.012) == f"+1.2{NBSP}%"


def test_a_figure_stays_with_its_unit() -> None:
    assert wording.latency(0.0041) == f"4.10{NBSP}ms"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0041, 0.0052, "4.10-5.20 ms"),
        (0.00095, 0.0011, "950 µs-1.10 ms"),
        (math.nan, 0.0011, "?-1.10 ms"),
    ],
)
def test_a_range_says_its_unit_once_where_it_is_the_same(low: float, high: float, said: str) -> None:
    assert typed(wording.latency_range(low, high)) == said


def test_a_deviation_is_written_in_the_unit_of_its_mean() -> None:
    assert wording.mean_and_deviation(0.00938, 0.00043) == f"9.38{NBSP}±{NBSP}0.43{NBSP}ms"
    assert wording.mean_and_deviation(0.00938, math.nan) == f"9.38{NBSP}ms"


def test_words_are_listed_as_a_sentence_lists_them() -> None:
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.listed([]) == ""
