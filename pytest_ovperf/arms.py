"""Arms in processes: prepares the model files that an arm needs and starts its worker on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .engines.protocol import LoadRequest
from .errors import OvperfError
from .records import Arm, Engine, Precision
from .worker.arm import ArmWorker
from .worker.client import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from numpy.typing import NDArray

    from .engines.protocol import Dimension
    from .models.jobs import BuildJob
    from .models.library import ModelFiles, ModelLibrary
    from .models.spec import ModelSpec

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

    def __init__(self, library: ModelLibrary, threads: int, alone: Callable[[], AbstractContextManager[None]]) -> None:
        """Take what ``threads`` each arm may use on a CPU, and what is held while all of them are at work."""
        self._library = library
        self._threads = threads
        self._alone = alone
        self._spare: dict[tuple[str, Arm], ArmWorker] = {}
        self._outputs: dict[tuple[str, Arm], Mapping[str, NDArray[Any]]] = {}

    def prepare(self, spec: ModelSpec, *arms: Arm) -> tuple[ModelSpec, dict[Arm, LoadRequest]]:
        """Build whatever ``arms`` need of the model; return it with nothing left open, and how to load each arm."""
        settled = self._library.settle(spec)
        return settled, {arm: self._request(settled, arm) for arm in arms}

    def open(self, request: LoadRequest, arm: Arm) -> ArmWorker:
        """Return the arm in a process that has timed nothing yet; it may still be loading."""
        spare = self._spare.pop((_identity(request), arm), None)
        return spare or ArmWorker.start(arm, request)

    def outputs(self, requests: Mapping[Arm, LoadRequest]) -> dict[Arm, Mapping[str, NDArray[Any]]]:
        """Return each arm's outputs on the model's inputs: computed once a run, the arms loading side by side."""
        with self._alone():
            return self._compute(requests)

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

    def _request(self, spec: ModelSpec, arm: Arm) -> LoadRequest:
        quantised = arm.precision is Precision.INT8
        files = self._library.files(spec, Precision.INT8 if quantised else Precision.FP32)
        openvino = arm.engine is Engine.OPENVINO
        return LoadRequest(
            engine=arm.engine,
            precision=arm.precision,
            device=arm.device,
            weights=None if openvino else files.weights,
            auto_class=None if openvino else spec.auto_class,
            ir=files.ir if openvino else None,
            inputs=files.inputs,
            shape=_shape(files) if spec.static and openvino else None,
            threads=self._threads,
        )


def _shape(files: ModelFiles) -> dict[str, tuple[Dimension, ...]]:
    """Return what each input is reshaped to: the shape of its data, with the bounds that the user gave in its place."""
    spec = files.spec
    if spec.bounds is None:
        return dict(files.shapes)
    bounds = tuple(least if least == most else (least, most) for least, most in spec.bounds)
    workload = next(iter(spec.shapes.values()))
    return {name: bounds if shape == workload else shape for name, shape in files.shapes.items()}


def _identity(request: LoadRequest) -> str:
    return repr(request)
