"""A run's NPUs that are compiled for and not run: which platforms, by which compiler, and what came of each model."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_ovperf.errors import (
    ArmUnavailableError,
    DeviceAbsentError,
    DeviceFailureError,
    DynamicShapeError,
    FailureCause,
    ModelError,
    NpuCompilerError,
    UnboundedShapeError,
    WorkerDiedError,
)
from pytest_ovperf.hardware.cores import usable_memory_bytes
from pytest_ovperf.hardware.device import DeviceInfo

from .compilers import find_compiler
from .platforms import described, device_of, not_executed, platform_of
from .record import Change, CompileKey, CompileRecord, Observed, Outcome
from .request import CompileRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.settings import UpdateMode

    from .blob import CompiledBlob
    from .compilers import NpuCompiler
    from .verdict import Compilation

#: How long one compilation may take, in seconds, as on a device that is there.
TIMEOUT_S = 600.0
#: The part of the usable memory that a compiler may hold.
_MEMORY_SHARE = 0.8
#: What an NPU runs in, as OpenVINO lists it among a device's capabilities.
_CAPABILITIES = ("FP16", "INT8")


class CompileOnly:
    """The NPUs that stand for `platforms` in one run: nothing runs on them, and models are compiled for them."""

    def __init__(
        self,
        platforms: Sequence[str],
        cache_dir: Path,
        record: CompileRecord,
        find: Callable[[Path], NpuCompiler] = find_compiler,
    ) -> None:
        self.platforms = tuple(platforms)
        self.record = record
        self._cache_dir = cache_dir
        self._find = find
        self._observed: dict[CompileKey, Observed] = {}

    @classmethod
    def of(
        cls, platforms: Sequence[str], cache_dir: Path, baselines_dir: Path, update: UpdateMode
    ) -> CompileOnly | None:
        """Return those of one run, ``None`` where it has no ``platforms``."""
        return cls(platforms, cache_dir, CompileRecord(baselines_dir, update)) if platforms else None

    @cached_property
    def _found(self) -> NpuCompiler | NpuCompilerError:
        try:
            return self._find(self._cache_dir)
        except NpuCompilerError as error:
            return error

    @property
    def compiler(self) -> str:
        """The compiler in words; why there is none where there is none."""
        return self._found.seen if isinstance(self._found, NpuCompilerError) else self._found.words

    @property
    def works(self) -> bool:
        """Whether there is a compiler."""
        return not isinstance(self._found, NpuCompilerError)

    @property
    def observed(self) -> tuple[Observed, ...]:
        """What came of everything compiled so far, in order."""
        return tuple(self._observed.values())

    def platform(self, device: str) -> str | None:
        """Return the platform that ``device`` stands for: its own, or the first for a plain ``NPU``."""
        return self.platforms[0] if device == "NPU" else platform_of(device)

    def cases(self, devices: Sequence[str], *, compiles: bool) -> list[str]:
        """Return ``devices`` with each ``NPU`` replaced by the platforms, by the first for what never compiles."""
        ours = [device_of(platform) for platform in (self.platforms if compiles else self.platforms[:1])]
        return [case for device in devices for case in (ours if device == "NPU" else [device])]

    def described(self) -> list[DeviceInfo]:
        """Return the platforms as devices, for what a test needs of its own."""
        return [
            DeviceInfo(device_of(each), self.told(each), _CAPABILITIES, available=True, reason="")
            for each in self.platforms
        ]

    def told(self, platform: str) -> str:
        """Return the platform with what is done about it; alone where there is no compiler, and so nothing is."""
        return f"{described(platform)}: {not_executed(platform)}" if self.works else described(platform)

    def where(self, platform: str) -> str:
        """Return the platform with its compiler, as a place where a model is taken or not."""
        return f"{described(platform)}, {not_executed(platform)}, by {self.compiler},"

    def require(self) -> None:
        """Raise `DeviceAbsentError`, a reason to skip, where there is no compiler."""
        if isinstance(self._found, NpuCompilerError):
            raise DeviceAbsentError(f"{self._found.seen} {self._found.remedy}", remedy=self._found.remedy)

    def refuse(self, platform: str) -> None:
        """Raise `ArmUnavailableError`, a reason to skip, for whatever would have to run on ``platform``."""
        raise ArmUnavailableError(not_executed(platform), remedy="Run this on a machine with the NPU.")

    def compile(
        self,
        platform: str,
        model: Path | None,
        shape: Mapping[str, tuple[int | tuple[int, int], ...]] | None,
        *,
        label: str,
        precision: str,
    ) -> CompiledBlob:
        """Compile ``model`` for ``platform``, and hold what comes of it against the record.

        ``label`` and ``precision`` are what the record knows the model by. Raises `DeviceFailureError` with the cause,
        among them `UnboundedShapeError`, which stands for a limit only as long as the record does not say that this
        very model compiled; and whatever else `Compilation.blob` raises.
        """
        if model is None:
            raise ModelError("This model has no OpenVINO IR.", remedy="Name one that can be exported, or an .xml file.")
        if precision == "bf16":
            raise ArmUnavailableError(f"NPU {platform} has no BF16.", remedy="Compile it as fp32 or int8.")
        self.require()
        compiler = self._found
        assert not isinstance(compiler, NpuCompilerError)  # noqa: S101  (just required)
        memory_bytes = int(usable_memory_bytes() * _MEMORY_SHARE)
        compilation = compiler.run(CompileRequest(model, platform, shape, TIMEOUT_S, memory_bytes))
        try:
            blob = compilation.blob()
        except (DeviceFailureError, WorkerDiedError) as error:
            observed = self._observe(compilation, label, precision, error)
            raise self._changed(error, observed) from None
        self._observe(compilation, label, precision, None, blob)
        return blob

    def _observe(
        self,
        compilation: Compilation,
        label: str,
        precision: str,
        error: DeviceFailureError | WorkerDiedError | None,
        blob: CompiledBlob | None = None,
    ) -> Observed | None:
        answer, request = compilation.answer, compilation.request
        shapes = answer.shapes(request.model)
        if shapes is None or (error is not None and _unclear(error, compilation)):
            return None
        key = CompileKey(request.platform, label, precision, str(shapes))
        cause = "" if error is None else str(error.cause)
        outcome = Outcome(blob.blob_bytes if blob else 0, cause, answer.version)
        before, now = self._observed.get(key), self.record.observe(key, outcome, blob.compile_s if blob else 0.0)
        # What another test of this run has recorded meanwhile hides nothing of what has changed since the last run.
        self._observed[key] = now if before is None else replace(now, recorded=before.recorded)
        return now

    def _changed(
        self, error: DeviceFailureError | WorkerDiedError, observed: Observed | None
    ) -> DeviceFailureError | WorkerDiedError:
        """Return ``error``, or one that says what was recorded: a model that compiled until now must not xfail."""
        if observed is None or observed.change is not Change.BROKEN or self.record.updates:
            return error
        kind = DynamicShapeError if isinstance(error, UnboundedShapeError) else type(error)
        return kind(
            f"{observed.note}.\n{error.seen}",
            remedy=f"{error.remedy} If it is to stay so, record it: --update-baselines.",
        )


def _unclear(error: DeviceFailureError | WorkerDiedError, compilation: Compilation) -> bool:
    """Tell whether an ending says nothing lasting of the compiler: want of memory, a process killed from outside."""
    if error.cause in {FailureCause.OUT_OF_MEMORY, FailureCause.COMPILER_MISSING}:
        return True
    return isinstance(error, WorkerDiedError) and not compilation.answer.crashed
