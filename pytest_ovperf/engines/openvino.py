# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""OpenVINO Runtime: one compiled model, one infer request.

The timed call is ``InferRequest.infer(share_outputs=True)``, the synchronous way that benchmark_app takes. On a
model of one ReLU it took 12.9 µs on the clock and 6.3 µs inside OpenVINO; copying the outputs as well 13.3 µs;
``start_async`` and ``wait`` 19.9 µs (12.5 µs inside), for the hand-over to another thread.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ArmUnavailableError, ExtraMissingError, FailureCause, ModelError
from pytest_ovperf.hiding import hidden
from pytest_ovperf.records import ArmFacts, Precision

from .capability import HINTS, META_DEVICES, check_capability, named_devices
from .refusals import REFUSALS, Subject, output_bytes, printed_since

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest


class OpenVinoModel:
    """A compiled model with one infer request, whose inputs are set once and shared with numpy."""

    def __init__(
        self, compiled: Any, request: Any, arrays: Mapping[str, NDArray[Any]], facts: ArmFacts, subject: Subject
    ) -> None:
        self._compiled = compiled
        self._request = request
        self._arrays = arrays  # the request reads their memory, so they must live as long as it does
        self._facts = facts
        self._subject = subject
        self._printed = output_bytes()

    def facts(self) -> ArmFacts:
        """Return what OpenVINO said about the compiled model, with the devices that execute now: AUTO may switch."""
        with self._subject.trying("tell which devices execute"):
            return replace(self._facts, devices=_executing(self._compiled))

    def call(self) -> None:
        """Run one synchronous inference; the outputs stay where OpenVINO put them. Raises `DeviceFailureError`."""
        try:
            self._request.infer(share_outputs=True)
        except REFUSALS as error:
            printed = printed_since(self._printed)
            raise self._subject.failure(error, f"run the model on {self._subject.device}", printed=printed) from error

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return a copy of the floating-point outputs of one inference as float32, under every name they have."""
        self.call()
        found: dict[str, NDArray[Any]] = {}
        for index, port in enumerate(self._compiled.outputs):
            if not port.element_type.is_real():
                continue
            array = self._request.get_output_tensor(index).data.astype("float32")
            found.update(dict.fromkeys(port.get_names() or {f"output_{index}"}, array))
        return found


def load(request: LoadRequest, *, package: Any = None) -> OpenVinoModel:
    """Read, reshape and compile the IR of ``request``; ``package`` stands in for ``openvino`` in tests.

    Raises `DeviceAbsentError` for a device that is not here, `ArmUnavailableError` if it lacks the arm's precision,
    `ModelError` for a file or a shape that does not fit, and a `DeviceFailureError` with the cause and OpenVINO's text
    if the device refuses the model.
    """
    openvino = package or _import()
    core = openvino.Core()
    check_capability(core, request)
    start_ns = time.perf_counter_ns()
    model = _read(openvino, core, request)
    subject = Subject.of(model, request.device)
    with subject.trying(_compiling(request)):
        compiled = core.compile_model(model, request.device, compile_properties(request))
        infer_request = compiled.create_infer_request()
    arrays = _arrays(compiled, request)
    with subject.trying(f"take the inputs for {request.device}"):
        for index, port in enumerate(compiled.inputs):
            array = arrays[_name(port, arrays)]
            infer_request.set_input_tensor(index, openvino.Tensor(array, shared_memory=True))
    load_ns = time.perf_counter_ns() - start_ns
    return OpenVinoModel(compiled, infer_request, arrays, read_facts(openvino, compiled, load_ns), subject)


def compile_model(request: LoadRequest, *, package: Any = None) -> Any:
    """Return the ``openvino.CompiledModel`` of ``request``; its inputs are not read.

    It is not timed, so a device that lacks FP32 compiles an FP32 or INT8 model for its own precision; what an arm would
    refuse. Else raises as `load` does, and `ExtraMissingError` if OpenVINO is not installed.
    """
    return _compiled(package or _import_or_say(), request)


def compile_facts(request: LoadRequest, *, package: Any = None) -> ArmFacts:
    """Compile as `compile_model` does, and return what OpenVINO says about the result."""
    openvino = package or _import_or_say()
    start_ns = time.perf_counter_ns()
    compiled = _compiled(openvino, request)
    return read_facts(openvino, compiled, time.perf_counter_ns() - start_ns)


def _compiled(openvino: Any, request: LoadRequest) -> Any:
    core = openvino.Core()
    try:
        check_capability(core, request)
    except ArmUnavailableError:
        if request.precision is Precision.BF16:
            raise
        request = replace(request, precision=Precision.NATIVE)
    model = _read(openvino, core, request)
    with Subject.of(model, request.device).trying(_compiling(request)):
        compiled = core.compile_model(model, request.device, compile_properties(request))
        compiled.create_infer_request()  # where some drivers only begin to work
    return compiled


def compile_properties(request: LoadRequest) -> dict[str, Any]:
    """Return the properties that the arm is compiled with."""
    properties: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    hint = HINTS.get(request.precision)
    if hint is not None:
        properties["INFERENCE_PRECISION_HINT"] = hint
    if request.threads and request.device == "CPU":
        properties["INFERENCE_NUM_THREADS"] = request.threads
    elif request.threads and _may_use_cpu(request.device):
        # The other devices behind AUTO or HETERO know no such property.
        properties["DEVICE_PROPERTIES"] = {"CPU": {"INFERENCE_NUM_THREADS": request.threads}}
    if request.device.partition(":")[0] == "AUTO":
        # Else the CPU stands in while the chosen device still compiles, and would be what is timed.
        properties["ENABLE_STARTUP_FALLBACK"] = False
    return properties


def read_facts(openvino: Any, compiled: Any, load_ns: int) -> ArmFacts:
    """Read back the effective precision, devices and threads of a compiled model."""
    devices = _executing(compiled)
    nested = _nested_properties(compiled, devices)
    threads = _property(compiled, nested, "INFERENCE_NUM_THREADS")
    return ArmFacts(
        precision=precision_name(_property(compiled, nested, "INFERENCE_PRECISION_HINT")),
        devices=devices,
        threads=0 if threads is None else int(threads),
        load_ns=load_ns,
        versions={"openvino": str(openvino.get_version())},
    )


def precision_name(value: Any) -> str:
    """Return OpenVINO's type as ``f32``, ``bf16``, …; ``dynamic`` where it leaves the choice to each operation."""
    if value is None:
        return "unknown"
    name = value.get_type_name() if hasattr(value, "get_type_name") else str(value)
    return "dynamic" if name == "undefined" else str(name)


