"""pytest-benchmark's rule, ``--benchmark-compare-fail=median:5%``.

One process calls the function until its time is up (``--benchmark-max-time``, 1 s unless said otherwise), and fails if
the median of the calls exceeds the stored run's median by more than the percentage. It never calls anything faster.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .one_arm import Evidence, OneArmRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.detection.questions import Process, Sides


class PytestBenchmark(OneArmRule):
    """The median of one process's calls may grow by 5 %.

    The calls are all that the process of the recorded launch made: more seconds than the tool takes by itself. With
    ``processes=None`` the calls of all launches are put together, which the tool cannot do: what its rule would be on
    everything that this package's verdict may rest on.
    """

    source: ClassVar[str] = (
        "pytest-benchmark 5.3.1, utils.py (PercentageRegressionCheck) and session.py (performance_regressions); "
        "https://pytest-benchmark.readthedocs.io/en/stable/comparing.html"
    )
    thresholds: ClassVar[tuple[float, ...]] = (0.0, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3)

    def __init__(self, processes: int | None = 1, threshold: float = 0.05) -> None:
        """Take how many processes are put together, ``None`` for all, and what the median may grow by."""
        self.name = "pytest-benchmark median:5%" + ("" if processes else ", all launches")
        self.threshold = threshold
        self._processes = processes

    def evidence(self, measured: Sides) -> Evidence:
        """Return the growth of the median."""
        used = measured.first(self._processes)
        return Evidence(_median(used.now) / _median(used.then) - 1, -inf, used)


def _median(processes: Sequence[Process]) -> float:
    if len(processes) == 1:
        return processes[0].median_ns
    return float(np.median(np.concatenate([process.calls_ns for process in processes])))
