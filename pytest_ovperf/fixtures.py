"""The fixtures, each a thin translation of a request to the session.

What a fixture refuses or cannot do reaches the reader as the project's own error text under the line of their test,
never as a traceback through this package.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest

from .errors import (
    ArmUnavailableError,
    DeviceAbsentError,
    DeviceError,
    MeasurementError,
    OvperfError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import openvino

    from .limits import UnboundedLimit
    from .markers import ModelMark
    from .measured import Baseline, MeasuredSpeedup
    from .models.spec import ModelSpec
    from .records import Arm, Fidelity
    from .session import Session

#: Where the plugin keeps the run's session in pytest's own storage.
SESSION: pytest.StashKey[Session] = pytest.StashKey()
#: What a test case has shown of a device's limit, for those that are expected to run into it.
LIMIT: pytest.StashKey[UnboundedLimit] = pytest.StashKey()
#: The model that was compiled in order to find the first device that can.
_COMPILED: pytest.StashKey[openvino.CompiledModel] = pytest.StashKey()
#: The fixtures that make a test one of ours.
MEASURING = frozenset({"speedup", "fidelity"})
OURS = MEASURING | {"compiled_model", "device", "model", "baseline"}

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _translated(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let errors of ours show under the caller's line, and turn what cannot run here into a skip with its reason."""

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except (DeviceAbsentError, ArmUnavailableError) as reason:
            pytest.skip(reason.seen)
        except OvperfError as error:
            raise error.with_traceback(None) from None

    return call


class Failed(pytest.fail.Exception):  # type: ignore[name-defined,misc]  # mypy does not see what pytest calls it
    """A fixture's failure that shows the text of ``error``, without a traceback, and keeps the error itself.

    Not as its cause: that would be shown as well, and once is enough.
    """

    __module__ = "builtins"  # as pytest's own: shown without a module

    def __init__(self, error: OvperfError) -> None:
        super().__init__(str(error), pytrace=False)
        self.error = error


@contextmanager
def _as_outcome() -> Iterator[None]:
    """Turn what cannot run here into a skip with its reason, and an error of ours into a `Failed`."""
    __tracebackhide__ = True
    try:
        yield
    except (DeviceAbsentError, ArmUnavailableError) as reason:
        pytest.skip(reason.seen)
    except OvperfError as error:
        raise Failed(error) from None


def session_of(config: pytest.Config) -> Session:
    """Return the run's session, made when first needed: a run that uses nothing of ours never makes one."""
    made = config.stash.get(SESSION, None)
    if made is None:
        from .console import Console  # noqa: PLC0415  (paid only by runs that use the plugin)
        from .options import read_settings  # noqa: PLC0415
        from .reports.live import LiveLine  # noqa: PLC0415
        from .session import Session  # noqa: PLC0415

        try:
            settings = read_settings(config)
        except OvperfError as error:
            raise pytest.UsageError(str(error)) from None
        made = config.stash[SESSION] = Session(settings, LiveLine(Console(config)))
    return made


def _session(request: pytest.FixtureRequest) -> Session:
    return session_of(request.config)


def model_mark(item: pytest.Item) -> ModelMark | None:
    """Return what the test says of its model: the indirect parameter ``model`` first, then the marker."""
    from .markers import ModelMark, read_model  # noqa: PLC0415  (paid only by tests that use it)

    callspec = getattr(item, "callspec", None)
    mark = read_model(item)
    if callspec is not None and isinstance(callspec.params.get("model"), str):
        name = callspec.params["model"]
        if mark is None:
            return ModelMark(name)
        return ModelMark(name, mark.shape if mark.name == name else None, mark.precision)
    return mark


