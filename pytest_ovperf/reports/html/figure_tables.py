"""Absolute figures, measured ladders and what was only compiled, on a page: bars for the eye, all of it in tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric
from pytest_ovperf.npu.platforms import none_executed
from pytest_ovperf.reports import figures
from pytest_ovperf.reports.figure_rows import FigureRow, figure_rows, ladder_table
from pytest_ovperf.runs.values import unit_of

from . import wording
from .content import FigureTable, LadderCard, LadderRung, MeasuredLadder, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.runs.view import CompiledView, FigureView, LadderView, RungView

#: The figures that stand beside a rung's bar, and what follows each of them there.
_BESIDE = {
    Metric.TOKENS_PER_SECOND: "",
    Metric.THROUGHPUT: "",
    Metric.LATENCY: "",
    Metric.TTFT: " to the first token",
    Metric.PEAK_MEMORY: " of memory",
}


def figure_table(views: Sequence[FigureView]) -> FigureTable | None:
    """Return the table of absolute figures, ``None`` where there are none. Columns are there for what any row has."""
    if not views:
        return None
    rows = figure_rows(views)
    columns = [
        ("test", [row.test for row in rows]),
        ("arm", [row.arm for row in rows]),
        ("model", [row.model for row in rows]),
        ("workload", [row.workload for row in rows]),
        ("metric", [row.metric.replace("_", " ") for row in rows]),
        ("figure", [wording.whole(row.value) for row in rows]),
        ("95 % interval", [wording.whole(row.interval) for row in rows]),
        ("asked for", [" ".join(filter(None, (wording.whole(row.target), row.said))) for row in rows]),
        ("percentiles of a call", [_percentiles(row) for row in rows]),
    ]
    kept = [(head, cells) for head, cells in columns if any(cells)]
    return FigureTable(
        table=Table(
            "Absolute figures", tuple(head for head, _ in kept), tuple(zip(*(c for _, c in kept), strict=True))
        ),
        missed=tuple(place for place, row in enumerate(rows) if row.is_missed),
    )


def compiled_table(views: Sequence[CompiledView]) -> Table | None:
    """Return what was compiled for an NPU that is not there, ``None`` where nothing was."""
    if not views:
        return None
    return Table(
        f"{none_executed(view.platform for view in views)}; by {views[0].by}",
        ("model", "precision", "NPU", "outcome", "against the record"),
        tuple((view.model, view.precision, view.platform, view.outcome, view.change) for view in views),
    )


def _percentiles(row: FigureRow) -> str:
    return ", ".join(wording.whole(part) for part in row.percentiles.split(", ")) if row.percentiles else ""


def measured_ladders(views: Sequence[LadderView]) -> tuple[MeasuredLadder, ...]:
    """Return each ladder that a test measured, as bars and as a table."""
    return tuple(_ladder(view) for view in views)


def _ladder(view: LadderView) -> MeasuredLadder:
    table = ladder_table(view)
    there = [rung for rung in view.rungs if not rung.absent]
    lines = tuple(
        tuple(wording.whole(cell) if place else cell for place, cell in enumerate(line)) for line in table.lines
    )
    return MeasuredLadder(
        card=LadderCard(
            title=view.model,
            about=f"{view.metric.replace('_', ' ')} · {view.workload}",
            foot=view.reference,
            one=round(100 / _widest(there), 1),
            rungs=tuple(_rung(rung, view, _widest(there)) for rung in there),
        ),
        table=Table(table.title, table.head, lines),
        remarks=(*(f"Not measured: {absent}" for absent in table.absent), *view.notes),
    )


def _widest(rungs: Sequence[RungView]) -> float:
    ends = [factor.high for rung in rungs for factor in (rung.over_single, rung.over_same_batch) if factor]
    return max([1.0, *ends])


def _rung(rung: RungView, view: LadderView, widest: float) -> LadderRung:
    factor = rung.over_single or rung.over_same_batch
    is_foot = rung.arm == view.reference or factor is None
    ratio, low, high = (factor.ratio, factor.low, factor.high) if factor is not None else (1.0, 1.0, 1.0)
    beside = [
        f"{wording.quantity(rung.figures[metric].value, unit_of(metric))}{words}"
        for metric, words in _BESIDE.items()
        if metric in rung.figures
    ]
    same = rung.over_same_batch
    return LadderRung(
        name=rung.arm,
        device=next((figure.device for figure in rung.figures.values()), view.device),
        factor=wording.times(ratio),
        interval="" if is_foot else figures.interval(low, high),
        length=round(100 * ratio / widest, 1),
        left=round(100 * low / widest, 1),
        right=round(100 * high / widest, 1),
        figure=", ".join(beside),
        fidelity="" if rung.fidelity is None else f"cosine {rung.fidelity.cosine:.4f}",
        note=f"{wording.times(same.ratio)} at the same batch" if same is not None and rung.batch > 1 else "",
        is_foot=is_foot,
    )
