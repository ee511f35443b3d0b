"""One line that says what is being measured right now.

On a terminal it is rewritten in place and gone when its test is over; elsewhere a plain line appears now and then.
There is no thread and no timer, which would disturb the measurement: the line changes when something happened. A
terminal that can no longer be written to silences it, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from typing import Protocol

from pytest_ovperf.arms import Arm  # noqa: TC001  (public annotations stay resolvable)

from . import figures
from .screen import Screen, cell_width

#: Seconds between two changes of the line for mere rounds: more often cannot be read.
_REDRAW_S = 0.1
#: Seconds between two plain lines where nothing can be rewritten.
_PLAIN_S = 5.0
#: Cells that the line wants beside what already stands on the terminal's line; with less it takes a line of its own.
_WORTHWHILE = 60
_LEAST = 10
_ERASE_TO_END = "\x1b[K"
_UP = "\x1b[A"


class LiveTerminal(Protocol):
    """Where a live line is written."""

    @property
    def width(self) -> int:
        """The width in cells."""

    @property
    def column(self) -> int:
        """How many cells pytest has written since its last newline: they are left alone."""

    @property
    def encoding(self) -> str:
        """What it takes, such as ``utf-8``."""

    @property
    def rewritable(self) -> bool:
        """Whether carriage returns and erase sequences work there: it is a terminal, and not a dumb one."""

    def write(self, text: str, /) -> None:
        """Write ``text`` past pytest's capture, and flush."""


@dataclass(slots=True)
class _Progress:
    """How far a comparison is. ``done`` counts launches, a launch under way by the share of its rounds.

    ``done_before`` launches were over when measuring began: a comparison may be taken up again. ``limit_s`` is the time
    after which no further launches are begun.
    """

    subject: str
    launch: int = 0
    planned: int = 0
    done: float = 0.0
    ratio: float | None = None
    measuring_since: float | None = None
    done_before: float = 0.0
    limit_s: float | None = None

    def status(self, doing: str, now: float) -> str:
        """Return what changes from event to event, such as ``launch 2/3 · 1.92x so far · at most 12 s left``."""
        parts = [f"launch {self.launch}/{self.planned}"] if self.launch else []
        parts += [f"{figures.speedup(self.ratio)} so far"] if self.ratio is not None else []
        parts += [doing] if doing else []
        done_since = self.done - self.done_before
        if self.measuring_since is not None and done_since > 0:
            left = (now - self.measuring_since) / done_since * max(self.planned - self.done, 0.0)
            if self.limit_s is not None:
                left = min(left, max(self.limit_s - (now - self.measuring_since), 0.0))
            parts.append(f"at most {figures.duration(left)} left")
        return " · ".join(parts)


