"""Strict JSON in which every value knows its line, so that an error can point at it."""

from __future__ import annotations

import bisect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from pytest_ovperf.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MAX_DEPTH = 16
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value with the ``line`` it starts on, counted from 1: of a member, that of its key.

    ``value`` is a mapping of name to `Node` for an object, and plain data for everything else.
    """

    value: object
    line: int

    @property
    def members(self) -> Mapping[str, Node] | None:
        """The object's members; ``None`` for a value of another kind."""
        return self.value if isinstance(self.value, dict) else None


def damaged(source: Path, line: int, seen: str) -> BaselineError:
    """Return the error for a file that does not say what a baseline must."""
    return BaselineError(
        f"Baseline file {source}, line {line}: {seen}",
        remedy=f"Restore the file from git (git checkout -- {source}), or delete it and record its baselines anew:"
        " pytest --update-baselines=new",
    )


def read_document(text: str, source: Path) -> Node:
    """Return the value that ``text`` spells.

    Refused are, beside what is no JSON: a name that stands twice in one object, numbers that are not finite, and
    texts that UTF-8 cannot hold. Raises `BaselineError` with ``source`` and the line.
    """
    return _Reader(text, source).document()


class Members:
    """A JSON object that is asked for its members by name and type, and knows what to say if they do not fit."""

    def __init__(self, node: Node, source: Path, what: str) -> None:
        if node.members is None:
            raise damaged(source, node.line, f"{what} must be an object, not {_shown(node)}.")
        self.members = node.members
        self._own_line = node.line
        self._source = source
        self._what = what

    def line(self, name: str) -> int:
        """Return the line of a member, or the object's own where there is none of that name."""
        return self.members[name].line if name in self.members else self._own_line

    def fail(self, name: str, seen: str) -> BaselineError:
        """Return the error for a member of which ``seen`` is said."""
        return damaged(self._source, self.line(name), f"{name!r} {seen}.")

    def only(self, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
        """Raise `BaselineError` for a member that is in neither, and for one of ``names`` that is missing."""
        possible = (*names, *optional)
        for name in self.members:
            if name not in possible:
                raise self.fail(name, f"is nothing that {self._what} can hold; {', '.join(possible)} are")
        for name in names:
            self.node(name)

    def node(self, name: str) -> Node:
        """Return a member. Raises `BaselineError` where it is missing."""
        try:
            return self.members[name]
        except KeyError:
            raise self.fail(name, f"is missing in {self._what}") from None

    def child(self, name: str) -> Members:
        """Return a member that is an object. Raises `BaselineError` for what is none."""
        return Members(self.node(name), self._source, repr(name))

    def children(self) -> list[tuple[str, Members]]:
        """Return all members by name, each of which is an object. Raises `BaselineError` for what is none."""
        return [(name, self.child(name)) for name in self.members]

    def text(self, name: str) -> str:
        """Return a member that is a text. Raises `BaselineError` for what is none."""
        value = self.node(name).value
        if not isinstance(value, str):
            raise self.fail(name, f"must be a text, not {_shown(self.node(name))}")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``. Raises `BaselineError` for what is none."""
        value = self.node(name).value
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.fail(name, f"must be a whole number from {low} to {high}, not {_shown(self.node(name))}")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``. Raises `BaselineError` for what is none."""
        value = _number(self.node(name).value, low, high)
        if value is None:
            raise self.fail(name, f"must be a number from {low:g} to {high:g}, not {_shown(self.node(name))}")
        return value

    def numbers(self, name: str, low: float, high: float) -> tuple[float, ...]:
        """Return one or more numbers from ``low`` to ``high``. Raises `BaselineError` for what is none."""
        values = self.node(name).value
        found = [_number(value, low, high) for value in values] if isinstance(values, list) else []
        sound = tuple(value for value in found if value is not None)
        if not found or len(sound) != len(found):
            expected = f"must be a list of one or more numbers from {low:g} to {high:g}"
            raise self.fail(name, f"{expected}, not {_shown(self.node(name))}")
        return sound


class _Reader:
    """Walks the objects itself, to know lines and names; leaves every other value to the standard decoder."""

    def __init__(self, text: str, source: Path) -> None:
        self._text = text
        self._source = source
        self._line_ends = [at for at, character in enumerate(text) if character == "\n"]
        self._decoder = json.JSONDecoder(parse_constant=_refuse_constant)

    def document(self) -> Node:
        node, end = self._value(self._skip(0), 0)
        end = self._skip(end)
        if end != len(self._text):
            self._fail(end, "something follows the end of the document.")
        return node

    def _value(self, at: int, depth: int) -> tuple[Node, int]:
        if self._text[at : at + 1] == "{":
            return self._object(at, depth + 1)
        value, end = self._plain(at)
        return Node(value, self._line(at)), end

    def _object(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > _MAX_DEPTH:
            self._fail(at, "objects are nested too deep for a baseline.")
        members: dict[str, Node] = {}
        end = self._skip(at + 1)
        if self._text[end : end + 1] == "}":
            return Node(members, self._line(at)), end + 1
        while True:
            start = end
            name, end = self._name(start)
            if name in members:
                self._fail(start, f"{name!r} stands twice, first on line {members[name].line}.")
            end = self._expect(":", end)
            node, end = self._value(end, depth)
            members[name] = Node(node.value, self._line(start))
            end = self._skip(end)
            if self._text[end : end + 1] == "}":
                return Node(members, self._line(at)), end + 1
            end = self._expect(",", end)

    def _name(self, at: int) -> tuple[str, int]:
        if self._text[at : at + 1] != '"':
            self._fail(at, f"a name in double quotes is expected, not {self._seen(at)}.")
        name, end = self._plain(at)
        return str(name), end

    def _plain(self, at: int) -> tuple[object, int]:
        """Decode the value at ``at``. Its texts must be ones that can be written again."""
        try:
            value, end = self._decoder.raw_decode(self._text, at)
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except json.JSONDecodeError as error:
            self._fail(
                error.pos, f"this is no JSON: {error.msg[:1].lower()}{error.msg[1:]}, not {self._seen(error.pos)}."
            )
        except UnicodeEncodeError:
            self._fail(at, "a text holds half a character (a lone surrogate).")
        except (ValueError, RecursionError) as error:
            self._fail(at, f"this value cannot be read: {error}.")
        return value, end

    def _expect(self, mark: str, at: int) -> int:
        at = self._skip(at)
        if self._text[at : at + 1] != mark:
            self._fail(at, f"{mark!r} is expected, not {self._seen(at)}.")
        return self._skip(at + 1)

    def _skip(self, at: int) -> int:
        while self._text[at : at + 1] in _SPACE and at < len(self._text):
            at += 1
        return at

    def _seen(self, at: int) -> str:
        return repr(self._text[at : at + 12].splitlines()[0]) if at < len(self._text) else "the end of the file"

    def _line(self, at: int) -> int:
        return bisect.bisect_left(self._line_ends, at) + 1

    def _fail(self, at: int, seen: str) -> NoReturn:
        raise damaged(self._source, self._line(at), seen) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number that a baseline can hold")


def _number(value: object, low: float, high: float) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        return None
    return float(value)


def _shown(node: Node) -> str:
    if node.members is not None:
        return "an object"
    text = json.dumps(node.value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004  (a message stays on one line)
