"""criterion's rule, what ``cargo bench`` prints of a change.

One process takes 100 samples in 5 s; where calls take milliseconds a sample is the mean of a fixed number of calls
("flat" sampling). A bootstrapped two-sample t test asks whether the means differ (p < 0.05): t of the samples against
the t of samples drawn from both together. If so, the relative change of the mean is bootstrapped, and is a regression
if its 95 % interval lies above the noise threshold, an improvement if it lies below minus that.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .one_arm import Evidence, OneArmRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.detection.questions import Process, Sides

_SAMPLES = 100
_P = 0.05
_TAILS = (2.5, 97.5)

#: criterion draws 100,000 times; a p of 0.05 is settled well enough by fewer.
_RESAMPLES = 1000


class Criterion(OneArmRule):
    """A bootstrapped t test, and the interval of the change beyond the noise threshold of 1 %.

    With ``processes=None`` the calls of all launches are put together, which the tool cannot do.
    """

    source: ClassVar[str] = (
        "criterion.rs, src/analysis/compare.rs (t_test, estimates), src/stats/univariate/mixed.rs (bootstrap), "
        "src/stats/univariate/sample.rs (t) and report.rs (compare_to_threshold); "
        "https://bheisler.github.io/criterion.rs/book/analysis.html#comparison"
    )
    thresholds: ClassVar[tuple[float, ...]] = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)

    def __init__(self, processes: int | None = 1, threshold: float = 0.01) -> None:
        """Take how many processes are put together, ``None`` for all, and the noise threshold."""
        self.name = "criterion, p < 0.05 and 1%" + ("" if processes else ", all launches")
        self.threshold = threshold
        self._processes = processes

    def evidence(self, measured: Sides) -> Evidence:
        """Return both ends of the interval of the change, where the means differ at all."""
        used = measured.first(self._processes)
        then, now = _samples(used.then), _samples(used.now)
        if bootstrapped_p(now, then) >= _P:
            return Evidence(-inf, -inf, used)
        low, high = change_interval(now, then)
        return Evidence(low, -high, used)


def _samples(processes: Sequence[Process]) -> NDArray[np.float64]:
    """Return up to 100 means of the same number of calls in a row."""
    calls = np.concatenate([process.calls_ns for process in processes])
    number = max(1, len(calls) // _SAMPLES)
    count = min(_SAMPLES, len(calls) // number)
    return np.asarray(calls[: count * number].reshape(count, number).mean(axis=1))


def bootstrapped_p(now: NDArray[np.float64], then: NDArray[np.float64]) -> float:
    """Return the two-tailed p of Welch's t under samples drawn from both sides together."""
    together = np.concatenate([now, then])
    # About the common mean and as shares of it, so that squares keep their precision.
    centred = together / together.mean() - 1
    drawn = [
        _welch_parts(_weights(len(together), size, seed), centred) for seed, size in enumerate((len(now), len(then)))
    ]
    t = _welch(drawn[0], drawn[1], len(now), len(then))
    seen = _welch(
        (centred[: len(now)].mean(), centred[: len(now)].var()),
        (centred[len(now) :].mean(), centred[len(now) :].var()),
        len(now),
        len(then),
    )
    t = t[np.isfinite(t)]
    below = int((t < seen).sum())
    return 2 * min(below, len(t) - below) / max(1, len(t))


def change_interval(now: NDArray[np.float64], then: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % percentile interval of the relative change of the mean."""
    scale = float(then.mean())
    ours, theirs = (
        1 + _weights(len(side), len(side), seed) @ (side / scale - 1).astype(np.float32) / len(side)
        for seed, side in ((2, now), (3, then))
    )
    low, high = np.percentile(ours / theirs - 1, _TAILS)
    return float(low), float(high)


@lru_cache(maxsize=128)
def _weights(values: int, drawn: int, seed: int) -> NDArray[np.float32]:
    """Return how often each of ``values`` occurs in each resample of ``drawn`` of them.

    Every verdict draws the same resamples: a product of matrices then stands for the drawing.
    """
    return np.random.default_rng(seed).multinomial(drawn, [1 / values] * values, size=_RESAMPLES).astype(np.float32)


def _welch_parts(weights: NDArray[np.float32], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the mean and the variance (of the population) of each resample."""
    both = weights @ np.stack([values, values**2], axis=1).astype(np.float32) / weights[0].sum()
    mean = both[:, 0]
    return mean, both[:, 1] - mean**2


def _welch(
    one: tuple[NDArray[np.float64], ...], other: tuple[NDArray[np.float64], ...], n: int, m: int
) -> NDArray[np.float64]:
    """Return Welch's t from means and population variances of ``n`` and ``m`` values."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(one[1] / (n - 1) + other[1] / (m - 1))
        return np.asarray((one[0] - other[0]) / error)
