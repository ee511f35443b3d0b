"""Arms in processes: prepares the model files that an arm needs and starts its worker on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_ovperf.arms import Arm, Engine
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.errors import ArmError, ArmUnavailableError, OvperfError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models.builders import require_builders
from pytest_ovperf.models.shapes import call_shapes, compiled_shapes
from pytest_ovperf.models.spec import CallsSource, IrSource, OnnxSource, TorchSource
from pytest_ovperf.trial.artefacts import ExportArm, FilesArm
from pytest_ovperf.trial.fresh import FreshArm
from pytest_ovperf.worker.arm import ArmWorker
from pytest_ovperf.worker.client import Worker
from pytest_ovperf.worker.profiling import profile_in_worker

from .released import ReleasedArm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.models.jobs import BuildJob
    from pytest_ovperf.models.library import ModelFiles, ModelLibrary
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.trial.run import ArmProcess
    from pytest_ovperf.worker.profiling import ArmProfile

#: A build may take this long. The largest of the catalogue takes well under a minute on two cores.
BUILD_TIMEOUT_S = 3600.0


def build_in_worker(job: BuildJob, target: Path, say: Callable[[str], None]) -> None:
    """Run a build in a process of its own: what it imports, prints or breaks stays there."""
    with Worker.start(f"building {job.name}") as worker:
        worker.request(
            "build",
            timeout_s=BUILD_TIMEOUT_S,
            on_progress=lambda step: say(f"{job.name}: {step}"),
            job=job.to_json(),
            target=str(target),
        )


class Arms:
    """Opens arms of models. An arm that was opened to compare outputs is kept, and timed by the next trial."""

    def __init__(
        self,
        library: ModelLibrary,
        threads: int,
        alone: Callable[[], AbstractContextManager[None]],
        environments: Mapping[str, Environment] | None = None,
    ) -> None:
        """Take what ``threads`` each arm may use on a CPU, and what is held while all of them are at work.

        ``environments`` is where arms with a release of their own run, by release; it may grow.
        """
        self._library = library
        self._environments = {} if environments is None else environments
        self._threads = threads
        self._alone = alone
        self._spare: dict[tuple[str, Arm], ArmWorker] = {}
        self._exports: dict[str, tuple[BuildJob, ...]] = {}
        self._outputs: dict[tuple[str, Arm], Mapping[str, NDArray[Any]]] = {}
        self._scores: dict[tuple[str, Arm, str], float] = {}

    def prepare(
        self,
        spec: ModelSpec,
        *arms: Arm,
        kind: WorkloadKind = WorkloadKind.INFER,
        prompt: tuple[int, int] | None = None,
        new_tokens: int = 0,
    ) -> tuple[ModelSpec, dict[Arm, LoadRequest]]:
        """Build whatever ``arms`` need of the model; return it with nothing left open, and how to load each arm.

        ``kind`` is what will be asked of them. ``prompt`` (tokens of the shortest and of the longest) and
        ``new_tokens`` are what a request of `WorkloadKind.GENERATE` holds and generates.
        """
        settled = self._library.settle(spec)
        generates = kind is WorkloadKind.GENERATE or bool(new_tokens)
        for arm in arms:
            require_runnable(settled, arm, generates=generates)
        requests = {
            arm: self._generating(settled, arm, kind, prompt, new_tokens)
            if generates
            else self._request(settled, arm, kind)
            for arm in arms
        }
        if kind is WorkloadKind.EXPORT:
            made_for = WorkloadKind.GENERATE if generates else kind
            for arm, request in requests.items():
                self._exports[_identity(request)] = self._library.exports(
                    settled, arm.precision, kind=made_for, onnx=arm.engine is Engine.ONNXRUNTIME
                )
        return settled, requests

    def own_digest(self, spec: ModelSpec) -> str:
        """Return what stands for the files of a model that a user brought, empty for one of the catalogue."""
        return self._library.own_digest(spec)

    def open(self, request: LoadRequest, arm: Arm) -> ArmProcess:
        """Return the arm in a process that has timed nothing yet and may still be loading, or in one for each block."""
        if arm.release:
            return ReleasedArm.start(arm, request, self._other(arm))
        match request.kind:
            case WorkloadKind.LOAD | WorkloadKind.MEMORY:
                return FreshArm.start(arm, request)
            case WorkloadKind.FILES:
                return FilesArm(arm, request)
            case WorkloadKind.EXPORT:
                return ExportArm(arm, self._exports[_identity(request)])
        spare = self._spare.pop((_identity(request), arm), None)
        return spare or ArmWorker.start(arm, request)

    def _other(self, arm: Arm) -> Environment:
        """Return the environment of an arm that has one. Raises `ArmUnavailableError` where it is none of this run."""
        try:
            return self._environments[arm.release]
        except KeyError:
            others = ", ".join(other.label for other in self._environments.values())
            raise ArmUnavailableError(
                f"{arm} is asked for in a run that races against {others or 'nothing'}.",
                remedy=f"Race against it: --ov-against=openvino=={arm.release}.",
            ) from None

    def profile(self, request: LoadRequest, arm: Arm, calls: int) -> ArmProfile:
        """Return what the arm's layers take, in about so many calls, from a process of its own that runs alone."""
        python = str(self._other(arm).python) if arm.release else None
        with self._alone():
            return profile_in_worker(arm, request, calls, python=python)

    def outputs(self, requests: Mapping[Arm, LoadRequest]) -> dict[Arm, Mapping[str, NDArray[Any]]]:
        """Return each arm's outputs on the model's inputs: computed once a run, the arms loading side by side."""
        with self._alone():
            return self._compute(requests)

    def scores(self, requests: Mapping[Arm, LoadRequest], function: str) -> dict[Arm, float]:
        """Return what the user's ``function`` makes of each arm: called once a run, in each arm's process.

        That is ended then, and never timed: nobody knows what the function has left running in it.
        """
        with self._alone():
            return self._scored(requests, function)

    def _scored(self, requests: Mapping[Arm, LoadRequest], function: str) -> dict[Arm, float]:
        keys = {arm: (_identity(request), arm) for arm, request in requests.items()}
        missing = [arm for arm, key in keys.items() if (*key, function) not in self._scores]
        for arm in missing:
            if keys[arm] not in self._spare:
                self._spare[keys[arm]] = ArmWorker.start(arm, requests[arm])
        try:
            for arm in missing:
                self._spare[keys[arm]].loaded()
                self._scores[*keys[arm], function] = self._spare[keys[arm]].score(function)
                self._spare.pop(keys[arm]).close()
        except OvperfError:
            self.close()
            raise
        return {arm: self._scores[*key, function] for arm, key in keys.items()}

    def _compute(self, requests: Mapping[Arm, LoadRequest]) -> dict[Arm, Mapping[str, NDArray[Any]]]:
        keys = {arm: (_identity(request), arm) for arm, request in requests.items()}
        for arm, key in keys.items():
            if key not in self._outputs and key not in self._spare:
                self._spare[key] = ArmWorker.start(arm, requests[arm])
        try:
            for key in keys.values():
                if key not in self._outputs:
                    self._spare[key].loaded()
                    self._outputs[key] = self._spare[key].outputs()
        except OvperfError:
            self.close()
            raise
        return {arm: self._outputs[key] for arm, key in keys.items()}

    def close(self) -> None:
        """End the processes that no trial took."""
        while self._spare:
            self._spare.popitem()[1].close()

    def _request(self, spec: ModelSpec, arm: Arm, kind: WorkloadKind) -> LoadRequest:
        onnx = arm.engine is Engine.ONNXRUNTIME
        files = self._library.files(spec, arm.precision, kind=kind, batch=arm.tuning.batch, onnx=onnx)
        request = self._load(spec, arm, files, kind)
        if arm.engine is not Engine.OPENVINO:
            return request
        return replace(request, shape=compiled_shapes(spec, files.shapes, arm.tuning))

    def _generating(
        self, spec: ModelSpec, arm: Arm, kind: WorkloadKind, prompt: tuple[int, int] | None, new_tokens: int
    ) -> LoadRequest:
        files = self._library.files(
            spec, arm.precision, kind=WorkloadKind.GENERATE, batch=arm.tuning.batch, prompt=prompt
        )
        return replace(self._load(spec, arm, files, kind), new_tokens=new_tokens)

    def _load(self, spec: ModelSpec, arm: Arm, files: ModelFiles, kind: WorkloadKind) -> LoadRequest:
        request = LoadRequest(
            engine=arm.engine,
            precision=arm.precision,
            device=arm.device,
            weights=None,
            auto_class=None,
            ir=None,
            inputs=files.inputs,
            shape=None,
            threads=self._threads,
            kind=kind,
            tuning=arm.tuning,
            function=arm.function,
        )
        return _with_files(request, spec, files)


