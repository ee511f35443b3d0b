"""The layers of an execution graph, and their times.

OpenVINO numbers the layers that it makes up while it compiles with a counter of the whole process
(``Transpose_8746``), so the same model has other names after each change of what was compiled before it. Such numbers
are left out here: the layer is called after the first operation of the model that it stands for, or ``Transpose#1``,
the first in execution order. What has a number of that kind is never taken for the same layer because of its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    #: What is known of one layer by `Layer`'s field names, as it comes from a worker: names, kernels and originals as
    #: OpenVINO gives them, the shape as text or as sizes (``None`` and negative ones are open).
    Row = Mapping[str, object]

#: Time of each executed layer in nanoseconds, by `Layer.name`. A layer that is not in it was not executed.
LayerTimes = Mapping[str, float]

#: A layer that has times and is not in the graph: counters know layers that the graph does not list.
UNLISTED = "unlisted"
#: Layers that change how data lie in memory or are written, and compute nothing.
CONVERSIONS = frozenset({"Reorder", "Convert", "Transpose", "Permute", "Quantize"})
#: Layers that hand data on as they are: on a CPU none of them is executed.
IDLE = frozenset({"Input", "Output", "Parameter", "Result", "Reshape", "Squeeze", "Unsqueeze"})
_MADE_UP = re.compile(r"([A-Z][A-Za-z0-9]*)_\d+|(Constant)_\d+_\w+")
_MADE_UP_PART = re.compile(r"(?:^|(?<=_))([A-Z][A-Za-z0-9]*)_\d+(?=_|$)")
_NUMBERED = re.compile(r"#\d*\Z")
_PRECISION = re.compile(r"_+((?:bf|f|i|u)(?:4|8|16|32|64))$", re.IGNORECASE)
_BYTES = frozenset({"i8", "u8"})


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of an execution graph.

    ``name`` is the graph's own (see `Graph`), ``kind`` OpenVINO's type (``FullyConnected``), ``kernel`` the
    implementation without the precision at its end (``brgemm_avx512``), ``precision`` that of its first input,
    ``layout`` that of its outputs (``abc``), ``shape`` that of the first output (``1x64x384``; ``?`` is open), and
    ``originals`` the operations of the model that it stands for, made-up ones as ``Softmax#``.
    """

    name: str
    kind: str
    kernel: str
    precision: str
    layout: str
    shape: str
    originals: tuple[str, ...] = ()

    @property
    def is_numbered(self) -> bool:
        """Whether the name is a number of ours, which another graph may give to another layer."""
        return is_numbered(self.name)

    @property
    def is_conversion(self) -> bool:
        """Whether it only brings data into another form."""
        return self.kind in CONVERSIONS

    @property
    def width(self) -> str:
        """The precision, signed and unsigned bytes being one: ``int8``."""
        return "int8" if self.precision in _BYTES else self.precision

    @property
    def is_idle(self) -> bool:
        """Whether layers of this kind hand data on without touching them."""
        return self.kind in IDLE

    @property
    def elements(self) -> int:
        """How many elements it puts out, sizes that are open counting as one."""
        return prod(int(size) for size in self.shape.split("x") if size.isdecimal())

    @property
    def model_names(self) -> frozenset[str]:
        """The names by which the same layer can be found in another graph."""
        return frozenset(name for name in (self.name, *self.originals) if name and not is_numbered(name))