def _import() -> Any:
    # With its telemetry in sight, `import openvino` forks a process that talks to the network while we take times, and
    # that would outlive the worker.
    with hidden("openvino_telemetry"):
        return importlib.import_module("openvino")


def _import_or_say() -> Any:
    try:
        return _import()
    except ModuleNotFoundError as error:
        if error.name != "openvino":
            raise
        raise ExtraMissingError.of("openvino", "openvino", "compiled_model") from None


def _may_use_cpu(device: str) -> bool:
    meta = device.partition(":")[0]
    return meta in META_DEVICES and (device == meta or "CPU" in named_devices(device))


def _executing(compiled: Any) -> tuple[str, ...]:
    return tuple(map(str, compiled.get_property("EXECUTION_DEVICES")))


def _compiling(request: LoadRequest) -> str:
    return f"compile for {request.device} the model {request.ir}"


def _read(openvino: Any, core: Any, request: LoadRequest) -> Any:
    """Return the IR as ``openvino.Model``, in the shape of the request.

    Raises `ModelError` for what no device is to blame for: a damaged file, a shape that does not fit.
    """
    if request.ir is None:
        raise ModelError(
            "This model has no OpenVINO IR, so no OpenVINO arm can run it.",
            remedy="Name a model that can be exported, or an .xml file, in the marker `model`.",
        )
    tried = f"read {request.ir}"
    try:
        model = core.read_model(request.ir)
        if request.shape is not None:
            tried = f"reshape to {dict(request.shape)} {request.ir}"
            wanted = {
                name: openvino.PartialShape(list(request.shape[name]))
                for port in model.inputs
                for name in port.get_names()
                if name in request.shape
            }
            model.reshape(wanted)
    except REFUSALS as error:
        failure = Subject(request.device).failure(error, tried)
        if failure.cause is not FailureCause.UNKNOWN:
            raise failure from error
        raise ModelError(
            f"OpenVINO cannot {tried}:\n{error}",
            remedy="If the file is damaged, `ovperf cache clear` lets it be built again; a shape must fit the model's "
            "inputs.",
        ) from error
    return model


def _arrays(compiled: Any, request: LoadRequest) -> dict[str, NDArray[Any]]:
    """Return one contiguous array of the right type per input of the model, by the name used in the inputs file."""
    import numpy as np  # noqa: PLC0415

    with np.load(request.inputs) as file:
        given = {name: file[name] for name in file.files}
    arrays: dict[str, NDArray[Any]] = {}
    for port in compiled.inputs:
        name = _name(port, given)
        dtype = port.element_type.to_dtype()
        if not np.can_cast(given[name].dtype, dtype, casting="same_kind"):
            raise ModelError(
                f"Input {name!r} is {given[name].dtype}, the model wants {dtype}.",
                remedy="Run `ovperf cache clear`, so that the inputs are made again for this model.",
            )
        arrays[name] = np.ascontiguousarray(given[name], dtype=dtype)
    return arrays


def _name(port: Any, arrays: Mapping[str, Any]) -> str:
    names = sorted(port.get_names())
    for name in names:
        if name in arrays:
            return str(name)
    raise ModelError(
        f"The model's input {' / '.join(names) or '(without a name)'} has no data; there is {', '.join(arrays)}.",
        remedy="Run `ovperf cache clear`, so that the inputs are made again for this model.",
    )


def _nested_properties(compiled: Any, devices: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the properties of the first executing device behind AUTO or HETERO, which keep them one level down."""
    try:
        by_device = compiled.get_property("DEVICE_PROPERTIES")
    except RuntimeError:  # a plain device has no such property
        return {}
    for device in devices:
        properties = by_device.get(device.strip("()"))
        if properties:
            return dict(properties)
    return {}


def _property(compiled: Any, nested: Mapping[str, Any], name: str) -> Any:
    if name in nested:
        return nested[name]
    try:
        return compiled.get_property(name)
    except RuntimeError:  # the device does not know it, such as threads on a GPU
        return None
