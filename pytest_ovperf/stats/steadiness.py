"""What an average would hide: trends, drifts, two speeds. Found here, shown everywhere, and never a verdict.

A flag needs both: statistical evidence, and a size that matters. Each is looked for where it would otherwise vanish:
trends within launches and from launch to launch, two speeds among calls, rounds and launches.
"""

from __future__ import annotations

from math import exp, expm1, log, sqrt
from statistics import fmean, median
from typing import TYPE_CHECKING

from pytest_ovperf.records import Flag, FlagKind

from .costs import block_cost, call_costs
from .disturbance import counted, is_disturbed
from .estimate import launch_log_ratio, round_log_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_ovperf.arms import Comparison
    from pytest_ovperf.metrics import Metric
    from pytest_ovperf.records import Block, Launch, Round

    _Series = Sequence[float]

#: The size from which on something is worth a reader's time.
WORTH_SAYING = 0.05

#: Of how many standard deviations a trend must be: 1 chance in 1,000 among values without any, in either direction.
TREND_DEVIATIONS = 3.3

#: Fewer launches than this tell nothing of a drift: six can reach 2.6 deviations at most, and all in order only.
DRIFT_LAUNCHES = 6
DRIFT_DEVIATIONS = 2.5

#: Two groups are speeds of their own when their centres lie this many of their own standard deviations apart (D of
#: Ashman, Bird and Zepf, 1994). The best cut of a normal sample reaches 2.6, of a uniform one 3.5.
APART = 5.0

#: The rarer speed's share of the values: less is called outliers, which the estimators are made for.
RARER = 0.2

#: Values without which two speeds are not looked for: launches, of which there are few, and all else.
LEAST_LAUNCHES = 6
LEAST_VALUES = 20

#: More disturbed rounds than this share are worth a reader's time.
DISTURBED = 0.2


def flags_of(comparison: Comparison, launches: Sequence[Launch]) -> tuple[Flag, ...]:
    """Return what was unsteady in these launches of a comparison; nothing for no launches."""
    if not launches:
        return ()
    metric = comparison.metric
    rounds = [counted(launch.rounds) for launch in launches]
    sides: tuple[tuple[str, Callable[[Round], Block]], ...] = (
        (comparison.candidate.name, lambda round_: round_.candidate),
        (comparison.reference.name, lambda round_: round_.reference),
    )
    found = [_cold(launches), _disturbed(launches), _drift(launches, metric), *_two_ratios(rounds, launches, metric)]
    found.append(_trend("ratio", [[round_log_ratio(round_, metric) for round_ in one] for one in rounds]))
    for name, block_of in sides:
        blocks = [[block_of(round_) for round_ in one] for one in rounds]
        found.append(_trend(name, [[log(block_cost(block, metric)) for block in one] for one in blocks]))
        found.append(_two_speeds(name, _calls((block for one in blocks for block in one), metric), LEAST_VALUES))
    return tuple(flag for flag in found if flag is not None)


def _cold(launches: Sequence[Launch]) -> Flag | None:
    cold = sum(not launch.warm for launch in launches) / len(launches)
    return Flag(FlagKind.COLD, "ratio", cold) if cold else None


def _disturbed(launches: Sequence[Launch]) -> Flag | None:
    rounds = [round_ for launch in launches for round_ in launch.rounds]
    share = sum(map(is_disturbed, rounds)) / len(rounds)
    return Flag(FlagKind.DISTURBED, "ratio", share) if share > DISTURBED else None


def _two_ratios(rounds: Sequence[Sequence[Round]], launches: Sequence[Launch], metric: Metric) -> list[Flag | None]:
    pooled = [round_log_ratio(round_, metric) for one in rounds for round_ in one]
    by_launch = [launch_log_ratio(launch.rounds, metric) for launch in launches]
    found = _two_speeds("ratio", by_launch, LEAST_LAUNCHES)
    return [found or _two_speeds("ratio", pooled, LEAST_VALUES)]


def _calls(blocks: Iterable[Block], metric: Metric) -> list[float]:
    """Return the log of each call over what its block stands for: a machine that wanders is no second speed."""
    return [
        log(cost / level)
        for block in blocks
        for level in [block_cost(block, metric)]
        for cost in call_costs(block, metric)
    ]


def _drift(launches: Sequence[Launch], metric: Metric) -> Flag | None:
    values = [launch_log_ratio(launch.rounds, metric) for launch in launches]
    if len(values) < DRIFT_LAUNCHES or abs(_deviations([values])) < DRIFT_DEVIATIONS:
        return None
    size = expm1(_slope(values) * (len(values) - 1))
    return Flag(FlagKind.DRIFT, "ratio", size) if abs(size) >= WORTH_SAYING else None


def _trend(what: str, series: Sequence[_Series]) -> Flag | None:
    if abs(_deviations(series)) < TREND_DEVIATIONS:
        return None
    size = expm1(median(_slope(values) * (len(values) - 1) for values in series if len(values) > 1))
    return Flag(FlagKind.TREND, what, size) if abs(size) >= WORTH_SAYING else None


def _deviations(series: Sequence[_Series]) -> float:
    """Return the Mann-Kendall statistic of several series in standard deviations (Mann, 1945; Kendall, 1975).

    Pairs are counted within a series only, so that steps between launches are no trend; variances add up.
    """
    score = variance = 0.0
    for values in series:
        number = len(values)
        score += sum((later > value) - (later < value) for at, value in enumerate(values) for later in values[at + 1 :])
        variance += number * (number - 1) * (2 * number + 5) / 18
    return score / sqrt(variance) if variance else 0.0


def _slope(values: _Series) -> float:
    """Return the median slope over all pairs (Theil, 1950; Sen, 1968), per step."""
    slopes = [
        (later - value) / ahead
        for at, value in enumerate(values)
        for ahead, later in enumerate(values[at + 1 :], start=1)
    ]
    return median(slopes) if slopes else 0.0


def _two_speeds(what: str, values: _Series, least: int) -> Flag | None:
    """Return the flag for values (logs of times, or of ratios) that fall into two groups far apart."""
    if len(values) < least:
        return None
    low, high = best_cut(sorted(values))
    gap = fmean(high) - fmean(low)
    rarer = min(len(low), len(high)) / len(values)
    width = sqrt((_variance(low) + _variance(high)) / 2)
    if rarer < RARER or exp(gap) - 1 < WORTH_SAYING or gap <= APART * width:
        return None
    return Flag(FlagKind.TWO_SPEEDS, what, expm1(gap), part=len(high) / len(values))


def best_cut(values: _Series) -> tuple[_Series, _Series]:
    """Cut sorted ``values`` (two at least) in two so that the squared deviations within both parts are least."""
    total, number = sum(values), len(values)
    below, best, cut = 0.0, -1.0, 1
    for at in range(1, number):
        below += values[at - 1]
        # The squares between the parts are what is left of all squares: most there is least within.
        between = below**2 / at + (total - below) ** 2 / (number - at)
        if between > best:
            best, cut = between, at
    return values[:cut], values[cut:]


def _variance(values: _Series) -> float:
    centre = fmean(values)
    return fmean([(value - centre) ** 2 for value in values])
