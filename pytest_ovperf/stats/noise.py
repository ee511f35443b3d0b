"""What is known of the noise before anything is measured, and how measured launches refine it.

A handful of launches says little about their own spread, so the spread is shrunk towards what recorded traces show
for the kind of pair: the measured sum of squares and a prior worth a stated number of degrees of freedom are pooled
(the "moderated" variance of Smyth, *Linear models and empirical Bayes methods*, 2004, with a fixed prior).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import fsum, isfinite, sqrt
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError, SettingsError
from pytest_ovperf.metrics import WorkloadKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.arms import Comparison
    from pytest_ovperf.metrics import Metric


class PairKind(StrEnum):
    """What meets in a comparison, and doing what: all that its noise and its default tolerance depend on.

    Of what runs in one process call after call there are two kinds each, since PyTorch's arms are the noisier ones; any
    arm that is not OpenVINO's counts as one of those.
    """

    OPENVINO = "openvino-openvino"
    PYTORCH = "with-pytorch"
    STREAM = "throughput, openvino-openvino"
    STREAM_PYTORCH = "throughput, with-pytorch"
    GENERATE = "generation, openvino-openvino"
    GENERATE_PYTORCH = "generation, with-pytorch"
    LOAD = "loading"
    MEMORY = "memory"
    FILES = "files"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Noise:
    """A kind of pair's noise and the change it lets pass.

    ``launch_sd`` is the prior standard deviation of a launch's log ratio and ``degrees`` how many degrees of freedom
    that prior is worth; ``day_sd`` is that of what all launches of one hour or day have in common. ``tolerance`` is
    the relative change of a speed-up that is let pass at most by default, and ``least_tolerance`` what is let pass of
    the quietest comparison. ``detects`` is the loss that a new baseline should be able to show. ``is_of_time`` says
    whether the machine's mood has a share in the deviations, which bytes do not know.
    """

    launch_sd: float
    degrees: float
    day_sd: float
    tolerance: float
    least_tolerance: float
    detects: float
    is_of_time: bool = True


#: A prior worth two degrees of freedom: pairs of one kind differ so much in their noise (1.5 % to 6 % between two
#: OpenVINO arms) that a heavier prior would call noisy pairs regressed more often than the error rate allows.
PRIOR_DEGREES = 2.0

_BETWEEN_OPENVINO = Noise(0.025, PRIOR_DEGREES, 0.007, tolerance=0.05, least_tolerance=0.03, detects=0.10)
_WITH_PYTORCH = Noise(0.04, PRIOR_DEGREES, 0.015, tolerance=0.10, least_tolerance=0.05, detects=0.15)

#: The one place for priors, default tolerances and aims. Those of latency are what launches of the present schedule
#: show on a shared two-core machine (docs/decisions/0005-evidence-and-confirmation.md). Throughput and generation
#: take them over: the same arms in the same turns, with more work a call; their first baselines scatter alike.
#: Loading and export happen once a process, with no calls to take a quartile of, and scatter several times as far.
#: Memory hardly differs between launches, but from hour to hour: how much of a mapped file is resident depends on how
#: the system came to hold it (docs/reference/metrics.md has the figures). Files do not scatter at all; their prior
#: keeps the arithmetic alive.
NOISE = {
    PairKind.OPENVINO: _BETWEEN_OPENVINO,
    PairKind.PYTORCH: _WITH_PYTORCH,
    PairKind.STREAM: _BETWEEN_OPENVINO,
    PairKind.STREAM_PYTORCH: _WITH_PYTORCH,
    PairKind.GENERATE: _BETWEEN_OPENVINO,
    PairKind.GENERATE_PYTORCH: _WITH_PYTORCH,
    PairKind.LOAD: Noise(0.12, PRIOR_DEGREES, 0.05, tolerance=0.25, least_tolerance=0.15, detects=0.40),
    PairKind.MEMORY: Noise(
        0.02, PRIOR_DEGREES, 0.06, tolerance=0.15, least_tolerance=0.10, detects=0.20, is_of_time=False
    ),
    PairKind.FILES: Noise(
        0.0005, PRIOR_DEGREES, 0.0, tolerance=0.01, least_tolerance=0.005, detects=0.02, is_of_time=False
    ),
    PairKind.EXPORT: Noise(0.12, PRIOR_DEGREES, 0.05, tolerance=0.25, least_tolerance=0.15, detects=0.40),
}

#: The kinds by what is done: between OpenVINO's own arms, and where one is another's. What is known of the others is
#: PyTorch's noise; ONNX Runtime and functions of the user's are taken for as noisy.
_KINDS: Mapping[WorkloadKind, tuple[PairKind, PairKind]] = {
    WorkloadKind.INFER: (PairKind.OPENVINO, PairKind.PYTORCH),
    WorkloadKind.STREAM: (PairKind.STREAM, PairKind.STREAM_PYTORCH),
    WorkloadKind.GENERATE: (PairKind.GENERATE, PairKind.GENERATE_PYTORCH),
    WorkloadKind.LOAD: (PairKind.LOAD, PairKind.LOAD),
    WorkloadKind.MEMORY: (PairKind.MEMORY, PairKind.MEMORY),
    WorkloadKind.FILES: (PairKind.FILES, PairKind.FILES),
    WorkloadKind.EXPORT: (PairKind.EXPORT, PairKind.EXPORT),
}

#: One model and precision raced against itself in another build, turn by turn: nothing is stored, the launches of such
#: a pair scatter by 1.0 to 1.7 %, and a loss of 5 % is what there is to find.
RACE = Noise(0.015, 2 * PRIOR_DEGREES, 0.0, tolerance=0.02, least_tolerance=0.02, detects=0.05)

#: The workloads of which a process makes many calls.
_CALLED_AGAIN = (WorkloadKind.INFER, WorkloadKind.STREAM, WorkloadKind.GENERATE)

#: A default tolerance is this many standard deviations of a launch, within the limits of the kind of pair: an odd day
#: then moves a comparison less than the tolerance lets pass, and a quiet comparison is held to more.
TOLERANCE_DEVIATIONS = 2.0

#: How many degrees of freedom the prior of ``day_sd`` is worth: the few recordings of a baseline say little of it.
DAY_DEGREES = 4.0


def kind_of(metric: Metric, *, with_other: bool) -> PairKind:
    """Return the kind of pair that is compared by ``metric``; ``with_other`` tells of an arm that is not OpenVINO's."""
    return _KINDS[metric.workload][with_other]


