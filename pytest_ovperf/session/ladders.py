"""Ladders: any number of arms measured side by side, each held against the first and with figures of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_ovperf.errors import ArmError, ArmUnavailableError, DeviceAbsentError, MeasurementError, OvperfError
from pytest_ovperf.figure import Factor, LadderRecord, Rung
from pytest_ovperf.metrics import Metric, WorkloadKind, parse_metric
from pytest_ovperf.models.spec import ModelSpec, Task
from pytest_ovperf.stats import fidelity as fidelity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
    from typing import Protocol

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.figure import FigureRecord
    from pytest_ovperf.records import Fidelity

    from .questions import Question
    from .side_by_side import SideBySide

    class Asking(Protocol):
        """Makes a question of arms and a metric; without ``prompt`` and ``new_tokens`` they are the test's own."""

        def __call__(self, arms: Sequence[Arm], metric: str, **generation: object) -> Question:
            """Return the question."""

    Begin = Callable[[Question, Collection[Metric]], SideBySide]

#: What says that an arm is not for this machine, which is no failure.
_NOT_HERE: Final = (ArmUnavailableError, DeviceAbsentError)

#: Between the tokens of one there is no time.
_NEEDS_TWO_TOKENS: Final = Metric.TPOT


def usual_metric(spec: ModelSpec) -> Metric:
    """Return what the rungs of a ladder of ``spec`` are held against each other by, where nobody says."""
    return Metric.TOKENS_PER_SECOND if spec.task is Task.TEXT_GENERATION else Metric.LATENCY


@dataclass(frozen=True, slots=True)
class LadderPlan:
    """What is to be measured of a ladder, checked.

    ``order`` are its arms from the reference upwards, ``absent`` says of some why they cannot be measured here.
    ``question`` is about all others, ``measured`` what each of those is measured as: files, say, are the same however
    an arm is tuned. ``metrics`` are read off its blocks. ``also`` are further questions, each with what each arm is
    measured as there.
    """

    order: tuple[Arm, ...]
    absent: Mapping[Arm, str]
    question: Question
    measured: Mapping[Arm, Arm]
    metrics: tuple[Metric, ...]
    also: tuple[tuple[Question, Mapping[Arm, Arm]], ...]

    @classmethod
    def of(
        cls, arms: Sequence[Arm], require: Callable[[Arm], None], ask: Asking, *, metric: str, also: Sequence[str]
    ) -> LadderPlan:
        """Return the plan for these arms. ``require`` raises for an arm that this machine cannot run.

        An arm that cannot be run here is left out, but for the first, of which all others' factors are. Raises what
        `questions.ask` does, `ArmError` for fewer than two arms or one that is named twice, and `ArmUnavailableError`
        where only the first one is left.
        """
        _require_rungs(arms)
        known = parse_metric(metric)
        measured, absent = _present(arms, require, ask, known)
        question = ask(tuple(dict.fromkeys(measured.values())), known)
        generation = question.generation
        told = {} if generation is None else {"prompt": generation.prompt, "new_tokens": generation.new_tokens}
        others = (parse_metric(name) for name in dict.fromkeys(also))
        metrics = _metrics_beside(question)
        return cls(
            tuple(arms),
            absent,
            question,
            measured,
            metrics,
            tuple(_further(tuple(measured), each, ask, told) for each in others if each not in metrics),
        )


def _require_rungs(arms: Sequence[Arm]) -> None:
    if len(arms) < 2:  # noqa: PLR2004  (a ladder has two rungs)
        raise ArmError(
            f"A ladder of {len(arms)} arms has nothing to climb.", remedy="Name two or more, the reference first."
        )
    for index, arm in enumerate(arms):
        if arm in arms[:index]:
            raise ArmError(f"The ladder has {arm} twice.", remedy="Name each arm once.")


def _present(
    arms: Sequence[Arm], require: Callable[[Arm], None], ask: Asking, metric: Metric
) -> tuple[dict[Arm, Arm], dict[Arm, str]]:
    """Return what each arm is measured as that can be, and of each other one why it cannot."""
    present: dict[Arm, Arm] = {}
    absent: dict[Arm, str] = {}
    for arm in arms:
        try:
            require(arm)
            present[arm] = ask((arm,), metric).arms[0]
        except _NOT_HERE as reason:
            if arm == arms[0]:
                raise
            absent[arm] = reason.seen
    if len(present) == 1:
        reasons = "; ".join(f"{arm.name}: {reason}" for arm, reason in absent.items())
        raise ArmUnavailableError(
            f"None of the arms that {arms[0].name} is to be held against can be measured here. {reasons}",
            remedy="Run this on a machine that has one of them.",
        )
    return present, absent


def _metrics_beside(question: Question) -> tuple[Metric, ...]:
    """Return all that the blocks of a question tell, its own metric first."""
    own = question.metric
    kin = [each for each in Metric if each.workload is own.workload and each is not own]
    if question.generation is not None and question.generation.new_tokens == 1:
        kin = [each for each in kin if each is not _NEEDS_TWO_TOKENS]
    if own.workload is WorkloadKind.LOAD:
        kin = [each for each in kin if each is not Metric.CACHED_LOAD_TIME]  # which is of another cache
    return (own, *kin)


def _further(
    arms: Sequence[Arm], metric: Metric, ask: Asking, told: Mapping[str, object]
) -> tuple[Question, Mapping[Arm, Arm]]:
    """Return the question of a metric about those arms that have it: PyTorch's, say, are never exported."""
    measured: dict[Arm, Arm] = {}
    refusal: ArmError | None = None
    for arm in arms:
        try:
            measured[arm] = ask((arm,), metric, **told).arms[0]
        except ArmError as error:
            refusal = error
    if not measured and refusal is not None:
        raise refusal
    question = ask(tuple(dict.fromkeys(measured.values())), metric, **told)
    return question, measured


