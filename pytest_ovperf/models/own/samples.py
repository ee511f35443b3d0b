"""The data that a user brings for a model: made by their function or read from their folder. For workers only.

Nothing is known here of the model. What was made is kept as it is, and fitted to the model's inputs when the model is
at hand (`calls.fitted`).
"""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_ovperf.arms import IMPORT_PATH
from pytest_ovperf.errors import ModelError

from .calls import OwnCall, own_call, write_calibration, write_inputs
from .code import calling_own, find_own
from .folders import read_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: More calls than this change little in the ranges of activations and take long.
MOST_CALLS: Final = 300

_BATCH: Final = "batch"
_MATRIX: Final = 2


def save_own_inputs(function: str, batch: int | None, target: Path, say: Callable[[str], None]) -> None:
    """Call the user's ``function``, an import path, and write the call that it makes into ``target``.

    A parameter ``batch`` of it is given ``batch``; where that is ``None``, its own default, or 1 where it has none. The
    arrays are kept as they are, by name; a single array has the name `LONE`. Raises `ModelError` for a function that is
    not found, cannot be called or fails, for anything but arrays, and for arrays of another batch than was asked for.
    """
    made, parameters = _function(function, known=(_BATCH,))
    arguments = _arguments(parameters, batch)
    written = ", ".join(f"{name}={value}" for name, value in arguments.items())
    told = f"What {function}({written}) returned"
    say(f"calling {function}({written})")
    with calling_own(function, f"when it was called with {written}" if written else "when it was called"):
        returned = made(**arguments)
    call = own_call(returned, told)
    if batch is not None:
        _check_batch(function, call, batch, is_taken=_BATCH in arguments)
    write_inputs(call, target)


def save_own_calibration(source: str, target: Path, say: Callable[[str], None], *, tokenizer: Path | None) -> None:
    """Write the calls that quantisation is calibrated with into ``target``: the first `MOST_CALLS` of them.

    ``source`` is the import path of a function that yields them, or an absolute folder. ``tokenizer`` is the directory
    of the model, whose tokenizer reads texts; ``None`` for a model that has no directory. Raises `ModelError` for a
    function as `save_own_inputs` does, for a folder that holds no calls or cannot be read, and where there is no call.
    """
    calls = _yielded(source, say) if IMPORT_PATH.fullmatch(source) else read_folder(source, say, tokenizer)
    taken = list(islice(calls, MOST_CALLS))
    if not taken:
        raise ModelError(f"{source} has no calibration data: it is empty.", remedy="Let it hold some calls, say 100.")
    names = set(taken[0].arrays)
    for call in taken:
        if set(call.arrays) != names:
            raise ModelError(
                f"{call.told} has {_names(call)}, where the first call has {_names(taken[0])}.",
                remedy="Give every call the same inputs.",
            )
    if next(calls, None) is not None:
        say(f"taking the first {MOST_CALLS} calls of {source} for calibration, and leaving out the rest")
    write_calibration(taken, target)


def _function(path: str, known: tuple[str, ...] = ()) -> tuple[Callable[..., Any], Mapping[str, inspect.Parameter]]:
    """Return the user's function and those of its parameters that are ``known`` here."""
    found = find_own(path)
    takes = " but batch" if known else ""
    if not callable(found):
        raise ModelError(
            f"{path} is no function but {type(found).__name__}.", remedy="Name a function, as module:function."
        )
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(found).parameters
    except (TypeError, ValueError):  # some of C have none
        parameters = {}
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for name, parameter in parameters.items():
        is_known = name in known and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY
        if not is_known and parameter.kind not in variable and parameter.default is inspect.Parameter.empty:
            raise ModelError(
                f"{path} wants an argument {name!r}, and nothing is known to give to it.",
                remedy=f"Let it take no arguments{takes}, or give {name!r} a default.",
            )
    _seed()
    return found, {name: parameters[name] for name in known if name in parameters}


def _seed() -> None:
    """Let the usual global generators of random numbers draw the same in every run: else the data change each time."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (it is the user's code that may draw from it)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(0)


def _arguments(parameters: Mapping[str, inspect.Parameter], batch: int | None) -> dict[str, int]:
    parameter = parameters.get(_BATCH)
    if parameter is None:
        return {}
    if batch is not None:
        return {_BATCH: batch}
    return {_BATCH: 1} if parameter.default is inspect.Parameter.empty else {}


def _check_batch(function: str, call: OwnCall, batch: int, *, is_taken: bool) -> None:
    """Hold the batch that was asked for against the first array that has samples: a matrix, else a vector."""
    ranked = sorted(call.arrays.values(), key=lambda array: array.ndim < _MATRIX)
    sizes = [array.shape[0] for array in ranked if array.ndim]
    if sizes[:1] == [batch]:
        return
    if not is_taken:
        raise ModelError(
            f"{function} takes no argument 'batch', so it makes no inputs for [batch={batch}].",
            remedy=f"Give it one: def {function.rpartition(':')[2]}(batch), and let it make as many samples.",
        )
    held = f"whose first dimension is {sizes[0]}" if sizes else "without dimensions"
    raise ModelError(
        f"{call.told} is an array {held}, where {batch} samples were asked for.",
        remedy="Let the first dimension of its arrays be batch.",
    )


def _yielded(function: str, say: Callable[[str], None]) -> Iterator[OwnCall]:
    made, _ = _function(function)
    say(f"calling {function}()")
    with calling_own(function, "when it was called"):
        returned = made()
    if isinstance(returned, (str, bytes, Mapping)) or hasattr(returned, "shape") or not isinstance(returned, Iterable):
        raise ModelError(
            f"{function} returned {type(returned).__name__} {returned!r:.60}, where several calls are expected.",
            remedy="Let it yield the calls one by one, or return a list of them: each a mapping of input names to "
            "arrays.",
        )
    with calling_own(function, "before call 1"):
        calls = iter(returned)
    for number in range(1, MOST_CALLS + 2):
        with calling_own(function, f"before call {number}"):
            try:
                value = next(calls)
            except StopIteration:
                return
        yield own_call(value, f"Call {number} of {function}")


def _names(call: OwnCall) -> str:
    return ", ".join(name or "a single array" for name in call.arrays)
