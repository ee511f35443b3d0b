"""Arms measured side by side until their figures are known: what absolute figures and ladders are read off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_ovperf.figure import Factor, FigureRecord
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.records import Comparison, Trace
from pytest_ovperf.stats.absolute import Absolute, absolute
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.stats.sequential import LOOKS

from .turns import keep_lineup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from pytest_ovperf.records import Arm
    from pytest_ovperf.trial.lineup import Lineup

    from .questions import Question

#: Launches that a figure rests on at least. A block of memory is a process of its own already, and files are what they
#: are: one launch has them all.
_FIRST: Final = {WorkloadKind.MEMORY: 1, WorkloadKind.FILES: 1, WorkloadKind.EXPORT: 1}


def first_launches(kind: WorkloadKind) -> int:
    """Return how many launches a figure of this kind of workload rests on at least."""
    return _FIRST.get(kind, LOOKS[0])


class SideBySide:
    """A lineup of the ``question``'s arms, measured launch by launch for at most ``budget_s`` seconds.

    The launches that a figure needs are always made.
    """

    def __init__(self, question: Question, lineup: Lineup, budget_s: float) -> None:
        self.question: Final = question
        self._lineup = lineup
        self._budget_s = budget_s

    @property
    def launches(self) -> int:
        """How many launches there are."""
        return len(self._lineup.launches)

    @property
    def seconds(self) -> float:
        """Seconds of measuring so far."""
        return sum(launch.seconds for launch in self._lineup.launches)

    @property
    def outputs(self) -> Mapping[Arm, Mapping[str, NDArray[Any]]]:
        """Each arm's outputs, where the lineup was to fetch them."""
        return self._lineup.outputs

    def keep(self, cache_dir: Path, node_id: str) -> None:
        """Keep the raw times, if there are any. Raises `CacheError` where they cannot be written."""
        if self._lineup.launches:
            keep_lineup(cache_dir, node_id, self.question.model, self.question.workload, self._lineup.launches)

    def reach_first(self) -> None:
        """Measure the launches without which there is no figure."""
        while self.launches < first_launches(self.question.metric.workload):
            self._lineup.run_launch()

    def measure_on(self) -> bool:
        """Measure one launch more where that may tell more and there is time for it; return whether it was done."""
        if self.question.metric.workload is WorkloadKind.FILES or self.launches >= LOOKS[-1]:
            return False
        if self.seconds / self.launches * (self.launches + 1) > self._budget_s:
            return False
        self._lineup.run_launch()
        return True

    def figure(self, arm: Arm, metric: Metric) -> Absolute:
        """Return what the launches so far come to for ``arm``."""
        found = absolute([launch.counted(arm) for launch in self._lineup.launches], metric)
        if metric is Metric.MODEL_SIZE:  # nothing scatters
            return Absolute(found.value, found.value, found.value, found.percentiles, found.samples)
        return found

    def record(self, node_id: str, arm: Arm, metric: Metric) -> FigureRecord:
        """Return what the launches so far come to, as reports show it."""
        now = self.figure(arm, metric)
        return FigureRecord(
            test=node_id,
            model=self.question.model,
            arm=arm,
            workload=self.question.workload,
            metric=metric,
            value=now.value,
            low=now.low,
            high=now.high,
            percentiles=now.percentiles,
            samples=now.samples,
            launches=self.launches,
            seconds=self.seconds,
        )

    def factor(self, candidate: Arm, reference: Arm, metric: Metric) -> Factor:
        """Return by how much one arm is better than another by ``metric``."""
        comparison = Comparison(self.question.model, candidate, reference, metric, self.question.workload)
        pairs = tuple(launch.pair(candidate, reference) for launch in self._lineup.launches)
        return Factor.of(estimate(Trace(comparison, pairs)))
