# ruff: noqa: ANN401  (torch and OpenVINO come without types that this project reads)
"""PyTorch modules as graphs, their sizes open where the code leaves them so. Imported inside workers only.

``torch.export`` tells which sizes the code has fixed, which tracing does not: a graph is never given sizes for which it
would compute something else. (On nn.TransformerEncoder and on the encoders of transformers 5, tracing fails besides.)
"""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino as ov
import torch

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hardware.causes import ran_out_of_memory
from pytest_ovperf.models.layout import IR_NAME

from .quiet import quietly
from .tensors import named_tensors, without_cache
from .torch_module import Making, module_again, tensors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .samples import Array

#: The bounds of a dimension; ``None`` where it has no end.
Bounds = tuple[int, int | None]


#: The least size that the exporter gives to an open dimension.
_ASSUMED = 2
_EXPORT, _TRACE = "torch.export", "openvino.convert_model, by tracing"


class Positional(torch.nn.Module):  # type: ignore[misc]
    """A module as exporters like it: its inputs by position, its tensors as a tuple.

    ``inputs`` and ``kept`` are the names of the inputs and of the outputs that are of interest: all of them where it
    has none of these. ``outputs`` are the names of those that it has, and ``shapes`` their dimensions for ``call``.
    """

    def __init__(self, module: Any, call: Mapping[str, Array], kept: Sequence[str] = ()) -> None:
        super().__init__()
        self.module = module
        self.inputs = tuple(call)
        self._options = without_cache(module)
        with torch.no_grad():
            found = named_tensors(module(**tensors(call), **self._options), torch.is_tensor)
        self.outputs = tuple(name for name in found if name in kept) or tuple(found)
        self.shapes = tuple(tuple(found[name].shape) for name in self.outputs)

    def forward(self, *values: Any) -> tuple[Any, ...]:
        """Return the tensors that the module makes of ``values``."""
        result = self.module(**dict(zip(self.inputs, values, strict=True)), **self._options)
        found = named_tensors(result, torch.is_tensor)
        return tuple(found[name] for name in self.outputs)


@dataclass(frozen=True, slots=True)
class Exported:
    """What ``torch.export`` made: the program, the names of its inputs and outputs, and each input's bounds."""

    program: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    dims: tuple[tuple[Bounds, ...], ...]


def export_program(module: Positional, call: Mapping[str, Array]) -> Exported:
    """Export ``module`` for calls like ``call``, with every size open that its code leaves open.

    What the exporter raises passes through.
    """
    *before, last = _examples(call)
    for example in before:
        with contextlib.suppress(Exception):  # a module may well take no other batch than its own
            exported = _export(module, example)
            if _admits(exported, call):
                return exported
    return _export(module, last)


def save_module_ir(making: Making, digest: str, target: Path, say: Callable[[str], None]) -> None:
    """Make the module and export it to ``target / IR_NAME``, FP32, with its own names of inputs and outputs.

    ``digest`` is that of the module as it was made before. Raises `ModelError` as `module_again` does, and for a module
    that cannot be exported.
    """
    module, call = module_again(making, digest, say)
    say("exporting to OpenVINO")
    with quietly():
        model = _converted(making.factory, Positional(module, call), call)
        ov.save_model(model, target / IR_NAME, compress_to_fp16=False)


def _converted(factory: str, module: Positional, call: Mapping[str, Array]) -> Any:
    """Return the module as OpenVINO's model: exported, or else traced, which fixes all sizes to those of the call."""
    attempts = [(_EXPORT, partial(_from_program, module, example)) for example in _examples(call)]
    failures: dict[str, Exception] = {}
    for told, attempt in [*attempts, (_TRACE, partial(_traced, module, call))]:
        try:
            model = attempt()
            _check(model, call, module.shapes)
        except MemoryError:
            raise
        except Exception as error:  # the module's own code runs, and fails in its own ways
            if ran_out_of_memory(str(error)):
                raise
            failures[told] = error
        else:
            return model
    said = "\n".join(f"{told}: {first_lines(error)}" for told, error in failures.items())
    raise ModelError(
        f"The module of {factory} cannot be exported.\n{said}",
        remedy="Rewrite what these name, such as branches that depend on values (torch.where); or convert it yourself "
        "with openvino.convert_model and openvino.save_model, and name the .xml.",
    )


def _from_program(module: Positional, example: Mapping[str, Array]) -> Any:
    exported = _export(module, example)
    return _named(ov.convert_model(exported.program), exported)


