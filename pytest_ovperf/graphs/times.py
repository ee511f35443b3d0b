"""Where the time went: layers of two profiles that do the same work, side by side, and what they do not explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .alignment import Group, align
from .changes import Change, changes_in
from .everywhere import SHARE, Everywhere, everywhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .layers import Layer, LayerTimes, Profile

#: Less than this share of a call is nothing to explain: two measurements of the same do not agree better.
CALM = 0.02
#: Profiled calls must show this part of the change that calls without counters show, to explain it.
REPRODUCED = 0.5
#: A larger share of the change is none that anybody could add up.
MOST_SHARE = 2.0


@dataclass(frozen=True, slots=True)
class GroupTime:
    """What a group of layers took in both graphs; a side that has no layers took nothing.

    ``chief`` is the layer that took most, which the group is called after.
    """

    group: Group
    old_ns: float
    new_ns: float
    chief: Layer
    changes: tuple[Change, ...] = ()

    @property
    def change_ns(self) -> float:
        """By how much longer it takes now; negative where it is faster."""
        return self.new_ns - self.old_ns


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the difference between two profiles lies; ``groups`` have the largest change first, whichever its sign.

    Together they hold each layer of both graphs once, so their times add up to ``old_layers_ns`` and
    ``new_layers_ns``. ``old_call_ns`` and ``new_call_ns`` are the calls' wall times while profiled.
    ``everywhere`` is the factor that what is the same in both graphs has in common, ``None`` where it has none.
    ``old_latency_ns`` and ``new_latency_ns`` are what calls took without counters, where that is known.
    """

    groups: tuple[GroupTime, ...]
    old_call_ns: float
    new_call_ns: float
    everywhere: Everywhere | None = None
    old_latency_ns: float | None = None
    new_latency_ns: float | None = None

    @property
    def old_layers_ns(self) -> float:
        """What the old graph's layers took together."""
        return sum(group.old_ns for group in self.groups)

    @property
    def new_layers_ns(self) -> float:
        """What the new graph's layers took together."""
        return sum(group.new_ns for group in self.groups)

    @property
    def layers_change_ns(self) -> float:
        """By how much longer the layers take together."""
        return self.new_layers_ns - self.old_layers_ns

    @property
    def call_change_ns(self) -> float:
        """By how much longer a call takes, while profiled."""
        return self.new_call_ns - self.old_call_ns

    @property
    def unexplained_ns(self) -> float:
        """What is left of a call's change when that of all layers is taken off: the time between and around them."""
        return self.call_change_ns - self.layers_change_ns

    @property
    def is_calm(self) -> bool:
        """Whether a profiled call takes about as long as it did."""
        return abs(self.call_change_ns) < CALM * self.old_call_ns

    @property
    def is_reproduced(self) -> bool:
        """Whether profiled calls show enough of the change that calls without counters show; true if not known."""
        if self.old_latency_ns is None or self.new_latency_ns is None or not self.old_latency_ns * self.old_call_ns:
            return True
        measured = self.new_latency_ns / self.old_latency_ns - 1
        return abs(measured) < CALM or self.call_change_ns / self.old_call_ns / measured >= REPRODUCED

    def share(self, change_ns: float) -> float:
        """Return a change as a share of a call's change, 0 where a call takes as long as it did."""
        return 0.0 if self.is_calm else change_ns / self.call_change_ns

    def telling_share(self, change_ns: float) -> float | None:
        """Return the same where it says something: ``None`` of what goes up here and down there."""
        share = self.share(change_ns)
        return share if not self.is_calm and -1 < share < MOST_SHARE else None


def attribute(old: Profile, new: Profile, latency_ns: tuple[float, float] | None = None) -> Attribution:
    """Return where the time went between two profiles.

    ``latency_ns`` is what a call took and takes without counters, as the comparison measured it.
    """
    groups = tuple(_timed(group, old.times, new.times) for group in align(old.graph, new.graph))
    old_latency_ns, new_latency_ns = latency_ns or (None, None)
    return Attribution(
        groups=tuple(sorted(groups, key=lambda group: (-abs(group.change_ns), -group.new_ns))),
        old_call_ns=old.call_ns,
        new_call_ns=new.call_ns,
        everywhere=_everywhere(groups),
        old_latency_ns=old_latency_ns,
        new_latency_ns=new_latency_ns,
    )


def _everywhere(groups: Sequence[GroupTime]) -> Everywhere | None:
    """Return the factor of what is the same in both graphs, if that is nearly all of the time."""
    same = [group for group in groups if all(change.is_idle for change in group.changes)]
    sides = [(sum(group.old_ns for group in its), sum(group.new_ns for group in its)) for its in (same, groups)]
    if any(part < SHARE * whole for part, whole in zip(*sides, strict=True)):
        return None
    return everywhere([(f"{group.chief.kind} {group.chief.kernel}", group.old_ns, group.new_ns) for group in same])


def _timed(group: Group, old_times: LayerTimes, new_times: LayerTimes) -> GroupTime:
    old = {layer: old_times.get(layer.name, 0.0) for layer in group.old}
    new = {layer: new_times.get(layer.name, 0.0) for layer in group.new}
    chief, _ = max([*new.items(), *old.items()], key=lambda entry: (entry[1], not entry[0].is_idle))
    return GroupTime(group, sum(old.values()), sum(new.values()), chief, changes_in(group, old_times, new_times))
