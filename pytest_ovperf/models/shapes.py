"""What one call of an arm gives to each input, and what the model is compiled for: batch and shape of its tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import ArmError
from pytest_ovperf.tuning import DYNAMIC, STATIC

from .graphs import fitting_ports
from .spec import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.tuning import Tuning

    from .spec import ModelSpec

    #: What an input is compiled for: a size, bounds, or `ANY_SIZE`, for each of its dimensions.
    Dimensions = tuple[int | tuple[int, int], ...]

#: A dimension without bounds, as OpenVINO's ``PartialShape`` writes it.
ANY_SIZE = -1


def call_shapes(spec: ModelSpec, batch: int | None) -> dict[str, tuple[int, ...]]:
    """Return the dimensions of each input in one call of ``batch`` samples; ``None`` keeps the model's own batch.

    The batch is the first dimension of the first input that has one, and of every input that begins with the same
    size.
    """
    if batch is None:
        return dict(spec.shapes)
    own = next((dims[0] for dims in spec.shapes.values() if dims), 0)
    return {name: (batch, *dims[1:]) if dims and dims[0] == own else tuple(dims) for name, dims in spec.shapes.items()}


def calibration_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Return the dimensions in which a graph is calibrated: one sample, or what its file takes."""
    file_own = {port.name: tuple(most or least for least, most in port.dims or ()) for port in spec.ports}
    for shapes in (call_shapes(spec, 1), dict(spec.shapes)):
        if all(port.admits(shapes[port.name]) for port in spec.ports):
            return shapes
    return file_own


def compiled_shapes(
    spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]], tuning: Tuning
) -> dict[str, Dimensions] | None:
    """Return what each input is compiled for, ``None`` where the model stays as it is in its file.

    ``shapes`` are those of the call's inputs. The tuning's shape goes before that of the model. Dimensions such as
    ``?x128`` are for the inputs that they admit; the others are fixed. Raises `ArmError` for a shape or a batch that
    leaves no room for the call, and for a dynamic one of a model that has none.
    """
    match tuning.shape:
        case None:
            return _own(spec, shapes, tuning.batch)
        case shape if shape == STATIC:
            return dict(shapes)
        case shape if shape == DYNAMIC:
            _check_dynamic(spec, shapes)
            return None
        case shape:
            return _given(spec, shapes, shape)


def _own(spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]], batch: int | None) -> dict[str, Dimensions] | None:
    """Return what the model's own shape asks for; a file of fixed sizes is reshaped to another batch."""
    if not spec.static:
        admitted = all(port.admits(shapes[port.name]) for port in spec.ports if port.name in shapes)
        return None if admitted else dict(shapes)
    if spec.bounds is None:
        return dict(shapes)
    bounds, bounded = _with_batch(spec, batch), bounded_inputs(spec)
    called = call_shapes(spec, batch)
    alike = {called[name] for name in bounded}
    written = tuple(least if least == most else (least, most) for least, most in bounds)
    return {
        # An input that only the exported model has goes with those of its size.
        name: written if name in bounded or (name not in called and dims in alike) else dims
        for name, dims in shapes.items()
    }


def bounded_inputs(spec: ModelSpec) -> frozenset[str]:
    """Return the inputs that the bounds of the marker's shape are for: those that are given its largest sizes.

    A call of the user's own may be smaller: there it is those that would take these.
    """
    bounds = spec.bounds or ()
    largest = tuple(most for _, most in bounds)
    if not bounds or not spec.data.inputs:
        return frozenset(name for name, dims in spec.shapes.items() if bounds and dims == largest)
    fitting = {port.name for port in fitting_ports(spec.ports, largest)} if spec.task is Task.GRAPH else spec.shapes
    return frozenset(name for name, dims in spec.shapes.items() if name in fitting and _holds(bounds, dims))


def _holds(bounds: Sequence[tuple[int, int]], sizes: Sequence[int]) -> bool:
    return len(bounds) == len(sizes) and all(
        least <= size <= most for size, (least, most) in zip(sizes, bounds, strict=True)
    )


def _with_batch(spec: ModelSpec, batch: int | None) -> tuple[tuple[int, int], ...]:
    bounds = spec.bounds or ()
    if batch is None or not bounds:
        return bounds
    least, most = bounds[0]
    if least == most:
        return ((batch, batch), *bounds[1:])
    if not least <= batch <= most:
        raise ArmError(
            f"batch={batch} is outside the bounds of {spec.name!r}, whose shape is {spec.shape_text}.",
            remedy=f"Choose a batch from {least} to {most}, or give the marker wider bounds.",
        )
    return bounds


def _check_dynamic(spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]]) -> None:
    if not spec.ports:
        return  # what this package exports itself is dynamic
    inputs = ", ".join(map(str, spec.ports))
    if not any(port.is_dynamic for port in spec.ports):
        raise ArmError(
            f"shape=dynamic is not possible: the inputs of {spec.name!r} are of fixed sizes, {inputs}.",
            remedy="Export the model with dynamic dimensions, or give them to the arm, as in shape=?x128.",
        )
    if not all(port.admits(shapes[port.name]) for port in spec.ports):
        raise ArmError(
            f"shape=dynamic leaves no room for a call of {_shown(shapes)}: {spec.name!r} takes {inputs}.",
            remedy="Leave shape=dynamic away, so that the model is reshaped, or give sizes that it takes.",
        )


def _given(spec: ModelSpec, shapes: Mapping[str, tuple[int, ...]], text: str) -> dict[str, Dimensions]:
    pattern = tuple(_dimension(part) for part in text.split("x"))
    admitted = {name for name, dims in shapes.items() if _admits(pattern, dims)}
    if not admitted:
        raise ArmError(
            f"shape={text} leaves no room for what one call gives to {spec.name!r}: {_shown(shapes)}.",
            remedy="Give dimensions that hold the call's own sizes, such as ? or 1..8; another batch is set with "
            "batch=….",
        )
    dynamic = admitted & {port.name for port in spec.ports if port.is_dynamic}
    return {name: pattern if name in (dynamic or admitted) else dims for name, dims in shapes.items()}


def _dimension(text: str) -> int | tuple[int, int]:
    if text == "?":
        return ANY_SIZE
    least, dots, most = text.partition("..")
    return (int(least), int(most)) if dots and least != most else int(least)


def _admits(pattern: Sequence[int | tuple[int, int]], sizes: Sequence[int]) -> bool:
    return len(pattern) == len(sizes) and all(
        wanted == ANY_SIZE or (wanted[0] <= size <= wanted[1] if isinstance(wanted, tuple) else wanted == size)
        for wanted, size in zip(pattern, sizes, strict=True)
    )


def _shown(shapes: Mapping[str, Sequence[int]]) -> str:
    return ", ".join(f"{name} {'x'.join(map(str, dims)) or 'a single number'}" for name, dims in shapes.items())
