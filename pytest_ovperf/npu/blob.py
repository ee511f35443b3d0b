"""What compiling for an NPU without one returns: the model's inputs and outputs and the blob's size, nothing to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, Self

from pytest_ovperf.errors import ArmUnavailableError, ModelError
from pytest_ovperf.hardware.causes import ShapeKind

from .platforms import not_executed

_RANK_ONLY = "..."
_SIZE = re.compile(r"(\d*)\.\.(\d*)|(\d+)|(\?)")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension: its smallest and largest size; ``most`` is ``None`` where there is no upper bound."""

    least: int
    most: int | None

    @classmethod
    def parse(cls, text: str) -> Dimension:
        """Return what OpenVINO writes as ``text``: ``3``, ``?``, ``1..128``, ``2..`` or ``..5``."""
        found = _SIZE.fullmatch(text.strip())
        if found is None or found[4]:
            return cls(0, None)
        if found[3]:
            return cls(int(found[3]), int(found[3]))
        return cls(int(found[1] or 0), int(found[2]) if found[2] else None)

    @property
    def is_static(self) -> bool:
        """Whether it has one size."""
        return self.least == self.most

    @property
    def is_dynamic(self) -> bool:
        """Whether it may have several sizes."""
        return not self.is_static

    def __str__(self) -> str:
        if self.is_static:
            return str(self.least)
        if self.most is None:
            return f"{self.least}.." if self.least else "?"
        return f"{self.least}..{self.most}"


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape, in part or all of it dynamic; ``dimensions`` is ``None`` where not even their number is known."""

    dimensions: tuple[Dimension, ...] | None

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Return what OpenVINO writes as ``text``, in brackets of either kind: ``[?,3,64..256]``, ``{1,128}``."""
        inner = text.strip().strip("[]{}").strip()
        if inner == _RANK_ONLY:
            return cls(None)
        return cls(tuple(Dimension.parse(size) for size in inner.split(",")) if inner else ())

    @property
    def is_static(self) -> bool:
        """Whether every dimension has one size."""
        return self.dimensions is not None and all(each.is_static for each in self.dimensions)

    @property
    def is_dynamic(self) -> bool:
        """Whether some dimension, or their number, is open."""
        return not self.is_static

    @property
    def kind(self) -> ShapeKind:
        """How far it is fixed."""
        if self.dimensions is None or any(each.most is None for each in self.dimensions):
            return ShapeKind.UNBOUNDED
        return ShapeKind.STATIC if self.is_static else ShapeKind.BOUNDED

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.dimensions or ())

    def __len__(self) -> int:
        return len(self.dimensions or ())

    def __str__(self) -> str:
        return "[...]" if self.dimensions is None else f"[{','.join(map(str, self.dimensions))}]"


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a model: its name (empty where it has none) and shape."""

    any_name: str
    partial_shape: Shape

    def get_any_name(self) -> str:
        """Return the name, as OpenVINO's port does."""
        return self.any_name

    @property
    def names(self) -> set[str]:
        """The name, in a set as OpenVINO's port has it."""
        return {self.any_name} if self.any_name else set()

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes. Raises `ModelError` for a dynamic shape."""
        if self.partial_shape.is_dynamic:
            raise ModelError(
                f"{self.any_name or 'A port'} has no one shape, it is {self.partial_shape}.",
                remedy="Ask for its partial_shape.",
            )
        return tuple(each.least for each in self.partial_shape)

    def __str__(self) -> str:
        return f"{self.any_name or '(without a name)'} {self.partial_shape}"


def kind_of(ports: tuple[Port, ...], states: tuple[Shape, ...] = ()) -> ShapeKind:
    """Return how far these inputs, and a stateful model's ``states``, are fixed: as far as the least of them."""
    kinds = {port.partial_shape.kind for port in ports} | {state.kind for state in states}
    order = (ShapeKind.UNBOUNDED, ShapeKind.BOUNDED)
    return next((kind for kind in order if kind in kinds), ShapeKind.STATIC)


def _refuse(reason: str) -> NoReturn:
    raise ArmUnavailableError(reason, remedy="Run this on a machine with the NPU; `ovperf devices` says what is here.")


@dataclass(frozen=True, slots=True)
class CompiledBlob:
    """A model compiled for an NPU that is not here; asked as an ``openvino.CompiledModel`` is, as far as that goes.

    ``blob_bytes`` is the size of the compiled model as it would be loaded to the NPU, ``compile_s`` the seconds that
    compiling took on this machine, ``compiler`` says which compiler that was and ``build`` is OpenVINO's full version.
    Whatever would run it is refused with the reason, through ``refuse``: by an `ArmUnavailableError`, in tests a skip.
    """

    platform: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    blob_bytes: int
    compile_s: float
    compiler: str
    build: str = ""
    refuse: Callable[[str], Any] = field(default=_refuse, repr=False, compare=False)

    @property
    def not_executed(self) -> str:
        """What is to be said of it: ``compiled for NPU 4000, not executed``."""
        return not_executed(self.platform)

    def refusing_by(self, refuse: Callable[[str], Any]) -> Self:
        """Return the same, which calls ``refuse`` with the reason where it would have to run."""
        return replace(self, refuse=refuse)

    def input(self, which: int | str = 0) -> Port:
        """Return the input of that index or name. Raises `ModelError` if there is none."""
        return _find(self.inputs, which, "input")

    def output(self, which: int | str = 0) -> Port:
        """Return the output of that index or name. Raises `ModelError` if there is none."""
        return _find(self.outputs, which, "output")

    def create_infer_request(self) -> Any:  # noqa: ANN401  (there is none to return)
        """Refuse: nothing here can run it."""
        __tracebackhide__ = True  # a skip is shown where the test asks
        return self.refuse(self.not_executed)

    def infer_new_request(self, *_arguments: object, **_keywords: object) -> Any:  # noqa: ANN401  (see above)
        """Refuse, as `create_infer_request` does."""
        __tracebackhide__ = True
        return self.refuse(self.not_executed)

    __call__ = infer_new_request


def _find(ports: tuple[Port, ...], which: int | str, what: str) -> Port:
    found = [port for index, port in enumerate(ports) if which in {index, port.any_name}]
    if not found:
        names = ", ".join(port.any_name for port in ports)
        raise ModelError(f"The compiled model has no {what} {which!r}.", remedy=f"It has: {names}.")
    return found[0]
