"""Arms measured side by side until their figures are known: what absolute figures and ladders are read off."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.arms import Comparison
from pytest_ovperf.errors import ArmError
from pytest_ovperf.figure import Factor, FigureRecord
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import Trace
from pytest_ovperf.stats.absolute import absolute
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.stats.sequential import LOOKS

from .turns import keep_lineup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.metrics import Metric
    from pytest_ovperf.records import ArmFacts, Block
    from pytest_ovperf.stats.absolute import Absolute
    from pytest_ovperf.trial.lineup import Lineup
    from pytest_ovperf.trial.run import ArmProcess

    from .questions import Question

#: Launches that a figure rests on at least. A block of memory is a process of its own already, and files are what they
#: are: one launch has them all.
_FIRST: Final = {WorkloadKind.MEMORY: 1, WorkloadKind.FILES: 1, WorkloadKind.EXPORT: 1}


def first_launches(kind: WorkloadKind) -> int:
    """Return how many launches a figure of this kind of workload rests on at least."""
    return _FIRST.get(kind, LOOKS[0])


class Opening:
    """Builds and opens arms, and remembers which one failed: the error of a lineup tells it in words only.

    ``build`` makes what ``open_arm`` needs of an arm.
    """

    def __init__(
        self, open_arm: Callable[[Arm], ArmProcess], build: Callable[[Arm], object] = lambda _arm: None
    ) -> None:
        self._open_arm = open_arm
        self._build = build
        #: The arm that failed first, ``None`` while none has.
        self.failed: Arm | None = None

    def build(self, arm: Arm) -> None:
        """Build what an arm needs."""
        with self._noting(arm):
            self._build(arm)

    def open(self, arm: Arm) -> ArmProcess:
        """Open an arm."""
        with self._noting(arm):
            return _Noted(self._open_arm(arm), lambda: self._noting(arm))

    @contextmanager
    def _noting(self, arm: Arm) -> Iterator[None]:
        try:
            yield
        except ArmError:  # a mistake in the question, which would be one without this arm, too
            raise
        except Exception:
            self.failed = self.failed or arm
            raise


@dataclass(frozen=True, slots=True)
class _Noted:
    """An arm's process, whose failures are noted."""

    process: ArmProcess
    noting: Callable[[], AbstractContextManager[None]]

    def loaded(self) -> ArmFacts:
        with self.noting():
            return self.process.loaded()

    def block(self, min_ns: int, min_calls: int) -> Block:
        with self.noting():
            return self.process.block(min_ns, min_calls)

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        with self.noting():
            return self.process.outputs()

    def graph(self) -> Sequence[Mapping[str, Any]]:
        with self.noting():
            return self.process.graph()

    def close(self) -> None:
        self.process.close()


class SideBySide:
    """A lineup of the ``question``'s arms, measured launch by launch for at most ``budget_s`` seconds.

    The launches that a figure needs are always made. ``opening`` is what the lineup opens its arms by.
    """

    def __init__(self, question: Question, lineup: Lineup, opening: Opening, budget_s: float) -> None:
        self.question: Final = question
        self._lineup = lineup
        self._opening = opening
        self._budget_s = budget_s

    @property
    def failed(self) -> Arm | None:
        """The arm that failed, ``None`` where none did."""
        return self._opening.failed

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
        """Build what the arms need, and measure the launches without which there is no figure."""
        for arm in self.question.arms:
            self._opening.build(arm)
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
        return absolute([launch.counted(arm) for launch in self._lineup.launches], metric)

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
