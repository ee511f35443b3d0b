# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""Calls of the user's own: their arrays taken from what they wrote, kept, and fitted to a model's inputs.

Imported inside workers only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.layout import CALIBRATION_NAME, ORIGIN_NAME
from pytest_ovperf.models.making.arrays import write_arrays
from pytest_ovperf.models.making.graph_samples import looked_up, numpy_type
from pytest_ovperf.models.making.samples import Array, following, save_arrays
from pytest_ovperf.models.spec import Port

from .inputs import FOLLOWING, IDS, LONE, by_input

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_WANTED: Final = (
    "a mapping of input names to numpy arrays, torch tensors or lists of numbers; or one of these alone, for a model "
    "of one input"
)


@dataclass(frozen=True, slots=True)
class OwnCall:
    """One call's arrays by input name. ``told`` is where they come from, as errors begin."""

    told: str
    arrays: Mapping[str, Array]


def own_call(value: Any, told: str) -> OwnCall:
    """Return the call that a user's ``value`` is; a single array has the name `LONE`.

    Raises `ModelError`, which says what there is and what is expected, for anything that is no call.
    """
    if not isinstance(value, Mapping):
        return OwnCall(told, {LONE: _array(value, told)})
    if not value:
        raise ModelError(f"{told} is an empty mapping.", remedy=f"It has to be {_WANTED}.")
    for name in value:
        if not isinstance(name, str) or not name:
            raise ModelError(f"{told} has {name!r} among its names.", remedy=f"It has to be {_WANTED}.")
    return OwnCall(told, {name: _array(array, f"{told}, input {name!r},") for name, array in value.items()})


