"""An arm in another environment: its process, held to the release that the arm names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pytest_ovperf.errors import (
    ArmUnavailableError,
    DeviceAbsentError,
    DeviceFailureError,
    ExtraMissingError,
    MeasurementError,
    ModelError,
    OutOfMemoryError,
    WorkerFailedError,
)
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.trial.fresh import FreshArm
from pytest_ovperf.worker.arm import ArmWorker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.records import ArmFacts, Block
    from pytest_ovperf.trial.run import ArmProcess

#: What says, when an arm is loaded, that its release cannot do what is asked: it reads an older IR, it knows another
#: set of properties and operations, it lacks a package.
_CANNOT = (DeviceFailureError, ExtraMissingError, ModelError, WorkerFailedError)


@dataclass(frozen=True, slots=True)
class ReleasedArm:
    """An `ArmProcess` of ``arm`` in ``environment``."""

    arm: Arm
    environment: Environment
    process: ArmProcess

    @classmethod
    def start(cls, arm: Arm, request: LoadRequest, environment: Environment) -> Self:
        """Start the process, or the first ones of an arm that is new for each block. Raises `WorkerDiedError`."""
        python = str(environment.python)
        if request.kind in (WorkloadKind.LOAD, WorkloadKind.MEMORY):
            return cls(arm, environment, FreshArm.start(arm, request, python=python))
        return cls(arm, environment, ArmWorker.start(arm, request, python=python))

    def loaded(self) -> ArmFacts:
        """Wait until the arm is loaded and return what it turned out to be.

        Raises `ArmUnavailableError` where its release refuses what is asked of it, `MeasurementError` where another
        release runs than the one that was found there, and what an arm of this environment does.
        """
        try:
            facts = self.process.loaded()
        except (DeviceAbsentError, ArmUnavailableError, OutOfMemoryError):
            raise
        except _CANNOT as error:
            raise ArmUnavailableError(
                f"Not raced against {self.environment.label}, which does not run it: {_in_brief(error.seen)}",
                remedy="Race against a newer release, or run this test without --ov-against.",
            ) from error
        self._check_release(facts)
        return facts

    def _check_release(self, facts: ArmFacts) -> None:
        found, ran = self.environment.versions["openvino"], facts.versions.get("openvino", "")
        if ran != found:
            raise MeasurementError(
                f"{self.arm}: the worker ran with OpenVINO {ran or '(unknown)'}, and {self.environment.python} has "
                f"{found}.",
                remedy="Run pytest without what brings another OpenVINO to every process: LD_LIBRARY_PATH, PATH or "
                "what setupvars sets; and leave that environment alone during the run.",
            )

    def block(self, min_ns: int, min_calls: int) -> Block:
        """Take one block."""
        return self.process.block(min_ns, min_calls)

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Return the outputs on the arm's inputs."""
        return self.process.outputs()

    def graph(self) -> Sequence[Mapping[str, Any]]:
        """Return the layers of the execution graph that this release made."""
        return self.process.graph()

    def close(self) -> None:
        """End the process."""
        self.process.close()


def _in_brief(seen: str) -> str:
    """Return what was refused and why, in one line: traces and all that was printed stay with the error's cause."""
    first, _, rest = seen.partition("\n")
    return f"{first} {rest.partition(chr(10))[0].strip()}" if first.endswith(":") else first
