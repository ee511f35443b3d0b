"""What two graphs and their times come to, in few sentences: the heaviest first, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .folding import Fold, Item, fold
from .wording import (
    change_text,
    count_text,
    factor_text,
    layer_text,
    name_text,
    percent_text,
    signed_text,
    time_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .changes import Change, GraphChanges
    from .times import Attribution, GroupTime

#: So many lines about layers at most: with those about the whole, a reader sees eight.
LINES = 5
MOST_LINES = 8
#: Folds that moved less than this share of the whole are not named one by one …
LEAST_PART = 0.03
#: … nor those whose kernels stayed below this one, where what changed in the graph accounts for most of it.
LEAST_IF_SAME = 0.1
#: Where kernels stayed, layers that take up to this part more than they did of what the call takes more are not named
#: either, unless that is much of the whole: it is what repeated measurements differ by.
USUAL = 0.5
#: Where a call takes as long as it did, they have to have moved by this share of it.
LEAST_IF_CALM = 0.1
#: A change of less than this share of the whole counts as none.
LEAST_SAID = 0.005
#: What goes beyond a factor common to all layers is told from this share of the whole change on.
BEYOND = 0.1
#: From this share of the change on, time that no layer took is a finding of its own.
MUCH = 0.3
#: So many conversions more or fewer are a finding of their own.
SEVERAL = 2
#: Names are worth a line when so many layers have new ones: the model was exported anew.
MANY_RENAMED = 0.5
#: From this factor on, a kernel that stayed is not slower by itself.
DENORMAL = 8
_DENORMALS = (
    "a kernel that stayed and is that much slower may have been given denormal numbers: look at what it takes in, or"
    " let CPU_DENORMALS_OPTIMIZATION=YES take them for 0"
)
_MACHINE = "threads, the clock, memory and other work on the machine"


def sentences(changes: GraphChanges, attribution: Attribution | None = None) -> list[str]:
    """Return what there is to say of two graphs and, where both were profiled, of where the time went.

    At most eight lines, the heaviest first: each a text of its own, without a mark in front. Without times, they are
    about the graphs alone, and empty where these are the same. With times, what changed in the graph is said where it
    took or saved time.
    """
    if attribution is None:
        return _of_graphs(changes)
    return _of_times(changes, attribution)


def heaviest_change(changes: GraphChanges) -> str:
    """Return what the heaviest difference is and where, as a clause: ``FullyConnected int8 → f32 in 12 layers``.

    Empty where nothing differs.
    """
    folds = _folded(changes)
    if not folds:
        return "".join(_of_graphs(changes)[:1]) if changes else ""
    where = count_text(len(folds[0].items)) if len(folds[0].items) > 1 else name_text(folds[0].name)
    return f"{folds[0].what} in {where}"


def folded(changes: GraphChanges, attribution: Attribution | None = None) -> tuple[Fold, ...]:
    """Return what changed in the graph or, with times, all layers that took time or changed; the heaviest first.

    Layers that play the same role in each block of the model, and of which the same is to be said, are one.
    """
    if attribution is None:
        items = [_changed(change) for change in changes.changes if not change.is_idle]
    else:
        items = [_timed(group) for group in attribution.groups if group.old_ns + group.new_ns > 0 or _differs(group)]
    has_times = any(item.old_ns or item.new_ns for item in items)
    return fold(items, len(items), _change_ns if has_times else _number)


def _differs(group: GroupTime) -> bool:
    return any(not change.is_idle for change in group.changes)


def _of_graphs(changes: GraphChanges) -> list[str]:
    folds = _folded(changes)
    lines = (_precisions(changes) or _conversions(changes)) + [_named(its) for its in folds[:LINES]]
    left = sum(len(its.items) for its in folds[LINES:])
    if left:
        lines.append(f"{count_text(left, 'further change')} in the graph")
    idle = sum(change.is_idle for change in changes.changes)
    if idle and not lines:
        does = "that only hands data on differs" if idle == 1 else "that only hand data on differ"
        lines.append(f"{count_text(idle)} {does} in precision, layout or shape")
    return lines + _renamed(changes)


def _folded(changes: GraphChanges) -> tuple[Fold, ...]:
    """Return what differs, so that few lines tell most of it."""
    telling = [change for change in changes.changes if not change.is_idle]
    has_times = any(change.old_ns is not None for change in telling)
    return fold([_changed(change) for change in telling], LINES, _change_ns if has_times else _number)


def _number(its: Fold) -> float:
    return len(its.items)


def _precisions(changes: GraphChanges) -> list[str]:
    """Return what became of the model's precision as a whole, if anything."""
    return [
        f"{'all' if move.layers == move.of else f'{move.layers} of the'} {count_text(move.of)} that computed in"
        f" {move.old} compute in {move.new} now"
        for move in changes.moves[:1]
    ]