class LiveLine:
    """The live line of a run: `begin` a comparison, tell its events, `end` it.

    ``clock`` returns seconds and never goes back. Launches and rounds are counted from 1. `note` may also come outside
    a comparison, for long preparations; `end` is safe to call at any time, and has to come before pytest writes again.
    """

    def __init__(self, terminal: LiveTerminal, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = _Line(terminal)
        self._clock = clock
        self._progress = _Progress("")
        self._drawn = -_PLAIN_S
        self._note = ""
        self._note_since = 0.0

    def begin(self, comparison: str, limit_s: float | None = None) -> None:
        """Start a comparison; ``comparison`` names it, and it may take ``limit_s`` seconds if that is known."""
        self._progress = _Progress(comparison, limit_s=limit_s)
        self._draw("starting", plainly=True)

    def launch_started(self, launch: int, planned: int) -> None:
        """Tell that launch number ``launch`` starts, of ``planned`` at most as it looks now."""
        progress = self._progress
        if progress.measuring_since is None:
            progress.measuring_since, progress.done_before = self._clock(), float(launch - 1)
        progress.launch, progress.planned, progress.done = launch, max(launch, planned), float(launch - 1)
        progress.ratio = None
        self._draw("loading")

    def warming(self, arm: Arm | str) -> None:
        """Tell that an arm is called until its times settle."""
        self._draw(f"warming up {arm}")

    def round_done(self, launch: int, round_: int, rounds: int, ratio: float | None) -> None:
        """Tell that a round of ``rounds`` is over; ``ratio`` is the speed-up in this launch so far."""
        self._progress.done = launch - 1 + round_ / max(rounds, round_, 1)
        self._progress.ratio = ratio
        if self._clock() - self._drawn >= _REDRAW_S:
            self._draw()

    def launch_done(self, launch: int) -> None:
        """Tell that launch number ``launch`` is over."""
        self._progress.done = float(launch)
        self._draw(plainly=self._clock() - self._drawn >= _PLAIN_S)

    def note(self, text: str) -> None:
        """Tell of something long, such as an export; the same text told again shows how long it has taken."""
        now = self._clock()
        plainly = text != self._note or now - self._drawn >= _PLAIN_S
        if text != self._note:
            self._note, self._note_since = text, now
            self._show(text, "", plainly=plainly)
        else:
            self._show(text, figures.duration(now - self._note_since), plainly=plainly)

    def end(self) -> None:
        """Leave the terminal as pytest left it: its own text where it was, and nothing of this line."""
        self._line.erase()
        self._progress = _Progress("")
        self._drawn = -_PLAIN_S
        self._note = ""

    def _draw(self, doing: str = "", *, plainly: bool = False) -> None:
        self._show(self._progress.subject, self._progress.status(doing, self._clock()), plainly=plainly)

    def _show(self, subject: str, status: str, *, plainly: bool) -> None:
        if self._line.rewritable or plainly:
            self._drawn = self._clock()
        self._line.show(subject, status, plainly=plainly)


class _Line:
    """A line of a terminal that is written over and over, beside or below what pytest has written there."""

    def __init__(self, terminal: LiveTerminal) -> None:
        self._terminal = terminal
        self._broken = False
        self._start: int | None = None  # the cell where the line starts; None while there is none
        self._below: int | None = None  # the column to go back to, one line up; None on pytest's own line

    @property
    def rewritable(self) -> bool:
        return self._terminal.rewritable

    def show(self, subject: str, status: str, *, plainly: bool) -> None:
        """Show the two parts: in place if the terminal can do that, else as a line if ``plainly`` asks for one."""
        if self.rewritable:
            opening = self._open() if self._start is None else ""
            # The last cell stays free: writing into it makes some terminals start a new line.
            room = self._terminal.width - 1 - (self._start or 0)
            self._write(opening + self._at_start() + _ERASE_TO_END + self._text(subject, status, room))
        elif plainly:
            new = "\n" if self._start is None and self._terminal.column else ""
            self._start = 0
            self._write(f"{new}{self._text(subject, status, 10_000)}\n")

    def erase(self) -> None:
        """Take the line away and put the cursor back to where pytest left it."""
        if self._start is not None and self.rewritable:
            back = self._at_start() + _ERASE_TO_END
            if self._below is not None:
                back += _UP + _right(self._below)
            self._write(back)
        self._start = self._below = None

    def _open(self) -> str:
        """Choose where the line goes, and return what has to be written to get there."""
        column, width = self._terminal.column, max(self._terminal.width, 1)
        self._start = 0
        if column == 0:
            return ""
        if width - 1 - column >= _WORTHWHILE:
            self._start = column
            return ""
        # A line that fills the terminal to its last cell leaves nowhere to go back to: pytest goes on below it.
        self._below = column % width or None
        return "\n"

    def _at_start(self) -> str:
        return "\r" + _right(self._start or 0)

    def _text(self, subject: str, status: str, room: int) -> str:
        """Cut the subject before the status: what changes is what is looked at."""
        screen = Screen(self._terminal.width, self._terminal.encoding)
        shown, tail = screen.text(subject), screen.text(status)
        between = screen.text(" · ") if shown and tail else ""
        for_subject = room - cell_width(between + tail)
        if for_subject < min(_LEAST, cell_width(shown)):
            return screen.fit(tail or shown, room)
        return screen.fit(shown, for_subject) + between + tail

    def _write(self, text: str) -> None:
        if self._broken:
            return
        try:
            self._terminal.write(text)
        except (OSError, ValueError):  # closed, or a pipe without a reader: no reason to end a measurement
            self._broken = True


def _right(cells: int) -> str:
    return f"\x1b[{cells}C" if cells else ""
