# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""OpenVINO Runtime: one compiled model, one infer request.

The timed call is ``InferRequest.infer(share_outputs=True)``, the synchronous way that benchmark_app takes. On a
model of one ReLU it took 12.9 µs on the clock and 6.3 µs inside OpenVINO; copying the outputs as well 13.3 µs;
``start_async`` and ``wait`` 19.9 µs (12.5 µs inside), for the hand-over to another thread.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ArmUnavailableError, ExtraMissingError, ModelError
from pytest_ovperf.hiding import hidden
from pytest_ovperf.records import ArmFacts, Precision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest

#: The precision that an arm asks OpenVINO for; a native arm asks for none.
_HINTS = {Precision.FP32: "f32", Precision.INT8: "f32", Precision.BF16: "bf16"}

#: What a device must list in OPTIMIZATION_CAPABILITIES for a hint to mean anything.
_CAPABILITIES = {"f32": "FP32", "bf16": "BF16"}

_META_DEVICES = ("AUTO", "HETERO", "MULTI", "BATCH")


class OpenVinoModel:
    """A compiled model with one infer request, whose inputs are set once and shared with numpy."""

    def __init__(self, compiled: Any, request: Any, arrays: Mapping[str, NDArray[Any]], facts: ArmFacts) -> None:
        self._compiled = compiled
        self._request = request
        self._arrays = arrays  # the request reads their memory, so they must live as long as it does
        self._facts = facts

    def facts(self) -> ArmFacts:
        """Return what OpenVINO says about the compiled model."""
        return self._facts

    def call(self) -> None:
        """Run one synchronous inference; the outputs stay where OpenVINO put them."""
        self._request.infer(share_outputs=True)

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return a copy of the floating-point outputs of one inference as float32, under every name they have."""
        self._request.infer(share_outputs=True)
        found: dict[str, NDArray[Any]] = {}
        for index, port in enumerate(self._compiled.outputs):
            if not port.element_type.is_real():
                continue
            array = self._request.get_output_tensor(index).data.astype("float32")
            found.update(dict.fromkeys(port.get_names() or {f"output_{index}"}, array))
        return found


def load(request: LoadRequest, *, package: Any = None) -> OpenVinoModel:
    """Read, reshape and compile the IR of ``request``; ``package`` stands in for ``openvino`` in tests.

    Raises `ArmUnavailableError` if the device lacks the arm's precision, `ModelError` with OpenVINO's whole text if it
    refuses the model.
    """
    openvino = package or _import()
    core = openvino.Core()
    check_capability(core, request)
    start_ns = time.perf_counter_ns()
    compiled = _compile(openvino, core, request)
    infer_request = compiled.create_infer_request()
    arrays = _arrays(compiled, request)
    for index, port in enumerate(compiled.inputs):
        array = arrays[_name(port, arrays)]
        infer_request.set_input_tensor(index, openvino.Tensor(array, shared_memory=True))
    load_ns = time.perf_counter_ns() - start_ns
    return OpenVinoModel(compiled, infer_request, arrays, read_facts(openvino, compiled, load_ns))


def compile_model(request: LoadRequest) -> Any:
    """Return the ``openvino.CompiledModel`` of ``request``, made as an arm would be; for use in the caller's process.

    Raises as `load` does, and `ExtraMissingError` if OpenVINO is not installed.
    """
    try:
        openvino = _import()
    except ModuleNotFoundError:
        raise ExtraMissingError.of("openvino", "openvino", "compiled_model") from None
    core = openvino.Core()
    check_capability(core, request)
    return _compile(openvino, core, request)


def named_devices(expression: str) -> tuple[str, ...]:
    """Return the devices that a device expression names; ``AUTO`` and the like by themselves name none."""
    meta, colon, listed = expression.partition(":")
    if not colon:
        return () if expression in _META_DEVICES else (expression,)
    return tuple(name.split("(")[0] for name in listed.split(",") if name and not name.startswith("-")) or (meta,)


def compile_properties(request: LoadRequest) -> dict[str, Any]:
    """Return the properties that the arm is compiled with."""
    properties: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    hint = _HINTS.get(request.precision)
    if hint is not None:
        properties["INFERENCE_PRECISION_HINT"] = hint
    if request.threads and request.device == "CPU":
        properties["INFERENCE_NUM_THREADS"] = request.threads
    elif request.threads and _may_use_cpu(request.device):
        # The other devices behind AUTO or HETERO know no such property.
        properties["DEVICE_PROPERTIES"] = {"CPU": {"INFERENCE_NUM_THREADS": request.threads}}
    return properties


def check_capability(core: Any, request: LoadRequest) -> None:
    """Raise `ArmUnavailableError` if a device that ``request`` names is not there or lacks the arm's precision."""
    hint = _HINTS.get(request.precision)
    for device in named_devices(request.device) or (request.device,):
        try:
            capabilities = tuple(map(str, core.get_property(device, "OPTIMIZATION_CAPABILITIES")))
        except RuntimeError as error:
            raise ArmUnavailableError(
                f"OpenVINO cannot use the device {device}:\n{error}",
                remedy="`ovperf devices` lists what this machine has and says what the others lack.",
            ) from error
        # HETERO, by itself, lists what it can do with models, not with numbers.
        if hint is not None and device not in _META_DEVICES[1:] and _CAPABILITIES[hint] not in capabilities:
            raise ArmUnavailableError(
                f"{device} does not compute in {hint}: it can do {', '.join(capabilities)}.",
                remedy="Take the arm `openvino`, which uses the device's own precision, or choose another --ov-device.",
            )


def read_facts(openvino: Any, compiled: Any, load_ns: int) -> ArmFacts:
    """Read back the effective precision, devices and threads of a compiled model."""
    devices = tuple(map(str, compiled.get_property("EXECUTION_DEVICES")))
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


def _may_use_cpu(device: str) -> bool:
    meta = device.partition(":")[0]
    return meta in _META_DEVICES and (device == meta or "CPU" in named_devices(device))


def _compile(openvino: Any, core: Any, request: LoadRequest) -> Any:
    if request.ir is None:
        raise ModelError(
            "This model has no OpenVINO IR, so no OpenVINO arm can run it.",
            remedy="Name a model that can be exported, or an .xml file, in the marker `model`.",
        )
    step = "read"
    try:
        model = core.read_model(request.ir)
        if request.shape is not None:
            step = f"reshape to {dict(request.shape)}"
            wanted = {
                name: openvino.PartialShape(list(request.shape[name]))
                for port in model.inputs
                for name in port.get_names()
                if name in request.shape
            }
            model.reshape(wanted)
        step = f"compile for {request.device}"
        return core.compile_model(model, request.device, compile_properties(request))
    except RuntimeError as error:
        raise ModelError(
            f"OpenVINO cannot {step} {request.ir}:\n{error}",
            remedy="If the file is damaged, `ovperf cache clear` lets it be built again; "
            "`ovperf devices` shows whether the device works at all.",
        ) from error


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