def _conversions(changes: GraphChanges) -> list[str]:
    """Return how often data are brought into another form, where that is several times more or less than before."""
    more = sum(number for _, number in changes.conversions)
    if abs(more) < SEVERAL:
        return []
    kinds = ", ".join(f"{abs(number)} {kind}" for kind, number in changes.conversions if number * more > 0)
    than, often = ("more than before", "more often") if more > 0 else ("fewer than before", "less often")
    what = f"{count_text(abs(more), 'conversion')} {than} ({kinds})"
    return [f"{what}: the data's layout or type changes {often} on the way"]


def _renamed(changes: GraphChanges) -> list[str]:
    if changes.renamed < MANY_RENAMED * changes.new_layers or not changes.renamed:
        return []
    does = "does" if changes.renamed == 1 else "do"
    return [f"{count_text(changes.renamed)} of {changes.new_layers} {does} the same as before under another name"]


def _of_times(changes: GraphChanges, attribution: Attribution) -> list[str]:
    lines = [_whole(attribution)]
    if not attribution.is_reproduced:
        lines.append(_not_reproduced(attribution))
    lines += _precisions(changes)
    room = LINES + 1 - len(lines)
    folds = fold([_timed(group) for group in attribution.groups], room, _change_ns)
    if attribution.everywhere:
        lines += _beyond(changes, [its for its in folds if _is_beyond(its, attribution)][:room], attribution)
    else:
        lines += _heaviest(folds, room, attribution)
    lines += _unexplained(attribution)
    return lines + _renamed(changes)[: MOST_LINES - len(lines)]


def _whole(attribution: Attribution) -> str:
    old, new = time_text(attribution.old_call_ns), time_text(attribution.new_call_ns)
    if attribution.is_calm:
        return f"with counters on, a call takes {new}, about as long as it did ({old})"
    share = attribution.call_change_ns / attribution.old_call_ns
    said = f"with counters on, a call takes {new} and took {old} ({signed_text(attribution.call_change_ns)},"
    layers = _together("its layers", attribution.layers_change_ns, attribution)
    return f"{said} {'+' if share > 0 else ''}{percent_text(share)}), {layers}"


def _not_reproduced(attribution: Attribution) -> str:
    old, new = (time_text(taken or 0.0) for taken in (attribution.old_latency_ns, attribution.new_latency_ns))
    return (
        f"the comparison saw {new} instead of {old}; with counters on, most of that was not there, so what follows does"
        " not explain it"
    )


def _beyond(changes: GraphChanges, folds: Sequence[Fold], attribution: Attribution) -> list[str]:
    """Return what slowed everything, and what goes beyond that; this first where it is much of the whole, and new."""
    changed = [its for its in folds if not its.is_same]
    if attribution.share(sum(its.change_ns for its in changed)) < MUCH:
        return [_everywhere(changes, attribution), *(f"beyond that, {_moved(its, attribution)}" for its in folds)]
    rest = [f"beyond that, {_moved(its, attribution)}" for its in folds if its not in changed]
    return [*(_moved(its, attribution) for its in changed), _everywhere(changes, attribution, is_all=False), *rest]


def _everywhere(changes: GraphChanges, attribution: Attribution, *, is_all: bool = True) -> str:
    found = attribution.everywhere
    assert found is not None  # noqa: S101
    factor, low, high = (value if found.factor > 1 else 1 / value for value in (found.factor, found.low, found.high))
    speed = "slower" if found.factor > 1 else "faster"
    alike = (
        f"is {speed} by about the same factor, {factor_text(factor)} (most of the time between"
        f" {factor_text(min(low, high))} and {factor_text(max(low, high))})"
    )
    if not is_all:
        return f"what stayed as it was {alike}: look at {_MACHINE} as well"
    differs = any(not change.is_idle for change in changes.changes)
    graph = "though the graph differs here and there" if differs else "and the graph is the same"
    return f"nearly every layer {alike}, {graph}: look at {_MACHINE} rather than at one kernel"


