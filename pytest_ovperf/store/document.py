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
