"""What an arm's metric comes to, in the metric's unit: from views, whose metrics are text that a file may hold."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Comparison, named_arm
from pytest_ovperf.errors import ArmError
from pytest_ovperf.metrics import Metric, Unit, Workload, WorkloadKind
from pytest_ovperf.stats.absolute import in_unit

if TYPE_CHECKING:
    from .view import ArmView, ComparisonView

_NANOSECONDS = 1e9


def metric_of(name: str) -> Metric:
    """Return the metric of that name; one that this version does not know is taken for a latency."""
    return Metric(name) if name in list(Metric) else Metric.LATENCY


def arms_of(view: ComparisonView) -> str:
    """Return both arms by name as `Comparison.arms` has them: what both set is said once, devices where they differ.

    Arms that this version does not know are named as they stand.
    """
    candidate, reference = view.candidate, view.reference
    try:
        ours, theirs = (named_arm(arm.name, arm.device) for arm in (candidate, reference))
    except ArmError:
        return f"{candidate.name} over {reference.name}"
    return Comparison(view.model, ours, theirs, metric_of(view.metric), Workload(WorkloadKind.INFER, {})).arms


def unit_of(metric: str) -> Unit:
    """Return what a metric is counted in; a metric that this version does not know is taken for a time."""
    return metric_of(metric).unit


def cost_of(arm: ArmView, metric: str) -> float:
    """Return what ``metric`` typically costs an arm (`stats.costs`), ``nan`` where that is not known.

    It is made as the ratio is, so that the costs of both arms make the ratio. Of a time in a file that does not have
    it, it is the median over all calls, as other tools have it.
    """
    if arm.cost is None and unit_of(metric) is Unit.SECONDS and arm.statistics is not None:
        return arm.statistics.median_s * _NANOSECONDS
    return nan if arm.cost is None else arm.cost


def value_of(arm: ArmView, metric: str) -> float:
    """Return an arm's typical figure in the metric's unit, ``nan`` where it is not known."""
    cost = cost_of(arm, metric)
    return in_unit(cost, unit_of(metric)) if isfinite(cost) and cost > 0 else nan
