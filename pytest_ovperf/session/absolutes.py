"""Absolute figures and ladders of a run: measured when a test asks for them, and collected for the reports."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_ovperf.trial.lineup import Lineup

from .ladders import climb
from .measured_arm import MeasuredArm, held_figure
from .measured_ladder import MeasuredLadder
from .side_by_side import Opening, SideBySide, first_launches
from .turns import keep_each

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.figure import FigureRecord, LadderRecord
    from pytest_ovperf.metrics import Metric
    from pytest_ovperf.reports.live import LiveLine

    from .arms import Arms
    from .held import Held
    from .ladders import LadderPlan
    from .questions import Question


class Absolutes:
    """Measures arms side by side, ``alone`` on the machine, and keeps what reports show of it.

    In a ``strict`` run a target is kept only by a whole interval. Raw times are kept in the folder ``cache_dir``.
    """

    def __init__(
        self,
        arms: Arms,
        live: LiveLine,
        alone: Callable[[], AbstractContextManager[None]],
        *,
        strict: bool,
        cache_dir: Path,
    ) -> None:
        self._arms = arms
        self._live = live
        self._alone = alone
        self._strict = strict
        self._cache_dir = cache_dir
        self._begun: dict[str, list[SideBySide]] = {}
        self._single: dict[str, dict[object, SideBySide]] = {}
        self._figures: dict[tuple[object, ...], FigureRecord] = {}
        self._ladders: dict[tuple[object, ...], LadderRecord] = {}

    @property
    def figures(self) -> tuple[FigureRecord, ...]:
        """What was measured of single arms, in order; one record a figure, with the last target it was held to."""
        return tuple(self._figures.values())

    @property
    def ladders(self) -> tuple[LadderRecord, ...]:
        """The ladders, in order; one record a ladder, also where its test was run again."""
        return tuple(self._ladders.values())

    def keep(self, node_id: str) -> None:
        """Keep the raw times of a test that is over. Raises `CacheError` where some cannot be written; others are."""
        self._single.pop(node_id, None)
        over = self._begun.pop(node_id, [])
        keep_each(partial(measured.keep, self._cache_dir, node_id) for measured in over)

    def end(self) -> None:
        """Keep the raw times of tests that were interrupted. Raises the first `CacheError` at its end."""
        keep_each(partial(self.keep, node_id) for node_id in tuple(self._begun))

    def forget(self, node_id: str) -> None:
        """Forget what a test measured, all but its raw times: it is run again."""
        self._figures = {key: record for key, record in self._figures.items() if record.test != node_id}
        self._ladders = {key: record for key, record in self._ladders.items() if record.test != node_id}

    def measure(self, node_id: str, arm: Arm, ask: Callable[[str], Question], *, budget_s: float) -> MeasuredArm:
        """Return ``arm``, whose figures are measured when they are asked for; ``ask`` makes a metric a question.

        What a test has measured of an arm once, it reads again however often it asks.
        """
        begun = self._single.setdefault(node_id, {})

        def figure(metric: str) -> Held:
            question = ask(metric)
            key = (question.model, str(question.workload), question.arms)
            if key not in begun:  # metrics of one workload are read off the same blocks
                side = self._side_by_side(node_id, question, (question.metric,), budget_s)
                side.reach_first()
                begun[key] = side
            return self._held(begun[key], partial(begun[key].record, node_id, question.arms[0], question.metric))

        return MeasuredArm(arm, figure)

    def _held(self, side: SideBySide, read: Callable[[], FigureRecord]) -> Held:
        """Return the figure that ``read`` reads off ``side``; reports show it with all launches that it asked for."""

        def measure_on() -> bool:
            more = side.measure_on()
            if more:
                self._keep(read())
            return more

        self._keep(read())
        return held_figure(read, self._keep, measure_on, strict=self._strict)

    def ladder(self, node_id: str, plan: LadderPlan, *, budget_s: float) -> MeasuredLadder:
        """Measure every rung of a ladder, side by side, and return it.

        Raises what an arm failed of, once the others are measured and kept.
        """
        begin = partial(self._side_by_side, node_id, budget_s=budget_s)
        record, failures = climb(node_id, plan, begin)
        self._ladders[(node_id, record.model, str(record.workload), record.metric, plan.order)] = record
        if failures:
            raise failures[0]
        return MeasuredLadder(record, self._keep, strict=self._strict)

    def _keep(self, record: FigureRecord) -> FigureRecord:
        """Keep a record in the place of an earlier one of the same figure, which may have been held to a target."""
        key = (record.test, record.model, record.arm, str(record.workload), record.metric)
        before = self._figures.get(key)
        if before is not None and record.target is None:
            record = replace(record, target=before.target, held=before.held)
        self._figures[key] = record
        return record

    def _side_by_side(
        self, node_id: str, question: Question, metrics: Collection[Metric], budget_s: float
    ) -> SideBySide:
        """Return the arms of a question, ready to be built and measured side by side."""
        requests: dict[Arm, LoadRequest] = {}
        names = ", ".join(arm.name for arm in question.arms)
        opening = Opening(
            lambda arm: self._arms.open(requests[arm], arm),
            lambda arm: requests.update(replace(question, arms=(arm,)).prepared(self._arms)),
        )
        lineup = Lineup(
            question.arms,
            question.workload,
            opening.open,
            metrics=metrics,
            rng=random.Random(f"{node_id} {names} {question.workload}"),  # noqa: S311  (an order of turns)
            watch=self._live,
            alone=self._alone,
            planned=first_launches(question.metric.workload),
            want_outputs=question.has_outputs and len(question.arms) > 1,
            budget_s=budget_s,
        )
        shown = names if len(question.arms) == 1 else f"{len(question.arms)} arms"
        self._live.begin(f"{shown}, {question.metric} of {question.model} ({question.workload})")
        measured = SideBySide(question, lineup, opening, budget_s)
        self._begun.setdefault(node_id, []).append(measured)
        return measured