def _traced(module: Positional, call: Mapping[str, Array]) -> Any:
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("error", torch.jit.TracerWarning)  # of a branch that it would take for the only one
        model = ov.convert_model(module, example_input=tuple(tensors(call).values()))
    fixed = tuple(tuple((size, size) for size in array.shape) for array in call.values())
    return _named(model, Exported(None, tuple(call), module.outputs, fixed))


def _check(model: Any, call: Mapping[str, Array], wanted: Sequence[tuple[int, ...]]) -> None:
    """Raise `ValueError` or `RuntimeError` unless the graph takes the call and makes outputs of the ``wanted`` shapes.

    What holds for two samples need not hold for one: squeeze() is an example.
    """
    for port, array in zip(model.inputs, call.values(), strict=True):
        if not port.get_partial_shape().compatible(ov.PartialShape(list(array.shape))):
            raise ValueError(f"the graph is good for an input of {port.get_partial_shape()}, not {array.shape}")
    fixed = model.clone()
    fixed.reshape({index: list(array.shape) for index, array in enumerate(call.values())})
    for port, shape in zip(fixed.outputs, wanted, strict=True):
        if not port.get_partial_shape().compatible(ov.PartialShape(list(shape))):
            raise ValueError(f"the graph makes an output of {port.get_partial_shape()} where the module makes {shape}")


def _named(model: Any, exported: Exported) -> Any:
    """Return ``model`` with inputs and outputs called as the module calls them, and with honest sizes."""
    inputs, outputs = exported.inputs, exported.outputs
    if (len(model.inputs), len(model.outputs)) != (len(inputs), len(outputs)):
        raise ValueError(
            f"OpenVINO made a model of {len(model.inputs)} inputs and {len(model.outputs)} outputs of a module of "
            f"{len(inputs)} and {len(outputs)}"
        )
    model.reshape(
        {
            index: ov.PartialShape([ov.Dimension(least, -1 if most is None else most) for least, most in sizes])
            for index, sizes in enumerate(exported.dims)
        }
    )
    given = [port.get_node().get_friendly_name() for port in model.inputs]
    for port in (*model.inputs, *model.outputs):
        port.get_tensor().set_names(set())
    for name, port in zip(inputs, model.inputs, strict=True):
        port.get_tensor().set_names({name})
    for name, port in zip(outputs, model.outputs, strict=True):
        # An input that is handed out again keeps its own name: nothing is computed there that could be compared.
        if port.get_node().input_value(0).get_node().get_friendly_name() not in given:
            port.get_tensor().add_names({name})
    return model


def _export(module: Positional, call: Mapping[str, Array]) -> Exported:
    values = tuple(tensors(call).values())
    auto = torch.export.Dim.AUTO
    sizes = tuple(dict.fromkeys(range(value.ndim), auto) for value in values)
    with torch.no_grad():
        program = torch.export.export(module, values, dynamic_shapes=(sizes,), strict=False)
    return Exported(program, tuple(call), module.outputs, tuple(_dims(program)))


def _dims(program: Any) -> Iterator[tuple[Bounds, ...]]:
    """Yield the bounds of each input's sizes, as the exporter has found them."""
    placeholders = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
    for name in program.graph_signature.user_inputs:
        yield tuple(_bounds(size, program.range_constraints) for size in placeholders[name].shape)


def _bounds(size: Any, ranges: Mapping[Any, Any]) -> Bounds:
    expression = getattr(getattr(size, "node", None), "expr", size)
    if isinstance(expression, int) or expression.is_number:
        return int(expression), int(expression)
    found = ranges.get(expression)
    if found is None:
        return 1, None
    # Of every open size the exporter assumes that it is not 1, and means by it no more than that it is open.
    least, most = (int(end) if str(end).isdigit() else None for end in (found.lower, found.upper))
    return (1 if least is None or least <= _ASSUMED else least), most


def _examples(call: Mapping[str, Array]) -> list[Mapping[str, Array]]:
    """Return the calls to export for, the best first: a batch of 1 would be taken for a size that the code fixes."""
    batch = next((array.shape[0] for array in call.values() if array.ndim), 0)
    if batch != 1:
        return [call]
    doubled = {
        name: np.concatenate([array, array]) if array.ndim and array.shape[0] == batch else array
        for name, array in call.items()
    }
    return [doubled, call]


def _admits(exported: Exported, call: Mapping[str, Array]) -> bool:
    return all(
        least <= size and (most is None or size <= most)
        for dims, array in zip(exported.dims, call.values(), strict=True)
        for size, (least, most) in zip(array.shape, dims, strict=True)
    )


def first_lines(error: Exception) -> str:
    """Return the kind of an exporter's error and the first two lines that it says."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:2])}"