@dataclass(frozen=True, slots=True)
class _Side:
    """A question that was measured, what each rung is in it, and what the arms that failed failed of."""

    measured: SideBySide
    arms: Mapping[Arm, Arm]
    failed: Mapping[Arm, OvperfError]

    def figures(self, node_id: str, rung: Arm, metrics: Collection[Metric]) -> dict[Metric, FigureRecord]:
        """Return the figures of a rung, none for one that is not in this question or failed."""
        arm = self.arms.get(rung)
        if arm is None or arm in self.failed:
            return {}
        return {metric: replace(self.measured.record(node_id, arm, metric), arm=rung) for metric in metrics}


def climb(node_id: str, plan: LadderPlan, begin: Begin) -> tuple[LadderRecord, tuple[OvperfError, ...]]:
    """Measure a ladder; return it, and what the arms that are missing in it failed of.

    ``begin`` makes the arms of a question ready to be built and measured. An arm that fails at either is left out, and
    the others are measured anew; without the reference there is no ladder, and its error is raised. One that turns out
    not to be for this machine is no failure.
    """
    reference = plan.measured[plan.order[0]]
    main = _Side(*_reached(begin, plan.question, plan.metrics, needed=reference, arms=plan.measured))
    further = tuple(
        _Side(*_reached(begin, question, (question.metric,), needed=None, arms=measured))
        for question, measured in _left(plan, main.failed)
    )
    sides = (main, *further)
    record = LadderRecord(
        node_id,
        plan.question.model,
        plan.question.workload,
        plan.question.metric,
        plan.order[0],
        tuple(_rung(node_id, arm, plan, main, further) for arm in plan.order),
        launches=main.measured.launches,
        seconds=sum(side.measured.seconds for side in sides),
        notes=tuple(
            f"{side.measured.question.metric} of {arm.name} was not measured: {_in_short(error)}"
            for side in further
            for arm, error in side.failed.items()
        ),
    )
    errors = (error for side in sides for error in side.failed.values())
    return record, tuple(error for error in errors if not isinstance(error, _NOT_HERE))


def _left(plan: LadderPlan, failed: Container[Arm]) -> Iterator[tuple[Question, Mapping[Arm, Arm]]]:
    """Yield the further questions about the rungs that have not failed."""
    for question, measured in plan.also:
        arms = {rung: arm for rung, arm in measured.items() if plan.measured[rung] not in failed}
        if arms:
            yield replace(question, arms=tuple(dict.fromkeys(arms.values()))), arms


def _reached(
    begin: Begin,
    question: Question,
    metrics: Collection[Metric],
    *,
    needed: Arm | None,
    arms: Mapping[Arm, Arm],
) -> tuple[SideBySide, Mapping[Arm, Arm], Mapping[Arm, OvperfError]]:
    """Measure the first launches of a question's arms. Raises what the arm failed of that is ``needed``."""
    failed: dict[Arm, OvperfError] = {}
    while True:
        side = begin(question, metrics)
        try:
            side.reach_first()
        except OvperfError as error:
            if side.failed is None or side.failed == needed:
                raise
            failed[side.failed] = error
            question = replace(question, arms=tuple(arm for arm in question.arms if arm != side.failed))
            if question.arms:
                continue
        return side, arms, failed


def _in_short(error: OvperfError) -> str:
    return error.seen.partition("\n")[0].rstrip(":")


def _rung(node_id: str, arm: Arm, plan: LadderPlan, main: _Side, further: Sequence[_Side]) -> Rung:
    batch = batch_of(arm, plan.question)
    if arm in plan.absent:
        return Rung(arm, batch, absent=plan.absent[arm])
    error = main.failed.get(plan.measured[arm])
    if error is not None:
        return Rung(arm, batch, absent=_in_short(error))
    figures = main.figures(node_id, arm, plan.metrics)
    for side in further:
        figures |= side.figures(node_id, arm, (side.measured.question.metric,))
    return Rung(
        arm,
        batch,
        figures,
        over_same_batch=_over(arm, _reference_at(batch, plan, main), main),
        over_single=_over(arm, _reference_at(1, plan, main), main),
        fidelity=_fidelity(main.arms[arm], main.arms[plan.order[0]], main.measured),
    )


def batch_of(arm: Arm, question: Question) -> int:
    """Return how many samples or prompts one call of the arm holds."""
    return arm.tuning.batch or next(iter(question.workload.shapes.values()), (1,))[0]


def _reference_at(batch: int, plan: LadderPlan, main: _Side) -> Arm | None:
    """Return the reference as it does so many at once, ``None`` where no rung is that."""
    reference = plan.order[0]
    untied = replace(reference, tuning=replace(reference.tuning, batch=None))
    for arm, measured in main.arms.items():
        alike = replace(arm, tuning=replace(arm.tuning, batch=None)) == untied
        if alike and measured not in main.failed and batch_of(arm, plan.question) == batch:
            return arm
    return None


def _over(arm: Arm, reference: Arm | None, main: _Side) -> Factor | None:
    if reference is None or reference == arm:
        return None
    ours, theirs = main.arms[arm], main.arms[reference]
    return (
        Factor(1.0, 1.0, 1.0) if ours == theirs else main.measured.factor(ours, theirs, main.measured.question.metric)
    )


def _fidelity(arm: Arm, reference: Arm, main: SideBySide) -> Fidelity | None:
    if arm == reference or not main.outputs:
        return None
    try:
        return fidelity_of.compare(main.outputs[arm], main.outputs[reference])
    except MeasurementError:
        if arm.function or reference.function:  # what a function of the user's returns is up to its author
            return None
        raise
