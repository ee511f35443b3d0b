"""How numbers and moments are written."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports import figures


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (2.714, "2.71x"),
        (1.0, "1.00x"),
        (0.853, "0.85x"),
        (9.994, "9.99x"),
        (9.996, "10.0x"),
        (12.34, "12.3x"),
        (99.96, "100x"),
        (1234.5, "1234x"),
        (0.0123, "0.012x"),
        (0.0, "0.00x"),
    ],
)
def test_a_speedup_shows_the_digits_that_matter(ratio: float, text: str) -> None:
    assert figures.speedup(ratio) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (2.65, 2.78, "2.65–2.78"),
        (9.7, 10.24, "9.70–10.24"),
        (0.998, 1.003, "0.998–1.003"),
        (1.0, 1.0, "1.0000–1.0000"),
        (0.5, math.inf, "0.50–unlimited"),
    ],
)
def test_the_ends_of_an_interval_have_the_same_decimals_and_can_be_told_apart(
    low: float, high: float, text: str
) -> None:
    assert figures.interval(low, high) == text


@pytest.mark.parametrize(
    ("relative", "text"),
    [
        (0.0123, "+1.2 %"),
        (-0.338, "-34 %"),
        (0.0999, "+10 %"),
        (-0.0004, "0.0 %"),
        (0.0, "0.0 %"),
        (12.3, "+1230 %"),
        (math.nan, "? %"),
    ],
)
def test_a_change_has_a_sign_unless_it_rounds_to_nothing(relative: float, text: str) -> None:
    assert figures.change(relative) == text


@pytest.mark.parametrize(("share", "text"), [(0.05, "5 %"), (0.025, "2.5 %"), (0.999, "99.9 %"), (0.07, "7 %")])
def test_a_chosen_share_gets_no_digits_it_does_not_have(share: float, text: str) -> None:
    assert figures.chosen_percent(share) == text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (850, "850 ns"),
        (12_340, "12.3 µs"),
        (999_600, "1.00 ms"),
        (4.1e6, "4.10 ms"),
        (123.4e6, "123 ms"),
        (1.25e9, "1.25 s"),
        (4000e9, "4000 s"),
        (math.inf, "?"),
    ],
)
def test_a_latency_has_three_digits_and_the_unit_that_fits(nanoseconds: float, text: str) -> None:
    assert figures.latency(nanoseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (4.21, "4.2 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (192.0, "3 min 12 s"),
        (3599.7, "1 h 00 min"),
        (3720.0, "1 h 02 min"),
        (-3.0, "0.0 s"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, text: str) -> None:
    assert figures.duration(seconds) == text


def test_nouns_agree_with_their_number() -> None:
    assert figures.count(1, "launch") == "1 launch"
    assert figures.count(3, "launch") == "3 launches"
    assert figures.count(0, "round") == "0 rounds"


@given(st.floats())
def test_no_number_breaks_a_report(number: float) -> None:
    for write in (figures.speedup, figures.change, figures.percent, figures.latency, figures.duration):
        assert write(number).isprintable()
    assert figures.interval(number, number).isprintable()


@given(st.floats(min_value=1e-3, max_value=1e4))
def test_rounding_never_moves_a_speedup_by_more_than_five_percent(ratio: float) -> None:
    assert float(figures.speedup(ratio).removesuffix("x")) == pytest.approx(ratio, rel=0.05)


@given(st.floats(min_value=1, max_value=1e12))
def test_a_latency_reads_back_within_half_a_percent(nanoseconds: float) -> None:
    digits, unit = figures.latency(nanoseconds).split()
    scale = {"ns": 1.0, "µs": 1e3, "ms": 1e6, "s": 1e9}[unit]
    assert float(digits) * scale == pytest.approx(nanoseconds, rel=0.0051)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.005, "1 of 200"),
        (0.01 / 75, "1 of 7,500"),
        (0.0000123, "1 of 81,000"),
        (0.5, "1 of 2"),
        (1, "1 of 1"),
        (0.0, "?"),
        (-0.1, "?"),
        (math.nan, "?"),
        (2.0, "?"),
    ],
)
def test_a_chance_has_two_digits(rate: float, text: str) -> None:
    assert figures.one_in(rate) == text


@pytest.mark.parametrize(
    ("started", "text"),
    [
        ("2026-11-21T20:55:21+00:00", "2026-11-21 20:55 UTC"),
        ("2026-11-21T20:55:21.123456+05:30", "2026-11-21 20:55 +05:30"),
        ("2026-11-21T20:55:21", "2026-11-21 20:55"),
        ("yesterday", "yesterday"),
        ("", ""),
    ],
)
def test_moments_are_shown_to_the_minute(started: str, text: str) -> None:
    assert figures.moment(started) == text
