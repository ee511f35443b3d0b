"""How two execution graphs differ: kernels, precisions, layouts, fusions and conversions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from .alignment import Group, align
from .precisions import Move, moves
from .subsequence import common_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .layers import Graph, Layer, LayerTimes


class ChangeKind(StrEnum):
    """What happened, the most telling first where several things did."""

    PRECISION = "precision"
    SPLIT = "fusion lost"
    FUSED = "fusion gained"
    REPLACED = "replaced"
    KERNEL = "kernel"
    LAYOUT = "layout"
    SHAPE = "shape"
    CONVERSION_ADDED = "conversion added"
    CONVERSION_REMOVED = "conversion gone"
    ADDED = "added"
    REMOVED = "gone"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: layers of the old graph, and those of the new one that do their work.

    ``kinds`` is all that happened, the most telling first. ``old_ns`` and ``new_ns`` are what the layers took, ``None``
    where no times are known. No layer is in two changes.
    """

    kinds: tuple[ChangeKind, ...]
    old: tuple[Layer, ...]
    new: tuple[Layer, ...]
    old_ns: float | None = None
    new_ns: float | None = None

    @property
    def kind(self) -> ChangeKind:
        """What it is first of all."""
        return self.kinds[0]

    @property
    def chief(self) -> Layer:
        """The layer that it is called after: one that the model names and that computes, rather the new one."""
        return max((*self.new, *self.old), key=lambda it: (not it.is_idle, not it.is_conversion, not it.is_numbered))

    @property
    def is_idle(self) -> bool:
        """Whether it is only about layers that hand data on as they are."""
        return all(layer.is_idle for layer in (*self.old, *self.new))

    @property
    def weight(self) -> tuple[float, ...]:
        """What to sort by, the heaviest being the largest: the time gained or lost, then the time taken.

        Where neither is known, what computes is heavier than a conversion, and that than what hands data on; of two of
        a sort, what puts out more.
        """
        changed, taken = 0.0, 0.0
        if self.old_ns is not None and self.new_ns is not None:
            changed, taken = abs(self.new_ns - self.old_ns), max(self.old_ns, self.new_ns)
        layers = (*self.new, *self.old)
        computes = any(not layer.is_conversion and not layer.is_idle for layer in layers)
        return (changed, taken, not self.is_idle, computes, max((layer.elements for layer in layers), default=0))


