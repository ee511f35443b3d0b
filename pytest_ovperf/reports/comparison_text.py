"""Compared runs in a terminal: which runs, in what they differ, the tables, and what is behind the verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.runs.compared import Compared  # noqa: TC001  (public annotations stay resolvable)

from . import figures
from .comparison_layouts import sheet_table
from .comparison_rows import Line, Sheet, difference, run_lines, sheets
from .figure_text import figure_blocks
from .grid import column, grid, plain, rendered, taken
from .layouts import STYLES
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

_NARROWEST = 40
#: Runs, regressions and other things of a kind that are listed at most; all are in the other formats.
_LISTED_AT_MOST = 10
#: Cells of a run's name that are worth more than its commit and its start.
_READABLE = 24


def comparison_text(compared: Compared, *, width: int, colour: bool, encoding: str) -> str:
    """Return the whole text, ending in a newline.

    No line is wider than ``width`` cells (40 at least). Colours are ANSI sequences, and only there when ``colour`` is
    true. Warnings are not part of it: they belong on standard error.
    """
    screen = Screen(max(width, _NARROWEST), encoding)
    tables = sheets(compared)
    blocks = [
        _runs(screen, compared),
        _environment(screen, compared),
        *(part for sheet in tables for part in (plain(screen.wrap(sheet.caption)), sheet_table(screen, sheet))),
        _totals(screen, tables),
        _regressed(screen, tables),
        _doubts(screen, tables),
        *figure_blocks(screen, compared.runs[-1].figures, compared.runs[-1].ladders),
        _listed(screen, "Measured by the first run and not by the last:", compared.missing),
        [line for note in compared.notes for line in plain(screen.wrap(note), "dim")],
    ]
    return "\n".join(rendered(block, screen, colour=colour) for block in blocks if block)


def _runs(screen: Screen, compared: Compared) -> list[RenderableType]:
    lines = run_lines(compared.runs)
    if len(lines) == 1:
        return plain(screen.wrap(" · ".join(part for part in lines[0][1:] if part)))
    half = _LISTED_AT_MOST // 2
    shown = lines if len(lines) <= _LISTED_AT_MOST else [*lines[:half], *lines[-half:]]
    number, name, started, commit = (
        column(title, [(screen.text(line[place]),) for line in shown])
        for place, title in enumerate(("run", "name", "started", "commit"))
    )
    kept = [number, name, started, commit]
    while len(kept) > 2 and taken(kept) - taken([name]) + min(name.width, _READABLE) > screen.width:  # noqa: PLR2004
        kept.pop()
    room = screen.width - (taken(kept) - taken([name]))
    kept[1] = column("name", [(screen.fit(screen.text(line[1]), room),) for line in shown])
    left_out = figures.count(len(lines) - len(shown), "run")
    return [
        *plain(screen.wrap("The last run is judged against the first.")),
        *plain([""]),
        *grid(kept),
        *(plain(screen.wrap(f"({left_out} in the middle not listed)"), "dim") if len(lines) > len(shown) else []),
    ]


def _environment(screen: Screen, compared: Compared) -> list[RenderableType]:
    if len(compared.runs) == 1:
        return []
    if not compared.differences:
        return plain(screen.wrap("No difference of the machines, versions and devices is known."))
    lines = [f"{found.about} {found.name}: {difference(found)}" for found in compared.differences]
    return _listed(screen, "What differs between the runs:", lines)


def _totals(screen: Screen, tables: Sequence[Sheet]) -> list[RenderableType]:
    """Count the verdicts, on as many lines as they need."""
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    lines = [line for sheet in tables for line in sheet.lines]
    styles = {line.verdict: STYLES[line.kind] for line in lines}
    order = [*map(str, STYLES), *styles]
    numbers = Counter(line.verdict for line in lines)
    counted = [Text(f"{numbers[said]} {said}", styles[said]) for said in dict.fromkeys(order) if numbers[said]]
    counts = " and ".join(figures.count(len(sheet.lines), sheet.noun) for sheet in tables)
    line, noted = Text(screen.text(" · ")).join(counted), Text(f"({counts})", "dim")
    if line.cell_len > screen.width:
        return [*counted, noted]
    whole = Text("  ").join([line, noted])
    return [line, noted] if whole.cell_len > screen.width else [whole]


def _regressed(screen: Screen, tables: Sequence[Sheet]) -> list[RenderableType]:
    """Say of each regression what moved: who reads a red build looks for nothing else."""
    found = [line for sheet in tables for line in sheet.lines if line.kind is VerdictKind.REGRESSED]
    if not found:
        return []
    parts = plain(["Regressed:"], STYLES[VerdictKind.REGRESSED])
    for line in found[:_LISTED_AT_MOST]:
        named = " · ".join(part for part in (line.name, line.about.get("arms", ""), line.change) if part)
        parts += plain(screen.wrap(named, indent="  ", hang="    "), "bold")
        for reason in filter(None, (line.moved, *line.reasons)):
            parts += plain(screen.wrap(reason, indent="    ", hang="      "))
    return [*parts, *_more(screen, len(found))]


def _doubts(screen: Screen, tables: Sequence[Sheet]) -> list[RenderableType]:
    """Say once why rows have no clear verdict, however many share the reason."""
    kinds = (VerdictKind.INCONCLUSIVE, VerdictKind.NO_BASELINE)
    found: dict[str, list[Line]] = {}
    for sheet in tables:
        for line in sheet.lines:
            if line.kind in kinds and line.verdict == str(line.kind):
                for reason in line.reasons[-1:]:
                    found.setdefault(reason, []).append(line)
    return _listed(screen, "Without a clear verdict:", [_doubt(reason, lines) for reason, lines in found.items()])


def _doubt(reason: str, lines: Sequence[Line]) -> str:
    names = ", ".join(line.name for line in lines[:3])
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""  # noqa: PLR2004  (as many as are named)
    return f"{names}{more}: {reason}"


def _listed(screen: Screen, title: str, texts: Iterable[str]) -> list[RenderableType]:
    texts = list(texts)
    if not texts:
        return []
    parts = plain(screen.wrap(title))
    for text in texts[:_LISTED_AT_MOST]:
        parts += plain(screen.wrap(text, indent="  ", hang="    "))
    return [*parts, *_more(screen, len(texts))]


def _more(screen: Screen, count: int) -> list[RenderableType]:
    if count <= _LISTED_AT_MOST:
        return []
    return plain(
        screen.wrap(f"… and {count - _LISTED_AT_MOST} more; --format=json has all of them", indent="  "), "dim"
    )
