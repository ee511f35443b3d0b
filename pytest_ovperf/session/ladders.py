"""Ladders: any number of arms measured side by side, each held against the first and with figures of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_ovperf.errors import ArmError, ArmUnavailableError, DeviceAbsentError
from pytest_ovperf.figure import LadderRecord, Rung
from pytest_ovperf.metrics import Metric, WorkloadKind, parse_metric
from pytest_ovperf.models.spec import ModelSpec, Task
from pytest_ovperf.stats import fidelity as fidelity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Protocol

    from pytest_ovperf.figure import Factor
    from pytest_ovperf.records import Arm, Fidelity

    from .questions import Question
    from .side_by_side import SideBySide

    class Asking(Protocol):
        """Makes a question of arms and a metric; without ``prompt`` and ``new_tokens`` they are the test's own."""

        def __call__(self, arms: Sequence[Arm], metric: str, **generation: object) -> Question:
            """Return the question."""

    Begin = Callable[[Question, Collection[Metric]], SideBySide]

#: What a ladder shows beside what is read off the calls themselves.
ALSO: Final = (Metric.PEAK_MEMORY,)

#: Between the tokens of one there is no time.
_NEEDS_TWO_TOKENS: Final = Metric.TPOT


def usual_metric(spec: ModelSpec) -> Metric:
    """Return what the rungs of a ladder of ``spec`` are held against each other by, where nobody says."""
    return Metric.TOKENS_PER_SECOND if spec.task is Task.TEXT_GENERATION else Metric.LATENCY


@dataclass(frozen=True, slots=True)
class LadderPlan:
    """What is to be measured of a ladder, checked.

    ``order`` are its arms from the reference upwards, ``absent`` says of some why they cannot be measured here.
    ``question`` is about all others, and ``metrics`` are read off its blocks. ``also`` are further questions, each
    with what each arm is measured as.
    """

    order: tuple[Arm, ...]
    absent: Mapping[Arm, str]
    question: Question
    metrics: tuple[Metric, ...]
    also: tuple[tuple[Question, Mapping[Arm, Arm]], ...]

    @classmethod
    def of(
        cls, arms: Sequence[Arm], require: Callable[[Arm], None], ask: Asking, *, metric: str, also: Sequence[str]
    ) -> LadderPlan:
        """Return the plan for these arms. ``require`` raises for an arm that this machine cannot run.

        An arm that cannot be run here is left out, but for the first, of which all others' factors are. Raises what
        `questions.ask` does, and `ArmError` for fewer than two arms or one that is named twice.
        """
        _require_rungs(arms)
        known = parse_metric(metric)
        absent = _absent(arms, require, ask, known)
        present = tuple(arm for arm in arms if arm not in absent)
        question = ask(present, known)
        generation = question.generation
        told = {} if generation is None else {"prompt": generation.prompt, "new_tokens": generation.new_tokens}
        others = (parse_metric(name) for name in dict.fromkeys(also))
        return cls(
            tuple(arms),
            absent,
            question,
            _metrics_beside(question),
            tuple(_further(present, each, ask, told) for each in others if each.workload is not known.workload),
        )


def _require_rungs(arms: Sequence[Arm]) -> None:
    if len(arms) < 2:  # noqa: PLR2004  (a ladder has two rungs)
        raise ArmError(
            f"A ladder of {len(arms)} arms has nothing to climb.", remedy="Name two or more, the reference first."
        )
    for index, arm in enumerate(arms):
        if arm in arms[:index]:
            raise ArmError(f"The ladder has {arm} twice.", remedy="Name each arm once.")


def _absent(arms: Sequence[Arm], require: Callable[[Arm], None], ask: Asking, metric: Metric) -> dict[Arm, str]:
    absent: dict[Arm, str] = {}
    for arm in arms:
        try:
            require(arm)
            ask((arm,), metric)
        except (ArmUnavailableError, DeviceAbsentError) as reason:
            if arm == arms[0]:
                raise
            absent[arm] = reason.seen
    return absent


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
    question = ask(tuple(measured), metric, **told)
    return replace(question, arms=tuple(dict.fromkeys(measured.values()))), measured


def climb(node_id: str, plan: LadderPlan, begin: Begin) -> LadderRecord:
    """Measure a ladder and return it; ``begin`` makes the arms of a question ready to be measured side by side."""
    main = begin(plan.question, plan.metrics)
    main.reach_first()
    further = [(begin(question, (question.metric,)), measured) for question, measured in plan.also]
    for side, _ in further:
        side.reach_first()
    rungs = tuple(
        Rung(arm, batch_of(arm, plan.question), absent=plan.absent[arm])
        if arm in plan.absent
        else _rung(node_id, arm, plan, main, further)
        for arm in plan.order
    )
    sides = (main, *(side for side, _ in further))
    return LadderRecord(
        node_id,
        plan.question.model,
        plan.question.workload,
        plan.question.metric,
        plan.order[0],
        rungs,
        launches=main.launches,
        seconds=sum(side.seconds for side in sides),
    )


def _rung(
    node_id: str,
    arm: Arm,
    plan: LadderPlan,
    main: SideBySide,
    further: Sequence[tuple[SideBySide, Mapping[Arm, Arm]]],
) -> Rung:
    figures = {metric: main.record(node_id, arm, metric) for metric in plan.metrics}
    for side, measured in further:
        if arm in measured:
            metric = side.question.metric
            figures[metric] = replace(side.record(node_id, measured[arm], metric), arm=arm)
    batch = batch_of(arm, plan.question)
    return Rung(
        arm,
        batch,
        figures,
        over_same_batch=_over(arm, _reference_at(batch, plan), main),
        over_single=_over(arm, _reference_at(1, plan), main),
        fidelity=_fidelity(arm, plan.order[0], main),
    )


def batch_of(arm: Arm, question: Question) -> int:
    """Return how many samples or prompts one call of the arm holds."""
    return arm.tuning.batch or next(iter(question.workload.shapes.values()), (1,))[0]


def _reference_at(batch: int, plan: LadderPlan) -> Arm | None:
    """Return the reference as it does so many at once, ``None`` where no rung is that."""
    reference = plan.order[0]
    untied = replace(reference, tuning=replace(reference.tuning, batch=None))
    for arm in plan.question.arms:
        alike = replace(arm, tuning=replace(arm.tuning, batch=None)) == untied
        if alike and batch_of(arm, plan.question) == batch:
            return arm
    return None


def _over(arm: Arm, reference: Arm | None, main: SideBySide) -> Factor | None:
    return None if reference is None or reference == arm else main.factor(arm, reference, main.question.metric)


def _fidelity(arm: Arm, reference: Arm, main: SideBySide) -> Fidelity | None:
    if arm == reference or not main.outputs:
        return None
    return fidelity_of.compare(main.outputs[arm], main.outputs[reference])
