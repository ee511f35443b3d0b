"""Three ways to lay out a table of compared runs, chosen by what fits.

One line a row; two or three lines, the intervals below the figures; and one row below the other. The first run, the
last one, the change and the verdict are never cut: names give way, and so do the runs in between.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from typing import TYPE_CHECKING

from . import figures
from .comparison_rows import Line, Sheet  # noqa: TC001  (public annotations stay resolvable)
from .grid import Column, arm_lines, column, fitted_name, grid, plain, taken
from .layouts import STYLES, verdict_column
from .screen import Keep, Screen, cell_width

if TYPE_CHECKING:
    from rich.console import RenderableType

_READABLE_NAME = 40  # cells of a test's name below which a second line is worth more than a single one
_SHORTEST_NAME = 24
_LONGEST_MODEL = 28


def sheet_table(screen: Screen, sheet: Sheet) -> list[RenderableType]:
    """Return the table laid out for ``screen``."""
    between = max(len(sheet.columns) - 2, 0)
    runs = [
        _texts(screen, title, [(line.figures[at],) for line in sheet.lines]) for at, title in enumerate(sheet.columns)
    ]
    table = _one_line(screen, sheet, runs)
    if table:
        return table
    for left_out in range(between + 1):  # those left out are the oldest: the newest tell most
        table = _two_lines(screen, sheet, [*runs[:1], *runs[left_out + 1 :]])
        if table:
            return [*table, *_left_out(screen, left_out)]
    return [*_stacked(screen, sheet), *_left_out(screen, between)]


def _left_out(screen: Screen, count: int) -> list[RenderableType]:
    if count < 1:
        return []
    text = f"({figures.count(count, 'run')} after the first left out of the table, which is too wide otherwise)"
    return plain(screen.wrap(text), "dim")


def _one_line(screen: Screen, sheet: Sheet, runs: Sequence[Column]) -> list[RenderableType]:
    columns = [
        *_about(screen, sheet),
        _texts(screen, "arms' figures", [(line.own.replace(" against ", " / "),) for line in sheet.lines]),
        *runs,
        _texts(screen, sheet.spread_title, [(line.spread,) for line in sheet.lines]),
        _texts(screen, "change", [(line.change,) for line in sheet.lines]),
        _texts(screen, "between", [(line.between,) for line in sheet.lines]),
        _verdicts(screen, sheet, [""] * len(sheet.lines)),
    ]
    columns = [each for each in columns if any(cell[0] for cell in each.cells)]
    longest = max(cell_width(screen.text(line.name)) for line in sheet.lines)
    room = screen.width - taken(columns)
    if room < min(_READABLE_NAME, longest):
        return []
    return grid([column("test", [(fitted_name(screen, line.name, room),) for line in sheet.lines]), *columns])


def _about(screen: Screen, sheet: Sheet) -> list[Column]:
    """Return a column for each of the fields that not all lines share, and that their tests' names do not say."""
    names = [
        name
        for name in sheet.lines[0].about
        if name not in sheet.shared and any(line.about[name] in _unsaid(sheet, line, line.name) for line in sheet.lines)
    ]
    return [
        column(name, [(screen.fit(screen.text(line.about[name]), _LONGEST_MODEL, Keep.END),) for line in sheet.lines])
        if name == "model"
        else column(name, [(screen.text(line.about[name]),) for line in sheet.lines])
        for name in names
    ]


def _two_lines(screen: Screen, sheet: Sheet, runs: Sequence[Column]) -> list[RenderableType]:
    columns = [
        *runs[:-1],
        _texts(screen, sheet.columns[-1], [(line.figures[-1], line.spread) for line in sheet.lines]),
        _texts(screen, "change", [(line.change,) for line in sheet.lines]),
        _verdicts(screen, sheet, [line.between for line in sheet.lines]),
    ]
    columns = [each for each in columns if any(cell[0] for cell in each.cells)]
    room = screen.width - taken(columns)
    longest = max(cell_width(screen.text(line.name)) for line in sheet.lines)
    if room < (_SHORTEST_NAME if len(runs) <= 2 else min(_READABLE_NAME, longest)):  # noqa: PLR2004  (first and last)
        return []
    return grid([column("test", [_name_lines(screen, sheet, line, room) for line in sheet.lines]), *columns])


def _name_lines(screen: Screen, sheet: Sheet, line: Line, room: int) -> tuple[str, ...]:
    """Name a row: its test, and what neither the test's parameters nor the line above the table says."""
    name = fitted_name(screen, line.name, room)
    about = [*_unsaid(sheet, line, name), *([line.own] if line.own else [])]
    together = "  " + screen.text(" · ".join(about))
    if not about or cell_width(together) <= room:
        return (name, together) if about else (name,)
    lines = [about[0], " · ".join(about[1:])] if about[1:] else about
    if len(about) > 2 and cell_width(screen.text(lines[1])) > room - 2:  # noqa: PLR2004  (figures are never cut)
        lines = [about[0], " · ".join(about[1:-1]), about[-1]]
    return (name, *("  " + shown for each in lines for shown in arm_lines(screen, each, room - 2)))


def _unsaid(sheet: Sheet, line: Line, known: str) -> list[str]:
    parameters = known.partition("[")[2]
    unsaid = {name: text for name, text in line.about.items() if name not in sheet.shared}
    return [text for name, text in unsaid.items() if name not in ("model", "device") or text not in parameters]


def _stacked(screen: Screen, sheet: Sheet) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    lines: list[RenderableType] = []
    for line in sheet.lines:
        lines += plain(screen.wrap(line.name))
        about = [*_unsaid(sheet, line, line.name), *([line.own] if line.own else [])]
        lines += plain(screen.wrap(" · ".join(about), indent="  "), "dim")
        ends = dict(zip(sheet.columns, line.figures, strict=True))
        ends = {title: ends[title] for title in (sheet.columns[0], sheet.columns[-1]) if ends[title]}
        measured = ", ".join(f"{title} {figure}" for title, figure in ends.items())
        lines += plain(screen.wrap(f"{measured} ({line.spread})", indent="  "))
        change = f"  {line.change} ({line.between})" if line.change and line.between else f"  {line.change}"
        lines.append(Text("  ").append(line.verdict, STYLES[line.kind]).append(change.rstrip()))
    return lines


def _texts(screen: Screen, title: str, cells: Sequence[tuple[str, ...]]) -> Column:
    return column(title, [tuple(screen.text(text) for text in cell) for cell in cells], justify="right")


def _verdicts(screen: Screen, sheet: Sheet, below: Sequence[str]) -> Column:
    cells = [
        tuple(screen.text(text) for text in (line.verdict, under) if text)
        for line, under in zip(sheet.lines, below, strict=True)
    ]
    return verdict_column(cells, (line.kind for line in sheet.lines))
