"""What a judge takes, from the views of runs that were measured before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.arms import Comparison, named_arm
from pytest_ovperf.errors import ArmError
from pytest_ovperf.metrics import Workload, parse_metric
from pytest_ovperf.records import Speedup, StoredBaseline
from pytest_ovperf.runs.values import cost_of
from pytest_ovperf.stats.noise import NOISE, Noise, PairKind, noise_of

if TYPE_CHECKING:
    from pytest_ovperf.runs.view import ComparisonView


def noise_between(view: ComparisonView) -> Noise:
    """Return what is known of this kind of pair; an arm that this version does not know counts as a noisy one."""
    try:
        metric = parse_metric(view.metric)
        candidate, reference = (named_arm(arm.name, arm.device) for arm in (view.candidate, view.reference))
    except ArmError:
        return NOISE[PairKind.PYTORCH]
    return noise_of(Comparison(view.model, candidate, reference, metric, Workload(metric.workload, {})))


def speedup_in(view: ComparisonView) -> Speedup:
    """Return a run's launches as they were measured."""
    return Speedup(
        ratio=view.ratio,
        low=view.low,
        high=view.high,
        confidence=view.confidence,
        log_ratios=view.log_ratios,
        rounds=0,  # no file keeps them, and no verdict asks for them
        candidate_cost=cost_of(view.candidate, view.metric),
        reference_cost=cost_of(view.reference, view.metric),
    )


def stored_from(view: ComparisonView) -> StoredBaseline:
    """Return the first run's launches as what a baseline would remember of them."""
    return StoredBaseline(
        log_ratios=view.log_ratios,
        tolerance=view.tolerance,
        candidate_cost=cost_of(view.candidate, view.metric),
        reference_cost=cost_of(view.reference, view.metric),
        fidelity=view.fidelity,
        provenance={},
    )
