"""Absolute figures and measured ladders as text: what every report's tables of them have in common. Formatting only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass

from pytest_ovperf.metrics import Metric
from pytest_ovperf.runs.values import unit_of
from pytest_ovperf.runs.view import FactorView, FigureView, LadderView, RungView  # noqa: TC001  (see above)

from . import figures
from .rows import short_names

#: What a ladder's columns are called, in their order; the unit of a rate is its name.
_HEADS = {
    Metric.LATENCY: "latency",
    Metric.TTFT: "TTFT",
    Metric.TPOT: "TPOT",
    Metric.TOKENS_PER_SECOND: "tokens/s",
    Metric.REQUESTS_PER_SECOND: "requests/s",
    Metric.THROUGHPUT: "samples/s",
    Metric.LOAD_TIME: "load",
    Metric.CACHED_LOAD_TIME: "cached load",
    Metric.FIRST_INFERENCE: "first result",
    Metric.PEAK_MEMORY: "memory",
    Metric.MODEL_SIZE: "size",
    Metric.EXPORT_TIME: "export",
}
_NARROW = {"requests/s": "req/s", "first result": "first", "cached load": "cached"}
NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One absolute figure as it is written.

    ``about`` is the arm with its device, the model and the workload; ``target`` is ``≥ 150 tokens/s`` or empty, and
    ``said`` is ``held`` or ``missed`` where there is one. ``percentiles`` are empty where calls are too few.
    """

    test: str
    arm: str
    device: str
    model: str
    workload: str
    metric: str
    value: str
    interval: str
    percentiles: str
    target: str
    said: str
    seconds: str
    is_missed: bool


def figure_rows(views: Sequence[FigureView]) -> tuple[FigureRow, ...]:
    """Return a row for each figure, in the same order."""
    names = short_names([view.test for view in views])
    return tuple(_row(view, names[view.test]) for view in views)


def _row(view: FigureView, name: str) -> FigureRow:
    unit = unit_of(view.metric)
    return FigureRow(
        test=name,
        arm=view.arm,
        device=view.device,
        model=view.model,
        workload=view.workload,
        metric=view.metric,
        value=figures.quantity(view.value, unit),
        interval=figures.quantities(view.low, view.high, unit),
        percentiles=percentiles(view.percentiles),
        target=target(view),
        said="" if view.held is None else "held" if view.held else "missed",
        seconds=figures.duration(view.seconds),
        is_missed=view.held is False,
    )


def target(view: FigureView) -> str:
    """Return the number that a figure was held to: a rate is to be at least it, all else at most."""
    if view.target is None:
        return ""
    unit = unit_of(view.metric)
    return f"{'≥' if unit.is_rate else '≤'} {figures.quantity(view.target, unit)}"


def percentiles(found: Mapping[str, float]) -> str:
    """Return percentiles of calls on one line: ``p50 12.3 ms, p90 14.1 ms``."""
    return ", ".join(f"{name} {figures.latency(time * 1e9)}" for name, time in found.items())


@dataclass(frozen=True, slots=True)
class LadderTable:
    """A measured ladder as a table: a line a rung, the first cell its name. ``absent`` says why others are not in it.

    ``narrow`` is the same for few columns, under ``narrow_head``: factors without their intervals, fidelity as the
    cosine alone, the batch only where a rung's name says it.
    """

    title: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    narrow_head: tuple[str, ...]
    narrow: tuple[tuple[str, ...], ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]


def ladder_table(view: LadderView) -> LadderTable:
    """Return the table of one ladder. Columns are there for what any rung has."""
    there = [rung for rung in view.rungs if not rung.absent]
    metrics = [metric for metric in _HEADS if any(metric in rung.figures for rung in there)]
    several = any(rung.batch != 1 for rung in there)
    factors = ["same batch", "batch 1"] if several else ["factor"]
    narrow_factors = ["same", "single"] if several else ["factor"]
    heads = [_HEADS[metric] for metric in metrics]
    return LadderTable(
        title=_title(view, several=several),
        head=("rung", *(["batch"] if several else []), *heads, *factors, "fidelity"),
        narrow_head=("rung", *(_NARROW.get(head, head) for head in heads), *narrow_factors, "cosine"),
        lines=tuple(_rung(rung, metrics, several=several, whole=True) for rung in there),
        narrow=tuple(_rung(rung, metrics, several=several, whole=False) for rung in there),
        absent=tuple(f"{rung.arm}: {rung.absent}" for rung in view.rungs if rung.absent),
        notes=view.notes,
    )


def _title(view: LadderView, *, several: bool) -> str:
    metric = view.metric.replace("_", " ")
    title = f"Ladder of {view.model} on {view.device} ({view.workload}): factors in {metric} over {view.reference}"
    return f"{title} at the same batch, and at batch 1 (a single request)" if several else title


def _rung(rung: RungView, metrics: Iterable[Metric], *, several: bool, whole: bool) -> tuple[str, ...]:
    return (
        rung.arm,
        *([str(rung.batch)] if several and whole else []),
        *(_figure(rung, metric) for metric in metrics),
        *([factor(rung.over_same_batch, whole=whole)] if several else []),
        factor(rung.over_single, whole=whole),
        _fidelity(rung, whole=whole),
    )


def _figure(rung: RungView, metric: Metric) -> str:
    found = rung.figures.get(metric)
    if found is None:
        return NONE
    text = figures.quantity(found.value, metric.unit)
    return text.partition(" ")[0] if metric.unit.is_rate else text


def factor(found: FactorView | None, *, whole: bool) -> str:
    """Return a factor, ``whole`` with its interval; the reference has none over itself."""
    if found is None:
        return NONE
    ratio = figures.speedup(found.ratio)
    return f"{ratio} ({figures.interval(found.low, found.high)})" if whole and found.low < found.high else ratio


def _fidelity(rung: RungView, *, whole: bool) -> str:
    if rung.fidelity is None:
        return NONE
    cosine = f"{rung.fidelity.cosine:.4f}"
    return f"{cosine}, top-1 {figures.chosen_percent(round(rung.fidelity.top1, 3))}" if whole else cosine
