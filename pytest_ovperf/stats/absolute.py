"""One arm's absolute figure from its launches: the value, how sure it is, and the percentiles of its calls.

What holds for ratios holds here with more force: calls of one process say little of the next one, and a shared machine
is faster or slower as a whole from minute to minute, which no division takes out. So the launch is the unit of
replication, and the interval is wide. It is about the launches that were made; another day differs by more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from math import exp, fsum, log, sqrt
from statistics import median
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric, Unit, WorkloadKind

from .costs import call_costs
from .noise import mean, student_quantile
from .percentiles import call_times_ns, percentiles

if TYPE_CHECKING:
    from pytest_ovperf.records import Block

#: The confidence of the interval.
CONFIDENCE = 0.95

#: The prior standard deviation of a launch's log cost and what it is worth in degrees of freedom: nothing cancels as
#: in a ratio, and figures of whole runs on a shared machine differ by about this much. Memory hardly depends on its
#: mood, and files not at all.
_PRIOR_SD = 0.05
_PRIOR_SDS: Mapping[WorkloadKind, float] = {WorkloadKind.MEMORY: 0.01, WorkloadKind.FILES: 0.0}
_PRIOR_DEGREES = 2.0

_NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class Absolute:
    """A figure in the metric's unit (seconds, bytes, a rate a second), its interval of confidence `CONFIDENCE`.

    ``percentiles`` are those of single calls in seconds, by percent, from ``samples`` calls.
    """

    value: float
    low: float
    high: float
    percentiles: Mapping[int, float]
    samples: int


def absolute(launches: Sequence[Sequence[Block]], metric: Metric) -> Absolute:
    """Return what ``launches``, each the blocks of one arm in one set of processes, come to by ``metric``.

    A launch stands for the median of what its calls cost (as other tools have it, where a ratio takes the lower
    quartile), the figure for the geometric mean over launches; their spread is shrunk towards what is known of absolute
    figures, so that one launch already has an interval.
    Raises `MeasurementError` for no launches, and for one that does not hold what the metric needs.
    """
    if not launches:
        raise MeasurementError(f"There is nothing to tell the {metric} from.", remedy="Raise --ov-budget.")
    logs = [log(_launch_cost(blocks, metric)) for blocks in launches]
    centre = mean(logs)
    prior_sd = _PRIOR_SDS.get(metric.workload, _PRIOR_SD)
    squares = _PRIOR_DEGREES * prior_sd**2 + fsum((each - centre) ** 2 for each in logs)
    degrees = _PRIOR_DEGREES + len(logs) - 1
    reach = student_quantile(degrees, (1 - CONFIDENCE) / 2) * sqrt(squares / degrees / len(logs))
    low, high = sorted(in_unit(exp(centre + side * reach), metric.unit) for side in (-1, 1))
    times = [time / _NANOSECONDS for blocks in launches for block in blocks for time in call_times_ns(block, metric)]
    return Absolute(in_unit(exp(centre), metric.unit), low, high, percentiles(times), len(times))


def _launch_cost(blocks: Sequence[Block], metric: Metric) -> float:
    costs = [cost for block in blocks for cost in call_costs(block, metric)]
    if not costs or min(costs) <= 0:
        raise MeasurementError(
            f"A launch has nothing to tell the {metric} from; it holds {len(costs)} values.",
            remedy="Measure again; if it stays so, report it with the trace.",
        )
    return median(costs)


def in_unit(cost: float, unit: Unit) -> float:
    """Return what a cost (`stats.costs`: nanoseconds of a call, sample, token or request; bytes) is in ``unit``.

    The cost must be above 0: rates divide by it.
    """
    if unit is Unit.BYTES:
        return cost
    return _NANOSECONDS / cost if unit.is_rate else cost / _NANOSECONDS
