"""Which shapes a model can be given: the dimensions that may vary from call to call, and within what.

Cheap, and without importing anything heavy: it is read off the configuration of a directory, the inputs that a file
declares, and the bounds of the marker's shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .sources import configuration_of
from .spec import CallsSource, ModelSpec, Port, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .configuration import Configuration

#: What is drawn of a batch where nobody says otherwise: more take longer, and seldom tell more.
_MOST_BATCH = 8
#: Smaller images are given to a model only where somebody asks for them: few are made for those.
_LEAST_PIXELS = 32
_IMAGE_RANK = 4
_MOST_CHANNELS = 4


class Axis(StrEnum):
    """What a dimension that varies is called: by the keyword that bounds it."""

    BATCH = "batch"
    LENGTH = "length"
    HEIGHT = "height"
    WIDTH = "width"


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a dimension that varies: from ``least`` to ``most`` (``None``: no end) in multiples of ``step``.

    ``usual`` is its size in the model's own call. Dimensions that hold equal ones always have the same size: the batch
    of all inputs, the tokens of ids and mask.
    """

    axis: Axis
    usual: int
    least: int
    most: int | None
    step: int = 1

    def admits(self, size: int) -> bool:
        """Tell whether a dimension can be of that size."""
        return self.least <= size and (self.most is None or size <= self.most) and size % self.step == 0

    def __str__(self) -> str:
        bounds = f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"
        return f"{bounds}, in multiples of {self.step}" if self.step > 1 else bounds


#: A dimension of an input: a fixed size, or one that varies.
Dimension = int | Size


