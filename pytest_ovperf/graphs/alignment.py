"""Which layers of two execution graphs do the same work, even where they are fused otherwise or called otherwise."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .layers import is_numbered
from .subsequence import common_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence

    from .layers import Graph, Layer

    #: A layer of one of two graphs: the side (0 is old), and its place there.
    Place = tuple[int, int]

#: What quantisation and fusion hang on to the name of an operation that they build upon.
_DERIVED = re.compile(
    r"/Dequantization\w*$|/fq_(?:output|weights|input)_\d+$|(?:_\d+_\d+)?/nncf_smooth_quant$|/WithoutBiases$"
)
#: So many layers away an operation may be fused into another: about what a block of an encoder has.
NEAR = 16


@dataclass(frozen=True, slots=True)
class Group:
    """Layers of the old and the new graph that do the same work together; one side is empty where nothing answers."""

    old: tuple[Layer, ...]
    new: tuple[Layer, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All of them, the new ones first."""
        return (*self.new, *self.old)


def align(old: Graph, new: Graph) -> tuple[Group, ...]:
    """Return groups that hold each layer of both graphs exactly once, in the new graph's order.

    Layers belong together that share an operation of the model, by its name or by that of the operation from which
    quantisation derived it. What is left, since a new export or OpenVINO itself gave the names, is matched by its place
    between those: longest common subsequences over type and shape, then over the type alone (of conversions, also over
    how much they convert). A layer that stands for operations which OpenVINO made up is matched with its like
    elsewhere, or goes to the nearest group whose layers stand for them in the other graph. What then is left on both
    sides of one gap replaces each other, conversions excepted.
    """
    groups = _Groups((old.layers, new.layers))
    groups.connect(lambda layer: layer.model_names)
    groups.connect(_roots, only_single=True)
    groups.dissolve_single()
    groups.match(lambda layer: (layer.kind, layer.shape))
    groups.match(_kind_and_size)
    groups.match_moved()
    groups.adopt()
    groups.fill_gaps()
    return groups.result()


def _roots(layer: Layer) -> frozenset[str]:
    """Return what a layer's operations derive from. What hands data on does no work that a derived one could share."""
    return frozenset() if layer.is_idle else frozenset(map(_root, layer.model_names))


def _root(name: str) -> str:
    while (shorter := _DERIVED.sub("", name)) != name:
        name = shorter
    return name


def _kind_and_size(layer: Layer) -> Hashable:
    return (layer.kind, layer.elements if layer.is_conversion else None)


def _moving_mark(layer: Layer) -> Hashable:
    return (layer.kind, layer.shape, layer.originals)


