"""How noisy a machine is, read off launches of one pair of arms, and what it could therefore show.

Best read off one artefact raced against itself: all scatter is then the machine's. What differs between two arms adds
to it (the cache that one of them needs, the instructions that slow a clock), so real comparisons are noisier.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import expm1, fsum, sqrt
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import StoredBaseline

from .disturbance import counted
from .estimate import estimate, round_log_ratio
from .judge import change_of, distance_to_target, log_tolerance
from .noise import (
    NOISE,
    Noise,
    PairKind,
    Spread,
    mean,
    noise_of,
    pair_kind,
    shrunk_spread,
    student_quantile,
    tolerance_for,
)
from .sensitivity import smallest_detectable_change
from .sequential import BASELINE_LAUNCHES, LOOKS, MOST_BASELINE_LAUNCHES, MOST_FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Speedup, Trace

#: The confidence of the interval around a standard deviation.
CONFIDENCE = 0.95

#: How often a change is to be found that is called detectable.
POWER = 0.95

#: A tolerance above this many percent lets a program lose half its speed unnoticed: it serves nobody.
_MOST_PERCENT = 25


@dataclass(frozen=True, slots=True)
class PairNoise:
    """The noise of one pair of arms on one machine, as standard deviations of log ratios (0.02 is 2 %).

    ``launch_sd`` is from launch to launch, with the interval ``low`` … ``high`` of confidence `CONFIDENCE`;
    ``round_sd`` from round to round within a launch. ``expected_sd`` is ``launch_sd`` shrunk towards what is assumed
    of such pairs: what to reckon with, as few launches may agree by luck.
    """

    kind: PairKind
    launches: int
    launch_sd: float
    low: float
    high: float
    round_sd: float
    expected_sd: float

    @property
    def known(self) -> Noise:
        """What the plugin assumes of such pairs before it has measured any, and what it wants to show."""
        return NOISE[self.kind]

    @property
    def noisier(self) -> bool:
        """Whether the machine is shown to be noisier than that: the whole interval lies above."""
        return self.low > self.known.launch_sd


def pair_noise(trace: Trace) -> PairNoise:
    """Return the noise that a trace shows. Raises `MeasurementError` for fewer than two launches."""
    if len(trace.launches) < LOOKS[0]:
        raise MeasurementError(
            f"Noise from launch to launch takes {LOOKS[0]} launches; there are {len(trace.launches)}.",
            remedy="Measure longer.",
        )
    log_ratios = estimate(trace).log_ratios
    degrees = len(log_ratios) - 1
    launch_sd = sqrt(_squares(log_ratios) / degrees)
    rounds = [
        [round_log_ratio(round_, trace.comparison.metric) for round_ in counted(launch.rounds)]
        for launch in trace.launches
    ]
    within = sum(len(each) - 1 for each in rounds)
    return PairNoise(
        kind=pair_kind(trace.comparison),
        launches=len(log_ratios),
        launch_sd=launch_sd,
        low=launch_sd * sqrt(degrees / _chi_square(degrees, (1 - CONFIDENCE) / 2)),
        high=launch_sd * sqrt(degrees / _chi_square(degrees, (1 + CONFIDENCE) / 2)),
        round_sd=sqrt(fsum(_squares(each) for each in rounds) / max(within, 1)),
        expected_sd=shrunk_spread(noise_of(trace.comparison), log_ratios).sd,
    )


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest losses (0.08 is 8 %) that are found with chance `POWER` in so many ``launches``.

    ``against_baseline`` is against a baseline recorded on the same machine, ``raced`` the loss of one arm against
    another beside it; both with the ``tolerance`` that noise of this size leads to.
    """

    launches: int
    tolerance: float
    against_baseline: float
    raced: float


def detectable(noise: PairNoise, launches: int) -> Detectable:
    """Return what a machine of this noise shows in ``launches`` launches, at the error rate of one comparison."""
    baseline = _baseline(noise)
    return Detectable(
        launches=launches,
        tolerance=baseline.tolerance,
        against_baseline=_against(baseline, noise, launches),
        raced=_raced(noise, launches, baseline.tolerance),
    )


