"""The folder of execution graphs and layer times: files that are written once, checked when read, removed unnamed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.errors import BaselineError
from pytest_ovperf.graphs.text import graph_text, not_as_written, read_graph, read_times, times_text
from pytest_ovperf.records import LayerFiles

from . import files, layer_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_ovperf.graphs.layers import Graph, Profile


@dataclass(frozen=True, slots=True)
class KeptLayers:
    """What is kept of an arm's layers: its execution graph, and what its layers took where that is known.

    The profile's graph may be another than the arm's, for the reasons that `layer_names` has. Both are kept then.
    """

    graph: Graph
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class LayerTexts:
    """`KeptLayers` as they are written: the names that a baseline gets, and the text of each file by its name."""

    files: LayerFiles
    texts: Mapping[str, str]


def spelled(kept: KeptLayers, stem: str) -> LayerTexts:
    """Return the files of an arm, all of whose names begin with ``stem``.

    Raises `BaselineError` for times that could not be read again.
    """
    graph = graph_text(kept.graph)
    graph_name = layer_names.graph_name(stem, graph)
    if kept.profile is None:
        return LayerTexts(LayerFiles(graph_name), {graph_name: graph})
    own, times = graph_text(kept.profile.graph), times_text(kept.profile)
    own_name, times_name = layer_names.graph_name(stem, own), layer_names.times_name(stem, own, times)
    try:
        read_times(times, kept.profile.graph, times_name)
    except BaselineError as error:
        raise BaselineError(
            f"These layer times are not written, since they could not be read again. {error.seen}",
            remedy="The profile gave values that no time can have; look at the test's own output.",
        ) from error
    return LayerTexts(LayerFiles(graph_name, times_name), {graph_name: graph, own_name: own, times_name: times})


class LayerFolder:
    """The folder of one machine's graphs and times.

    A file is named after what is in it, so it never changes, and whoever reads needs no lock.
    """

    def __init__(self, path: Path) -> None:
        """Take the folder's ``path``; it need not exist."""
        self.path = path

    def write(self, texts: Mapping[str, str]) -> None:
        """Make the files of ``texts`` that are not there, and mend those that are damaged."""
        for name, text in texts.items():
            path = self.path / name
            with contextlib.suppress(BaselineError):  # what cannot be read is not as it was written
                if _with_unix_ends(files.read_text(path)) == text:
                    continue
            files.replace_text(path, text)

    def read(self, named: LayerFiles) -> KeptLayers:
        """Return what a baseline names.

        Raises `BaselineError` with file, line and remedy for a file that is missing, damaged or not the one that was
        written under its name.
        """
        graphs = {name: self._graph(name) for name in layer_names.graphs(named)}
        times = self._times(named.times, graphs[layer_names.graph_of(named.times)]) if named.times else None
        return KeptLayers(graphs[named.graph], times)

    def damage(self, named: Iterable[LayerFiles]) -> Iterator[tuple[str, BaselineError]]:
        """Yield the name of each file with which something is wrong, and what. Each file is read once."""
        every = list(named)
        graphs: dict[str, Graph | None] = {}
        for name in dict.fromkeys(graph for its in every for graph in layer_names.graphs(its)):
            try:
                graphs[name] = self._graph(name)
            except BaselineError as error:
                graphs[name] = None
                yield name, error
        for name in dict.fromkeys(its.times for its in every if its.times):
            graph = graphs[layer_names.graph_of(name)]
            try:
                # Times of a graph that cannot be read cannot be read either, which is said already.
                if graph is not None:
                    self._times(name, graph)
            except BaselineError as error:
                yield name, error

    def remove_all_but(self, named: Iterable[LayerFiles]) -> None:
        """Remove the graphs and times that nothing ``named`` needs; other files in the folder are nobody's business.

        What cannot be removed stays: on Windows another run may be reading it. The next one removes it.
        """
        needed = {name for its in named for name in (its.times, *layer_names.graphs(its))}
        for path in sorted(self.path.glob("*.txt")):
            ours = layer_names.is_graph(path.name) or layer_names.is_times(path.name)
            if ours and path.name not in needed:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _graph(self, name: str) -> Graph:
        text = self._text(name)
        graph = read_graph(text, str(self.path / name))
        self._must_be_the_written(name, text)
        return graph

    def _times(self, name: str, graph: Graph) -> Profile:
        text = self._text(name)
        profile = read_times(text, graph, str(self.path / name))
        self._must_be_the_written(name, text)
        return profile

    def _text(self, name: str) -> str:
        path = self.path / name
        text = _with_unix_ends(files.read_text(path))
        if text is None:
            raise not_as_written(str(path), " is missing, and a baseline names it.")
        return text

    def _must_be_the_written(self, name: str, text: str) -> None:
        """Raise for what was edited, or merged by git out of two files that had one ancestor."""
        if layer_names.digest_of(text) != layer_names.digest_in(name):
            seen = ": this is not what was written under that name; its digest differs."
            raise not_as_written(str(self.path / name), seen)


def _with_unix_ends(text: str | None) -> str | None:
    return None if text is None else text.replace("\r\n", "\n")
