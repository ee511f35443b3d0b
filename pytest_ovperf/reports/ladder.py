"""The ladder: all arms of a model that one run measured, ranked by how much better each is than the reference.

Comparisons of one run that have an arm in common are put one behind the other: INT8 over FP32 and FP32 over PyTorch
give INT8 over PyTorch. Such a factor is marked by the arms it went through. Nothing is chained across runs, models or
workloads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from math import exp, hypot, log
from typing import NamedTuple

from pytest_ovperf.records import Fidelity  # noqa: TC001  (public annotations stay resolvable)
from pytest_ovperf.runs.values import value_of
from pytest_ovperf.runs.view import ArmView, ComparisonView  # noqa: TC001  (see above)

#: What factors are over where it was measured, by how its arms' names begin.
_OVER = ("pytorch-", "onnxruntime-")


class ArmPlace(NamedTuple):
    """An arm by what tells it from others of the same model."""

    name: str
    device: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One arm of a ladder.

    ``factor`` is how many times better it is than the ladder's foot, ``low`` … ``high`` its interval; those of a
    chained factor are combined as independent on the log scale, so they hold where its comparisons are. ``through``
    are the arms between it and the foot, empty where it was compared with the foot itself. ``value`` is its own figure
    in the metric's unit, from the comparison ``key`` nearest to the foot; ``fidelity`` is that comparison's, against
    ``against``.
    """

    arm: ArmPlace
    factor: float
    low: float
    high: float
    through: tuple[ArmPlace, ...]
    value: float
    key: str
    fidelity: Fidelity | None
    against: ArmPlace | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """The arms of one model under one workload and metric, the best first; ``foot`` is what the factors are over."""

    model: str
    workload: str
    metric: str
    foot: ArmPlace
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """What one comparison says of ``arm`` seen from the arm on its other side. ``gain`` and ``reach`` are logs."""

    other: ArmPlace
    arm: ArmPlace
    gain: float
    reach: float
    view: ArmView
    of: ComparisonView
    is_candidate: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """The steps from the foot to an arm, added up."""

    gain: float
    reach: float
    arms: tuple[ArmPlace, ...]
    last: _Step | None


def ladders(comparisons: Sequence[ComparisonView]) -> tuple[Ladder, ...]:
    """Return a ladder for each model, workload and metric of one run, in the order of their first comparison.

    Arms that no comparison connects stand on ladders of their own.
    """
    groups: dict[tuple[str, str, str], list[ComparisonView]] = {}
    for view in comparisons:
        if _usable(view):
            groups.setdefault((view.model, view.workload, view.metric), []).append(view)
    return tuple(ladder for key, views in groups.items() for ladder in _of_group(*key, views))


def _usable(view: ComparisonView) -> bool:
    """Tell whether logarithms can be taken: a file may hold anything. One arm with two releases is no rung."""
    return not view.is_race and 0 < view.low <= view.ratio <= view.high < float("inf")


def _of_group(model: str, workload: str, metric: str, views: Sequence[ComparisonView]) -> list[Ladder]:
    steps = _steps(views)
    waiting = dict.fromkeys(steps)
    found: list[Ladder] = []
    while waiting:
        connected = _ways(next(iter(waiting)), steps)
        foot = _foot(connected)
        rungs = [_rung(arm, way, steps) for arm, way in _ways(foot, steps).items()]
        found.append(Ladder(model, workload, metric, foot, tuple(sorted(rungs, key=lambda rung: -rung.factor))))
        for arm in connected:
            del waiting[arm]
    return found


def _steps(views: Sequence[ComparisonView]) -> dict[ArmPlace, list[_Step]]:
    """Return for each arm where one comparison leads from it, the surest first."""
    steps: dict[ArmPlace, list[_Step]] = {}
    for view in views:
        candidate, reference = _place(view.candidate), _place(view.reference)
        gain, reach = log(view.ratio), (log(view.high) - log(view.low)) / 2
        up = _Step(reference, candidate, gain, reach, view.candidate, view, is_candidate=True)
        down = _Step(candidate, reference, -gain, reach, view.reference, view, is_candidate=False)
        steps.setdefault(reference, []).append(up)
        steps.setdefault(candidate, []).append(down)
    return {arm: sorted(ways, key=lambda step: step.reach) for arm, ways in steps.items()}


def _place(arm: ArmView) -> ArmPlace:
    return ArmPlace(arm.name, arm.device)


def _ways(start: ArmPlace, steps: dict[ArmPlace, list[_Step]]) -> dict[ArmPlace, _Way]:
    """Return the way from ``start`` to every arm that comparisons lead to: the fewest of them, then the surest."""
    ways = {start: _Way(0.0, 0.0, (), None)}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        before = ways[here]
        through = (*before.arms, here) if here != start else ()
        for step in steps[here]:
            if step.arm not in ways:
                ways[step.arm] = _Way(before.gain + step.gain, hypot(before.reach, step.reach), through, step)
                queue.append(step.arm)
    return ways


def _foot(ways: dict[ArmPlace, _Way]) -> ArmPlace:
    """Choose what factors are over: PyTorch where there is one, else ONNX Runtime, else the slowest arm."""
    return min(ways, key=lambda arm: (*(not arm.name.startswith(begin) for begin in _OVER), ways[arm].gain))


def _rung(arm: ArmPlace, way: _Way, steps: dict[ArmPlace, list[_Step]]) -> Rung:
    step = way.last
    if step is None:  # the foot: its figure is that of its surest comparison
        nearest = steps[arm][0]
        own = nearest.of.reference if nearest.is_candidate else nearest.of.candidate
        return Rung(arm, 1.0, 1.0, 1.0, (), value_of(own, nearest.of.metric), nearest.of.key, None, None)
    return Rung(
        arm=arm,
        factor=exp(way.gain),
        low=exp(way.gain - way.reach),
        high=exp(way.gain + way.reach),
        through=way.arms,
        value=value_of(step.view, step.of.metric),
        key=step.of.key,
        fidelity=step.of.fidelity,
        against=step.other,
    )
