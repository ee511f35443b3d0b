"""Plain data read strictly: a value that is not what it must be is refused with the place where it stands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

    from .errors import OvperfError

_SHOWN = 60


class PlainValue(ABC):
    """A value somewhere in a document, with the path that led to it: ``benchmarks[3].stats.median``.

    What each kind of document raises is its own, and so is what else its values may be.
    """

    def __init__(self, value: object, path: str = "") -> None:
        self.value = value
        self.path = path

    @abstractmethod
    def refused(self, seen: str) -> OvperfError:
        """Return the error of this kind of document for what was ``seen`` at its place."""

    def wrong(self, expected: str) -> OvperfError:
        """Return the error for a value that is something else than ``expected``."""
        shown = repr(self.value)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
        return self.refused(f"{self.path or 'the document'}: expected {expected}, found {shown}.")

    def at(self, name: str) -> Self:
        """Return the member of that name. Raises where there is none."""
        members = self.mapping()
        if name not in members:
            raise self.refused(f"{self.path or 'the document'}: {name!r} is missing.")
        return type(self)(members[name], f"{self.path}.{name}" if self.path else name)

    def mapping(self) -> Mapping[str, object]:
        """Return the object's members. Raises for what is none."""
        if isinstance(self.value, dict):  # what a parser makes, told without the detour over the abstract class
            return self.value
        if not isinstance(self.value, Mapping):
            raise self.wrong("an object")
        return self.value

    def items(self) -> list[Self]:
        """Return the list's items. Raises for what is none."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [type(self)(item, f"{self.path}[{index}]") for index, item in enumerate(self.value)]

    def text(self) -> str:
        """Return the text. Raises for what is none."""
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return self.value

    def whole(self, least: int = 0) -> int:
        """Return the whole number. Raises for what is none, or is below ``least``."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or self.value < least:
            raise self.wrong(f"a whole number of at least {least}")
        return self.value

    def truth(self) -> bool:
        """Return the boolean. Raises for what is none."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value