def pair_kind(comparison: Comparison) -> PairKind:
    """Return the kind of pair that a comparison is."""
    arms = comparison.candidate, comparison.reference
    return kind_of(comparison.metric, with_other=not all(arm.engine.is_openvino for arm in arms))


def noise_of(comparison: Comparison) -> Noise:
    """Return the prior noise and the default tolerance of a comparison's kind of pair, or of a race.

    Of what happens once a process, and of bytes, the kind's own noise is a race's as well: a launch holds few values.
    """
    if comparison.is_race and comparison.metric.workload in _CALLED_AGAIN:
        return RACE
    return NOISE[pair_kind(comparison)]


@dataclass(frozen=True, slots=True)
class Spread:
    """An estimate of the launch-to-launch standard deviation of log ratios, and the degrees of freedom behind it."""

    sd: float
    degrees: float


def mean(values: Sequence[float]) -> float:
    """Return the mean, free of the rounding that adding up in order would bring."""
    return fsum(values) / len(values)


def shrunk_spread(noise: Noise, *groups: Sequence[float]) -> Spread:
    """Return the spread of log ratios within ``groups``, shrunk towards the prior of ``noise``.

    Each group has its own mean (today's launches, a baseline's launches); their squared deviations are pooled, which
    is what lets a baseline speak for the noise of today's few launches. A group of one launch adds nothing.
    Raises `MeasurementError` for an empty group or a log ratio that is not finite.
    """
    squares = noise.degrees * noise.launch_sd**2
    degrees = noise.degrees
    for group in groups:
        if not group or not all(isfinite(value) for value in group):
            raise MeasurementError(
                f"Log ratios of launches were expected and {list(group)!r} was found.",
                remedy="Measure again; a baseline with such numbers is recorded anew with --update-baselines=all.",
            )
        centre = mean(group)
        squares += fsum((value - centre) ** 2 for value in group)
        degrees += len(group) - 1
    return Spread(sd=sqrt(squares / degrees), degrees=degrees)


