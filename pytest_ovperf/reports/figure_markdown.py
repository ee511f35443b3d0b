"""Absolute figures and measured ladders as Markdown tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figure_rows import figure_rows, ladder_table
from .markdown_text import code, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.runs.view import FigureView, LadderView

_SIGNS = {"held": "✅", "missed": "❌"}


def figure_lines(views: Sequence[FigureView]) -> list[str]:
    """Return the table of absolute figures line by line, each with its end; empty where there are none."""
    lines = []
    for row in figure_rows(views):
        about = " · ".join(text(part) for part in (row.arm, row.model, row.workload, row.device))
        cells = [
            f"{code(row.test)}<br>{about}",
            text(row.metric),
            f"{row.value}<br>{row.interval}",
            row.percentiles,
            row.target,
            f"{_SIGNS[row.said]} {row.said}" if row.said else "",
        ]
        lines.append(f"| {' | '.join(cells)} |\n")
    return lines


#: What stands above `figure_lines`.
FIGURE_HEAD = (
    "**Absolute figures**, which hold for this machine only",
    "",
    "| figure of | metric | value | percentiles of a call | asked for | |",
    "|:--|:--|--:|:--|--:|:--|",
    "",
)


def ladder_markdown(view: LadderView) -> str:
    """Return the table of one ladder with its title above and its remarks below."""
    table = ladder_table(view)
    rows = [f"| {' | '.join([code(name), *cells])} |\n" for name, *cells in table.lines]
    rule = "|".join([":--", *["--:"] * (len(table.head) - 1)])
    remarks = "".join(
        f"\n- {text(each)}" for each in (*(f"Not measured: {gone}" for gone in table.absent), *table.notes)
    )
    return f"**{text(table.title)}**\n\n| {' | '.join(table.head)} |\n|{rule}|\n{''.join(rows)}{remarks}\n"
