# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""OpenVINO Runtime: one compiled model, one infer request.

The timed call is ``InferRequest.infer(share_outputs=True)``, the synchronous way that benchmark_app takes. On a
model of one ReLU it took 12.9 µs on the clock and 6.3 µs inside OpenVINO; copying the outputs as well 13.3 µs;
``start_async`` and ``wait`` 19.9 µs (12.5 µs inside), for the hand-over to another thread.
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ArmUnavailableError, ExtraMissingError, FailureCause, ModelError
from pytest_ovperf.hiding import hidden
from pytest_ovperf.tuning import Mode

from . import graph
from .capability import check_capability
from .feeding import Wanted, fitted, read_inputs
from .properties import check_properties, compile_properties
from .readback import executing, read_facts
from .refusals import REFUSALS, Subject, output_bytes, printed_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from pytest_ovperf.errors import DeviceFailureError
    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest


class CompiledArm:
    """What the ways of calling a compiled model have in common."""

    def __init__(self, compiled: Any, facts: ArmFacts, subject: Subject) -> None:
        self._compiled = compiled
        self._facts = facts
        self._subject = subject
        self._printed = output_bytes()
        self._other_request: Any = None

    def facts(self) -> ArmFacts:
        """Return what OpenVINO said about the compiled model, with the devices that execute now: AUTO may switch."""
        with self._subject.trying("tell which devices execute"):
            return replace(self._facts, devices=executing(self._compiled))

    def predict(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run once on ``arrays``, with a request that times nothing; see `protocol.Predictor`.

        Raises `DeviceFailureError`, too.
        """
        given = fitted(arrays, [_wanted(port) for port in self._compiled.inputs])
        try:
            if self._other_request is None:
                self._other_request = self._compiled.create_infer_request()
            self._other_request.infer(dict(enumerate(given)), share_inputs=True)
        except REFUSALS as error:
            raise self._failure(error) from error
        return self._floats_of(self._other_request)

    def _failure(self, error: BaseException) -> DeviceFailureError:
        """Return the error for what a running model raised. Not in the timed path: it looks at a file."""
        printed = printed_since(self._printed)
        return self._subject.failure(error, f"run the model on {self._subject.device}", printed=printed)

    def _floats_of(self, request: Any) -> dict[str, NDArray[Any]]:
        """Return a copy of a request's floating-point outputs as float32, under every name they have."""
        found: dict[str, NDArray[Any]] = {}
        for index, port in enumerate(self._compiled.outputs):
            if not port.element_type.is_real():
                continue
            array = request.get_output_tensor(index).data.astype("float32")
            found.update(dict.fromkeys(port.get_names() or {f"output_{index}"}, array))
        return found


class OpenVinoModel(CompiledArm):
    """A compiled model with one infer request, whose inputs are set once and shared with numpy."""

    def __init__(
        self, compiled: Any, request: Any, arrays: Iterable[NDArray[Any]], facts: ArmFacts, subject: Subject
    ) -> None:
        super().__init__(compiled, facts, subject)
        self._request = request
        self._arrays = tuple(arrays)  # the request reads their memory, so they must live as long as it does

    def call(self) -> None:
        """Run one synchronous inference; the outputs stay where OpenVINO put them. Raises `DeviceFailureError`."""
        try:
            self._request.infer(share_outputs=True)
        except REFUSALS as error:
            raise self._failure(error) from error

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return a copy of the floating-point outputs of one inference as float32, under every name they have."""
        self.call()
        return self._floats_of(self._request)

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers that OpenVINO made of the model, in order, after a call: see `graph.layers`."""
        return graph.layers_after(self.call, self._compiled)


_M = TypeVar("_M", bound=OpenVinoModel)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A model that is compiled for an arm; ``start_ns`` is when reading it began."""

    openvino: Any
    model: Any
    subject: Subject
    start_ns: int

    def facts(self, request: LoadRequest, *, requests: int, mode: Mode) -> ArmFacts:
        """Return what it says about itself, loading having ended now; ``requests`` are in flight at once."""
        load_ns = time.perf_counter_ns() - self.start_ns
        facts = read_facts(self.openvino, self.model, request, load_ns)
        return replace(facts, requests=requests, settings={**facts.settings, "mode": str(mode)})


def load(request: LoadRequest, *, package: Any = None) -> OpenVinoModel:
    """Read, reshape and compile the IR of ``request``; ``package`` stands in for ``openvino`` in tests.

    Raises `DeviceAbsentError` for a device that is not here, `ArmUnavailableError` if it lacks the arm's precision or
    a property of its tuning, `ModelError` for a file or a shape that does not fit, and a `DeviceFailureError` with the
    cause and OpenVINO's text if the device refuses the model.
    """
    return with_one_request(OpenVinoModel, compile_arm(request, package=package), request)


def with_one_request(kind: type[_M], compiled: Compiled, request: LoadRequest) -> _M:
    """Return a model of that ``kind``: what was compiled, with one infer request that has its inputs."""
    with compiled.subject.trying(_compiling(request)):
        infer_request = compiled.model.create_infer_request()
    facts = compiled.facts(request, requests=1, mode=Mode.SYNC)  # the inputs are not the model's to load
    arrays = input_arrays(compiled.model, request)
    with compiled.subject.trying(f"take the inputs for {request.device}"):
        feed(infer_request, arrays, compiled.openvino)
    return kind(compiled.model, infer_request, arrays, facts, compiled.subject)


def compile_arm(request: LoadRequest, *, package: Any = None) -> Compiled:
    """Check what the arm of ``request`` asks of its devices, then read, reshape and compile its IR; raises as `load`.

    Asking the devices is not part of the time that loading takes.
    """
    openvino = package or _import()
    core = openvino.Core()
    check_capability(core, request)
    check_properties(core, request)
    properties = compile_properties(request)
    start_ns = time.perf_counter_ns()
    if request.cache_dir is not None and request.ir is not None and request.shape is None:
        # Given the path, OpenVINO finds what the cache holds without reading the model itself.
        model, subject = request.ir, Subject(request.device)
    else:
        model = _read(openvino, core, request)
        subject = Subject.of(model, request.device)
    with subject.trying(_compiling(request)):
        compiled = core.compile_model(model, request.device, properties)
    return Compiled(openvino, compiled, subject, start_ns)


def feed(infer_request: Any, arrays: Iterable[NDArray[Any]], openvino: Any) -> None:
    """Set the inputs of a request, in the order of the model's; the request reads the arrays' own memory."""
    for index, array in enumerate(arrays):
        infer_request.set_input_tensor(index, openvino.Tensor(array, shared_memory=True))


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
    return read_facts(openvino, compiled, request, time.perf_counter_ns() - start_ns)


def _compiled(openvino: Any, request: LoadRequest) -> Any:
    core = openvino.Core()
    try:
        check_capability(core, request)
    except ArmUnavailableError:
        if request.precision is Precision.BF16:
            raise
        request = replace(request, precision=Precision.NATIVE)
    check_properties(core, request)
    model = _read(openvino, core, request)
    with Subject.of(model, request.device).trying(_compiling(request)):
        compiled = core.compile_model(model, request.device, compile_properties(request))
        compiled.create_infer_request()  # where some drivers only begin to work
    return compiled


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


def input_arrays(compiled: Any, request: LoadRequest) -> tuple[NDArray[Any], ...]:
    """Return one contiguous array of the right type per input of the model, in their order, out of the inputs file.

    Raises `ModelError` for an input without data, or with data of a type that would lose by being converted.
    """
    import numpy as np  # noqa: PLC0415

    given = read_inputs(request)
    arrays = []
    for port in compiled.inputs:
        name = _name(port, given)
        dtype = port.element_type.to_dtype()
        if not np.can_cast(given[name].dtype, dtype, casting="same_kind"):
            raise ModelError(
                f"Input {name!r} is {given[name].dtype}, the model wants {dtype}.",
                remedy="Run `ovperf cache clear`, so that the inputs are made again for this model.",
            )
        arrays.append(np.ascontiguousarray(given[name], dtype=dtype))
    return tuple(arrays)


def _wanted(port: Any) -> Wanted:
    shape = port.partial_shape
    # OpenVINO writes "no upper bound" as -1.
    dims = None if shape.rank.is_dynamic else tuple((dim.get_min_length(), dim.get_max_length()) for dim in shape)
    return Wanted(
        tuple(sorted(port.get_names())),
        port.element_type.to_dtype(),
        None if dims is None else tuple((least, None if most < 0 else most) for least, most in dims),
    )


def _name(port: Any, arrays: Mapping[str, Any]) -> str:
    names = sorted(port.get_names())
    for name in names:
        if name in arrays:
            return str(name)
    raise ModelError(
        f"The model's input {' / '.join(names) or '(without a name)'} has no data; there is {', '.join(arrays)}.",
        remedy="Run `ovperf cache clear`, so that the inputs are made again for this model.",
    )
