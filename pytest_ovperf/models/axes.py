"""The shapes that a model takes, as they are drawn and checked: dimensions that vary, and within what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_ovperf.errors import ModelError

#: What is drawn of a batch where nobody says otherwise: more take longer, and seldom tell more.
_MOST_BATCH = 8
#: Smaller images are given to a model only where somebody asks for them: few are made for those.
_LEAST_PIXELS = 32


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
