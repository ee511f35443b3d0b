"""asv's rule, ``asv continuous --factor 1.05``.

Two rounds, each in a process of its own, take up to five samples; a sample is the mean over as many calls as last 10
ms. The result is the median of all samples. It is worse if it exceeds the other commit's by the factor and the samples
differ: by a two-sided Mann-Whitney U test at p < 0.002 where there are samples enough for such a p to exist, and else
by 99 % intervals of the medians that do not overlap. The factor is 1.1 unless said otherwise; 1.05 is taken here, since
changes of 5 % are to be found.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, comb, erfc, inf, log, log1p, sqrt
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .one_arm import Evidence, OneArmRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.detection.questions import Process, Sides

_ROUNDS = 2
_SAMPLES = 5
_SAMPLE_NS = 10_000_000
_P = 0.002
_EXACT_UP_TO = 20


class Asv(OneArmRule):
    """The median may change by the factor; a test on the samples must agree.

    With ``processes=None`` every launch is a round, and as many samples are taken as its calls give: what the rule
    would be on everything that this package's verdict may rest on.
    """

    source: ClassVar[str] = (
        "asv 0.6.6, commands/compare.py (_is_result_better) and _stats.py (is_different, mann_whitney_u); asv_runner "
        "0.3.2, benchmarks/time.py (defaults); https://asv.readthedocs.io/en/latest/commands.html#asv-continuous"
    )
    thresholds: ClassVar[tuple[float, ...]] = tuple(
        log1p(share) for share in (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)
    )

    def __init__(self, processes: int | None = _ROUNDS, factor: float = 1.05) -> None:
        """Take the number of rounds, ``None`` for all launches, and the factor."""
        self.name = f"asv continuous, factor {factor}" + ("" if processes else ", all launches")
        self.threshold = log(factor)
        self._processes = processes

    def evidence(self, measured: Sides) -> Evidence:
        """Return the log ratio of the medians where the samples differ."""
        used = measured.first(self._processes)
        then, now = (self._samples(side) for side in (used.then, used.now))
        if not differ(then, now):
            return Evidence(-inf, -inf, used)
        change = log(float(np.median(now) / np.median(then)))
        return Evidence(change, -change, used)

    def _samples(self, processes: Sequence[Process]) -> NDArray[np.float64]:
        most = _SAMPLES if self._processes else None
        return np.concatenate([_samples_of(process, most) for process in processes])


def _samples_of(process: Process, most: int | None) -> NDArray[np.float64]:
    calls_ns = process.calls_ns
    number = min(len(calls_ns), max(1, ceil(_SAMPLE_NS / process.median_ns)))
    count = len(calls_ns) // number
    count = count if most is None else min(most, count)
    return np.asarray(calls_ns[: count * number].reshape(count, number).mean(axis=1))


def differ(then: NDArray[np.float64], now: NDArray[np.float64]) -> bool:
    """Tell whether two samples differ, by asv's lights.

    Where its intervals would have to reach beyond all samples, for want of samples, the range of the samples stands in:
    they are then a little readier to differ than asv's.
    """
    if 1 / comb(len(then) + len(now), min(len(then), len(now))) < _P:
        return mann_whitney_p(then, now) < _P
    return bool(now.min() > then.max() or now.max() < then.min())


def mann_whitney_p(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the two-sided p of the Mann-Whitney U test: exact up to 20 samples a side, from the normal law beyond."""
    m, n = len(one), len(other)
    places = np.searchsorted(np.sort(other), one, side="left")
    u = min(int(places.sum()), m * n - int(places.sum()))
    if max(m, n) > _EXACT_UP_TO:
        z = (u - m * n / 2) / sqrt(m * n * (m + n + 1) / 12)
        return erfc(-z / sqrt(2))
    ways = orderings(m, n)
    return min(1.0, 2 * float(ways[: u + 1].sum()) / comb(m + n, m))


@lru_cache(maxsize=1024)
def orderings(m: int, n: int) -> NDArray[np.float64]:
    """Return in how many orders of ``m`` and ``n`` values each U occurs, from 0 to ``m·n`` (Mann and Whitney, 1947).

    The largest value belongs to the first sample, above all ``n`` of the other, or to the other, above none.
    """
    counts = np.zeros(m * n + 1)
    if m == 0 or n == 0:
        counts[0] = 1.0
        return counts
    counts[n:] += orderings(m - 1, n)
    counts[: m * (n - 1) + 1] += orderings(m, n - 1)
    return counts
