"""Tables of a terminal: columns of cells, laid out by counted cells, and turned into text at exactly one width."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from .screen import Keep, Screen, cell_width

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_GAP = 2
_RECOGNISABLE = 12  # cells of a function's name that its parameters may not take


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title and its cells as lines, the first line of a cell in ``styles``, the others dim."""

    title: str
    cells: tuple[tuple[str, ...], ...]
    justify: Literal["left", "right"] = "left"
    styles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The cells of its widest line."""
        return max(cell_width(line) for cell in ((self.title,), *self.cells) for line in cell)


def column(title: str, cells: Sequence[tuple[str, ...]], *, justify: Literal["left", "right"] = "left") -> Column:
    """Return a column without colours."""
    return Column(title, tuple(cells), justify)


def taken(columns: Sequence[Column]) -> int:
    """Return the cells that ``columns`` take from a line, with the gap before each of them."""
    return sum(each.width + _GAP for each in columns)


def grid(columns: Sequence[Column], below: Sequence[Sequence[RenderableType]] = ()) -> list[RenderableType]:
    """Return the lines of the table, each column exactly as wide as its widest line.

    ``below`` has, for each row, lines over all columns that follow it.

    Laid out here and not by rich's own table: that one decides again about widths, and differently from release to
    release.
    """
    lines: list[RenderableType] = [_line(columns, [(each.title, "bold") for each in columns])]
    lines.append(_line(columns, [("─" * each.width, "dim") for each in columns]))
    for number in range(len(columns[0].cells)):
        cells = [each.cells[number] for each in columns]
        styles = [each.styles[number] if each.styles else "" for each in columns]
        lines.append(_line(columns, [(cell[0], style) for cell, style in zip(cells, styles, strict=True)]))
        lines += [
            _line(columns, [(cell[depth] if depth < len(cell) else "", "dim") for cell in cells])
            for depth in range(1, max(map(len, cells)))
        ]
        lines += below[number] if below else ()
    return lines


def _line(columns: Sequence[Column], cells: Sequence[tuple[str, str]]) -> Text:
    """Return one line of the table from a text and a style for each column."""
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    line = Text()
    for each, (text, style) in zip(columns, cells, strict=True):
        blank = " " * (each.width - cell_width(text))
        line.append(" " * _GAP if line else "")
        parts = [(blank, ""), (text, style)] if each.justify == "right" else [(text, style), (blank, "")]
        for part, part_style in parts:
            line.append(part, part_style)
    line.rstrip()
    return line


def fitted_name(screen: Screen, test: str, room: int) -> str:
    """Cut a test's name before its parameters while that leaves something of the name: they tell cases apart."""
    function, bracket, parameters = screen.text(test).partition("[")
    for_function = room - cell_width(bracket + parameters)
    if for_function >= min(_RECOGNISABLE, cell_width(function)):
        return screen.fit(function, for_function) + bracket + parameters
    return screen.fit(function + bracket + parameters, room, Keep.BOTH_ENDS)


def arm_lines(screen: Screen, arms: str, room: int) -> list[str]:
    """Return the arms of a comparison in one line; functions of the user's in one each where both do not fit.

    Of a long import path the end is kept: the function's name.
    """
    shown = screen.text(arms)
    if cell_width(shown) <= room:
        return [shown]
    candidate, over, reference = shown.partition(" over ")
    if not over or ":" not in shown:
        return [screen.fit(shown, room, Keep.BOTH_ENDS)]
    over = over.lstrip()
    return [screen.fit(candidate, room, Keep.END), over + screen.fit(reference, room - len(over), Keep.END)]


def plain(lines: Sequence[str], style: str = "") -> list[RenderableType]:
    """Return lines of text in one style."""
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    return [Text(line, style) for line in lines]


def rendered(parts: Sequence[RenderableType], screen: Screen, *, colour: bool) -> str:
    """Return what rich makes of these parts at exactly this width, whatever it would find out by itself."""
    from rich.console import Console  # noqa: PLC0415  (rich is imported when there is something to show)

    console = Console(
        file=StringIO(),
        width=screen.width,
        height=100,
        color_system="standard" if colour else None,
        force_terminal=colour,
        force_jupyter=False,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
        _environ={},
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part, no_wrap=True, overflow="ignore", crop=False)
    text = captured.get() if screen.text("─") == "─" else captured.get().replace("─", "-")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
