"""What is known of execution graphs as reports take it: small, and free of the graphs themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.graphs.sentences import folded, heaviest_change, sentences
from pytest_ovperf.graphs.text import digest
from pytest_ovperf.graphs.wording import name_text

from .plain import whole_text
from .view import LayerGroupView, LayersView, LayerTimesView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.graphs.explained import Explained
    from pytest_ovperf.graphs.folding import Fold
    from pytest_ovperf.graphs.times import Attribution

#: So many groups of layers are kept; what lies behind them moves nothing, and files and pages stay small.
MOST_GROUPS = 60


def layers_views(explained: Sequence[Explained]) -> tuple[LayersView, ...]:
    """Return a view for each arm, in the same order."""
    return tuple(map(_layers, explained))


def _layers(known: Explained) -> LayersView:
    changes, attribution = known.changes, known.attribution
    folds = () if changes is None else folded(changes, attribution)
    return LayersView(
        arm=whole_text(known.arm),
        old=whole_text(known.old),
        digest=digest(known.graph) if known.graph.layers else "",
        layers=len(known.graph.layers),
        changes=None if changes is None else len(changes.changes),
        heaviest="" if changes is None else whole_text(heaviest_change(changes)),
        sentences=() if changes is None else tuple(map(whole_text, sentences(changes, attribution))),
        notes=tuple(whole_text(" ".join(note.split())) for note in known.notes),
        times=None if attribution is None else _times(attribution),
        groups=tuple(_group(fold, attribution) for fold in folds[:MOST_GROUPS]),
        others=_others(folds[MOST_GROUPS:], attribution) if len(folds) > MOST_GROUPS else None,
    )


def _times(found: Attribution) -> LayerTimesView:
    return LayerTimesView(
        old_call_ns=found.old_call_ns,
        new_call_ns=found.new_call_ns,
        old_layers_ns=found.old_layers_ns,
        new_layers_ns=found.new_layers_ns,
        everywhere=found.everywhere.factor if found.everywhere else None,
        reproduced=found.is_reproduced,
    )


def _group(fold: Fold, attribution: Attribution | None) -> LayerGroupView:
    return LayerGroupView(
        name=whole_text(name_text(fold.name)),
        layers=len(fold.items),
        what=whole_text(fold.what),
        changed=not fold.is_same,
        old_ns=None if attribution is None else fold.old_ns,
        new_ns=None if attribution is None else fold.new_ns,
        share=None if attribution is None else attribution.telling_share(fold.change_ns),
    )


def _others(folds: Sequence[Fold], attribution: Attribution | None) -> LayerGroupView:
    return LayerGroupView(
        name="",
        layers=sum(len(fold.items) for fold in folds),
        what="",
        changed=not all(fold.is_same for fold in folds),
        old_ns=None if attribution is None else sum(fold.old_ns for fold in folds),
        new_ns=None if attribution is None else sum(fold.new_ns for fold in folds),
        share=None if attribution is None else attribution.telling_share(sum(fold.change_ns for fold in folds)),
    )
