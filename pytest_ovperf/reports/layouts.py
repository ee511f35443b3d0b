"""Three ways to lay out the rows of a comparison table, chosen by what fits.

One line a comparison; two or three lines, the intervals below the figures; and, for very narrow terminals, one
comparison below the other. None of them ever cuts a speed-up, an interval, a change or a verdict: names give way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence  # noqa: TC003  (public annotations stay resolvable)
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind

from . import figures
from .grid import Column, arm_lines, column, fitted_name, grid, taken
from .rows import Row  # noqa: TC001  (public annotations stay resolvable)
from .screen import Keep, Screen, cell_width

if TYPE_CHECKING:
    from rich.console import RenderableType

#: How each verdict is coloured.
STYLES = {
    VerdictKind.OK: "green",
    VerdictKind.IMPROVED: "bold green",
    VerdictKind.REGRESSED: "bold red",
    VerdictKind.INCONCLUSIVE: "yellow",
    VerdictKind.NO_BASELINE: "cyan",
}
_READABLE_NAME = 40  # cells of a test's name below which a second line is worth more than a single one
_SHORTEST_NAME = 24
_LONGEST_MODEL = 28
_LONGEST_DEVICE = 16


def verdict_column(cells: Sequence[tuple[str, ...]], kinds: Iterable[VerdictKind | None]) -> Column:
    """Return the column of verdicts, the first line of each cell in the colour of its kind; ``None`` has none."""
    return Column("verdict", tuple(cells), styles=tuple(STYLES[kind] if kind else "" for kind in kinds))


def comparison_table(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    """Return the rows laid out for ``screen``; the fields of `Row` named in ``shared`` are left out."""
    return _one_line(screen, rows, shared) or _two_lines(screen, rows, shared) or _stacked(screen, rows, shared)


def _one_line(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    columns = [
        *_names(screen, rows, shared | _in_parameters(rows)),
        column("arms' figures", [(screen.text(_figures(row, " / ")),) for row in rows], justify="right"),
        column("speed-up", [(row.speedup,) for row in rows], justify="right"),
        column("interval", [(screen.text(row.interval),) for row in rows], justify="right"),
        column("baseline", [(screen.text(row.baseline),) for row in rows], justify="right"),
        column("change", [(row.change,) for row in rows], justify="right"),
        verdict_column([(row.verdict,) for row in rows], (row.kind for row in rows)),
        column("time", [(row.seconds,) for row in rows], justify="right"),
    ]
    longest = max(map(cell_width, ("test", *(screen.text(row.test) for row in rows))))  # its title needs room, too
    room = screen.width - taken(columns)
    if room < min(_READABLE_NAME, longest):
        return []
    test = column("test", [(fitted_name(screen, row.test, room),) for row in rows])
    return grid([test, *columns])


def _in_parameters(rows: Sequence[Row]) -> frozenset[str]:
    """Name the fields that the parameters of every test say already."""
    told = {row: row.test.partition("[")[2] for row in rows}
    return frozenset(field for field in ("model", "device") if all(getattr(row, field) in told[row] for row in rows))


def _names(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[Column]:
    models = [(screen.fit(screen.text(row.model), _LONGEST_MODEL, Keep.END),) for row in rows]
    devices = [(screen.fit(screen.text(row.device), _LONGEST_DEVICE),) for row in rows]
    columns = {
        "model": column("model", models),
        "arms": column("arms", [(screen.text(row.arms),) for row in rows]),
        "device": column("device", devices),
        "metric": column("metric", [(row.metric,) for row in rows]),
    }
    return [each for name, each in columns.items() if name not in shared]


def _two_lines(screen: Screen, rows: Sequence[Row], shared: frozenset[str]) -> list[RenderableType]:
    columns = [
        column("speed-up", [(row.speedup, screen.text(row.interval)) for row in rows], justify="right"),
        column("baseline", [(screen.text(row.baseline),) for row in rows], justify="right"),
        column("change", [(row.change,) for row in rows], justify="right"),
        verdict_column([(row.verdict, row.seconds) for row in rows], (row.kind for row in rows)),
    ]
    room = screen.width - taken(columns)
    if room < _SHORTEST_NAME:
        return []
    test = column("test", [_name_lines(screen, row, shared, room) for row in rows])
    return grid([test, *columns])


def _name_lines(screen: Screen, row: Row, shared: frozenset[str], room: int) -> tuple[str, ...]:
    """Name a comparison: its test, its arms, and what neither the test's name nor the line above the table says."""
    name = fitted_name(screen, row.test, room)
    arms = screen.text(row.arms)
    details = screen.text(" · ".join([*_unsaid(row, shared, name), _figures(row)]))
    together = "  " + arms + screen.text(" · ") + details
    if cell_width(together) <= room:
        return (name, together)
    # Names give way, figures do not: where all that is unsaid is too wide, they get a line of their own.
    lines = [details]
    if cell_width(details) > room - 2:
        lines = [screen.text(" · ".join(_unsaid(row, shared, name))), screen.text(_figures(row))]
    lines = arm_lines(screen, row.arms, room - 2) + lines
    return (name, *("  " + screen.fit(line, room - 2, Keep.BOTH_ENDS) for line in lines if line))


def _figures(row: Row, between: str = " against ") -> str:
    """Return both arms' own figures, the unit once where it is the same: ``4.10 against 11.1 ms``."""
    return figures.beside(row.candidate, row.reference, between)


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
        about = " · ".join([row.arms, *_unsaid(row, shared, row.test), _figures(row)])
        lines += [Text(line, "dim") for line in screen.wrap(about, indent="  ")]
        measured = f"{row.speedup} ({row.interval}), baseline {row.baseline}"
        lines += [Text(line) for line in screen.wrap(measured, indent="  ")]
        verdict = Text("  ").append(row.verdict, STYLES[row.kind])
        lines.append(verdict.append(f"  {row.change}") if row.change else verdict)
    return lines