def _heaviest(folds: Sequence[Fold], room: int, attribution: Attribution) -> list[str]:
    """Return a line for each fold that moved the whole, and one for all others together."""
    least = LEAST_PART * max(abs(attribution.call_change_ns), abs(attribution.layers_change_ns))
    if attribution.is_calm:
        least = LEAST_IF_CALM * attribution.old_call_ns
    named = [its for its in folds[:room] if abs(its.change_ns) >= least and not _is_usual(its, folds, attribution)]
    if attribution.is_calm and not named:
        return []
    lines = [_moved(its, attribution) for its in named]
    rest = [its for its in folds if its not in named and its.old_ns + its.new_ns > 0]
    if rest:
        lines.append(_others(rest, attribution))
    return lines


def _is_usual(its: Fold, folds: Sequence[Fold], attribution: Attribution) -> bool:
    """Tell whether layers whose kernels stayed moved no more than they do by themselves."""
    if attribution.is_calm or not its.is_same:
        return False
    share = abs(attribution.share(its.change_ns))
    changed = sum(each.change_ns for each in folds if not each.is_same)
    if share < LEAST_IF_SAME and attribution.share(changed) > 1 - MUCH:
        return True
    usual = USUAL * abs(attribution.call_change_ns) / attribution.old_call_ns
    return share < MUCH and abs(its.change_ns) < usual * its.old_ns


def _others(rest: Sequence[Fold], attribution: Attribution) -> str:
    others = f"the other {count_text(sum(len(its.items) for its in rest))}"
    return _together(others, sum(its.change_ns for its in rest), attribution)


def _together(layers: str, change_ns: float, attribution: Attribution) -> str:
    whole = attribution.old_call_ns if attribution.is_calm else abs(attribution.call_change_ns)
    if abs(change_ns) < LEAST_SAID * whole or not change_ns:
        return f"{layers} together as before"
    return f"{layers} together {signed_text(change_ns)}{_share(change_ns, attribution)}"


def _moved(its: Fold, attribution: Attribution) -> str:
    old, new = time_text(its.old_ns), time_text(its.new_ns)
    change = f"{signed_text(its.change_ns)}{_share(its.change_ns, attribution)}"
    hint = f"; {_DENORMALS}" if _is_denormal(its, attribution) else ""
    return f"{_named(its)}: {old} → {new}, {change}{hint}"


def _is_denormal(its: Fold, attribution: Attribution) -> bool:
    """Tell whether much of the change is layers' whose kernel stayed and takes many times as long. Bytes have none."""
    if not its.is_same or its.what.endswith("int8"):
        return False
    return its.new_ns > DENORMAL * its.old_ns > 0 and attribution.share(its.change_ns) > MUCH


def _unexplained(attribution: Attribution) -> list[str]:
    """Return what no layer took, where that is more than what measuring again would leave."""
    left = attribution.unexplained_ns
    if abs(left) < max(BEYOND * abs(attribution.call_change_ns), 0.01 * attribution.old_call_ns):
        return []
    line = f"not explained by layers: {signed_text(left)}{_share(left, attribution)}, between and around them"
    if left > MUCH * abs(attribution.call_change_ns):
        line += ": starting threads, handing over inputs and outputs, or waiting for the processor"
    return [line]


def _named(its: Fold) -> str:
    name = name_text(its.name)
    if len(its.items) > 1:
        name = f"{count_text(len(its.items))} {'such as' if its.is_loose else 'like'} {name}"
    return f"{name} ({its.what}, same kernel)" if its.is_same else f"{name} ({its.what})"


def _share(change_ns: float, attribution: Attribution) -> str:
    share = attribution.telling_share(change_ns)
    return "" if share is None else f" ({percent_text(share)} of the change)"


def _change_ns(its: Fold) -> float:
    return abs(its.change_ns)


def _is_beyond(its: Fold, attribution: Attribution) -> bool:
    """Tell whether layers moved by much more than the factor that all have in common, or the other way."""
    factor, whole = attribution.everywhere.factor if attribution.everywhere else 1.0, attribution.layers_change_ns
    beyond = its.new_ns - its.old_ns * factor
    return abs(beyond) >= BEYOND * abs(whole) and (beyond * whole > 0 or its.change_ns * whole < 0)


def _changed(change: Change) -> Item:
    return Item(change.chief.name, change.chief.kind, change_text(change), change.old_ns or 0.0, change.new_ns or 0.0)


def _timed(group: GroupTime) -> Item:
    said = "; ".join(change_text(change) for change in group.changes if not change.is_idle)
    what = said or layer_text(group.chief)
    return Item(group.chief.name, group.chief.kind, what, group.old_ns, group.new_ns, is_same=not said)