def _array(value: Any, told: str) -> Array:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        tensor = value.detach().cpu()
        value = (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy()
    if isinstance(value, (list, tuple)) and any(getattr(each, "shape", ()) for each in value):
        raise _no_array(value, told)  # such as inputs and label: numpy would stack them
    try:
        array = np.asarray(value)
    except Exception as error:  # it may be any object, whose own code then runs
        raise _no_array(value, told) from error
    if array.dtype.kind not in "biuf":
        raise _no_array(value, told)
    if not array.size:
        raise ModelError(f"{told} holds no values: its shape is {_size(array.shape)}.", remedy="Give it some.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ModelError(f"{told} holds values that are no numbers (NaN).", remedy="Mend what makes them.")
    return np.ascontiguousarray(array).reshape(array.shape)


def _no_array(value: Any, told: str) -> ModelError:
    seen = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"{type(value).__name__} {value!r:.60}"
    return ModelError(f"{told} is {seen}, which is no array of numbers.", remedy=f"It has to be {_WANTED}.")


# Kept in an artefact


def write_inputs(call: OwnCall, target: Path) -> None:
    """Write one call into the directory ``target``, its shapes and where it comes from beside it."""
    save_arrays(dict(sorted(call.arrays.items())), target)
    _write_origins([call], target)


def write_calibration(calls: Sequence[OwnCall], target: Path) -> None:
    """Write calls into the directory ``target``: each array as ``<number of the call>/<input name>``."""
    arrays = {f"{index}/{name}": call.arrays[name] for index, call in enumerate(calls) for name in sorted(call.arrays)}
    write_arrays(target / CALIBRATION_NAME, arrays)
    _write_origins(calls, target)


def read_inputs(path: Path) -> OwnCall:
    """Return the call that `write_inputs` wrote to the file ``path``."""
    with np.load(path) as saved:
        return OwnCall(_read_origins(path)[0], {name: saved[name] for name in saved.files})


def read_calibration(path: Path) -> list[OwnCall]:
    """Return the calls that `write_calibration` wrote to the file ``path``, in their order."""
    origins = _read_origins(path)
    arrays: list[dict[str, Array]] = [{} for _ in origins]
    with np.load(path) as saved:
        for entry in saved.files:
            index, _, name = entry.partition("/")
            arrays[int(index)][name] = saved[entry]
    return [OwnCall(told, call) for told, call in zip(origins, arrays, strict=True)]


def _write_origins(calls: Sequence[OwnCall], target: Path) -> None:
    text = json.dumps([call.told for call in calls]) + "\n"
    (target / ORIGIN_NAME).write_text(text, encoding="utf-8", newline="\n")


def _read_origins(path: Path) -> list[str]:
    return [str(told) for told in json.loads(path.with_name(ORIGIN_NAME).read_text(encoding="utf-8"))]


# Fitted to a model


def fitted(model: Any, call: OwnCall, *, as_it_is: bool) -> dict[str, Array]:
    """Return an array of the right type for each input of ``model`` (an ``openvino.Model``).

    ``as_it_is`` tells that the model is to be run with the dimensions that it has; else it may be reshaped to those of
    the arrays. Raises `ModelError` for arrays that are not the model's inputs, do not fit it, or would lose by being
    converted.
    """
    ports = {_name(port, call): port for port in model.inputs}
    arrays = by_input(call.arrays, list(ports), following, call.told)
    _check_following(arrays, call.told)
    for name, port in ports.items():
        told = f"{call.told}, input {name!r},"
        _check_shape(port, name, arrays[name].shape, told, as_it_is=as_it_is)
        _check_rows(port, arrays[name], told)
        arrays[name] = _converted(arrays[name], numpy_type(port, name), told)
    return arrays


def _name(port: Any, call: OwnCall) -> str:
    """Return the one of a port's names that the call knows, else one that tells what it is."""
    names = sorted(port.get_names())
    known = [name for name in names if name in call.arrays] or [name for name in names if name in FOLLOWING]
    return str(next(iter(known), port.get_any_name()))


def _check_following(arrays: Mapping[str, Array], told: str) -> None:
    """Raise `ModelError` where a mask, token types or positions are not of the shape of the ids that they go with."""
    if IDS not in arrays:
        return
    ids = arrays[IDS]
    for name in FOLLOWING:
        if name in arrays and arrays[name].ndim == ids.ndim and arrays[name].shape != ids.shape:
            raise ModelError(
                f"{told} has {name!r} of {_size(arrays[name].shape)} beside {IDS!r} of {_size(ids.shape)}.",
                remedy="Make them of one shape; one that is ones, zeros or in order may be left out.",
            )


def _check_shape(port: Any, name: str, shape: tuple[int, ...], told: str, *, as_it_is: bool) -> None:
    partial = port.get_partial_shape()
    dims = None if partial.rank.is_dynamic else tuple((dim.get_min_length(), dim.get_max_length()) for dim in partial)
    taken = Port(name, "", dims and tuple((least, None if most < 0 else most) for least, most in dims))
    if not taken.admits(shape) if as_it_is or dims is None else len(dims) != len(shape):
        raise ModelError(
            f"{told} is {_size(shape)}, and the model takes {taken}.",
            remedy="Make arrays of that shape; the first dimension usually counts the samples of one call.",
        )


def _check_rows(port: Any, array: NDArray[Any], told: str) -> None:
    rows = looked_up(port)
    if not rows or array.dtype.kind not in "iu":
        return
    outside = array[(array >= rows) | (array < -rows)]
    if outside.size:
        raise ModelError(
            f"{told} holds {outside.flat[0]}, and the model looks its values up in a table of {rows} rows.",
            remedy="Make the inputs by what belongs to this very model, such as its own tokenizer.",
        )


def _converted(array: Array, kind: type[np.generic], told: str) -> Array:
    """Return the array in another type: whole numbers exactly, others as near as the type comes to them."""
    if array.dtype == kind:
        return array
    with np.errstate(all="ignore"):
        converted = array.astype(kind)
        if array.dtype.kind == "f" and converted.dtype.kind == "f":
            is_kept = bool((np.isfinite(converted) == np.isfinite(array)).all())
        else:
            is_kept = _is_same(array, converted)
    if not is_kept:
        raise ModelError(
            f"{told} is {array.dtype}, the model takes {converted.dtype}, and its values would not survive that.",
            remedy=f"Convert it yourself, to what is meant: array.astype({str(converted.dtype)!r}).",
        )
    return converted


def _is_same(array: NDArray[Any], converted: NDArray[Any]) -> bool:
    """Tell whether whole numbers, or numbers that became such, are what they were."""
    back = converted.astype(array.dtype)
    # Between signed and unsigned numbers of one size a wrong value comes back right, with the other sign.
    return bool((back == array).all() and ((array < 0) == (converted < 0)).all())


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"
