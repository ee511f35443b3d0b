"""The comparisons of a run: measured for a test, judged when it asserts, and kept once the test is over."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Engine
from pytest_ovperf.errors import ArmUnavailableError, DeviceAbsentError, OvperfError
from pytest_ovperf.records import Scores
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.stats import fidelity as fidelity_of
from pytest_ovperf.stats.sequential import LOOKS, MOST_BASELINE_LAUNCHES, LookPlan, share_of_judgement
from pytest_ovperf.trial.run import Trial
from pytest_ovperf.verdict.asked import Asked
from pytest_ovperf.verdict.drawn import by_model, drawn_note
from pytest_ovperf.verdict.judging import Judging
from pytest_ovperf.verdict.measured import MeasuredSpeedup, Measuring
from pytest_ovperf.verdict.provenance import provenance
from pytest_ovperf.verdict.raced import RacedSpeedup

from .layers import RunLayers
from .questions import compared, output_arm, require_different
from .under_way import UnderWay

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from contextlib import AbstractContextManager

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.models.spec import OwnData
    from pytest_ovperf.records import ComparisonRecord, Fidelity
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.settings import Settings
    from pytest_ovperf.store.store import BaselineStore

    from .against import Against, Race
    from .arms import Arms
    from .layers import PairLayers
    from .places import Places
    from .questions import Generation, Question

    #: What outputs are compared of: the model as it is measured, its data, what it generates, and both arms.
    _OutputsKey = tuple[str, OwnData, Generation | None, Arm, Arm]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a run allows each comparison: its share of false alarms, and which tests can be run again to settle one."""

    error_rate: float
    may_wait: Container[str]


