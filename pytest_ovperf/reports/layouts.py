"""Three ways to lay out the rows of a comparison table, chosen by what fits.

One line a comparison; two or three lines, the intervals below the figures; and, for very narrow terminals, one
comparison below the other. None of them ever cuts a speed-up, an interval, a change or a verdict: names give way.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_ovperf.records import VerdictKind

from .rows import Row  # noqa: TC001  (public annotations stay resolvable)
from .screen import Keep, Screen, cell_width

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

#: How each verdict is coloured.
STYLES = {
    VerdictKind.OK: "green",
    VerdictKind.IMPROVED: "bold green",
    VerdictKind.REGRESSED: "bold red",
    VerdictKind.INCONCLUSIVE: "yellow",
    VerdictKind.NO_BASELINE: "cyan",
}
_GAP = 2
_READABLE_NAME = 40  # cells of a test's name below which a second line is worth more than a single one
_SHORTEST_NAME = 24
_RECOGNISABLE = 12  # cells of a function's name that its parameters may not take
_LONGEST_MODEL = 28
_LONGEST_DEVICE = 16


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its title and its cells as lines, the first line of a cell in ``styles``, the others dim."""

    title: str
    cells: tuple[tuple[str, ...], ...]
    justify: Literal["left", "right"] = "left"
    styles: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return max(cell_width(line) for cell in ((self.title,), *self.cells) for line in cell)


def comparison_table(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    """Return the rows laid out for ``screen``; the fields of `Row` named in ``shared`` are left out."""
    return _one_line(screen, rows, shared) or _two_lines(screen, rows, shared) or _stacked(screen, rows, shared)


def _one_line(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    columns = [
        *_names(screen, rows, shared),
        _column("speed-up", [(row.speedup,) for row in rows], justify="right"),
        _column("interval", [(screen.text(row.interval),) for row in rows], justify="right"),
        _column("baseline", [(screen.text(row.baseline),) for row in rows], justify="right"),
        _column("change", [(row.change,) for row in rows], justify="right"),
        _verdicts([(row.verdict,) for row in rows], rows),
        _column("time", [(row.seconds,) for row in rows], justify="right"),
    ]
    longest = max(cell_width(screen.text(row.test)) for row in rows)
    room = screen.width - _taken(columns)
    if room < min(_READABLE_NAME, longest):
        return []
    test = _column("test", [(_fitted_name(screen, row.test, room),) for row in rows])
    return _grid([test, *columns])


def _names(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[_Column]:
    models = [(screen.fit(screen.text(row.model), _LONGEST_MODEL, Keep.END),) for row in rows]
    devices = [(screen.fit(screen.text(row.device), _LONGEST_DEVICE),) for row in rows]
    columns = {
        "model": _column("model", models),
        "arms": _column("arms", [(screen.text(row.arms),) for row in rows]),
        "device": _column("device", devices),
        "metric": _column("metric", [(row.metric,) for row in rows]),
    }
    return [column for name, column in columns.items() if name not in shared]


def _two_lines(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    figures = [
        _column("speed-up", [(row.speedup, screen.text(row.interval)) for row in rows], justify="right"),
        _column("baseline", [(screen.text(row.baseline),) for row in rows], justify="right"),
        _column("change", [(row.change,) for row in rows], justify="right"),
        _verdicts([(row.verdict, row.seconds) for row in rows], rows),
    ]
    room = screen.width - _taken(figures)
    if room < _SHORTEST_NAME:
        return []
    test = _column("test", [_name_lines(screen, row, shared, room) for row in rows])
    return _grid([test, *figures])


def _name_lines(screen: Screen, row: Row, shared: frozenset[str], room: int) -> tuple[str, ...]:
    """Name a comparison: its test, its arms, and what neither the test's name nor the line above the table says."""
    name = _fitted_name(screen, row.test, room)
    arms = screen.text(row.arms)
    details = screen.text(" · ".join(_unsaid(row, shared, name)))
    together = "  " + arms + (screen.text(" · ") + details if details else "")
    if cell_width(together) <= room:
        return (name, together)
    lines = [arms, details] if details else [arms]
    return (name, *("  " + screen.fit(line, room - 2, Keep.BOTH_ENDS) for line in lines))


def _fitted_name(screen: Screen, test: str, room: int) -> str:
    """Cut a test's name before its parameters while that leaves something of the name: they tell cases apart."""
    function, bracket, parameters = screen.text(test).partition("[")
    for_function = room - cell_width(bracket + parameters)
    if for_function >= min(_RECOGNISABLE, cell_width(function)):
        return screen.fit(function, for_function) + bracket + parameters
    return screen.fit(function + bracket + parameters, room, Keep.BOTH_ENDS)


def _unsaid(row: Row, shared: frozenset[str], known: str) -> list[str]:
    parameters = known.partition("[")[2]
    return [
        *([row.model] if "model" not in shared and row.model not in parameters else []),
        *([row.device] if "device" not in shared and row.device not in parameters else []),
        *([row.metric] if "metric" not in shared else []),
    ]


def _stacked(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    lines: list[RenderableType] = []
    for row in rows:
        lines += [Text(line) for line in screen.wrap(row.test)]
        about = " · ".join([row.arms, *_unsaid(row, shared, row.test)])
        lines += [Text(line, "dim") for line in screen.wrap(about, indent="  ")]
        measured = f"{row.speedup} ({row.interval}), baseline {row.baseline}"
        lines += [Text(line) for line in screen.wrap(measured, indent="  ")]
        verdict = Text("  ").append(row.verdict, STYLES[row.kind])
        lines.append(verdict.append(f"  {row.change}") if row.change else verdict)
    return lines


def _column(title: str, cells: Sequence[tuple[str, ...]], *, justify: Literal["left", "right"] = "left") -> _Column:
    return _Column(title, tuple(cells), justify)


def _verdicts(cells: Sequence[tuple[str, ...]], rows: Sequence[Row]) -> _Column:
    return _Column("verdict", tuple(cells), styles=tuple(STYLES[row.kind] for row in rows))


def _taken(columns: Sequence[_Column]) -> int:
    return sum(column.width + _GAP for column in columns)


def _grid(columns: Sequence[_Column]) -> list[RenderableType]:
    """Return the lines of the table, each column exactly as wide as its widest line.

    Laid out here and not by rich's own table: that one decides again about widths, and differently from release to
    release.
    """
    lines = [_line(columns, [(column.title, "bold") for column in columns])]
    lines.append(_line(columns, [("─" * column.width, "dim") for column in columns]))
    for number in range(len(columns[0].cells)):
        cells = [column.cells[number] for column in columns]
        styles = [column.styles[number] if column.styles else "" for column in columns]
        lines.append(_line(columns, [(cell[0], style) for cell, style in zip(cells, styles, strict=True)]))
        lines += [
            _line(columns, [(cell[depth] if depth < len(cell) else "", "dim") for cell in cells])
            for depth in range(1, max(map(len, cells)))
        ]
    return list(lines)


def _line(columns: Sequence[_Column], cells: Sequence[tuple[str, str]]) -> Text:
    """Return one line of the table from a text and a style for each column."""
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    line = Text()
    for column, (text, style) in zip(columns, cells, strict=True):
        blank = " " * (column.width - cell_width(text))
        line.append(" " * _GAP if line else "")
        parts = [(blank, ""), (text, style)] if column.justify == "right" else [(text, style), (blank, "")]
        for part, part_style in parts:
            line.append(part, part_style)
    line.rstrip()
    return line
