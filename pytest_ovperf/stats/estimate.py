"""From a trace to a speed-up with its interval.

Steps chosen by replaying recorded traces (docs/decisions/0001-estimators.md): the lower quartile of a block's calls,
the Hodges-Lehmann centre of a launch's undisturbed rounds, the mean over launches with Student's t interval.
"""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import median
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import Speedup

from .costs import block_cost
from .disturbance import counted
from .noise import mean, noise_of, shrunk_spread, student_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.metrics import Metric
    from pytest_ovperf.records import Round, Trace

#: The confidence of the interval that is shown with a speed-up. Verdicts use error rates of their own.
CONFIDENCE = 0.95

#: The name of this way of estimating. Log ratios are comparable only with those made the same way.
ESTIMATOR = "lower-quartile/hodges-lehmann/mean"


def round_log_ratio(round_: Round, metric: Metric) -> float:
    """Return the natural log of reference over candidate cost in one round: above 0, the candidate is better.

    Raises `MeasurementError` for a block that does not hold what the metric needs.
    """
    return log(block_cost(round_.reference, metric) / block_cost(round_.candidate, metric))


def hodges_lehmann(values: Sequence[float]) -> float:
    """Return the median of all pairwise means, each value paired with itself too (Hodges and Lehmann, 1963).

    Raises `MeasurementError` for no values.
    """
    if not values:
        raise MeasurementError("A launch without rounds has no ratio.", remedy="Measure again.")
    pairs = ((left + right) / 2 for index, left in enumerate(values) for right in values[index:])
    return median(pairs)


def launch_log_ratio(rounds: Sequence[Round], metric: Metric) -> float:
    """Return the centre of the log ratios of one launch's counted rounds. Raises `MeasurementError` for no rounds."""
    return hodges_lehmann([round_log_ratio(round_, metric) for round_ in counted(rounds)])


def estimate(trace: Trace) -> Speedup:
    """Return the speed-up that a trace shows, with an interval of confidence `CONFIDENCE`.

    The launch is the unit of replication. The spread between launches is shrunk towards what is known of the kind of
    pair, so that one launch already has an (honestly wide) interval.
    Raises `MeasurementError` for a trace without launches, rounds or calls.
    """
    if not trace.launches:
        raise MeasurementError(
            f"There is no complete launch of {trace.comparison}.",
            remedy="Raise --ov-budget, or look at the arm's error.",
        )
    metric = trace.comparison.metric
    log_ratios = tuple(launch_log_ratio(launch.rounds, metric) for launch in trace.launches)
    spread = shrunk_spread(noise_of(trace.comparison), log_ratios)
    centre = mean(log_ratios)
    reach = student_quantile(spread.degrees, (1 - CONFIDENCE) / 2) * spread.sd / sqrt(len(log_ratios))
    return Speedup(
        ratio=exp(centre),
        low=exp(centre - reach),
        high=exp(centre + reach),
        confidence=CONFIDENCE,
        log_ratios=log_ratios,
        rounds=(rounds := sum(len(counted(launch.rounds)) for launch in trace.launches)),
        candidate_cost=_typical_cost(trace, candidate=True),
        reference_cost=_typical_cost(trace, candidate=False),
        disturbed=sum(len(launch.rounds) for launch in trace.launches) - rounds,
    )


def _typical_cost(trace: Trace, *, candidate: bool) -> float:
    """Return what the metric costs an arm in a block, centred as the ratio is, so that both costs make the ratio.

    The median over all rounds would follow the launches that most rounds are from: a reader who divides one by the
    other would see a speed-up that is up to 25 % off (docs/decisions/0001-estimators.md).
    """
    return exp(mean([_launch_log_cost(launch.rounds, trace, candidate=candidate) for launch in trace.launches]))


def _launch_log_cost(rounds: Sequence[Round], trace: Trace, *, candidate: bool) -> float:
    blocks = [each.candidate if candidate else each.reference for each in counted(rounds)]
    return hodges_lehmann([log(block_cost(block, trace.comparison.metric)) for block in blocks])
