"""Absolute figures and ladders as reports take them: records become views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .plain import whole_text
from .view import FactorView, FigureView, LadderView, RungView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.figure import Factor, FigureRecord, LadderRecord, Rung


def figure_views(records: Sequence[FigureRecord]) -> tuple[FigureView, ...]:
    """Return a view for each record, in the same order."""
    return tuple(map(_figure, records))


def ladder_views(records: Sequence[LadderRecord]) -> tuple[LadderView, ...]:
    """Return a view for each record, in the same order."""
    return tuple(map(_ladder, records))


def named_percentiles(found: Mapping[int, float]) -> dict[str, float]:
    """Return percentiles by name, as people and files have them: ``p95``."""
    return {f"p{percent}": found[percent] for percent in sorted(found)}


def _figure(record: FigureRecord) -> FigureView:
    label = f"{record.model} · {record.arm} · {record.metric} · {record.workload}"
    return FigureView(
        key=whole_text(f"{record.test} · {label}"),
        test=whole_text(record.test),
        model=whole_text(record.model),
        arm=whole_text(record.arm.name),
        device=whole_text(record.arm.device),
        workload=whole_text(str(record.workload)),
        metric=str(record.metric),
        unit=str(record.unit),
        value=record.value,
        low=record.low,
        high=record.high,
        percentiles=named_percentiles(record.percentiles),
        samples=record.samples,
        launches=record.launches,
        seconds=record.seconds,
        target=record.target,
        held=record.held,
        notes=tuple(map(whole_text, record.notes)),
    )


def _ladder(record: LadderRecord) -> LadderView:
    reference = record.name_of(record.reference)
    label = f"{record.model} · {reference} · {record.metric} · {record.workload}"
    devices = dict.fromkeys(rung.arm.device for rung in record.rungs)
    return LadderView(
        key=whole_text(f"{record.test} · {label}"),
        test=whole_text(record.test),
        model=whole_text(record.model),
        device=whole_text(", ".join(devices)),
        workload=whole_text(str(record.workload)),
        metric=str(record.metric),
        reference=whole_text(reference),
        rungs=tuple(_rung(rung, record.name_of(rung.arm)) for rung in record.rungs),
        launches=record.launches,
        seconds=record.seconds,
        notes=tuple(map(whole_text, record.notes)),
    )


def _rung(rung: Rung, name: str) -> RungView:
    return RungView(
        arm=whole_text(name),
        batch=rung.batch,
        figures={str(metric): _figure(figure) for metric, figure in rung.figures.items()},
        over_same_batch=_factor(rung.over_same_batch),
        over_single=_factor(rung.over_single),
        fidelity=rung.fidelity,
        absent=whole_text(rung.absent),
    )


def _factor(factor: Factor | None) -> FactorView | None:
    return None if factor is None else FactorView(factor.ratio, factor.low, factor.high)
