# ruff: noqa: ANN401  (what a user's function takes and returns may be anything)
"""A function of the user's own: its setup is called once and makes the call, without arguments, that is timed.

What a call computes with, nobody can read back. Its facts are the device that was asked for, and the releases of the
engines that it has imported.
"""

from __future__ import annotations

import inspect
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.code import calling_own, find_own, own_failure
from pytest_ovperf.records import ArmFacts
from pytest_ovperf.tuning import Mode

from .feeding import read_inputs
from .settling import Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from .protocol import LoadRequest

#: Engines whose release is noted where a setup has imported them, by their modules.
_ENGINES: Final = ("openvino", "openvino_genai", "torch", "transformers", "onnxruntime")

_EXAMPLE: Final = "def with_openvino():\n      model = …\n      return lambda: model(…)"


class Call:
    """The call that a setup made; ``function`` is the import path of the setup."""

    def __init__(self, call: Callable[[], Any], function: str, facts: ArmFacts) -> None:
        self._call = call
        self._function = function
        self._facts = facts
        self._rest = Rest()

    def facts(self) -> ArmFacts:
        """Return what is known of the call."""
        return self._facts

    def call(self) -> None:
        """Call once; what is returned is let go. Raises `ModelError` with the user's own frames."""
        try:
            self._call()
        except (Exception, SystemExit) as error:
            raise self._failure(error) from error

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Call once and return what floating-point arrays came back, as float32; see `named_arrays`."""
        try:
            result = self._call()
        except (Exception, SystemExit) as error:
            raise self._failure(error) from error
        with calling_own(self._function, "when what its call returned was read"):
            return dict(named_arrays(result))

    def settle(self) -> None:
        """Wait until the threads of whatever the call uses are at rest."""
        self._rest.wait()

    def _failure(self, error: BaseException) -> ModelError:
        return own_failure(error, self._function, "when the call that it made was called")


def load(request: LoadRequest) -> Call:
    """Let the setup of ``request`` make its call.

    Raises `ModelError` for a setup that is not there, fails, or makes none.
    """
    return Call(*make_call(request, mode=Mode.SYNC, requests=1))


def make_call(request: LoadRequest, *, mode: Mode, requests: int) -> tuple[Callable[[], Any], str, ArmFacts]:
    """Return the call that the setup makes, the setup's import path and the call's facts; raises as `load` does.

    What the setup is given is read before its time begins, and its module imported.
    """
    path = request.function
    setup = find_own(path)
    if not callable(setup):
        raise ModelError(
            f"{path} is no function but {type(setup).__name__}.",
            remedy=f"Name the function that makes the call which is timed:\n  {_EXAMPLE}",
        )
    keywords = _keywords(path, setup, request)
    said = ", ".join(keywords) or "no arguments"
    start_ns = time.perf_counter_ns()
    with calling_own(path, f"when it was called with {said}"):
        call = setup(**keywords)
    load_ns = time.perf_counter_ns() - start_ns
    _check_call(path, call)
    versions = {name: str(module.__version__) for name in _ENGINES if (module := _imported(name)) is not None}
    # Which threads are at work, and in what precision, is the function's own affair.
    facts = ArmFacts("", (request.device,), 0, load_ns, versions, requests=requests, settings={"mode": str(mode)})
    return call, path, facts


def _keywords(path: str, setup: Callable[..., Any], request: LoadRequest) -> dict[str, Any]:
    """Return what the setup declares of that which it may be given. Raises `ModelError` for what it cannot."""
    given: Mapping[str, Callable[[], Any]] = {
        "device": lambda: request.device,
        "threads": lambda: request.cpu_threads,
        "model": lambda: request.ir or request.onnx or request.weights,
        "inputs": lambda: None if request.inputs is None else read_inputs(request),
    }
    found: dict[str, Any] = {}
    for name, parameter in _parameters(setup).items():
        if name in given and parameter.kind is not parameter.POSITIONAL_ONLY:
            found[name] = given[name]()
        elif _is_required(parameter):
            raise ModelError(
                f"{path} wants the argument {name!r}, and a setup may be given {', '.join(given)}.",
                remedy=f"Give {name!r} a default, or leave it out.",
            )
    return found


def _check_call(path: str, call: Any) -> None:
    """Raise `ModelError` unless ``call`` can be called without arguments, and is then over."""
    if not callable(call):
        made = "None" if call is None else f"{type(call).__name__} {call!r:.60}"
        raise ModelError(
            f"{path} returned {made}, and a setup returns the call that is timed: a function without arguments.",
            remedy=f"Do what is timed in a function of its own, and return that:\n  {_EXAMPLE}",
        )
    wanted = [name for name, parameter in _parameters(call).items() if _is_required(parameter)]
    if wanted:
        raise ModelError(
            f"The call that {path} made wants the arguments {', '.join(wanted)}, and it is called without any.",
            remedy="Give them to it in the setup: return lambda: work(…).",
        )
    for kind, is_one in (("a coroutine", inspect.iscoroutinefunction), ("a generator", inspect.isgeneratorfunction)):
        if is_one(call):
            raise ModelError(
                f"The call that {path} made is {kind} function: calling it does no work yet.",
                remedy="Return a function that does the work: lambda: asyncio.run(work()), lambda: list(work()).",
            )


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):  # some callables of C say nothing of themselves
        return {}


def _is_required(parameter: inspect.Parameter) -> bool:
    anything = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.default is parameter.empty and not anything


def _imported(name: str) -> Any:
    module = sys.modules.get(name)
    return module if hasattr(module, "__version__") else None


def named_arrays(result: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the floating-point arrays of what a call returned, as float32, by name.

    An array or tensor alone is ``output_0``, those of a sequence go on from there, and those of a mapping, or of what
    has ``items`` or ``to_dict`` like one, have its keys; a key of OpenVINO's has all names of the output it stands for.
    """
    alone = _array(result)
    if alone is not None:
        yield from _floating("output_0", alone)
        return
    for key, value in _entries(result):
        array = _array(value)
        if array is not None:
            for name in _names(key):
                yield from _floating(name, array)


def _entries(result: Any) -> Iterator[tuple[Any, Any]]:
    mapping = result
    if not hasattr(mapping, "items") and hasattr(mapping, "to_dict"):
        mapping = mapping.to_dict()
    if hasattr(mapping, "items"):
        yield from mapping.items()
    elif isinstance(result, (list, tuple)):
        yield from ((f"output_{index}", value) for index, value in enumerate(result))


def _names(key: Any) -> list[str]:
    if hasattr(key, "get_names"):
        return sorted(map(str, key.get_names()))
    return [str(key)]


def _array(value: Any) -> NDArray[Any] | None:
    """Return a number, a list of numbers, an array or a tensor as an array; ``None`` for anything else."""
    import numpy as np  # noqa: PLC0415  (for workers)

    if hasattr(value, "detach"):  # a tensor of torch's, wherever it is
        value = value.detach().cpu()
        value = value.float() if value.is_floating_point() else value
    is_list = isinstance(value, (list, tuple)) and bool(value) and all(isinstance(each, (int, float)) for each in value)
    if is_list or isinstance(value, (int, float)) or hasattr(value, "__array__"):
        return np.atleast_1d(np.asarray(value))
    data = getattr(value, "data", None)  # a tensor of OpenVINO's
    return data if isinstance(data, np.ndarray) else None


def _floating(name: str, array: NDArray[Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    if array.dtype.kind == "f":
        yield name, array.astype("float32")
