"""What an OpenVINO IR says of itself, read from its ``.xml`` without importing OpenVINO."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pytest_ovperf.errors import ModelError

from .spec import Port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Tensor names are parted by commas; one inside a name has a backslash before it.
_NAME = re.compile(r"((?:\\.|[^\\,])+)")
_SAVE = "Save it with openvino.save_model(), and name the .xml that it wrote."
#: Operations that keep something from one inference to the next.
_STATE = frozenset({"ReadValue", "Assign"})
#: How deep the operations of the graph itself lie: net, layers, layer. Those of loops and branches lie deeper.
_LAYER_DEPTH = 3


@dataclass(frozen=True, slots=True)
class _Layer:
    kind: str
    name: str
    shape: str
    element_type: str
    names: str


def read_ir_ports(path: Path) -> tuple[Port, ...]:
    """Return the inputs of the IR ``path``, in its own order.

    Raises `ModelError` for a file that is no IR, an IR without its weights, one whose inputs have no names, and one
    that keeps a state, since each of its inferences would depend on those before.
    """
    ports, constants = [], False
    for layer in _layers(path):
        if layer.kind in _STATE:
            raise ModelError(
                f"The model {path} keeps a state from one inference to the next (it has a {layer.kind}), so that no "
                "two calls would be alike.",
                remedy="Export it without a state: with optimum-intel, stateful=False.",
            )
        constants = constants or layer.kind == "Const"
        if layer.kind == "Parameter":
            ports.append(_port(path, layer))
    if not ports:
        raise ModelError(
            f"The model {path} has no inputs.", remedy="Name a model that computes something of its inputs."
        )
    weights = path.with_suffix(".bin")
    if constants and not weights.is_file():
        raise ModelError(f"The weights of {path} are missing: there is no {weights.name} beside it.", remedy=_SAVE)
    return tuple(ports)


def _layers(path: Path) -> Iterator[_Layer]:
    depth = 0
    try:
        for event, element in ET.iterparse(path, ("start", "end")):  # noqa: S314  (the user's own file)
            depth += 1 if event == "start" else -1
            if event == "start" and depth == 1 and element.tag != "net":
                raise ModelError(f"{path} is XML, but no OpenVINO IR: it begins with <{element.tag}>.", remedy=_SAVE)
            if event == "end" and element.tag == "layer" and depth == _LAYER_DEPTH - 1:
                yield _layer(element)
                element.clear()
    except (OSError, ET.ParseError) as error:
        raise ModelError(f"{path} cannot be read as an OpenVINO IR: {error}", remedy=_SAVE) from error


def _layer(element: ET.Element) -> _Layer:
    data, port = element.find("data"), element.find("output/port")
    said = {} if data is None else data.attrib
    return _Layer(
        element.get("type", ""),
        element.get("name", ""),
        said.get("shape", ""),
        said.get("element_type", ""),
        "" if port is None else port.get("names", ""),
    )


def _port(path: Path, layer: _Layer) -> Port:
    names = [re.sub(r"\\(.)", r"\1", name) for name in _NAME.findall(layer.names)]
    if not names:
        raise ModelError(
            f"The input {layer.name!r} of {path} has no tensor name, so that nothing can be given to it.",
            remedy="Name the tensors (model.input(0).set_names({...})) and save the model again.",
        )
    # The one that OpenVINO itself takes where it is asked for any name.
    return Port(min(names), layer.element_type, _dims(path, layer))


def _dims(path: Path, layer: _Layer) -> tuple[tuple[int, int | None], ...] | None:
    if layer.shape == "...":
        return None
    try:
        return tuple(_range(size.strip()) for size in layer.shape.split(",") if size.strip())
    except ValueError as error:
        raise ModelError(
            f"The input {layer.name!r} of {path} has a shape that cannot be read: {layer.shape!r}", remedy=_SAVE
        ) from error


def _range(size: str) -> tuple[int, int | None]:
    """Read a dimension as the IR writes it: ``3``, ``?``, ``-1``, ``1..8``, ``2..``, ``..8``."""
    if size in ("?", "-1"):
        return 0, None
    least, dots, most = size.partition("..")
    if not dots:
        return int(size), int(size)
    return int(least or 0), int(most) if most and most != "-1" else None
