"""What a terminal is given to show."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports.screen import Keep, Screen, cell_width

ENCODINGS = st.sampled_from(["utf-8", "ascii", "cp1252", "cp437", "latin-1", "shift_jis", "no-such-encoding"])


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("2.65–2.78 · ≥ 1.50x", "2.65–2.78 · ≥ 1.50x"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("two\nlines", "two\\nlines"),
        ("right\u202eleft", "right\\u202eleft"),
        ("lone \udc80 surrogate", "lone \\udc80 surrogate"),
        ("模型", "模型"),
    ],
)
def test_what_could_move_the_cursor_or_reorder_text_is_escaped(raw: str, shown: str) -> None:
    assert Screen(80, "utf-8").text(raw) == shown


def test_an_encoding_that_lacks_our_characters_gets_others() -> None:
    assert Screen(80, "ascii").text("2.65–2.78 · ≥ 1.50x → 3 × 4 µs …") == "2.65-2.78 | >= 1.50x -> 3 x 4 us ..."
    assert Screen(80, "ascii").text("模") == "\\u6a21"
    assert Screen(80, "cp1252").text("2.65–2.78 ≥") == "2.65–2.78 >="
    assert Screen(80, "no-such-encoding").text("a – b") == "a - b"


@pytest.mark.parametrize(
    ("keep", "cut"), [(Keep.START, "abcdefg…"), (Keep.END, "…defghij"), (Keep.BOTH_ENDS, "abcd…hij")]
)
def test_a_cut_shows_an_ellipsis_where_something_is_missing(keep: Keep, cut: str) -> None:
    assert Screen(80, "utf-8").fit("abcdefghij", 8, keep) == cut


def test_text_that_fits_is_not_cut() -> None:
    assert Screen(80, "utf-8").fit("abcdefghij", 10) == "abcdefghij"


def test_a_wide_character_is_not_cut_in_half() -> None:
    assert Screen(80, "utf-8").fit("模型模型", 6) == "模型…"


def test_wrapping_keeps_a_number_and_its_unit_together() -> None:
    assert Screen(20, "utf-8").wrap("lower by a third 34 % or so") == ["lower by a third", "34 % or so"]


def test_wrapping_indents_what_follows() -> None:
    assert Screen(12, "utf-8").wrap("one two three four", indent="- ", hang="    ") == [
        "- one two",
        "    three",
        "    four",
    ]


@given(st.text(), ENCODINGS)
def test_shown_text_is_printable_and_can_be_encoded(raw: str, encoding: str) -> None:
    shown = Screen(80, encoding).text(raw)
    assert shown.isascii() or shown.encode(encoding).decode(encoding)
    assert not set(shown) & {"\n", "\r", "\t", "\x1b", "\u202e"}


@given(st.text(), st.integers(1, 40), st.sampled_from(Keep), ENCODINGS)
def test_fitted_text_is_within_its_cells(raw: str, cells: int, keep: Keep, encoding: str) -> None:
    screen = Screen(80, encoding)
    assert cell_width(screen.fit(screen.text(raw), cells, keep)) <= cells


WORDS = st.lists(st.text(st.characters(exclude_categories=("Zs", "Cc")), min_size=1))


@given(WORDS, st.integers(20, 60), ENCODINGS)
def test_wrapped_lines_are_within_the_width_and_lose_nothing(words: list[str], width: int, encoding: str) -> None:
    screen = Screen(width, encoding)
    lines = screen.wrap(" ".join(words), indent="  ", hang="    ")
    assert all(cell_width(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(map(screen.text, words))
