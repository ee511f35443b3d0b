"""Execution graphs and layer times as text that git diffs well: a line a layer, and nothing in it that moves about."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_ovperf.errors import BaselineError

from .layers import Graph, Layer, Profile, unnumbered

if TYPE_CHECKING:
    from collections.abc import Iterator

_GRAPH = "ovperf execution graph, format 1"
_COLUMNS = "kind | kernel | precision | layout | shape | name | originals"
_TIMES = "ovperf layer times, format 1, microseconds, of graph"
_CALL = "whole call"
_FIELDS = 7
#: What stands for a field that is empty, for the layer's own name among its originals, and behind a name to number.
_EMPTY, _OWN, _NUMBERED = "-", "=", "#"
_ESCAPED = re.compile(r"[\\|,\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|^[ =-]| $")
_ESCAPE = re.compile(r"\\([0-9a-f]{1,4});")
_DIGITS = re.compile(r"\d{1,15}(?:\.\d{1,3})?")
#: A short name for a graph: so many digits of its digest.
_SHORT = 8


def graph_text(graph: Graph) -> str:
    """Return the text of a graph, which `read_graph` reads.

    A numbered name is written without its number: the place of the line says it, and what is added further up does not
    change the lines below.
    """
    return "\n".join([_GRAPH, _COLUMNS, *map(_line, graph.layers)]) + "\n"


def digest(graph: Graph) -> str:
    """Return the SHA-256 of the graph's text in hexadecimal; equal graphs, and only these, have equal ones."""
    return sha256(graph_text(graph).encode()).hexdigest()


def times_text(profile: Profile) -> str:
    """Return the times of a profile as text, in the order of execution, which `read_times` reads.

    Times have a tenth of a microsecond; the counters themselves have a whole one.
    """
    times = [(profile.call_ns, _CALL)]
    times += [(profile.times[name], _escaped(name)) for name in profile.graph.names if name in profile.times]
    lines = [f"{time_ns / 1e3:.1f} | {name}" for time_ns, name in times]
    return "\n".join([f"{_TIMES} {digest(profile.graph)[:_SHORT]}", *lines]) + "\n"


def read_graph(text: str, source: str) -> Graph:
    """Return the graph that `graph_text` wrote. Raises `BaselineError` naming ``source`` and the line."""
    reader = _Reader(text, source)
    reader.expect(1, _GRAPH)
    reader.expect(2, _COLUMNS)
    return Graph(tuple(reader.layer(number, line) for number, line in reader.lines(3)))


def read_times(text: str, graph: Graph, source: str) -> Profile:
    """Return the profile of ``graph`` that `times_text` wrote.

    Raises `BaselineError` naming ``source`` and the line, also for times of another graph.
    """
    reader = _Reader(text, source)
    reader.expect(1, f"{_TIMES} {digest(graph)[:_SHORT]}")
    call_ns = reader.time(2, _CALL)
    known, times = set(graph.names), dict[str, float]()
    for number, line in reader.lines(3):
        name = _plain(line.partition(" | ")[2])
        if name not in known or name in times:
            raise reader.damaged(number, f"{name!r} is no layer of the graph, or stands here twice.")
        times[name] = reader.time(number, _escaped(name))
    return Profile(graph, times, call_ns)


def not_as_written(source: str, seen: str) -> BaselineError:
    """Return the error for the file ``source``, which holds a graph or times; ``seen`` goes on after its name."""
    return BaselineError(
        f"Baseline file {source}{seen}",
        remedy=f"Restore the file from git (git checkout HEAD -- {source}; if a merge deleted or mixed it, with a"
        " commit from before in the place of HEAD), or record the baselines that name it anew: pytest"
        " --update-baselines",
    )


def _line(layer: Layer) -> str:
    shown = _escaped(unnumbered(layer.name)) + (_NUMBERED if layer.is_numbered else "")
    # A numbered name is read back without its number, so an original that is called so is written out.
    own = None if layer.is_numbered else layer.name
    originals = ", ".join(_OWN if original == own else _escaped(original) for original in layer.originals)
    fields = (layer.kind, layer.kernel, layer.precision, layer.layout, layer.shape)
    return " | ".join([*map(_escaped, fields), shown, originals or _EMPTY])


def _escaped(field: str) -> str:
    return _ESCAPED.sub(lambda found: f"\\{ord(found[0]):x};", field) or _EMPTY


def _plain(field: str) -> str:
    return "" if field == _EMPTY else _ESCAPE.sub(lambda found: chr(int(found[1], 16)), field)


class _Reader:
    """Reads lines, and knows what to say of those that do not fit."""

    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._lines = text.replace("\r\n", "\n").split("\n")
        if self._lines[-1]:
            raise self.damaged(len(self._lines), "the last line is not complete.")
        del self._lines[-1]

    def damaged(self, line: int, seen: str) -> BaselineError:
        """Return the error for a line."""
        return not_as_written(self._source, f", line {line}: {seen}")

    def expect(self, number: int, wanted: str) -> None:
        """Raise unless the line is as it must be."""
        line = self._line(number)
        if line != wanted:
            raise self.damaged(number, f"it must be {wanted!r}, not {line!r}.")

    def lines(self, first: int) -> Iterator[tuple[int, str]]:
        """Yield the lines from the ``first`` on, each with its number."""
        yield from enumerate(self._lines[first - 1 :], first)

    def layer(self, number: int, line: str) -> Layer:
        """Return the layer that a line describes."""
        fields = line.split(" | ")
        if len(fields) != _FIELDS:
            raise self.damaged(number, f"a layer has {_FIELDS} fields between ' | ', and here are {len(fields)}.")
        *plain, shown, originals = fields
        name = _plain(shown.removesuffix(_NUMBERED)) + (_NUMBERED if shown.endswith(_NUMBERED) else "")
        kind, kernel, precision, layout, shape = map(_plain, plain)
        return Layer(name, kind, kernel, precision, layout, shape, _originals(name, originals))

    def time(self, number: int, name: str) -> float:
        """Return the time of a line that must be about ``name``, in nanoseconds."""
        time, between, said = self._line(number).partition(" | ")
        if not between or said != name or not _DIGITS.fullmatch(time):
            raise self.damaged(number, f"it must be a time in microseconds, ' | ' and {name!r}.")
        return float(time) * 1e3

    def _line(self, number: int) -> str:
        return self._lines[number - 1] if number <= len(self._lines) else ""


def _originals(name: str, text: str) -> tuple[str, ...]:
    if text == _EMPTY:
        return ()
    return tuple(name if original == _OWN else _plain(original) for original in text.split(", "))
