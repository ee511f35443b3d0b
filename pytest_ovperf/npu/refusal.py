"""Which part of a model stands in a compiler's way, as far as its words and the model's shapes tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .blob import Dimension, Port

#: What names a node, the more telling first. Compilers name what they generated themselves, too.
_NODES = (
    re.compile(
        r"upper bounds? (?:are|were|is|was) not specified for node '(?P<node>[^']+)' \(type '(?P<type>[^']+)'\)",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<type>\w+) node '(?P<node>[^']+)'"),
    re.compile(r"unsupported operation (?P<node>\S+) with type (?P<type>\w+)", re.IGNORECASE),
    re.compile(r'\bloc\(fused<\{name = "(?P<node>[^"]+)", type = "(?P<type>[^"]+)"\}>'),
    re.compile(r"validating node '\S*?::(?P<type>\w+) (?P<node>[^ ']+)"),
)
#: Of the whole model, not of a part.
_WHOLE = {"main"}

#: A size for a dimension that is open, by the number of dimensions: tokens, pixels, or something small.
_EXAMPLES = {2: 128, 3: 128, 4: 224}
_SMALL = 16
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class OpenDimension:
    """A dimension of an input that is not fixed; ``index`` counts from 0."""

    input: str
    index: int
    size: Dimension


def offending_node(*texts: str) -> str:
    """Return the node that ``texts`` blame, as ``name (type)``; empty where they name none."""
    for pattern in _NODES:
        for text in texts:
            for found in pattern.finditer(text):
                if found["node"] not in _WHOLE:
                    return f"{found['node']} ({found['type']})"
    return ""


def open_dimensions(inputs: Sequence[Port]) -> tuple[OpenDimension, ...]:
    """Return the dimensions of ``inputs`` that are not fixed."""
    return tuple(
        OpenDimension(port.any_name, index, size)
        for port in inputs
        for index, size in enumerate(port.partial_shape)
        if size.is_dynamic
    )


def fixed_example(inputs: Sequence[Port]) -> dict[str, tuple[int, ...]]:
    """Return, for each input that is not fixed, a shape that is: an example to start from, in the model's own sizes."""
    return {
        port.any_name: _fixed(port.partial_shape.dimensions or ()) for port in inputs if port.partial_shape.is_dynamic
    }


def _fixed(sizes: Sequence[Dimension]) -> tuple[int, ...]:
    example = _EXAMPLES.get(len(sizes), _SMALL)
    return tuple(
        (size.most if size.most is not None else 1 if index == 0 else max(size.least, example))
        for index, size in enumerate(sizes)
    )


def marker_shape(example: dict[str, tuple[int, ...]]) -> str:
    """Return what to write in the marker ``model``: one shape where it serves all inputs, else each by its name."""
    shapes = set(example.values())
    return f" (in a test @pytest.mark.model(..., shape={next(iter(shapes)) if len(shapes) == 1 else example!r}))"


def option_shape(example: dict[str, tuple[int, ...]]) -> str:
    """Return the options of ``ovperf npu-compile`` that fix the inputs in this way."""
    return " ".join(f"--shape {name}={','.join(map(str, sizes))}" for name, sizes in example.items())


def listed(dimensions: Sequence[OpenDimension]) -> str:
    """Return ``dimensions`` as one text, those of one input together, the inputs up to a handful."""
    by_input: dict[str, list[str]] = {}
    for each in dimensions:
        bound = "no upper bound" if each.size.most is None else str(each.size)
        by_input.setdefault(each.input or "(an input without a name)", []).append(f"{each.index} ({bound})")
    named = [f"{name}: {', '.join(sizes)}" for name, sizes in by_input.items()]
    more = [f"and {len(named) - _SHOWN} more inputs"] if len(named) > _SHOWN else []
    return "; ".join([*named[:_SHOWN], *more])