class _Groups:
    """Sets of places that are joined step by step; a set is known by one of its places."""

    def __init__(self, sides: tuple[Sequence[Layer], Sequence[Layer]]) -> None:
        self._sides = sides
        self._places = self._of_side(0) + self._of_side(1)
        self._members: dict[Place, set[Place]] = {place: {place} for place in self._places}

    def connect(self, names: Callable[[Layer], Collection[str]], *, only_single: bool = False) -> None:
        """Join what shares a name; with ``only_single``, only sets of which one has no layer of the other graph."""
        holders: defaultdict[str, list[Place]] = defaultdict(list)
        for place in self._places:
            for name in names(self._layer(place)):
                holders[name].append(place)
        single = set(filter(self._is_single, self._places)) if only_single else set(self._places)
        for places in holders.values():
            self._join_holders(places, single)

    def dissolve_single(self) -> None:
        """Take sets without a layer of the other graph apart."""
        for place in list(filter(self._is_single, self._places)):
            self._members[place] = {place}

    def match(self, key: Callable[[Layer], Hashable]) -> None:
        """Join lone layers of both graphs with equal keys, in order, between the sets that hold both."""
        for old, new in self._gaps():
            marks = [[key(self._layer(place)) for place in places] for places in (old, new)]
            for first, second in common_pairs(*marks):
                self._join(old[first], new[second])

    def match_moved(self) -> None:
        """Join lone layers with their like elsewhere, in order, by the made-up operations that they stand for."""
        sides = [
            [place for place in self._of_side(side) if self._is_single(place) and self._made_up(place)]
            for side in (0, 1)
        ]
        marks = [[_moving_mark(self._layer(place)) for place in places] for places in sides]
        for first, second in common_pairs(*marks):
            self._join(sides[0][first], sides[1][second])

    def adopt(self) -> None:
        """Join lone layers to a near set if made-up operations of theirs have gone over to its other graph's layers."""
        for place in self._places:
            wanted = self._made_up(place)
            if not (wanted and self._is_single(place)):
                continue
            fitting = (near for near in self._neighbours(place) if wanted & self._gained(near, 1 - place[0]))
            if near := next(fitting, None):
                self._join(near, place)

    def fill_gaps(self) -> None:
        """Join what is alone on both sides between two neighbouring sets, leaving out conversions and idle layers."""
        for gap in self._gaps():
            replaceable = [list(filter(self._is_replaceable, places)) for places in gap]
            if all(replaceable):
                first, *rest = (place for places in replaceable for place in places)
                for place in rest:
                    self._join(first, place)

    def result(self) -> tuple[Group, ...]:
        """Return the sets in the new graph's order."""
        seen: set[Place] = set()
        groups = []
        for place in self._order():
            if place in seen:
                continue
            seen |= self._members[place]
            sides = [
                [self._layer(member) for member in sorted(self._members[place]) if member[0] == side] for side in (0, 1)
            ]
            groups.append(Group(tuple(sides[0]), tuple(sides[1])))
        return tuple(groups)

    def _order(self) -> Iterator[Place]:
        """Yield all places, those of the old graph that are alone before what followed them there."""
        ends = (len(self._sides[0]), len(self._sides[1]))
        done = (0, 0)
        for stop in [*self._anchors(), ends]:
            yield from filter(self._is_single, ((0, at) for at in range(done[0], stop[0])))
            yield from ((1, at) for at in range(done[1], min(stop[1] + 1, ends[1])))
            done = (stop[0] + 1, stop[1] + 1)

    def _gaps(self) -> list[tuple[list[Place], list[Place]]]:
        """Return the lone layers of the old and of the new graph between any two neighbouring sets of both."""
        ends = (len(self._sides[0]), len(self._sides[1]))
        gaps = []
        for before, after in pairwise([(-1, -1), *self._anchors(), ends]):
            old, new = ([(side, at) for at in range(before[side] + 1, after[side])] for side in (0, 1))
            gaps.append((list(filter(self._is_single, old)), list(filter(self._is_single, new))))
        return gaps

    def _anchors(self) -> list[tuple[int, int]]:
        """Return the places, old and new, of as many sets of both graphs as follow each other in the same order."""
        marks = [
            [None if self._is_single(place) else min(self._members[place]) for place in self._of_side(side)]
            for side in (0, 1)
        ]
        # What is alone has no like: a place of its own, which the other side has not.
        return common_pairs(*([mark or (side, at) for at, mark in enumerate(marks[side])] for side in (0, 1)))

    def _of_side(self, side: int) -> list[Place]:
        return [(side, at) for at in range(len(self._sides[side]))]

    def _neighbours(self, place: Place) -> Iterator[Place]:
        """Yield layers of the same graph that are in sets of both, the nearest first."""
        side, at = place
        for away in range(1, NEAR + 1):
            for near in (at - away, at + away):
                if 0 <= near < len(self._sides[side]) and not self._is_single((side, near)):
                    yield (side, near)

    def _made_up(self, place: Place) -> Counter[str]:
        return Counter(name for name in self._layer(place).originals if is_numbered(name))

    def _gained(self, place: Place, side: int) -> Counter[str]:
        """Return the made-up operations that the set's layers of one side stand for and those of the other do not."""
        ours, theirs = Counter[str](), Counter[str]()
        for member in self._members[place]:
            (ours if member[0] == side else theirs).update(self._made_up(member))
        return ours - theirs

    def _join_holders(self, places: Iterable[Place], joinable: Collection[Place]) -> None:
        first, *rest = places
        for place in rest:
            if place in joinable or first in joinable:
                self._join(first, place)

    def _join(self, first: Place, second: Place) -> None:
        if self._members[first] is not self._members[second]:
            joined = self._members[first] | self._members[second]
            for place in joined:
                self._members[place] = joined

    def _layer(self, place: Place) -> Layer:
        return self._sides[place[0]][place[1]]

    def _is_single(self, place: Place) -> bool:
        return len({side for side, _ in self._members[place]}) == 1

    def _is_replaceable(self, place: Place) -> bool:
        layer = self._layer(place)
        return self._is_single(place) and not layer.is_conversion and not layer.is_idle
