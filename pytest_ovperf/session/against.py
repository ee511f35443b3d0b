"""The races of a run: each arm that tests name, in this environment over another one, measured once and shared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ArmUnavailableError, MeasurementError

from .elsewhere import obstacle, same_with_all

if TYPE_CHECKING:
    from pytest_ovperf.arms import Arm
    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.errors import OvperfError
    from pytest_ovperf.records import ComparisonRecord
    from pytest_ovperf.verdict.asked import Asked
    from pytest_ovperf.verdict.measured import Measuring

    from .questions import Question


@dataclass(slots=True)
class Race:
    """One arm in two environments: ``question`` names it twice, this environment's first.

    ``begun`` has its launches, ``None`` before the first; ``asked`` is what the test asked for that last went on.
    ``settled`` has the judgements that stand, by the tolerance that was asked for; a suspicion is none. ``record`` is
    the last judgement, whatever it was. ``obstacle`` says why there can be no race.
    """

    question: Question
    asked: Asked | None = None
    begun: Measuring | None = None
    record: ComparisonRecord | None = None
    settled: dict[float | None, ComparisonRecord] = field(default_factory=dict)
    obstacle: OvperfError | None = None

    @property
    def measuring(self) -> Measuring:
        """Its launches. Raises `MeasurementError` before the first."""
        if self.begun is None:
            raise MeasurementError("The race has not begun.", remedy="Measure it first.")
        return self.begun

    @property
    def is_suspected(self) -> bool:
        """Whether it looked like a regression, and waits for the launches that confirm it."""
        return self.begun is not None and self.begun.is_set_aside and not self.settled


class Against:
    """The other side of every race of a run: what it can run there, and which races there are."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._races: dict[tuple[object, ...], Race] = {}

    def races(self, question: Question) -> tuple[tuple[Race, ...], tuple[str, ...]]:
        """Return a race for each arm of a question that there can be one of, and why there is none of the others.

        That PyTorch and the like have no release of OpenVINO goes without saying beside an arm that has. Raises
        `ArmUnavailableError` where there is none at all.
        """
        same = same_with_all(question.metric)
        if same:
            raise self._none(same)
        obstacles = [obstacle(question, arm, self.environment) for arm in question.arms]
        raced = [arm for arm, why in zip(question.arms, obstacles, strict=True) if not why]
        if not raced:
            raise self._none("; ".join(dict.fromkeys(obstacles)))
        left_out = (why for arm, why in zip(question.arms, obstacles, strict=True) if why and not arm.engine.is_on_cpu)
        return tuple(self._race(question, arm) for arm in raced), tuple(left_out)

    def _none(self, why: str) -> ArmUnavailableError:
        return ArmUnavailableError(
            f"Not raced against {self.environment.label}: {why}.", remedy="Run this test without --ov-against."
        )

    def _race(self, question: Question, arm: Arm) -> Race:
        key = (question.model, question.generation, question.metric, str(question.workload), arm)
        if key not in self._races:
            pair = arm, replace(arm, release=self.environment.openvino)
            self._races[key] = Race(replace(question, arms=pair))
        return self._races[key]
