"""From a speed-up to a verdict.

Everything is decided on natural logarithms. ``D`` is the mean log ratio now minus the stored one: below 0, the
speed-up has fallen. ``δ = log1p(tolerance)`` is the change let pass: with a tolerance of 5 % the candidate may come to
take 1.05 times as long against its reference, a fall of the speed-up by 1 - 1/1.05 = 4.8 %.

- regressed:    ``D + t·SE < -δ``   the whole interval lies beyond the tolerance
- improved:     ``D - t·SE > δ``    the same on the other side
- ok:           ``D - u·SE > -2δ``  a fall of twice the tolerance is excluded, a fall beyond the tolerance not shown
- inconclusive: nothing of this can be said

``u`` holds the error of the all-clear: a fall of twice the tolerance is called ok in at most `MISS_ERROR` of looks.
``t`` holds the two errors of an alarm. A change of exactly the tolerance is called beyond it in at most
`BOUNDARY_ERROR` of looks. An unchanged program is called regressed in at most ``error_rate``, which comes from the
false-alarm budget of the whole suite and is far smaller. Nothing changed means ``D = 0``, already ``δ`` away from the
alarm, so that asks only for ``t·SE + δ ≥ t(error_rate)·SE``: the tolerance does most of that work where the noise is
low, and ``t`` grows where it is high. To ``t·SE`` comes what the machine itself may have moved the ratio by
(`moved.allowance`), 0 on one that is as fast as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, expm1, isfinite, log, log1p, sqrt
from typing import TYPE_CHECKING

from pytest_ovperf.errors import BaselineError, SettingsError
from pytest_ovperf.records import Verdict, VerdictKind

from .moved import allowance
from .noise import Spread, centre_of, error_since, mean, shrunk_spread, student_quantile

if TYPE_CHECKING:
    from pytest_ovperf.records import Speedup, StoredBaseline

    from .noise import Noise

#: How often, at one look, a change of exactly the tolerance may be called beyond it.
BOUNDARY_ERROR = 0.10

#: How often, at one look, a fall of twice the tolerance may be called ok.
MISS_ERROR = 0.05

#: How often, at one look, a speed-up just below a number may be said to reach it: one side of the 95 % interval.
TARGET_ERROR = 0.025


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of log ratios: ``centre ± reach`` is its interval, ``assurance`` what an all-clear must allow for.

    Both are distances on the log scale, 0 or more.
    """

    centre: float
    reach: float
    assurance: float

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.centre - self.reach

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.centre + self.reach


def log_tolerance(tolerance: float) -> float:
    """Return ``δ``, the tolerance as a difference of log ratios. Raises `SettingsError` unless it is above 0."""
    if not (isfinite(tolerance) and tolerance > 0.0):
        raise SettingsError(
            f"A tolerance must be a share above 0; {tolerance!r} was given.",
            remedy="Give --ov-tolerance a percentage above 0, such as 5.",
        )
    return log1p(tolerance)


def change_of(centre: float, error: Spread, *, tolerance: float, error_rate: float, allowed: float = 0.0) -> Change:
    """Return a change with its reaches, as the module says; ``error`` is the standard error with its degrees.

    ``allowed`` is how far the machine may have moved the ratio, which an alarm has to go beyond.
    """
    boundary = student_quantile(error.degrees, BOUNDARY_ERROR) * error.sd
    unchanged = student_quantile(error.degrees, error_rate) * error.sd - log_tolerance(tolerance)
    assurance = student_quantile(error.degrees, MISS_ERROR) * error.sd
    return Change(centre, max(boundary, unchanged) + allowed, assurance)


def change_since(  # noqa: PLR0913  (both sides, their noise and the rule they are judged by)
    speedup: Speedup,
    baseline: StoredBaseline,
    *,
    noise: Noise,
    tolerance: float,
    error_rate: float,
    unrest: Spread | None = None,
) -> Change:
    """Return the change of the log ratio since the baseline, with noise from both sides, as `judge` says.

    Raises `BaselineError` for a baseline without launches.
    """
    if not baseline.log_ratios:
        raise BaselineError("The baseline rests on no launch.", remedy="Record it anew with --update-baselines=all.")
    now, days = speedup.log_ratios, tuple(baseline.by_day.values())
    error = error_since(noise, shrunk_spread(noise, now, *days), len(now), days, unrest)
    return change_of(
        mean(now) - centre_of(days),
        error,
        tolerance=tolerance,
        error_rate=error_rate,
        allowed=allowance(speedup, baseline, noise),
    )


def change_kind(change: Change, tolerance: float) -> VerdictKind:
    """Return what a change since a baseline amounts to. A proven regression comes before any other reading."""
    delta = log_tolerance(tolerance)
    if change.high < -delta:
        return VerdictKind.REGRESSED
    if change.low > delta:
        return VerdictKind.IMPROVED
    if change.centre - change.assurance > -2 * delta:
        return VerdictKind.OK
    return VerdictKind.INCONCLUSIVE


