"""Typed values as plain JSON data and back. Reading is strict, and an error says where in the document it struck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from math import isfinite
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from pytest_ovperf.errors import RunFileError
from pytest_ovperf.plain_data import PlainValue

_T = TypeVar("_T")

_REMEDY = "Save the run again (pytest --benchmark-json=FILE), or leave this file out."


def to_data(value: object) -> Any:  # noqa: ANN401  (what json takes has no type of its own)
    """Return ``value`` as JSON data.

    A dataclass becomes an object with its fields as names, a tuple a list. A number that is not finite becomes text
    (``nan``, ``inf``, ``-inf``): JSON has no such numbers, and other tools refuse a whole file for one of them.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): to_data(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [to_data(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    return str(value) if isinstance(value, StrEnum) else value


def whole_text(text: str) -> str:
    """Return ``text`` with every half of a character, as undecodable file names hold, replaced: UTF-8 has none."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Place(PlainValue):
    """A value somewhere in the document of a saved run."""

    def refused(self, seen: str) -> RunFileError:
        """Return the error that says what was ``seen``."""
        return RunFileError(seen, remedy=_REMEDY)

    def get(self, name: str) -> Place | None:
        """Return the member of that name, ``None`` where it is missing, null, or this is no object."""
        if not isinstance(self.value, Mapping) or self.value.get(name) is None:
            return None
        return self.at(name)

    def text(self) -> str:
        """Return the text, free of halves of characters. Raises `RunFileError` for what is none."""
        return whole_text(super().text())

    def number(self) -> float:
        """Return the number; ``nan`` and ``inf`` as text are ones as well. Raises `RunFileError` for what is none."""
        value = self.value
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
            if value in ("nan", "inf", "-inf"):
                return float(str(value))
        except OverflowError:  # a whole number of hundreds of digits
            pass
        raise self.wrong("a number")


def from_data(kind: type[_T], place: Place, **known: object) -> _T:
    """Return the dataclass ``kind`` that `to_data` was given, its fields ``known`` left out there.

    A field that is missing gets its default. Raises `RunFileError` with the place for a missing one without, for an
    unknown one, and for a value of another type.
    """
    kinds = _kinds_of(kind)  # type: ignore[arg-type]  # a class is hashable
    wanted = {field.name: field for field in fields(kind) if field.name not in known}  # type: ignore[arg-type]
    for name in place.mapping():
        if name not in wanted:
            raise place.at(name).wrong(f"none of that name (there are {', '.join(wanted)})")
    given = {
        name: _read(kinds[name], place.at(name))
        for name, field in wanted.items()
        if name in place.mapping() or not _has_default(field)
    }
    return kind(**given, **known)


@cache
def _kinds_of(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields; finding them out takes longer than reading a view does."""
    return get_type_hints(kind)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


_READERS: Mapping[Any, Callable[[Place], object]] = {
    float: Place.number,
    str: Place.text,
    int: Place.whole,
    bool: Place.truth,
}


def _read(kind: Any, place: Place) -> object:  # noqa: ANN401  (a type annotation, which may be no class)
    reader = _READERS.get(kind)  # what most values are, so these come first
    if reader is not None:
        return reader(place)
    if isinstance(kind, UnionType):  # always one type, or None
        (one,) = (each for each in get_args(kind) if each is not type(None))
        return None if place.value is None else _read(one, place)
    origin = get_origin(kind)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in place.items())
    if origin is Mapping:
        return {whole_text(name): _read(get_args(kind)[1], place.at(name)) for name in place.mapping()}
    if issubclass(kind, StrEnum):
        return _one_of(kind, place)
    return from_data(kind, place)


def _one_of(kind: type[StrEnum], place: Place) -> StrEnum:
    try:
        return kind(place.text())
    except ValueError:
        raise place.wrong(f"one of {', '.join(kind)}") from None
