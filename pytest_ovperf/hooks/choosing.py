"""Which model and which device a test gets, and what is known of a device's limit while it runs."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import (
    ArmUnavailableError,
    DeviceAbsentError,
    DeviceError,
    MeasurementError,
    OvperfError,
    SettingsError,
)

from .outcomes import session_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import openvino

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.npu.blob import CompiledBlob
    from pytest_ovperf.session.limits import UnboundedLimit

    from .markers import ModelMark

#: What a test case has shown of a device's limit, for those that are expected to run into it.
LIMIT: pytest.StashKey[UnboundedLimit] = pytest.StashKey()
#: The model that was compiled in order to find the first device that can.
COMPILED: pytest.StashKey[openvino.CompiledModel] = pytest.StashKey()


def model_mark(item: pytest.Item) -> ModelMark | None:
    """Return what the test says of its model: the indirect parameter ``model`` first, then the marker."""
    from .markers import read_model  # noqa: PLC0415  (paid only by tests that use it)

    callspec = getattr(item, "callspec", None)
    named = None if callspec is None else callspec.params.get("model")
    return _mark_of(item, named) if is_description(named) else read_model(item)


def is_description(value: object) -> bool:
    """Tell whether ``value`` is one of the things that a model may be named by: text, a path, a `Model`."""
    from pytest_ovperf.models.described import Model  # noqa: PLC0415  (see above)

    return isinstance(value, (str, PathLike, Model))


def _mark_of(item: pytest.Item, value: object) -> ModelMark:
    """Return what the test says of the model that ``value`` names: the words of a marker that names it count as well.

    Its precision counts whatever the marker names.
    """
    from pytest_ovperf.models.described import Model, describe  # noqa: PLC0415  (see above)

    from .markers import ModelMark, read_model  # noqa: PLC0415

    model = value if isinstance(value, Model) else Model(value)  # type: ignore[arg-type]  # describe refuses the rest
    said, mark = describe(model, said=f"the model {str(model)!r} of {item.name}"), read_model(item)
    if mark is None:
        return ModelMark(said)
    own = said.over(mark.said) if mark.said.name == said.name else said
    return ModelMark(own, mark.precision)


def chosen(request: pytest.FixtureRequest, model: object, *, measured: bool) -> ModelSpec:
    """Return the model that the fixture or the parameter ``model`` gave, which may be a project's own.

    ``measured`` as of `Asking.model`. Raises `SettingsError` for what names no model.
    """
    from pytest_ovperf.models.graphs import require_sizes  # noqa: PLC0415  (paid only by tests that use it)
    from pytest_ovperf.models.spec import ModelSpec  # noqa: PLC0415

    if is_description(model):
        return session_of(request.config).asking.model(_mark_of(request.node, model).said, measured=measured)
    if not isinstance(model, ModelSpec):
        raise SettingsError(
            f"{_origin(request)} gave {model!r}, which is no model.",
            remedy="Return a name or a path, such as 'minilm' or 'models/encoder', or a pytest_ovperf.Model.",
        )
    if measured and not model.data.inputs:
        require_sizes(model)
    return model


def _origin(request: pytest.FixtureRequest) -> str:
    """Name the fixture ``model`` of a test by its place, or the parameter that stands for one."""
    info = getattr(request.node, "_fixtureinfo", None)  # pytest has no public way to ask
    found = info.name2fixturedefs.get("model", ()) if info else ()
    function = found[-1].func if found else None
    code = getattr(function, "__code__", None)
    if code is None or str(getattr(function, "__module__", "")).startswith("_pytest."):  # which gives out parameters
        return f"The parameter 'model' of {request.node.name}"
    return f"The fixture 'model' ({code.co_filename}:{code.co_firstlineno})"


def named_model(item: pytest.Item) -> ModelMark:
    """Return the model that the test names. Raises `SettingsError` where it names none."""
    mark = model_mark(item)
    if mark is None:
        raise SettingsError(
            f"{item.name} asks for a model and names none.",
            remedy='Mark the test with @pytest.mark.model("minilm"), or parametrize "model" by name.',
        )
    return mark


def only_device(request: pytest.FixtureRequest) -> str:
    """Return the one device asked for, for what pytest cannot repeat for several, such as methods of unittest."""
    devices = session_of(request.config).places.devices
    if len(devices) != 1:
        raise SettingsError(
            f"{request.node.name} cannot be run once a device, and --ov-device asks for {', '.join(devices)}.",
            remedy="Ask for one device at a time, or make it a plain test function.",
        )
    return devices[0]


def first_that_serves(request: pytest.FixtureRequest, names: tuple[str, ...]) -> str:
    """Return the first of ``names`` that the test can run on, and say why the ones before it were passed over.

    Raises `DeviceAbsentError` if there was none to try, and `MeasurementError` if those that were tried failed.
    """
    from .markers import read_device  # noqa: PLC0415  (paid only by tests that use it)

    session, mark = session_of(request.config), read_device(request.node)
    compiles = "compiled_model" in request.fixturenames
    spec = chosen(request, request.getfixturevalue("model"), measured=False) if compiles else None
    refused: list[str] = []
    failure: OvperfError | None = None
    for name, hindrance in session.places.preferences(replace(mark, names=names) if mark else None):
        reason = hindrance
        if reason is None and spec is not None:
            try:
                request.node.stash[COMPILED] = compile_for(request, spec, name)
            except (DeviceError, ArmUnavailableError, MeasurementError) as error:
                reason, failure = error.seen, error
        if reason is None:
            _tell_choice(request, name, refused)
            return name
        refused.append(f"{name}: {reason}")
    seen = "None of the devices serves this test.\n" + "\n".join(refused)
    if failure is None:
        raise DeviceAbsentError(seen, remedy="`ovperf devices` says what each of them lacks.")
    raise MeasurementError(seen, remedy=failure.remedy) from (failure if len(names) == 1 else None)


def _tell_choice(request: pytest.FixtureRequest, name: str, refused: list[str]) -> None:
    """Say which device was chosen: in the report of a failure, in JUnit, and at once where it is second best."""
    request.node.user_properties.append(("device", name))
    request.node.user_properties += [("device passed over", reason) for reason in refused]
    said = f"{request.node.name} runs on {name}"
    request.node.add_report_section("setup", "device", "\n".join([said, *refused]))
    if refused:
        first_lines = "; ".join(reason.partition("\n")[0].rstrip(":") for reason in refused)
        session_of(request.config).live.note(f"{said}, passed over: {first_lines}")
        session_of(request.config).live.end()


def compile_for(request: pytest.FixtureRequest, spec: ModelSpec, device: str) -> openvino.CompiledModel | CompiledBlob:
    """Compile the model for the device, in the precision that the test's marker names."""
    from pytest_ovperf.arms import Precision  # noqa: PLC0415  (heavy only for tests that use it)

    mark = model_mark(request.node)
    return session_of(request.config).compiling.compile(spec, device, Precision(mark.precision if mark else "fp32"))


def limit_of(request: pytest.FixtureRequest, spec: ModelSpec, device: str) -> UnboundedLimit | None:
    """Return what this test case is expected to run into, if anything: from now on the plugin looks out for it."""
    from .markers import read_device  # noqa: PLC0415  (paid only by tests that use it)

    mark = read_device(request.node)
    bounded = bool(spec.ports) and not any(port.is_open for port in spec.ports)  # a file may fix its shapes itself
    if spec.static or bounded or (mark is not None and mark.dynamic):
        return None
    limit = request.node.stash.get(LIMIT, None) or session_of(request.config).compiling.limit(spec, device)
    if limit is not None:
        request.node.stash[LIMIT] = limit
    return limit


def proven(limit: UnboundedLimit | None, arms: Iterable[Arm]) -> None:
    """Note that these arms ran; on the device itself that proves that it takes the model."""
    if limit is not None and any(arm.device == limit.device for arm in arms):
        limit.lifted = True