def judge(  # noqa: PLR0913  (both sides, their noise and the rule they are judged by)
    speedup: Speedup,
    baseline: StoredBaseline,
    *,
    noise: Noise,
    tolerance: float,
    error_rate: float,
    unrest: Spread | None = None,
) -> Verdict:
    """Judge a speed-up against a stored one.

    ``noise`` is that of the comparison (`noise_of`); ``tolerance`` a share such as 0.05; ``error_rate`` the chance at
    this look of calling an unchanged program regressed (`LookPlan.error_rate`). ``unrest`` is the scatter of the run's
    other comparisons, where it is known (`stats.together.unrest`).
    Raises `BaselineError` for a baseline without launches, `SettingsError` for a senseless tolerance or error rate.
    """
    change = change_since(speedup, baseline, noise=noise, tolerance=tolerance, error_rate=error_rate, unrest=unrest)
    return _verdict(change, exp(centre_of(tuple(baseline.by_day.values()))), tolerance, error_rate)


def judge_race(speedup: Speedup, *, noise: Noise, tolerance: float, error_rate: float) -> Verdict:
    """Judge two arms that should be equally fast, raced side by side: the ratio against exactly 1.

    The rule is that of `judge`, with nothing stored whose own noise would count. ``tolerance`` and ``error_rate`` are
    those of `judge`. Raises `SettingsError` for a senseless tolerance or error rate.
    """
    spread = shrunk_spread(noise, speedup.log_ratios)
    error = Spread(spread.sd / sqrt(len(speedup.log_ratios)), spread.degrees)
    change = change_of(mean(speedup.log_ratios), error, tolerance=tolerance, error_rate=error_rate)
    return _verdict(change, 1.0, tolerance, error_rate)


def _verdict(change: Change, expected: float, tolerance: float, error_rate: float) -> Verdict:
    return Verdict(
        kind=change_kind(change, tolerance),
        expected=expected,
        change=expm1(change.centre),
        change_low=expm1(change.low),
        change_high=expm1(change.high),
        tolerance=tolerance,
        error_rate=error_rate,
        seconds_to_settle=None,
    )


def is_suspect(verdict: Verdict) -> bool:
    """Tell whether what measuring ended with is to be measured again, later in the run, before anything is said.

    A regression is, always; an inconclusive loss beyond the tolerance is, too: the later launches then decide with
    twice the data.
    """
    if verdict.kind is VerdictKind.INCONCLUSIVE and verdict.tolerance:
        return is_beyond(verdict)
    return verdict.kind is VerdictKind.REGRESSED


def is_beyond(verdict: Verdict) -> bool:
    """Tell whether the centre of the change, its noise left aside, is a loss beyond the tolerance."""
    return verdict.change is not None and verdict.change < expm1(-log1p(verdict.tolerance))


def distance_to_target(speedup: Speedup, target: float, *, noise: Noise, error_rate: float) -> Change:
    """Return how far the log ratio lies above a number, at the one-sided ``error_rate``.

    Raises `SettingsError` for a number that no speed-up can be compared with.
    """
    if not (isfinite(target) and target > 0.0):
        raise SettingsError(
            f"A speed-up cannot be compared with {target!r}.", remedy="Compare it with a number above 0, such as 1.5."
        )
    spread = shrunk_spread(noise, speedup.log_ratios)
    error = spread.sd / sqrt(len(speedup.log_ratios))
    reach = student_quantile(spread.degrees, error_rate) * error
    assurance = student_quantile(spread.degrees, TARGET_ERROR) * error
    return Change(mean(speedup.log_ratios) - log(target), reach, min(reach, assurance))


def distance_kind(distance: Change) -> VerdictKind:
    """Return what a distance to a number amounts to.

    Regressed only when the whole interval at the run's own error rate lies below the number; ok when none of the 95 %
    interval does, the one that is shown. In between nothing is shown either way: inconclusive, on which
    ``assert speedup >= number`` still passes.
    """
    if distance.high < 0.0:
        return VerdictKind.REGRESSED
    return VerdictKind.OK if distance.centre >= distance.assurance else VerdictKind.INCONCLUSIVE


def judge_target(speedup: Speedup, target: float, *, noise: Noise, error_rate: float) -> Verdict:
    """Judge a speed-up against a number that it should reach.

    ``change`` is the relative distance to the number (0.1: 10 % above it). There is no tolerance: the number is one.
    ``error_rate`` is the chance of calling a speed-up that just reaches the number too low.
    Raises `SettingsError` for a number that is not above 0 or a senseless error rate.
    """
    distance = distance_to_target(speedup, target, noise=noise, error_rate=error_rate)
    return Verdict(
        kind=distance_kind(distance),
        expected=target,
        change=expm1(distance.centre),
        change_low=expm1(distance.low),
        change_high=expm1(distance.high),
        tolerance=0.0,
        error_rate=error_rate,
        seconds_to_settle=None,
    )


def no_baseline(*, tolerance: float) -> Verdict:
    """Return the verdict on a comparison that has nothing to be judged against: nothing is claimed, nothing risked."""
    return Verdict(
        kind=VerdictKind.NO_BASELINE,
        expected=None,
        change=None,
        change_low=None,
        change_high=None,
        tolerance=tolerance,
        error_rate=0.0,
        seconds_to_settle=None,
    )
