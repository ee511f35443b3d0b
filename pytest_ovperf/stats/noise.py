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
from pytest_ovperf.records import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Comparison


class PairKind(StrEnum):
    """Which engines meet in a comparison: what its noise and its default tolerance depend on."""

    OPENVINO = "openvino-openvino"
    PYTORCH = "with-pytorch"


@dataclass(frozen=True, slots=True)
class Noise:
    """A kind of pair's noise and the change it lets pass.

    ``launch_sd`` is the prior standard deviation of a launch's log ratio and ``degrees`` how many degrees of freedom
    that prior is worth. ``tolerance`` is the default relative change of a speed-up that is let pass.
    """

    launch_sd: float
    degrees: float
    tolerance: float


#: A prior worth two degrees of freedom: pairs of one kind differ so much in their noise (1.5 % to 6 % between two
#: OpenVINO arms) that a heavier prior would call noisy pairs regressed more often than the error rate allows.
PRIOR_DEGREES = 2.0

#: The one place for priors and default tolerances. Standard deviations from launch to launch, read off the recorded
#: traces: 1.5-1.8 % (ResNet-50) to 4.2 % (MiniLM) between OpenVINO arms, 2.5-8 % with a PyTorch arm, whose times
#: follow what else the machine does. A tolerance is about twice the usual standard deviation, so that one odd day
#: moves a comparison less than the tolerance lets pass.
NOISE = {
    PairKind.OPENVINO: Noise(launch_sd=0.03, degrees=PRIOR_DEGREES, tolerance=0.05),
    PairKind.PYTORCH: Noise(launch_sd=0.06, degrees=PRIOR_DEGREES, tolerance=0.10),
}


def pair_kind(comparison: Comparison) -> PairKind:
    """Return the kind of pair that a comparison is."""
    engines = {comparison.candidate.engine, comparison.reference.engine}
    return PairKind.PYTORCH if Engine.PYTORCH in engines else PairKind.OPENVINO


def noise_of(comparison: Comparison) -> Noise:
    """Return the prior noise and the default tolerance of a comparison's kind of pair."""
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