def serving_tolerance(noise: PairNoise, launches: int) -> float | None:
    """Return the smallest tolerance, in whole percent, with which a loss of twice as much is found in ``launches``.

    ``None`` where no sensible one would do.
    """
    baseline = _baseline(noise)
    for tolerance in (percent / 100 for percent in range(1, _MOST_PERCENT + 1)):
        if _against(replace(baseline, tolerance=tolerance), noise, launches) <= 2 * tolerance:
            return tolerance
    return None


def _baseline(noise: PairNoise) -> StoredBaseline:
    """Return a made-up baseline as such noise leads to: of more launches where few would not show what they should."""
    for launches in range(BASELINE_LAUNCHES, MOST_BASELINE_LAUNCHES + 1):
        log_ratios = scattered(noise.expected_sd, launches)
        baseline = StoredBaseline(
            log_ratios=log_ratios,
            tolerance=tolerance_for(noise.known, log_ratios),
            candidate_cost=1.0,
            reference_cost=1.0,
            fidelity=None,
            provenance={},
        )
        if _against(baseline, noise, LOOKS[-1]) <= noise.known.detects:
            break
    return baseline


def _against(baseline: StoredBaseline, noise: PairNoise, launches: int) -> float:
    return smallest_detectable_change(
        baseline,
        launches=launches,
        noise=noise.known,
        tolerance=baseline.tolerance,
        error_rate=MOST_FALSE_ALARMS,
        power=POWER,
    )


def _raced(noise: PairNoise, launches: int, tolerance: float) -> float:
    """Return the smallest loss that `judge_race` finds: as against a baseline, with nothing stored that scatters."""
    spread = shrunk_spread(noise.known, scattered(noise.expected_sd, launches))
    error = Spread(spread.sd / sqrt(launches), spread.degrees)
    reach = change_of(0.0, error, tolerance=tolerance, error_rate=MOST_FALSE_ALARMS).reach
    luck = student_quantile(error.degrees, 1 - POWER) * error.sd
    return -expm1(-(log_tolerance(tolerance) + reach + luck))


def scattered(sd: float, launches: int) -> tuple[float, ...]:
    """Return evenly spaced log ratios around 0 whose sample standard deviation is ``sd``: made up, for planning."""
    places = [index - (launches - 1) / 2 for index in range(launches)]
    scale = sd / sqrt(_squares(places) / (launches - 1)) if launches > 1 else 0.0
    return tuple(place * scale for place in places)


class Equality(StrEnum):
    """How one artefact raced against itself came out.

    ``DOUBTFUL`` is outside the 95 % interval, as chance has it in one check out of twenty.
    """

    EQUAL = "equal"
    DOUBTFUL = "doubtful"
    UNEQUAL = "unequal"


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The speed-up of an artefact over itself, which ought to be 1."""

    speedup: Speedup
    equality: Equality


def self_check(trace: Trace) -> SelfCheck:
    """Judge a trace of identical arms. Raises `MeasurementError` for one without launches."""
    speedup = estimate(trace)
    distance = distance_to_target(speedup, 1.0, noise=noise_of(trace.comparison), error_rate=MOST_FALSE_ALARMS / 2)
    if speedup.low <= 1.0 <= speedup.high:
        return SelfCheck(speedup, Equality.EQUAL)
    unequal = abs(distance.centre) > distance.reach
    return SelfCheck(speedup, Equality.UNEQUAL if unequal else Equality.DOUBTFUL)


def _squares(values: Sequence[float]) -> float:
    centre = mean(values)
    return fsum((value - centre) ** 2 for value in values)


def _chi_square(degrees: int, upper_tail: float) -> float:
    """Return the value that chi-square with ``degrees`` of freedom exceeds with probability ``upper_tail``."""
    from scipy.special import chdtri  # noqa: PLC0415  (scipy is imported when there is something to compute)

    return float(chdtri(degrees, upper_tail))
