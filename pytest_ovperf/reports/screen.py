"""What a terminal can show: its width in cells and the characters that its encoding has.

Names come from users, paths and model files. Whatever could move the cursor, hide or reorder text is escaped, so that
a name never changes more of a report than its own place.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

#: What stands in for our own characters where an encoding lacks them.
_STAND_INS = {
    "\N{EN DASH}": "-",
    "…": "...",
    "µ": "u",
    "\N{MULTIPLICATION SIGN}": "x",
    "≥": ">=",
    "≤": "<=",
    "→": "->",
    "·": "|",
    "─": "-",
}
#: Unicode categories that are escaped: control, format, surrogate, private, unassigned, line and paragraph separators.
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NUMBER_AND_UNIT = re.compile(r"(?<=\d) (?=(?:%|ns|µs|us|ms|s|min|h)(?![\w]))")
_GLUE = "\u00a0"
_BREAK = re.compile(r"[ \t\r\n]+")


class Keep(Enum):
    """Which part of a text stays when it is too long for its place."""

    START = "start"
    BOTH_ENDS = "both ends"
    END = "end"


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal that is ``width`` cells wide and takes text in ``encoding``; an unknown encoding counts as ASCII."""

    width: int
    encoding: str

    def text(self, raw: str) -> str:
        """Return ``raw`` as this terminal can show it, on one line: escaped, and in its encoding."""
        if raw.isascii() and raw.isprintable():
            return raw
        return "".join(self._shown(character) for character in raw)

    def fit(self, shown: str, cells: int, keep: Keep = Keep.START) -> str:
        """Return ``shown``, which `text` made, cut to at most ``cells`` cells with an ellipsis where it was cut."""
        if cell_width(shown) <= cells:
            return shown
        ellipsis = self.text("…")
        room = cells - len(ellipsis)
        if room < 1:
            return _head(shown, cells)
        if keep is Keep.START:
            return _head(shown, room) + ellipsis
        if keep is Keep.END:
            return ellipsis + _tail(shown, room)
        return _head(shown, room - room // 2) + ellipsis + _tail(shown, room // 2)

    def wrap(self, raw: str, *, indent: str = "", hang: str | None = None) -> list[str]:
        """Return ``raw`` in lines no wider than this terminal; ``hang`` is the indent of all lines but the first.

        White space counts as one space. A number keeps its unit beside it. A word wider than a line is broken.
        """
        hang = indent if hang is None else hang
        glued = _NUMBER_AND_UNIT.sub(_GLUE, raw)
        words = [self.text(word.replace(_GLUE, " ")) for word in _BREAK.split(glued) if word]
        lines: list[str] = []
        line, room = indent, self.width - len(indent)
        for word in words:
            rest = word
            if cell_width(rest) > room and line.strip():
                lines.append(line.rstrip())
                line, room = hang, self.width - len(hang)
            while cell_width(rest) > room:
                piece = _head(rest, max(room, 2))
                lines.append(line + piece)
                rest = rest[len(piece) :]
                line, room = hang, self.width - len(hang)
            line += rest + " "
            room = self.width - cell_width(line)
        return [*lines, line.rstrip()] if line.strip() else lines

    def _shown(self, character: str) -> str:
        if unicodedata.category(character) in _ESCAPED:
            return character.encode("unicode_escape").decode("ascii")
        try:
            character.encode(self.encoding)
        except (UnicodeError, LookupError):
            if character.isascii():
                return character
            return _STAND_INS.get(character) or character.encode("unicode_escape").decode("ascii")
        return character


def cell_width(shown: str) -> int:
    """Return how many terminal cells ``shown`` takes: a wide character takes two, a combining one none."""
    if shown.isascii():
        return len(shown)
    from rich.cells import cell_len  # noqa: PLC0415  (rich is imported when there is something to show)

    return cell_len(shown)


def _head(shown: str, cells: int) -> str:
    """Return the longest start of ``shown`` within ``cells`` cells."""
    length = min(len(shown), max(cells, 0))
    while length < len(shown) and cell_width(shown[: length + 1]) <= cells:
        length += 1
    while length and cell_width(shown[:length]) > cells:
        length -= 1
    return shown[:length]


def _tail(shown: str, cells: int) -> str:
    """Return the longest end of ``shown`` within ``cells`` cells."""
    start = max(len(shown) - max(cells, 0), 0)
    while start < len(shown) and cell_width(shown[start:]) > cells:
        start += 1
    return shown[start:]
