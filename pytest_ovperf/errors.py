"""The one error tree of the project.

Every message answers three questions: what was tried, what was seen, and what to do about it. The last part is the
``remedy``; it names the option, the command or the extra that mends the matter.
"""

from __future__ import annotations


class OvperfError(Exception):
    """Base of every error that this package raises on purpose.

    ``seen`` says what was tried and what came of it; ``remedy`` says what the reader can do now.
    """

    def __init__(self, seen: str, *, remedy: str) -> None:
        super().__init__(seen)
        self.seen = seen
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.seen}\n→ {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.seen, self.remedy))


def _rebuild(kind: type[OvperfError], seen: str, remedy: str) -> OvperfError:
    return kind(seen, remedy=remedy)


class SettingsError(OvperfError):
    """An option, ini value or marker says something that cannot be followed."""


class ArmError(OvperfError):
    """An arm, metric or workload that does not exist."""


class ArmUnavailableError(OvperfError):
    """The arm exists, but this machine or device cannot run it: a reason to skip, never a regression."""


class ExtraMissingError(OvperfError):
    """A package from one of the optional extras is not installed."""

    @classmethod
    def of(cls, package: str, extra: str, purpose: str) -> ExtraMissingError:
        """Name ``package`` as missing for ``purpose``, with the extra of this distribution that brings it."""
        return cls(
            f"{purpose} needs the package {package!r}, which is not installed.",
            remedy=f"pip install 'pytest-ovperf[{extra}]'",
        )


class DeviceError(OvperfError):
    """A device expression that makes no sense."""


class DeviceAbsentError(DeviceError):
    """A device that OpenVINO knows of but that this machine cannot use: a reason to skip."""


class ModelError(OvperfError):
    """A model that is unknown, cannot be built, or does not fit the question asked of it."""


class CacheError(OvperfError):
    """The artefact cache cannot be read or written."""


class BaselineError(OvperfError):
    """A baseline file that cannot be trusted, read or written."""


class MeasurementError(OvperfError):
    """A measurement that could not be taken. Never a regression."""


class WorkerError(MeasurementError):
    """A worker process that did not answer as it should."""


class WorkerDiedError(WorkerError):
    """The worker's process ended by itself."""


class WorkerHungError(WorkerError):
    """The worker did not answer within its time."""


class WorkerGarbledError(WorkerError):
    """The worker answered with something that is not the protocol."""


class WorkerFailedError(WorkerError):
    """The worker answered that the command failed, with the cause."""
