"""Absolute figures and measured ladders on a terminal: tables of their own, below or without those of ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.runs.of_figures import figure_views, ladder_views

from .figure_rows import FigureRow, LadderTable, figure_rows, ladder_table
from .grid import Column, column, fitted_name, grid, plain, rendered, taken
from .screen import Keep, Screen, cell_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from pytest_ovperf.figure import FigureRecord, LadderRecord
    from pytest_ovperf.runs.view import FigureView, LadderView

_NARROWEST = 40
_READABLE_NAME = 30
_SHORTEST_NAME = 24
_CAPTION = "Absolute figures, which hold for this machine only, with intervals at 95 % confidence"
_MISSED, _HELD = "bold red", "green"


def figures_summary(
    figures: Sequence[FigureRecord], ladders: Sequence[LadderRecord], *, width: int, colour: bool, encoding: str
) -> str:
    """Return the tables of a run's absolute figures and ladders, ending in a newline; empty where there are none.

    No line is wider than ``width`` cells (40 at least).
    """
    screen = Screen(max(width, _NARROWEST), encoding)
    blocks = figure_blocks(screen, figure_views(figures), ladder_views(ladders))
    return "\n".join(rendered(block, screen, colour=colour) for block in blocks)


def figure_blocks(
    screen: Screen, figures: Sequence[FigureView], ladders: Sequence[LadderView]
) -> list[list[RenderableType]]:
    """Return the tables as blocks between which a line is left free: each ladder, then the figures."""
    blocks = [_ladder(screen, ladder_table(view)) for view in ladders]
    rows = figure_rows(figures)
    return [*blocks, [*plain([*screen.wrap(_CAPTION), ""]), *_figures(screen, rows)]] if rows else blocks


def _figures(screen: Screen, rows: Sequence[FigureRow]) -> list[RenderableType]:
    return _one_line(screen, rows) or _two_lines(screen, rows) or _stacked(screen, rows)


def _one_line(screen: Screen, rows: Sequence[FigureRow]) -> list[RenderableType]:
    columns = [
        _column(screen, "arm", [row.arm for row in rows]),
        _column(screen, "model", [row.model for row in rows]),
        _column(screen, "metric", [row.metric for row in rows]),
        _column(screen, "figure", [row.value for row in rows], right=True),
        _column(screen, "interval", [row.interval for row in rows], right=True),
        _column(screen, "percentiles of a call", [row.percentiles for row in rows]),
        _column(screen, "target", [row.target for row in rows], right=True),
        _said(rows),
    ]
    columns = [each for each in columns if any(cell[0] for cell in each.cells)]
    room = screen.width - taken(columns)
    longest = max(cell_width(screen.text(row.test)) for row in rows)
    if room < min(_READABLE_NAME, longest):
        return []
    return grid([column("test", [(fitted_name(screen, row.test, room),) for row in rows]), *columns])


def _two_lines(screen: Screen, rows: Sequence[FigureRow]) -> list[RenderableType]:
    columns = [
        column("figure", [(screen.text(row.value), screen.text(row.interval)) for row in rows], justify="right"),
        _column(screen, "target", [row.target for row in rows], right=True),
        _said(rows),
    ]
    columns = [each for each in columns if any(cell[0] for cell in each.cells)]
    room = screen.width - taken(columns)
    if room < _SHORTEST_NAME:
        return []
    return grid([column("test", [_name_lines(screen, row, room) for row in rows]), *columns])


def _name_lines(screen: Screen, row: FigureRow, room: int) -> tuple[str, ...]:
    model = [] if row.model in row.test.partition("[")[2] else [row.model]
    arm = screen.text(" · ".join([row.arm, *model]))
    together = screen.text(" · ").join([arm, row.metric])
    fits = cell_width(together) <= room - 2
    lines = [together] if fits else [screen.fit(arm, room - 2, Keep.BOTH_ENDS), row.metric]
    # A line for each percentile that does not fit beside the ones before it: figures are never cut.
    lines += [line.strip() for line in Screen(room - 2, screen.encoding).wrap(_whole(row.percentiles))]
    return (fitted_name(screen, row.test, room), *(f"  {line}" for line in lines))


def _whole(percentiles: str) -> str:
    """Keep the name of a percentile and its figure on one line."""
    return percentiles.replace(" ", "\N{NO-BREAK SPACE}").replace(",\N{NO-BREAK SPACE}", ", ")


def _stacked(screen: Screen, rows: Sequence[FigureRow]) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    lines: list[RenderableType] = []
    for row in rows:
        lines += plain(screen.wrap(row.test))
        lines += plain(screen.wrap(f"{row.arm} · {row.model} · {row.metric}", indent="  "), "dim")
        held_to = f", target {row.target}" if row.target else ""
        lines += plain(screen.wrap(f"{row.value} ({row.interval}){held_to}", indent="  "))
        lines += plain(screen.wrap(_whole(row.percentiles), indent="  "), "dim") if row.percentiles else []
        lines += [Text("  ").append(row.said, _MISSED if row.is_missed else _HELD)] if row.said else []
    return lines


def _said(rows: Sequence[FigureRow]) -> Column:
    styles = tuple(_MISSED if row.is_missed else _HELD for row in rows)
    return Column("", tuple((row.said,) for row in rows), styles=styles)


def _column(screen: Screen, title: str, texts: Sequence[str], *, right: bool = False) -> Column:
    return column(title, [(screen.text(text),) for text in texts], justify="right" if right else "left")


def _ladder(screen: Screen, table: LadderTable) -> list[RenderableType]:
    parts = plain([*screen.wrap(table.title), ""])
    parts += (
        _rungs(screen, table.head, table.lines)
        or _rungs(screen, table.narrow_head, table.narrow)
        or _rungs_below_names(screen, table)
    )
    for text in (*(f"Not measured: {absent}" for absent in table.absent), *table.notes):
        parts += plain(screen.wrap(text, hang="  "), "dim")
    return parts


def _rungs(screen: Screen, head: Sequence[str], lines: Sequence[tuple[str, ...]]) -> list[RenderableType]:
    """Return a line a rung, nothing where that is too wide or there is none."""
    columns = [
        _column(screen, title, [line[place] for line in lines], right=place > 0) for place, title in enumerate(head)
    ]
    if not lines or taken(columns) > screen.width + 2:  # the first column has no gap before it
        return []
    return grid(columns)


def _rungs_below_names(screen: Screen, table: LadderTable) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for line in table.narrow:
        lines += plain([screen.fit(screen.text(line[0]), screen.width, Keep.BOTH_ENDS)], "bold")
        figures = ", ".join(f"{title} {cell}" for title, cell in zip(table.narrow_head[1:], line[1:], strict=True))
        lines += plain(screen.wrap(figures, indent="  "))
    return lines
