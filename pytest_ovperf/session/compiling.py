"""Compiling a model for a device, for whoever wants to hold the model itself, and the limits that this may meet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Arm, Engine, Precision
from pytest_ovperf.engines.protocol import LoadRequest
from pytest_ovperf.errors import ModelError
from pytest_ovperf.hardware import devices as device_rules
from pytest_ovperf.models.builders import require_builders
from pytest_ovperf.models.graphs import require_sizes
from pytest_ovperf.models.shapes import compiled_shapes
from pytest_ovperf.models.spec import CallsSource
from pytest_ovperf.tuning import UNTUNED
from pytest_ovperf.worker.compiling import compile_in_worker

from .limits import UnboundedLimit
from .questions import model_label

if TYPE_CHECKING:
    import openvino

    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.npu.blob import CompiledBlob

    from .parts import Parts
    from .places import Places


class Compiling:
    """Compiles models of ``parts`` for the devices of ``places``."""

    def __init__(self, places: Places, parts: Parts) -> None:
        self._places = places
        self._parts = parts

    def limit(self, spec: ModelSpec, device: str) -> UnboundedLimit | None:
        """Return the limit that a model with unbounded dimensions is expected to meet on ``device``, if any."""
        platform, machine = self._places.compiled_for(device), self._places.machine
        if platform is not None and self._places.npu is not None:
            return UnboundedLimit(model_label(spec), "NPU", self._places.npu.where(platform))
        return UnboundedLimit.of(model_label(spec), device, machine.devices, machine.versions)

    def check(self, spec: ModelSpec, precision: str) -> None:
        """Raise `ModelError` where there is no model to compile, or none whose weights can be made without a call."""
        _require_compilable(spec, Precision(precision))

    def compile(self, spec: ModelSpec, device: str, precision: Precision) -> openvino.CompiledModel | CompiledBlob:
        """Compile the model for the device, in this process; for other devices than the CPU first in a worker.

        A driver that ends the process, or hangs, thus costs a `WorkerError` with its last output and not the run. For
        an NPU that is compiled for and not run, it is done in another process only, and the blob is returned.
        Raises `DeviceFailureError` with the cause, `DeviceAbsentError`, `ArmUnavailableError` and `ModelError`, too.
        """
        _require_compilable(spec, precision)
        arm = Arm(Engine.OPENVINO, precision, device)
        self._places.require_precision(arm)
        called = spec.has_sizes or bool(spec.data.inputs)
        request = self._parts.arms.prepare(spec, arm)[1][arm] if called else self._as_it_is(spec, arm)
        platform = self._places.compiled_for(device)
        if platform is not None and self._places.npu is not None:
            return self._places.npu.compile(
                platform, request.ir, request.shape, label=model_label(spec), precision=str(precision)
            )
        if device_rules.base_devices(device) != ("CPU",):
            compile_in_worker(arm, request)
        from pytest_ovperf.engines.openvino import compile_model  # noqa: PLC0415  (brings OpenVINO: only where it is asked for)

        return compile_model(request)

    def _as_it_is(self, spec: ModelSpec, arm: Arm) -> LoadRequest:
        """Return how to compile a file of which nobody has said what a call holds: there are no inputs for it."""
        require_builders(spec, arm.precision, generates=False)
        return LoadRequest(
            engine=arm.engine,
            precision=arm.precision,
            device=arm.device,
            weights=None,
            auto_class=None,
            ir=self._parts.library.original_ir(spec),
            inputs=Path(),
            shape=compiled_shapes(spec, spec.shapes, UNTUNED),
            threads=0,
        )


def _require_compilable(spec: ModelSpec, precision: Precision) -> None:
    if isinstance(spec.source, CallsSource):
        raise ModelError(
            f"{spec.name!r} names functions and no model: there is nothing that compiled_model could compile.",
            remedy="Name the model that the functions run, or leave compiled_model out of this test.",
        )
    if precision is Precision.INT8 and not spec.data.inputs:
        require_sizes(spec)
