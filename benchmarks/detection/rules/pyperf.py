"""pyperf's rule, ``pyperf compare_to``.

Worker processes, 20 unless said otherwise, each skip a warm-up value and take three values; a value is the mean over a
power of two of calls that last 0.1 s together. All values of a benchmark go into one Student's t test of two samples
with pooled variance, two-tailed at 95 %: the values of one process count as independent. A significant difference is
called slower or faster by the means.
"""

from __future__ import annotations

from math import ceil, log2, sqrt
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import stdtr

from .one_arm import Evidence, OneArmRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from benchmarks.detection.questions import Process, Sides

_WARMUPS = 1
_VALUES = 3
_VALUE_NS = 100_000_000


class Pyperf(OneArmRule):
    """A t test on three values of each worker process.

    There are as many processes as launches, the same number on both sides, as its test demands. The probability comes
    from the distribution itself, where pyperf has a table with three digits.
    """

    source: ClassVar[str] = (
        "pyperf 2.10.0, _compare.py (is_significant_benchs), _utils.py (is_significant, tscore), _runner.py "
        "(defaults); https://pyperf.readthedocs.io/en/latest/cli.html#compare-to-cmd"
    )
    thresholds: ClassVar[tuple[float, ...]] = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.99999)

    def __init__(self, confidence: float = 0.95) -> None:
        """Take the confidence of the two-tailed test."""
        self.name = f"pyperf compare_to, {confidence:.0%}"
        self.threshold = confidence

    def evidence(self, measured: Sides) -> Evidence:
        """Return the confidence that the means differ, on the side on which they do."""
        used = measured.first(None)
        then, now = _values(used.then), _values(used.now)
        degrees = len(then) + len(now) - 2
        squares = float(((then - then.mean()) ** 2).sum() + ((now - now.mean()) ** 2).sum())
        error = sqrt(squares / degrees * (1 / len(then) + 1 / len(now)))
        t = float(now.mean() - then.mean()) / error if error else 0.0
        confidence = 1 - 2 * float(stdtr(degrees, -abs(t)))
        return Evidence(confidence if t > 0 else 0.0, confidence if t < 0 else 0.0, used)


def _values(processes: Sequence[Process]) -> NDArray[np.float64]:
    return np.concatenate([_values_of(process) for process in processes])


def _values_of(process: Process) -> NDArray[np.float64]:
    """Return a process's values: means of 0.1 s of calls in a row, or of less where there was less."""
    calls_ns = process.calls_ns
    wanted = 2 ** max(0, ceil(log2(_VALUE_NS / process.median_ns)))
    loops = max(1, min(wanted, len(calls_ns) // (_WARMUPS + _VALUES)))
    start = loops * _WARMUPS if len(calls_ns) >= loops * (_WARMUPS + _VALUES) else 0
    taken = calls_ns[start : start + loops * _VALUES]
    return np.asarray(taken[: len(taken) // loops * loops].reshape(-1, loops).mean(axis=1))
