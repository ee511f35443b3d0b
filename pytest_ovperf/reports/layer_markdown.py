"""Execution graphs in a run's Markdown page: what changed in them, and where the time went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import layer_lines
from .markdown_text import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.runs.view import ComparisonView


def layers_markdown(view: ComparisonView) -> list[str]:
    """Return a list with its heading for each arm of which there is something to say."""
    return [
        "\n".join([f"{text(layer_lines.heading(each))}:", "", *(f"- {text(line)}" for line in layer_lines.lines(each))])
        for each in view.layers
        if layer_lines.lines(each)
    ]


def has_times(view: ComparisonView) -> bool:
    """Tell whether it is known where the time went in an arm."""
    return any(each.times is not None for each in view.layers)


def changed_graphs(views: Sequence[ComparisonView]) -> list[str]:
    """Return a list's line for each graph that changed without making anything slower."""
    notes = (
        note for view in views for note in layer_lines.noted(view.layers, view.model, view.kind, is_race=view.is_race)
    )
    return [f"- {text(note)}\n" for note in layer_lines.at_most(notes)]


def race_graphs(view: ComparisonView) -> list[str]:
    """Return what a race's row says of the graph, as far as both are known."""
    known = [each for each in view.layers if each.changes is not None]
    return [text(f"graph: {layer_lines.difference(each) or layer_lines.short(each)}") for each in known]