@dataclass(frozen=True, slots=True)
class Graph:
    """The layers of a compiled model in execution order.

    Names are one of a kind: what shares a name, or has one that ends in ``#``, is numbered in this order (``name#1``).
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", _numbered(self.layers))

    @property
    def names(self) -> tuple[str, ...]:
        """The layers' names, in order."""
        return tuple(layer.name for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Profile:
    """What each layer of a graph took, counters being on.

    ``call_ns`` is the wall time of such a call. Raises `ValueError` for times of layers that are not there.
    """

    graph: Graph
    times: LayerTimes
    call_ns: float

    def __post_init__(self) -> None:
        strange = set(self.times) - set(self.graph.names)
        if strange:
            raise ValueError(f"The graph has no layer {', '.join(sorted(strange))}.")

    @property
    def layers_ns(self) -> float:
        """What all layers took together; they may run side by side, or leave time between them."""
        return sum(self.times.values())


def is_numbered(name: str) -> bool:
    """Tell whether a name says nothing of the model."""
    return _NUMBERED.search(name) is not None


def unnumbered(name: str) -> str:
    """Return a name without the number that a graph gave it."""
    return _NUMBERED.sub("", name)


def graph_of(rows: Iterable[Row]) -> Graph:
    """Return the graph that a worker's rows describe, free of the process's counters."""
    return _read(list(rows))[0]


def profile_of(rows: Iterable[Row], times: LayerTimes, call_ns: float) -> Profile:
    """Return the profile of a graph, ``times`` being by the rows' own names.

    Layers that took no time count as not executed. Times of layers that no row describes are kept: they become layers
    of the kind `UNLISTED` at the end of the graph.
    """
    described = list(rows)
    known = {str(row["name"]) for row in described}
    took = {name: taken for name, taken in times.items() if taken > 0}
    described += [{"name": name, "kind": UNLISTED} for name in took if name not in known]
    graph, names = _read(described)
    by_name: dict[str, float] = {}
    for raw, name in zip((str(row["name"]) for row in described), names, strict=True):
        # Should a device give one name to two layers, their time cannot be told apart: it is the first one's.
        if raw in took:
            by_name[name] = took.pop(raw)
    return Profile(graph, by_name, call_ns)


def _read(rows: Sequence[Row]) -> tuple[Graph, tuple[str, ...]]:
    names = _names(rows)
    graph = Graph(tuple(_layer(row, name) for row, name in zip(rows, names, strict=True)))
    return graph, graph.names


def _layer(row: Row, name: str) -> Layer:
    kernel, precision = _kernel(_text(row.get("kernel")), _text(row.get("precision")))
    return Layer(
        name=name,
        kind=_text(row.get("kind")),
        kernel=kernel,
        precision=precision,
        layout=_text(row.get("layout")),
        shape=_shape(row.get("shape")),
        originals=tuple(_without_numbers(original) for original in _originals(row)),
    )


def _names(rows: Sequence[Row]) -> list[str]:
    """Return the name of each row without made-up numbers: the model's own, the first original's, or one to number."""
    taken = {str(row["name"]) for row in rows}
    named: dict[str, str] = {}
    given: list[tuple[str, bool]] = []
    for row in rows:
        raw, originals = str(row["name"]), _originals(row)
        given.append((raw, bool(originals)))
        if not originals or not _MADE_UP.fullmatch(raw):
            continue
        free = (name for name in originals if not _MADE_UP.fullmatch(name) and name not in taken)
        named[raw] = next(free, _without_numbers(raw))
        taken.add(named[raw])
    return [named.get(raw) or (raw if has_originals else _conversion(raw, named)) for raw, has_originals in given]


def _conversion(raw: str, named: Mapping[str, str]) -> str:
    """Return the name of what the device put in, which it calls after its neighbours: ``Add_abcd_acdb_Multiply_12``."""

    def neighbour(found: re.Match[str]) -> str:
        return named.get(found[0], f"{found[1]}#")

    return _without_numbers(raw) if _MADE_UP.fullmatch(raw) else _NUMBERED.sub("#", _MADE_UP_PART.sub(neighbour, raw))


def _originals(row: Row) -> list[str]:
    given = row.get("originals") or ()
    parts = given.split(",") if isinstance(given, str) else list(given) if isinstance(given, (list, tuple)) else []
    return list(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))


def _without_numbers(name: str) -> str:
    found = _MADE_UP.fullmatch(name)
    return f"{found[1] or found[2]}#" if found else name


def _kernel(kernel: str, precision: str) -> tuple[str, str]:
    """Return the kernel and the precision apart: that at the kernel's end is its own, where there is one.

    The two differ where inputs do: of an attention in FP32, OpenVINO reports its mask's bytes. Unsigned bytes are
    called ``I8`` in a kernel's name.
    """
    found = _PRECISION.search(kernel)
    if found is None:
        return kernel, precision
    own = found[1].lower()
    return kernel[: found.start()], precision if own == "i8" and precision.lower() in _BYTES else own


def _shape(shape: object) -> str:
    if not isinstance(shape, (list, tuple)):
        return _text(shape)
    return "x".join("?" if size is None or str(size).startswith("-") else str(size) for size in shape)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _numbered(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    bases = [unnumbered(layer.name) for layer in layers]
    shared, seen, named = Counter(bases), Counter[str](), []
    for layer, base in zip(layers, bases, strict=True):
        seen[base] += 1
        keeps = shared[base] == 1 and not layer.is_numbered
        name = base if keeps else f"{base}#{seen[base]}"
        named.append(layer if name == layer.name else replace(layer, name=name))
    return tuple(named)