def _with_files(request: LoadRequest, spec: ModelSpec, files: ModelFiles) -> LoadRequest:
    """Return the request with the file, directory or function that its engine makes the model of."""
    match request.engine:
        case Engine.PYTORCH:
            factory = spec.source.factory if isinstance(spec.source, TorchSource) else ""
            return replace(request, weights=files.weights, auto_class=spec.auto_class, function=factory)
        case Engine.ONNXRUNTIME:
            return replace(request, onnx=files.onnx)
        case Engine.CALL:
            return _with_own_files(request, spec, files)
        case _:
            return replace(request, ir=files.ir)


def _with_own_files(request: LoadRequest, spec: ModelSpec, files: ModelFiles) -> LoadRequest:
    """Return the request with the model as the user named it: what a function loads of that is its own affair."""
    match spec.source:
        case IrSource(path):
            return replace(request, ir=path)
        case OnnxSource(path):
            return replace(request, onnx=path)
        case _:
            return replace(request, weights=files.weights)


def require_runnable(spec: ModelSpec, arm: Arm, *, generates: bool) -> None:
    """Raise `ArmError` for what cannot come of this settled model and arm, before anything is built for them.

    `ExtraMissingError` where a package is missing that building takes.
    """
    if isinstance(spec.source, CallsSource):
        return
    without = _without(spec, arm)
    if without:
        raise ArmError(f"{arm.kind} cannot run {spec.name!r}: {without}.", remedy=_remaining(spec, arm.engine))
    if generates and spec.ports:
        raise ArmError(
            f"{arm.kind} cannot generate text with {spec.name!r}: that takes a directory, not an exported file.",
            remedy="Name the directory that it was exported from.",
        )
    if arm.engine is Engine.OPENVINO and not generates:
        compiled_shapes(spec, call_shapes(spec, arm.tuning.batch), arm.tuning)
    require_builders(spec, arm.precision, generates=generates, onnx=arm.engine is Engine.ONNXRUNTIME)


def _without(spec: ModelSpec, arm: Arm) -> str:
    """Say why the model's source has no side that the arm's engine could run; empty where it has one."""
    held = "an OpenVINO IR" if isinstance(spec.source, IrSource) else "an ONNX file"
    if arm.engine is Engine.PYTORCH and not spec.has_pytorch:
        return f"{held} holds a graph that was exported, and none of what PyTorch made it of"
    if arm.engine is Engine.ONNXRUNTIME and isinstance(spec.source, IrSource):
        return f"{held} is no ONNX file, and none can be made of it"
    return ""


def _remaining(spec: ModelSpec, engine: Engine) -> str:
    """Say what can be compared of a model that is a file, as it is written in a test."""
    onnx = 'speedup("openvino-fp32", over="onnxruntime-fp32"), ' if isinstance(spec.source, OnnxSource) else ""
    return (
        f'What remains: {onnx}speedup("openvino-int8", over="openvino-fp32"), '
        'speedup("openvino-fp32[hint=throughput]", over="openvino-fp32[hint=latency]", metric="throughput"), or an arm '
        f"over another release: --ov-against=openvino==2025.4.1. For {engine.written}, name the directory that it was "
        "exported from."
    )


def _identity(request: LoadRequest) -> str:
    return repr(request)
