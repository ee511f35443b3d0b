"""Alike things said once: what happened to a layer of each of twelve blocks is one line, with its count."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from math import log
from statistics import median
from typing import TYPE_CHECKING

from .layers import unnumbered

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

#: The number of a block, which is a part of its own in a name: ``encoder.layer.3.output``.
_BLOCK = re.compile(r"(?<=[./])\d+(?=[./]|$)")
#: The finer of two ways to fold is good enough if it says this share of everything in the lines that there are.
ENOUGH = 0.9
#: An item stays by itself if its time changed by a factor that is so many times its equals' …
UNLIKE = 1.3
#: … and it has this share of the weight of everything.
HEAVY = 0.1


@dataclass(frozen=True, slots=True)
class Item:
    """Something to say of a layer: its name, its kind, what there is to say, and the times where they are known.

    ``is_same`` tells that the layer is as it was: ``what`` is then its kernel.
    """

    name: str
    kind: str
    what: str
    old_ns: float = 0.0
    new_ns: float = 0.0
    is_same: bool = False

    @property
    def role(self) -> str:
        """The name with its block left open."""
        return _BLOCK.sub("*", unnumbered(self.name))

    @property
    def log_ratio(self) -> float:
        """The logarithm of the factor by which its time changed; a nanosecond keeps it finite."""
        return log((self.new_ns + 1) / (self.old_ns + 1))


@dataclass(frozen=True, slots=True)
class Fold:
    """Items of which the same can be said, the heaviest first. ``name`` leaves open in what they differ.

    ``is_loose`` tells that they play several roles in the model.
    """

    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        """The item's name; of several, the heaviest one's role."""
        return self.items[0].role if len(self.items) > 1 else self.items[0].name

    @property
    def is_loose(self) -> bool:
        """Whether the items play several roles in the model."""
        return len({item.role for item in self.items}) > 1

    @property
    def what(self) -> str:
        """What there is to say of each."""
        return self.items[0].what

    @property
    def is_same(self) -> bool:
        """Whether they are as they were."""
        return self.items[0].is_same

    @property
    def old_ns(self) -> float:
        """What they took together."""
        return sum(item.old_ns for item in self.items)

    @property
    def new_ns(self) -> float:
        """What they take together."""
        return sum(item.new_ns for item in self.items)

    @property
    def change_ns(self) -> float:
        """By how much longer they take together."""
        return self.new_ns - self.old_ns


def fold(items: Sequence[Item], lines: int, weight: Callable[[Fold], float]) -> tuple[Fold, ...]:
    """Return all items in folds, the heaviest first.

    Folded are those that play the same role in each block of the model; where ``lines`` of these do not hold most of
    the weight, all of a kind of which the same is to be said. What moved unlike its equals, and weighs much, stays by
    itself. ``weight`` of equals leaves them in the items' order.
    """
    whole = sum(weight(Fold((item,))) for item in items)

    def folded(key: Callable[[Item], Hashable]) -> tuple[Fold, ...]:
        together: defaultdict[Hashable, list[Item]] = defaultdict(list)
        for item in items:
            together[key(item)].append(item)
        folds = [
            its for members in together.values() for its in _apart(members, lambda it: weight(it) >= HEAVY * whole)
        ]
        return tuple(sorted(folds, key=weight, reverse=True))

    fine = folded(lambda item: (item.role, item.kind, item.what, item.is_same))
    if len(fine) <= lines or sum(map(weight, fine[:lines])) >= ENOUGH * sum(map(weight, fine)):
        return fine
    return folded(lambda item: (item.kind, item.what, item.is_same))


def _apart(items: Sequence[Item], is_heavy: Callable[[Fold], bool]) -> list[Fold]:
    """Return one fold of all that moved alike, and one for each heavy item that did not.

    Heavy ones that play the same role stay together where they moved like each other.
    """
    unlike = _unlike(items)
    single = [item for item in unlike if is_heavy(Fold((item,)))]
    rest = tuple(item for item in items if item not in single)
    by_role: defaultdict[str, list[Item]] = defaultdict(list)
    for item in single:
        by_role[item.role].append(item)
    apart = [(item,) for its in by_role.values() if _unlike(its) for item in its]
    alike = [tuple(its) for its in by_role.values() if not _unlike(its)]
    return [Fold(its) for its in (*alike, *apart, rest) if its]


def _unlike(items: Sequence[Item]) -> list[Item]:
    """Return the items whose times changed by another factor than is usual among them."""
    usual = median(item.log_ratio for item in items)
    return [item for item in items if abs(item.log_ratio - usual) > log(UNLIKE)]
