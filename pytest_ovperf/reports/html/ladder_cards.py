"""Ladders as they are drawn: bars from nothing to a factor, all of one card on one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric
from pytest_ovperf.reports import fidelity_text, figures
from pytest_ovperf.runs.values import unit_of

from . import wording
from .content import LadderCard, LadderRung

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Fidelity
    from pytest_ovperf.reports.ladder import ArmPlace, Ladder, Rung

NOTE = (
    "Each factor is over the reference: PyTorch where the run measured it, else ONNX Runtime, else the slowest arm. "
    "Where an arm was not compared with that directly, the factors of its comparisons are multiplied and the arms in "
    "between named; the interval takes them for independent."
)

_PAIR = 2


def ladder_cards(found: Sequence[Ladder]) -> tuple[LadderCard, ...]:
    """Return a card for each ladder that says more than the row of a single comparison does."""
    return tuple(_card(ladder) for ladder in found if len(ladder.rungs) > _PAIR or ladder.metric == Metric.LATENCY)


def _card(ladder: Ladder) -> LadderCard:
    widest = max(rung.high for rung in ladder.rungs)
    places = [rung.arm for rung in ladder.rungs]
    return LadderCard(
        title=ladder.model,
        about=f"{ladder.metric} · {ladder.workload}",
        foot=_name(ladder.foot, places),
        one=round(100 / widest, 1),
        rungs=tuple(_rung(rung, ladder, widest, places) for rung in ladder.rungs),
    )


def _rung(rung: Rung, ladder: Ladder, widest: float, places: Sequence[ArmPlace]) -> LadderRung:
    is_foot = rung.arm == ladder.foot
    fidelity = ""
    if rung.fidelity is not None and rung.against is not None:
        fidelity = _fidelity(rung.fidelity, _name(rung.against, places))
    return LadderRung(
        name=_name(rung.arm, places),
        device=rung.arm.device,
        factor=wording.times(rung.factor),
        interval="" if is_foot else figures.interval(rung.low, rung.high),
        length=round(100 * rung.factor / widest, 1),
        left=round(100 * rung.low / widest, 1),
        right=round(100 * rung.high / widest, 1),
        figure=wording.quantity(rung.value, unit_of(ladder.metric)),
        fidelity=fidelity,
        note=f"through {wording.listed([_name(arm, places) for arm in rung.through])}" if rung.through else "",
        is_foot=is_foot,
    )


def _name(arm: ArmPlace, places: Sequence[ArmPlace]) -> str:
    """Name an arm, with its device where the ladder has it on several."""
    alone = sum(place.name == arm.name for place in places) == 1
    return arm.name if alone else f"{arm.name}@{arm.device}"


def _fidelity(found: Fidelity, against: str) -> str:
    """Return how near a rung's outputs are to those of ``against``."""
    scores = found.scores
    if scores is None:
        return f"{fidelity_text.in_short(found)} to {against}"
    return f"score {fidelity_text.score(scores.candidate)}, {fidelity_text.score(scores.reference)} of {against}"
