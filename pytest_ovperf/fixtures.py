"""The fixtures, each a thin translation of a request to the session.

What a fixture refuses or cannot do reaches the reader as the project's own error text under the line of their test,
never as a traceback through this package.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest

from .errors import ArmUnavailableError, DeviceAbsentError, MeasurementError, OvperfError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import openvino

    from .markers import ModelMark
    from .measured import Baseline, MeasuredSpeedup
    from .models.spec import ModelSpec
    from .records import Fidelity
    from .session import Session

#: Where the plugin keeps the run's session in pytest's own storage.
SESSION: pytest.StashKey[Session] = pytest.StashKey()
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


def _session(request: pytest.FixtureRequest) -> Session:
    return request.config.stash[SESSION]


def model_mark(item: pytest.Item) -> ModelMark | None:
    """Return what the test says of its model: the indirect parameter ``model`` first, then the marker."""
    from .markers import ModelMark, read_model  # noqa: PLC0415  (paid only by tests that use it)

    callspec = getattr(item, "callspec", None)
    mark = read_model(item)
    if callspec is not None and isinstance(callspec.params.get("model"), str):
        name = callspec.params["model"]
        return ModelMark(name, mark.shape, mark.precision) if mark and mark.name == name else ModelMark(name)
    return mark


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Return the OpenVINO device this test runs on, chosen by ``--ov-device``; an absent one skips the test."""
    name = str(getattr(request, "param", "CPU"))
    try:
        _session(request).require_device(name)
    except DeviceAbsentError as reason:
        pytest.skip(reason.seen)
    except OvperfError as error:
        pytest.fail(str(error), pytrace=False)
    return name


@pytest.fixture
def model(request: pytest.FixtureRequest) -> ModelSpec:
    """Return the model under test: from ``@pytest.mark.model`` or an indirect parameter of this name."""
    try:
        mark = model_mark(request.node)
        if mark is None:
            raise SettingsError(
                f"{request.node.name} asks for a model and names none.",
                remedy='Mark the test with @pytest.mark.model("minilm"), or parametrize "model" with indirect=True.',
            )
        return _session(request).resolve(mark.name, mark.shape)
    except OvperfError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def compiled_model(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> openvino.CompiledModel:
    """Return the marked model as an ``openvino.CompiledModel`` for the device, in this process and ready to run."""
    from .records import Precision  # noqa: PLC0415  (heavy only for tests that use it)

    mark = model_mark(request.node)
    try:
        return _session(request).compile(model, device, Precision(mark.precision if mark else "fp32"))
    except (DeviceAbsentError, ArmUnavailableError) as reason:
        pytest.skip(reason.seen)
    except OvperfError as error:
        pytest.fail(str(error), pytrace=False)


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
    mark = read_ovperf(request.node)

    @_translated
    def measure(candidate: str, *, over: str, metric: str = "latency") -> MeasuredSpeedup:
        return session.speedup(
            request.node.nodeid,
            model,
            session.arms(candidate, over, device),
            metric=metric,
            budget_s=mark.budget_s,
            tolerance=mark.tolerance,
        )

    return measure


@pytest.fixture
def fidelity(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> Callable[..., Fidelity]:
    """Return ``fidelity(candidate, *, over)``: how near the candidate's outputs are, on the same inputs."""
    _refuse_side_by_side(request)
    session = _session(request)

    @_translated
    def compare(candidate: str, *, over: str) -> Fidelity:
        return session.fidelity(model, session.arms(candidate, over, device))

    return compare


def _refuse_side_by_side(request: pytest.FixtureRequest) -> None:
    """Refuse to measure in one of several xdist workers: what runs beside a measurement spoils it."""
    worker = getattr(request.config, "workerinput", None)
    if worker is not None and int(worker.get("workercount", 1)) > 1:
        error = MeasurementError(
            f"pytest-xdist runs {worker['workercount']} workers side by side; timings taken that way are wrong.",
            remedy="Run the tests that measure without -n (or with -n0), apart from the others.",
        )
        pytest.fail(str(error), pytrace=False)