class Comparisons:
    """What the tests of a run compare. ``arms`` opens them, and ``alone`` is held while a launch is measured."""

    def __init__(  # noqa: PLR0913  (what a session wires)
        self,
        settings: Settings,
        places: Places,
        store: BaselineStore,
        arms: Arms,
        *,
        live: LiveLine,
        alone: Callable[[], AbstractContextManager[None]],
        allowance: Allowance,
    ) -> None:
        self._settings = settings
        self._places = places
        self._store = store
        self._arms = arms
        self._live = live
        self._alone = alone
        self._allowance = allowance
        self._judgements: Counter[str] = Counter()
        self._under_way = UnderWay(settings.cache_dir)
        self._layers = RunLayers(arms.profile, live.note)
        self._fidelity: dict[_OutputsKey, Fidelity] = {}

    @cached_property
    def judging(self) -> Judging:
        """The judge of this run, who also collects its records."""
        return Judging(
            self._settings,
            self._store,
            lambda asked, measuring: provenance(
                measuring.launches[-1], asked.device, self._settings.root, self._places.machine.versions, asked.weights
            ),
            self._allowance.may_wait,
        )

    def speedup(self, node_id: str, question: Question, *, budget_s: float, tolerance: float | None) -> MeasuredSpeedup:
        """Measure the first launches of a comparison of two arms and return it, ready to be asserted.

        ``tolerance`` is what the test's marker says.
        """
        require_different(*question.arms)
        asked = self._asked_of(node_id, question, tolerance)
        measuring = self._under_way.take_up(asked.key) or self._measuring(asked, question, budget_s)
        measured = MeasuredSpeedup(
            measuring,
            partial(self.judging.against_baseline, asked),
            partial(self.judging.against_target, asked),
        )
        self._under_way.begin(asked, measured)
        self._live.begin(str(asked.comparison), None if self._is_recording else budget_s)
        measuring.reach_first_look()
        return measured

    def race(
        self, node_id: str, question: Question, against: Against, *, budget_s: float, tolerance: float | None
    ) -> RacedSpeedup:
        """Race each arm of a question that can be, unless another test has done so, and return what came of it.

        ``tolerance`` is what the test's marker says. Raises `ArmUnavailableError` where no arm can be raced.
        """
        races, left_out = against.races(question)
        told: list[tuple[ComparisonRecord, bool]] = []
        obstacles: list[OvperfError] = []
        for race in races:
            try:
                told.append(self._raced(race, self._asked_of(node_id, race.question, tolerance), budget_s))
            except (ArmUnavailableError, DeviceAbsentError) as error:
                race.obstacle = error
                obstacles.append(error)
        if not told:
            raise obstacles[0]
        reasons = [*left_out, *(error.seen.partition("\n")[0] for error in obstacles)]
        record, holds = told[0]
        told[0] = self.judging.remarked(record, [f"the other arm is not raced: {why}" for why in reasons]), holds
        return RacedSpeedup(told)

    def _raced(self, race: Race, asked: Asked, budget_s: float) -> tuple[ComparisonRecord, bool]:
        """Return the judgement of a race: the one that stands, or the one that its launches give now."""
        if race.obstacle is not None:
            raise race.obstacle.with_traceback(None)
        if asked.tolerance in race.settled:
            return self.judging.share(asked.node_id, race.settled[asked.tolerance])
        if race.is_suspected and race.record is not None and self.judging.may_wait(asked.node_id):
            return self.judging.wait_with(asked.node_id, race.record)
        measuring = race.begun = race.begun or self._measuring(asked, race.question, budget_s)
        if race.asked is not None:
            self._under_way.take_up(race.asked.key)
        race.asked = asked
        self._under_way.begin(asked, race)
        self._live.begin(str(asked.comparison), budget_s)
        measuring.reach_first_look()
        record, holds = self.judging.against_release(asked, measuring)
        race.record = record
        if measuring.later or not measuring.is_set_aside:
            race.settled[asked.tolerance] = record
        return record, holds

    def _asked_of(self, node_id: str, question: Question, tolerance: float | None) -> Asked:
        candidate, reference = question.arms
        return Asked(
            node_id,
            compared(question),
            " and ".join(dict.fromkeys(self._places.full_name(arm.device) for arm in question.arms)),
            self._settings.tolerance.under(tolerance),
            self._settings.tolerance.kept(tolerance),
            self._fidelity.get(_outputs_of(question, output_arm(candidate), output_arm(reference))),
            self._arms.own_digest(question.spec),
            _drawn_note(question),
        )

    def _measuring(self, asked: Asked, question: Question, budget_s: float) -> Measuring:
        layers = self._layers.of(asked.comparison, question.prepared(self._arms))
        trial = self._trial(asked, question, layers, budget_s)
        return Measuring(trial, partial(self._next_plan, asked.node_id), budget_s, self._alone, layers)

    @property
    def _is_recording(self) -> bool:
        return self._settings.update is not UpdateMode.NONE

    def _trial(self, asked: Asked, question: Question, layers: PairLayers, budget_s: float) -> Trial:
        return Trial(
            asked.comparison,
            lambda arm: self._arms.open(layers.requests[arm], arm),
            rng=random.Random(str(asked.key)),  # noqa: S311  (an order of turns; the same in every run, for replay)
            planned=MOST_BASELINE_LAUNCHES if self._is_recording else LOOKS[-1],
            watch=self._live,
            want_outputs=asked.fidelity is None and question.has_outputs,
            look=layers.look,
            budget_s=budget_s,
        )

    def _next_plan(self, node_id: str) -> LookPlan:
        """Return the plan of the next judgement in this test, with its share of the error rate."""
        before = self._judgements[node_id]
        self._judgements[node_id] += 1
        return LookPlan(self._allowance.error_rate * share_of_judgement(before))

    def fidelity(self, question: Question) -> Fidelity:
        """Compare the outputs of two arms on the question's inputs."""
        candidate, reference = question.arms
        key = _outputs_of(question, candidate, reference)
        if key not in self._fidelity:
            requests = question.prepared(self._arms)
            outputs = self._arms.outputs(requests)
            found = fidelity_of.compare(outputs[candidate], outputs[reference])
            self._fidelity[key] = replace(found, note=_drawn_note(question), scores=self._scores(question, requests))
        return self._fidelity[key]

    def _scores(self, question: Question, requests: Mapping[Arm, LoadRequest]) -> Scores | None:
        """Return what the user's function makes of both arms, ``None`` where there is none or no inputs are taken."""
        function = question.spec.data.score
        candidate, reference = question.arms
        if not function or question.generation is not None or Engine.CALL in (candidate.engine, reference.engine):
            return None
        scores = self._arms.scores(requests, function)
        return Scores(scores[candidate], scores[reference])

    @property
    def drawn_notes(self) -> tuple[str, ...]:
        """What is to be said of the data that outputs were compared on, once a model."""
        asked = [(key[0], found.note) for key, found in self._fidelity.items()]
        measured = [(each.comparison.model, each.fidelity.note) for each in self.judging.records if each.fidelity]
        return by_model([*asked, *measured])

    def set_aside(self, node_id: str) -> None:
        """End this pass through a suspected test: it is run again, later, and goes on with what was measured.

        Raises `CacheError` where the raw times of its other comparisons cannot be kept.
        """
        self._under_way.set_aside(node_id)
        self.judging.set_aside(node_id)
        self._under_way.keep(node_id)

    def finish(self, node_id: str, *, passed: bool) -> None:
        """Keep the raw times of a test that is over, and its baselines if it passed.

        Raises `CacheError` and `BaselineError` where one cannot be written; the other is, all the same.
        """
        for asked, measuring in self._under_way.unjudged(node_id):
            self.judging.without_verdict(asked, measuring)
        try:
            self.judging.settle(node_id, passed=passed)
        finally:
            self._under_way.keep(node_id)

    def end(self) -> None:
        """Keep the raw times of tests that were interrupted or set aside. Raises `CacheError`."""
        self._under_way.end()


def _drawn_note(question: Question) -> str:
    return drawn_note(question.spec, question.arms, generates=question.generation is not None)


def _outputs_of(question: Question, candidate: Arm, reference: Arm) -> _OutputsKey:
    return question.model, question.spec.data, question.generation, candidate, reference
