"""The races of a run, new release over old, as text: one row an arm, whichever tests asked for it. Formatting only.

What changed in an arm's execution graph stands below its row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.records import ComparisonRecord, VerdictKind  # noqa: TC001  (see above)
from pytest_ovperf.runs.of_layers import layers_views
from pytest_ovperf.runs.of_records import said_of

from . import figures, layer_lines
from .grid import Column, column, grid, plain, taken
from .layouts import STYLES, verdict_column
from .screen import Keep, Screen, cell_width

if TYPE_CHECKING:
    from rich.console import RenderableType

_RELEASE = re.compile(r"\d+(?:\.\d+)*")
_SHORTEST_NAME = 20
_SHARED = ("device", "metric", "workload")


@dataclass(frozen=True, slots=True)
class RaceRow:
    """A race as it is written: every figure rounded and with its unit. ``old`` and ``new`` are both sides' own.

    ``graph`` says how the arm's graph stands to the old one's, empty where that is not known. ``layers`` are the lines
    about it.
    """

    model: str
    arm: str
    device: str
    metric: str
    workload: str
    old: str
    new: str
    over: str
    interval: str
    verdict: str
    kind: VerdictKind
    seconds: str
    graph: str = ""
    layers: tuple[str, ...] = ()


def release_of(versions: str) -> str:
    """Return the release that OpenVINO's account of its version begins with: ``2026.4.1`` of ``2026.4.1-204-ab``."""
    found = _RELEASE.match(versions)
    return found.group() if found else versions


def releases(record: ComparisonRecord) -> tuple[str, str]:
    """Return the releases that were raced, the old one first; this environment's is empty where nothing told it."""
    versions = record.launches[-1].candidate.versions if record.launches else {}
    return record.comparison.reference.release, release_of(versions.get("openvino", ""))


def caption(records: Sequence[ComparisonRecord]) -> str:
    """Return what stands above the table of races, one or more, all against the same release."""
    old, new = releases(records[0])
    asked = [record.comparison for record in records]
    metrics = {f"in {each.metric}" for each in asked}
    devices = {f"on {each.candidate.device}" for each in asked}
    words = [word for alike in (metrics, devices) if len(alike) == 1 for word in alike]
    level = figures.chosen_percent(records[0].speedup.confidence)
    return (
        f"{' '.join([f'Raced against OpenVINO {old}', *words])}, each arm turn by turn on the same files and inputs. "
        f"New is this environment's OpenVINO{f' {new}' if new else ''}, old the other; above 1 the new one is better. "
        f"Intervals at {level} confidence"
    )


def _row(record: ComparisonRecord, *, whole: bool) -> RaceRow:
    asked, found, views = record.comparison, record.speedup, layers_views(record.explained)
    return RaceRow(
        model=asked.model,
        arm=asked.candidate.name,
        device=asked.candidate.device,
        metric=str(asked.metric),
        workload=str(asked.workload),
        old=figures.cost(found.reference_cost, asked.metric),
        new=figures.cost(found.candidate_cost, asked.metric),
        over=figures.speedup(found.ratio),
        interval=figures.interval(found.low, found.high),
        verdict=said_of(record),
        kind=record.verdict.kind,
        seconds=figures.duration(record.seconds),
        graph=", ".join(filter(None, map(layer_lines.short, views))),
        layers=layer_lines.below_race(views, whole=whole),
    )


def race_table(screen: Screen, records: Sequence[ComparisonRecord], *, whole: bool = False) -> list[RenderableType]:
    """Return the table laid out for ``screen``: a line a race, two lines, or one race below the other.

    ``whole`` asks for all that is known of layers, and not only for what changed in the graph.
    """
    rows = [_row(record, whole=whole) for record in records]
    return _one_line(screen, rows) or _two_lines(screen, rows) or _stacked(screen, rows)


def _shared(rows: Sequence[RaceRow]) -> frozenset[str]:
    """Name the fields that are the same in every row: they are said once, above the table, or need no saying."""
    return frozenset(name for name in _SHARED if len({getattr(row, name) for row in rows}) == 1)


def _about(rows: Sequence[RaceRow]) -> tuple[str, ...]:
    return tuple(name for name in _SHARED if name not in _shared(rows))


def _one_line(screen: Screen, rows: Sequence[RaceRow]) -> list[RenderableType]:
    columns = [
        *(column(name, [(screen.text(getattr(row, name)),) for row in rows]) for name in ("model", "arm")),
        *(column(name, [(screen.text(getattr(row, name)),) for row in rows]) for name in _about(rows)),
        column("old", [(screen.text(row.old),) for row in rows], justify="right"),
        column("new", [(screen.text(row.new),) for row in rows], justify="right"),
        column("new over old", [(row.over,) for row in rows], justify="right"),
        column("interval", [(screen.text(row.interval),) for row in rows], justify="right"),
        *_graphs(rows),
        verdict_column([(row.verdict,) for row in rows], (row.kind for row in rows)),
        column("time", [(row.seconds,) for row in rows], justify="right"),
    ]
    return grid(columns, _below(screen, rows)) if taken(columns) <= screen.width else []


def _two_lines(screen: Screen, rows: Sequence[RaceRow]) -> list[RenderableType]:
    columns = [
        column("old", [(screen.text(row.old),) for row in rows], justify="right"),
        column("new", [(screen.text(row.new),) for row in rows], justify="right"),
        column("new over old", [(row.over, screen.text(row.interval)) for row in rows], justify="right"),
        *_graphs(rows),
        verdict_column([(row.verdict, row.seconds) for row in rows], (row.kind for row in rows)),
    ]
    room = screen.width - taken(columns)
    if room < _SHORTEST_NAME:
        return []
    names = column("model, arm", [_name_lines(screen, row, rows, room) for row in rows])
    return grid([names, *columns], _below(screen, rows))


def _graphs(rows: Sequence[RaceRow]) -> list[Column]:
    return [column("graph", [(row.graph,) for row in rows])] if any(row.graph for row in rows) else []


def _below(screen: Screen, rows: Sequence[RaceRow]) -> list[list[RenderableType]]:
    wrapped = [[part for line in row.layers for part in screen.wrap(line, indent="  ", hang="    ")] for row in rows]
    return [plain(parts, "dim") for parts in wrapped]


def _name_lines(screen: Screen, row: RaceRow, rows: Sequence[RaceRow], room: int) -> tuple[str, ...]:
    about = [screen.text(getattr(row, name)) for name in _about(rows)]
    together = screen.text(" · ").join([screen.text(row.arm), *about])
    lines = [together] if cell_width(together) <= room - 2 else [screen.text(row.arm), *about]
    name = screen.fit(screen.text(row.model), room, Keep.BOTH_ENDS)
    return (name, *("  " + screen.fit(line, room - 2, Keep.BOTH_ENDS) for line in lines))


def _stacked(screen: Screen, rows: Sequence[RaceRow]) -> list[RenderableType]:
    from rich.text import Text  # noqa: PLC0415  (rich is imported when there is something to show)

    lines: list[RenderableType] = []
    for row, below in zip(rows, _below(screen, rows), strict=True):
        lines += plain(screen.wrap(row.model))
        about = [row.arm, *(getattr(row, name) for name in _about(rows))]
        lines += plain(screen.wrap(" · ".join(about), indent="  "))
        measured = f"old {row.old}, new {row.new}: new over old {row.over} ({row.interval})"
        lines += plain(screen.wrap(measured, indent="  "))
        lines += [Text("  ").append(row.verdict, STYLES[row.kind]), *below]
    return lines
