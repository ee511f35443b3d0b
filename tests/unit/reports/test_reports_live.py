"""The live line, seen through a small terminal that obeys the sequences it is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.reports.live import LiveLine
from pytest_ovperf.reports.screen import cell_width

if TYPE_CHECKING:
    from pytest_ovperf.trial.watcher import Watcher

SUBJECT = "openvino-int8 over openvino-fp32, latency of minilm (infer 1x128)"
_SEQUENCE = re.compile(r"\x1b\[(\d*)([KAC])|([\r\n])|([^\x1b\r\n]+)")


class FakeTerminal:
    """Lines of cells and a cursor; knows carriage return, newline, erase to end of line, up and right."""

    def __init__(self, before: str = "", *, width: int = 160, rewritable: bool = True, encoding: str = "utf-8") -> None:
        self.width, self.encoding, self.rewritable = width, encoding, rewritable
        self.column = len(before)
        self.sent = ""
        self.lines = [""]
        self.row = self.cell = 0
        self.widest = 0
        for start in range(0, len(before), width):
            self.lines[-1:] = [before[start : start + width]]
            if start + width < len(before):
                self.lines.append("")
        self.row, self.cell = len(self.lines) - 1, len(self.lines[-1])

    def write(self, text: str, /) -> None:
        self.sent += text
        position = 0
        while position < len(text):
            match = _SEQUENCE.match(text, position)
            assert match, f"a sequence that the terminal does not know: {text[position:]!r}"
            self._obey(*match.groups())
            position = match.end()

    def _obey(self, count: str | None, letter: str | None, control: str | None, shown: str | None) -> None:
        if letter == "K":
            self.lines[self.row] = self.lines[self.row][: self.cell]
        elif letter == "A":
            self.row -= 1
        elif letter == "C":
            self.cell += int(count or 1)
        elif control == "\r":
            self.cell = 0
        elif control == "\n":
            self.row, self.cell = self.row + 1, 0
            self.lines += [""] * (self.row + 1 - len(self.lines))
        elif shown:
            line = self.lines[self.row].ljust(self.cell)
            self.lines[self.row] = line[: self.cell] + shown + line[self.cell + len(shown) :]
            self.cell += cell_width(shown)
            self.widest = max(self.widest, self.cell)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_trial_can_tell_a_live_line_its_events() -> None:
    terminal = FakeTerminal()
    watcher: Watcher = LiveLine(terminal, Clock())
    watcher.warming(parse_arm("openvino-int8", "CPU"))
    assert terminal.lines == ["warming up openvino-int8 on CPU"]


def test_the_line_tells_launch_ratio_and_time_left() -> None:
    terminal, clock = FakeTerminal(), Clock()
    live = LiveLine(terminal, clock)
    live.begin(SUBJECT)
    assert terminal.lines == [f"{SUBJECT} · starting"]
    live.launch_started(1, 3)
    assert terminal.lines == [f"{SUBJECT} · launch 1/3 · loading"]
    live.warming(parse_arm("openvino-int8", "CPU"))
    assert terminal.lines == [f"{SUBJECT} · launch 1/3 · warming up openvino-int8 on CPU"]
    clock.now += 4.0
    live.round_done(1, 10, 20, 1.923)
    assert terminal.lines == [f"{SUBJECT} · launch 1/3 · 1.92x so far · at most 20 s left"]
    clock.now += 4.0
    live.launch_done(1)
    assert terminal.lines == [f"{SUBJECT} · launch 1/3 · 1.92x so far · at most 16 s left"]
    live.launch_started(2, 3)
    assert terminal.lines == [f"{SUBJECT} · launch 2/3 · loading · at most 16 s left"]


def test_pytest_finds_its_own_text_and_cursor_as_it_left_them() -> None:
    terminal = FakeTerminal("suites/test_speed.py ..")
    live = LiveLine(terminal, Clock())
    live.begin(SUBJECT)
    live.launch_started(1, 3)
    assert terminal.lines == [f"suites/test_speed.py ..{SUBJECT} · launch 1/3 · loading"]
    live.end()
    assert terminal.lines == ["suites/test_speed.py .."]
    assert (terminal.row, terminal.cell) == (0, 23)


def test_where_little_room_is_left_the_line_goes_below_and_the_cursor_comes_back() -> None:
    before = "suites/test_speed.py::test_int8_pays[minilm-CPU] "
    terminal = FakeTerminal(before, width=80)
    live = LiveLine(terminal, Clock())
    live.begin(SUBJECT)
    live.launch_started(1, 3)
    assert terminal.lines[0] == before
    assert terminal.lines[1].endswith(" · launch 1/3 · loading")
    live.end()
    assert terminal.lines == [before, ""]
    assert (terminal.row, terminal.cell) == (0, len(before))


def test_text_of_pytest_that_has_wrapped_is_found_again() -> None:
    terminal = FakeTerminal("x" * 100, width=80)
    live = LiveLine(terminal, Clock())
    live.begin(SUBJECT)
    live.end()
    assert terminal.lines == ["x" * 80, "x" * 20, ""]
    assert (terminal.row, terminal.cell) == (1, 20)


def test_a_line_filled_to_its_last_cell_is_left_below() -> None:
    terminal = FakeTerminal("x" * 80, width=80)
    live = LiveLine(terminal, Clock())
    live.begin(SUBJECT)
    live.end()
    assert terminal.lines == ["x" * 80, ""]
    assert (terminal.row, terminal.cell) == (1, 0)


def test_ending_twice_or_without_a_beginning_writes_nothing() -> None:
    terminal = FakeTerminal("dots ...")
    live = LiveLine(terminal, Clock())
    live.end()
    live.end()
    assert terminal.sent == ""


def test_rounds_that_follow_too_quickly_are_not_drawn() -> None:
    terminal, clock = FakeTerminal(), Clock()
    live = LiveLine(terminal, clock)
    live.begin(SUBJECT)
    live.launch_started(1, 3)
    shown = terminal.sent
    clock.now += 0.05
    live.round_done(1, 1, 20, 1.9)
    assert terminal.sent == shown
    clock.now += 0.06
    live.round_done(1, 2, 20, 1.9)
    assert terminal.sent != shown


def test_a_comparison_taken_up_again_reckons_with_the_launches_it_sees() -> None:
    terminal, clock = FakeTerminal(), Clock()
    live = LiveLine(terminal, clock)
    live.begin(SUBJECT)
    live.launch_started(4, 5)
    clock.now += 6.0
    live.launch_done(4)
    assert terminal.lines == [f"{SUBJECT} · launch 4/5 · at most 6.0 s left"]


def test_a_narrow_terminal_cuts_the_subject_and_keeps_the_status() -> None:
    terminal, clock = FakeTerminal(width=60), Clock()
    live = LiveLine(terminal, clock)
    live.begin(SUBJECT)
    live.launch_started(2, 3)
    clock.now += 6.0
    live.round_done(2, 20, 20, 1.923)
    assert terminal.lines == ["openvino-… · launch 2/3 · 1.92x so far · at most 6.0 s left"]


def test_a_repeated_note_shows_how_long_it_has_taken() -> None:
    terminal, clock = FakeTerminal(), Clock()
    live = LiveLine(terminal, clock)
    live.note("minilm: quantising to INT8")
    assert terminal.lines == ["minilm: quantising to INT8"]
    clock.now += 12.0
    live.note("minilm: quantising to INT8")
    assert terminal.lines == ["minilm: quantising to INT8 · 12 s"]
    live.note("minilm: writing")
    assert terminal.lines == ["minilm: writing"]


def test_without_a_terminal_plain_lines_appear_now_and_then() -> None:
    terminal, clock = FakeTerminal("suites/test_speed.py ", rewritable=False), Clock()
    live = LiveLine(terminal, clock)
    live.begin(SUBJECT)
    for launch in (1, 2, 3, 4):
        live.launch_started(launch, 4)
        live.warming("openvino-int8")
        clock.now += 3.0
        live.round_done(launch, 20, 20, 1.923)
        live.launch_done(launch)
    live.end()
    assert terminal.lines == [
        "suites/test_speed.py ",
        f"{SUBJECT} · starting",
        f"{SUBJECT} · launch 2/4 · 1.92x so far · at most 6.0 s left",
        f"{SUBJECT} · launch 4/4 · 1.92x so far · at most 0.0 s left",
        "",
    ]
    assert "\x1b" not in terminal.sent
    assert "\r" not in terminal.sent


def test_without_a_terminal_a_note_is_not_repeated_at_once() -> None:
    terminal, clock = FakeTerminal(rewritable=False), Clock()
    live = LiveLine(terminal, clock)
    live.note("exporting")
    clock.now += 1.0
    live.note("exporting")
    clock.now += 5.0
    live.note("exporting")
    assert terminal.lines == ["exporting", "exporting · 6.0 s", ""]


def test_an_ascii_terminal_gets_ascii() -> None:
    terminal = FakeTerminal(encoding="ascii", width=60)
    live = LiveLine(terminal, Clock())
    live.begin("模型 " + SUBJECT)
    assert terminal.sent.isascii()


class ClosedTerminal(FakeTerminal):
    attempts = 0

    def write(self, text: str, /) -> None:
        self.attempts += 1
        raise BrokenPipeError(text)


def test_a_terminal_that_is_gone_silences_the_line_and_nothing_else() -> None:
    terminal = ClosedTerminal()
    live = LiveLine(terminal, Clock())
    live.begin(SUBJECT)
    live.launch_started(1, 3)
    live.end()
    assert terminal.attempts == 1


@given(
    st.text(),
    st.integers(20, 200),
    st.integers(0, 19),
    st.none() | st.floats(min_value=1e-3, max_value=1e3),
    st.integers(1, 99),
)
def test_no_name_reaches_the_last_cell_or_leaves_a_trace(
    name: str, width: int, column: int, ratio: float | None, launch: int
) -> None:
    terminal, clock = FakeTerminal("." * column, width=width), Clock()
    live = LiveLine(terminal, clock)
    live.begin(name)
    live.launch_started(launch, 99)
    clock.now += 1.0
    live.round_done(launch, 1, 20, ratio)
    assert terminal.widest < width
    live.end()
    assert terminal.lines[0] == "." * column
    assert not any(terminal.lines[1:])
    assert (terminal.row, terminal.cell) == (0, column)


@pytest.mark.parametrize("rewritable", [True, False])
def test_a_second_comparison_of_the_same_test_starts_afresh(rewritable: bool) -> None:  # noqa: FBT001  (a parameter)
    terminal, clock = FakeTerminal(rewritable=rewritable), Clock()
    live = LiveLine(terminal, clock)
    live.begin("first")
    live.launch_started(1, 1)
    live.end()
    live.begin("second")
    assert terminal.lines == (["second · starting"] if rewritable else ["first · starting", "second · starting", ""])