@dataclass(frozen=True, slots=True)
class Varying:
    """The shapes that the model of that name takes: the dimensions of each input."""

    model: str
    inputs: Mapping[str, tuple[Dimension, ...]]

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The sizes that vary, each once."""
        return tuple(dict.fromkeys(size for dims in self.inputs.values() for size in dims if isinstance(size, Size)))

    @property
    def example(self) -> dict[str, tuple[int, ...]]:
        """The smallest shapes that the model takes."""
        return self.shapes({size: size.least for size in self.sizes})

    def shapes(self, chosen: Mapping[Size, int]) -> dict[str, tuple[int, ...]]:
        """Return the dimensions of each input where those that vary have the ``chosen`` sizes."""
        return {
            name: tuple(chosen[size] if isinstance(size, Size) else size for size in dims)
            for name, dims in self.inputs.items()
        }

    def within(self, asked: Mapping[Axis, object]) -> Varying:
        """Return what is left between the bounds that a user gives to each axis, ``None`` where they give none.

        A bound is one size, or the smallest and the largest. Every size has an end then. Raises `ModelError` for what
        is no bound, is outside the model's own, or bounds what does not vary.
        """
        for axis, bounds in asked.items():
            if bounds is not None and not any(size.axis is axis for size in self.sizes):
                raise self._refusal(
                    f"{axis}={bounds!r} bounds a size that does not vary.", f"Leave {axis}= out; {self._room()}."
                )
        narrowed = {size: self._narrowed(size, asked.get(size.axis)) for size in self.sizes}
        inputs = {
            name: tuple(narrowed[size] if isinstance(size, Size) else size for size in dims)
            for name, dims in self.inputs.items()
        }
        return replace(self, inputs=inputs)

    def check(self, shapes: object) -> dict[str, tuple[int, ...]]:
        """Return ``shapes`` as they are, a mapping of the inputs' names to dimensions.

        Raises `ModelError` for anything else, and for dimensions that the model does not take.
        """
        given = _as_shapes(shapes)
        if given is None or set(given) != set(self.inputs):
            raise self._refusal(
                f"its shapes are the dimensions of {', '.join(self.inputs)}, not {shapes!r}.", f"Give {self.example}."
            )
        chosen: dict[Size, int] = {}
        for name, dims in self.inputs.items():
            if not _fits(given[name], dims, chosen):
                raise self._refusal(
                    f"{name} cannot be {_text(given[name])}: it is {_text(dims)}.",
                    f"Give shapes such as {self.example}; {self._room()}.",
                )
        return given

    def _narrowed(self, size: Size, bounds: object) -> Size:
        least, most = _usual_bounds(size) if bounds is None else self._read(size, bounds)
        least = -(-least // size.step) * size.step
        most = most // size.step * size.step
        if least > most and bounds is None:
            raise self._refusal(f"no {size.axis} fits all its inputs: {size}.", "Mend the bounds of its inputs.")
        if least > most:
            raise self._refusal(
                f"{size.axis}={bounds!r} holds no size that it takes: {size}.", f"Write {size.axis}={_example(size)}."
            )
        return replace(size, least=least, most=most)

    def _read(self, size: Size, bounds: object) -> tuple[int, int]:
        """Return the bounds that a user wrote for ``size``. Raises `ModelError`."""
        both = (bounds, bounds) if type(bounds) is int else bounds
        match both:
            case (int(least), int(most)) if not isinstance(least, bool) and not isinstance(most, bool):
                pass
            case _:
                least, most = 0, -1
        if not 1 <= least <= most:
            raise self._refusal(
                f"{size.axis}={bounds!r} is neither a size nor the smallest and the largest of several.",
                f"Write {size.axis}={_example(size)}.",
            )
        if least < size.least or (size.most is not None and most > size.most):
            raise self._refusal(
                f"{size.axis}={bounds!r} goes beyond what it takes: {size}.", f"Write {size.axis}={_example(size)}."
            )
        return least, most

    def _room(self) -> str:
        found = ", ".join(f"{size.axis} ({size})" for size in self.sizes)
        return f"what varies is {found}" if found else "nothing of it varies"

    def _refusal(self, seen: str, remedy: str) -> ModelError:
        return ModelError(f"The shapes of {self.model!r}: {seen}", remedy=remedy)


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
    largest = tuple(most for _, most in bounds)
    found: dict[str, tuple[Size, ...]] = {}
    for name, dims in inputs.items():
        wanted = bounds if spec.shapes[name] == largest else [(size, size) for size in spec.shapes[name]]
        found[name] = tuple(
            replace(size, least=least, most=most) if name in reshaped else _both(size, least, most)
            for size, (least, most) in zip(dims, wanted, strict=True)
        )
    return found


def _fits(given: Sequence[int], dims: Sequence[Dimension], chosen: dict[Size, int]) -> bool:
    """Tell whether an input can be of the sizes ``given``, and has those that are ``chosen``; add what it chooses."""
    return len(dims) == len(given) and all(
        size == wanted if isinstance(wanted, int) else wanted.admits(size) and chosen.setdefault(wanted, size) == size
        for size, wanted in zip(given, dims, strict=True)
    )


def _usual_bounds(size: Size) -> tuple[int, int]:
    """Return what is drawn of a size that nobody bounds: all that the model takes, as far as it has an end."""
    match size.axis:
        case Axis.BATCH:
            least, most = size.least, max(_MOST_BATCH, size.least)
        case Axis.LENGTH:
            least, most = size.least, size.most or max(size.usual, size.least)
        case _:
            most = size.most or max(size.usual, size.least)
            least = min(max(_LEAST_PIXELS, size.least), most) if size.least <= size.step else size.least
    return least, most if size.most is None else min(most, size.most)


def _example(size: Size) -> str:
    return repr(_usual_bounds(size))


def _as_shapes(shapes: object) -> dict[str, tuple[int, ...]] | None:
    """Return a mapping of names to whole numbers, ``None`` for anything else."""
    if not isinstance(shapes, Mapping):
        return None
    found: dict[str, tuple[int, ...]] = {}
    for name, dims in shapes.items():
        if not isinstance(dims, (tuple, list)) or any(type(size) is not int for size in dims):
            return None
        found[str(name)] = tuple(dims)
    return found


def _text(dims: Sequence[Dimension]) -> str:
    """Return dimensions as people write them: ``1x128``, ``(batch)x3x(height)x(width)``."""
    written = (f"({size.axis})" if isinstance(size, Size) else str(size) for size in dims)
    return "x".join(written) or "a single number"