@dataclass(frozen=True, slots=True)
class GraphChanges:
    """What differs between two graphs, the heaviest first; false where nothing does.

    ``old_layers`` and ``new_layers`` count the layers; ``renamed`` of them are as they were under another name.
    ``moves`` tell what became of the model's precision as a whole, where most of its layers changed theirs;
    ``conversions`` how many more of each type there are, or fewer.
    """

    changes: tuple[Change, ...]
    old_layers: int
    new_layers: int
    renamed: int = 0
    moves: tuple[Move, ...] = ()
    conversions: tuple[tuple[str, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)


def compare(
    old: Graph, new: Graph, old_times: LayerTimes | None = None, new_times: LayerTimes | None = None
) -> GraphChanges:
    """Return how the new graph differs from the old one. Times, where both sides' are given, say what weighs most."""
    groups = align(old, new)
    found = [change for group in groups for change in changes_in(group, old_times, new_times)]
    return GraphChanges(
        changes=tuple(sorted(found, key=lambda change: change.weight, reverse=True)),
        old_layers=sum(len(group.old) for group in groups),
        new_layers=sum(len(group.new) for group in groups),
        renamed=sum(_is_renamed(group) for group in groups),
        moves=moves(groups),
        conversions=_conversions(groups),
    )


def _conversions(groups: Sequence[Group]) -> tuple[tuple[str, int], ...]:
    """Return the types of conversions of which there are more now, or fewer, and by how many."""
    more = Counter(layer.kind for group in groups for layer in group.new if layer.is_conversion)
    more.subtract(layer.kind for group in groups for layer in group.old if layer.is_conversion)
    return tuple((kind, number) for kind, number in sorted(more.items()) if number)


def changes_in(
    group: Group, old_times: LayerTimes | None = None, new_times: LayerTimes | None = None
) -> tuple[Change, ...]:
    """Return what differs within one group of layers: conversions that came or went, and everything else in one."""
    pairs, old, new = _pairs(group)
    single = _is_separate(group)
    found = [Change((ChangeKind.CONVERSION_REMOVED,), (layer,), ()) for layer in old if single(layer)]
    found += [Change((ChangeKind.CONVERSION_ADDED,), (), (layer,)) for layer in new if single(layer)]
    found += _rest(group, pairs, [its for its in old if not single(its)], [its for its in new if not single(its)])
    if old_times is None or new_times is None:
        return tuple(found)
    return tuple(
        replace(change, old_ns=_taken(change.old, old_times), new_ns=_taken(change.new, new_times)) for change in found
    )


def _is_separate(group: Group) -> Callable[[Layer], bool]:
    """Return whether a layer without a counterpart is a change of its own: a conversion beside what computes."""
    mixed = all(any(not layer.is_conversion for layer in side) for side in (group.old, group.new))
    one_sided = not (group.old and group.new)
    return lambda layer: layer.is_conversion and (mixed or one_sided)


def _rest(
    group: Group, pairs: Sequence[tuple[Layer, Layer]], old: Sequence[Layer], new: Sequence[Layer]
) -> Iterator[Change]:
    """Yield what is no coming or going of conversions: one change, or none.

    ``old`` and ``new`` are the layers that have no counterpart. Where their work is now, or was, done by layers which
    look as they did, these belong to the change as well.
    """
    differing = [pair for pair in pairs if _differences(*pair)]
    regrouped = _regrouped(group, old, new)
    kinds = regrouped.union(*(_differences(*pair) for pair in differing))
    if not kinds:
        return
    before = [first for first, _ in differing] + list(old)
    after = [second for _, second in differing] + list(new)
    if regrouped & {ChangeKind.SPLIT, ChangeKind.FUSED} and not (before and after):
        before, after = [first for first, _ in pairs] + before, [second for _, second in pairs] + after
    yield Change(
        tuple(kind for kind in ChangeKind if kind in kinds),
        tuple(layer for layer in group.old if layer in before),
        tuple(layer for layer in group.new if layer in after),
    )


def _regrouped(group: Group, old: Sequence[Layer], new: Sequence[Layer]) -> set[ChangeKind]:
    """Return what became of layers without a counterpart: another layer does their work if it names their operation."""
    found = set()
    if _names(new) & _names(group.old):
        found.add(ChangeKind.SPLIT)
    if _names(old) & _names(group.new):
        found.add(ChangeKind.FUSED)
    if found or not (old or new):
        return found
    if old and new:
        return {ChangeKind.REPLACED}
    return {ChangeKind.REMOVED} if old else {ChangeKind.ADDED}


def _names(layers: Sequence[Layer]) -> frozenset[str]:
    """Return the operations that layers stand for, made-up ones included: within one group these are few."""
    return frozenset[str]().union(*(layer.model_names.union(layer.originals) for layer in layers))


def _pairs(group: Group) -> tuple[list[tuple[Layer, Layer]], list[Layer], list[Layer]]:
    """Return the counterparts within a group, and the layers of either side that have none.

    A name counts first, then looking alike, then the type, in order. Alone on both sides, they need have nothing in
    common.
    """
    old, new = list(group.old), list(group.new)
    named = {layer.name: layer for layer in new if not layer.is_numbered}
    pairs = [(layer, named[layer.name]) for layer in old if layer.name in named]
    old, new = _left(old, new, pairs)
    for key in (_looks, lambda layer: layer.kind):
        found = common_pairs([key(layer) for layer in old], [key(layer) for layer in new])
        matched = [(old[first], new[second]) for first, second in found]
        pairs += matched
        old, new = _left(old, new, matched)
    if len(group.old) == len(group.new) == len(old) == len(new) == 1:
        return [(old[0], new[0])], [], []
    return pairs, old, new


def _left(
    old: Sequence[Layer], new: Sequence[Layer], pairs: Sequence[tuple[Layer, Layer]]
) -> tuple[list[Layer], list[Layer]]:
    firsts, seconds = {first.name for first, _ in pairs}, {second.name for _, second in pairs}
    return [layer for layer in old if layer.name not in firsts], [layer for layer in new if layer.name not in seconds]


def _differences(old: Layer, new: Layer) -> tuple[ChangeKind, ...]:
    """Return what differs between counterparts."""
    compared = {
        ChangeKind.PRECISION: (old.precision, new.precision),
        ChangeKind.REPLACED: (old.kind, new.kind),
        ChangeKind.KERNEL: (old.kernel, new.kernel),
        ChangeKind.LAYOUT: (old.layout, new.layout),
        ChangeKind.SHAPE: (old.shape, new.shape),
    }
    return tuple(kind for kind, (before, after) in compared.items() if before != after)


def _looks(layer: Layer) -> tuple[str, ...]:
    return (layer.kind, layer.kernel, layer.precision, layer.layout, layer.shape)


def _taken(layers: Sequence[Layer], times: LayerTimes) -> float:
    return sum(times.get(layer.name, 0.0) for layer in layers)


def _is_renamed(group: Group) -> bool:
    return (
        len(group.old) == len(group.new) == 1
        and group.old[0].name != group.new[0].name
        and _looks(group.old[0]) == _looks(group.new[0])
    )
