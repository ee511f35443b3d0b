"""The one error tree of the project.

Every message answers three questions: what was tried, what was seen, and what to do about it. The last part is the
``remedy``; it names the option, the command or the extra that mends the matter.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class FailureCause(StrEnum):
    """Why a device could not read, compile or run a model."""

    DYNAMIC_SHAPE = "dynamic_shape"
    DEVICE_ABSENT = "device_absent"
    PLUGIN_MISSING = "plugin_missing"
    COMPILER_MISSING = "compiler_missing"
    DRIVER_INCOMPATIBLE = "driver_incompatible"
    UNSUPPORTED_OP = "unsupported_op"
    OUT_OF_MEMORY = "out_of_memory"
    BAD_CONFIG = "bad_config"
    CACHE_MISMATCH = "cache_mismatch"
    DEVICE_LOST = "device_lost"
    COMPILER_INTERNAL = "compiler_internal"
    PROCESS_DIED = "process_died"
    UNKNOWN = "unknown"


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


class UnknownMetricError(ArmError, AttributeError):
    """An attribute of a measured arm that is no metric; an `AttributeError` too, as ``hasattr`` expects."""


class ArmUnavailableError(OvperfError):
    """The arm exists, but this machine or device cannot run it: a reason to skip, never a regression."""


class ExtraMissingError(OvperfError):
    """A package from one of the optional extras is not installed."""

    @classmethod
    def of(cls, package: str, extra: str, purpose: str) -> ExtraMissingError:
        """Name ``package`` as missing for ``purpose``, with the extra of this distribution that brings it."""
        return cls(
            f"{purpose} needs the package {package!r}, which is not installed.",
            remedy=f'pip install "pytest-ovperf[{extra}]"',
        )


class DeviceError(OvperfError):
    """A device expression that makes no sense."""


class DeviceAbsentError(DeviceError):
    """A device that OpenVINO knows of but that this machine cannot use: a reason to skip."""


class EnvironmentUnusableError(OvperfError):
    """Another environment that does not exist, cannot be made, or lacks what a worker needs there."""


class NpuCompilerError(OvperfError):
    """The NPU compiler that works without an NPU is not there, cannot be set up or cannot be loaded."""


class ModelError(OvperfError):
    """A model that is unknown, cannot be built, or does not fit the question asked of it."""


class CacheError(OvperfError):
    """The artefact cache cannot be read or written."""


class BaselineError(OvperfError):
    """A baseline file that cannot be trusted, read or written."""


class RunFileError(OvperfError):
    """A file of a run that is missing, damaged or of another format, or runs that cannot be compared."""


class MeasurementError(OvperfError):
    """A measurement that could not be taken. Never a regression."""


class WorkerError(MeasurementError):
    """A worker process that did not answer as it should."""


class WorkerDiedError(WorkerError):
    """The worker's process ended by itself."""

    cause: ClassVar[FailureCause] = FailureCause.PROCESS_DIED


class WorkerHungError(WorkerError):
    """The worker did not answer within its time."""


class WorkerGarbledError(WorkerError):
    """The worker answered with something that is not the protocol."""


class WorkerFailedError(WorkerError):
    """The worker answered that the command failed, with the cause."""


class DeviceFailureError(MeasurementError):
    """OpenVINO or a driver refused or broke off. Each cause has a class of its own, whose name crosses a worker's pipe.

    `UnboundedShapeError` is the only failure that a strict xfail of dynamic shapes may expect.
    """

    cause: ClassVar[FailureCause] = FailureCause.UNKNOWN


class DynamicShapeError(DeviceFailureError):
    """The device needs fixed shapes and the model's are dynamic."""

    cause: ClassVar[FailureCause] = FailureCause.DYNAMIC_SHAPE


class UnboundedShapeError(DynamicShapeError):
    """The same, and a dimension of the model has no upper bound."""


class DeviceNotFoundError(DeviceFailureError):
    """The device's plugin works and finds no device, although the device was there when the run began."""

    cause: ClassVar[FailureCause] = FailureCause.DEVICE_ABSENT


class PluginMissingError(DeviceFailureError):
    """OpenVINO has no plugin for the device, or cannot load it."""

    cause: ClassVar[FailureCause] = FailureCause.PLUGIN_MISSING


class CompilerMissingError(DeviceFailureError):
    """The device's compiler is not installed."""

    cause: ClassVar[FailureCause] = FailureCause.COMPILER_MISSING


class DriverIncompatibleError(DeviceFailureError):
    """The driver and OpenVINO do not go together."""

    cause: ClassVar[FailureCause] = FailureCause.DRIVER_INCOMPATIBLE


class UnsupportedOperationError(DeviceFailureError):
    """The device cannot run an operation of the model, or not in its precision."""

    cause: ClassVar[FailureCause] = FailureCause.UNSUPPORTED_OP


class OutOfMemoryError(DeviceFailureError):
    """The memory of the host, the process or the device did not suffice."""

    cause: ClassVar[FailureCause] = FailureCause.OUT_OF_MEMORY


class BadConfigError(DeviceFailureError):
    """The device does not take a property or its value."""

    cause: ClassVar[FailureCause] = FailureCause.BAD_CONFIG


class CacheMismatchError(DeviceFailureError):
    """A compiled model was made by another version than the one that is to run it."""

    cause: ClassVar[FailureCause] = FailureCause.CACHE_MISMATCH


class WorkerOutOfMemoryError(WorkerDiedError, OutOfMemoryError):
    """The worker's process ended, and its last output says that memory ran out."""

    cause: ClassVar[FailureCause] = FailureCause.OUT_OF_MEMORY


class DeviceLostError(DeviceFailureError):
    """The device hung, was reset or was removed at work."""

    cause: ClassVar[FailureCause] = FailureCause.DEVICE_LOST


class CompilerInternalError(DeviceFailureError):
    """The device's compiler failed in a pass of its own, whatever the shapes."""

    cause: ClassVar[FailureCause] = FailureCause.COMPILER_INTERNAL


class UnknownFailureError(DeviceFailureError):
    """OpenVINO's words fit no known cause; the error holds all of them."""
