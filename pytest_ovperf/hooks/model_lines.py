"""The lines of the ini value ``ov_models``: ``name = source [shape=…] [inputs=…] [calibration=…] [score=…]``."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.models.described import Model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ovperf.models.described import Shape

_FORM = "name = source [shape=1x128] [inputs=module:function] [calibration=module:function] [score=module:function]"
_WORDS = ("shape", "inputs", "calibration", "score")
#: A keyword of a line, or the end of it; text in quotation marks has neither.
_KEYWORD = re.compile(r"\"[^\"]*\"|'[^']*'|\s(?P<word>[A-Za-z_]\w*)\s*=|.")
_SIZE = re.compile(r"[0-9]+(?:\.\.[0-9]+)?")


def parse_line(line: str) -> tuple[str, Model]:
    """Return the name and the model of one line. A source may have spaces. Raises `SettingsError` naming the line."""
    name, equals, rest = line.partition("=")
    parts = list(_parts(f" {rest}"))
    words = [word for word, _ in parts[1:]]
    source = parts[0][1]
    if not equals or not source:
        raise _error(line, "it names no model" if equals else "it has no =", f"Write {_FORM}.")
    for word, value in parts[1:]:
        if word not in _WORDS:
            near = difflib.get_close_matches(word, _WORDS, n=1)
            hint = f"Did you mean {near[0]}=?" if near else f"There are {', '.join(f'{known}=' for known in _WORDS)}."
            raise _error(
                line, f"it has an unknown keyword {word!r}", f"{hint} A source with such text goes in quotation marks."
            )
        if words.count(word) > 1:
            raise _error(line, f"it says {word}= twice", "Leave one out.")
        if not value:
            raise _error(line, f"there is nothing behind {word}=", f"Write {_FORM}.")
    said = dict(parts[1:])
    return name.strip(), Model(
        source,
        shape=_shape(said["shape"], line) if "shape" in said else None,
        inputs=said.get("inputs"),
        calibration=said.get("calibration"),
        score=said.get("score"),
    )


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the keywords of a line, each with what is behind it; the source comes first, without one."""
    word, start = "", 0
    for found in _KEYWORD.finditer(text):
        if found["word"]:
            yield word, _bare(text[start : found.start()])
            word, start = found["word"], found.end()
    yield word, _bare(text[start:])


def _bare(value: str) -> str:
    """Return ``value`` without the white space and the quotation marks around it."""
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1].strip() if quoted else value


def _shape(text: str, line: str) -> Shape:
    if ":" not in text:
        return tuple(_sizes(text, line))
    shapes: dict[str, tuple[int, ...]] = {}
    for part in text.split(","):
        name, colon, sizes = (each.strip() for each in part.rpartition(":"))
        dims = _sizes(sizes, line) if colon and name else []
        if not dims or name in shapes:
            raise _error(line, f"its shape {text!r} has {part.strip()!r}", _SHAPES)
        if not all(isinstance(dim, int) for dim in dims):
            raise _error(line, f"its shape gives bounds to {name!r} alone", _SHAPES)
        shapes[name] = tuple(int(dim) for dim in dims)
    return shapes


_SHAPES = "Write shape=1x128, shape=1x1..128, or of several inputs shape=input_ids:1x128,pixel_values:1x3x224x224."


def _sizes(text: str, line: str) -> list[int | str]:
    sizes = text.strip().split("x")
    if not all(_SIZE.fullmatch(size) for size in sizes):
        raise _error(line, f"{text!r} is no shape", _SHAPES)
    return [size if ".." in size else int(size) for size in sizes]


def _error(line: str, seen: str, remedy: str) -> SettingsError:
    return SettingsError(f"The line {line!r} of the ini value ov_models cannot be read: {seen}.", remedy=remedy)
