# ruff: noqa: ANN401  (torch comes without types that this project reads)
"""A ``torch.nn.Module`` that a function of the user's makes: made, and given one call.

Imported inside workers only.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.layout import MODULE_NAME
from pytest_ovperf.models.own.calls import read_inputs
from pytest_ovperf.models.own.code import calling_own, find_own
from pytest_ovperf.models.own.inputs import LONE

from .identity import module_digest
from .tensors import named_tensors, without_cache

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .samples import Array

#: What marks an input by its name as one of whole numbers, where only its shape is known.
_WHOLE: Final = ("mask", "position", "token_type", "segment")
_IDS: Final = "ids"
_EXAMPLE: Final = (1, 128)


def make_module(factory: str) -> Any:
    """Return the module that the function of the import path ``factory`` makes, in evaluation mode.

    Raises `ModelError` where it is not found, fails, or returns something else.
    """
    function = find_own(factory)
    if not callable(function):
        raise ModelError(
            f"{factory} is {type(function).__name__}, and no function that makes a module.",
            remedy="Name a function without arguments that returns a torch.nn.Module.",
        )
    with calling_own(factory, "when it was called without arguments"):
        module = function()
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"{factory}() returned {type(module).__name__}, which is no torch.nn.Module.",
            remedy="Let it return the module, ready for inference.",
        )
    return module.eval()


@dataclass(frozen=True, slots=True)
class Making:
    """What a module and one call of it come from: the import path of its factory, and a call.

    ``own`` is the file of the user's own call; where there is none, a call of ``shapes`` is made up, of which one under
    the name `LONE` is for the only input.
    """

    factory: str
    shapes: Mapping[str, tuple[int, ...]]
    own: Path | None = None


def save_module(making: Making, target: Path, say: Callable[[str], None]) -> None:
    """Make the module, call it once, and write into ``target`` what is to be known of it: its digest and its inputs.

    Raises `ModelError` as `make_module`, `module_digest` and `call_of` do, and for a module that fails, or returns no
    tensor.
    """
    say(f"calling {making.factory}()")
    module = make_module(making.factory).float()
    digest = module_digest(making.factory, module)  # of the module before a call, which may change what it keeps
    call = call_of(making, module)
    run(making.factory, module, call)
    known = {
        "digest": digest,
        "inputs": {name: [str(array.dtype), list(array.shape)] for name, array in call.items()},
    }
    (target / MODULE_NAME).write_text(json.dumps(known) + "\n", encoding="utf-8", newline="\n")


def module_again(making: Making, digest: str, say: Callable[[str], None]) -> tuple[Any, dict[str, Array]]:
    """Return the module, made once more, and one call, where ``digest`` is that of the module as it was made before.

    Raises `ModelError` for a module that is another each time that it is made.
    """
    say(f"calling {making.factory}()")
    module = make_module(making.factory).float()
    if module_digest(making.factory, module) != digest:
        raise ModelError(
            f"{making.factory}() makes another module each time: its weights, numbers or code differ from those of a "
            "moment ago, so that two engines would not run the same model.",
            remedy="Let it load its weights from a file, or seed what it draws: torch.manual_seed(0) at its start.",
        )
    return module, call_of(making, module)


def call_of(making: Making, module: Any) -> dict[str, Array]:
    """Return one call's arrays, by the names of ``forward``'s parameters and in their order.

    Floating-point numbers are float32; an array of which only the shape is known holds small numbers. Raises
    `ModelError` for names that ``forward`` does not have, and for inputs that are missing.
    """
    factory = making.factory
    needed, taken = _parameters(factory, module)
    if making.own is not None:
        call = read_inputs(making.own)
        told, given = call.told, {name: _float32(array) for name, array in call.arrays.items()}
    else:
        told, given = "The shape", {name: _blank(name, sizes) for name, sizes in making.shapes.items()}
    if tuple(given) == (LONE,):
        only, lone = _only(needed, taken, told, given[LONE].shape), given[LONE]
        given = {only: lone if making.own is not None else _blank(only, lone.shape)}
    unknown = [name for name in given if name not in taken]
    if unknown:
        raise ModelError(
            f"{told} is for {_listed(unknown)}, which forward of the module of {factory} does not take; it takes "
            f"{', '.join(taken)}.",
            remedy="Name the inputs after the parameters of forward.",
        )
    missing = [name for name in needed if name not in given]
    if missing:
        shape = _example(needed, {name: array.shape for name, array in given.items()})
        raise ModelError(
            f"{told} says nothing of {_listed(missing)}, which forward of the module of {factory} needs.",
            remedy=f"Give all of them: {shape if making.own is None else ', '.join(needed)}.",
        )
    return {name: given[name] for name in taken if name in given}


def run(factory: str, module: Any, call: Mapping[str, Array]) -> None:
    """Call ``module`` once. Raises `ModelError` where it fails, or returns nothing that could be compared."""
    shown = ", ".join(f"{name} {tuple(array.shape)} {array.dtype}" for name, array in call.items())
    try:
        with calling_own(factory, f"when its module was called with {shown}"), torch.inference_mode():
            result = module(**tensors(call), **without_cache(module))
    except ModelError as error:
        remedy = f"Give it the call that it takes, by shape= or inputs=; or mend {factory}."
        raise ModelError(error.seen, remedy=remedy) from error
    if not any(tensor.is_floating_point() for tensor in named_tensors(result, torch.is_tensor).values()):
        raise ModelError(
            f"The module of {factory} returned {type(result).__name__} without a tensor of floating-point numbers.",
            remedy="Let forward return a tensor, or a mapping or a tuple of tensors.",
        )


def tensors(call: Mapping[str, Array]) -> dict[str, Any]:
    """Return the arrays of a call as tensors of their own."""
    return {name: torch.from_numpy(np.array(array)) for name, array in call.items()}


def _parameters(factory: str, module: Any) -> tuple[list[str], list[str]]:
    """Return the parameters of ``forward`` that have no default, and all that can be given by name."""
    with calling_own(factory, "when the parameters of its module's forward were read"):
        parameters = inspect.signature(module.forward).parameters.values()
    named = [each for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    if not named:
        raise ModelError(
            f"forward of the module of {factory} names no inputs; it takes ({', '.join(map(str, parameters))}).",
            remedy="Let the function return a module whose forward names its inputs.",
        )
    return [each.name for each in named if each.default is each.empty], [each.name for each in named]


def _only(needed: Sequence[str], taken: Sequence[str], told: str, shape: tuple[int, ...]) -> str:
    """Return the input that what has no name is for. Raises `ModelError` where there are several."""
    if len(needed) > 1:
        raise ModelError(
            f"{told} is for one input, and forward needs {_listed(needed)}.",
            remedy=f"Give each of them by its name: {_example(needed, dict.fromkeys(needed, shape))}; or name a "
            "function that returns one call's arrays: inputs=.",
        )
    return (*needed, *taken)[0]


def _blank(name: str, sizes: Sequence[int]) -> Array:
    """Return an array for an input of which only name and shape are known: ids are in every table's range."""
    word = name.lower()
    if "position" in word and sizes:
        return np.broadcast_to(np.arange(sizes[-1], dtype=np.int64), tuple(sizes)).copy()
    if word.endswith(_IDS) or any(whole in word for whole in _WHOLE):
        return np.full(tuple(sizes), int("mask" in word), np.int64)
    return np.random.default_rng(20).standard_normal(tuple(sizes)).astype(np.float32)


def _float32(array: Array) -> Array:
    """Return numbers of any floating-point type as those that the module computes with."""
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _example(names: Sequence[str], shapes: Mapping[str, tuple[int, ...]]) -> str:
    usual = next(iter(shapes.values()), _EXAMPLE)
    return f"shape={ {name: shapes.get(name, usual) for name in names}!r}"
