"""The summary at the end of a run: a table, the totals, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from typing import TYPE_CHECKING

from pytest_ovperf.records import ComparisonRecord  # noqa: TC001  (public annotations stay resolvable)
from pytest_ovperf.runs.of_layers import layers_views

from . import figures, layer_lines
from .advice import RunFacts, Step, next_steps
from .grid import plain, rendered
from .layouts import STYLES, comparison_table
from .races import caption, race_table
from .rows import Row, rows
from .screen import Screen

if TYPE_CHECKING:
    from rich.console import RenderableType

#: pytest itself takes a terminal that claims to be narrower than this for one of 80 columns.
_NARROWEST = 40


def summary(
    records: Sequence[ComparisonRecord],
    run: RunFacts,
    *,
    width: int,
    colour: bool,
    encoding: str,
) -> str:
    """Return the text of the terminal summary, ending in a newline; nothing at all where there is nothing to say.

    No line is wider than ``width`` cells (40 at least) but for commands to copy, which stand alone and unbroken.
    Colours are ANSI sequences, and only there when ``colour`` is true.
    """
    if not (records or run.notes):
        return ""
    screen = Screen(max(width, _NARROWEST), encoding)
    raced = [record for record in records if record.comparison.is_race]
    compared = [record for record in records if not record.comparison.is_race]
    blocks: list[list[RenderableType]] = []
    if raced:
        blocks += [plain(screen.wrap(caption(raced))), race_table(screen, raced, whole=run.explain)]
    if compared:
        table = rows(compared)
        shared = _shared(table)
        blocks += [plain(screen.wrap(_caption(table, shared))), comparison_table(screen, table, shared)]
        blocks += _layers(screen, compared, whole=run.explain)
    blocks += [_totals(screen, records)] * bool(records)
    written = [rendered(block, screen, colour=colour) for block in blocks]
    written += [_step(step, screen, colour=colour) for step in next_steps(records, run)]
    return "\n".join(written)


def _shared(table: Sequence[Row]) -> frozenset[str]:
    """Name the fields that are the same in every row: they are said once, above the table."""
    names = ("model", "device", "metric", "confidence")
    return frozenset(name for name in names if len({getattr(row, name) for row in table}) == 1)


def _caption(table: Sequence[Row], shared: frozenset[str]) -> str:
    first = table[0]
    words = ["Speed-up" if len(table) == 1 else "Speed-ups"]
    words += [f"in {first.metric}"] if "metric" in shared else []
    words += [f"of {first.model}"] if "model" in shared else []
    words += [f"on {first.device}"] if "device" in shared else []
    text = " ".join(words)
    return f"{text}, intervals at {first.confidence} confidence" if "confidence" in shared else text


def _layers(screen: Screen, records: Sequence[ComparisonRecord], *, whole: bool) -> list[list[RenderableType]]:
    """Say which graphs changed without making anything slower, or the ``whole`` of what is known of all."""
    known = [(record.comparison, record.verdict.kind, layers_views(record.explained)) for record in records]
    if not whole:
        notes = layer_lines.at_most(
            note
            for asked, kind, views in known
            for note in layer_lines.noted(views, asked.model, kind, is_race=asked.is_race)
        )
        return [plain([line for note in notes for line in screen.wrap(f"{note}.", hang="  ")])] if notes else []
    blocks = (
        block for asked, _, views in known for block in layer_lines.blocks(views, f"{asked.model}, {asked.workload}")
    )
    return [
        plain(
            [*screen.wrap(f"{head}:"), *(line for each in said for line in screen.wrap(each, indent="  ", hang="    "))]
        )
        for head, said in dict.fromkeys(blocks)
    ]


def _totals(screen: Screen, records: Sequence[ComparisonRecord]) -> list[RenderableType]:
    """Count the verdicts on one line, or one below the other where that does not fit."""
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    numbers = Counter(record.verdict.kind for record in records if record.judged and not record.stored)
    totals = [Text(f"{numbers[kind]} {kind}", style) for kind, style in STYLES.items() if numbers[kind]]
    for words, count in (
        ("recorded", sum(record.stored for record in records)),
        ("not judged", sum(not record.judged for record in records)),
    ):
        totals += [Text(f"{count} {words}", "dim")] * bool(count)
    effort = figures.count(len(records), "race" if all(each.comparison.is_race for each in records) else "comparison")
    spent = Text(f"({effort} in {figures.duration(sum(record.seconds for record in records))})", "dim")
    line = Text(screen.text(" · ")).join(totals)
    if line.cell_len > screen.width:
        return [*totals, spent]
    whole = Text("  ").join([line, spent])
    return [line, spent] if whole.cell_len > screen.width else [whole]


def _step(step: Step, screen: Screen, *, colour: bool) -> str:
    lines = rendered(plain(screen.wrap(step.text)), screen, colour=colour)
    listed = [part for text in step.listed for part in screen.wrap(text, indent="  ", hang="      ")]
    lines += rendered(plain(listed), screen, colour=colour)
    # A command is copied, so it is neither wrapped nor cut, whatever the width.
    wide = Screen(10 * sum(map(len, step.commands)) + screen.width, screen.encoding)
    return lines + rendered(
        plain([f"  {wide.text(command)}" for command in step.commands], "bold"), wide, colour=colour
    )
