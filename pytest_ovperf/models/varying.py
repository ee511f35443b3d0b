"""Which shapes a model can be given: the dimensions that may vary from call to call, and within what.

Cheap, and without importing anything heavy: it is read off the configuration of a directory, the inputs that a file
declares, and the bounds of the marker's shape.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .axes import Axis, Size, Varying
from .shapes import bounded_inputs
from .sources import configuration_of
from .spec import CallsSource, ModelSpec, Port, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .configuration import Configuration

_IMAGE_RANK = 4
_MOST_CHANNELS = 4


def varying(spec: ModelSpec) -> Varying:
    """Return the shapes that the model ``spec``, whose source is settled, takes.

    Of a directory these are what its configuration says; with ``ports``, what its export left open of that. A marker's
    shape with bounds holds them; one of exact sizes says what one call holds, and nothing of others. Raises
    `ModelError` for what has no inputs that are known, or has not been settled.
    """
    if spec.task is Task.CALLS or isinstance(spec.source, CallsSource):
        raise ModelError(
            f"{spec.name!r} is no model but functions of your own: there are no inputs whose shapes could be drawn.",
            remedy="Name the model that they use, with @pytest.mark.model, and compare engines on it.",
        )
    if spec.task is Task.UNSETTLED or not spec.has_sizes:
        raise ModelError(
            f"The inputs of {spec.name!r} are not known before it was fetched or made.",
            remedy="Take them from an agreement, which does that: both = agreement(…), then both.shapes().",
        )
    if spec.task is Task.GRAPH:
        own = _of_ports(spec)
    else:
        own = _as_exported(spec, _of_configuration(spec, configuration_of(spec)))
    bounded = own if spec.bounds is None else _bounded(spec, own, spec.bounds)
    inputs = {
        name: tuple(size.least if size.least == size.most else size for size in dims) for name, dims in bounded.items()
    }
    return Varying(spec.name, inputs)


def _of_configuration(spec: ModelSpec, known: Configuration) -> dict[str, tuple[Size, ...]]:
    usual = next(iter(spec.shapes.values()))
    batch = Size(Axis.BATCH, usual[0], 1, None)
    if known.is_text:
        return dict.fromkeys(spec.shapes, (batch, Size(Axis.LENGTH, usual[1], 1, known.max_positions or None)))
    pixels = zip((Axis.HEIGHT, Axis.WIDTH), usual[2:], known.image, strict=True)
    sizes = (
        Size(axis, size, only, only) if known.fixed_image else Size(axis, size, known.stride, None, known.stride)
        for axis, size, only in pixels
    )
    channels = Size(Axis.LENGTH, known.channels, known.channels, known.channels)
    return dict.fromkeys(spec.shapes, (batch, channels, *sizes))


def _as_exported(spec: ModelSpec, inputs: Mapping[str, tuple[Size, ...]]) -> dict[str, tuple[Size, ...]]:
    """Return ``inputs`` within what the export left open, where that is known and the marker has no bounds.

    Some image models are exported for one size only; for the marker's bounds they are reshaped.
    """
    dims = {port.name: port.dims for port in spec.ports if port.dims is not None and spec.bounds is None}
    return {
        name: tuple(_both(size, max(least, 1), most) for size, (least, most) in zip(sizes, dims[name], strict=True))
        if name in dims
        else sizes
        for name, sizes in inputs.items()
    }


def _of_ports(spec: ModelSpec) -> dict[str, tuple[Size, ...]]:
    """Return the dimensions of a graph's inputs; open ones of the same size in one call are taken for the same."""
    batch = next((dims[0] for dims in spec.shapes.values() if dims), 0)
    found: dict[str, tuple[Size, ...]] = {}
    for port in spec.ports:
        usual = spec.shapes[port.name]
        bounds = port.dims if port.dims is not None else ((0, None),) * len(usual)
        found[port.name] = tuple(
            Size(axis, size, max(least, 1), most)
            for axis, size, (least, most) in zip(_axes(port, usual, batch), usual, bounds, strict=True)
        )
    return _tied(found)


def _axes(port: Port, usual: Sequence[int], batch: int) -> Iterator[Axis]:
    """Yield what each dimension of an input is called."""
    pixels: tuple[int, ...] = ()
    if len(usual) == _IMAGE_RANK and (port.kind.startswith(("f", "bf")) or port.kind == "u8"):
        pixels = (1, 2) if usual[3] <= _MOST_CHANNELS < usual[1] else (2, 3)
    for index, size in enumerate(usual):
        if index in pixels:
            yield Axis.HEIGHT if index == pixels[0] else Axis.WIDTH
        else:
            yield Axis.BATCH if index == 0 and size == batch else Axis.LENGTH


def _tied(inputs: Mapping[str, tuple[Size, ...]]) -> dict[str, tuple[Size, ...]]:
    """Return ``inputs`` with one size for all that vary under one name from one usual size, within all their bounds."""
    tied: dict[tuple[Axis, int], Size] = {}
    for size in (size for dims in inputs.values() for size in dims if size.least != size.most):
        one = tied.setdefault((size.axis, size.usual), size)
        tied[size.axis, size.usual] = _both(one, size.least, size.most)
    return {
        name: tuple(size if size.least == size.most else tied[size.axis, size.usual] for size in dims)
        for name, dims in inputs.items()
    }


def _both(size: Size, least: int, most: int | None) -> Size:
    """Return ``size`` within further bounds."""
    ends = [end for end in (size.most, most) if end is not None]
    return replace(size, least=max(size.least, least), most=min(ends) if ends else None)


def _bounded(
    spec: ModelSpec, inputs: Mapping[str, tuple[Size, ...]], bounds: Sequence[tuple[int, int]]
) -> dict[str, tuple[Size, ...]]:
    """Return ``inputs`` within the bounds of the marker's shape.

    As in compiling, these are for the inputs whose shape they are, every other input is of one size, and an input of
    fixed sizes is reshaped.
    """
    reshaped = {port.name for port in spec.ports if not port.is_dynamic}
    bounded = bounded_inputs(spec)
    found: dict[str, tuple[Size, ...]] = {}
    for name, dims in inputs.items():
        wanted = bounds if name in bounded else [(size, size) for size in spec.shapes[name]]
        found[name] = tuple(
            replace(size, least=least, most=most) if name in reshaped else _both(size, least, most)
            for size, (least, most) in zip(dims, wanted, strict=True)
        )
    return found
