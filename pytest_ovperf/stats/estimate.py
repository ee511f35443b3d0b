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

from .disturbance import counted
from .noise import mean, noise_of, shrunk_spread, student_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Block, Launch, Round, Trace

#: The confidence of the interval that is shown with a speed-up. Verdicts use error rates of their own.
CONFIDENCE = 0.95

#: The name of this way of estimating. Log ratios are comparable only with those made the same way.
ESTIMATOR = "lower-quartile/hodges-lehmann/mean"


def block_latency_ns(block: Block) -> float:
    """Return the lower quartile of a block's latencies in nanoseconds, interpolated between calls.

    Neighbours on the machine only ever add time, so the lower part of the calls says most about the arm; the
    minimum is quieter still on traces, but falls with the number of calls, which differs between the arms.
    Raises `MeasurementError` for a block without calls or with a time that is not above zero.
    """
    times = sorted(block.latency_ns)
    if not times or times[0] <= 0:
        raise MeasurementError(
            f"A block needs calls that took time; it holds {len(times)} calls, the shortest {times[:1]} ns.",
            remedy="Measure again; if it stays so, report it with the trace.",
        )
    place = (len(times) - 1) / 4
    below = int(place)
    above = min(below + 1, len(times) - 1)
    return times[below] + (place - below) * (times[above] - times[below])


def round_log_ratio(round_: Round) -> float:
    """Return the natural log of reference over candidate time in one round: above 0, the candidate is faster."""
    return log(block_latency_ns(round_.reference) / block_latency_ns(round_.candidate))


def hodges_lehmann(values: Sequence[float]) -> float:
    """Return the median of all pairwise means, each value paired with itself too (Hodges and Lehmann, 1963).

    Raises `MeasurementError` for no values.
    """
    if not values:
        raise MeasurementError("A launch without rounds has no ratio.", remedy="Measure again.")
    pairs = ((left + right) / 2 for index, left in enumerate(values) for right in values[index:])
    return median(pairs)


def launch_log_ratio(rounds: Sequence[Round]) -> float:
    """Return the centre of the log ratios of one launch's counted rounds. Raises `MeasurementError` for no rounds."""
    return hodges_lehmann([round_log_ratio(round_) for round_ in counted(rounds)])


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
    log_ratios = tuple(launch_log_ratio(launch.rounds) for launch in trace.launches)
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
        candidate_ns=_typical_ns(trace.launches, candidate=True),
        reference_ns=_typical_ns(trace.launches, candidate=False),
        disturbed=sum(len(launch.rounds) for launch in trace.launches) - rounds,
    )


def _typical_ns(launches: Sequence[Launch], *, candidate: bool) -> float:
    """Return the median over all rounds of an arm's block latency in nanoseconds."""
    blocks = (r.candidate if candidate else r.reference for launch in launches for r in counted(launch.rounds))
    return median(block_latency_ns(block) for block in blocks)
