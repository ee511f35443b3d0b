"""Models that are a graph already, an OpenVINO IR or an ONNX file: their inputs, and what one call gives to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .configuration import shape_text
from .ir_file import read_ir_ports
from .onnx_file import read_onnx
from .spec import GraphSource, IrSource, ModelSpec, OnnxSource, Port, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    #: What a user says of shapes: one for every input that it fits, or one for each input by name.
    Asked = Sequence[int] | Mapping[str, Sequence[int]]

#: What a size that nothing else tells is shown as in an example: the batch, and everything else.
_EXAMPLE_BATCH, _EXAMPLE_SIZE = 1, 128


def _ir(path: Path) -> tuple[GraphSource, tuple[Port, ...]]:
    return IrSource(path), read_ir_ports(path)


def _onnx(path: Path) -> tuple[GraphSource, tuple[Port, ...]]:
    return OnnxSource(path), read_onnx(path).ports


#: How each kind of file is read, by its suffix: one more kind is one more line here, and a source in `spec`.
FILE_READERS: Mapping[str, Callable[[Path], tuple[GraphSource, tuple[Port, ...]]]] = {".xml": _ir, ".onnx": _onnx}


def resolve_graph(name: str, path: Path, asked: Asked | None) -> ModelSpec:
    """Return the spec of the model file ``path``, under ``name``.

    ``asked`` is the shape of one call. A sequence of sizes goes to every input that takes it, a mapping to the inputs
    that it names; any other input has the size that the file gives it, the largest where it gives bounds. Inputs whose
    sizes nobody has said are left out of the spec's shapes: `require_sizes` is for whoever needs them. Raises
    `ModelError` for a file that is no such model, and for sizes that fit no input.
    """
    source, ports = FILE_READERS[path.suffix.lower()](path.resolve())
    given = _by_name(name, ports, asked)
    shapes = {port.name: given.get(port.name) or _largest(port) for port in ports if _is_sized(port, given)}
    return ModelSpec(name, source, Task.GRAPH, "", shapes, static=asked is not None, ports=ports)


def _is_sized(port: Port, given: Mapping[str, object]) -> bool:
    return port.name in given or not port.is_open


def require_sizes(spec: ModelSpec) -> None:
    """Raise `ModelError` where an input of a file has dimensions of which nothing says what one call has there."""
    open_ports = [port for port in spec.ports if port.name not in spec.shapes]
    if open_ports:
        raise ModelError(
            f"The model {spec.name!r} leaves the sizes of {_listed(open_ports)} open, and nothing says what one call "
            "holds.",
            remedy=f"Give them in the marker: {_example(open_ports, spec.ports)}; or name a function that returns one "
            "call's arrays: inputs=. (To compile it as it is all the same, compare arms with [shape=dynamic].)",
        )


def graph_files(path: Path) -> tuple[Path, ...]:
    """Return the file of a model and those that hold its weights. Raises `ModelError` as `resolve_graph` does."""
    if path.suffix.lower() == ".onnx":
        return (path, *read_onnx(path).external)
    return (path, *(file for file in (path.with_suffix(".bin"),) if file.is_file()))


def _by_name(name: str, ports: Sequence[Port], asked: Asked | None) -> dict[str, tuple[int, ...]]:
    if asked is None:
        return {}
    sizes = list(asked.values()) if isinstance(asked, Mapping) else [asked]
    if any(size < 1 for shape in sizes for size in shape):
        raise ModelError(f"The shape given for {name!r} has a size below 1.", remedy=f"Write {_example(ports, ports)}.")
    if isinstance(asked, Mapping):
        return _named(name, ports, asked)
    shape = tuple(asked)
    fitting = fitting_ports(ports, shape)
    if not fitting:
        raise ModelError(
            f"The shape {shape_text(shape)} fits no input of {name!r}; they are {_listed(ports)}.",
            remedy=f"Write {_example(ports, ports)}.",
        )
    return {port.name: shape for port in fitting}


def fitting_ports(ports: Sequence[Port], shape: Sequence[int]) -> list[Port]:
    """Return the inputs of a graph that a shape without a name is for."""
    same_rank = [port for port in ports if port.dims is None or len(port.dims) == len(shape)]
    # A lone input of fixed sizes may be reshaped: whether the graph goes along, OpenVINO will say.
    lone = same_rank if len(same_rank) == 1 and not same_rank[0].is_dynamic else []
    return [port for port in same_rank if port.admits(shape)] or lone


def _named(name: str, ports: Sequence[Port], asked: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...]]:
    by_name = {port.name: port for port in ports}
    for input_name, sizes in asked.items():
        port = by_name.get(input_name)
        if port is None or (port.dims is not None and len(port.dims) != len(sizes)):
            raise ModelError(
                f"{name!r} has no input {input_name!r} of {len(sizes)} dimensions; they are {_listed(ports)}.",
                remedy=f"Write {_example(ports, ports)}.",
            )
    return {input_name: tuple(sizes) for input_name, sizes in asked.items()}


def _largest(port: Port) -> tuple[int, ...]:
    return tuple(most or 0 for _, most in port.dims or ())


def _listed(ports: Sequence[Port]) -> str:
    return ", ".join(map(str, ports))


def _example(needed: Sequence[Port], ports: Sequence[Port]) -> str:
    """Return the keyword that says the sizes of ``needed``, as one shape where one does for all of them."""
    examples = {port.name: example_shape(port) for port in needed}
    shapes = set(examples.values())
    if len(shapes) == 1 and all(port.admits(next(iter(shapes))) for port in needed):
        return f"shape={next(iter(shapes))}"
    return f"shape={examples}" if len(ports) > 1 else f"shape={next(iter(shapes))}"


def example_shape(port: Port) -> tuple[int, ...]:
    """Return sizes that an input takes, for its user to put their own in the place of."""
    if port.dims is None:
        return (_EXAMPLE_BATCH, _EXAMPLE_SIZE)
    return tuple(
        max(least, _EXAMPLE_BATCH if index == 0 else _EXAMPLE_SIZE) if most is None else most
        for index, (least, most) in enumerate(port.dims)
    )