def named_model(item: pytest.Item) -> ModelMark:
    """Return the model that the test names. Raises `SettingsError` where it names none."""
    mark = model_mark(item)
    if mark is None:
        raise SettingsError(
            f"{item.name} asks for a model and names none.",
            remedy='Mark the test with @pytest.mark.model("minilm"), or parametrize "model" by name.',
        )
    return mark


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Return the OpenVINO device this test runs on, chosen by ``--ov-device``; one that does not serve is skipped.

    For a test with a list of preference it is the first that serves: the first that ``compiled_model`` compiles for.
    """
    with _as_outcome():
        asked = getattr(request, "param", None) or _only_device(request)
        if isinstance(asked, tuple):
            return _first_that_serves(request, asked)
        from .markers import read_device  # noqa: PLC0415  (paid only by tests that use it)

        _session(request).require_device(str(asked), read_device(request.node))
        return str(asked)


def _only_device(request: pytest.FixtureRequest) -> str:
    """Return the one device asked for, for what pytest cannot repeat for several, such as methods of unittest."""
    devices = _session(request).devices
    if len(devices) != 1:
        raise SettingsError(
            f"{request.node.name} cannot be run once a device, and --ov-device asks for {', '.join(devices)}.",
            remedy="Ask for one device at a time, or make it a plain test function.",
        )
    return devices[0]


def _first_that_serves(request: pytest.FixtureRequest, names: tuple[str, ...]) -> str:
    """Return the first of ``names`` that the test can run on, and say why the ones before it were passed over.

    Raises `DeviceAbsentError` if there was none to try, and `MeasurementError` if those that were tried failed.
    """
    from .markers import read_device  # noqa: PLC0415  (paid only by tests that use it)

    session, mark = _session(request), read_device(request.node)
    compiles = "compiled_model" in request.fixturenames
    spec = request.getfixturevalue("model") if compiles else None
    refused: list[str] = []
    failure: OvperfError | None = None
    for name, hindrance in session.preferences(replace(mark, names=names) if mark else None):
        reason = hindrance
        if reason is None and spec is not None:
            try:
                request.node.stash[_COMPILED] = _compile(request, spec, name)
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
        _session(request).live.note(f"{said}, passed over: {first_lines}")
        _session(request).live.end()


@pytest.fixture
def model(request: pytest.FixtureRequest) -> ModelSpec:
    """Return the model under test: from ``@pytest.mark.model`` or an indirect parameter of this name."""
    with _as_outcome():
        mark = named_model(request.node)
        return _session(request).resolve(mark.name, mark.shape)


def _named(request: pytest.FixtureRequest, model: ModelSpec | str) -> ModelSpec:
    """Return the model of a test that parametrizes ``model`` by name and does not say ``indirect``."""
    return _session(request).resolve(model, None) if isinstance(model, str) else model


@pytest.fixture
def compiled_model(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> openvino.CompiledModel:
    """Return the marked model as an ``openvino.CompiledModel`` for the device, in this process and ready to run."""
    with _as_outcome():
        model = _named(request, model)
    limit = _limit(request, model, device)
    compiled = request.node.stash.get(_COMPILED, None)
    if compiled is None:
        with _as_outcome():
            compiled = _compile(request, model, device)
    else:
        del request.node.stash[_COMPILED]  # the stash outlives the test, and a compiled model is large
    if limit is not None:
        limit.lifted = True
    return compiled


def _compile(request: pytest.FixtureRequest, spec: ModelSpec, device: str) -> openvino.CompiledModel:
    from .records import Precision  # noqa: PLC0415  (heavy only for tests that use it)

    mark = model_mark(request.node)
    return _session(request).compile(spec, device, Precision(mark.precision if mark else "fp32"))


def _limit(request: pytest.FixtureRequest, spec: ModelSpec, device: str) -> UnboundedLimit | None:
    """Return what this test case is expected to run into, if anything: from now on the plugin looks out for it."""
    from .markers import read_device  # noqa: PLC0415  (paid only by tests that use it)

    mark = read_device(request.node)
    if spec.static or (mark is not None and mark.dynamic):
        return None
    limit = request.node.stash.get(LIMIT, None) or _session(request).limit(spec, device)
    if limit is not None:
        request.node.stash[LIMIT] = limit
    return limit


def _proven(limit: UnboundedLimit | None, arms: tuple[Arm, Arm]) -> None:
    """Note that these arms ran; on the device itself that proves that it takes the model."""
    if limit is not None and any(arm.device == limit.device for arm in arms):
        limit.lifted = True


@pytest.fixture
def baseline() -> Baseline:
    """Return what ``speedup(...) >= baseline`` is held against: the stored value of this very comparison."""
    from .measured import Baseline  # noqa: PLC0415  (heavy only for tests that use it)

    return Baseline()


@pytest.fixture
def speedup(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> Callable[..., MeasuredSpeedup]:
    """Return ``speedup(candidate, *, over, metric="latency")``: measure how many times better the candidate is."""
    from .markers import read_ovperf  # noqa: PLC0415  (paid only by tests that use it)

    _refuse_side_by_side(request)
    session = _session(request)
    with _as_outcome():
        model, mark = _named(request, model), read_ovperf(request.node)
    limit = _limit(request, model, device)

    @_translated
    def measure(candidate: str, *, over: str, metric: str = "latency") -> MeasuredSpeedup:
        arms = session.arms(candidate, over, device)
        measured = session.speedup(
            request.node.nodeid, model, arms, metric=metric, budget_s=mark.budget_s, tolerance=mark.tolerance
        )
        _proven(limit, arms)
        return measured

    return measure


@pytest.fixture
def fidelity(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> Callable[..., Fidelity]:
    """Return ``fidelity(candidate, *, over)``: how near the candidate's outputs are, on the same inputs."""
    _refuse_side_by_side(request)
    session = _session(request)
    with _as_outcome():
        model = _named(request, model)
    limit = _limit(request, model, device)

    @_translated
    def compare(candidate: str, *, over: str) -> Fidelity:
        arms = session.arms(candidate, over, device)
        found = session.fidelity(model, arms)
        _proven(limit, arms)
        return found

    return compare


def _refuse_side_by_side(request: pytest.FixtureRequest) -> None:
    """Refuse to measure in a worker of xdist: what runs beside a measurement spoils it, and nobody would report it."""
    worker = getattr(request.config, "workerinput", None)
    if worker is not None:
        raise Failed(
            MeasurementError(
                f"pytest-xdist runs tests in workers, here {worker.get('workercount', 1)}; timings that were taken "
                "side by side are wrong.",
                remedy="Run the tests that measure without -n (or with -n0), apart from the others.",
            )
        )