def tolerance_for(noise: Noise, *groups: Sequence[float]) -> float:
    """Return the default tolerance of a comparison whose launches are ``groups``, in thousandths.

    Raises `MeasurementError` as `shrunk_spread` does.
    """
    wanted = TOLERANCE_DEVIATIONS * shrunk_spread(noise, *groups).sd
    return round(min(noise.tolerance, max(noise.least_tolerance, wanted)), 3)


def centre_of(days: Sequence[Sequence[float]]) -> float:
    """Return what a baseline stands for: each day's mean counts the same, however many launches the day had."""
    return mean([mean(day) for day in days])


def error_since(
    noise: Noise, spread: Spread, launches: int, days: Sequence[Sequence[float]], unrest: Spread | None = None
) -> Spread:
    """Return the standard error of the mean of ``launches`` minus `centre_of` the stored ``days``, and its degrees.

    ``spread`` is that of single launches. What one hour or day differs by from another is a variance of its own, in
    which today has a share as well: the larger of what the baseline's recordings show (shrunk towards the prior) and
    of ``unrest``, how the run's other comparisons scatter around their baselines beyond their own noise.
    The degrees are those of the launches, at most those of ``unrest`` where that counts: what days differ by is taken
    as known, so that more launches never widen an interval.
    """
    number = len(days)
    within = spread.sd**2 * (1 / launches + fsum(1 / len(day) for day in days) / number**2)
    between_sd, degrees = _between_days(noise, spread, days), spread.degrees
    if unrest is not None and noise.is_of_time and unrest.sd > between_sd:
        between_sd, degrees = unrest.sd, min(degrees, unrest.degrees)
    return Spread(sqrt(within + between_sd**2), degrees)


def _between_days(noise: Noise, spread: Spread, days: Sequence[Sequence[float]]) -> float:
    """Return by how much one more day differs from the mean of ``days``, beyond the scatter of launches."""
    more = len(days) - 1
    squares = DAY_DEGREES * noise.day_sd**2
    if more:
        centre = centre_of(days)
        seen = fsum((mean(day) - centre) ** 2 for day in days) / more
        squares += more * max(0.0, seen - spread.sd**2 * mean([1 / len(day) for day in days]))
    return sqrt(squares / (DAY_DEGREES + more) * (1 + 1 / len(days)))


def student_quantile(degrees: float, upper_tail: float) -> float:
    """Return the value that Student's t with ``degrees`` of freedom exceeds with probability ``upper_tail``.

    Raises `SettingsError` unless ``upper_tail`` lies strictly between 0 and 0.5: no wider error rate is a verdict's.
    """
    if not 0.0 < upper_tail < 0.5:  # noqa: PLR2004  (one half is where a claim stops being one)
        raise SettingsError(
            f"An error rate must lie between 0 and 0.5; {upper_tail!r} was given.",
            remedy="Leave the error rate to the plan of looks (LookPlan.error_rate).",
        )
    # scipy.special loads in a quarter of the time of scipy.stats; the lower tail keeps precision for tiny rates.
    from scipy.special import stdtrit  # noqa: PLC0415  (the pytest process imports this room)

    return -float(stdtrit(degrees, upper_tail))
