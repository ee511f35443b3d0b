"""The names of the files that hold execution graphs and layer times, beside a machine's baselines.

::

    graphs/minilm-openvino-int8-infer-1x64.1a2b3c4d.graph.txt
    graphs/minilm-openvino-int8-infer-1x64.1a2b3c4d.5e6f7a8b.times.txt

Model, arm and workload are for people. The digests say what is inside: the first that of the graph, the second that of
the times. So a file is never changed once it is there, tests of one arm and workload that have the same share it, and
the name of times tells which graph they are of: usually the arm's own. It is another where counters made a device
compile another, and where a whole generation was timed: that leaves other shapes than the two tokens after which an
arm's graph is read.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Side

from .keys import parts_of

if TYPE_CHECKING:
    from pytest_ovperf.records import LayerFiles

#: The folder within a machine's own.
FOLDER = "graphs"

_DIGITS = 8
_STEM = "[a-z0-9_-]{1,100}"
_DIGEST = rf"[0-9a-f]{{{_DIGITS}}}"
_GRAPH = re.compile(rf"{_STEM}\.{_DIGEST}\.graph\.txt")
_TIMES = re.compile(rf"{_STEM}\.{_DIGEST}\.{_DIGEST}\.times\.txt")
_UNPORTABLE = re.compile(r"[^a-z0-9_]+")
#: How much of model, arm and workload is told: Windows wants a whole path within 260 characters.
_MOST_MODEL, _MOST_ARM, _MOST_WORKLOAD = 32, 40, 24


def stem(label: str, side: Side) -> str:
    """Return how the files of one side of a comparison begin: model, arm and workload, from its label.

    Lower-case letters, digits, ``_`` and hyphens only, which are one name on every system, whatever a model is called;
    of a long name of a model, such as a path, it is the end.
    """
    model, arms, workload = parts_of(label) or (label, "", "")
    candidate, _, reference = arms.partition(" over ")
    arm, _, _ = (candidate if side is Side.CANDIDATE else reference).partition(" on ")
    words = (_word(model)[-_MOST_MODEL:], _word(arm or side)[:_MOST_ARM], _word(workload)[:_MOST_WORKLOAD])
    return "-".join(word.strip("-") for word in words if word.strip("-"))


def digest_of(text: str) -> str:
    """Return the digits that a file's name has for its ``text``."""
    return sha256(text.encode()).hexdigest()[:_DIGITS]


def graph_name(stem: str, graph: str) -> str:
    """Return the name of the file of a graph with the text ``graph``."""
    return f"{stem}.{digest_of(graph)}.graph.txt"


def times_name(stem: str, graph: str, times: str) -> str:
    """Return the name of the file with the text ``times``, which are of a graph with the text ``graph``."""
    return f"{stem}.{digest_of(graph)}.{digest_of(times)}.times.txt"


def is_graph(name: str) -> bool:
    """Tell whether a file's name is one of a graph."""
    return _GRAPH.fullmatch(name) is not None


def is_times(name: str) -> bool:
    """Tell whether a file's name is one of layer times."""
    return _TIMES.fullmatch(name) is not None


def digest_in(name: str) -> str:
    """Return the digits that a name of either kind has for its file's own text."""
    return name.split(".")[-3]


def graph_of(times: str) -> str:
    """Return the name of the graph that times of that name are of."""
    stem, graph, *_ = times.split(".")
    return f"{stem}.{graph}.graph.txt"


def graphs(files: LayerFiles) -> tuple[str, ...]:
    """Return the graphs that a baseline needs: the arm's, and that of its times where it is another."""
    return tuple(dict.fromkeys((files.graph, *([graph_of(files.times)] if files.times else []))))


def _word(text: str) -> str:
    return _UNPORTABLE.sub("-", text.lower())
