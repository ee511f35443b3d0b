"""From launches to a ratio with its spread, and whether the aim is met."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median, stdev
from typing import TYPE_CHECKING

from pytest_ovperf.metrics import Metric
from pytest_ovperf.stats.estimate import hodges_lehmann

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .records import Launch, Outcome

#: The aim: the median deviation over models, and the largest one.
AIM_MEDIAN = 0.02
AIM_LARGEST = 0.04
#: The properties that both sides tell, and that decide what is measured.
COMPARED = ("INFERENCE_PRECISION_HINT", "INFERENCE_NUM_THREADS", "NUM_STREAMS", "requests")
_HALF_OF_5_PERCENT = 0.025
_LEAST_LAUNCHES = 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """Our figure over benchmark_app's in one case: the centre of the launches' ratios with a 95 % interval.

    ``spread`` is the standard deviation of a single launch's ratio. ``ours`` and ``theirs`` are the medians of the
    figures themselves, nanoseconds or samples a second. ``inner`` is the ratio without what of our latency lies outside
    OpenVINO's own time of a request. ``differing`` names the settings that differ.
    """

    ratio: float
    low: float
    high: float
    spread: float
    ours: float
    theirs: float
    inner: float
    launches: int
    differing: tuple[str, ...]

    @property
    def deviation(self) -> float:
        """How far the ratio is from 1, either way."""
        return abs(self.ratio - 1)


def agreement_of(outcome: Outcome) -> Agreement:
    """Return what the counted launches say. Raises `ValueError` for fewer than two of them."""
    metric, launches = outcome.case.metric, outcome.counted
    if len(launches) < _LEAST_LAUNCHES:
        raise ValueError(f"{outcome.case}: a spread needs two launches, here is {len(launches)}: raise --launches.")
    logs = [math.log(launch.ours.value(metric) / launch.theirs.value(metric)) for launch in launches]
    ratio, low, high = (math.exp(value) for value in (hodges_lehmann(logs), *signed_rank_interval(logs)))
    ours, theirs = (median(values) for values in zip(*(_values(launch, metric) for launch in launches), strict=True))
    return Agreement(
        ratio=ratio,
        low=low,
        high=high,
        spread=stdev(logs),
        ours=ours,
        theirs=theirs,
        inner=ratio * (1 - outcome.outside_ns / ours) if metric is Metric.LATENCY else ratio,
        launches=len(launches),
        differing=_differing(outcome),
    )


def _values(launch: Launch, metric: Metric) -> tuple[float, float]:
    return launch.ours.value(metric), launch.theirs.value(metric)


def signed_rank_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval of Wilcoxon's signed-rank test around the centre of ``values``, of 95 % or a little more.

    It belongs to Hodges' and Lehmann's centre (Hollander and Wolfe, Nonparametric Statistical Methods, section 3.3),
    and a launch that fell out of the way moves it little. Fewer than six values cannot reach 95 %: it then spans all.
    """
    means = sorted((left + right) / 2 for index, left in enumerate(values) for right in values[index:])
    outside = 0
    while _chance_of_at_most(outside, len(values)) <= _HALF_OF_5_PERCENT:
        outside += 1
    skipped = max(0, outside - 1)
    return means[skipped], means[-1 - skipped]


def _chance_of_at_most(rank_sum: int, count: int) -> float:
    """Return the chance that the ranks with a positive sign, each with one half, add up to ``rank_sum`` at most."""
    ways = [1] + [0] * rank_sum
    for rank in range(1, count + 1):
        for total in range(rank_sum, rank - 1, -1):
            ways[total] += ways[total - rank]
    return sum(ways) / float(2**count)


def aim_met(agreements: Sequence[Agreement]) -> bool:
    """Tell whether the deviations are within the aim."""
    deviations = [agreement.deviation for agreement in agreements]
    return median(deviations) <= AIM_MEDIAN and max(deviations) <= AIM_LARGEST


def of_metric(outcomes: Sequence[Outcome], metric: Metric) -> list[Outcome]:
    """Return the outcomes of one metric, in the order of models and arms."""
    chosen = [outcome for outcome in outcomes if outcome.case.metric is metric]
    return sorted(chosen, key=lambda outcome: (outcome.case.arm, outcome.case.model))


def _differing(outcome: Outcome) -> tuple[str, ...]:
    launch = outcome.counted[0]
    sides = [{name: _plain(side.settings.get(name, "")) for name in COMPARED} for side in (launch.ours, launch.theirs)]
    return tuple(
        f"{name}: {ours} here, {theirs} there"
        for name, ours, theirs in zip(COMPARED, *(side.values() for side in sides), strict=True)
        if ours and theirs and ours != theirs
    )


def _plain(value: str) -> str:
    """Return OpenVINO's types, as Python prints them, by the short names that facts have."""
    for long, short in (("<Type: 'float32'>", "f32"), ("<Type: 'bfloat16'>", "bf16"), ("<Type: 'float16'>", "f16")):
        if value == long:
            return short
    return "" if value == "0" else value
