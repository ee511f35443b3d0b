"""What is said of execution graphs in lines of text: under a failure, in the summary, beside a race, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind

from . import figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_ovperf.runs.view import LayersView

#: Lines about one arm.
MOST_LINES = 8
#: Notes of a run about graphs that changed and nothing else: after a new release there may be one for every model.
MOST_NOTES = 10
_RELEASE = "OpenVINO "


def heading(view: LayersView, where: str = "") -> str:
    """Return what stands above an arm's lines: ``Layers of openvino-int8, now and in the baseline of 2026-11-21``.

    ``where`` is what the arm is measured with, if that needs saying.
    """
    about = f"{view.arm} ({where})" if where else view.arm
    return f"Layers of {about}{f', now and {_beside(view)}' if view.old else ''}"


def lines(view: LayersView) -> tuple[str, ...]:
    """Return all that there is to say of an arm, the heaviest first, in so many lines at most; empty for nothing."""
    notes = view.notes[:MOST_LINES]
    return (*view.sentences[: MOST_LINES - len(notes)], *notes)


def telling(view: LayersView) -> str:
    """Return the one line that tells most: of times, the first about layers.

    Empty where nothing happened, and where layers do not explain what did.
    """
    if view.times is None:
        return next(iter(view.sentences), "")
    if not view.times.reproduced:
        return view.heaviest
    return next(iter(view.sentences[1:2]), view.heaviest)


def difference(view: LayersView) -> str:
    """Return how many differences there are and the heaviest, as a clause; empty where there is none."""
    if not view.changes:
        return ""
    if view.changes == 1:
        return view.heaviest
    return f"{figures.count(view.changes, 'change')}, the heaviest {view.heaviest}"


def changed(view: LayersView, model: str) -> str:
    """Return the note on a graph that changed: ``Graph of openvino-int8 (minilm) not as in the …: 14 changes, …``."""
    return f"Graph of {view.arm} ({model}) not as {_beside(view)}: {difference(view)}"


def short(view: LayersView) -> str:
    """Return how the graph stands to the old one, for a cell: ``same``, ``14 changes``, empty where that is unknown."""
    if view.changes is None:
        return ""
    return figures.count(view.changes, "change") if view.changes else "same"


def blocks(views: Iterable[LayersView], where: str = "") -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the `heading` and the `lines` of each arm of which there is something to say."""
    return tuple((heading(view, where), lines(view)) for view in views if lines(view))


def under_failure(views: Iterable[LayersView]) -> tuple[str, ...]:
    """Return the lines below a failed assertion: each arm's heading, and what there is to say further in."""
    return tuple(line for head, said in blocks(views) for line in (f"{head}:", *(f"  {each}" for each in said)))


def under_failure_briefly(views: Iterable[LayersView]) -> tuple[str, ...]:
    """Return one line for each arm of which there is something to say."""
    return tuple(f"Layers of {view.arm}: {telling(view)}" for view in views if telling(view))


def noted(views: Iterable[LayersView], model: str, kind: VerdictKind, *, is_race: bool) -> tuple[str, ...]:
    """Return a note for each graph of a comparison that changed, of ``kind`` any verdict but a regression.

    Of a regression the text under the assertion tells it, of a race its row.
    """
    if is_race or kind is VerdictKind.REGRESSED:
        return ()
    return tuple(changed(view, model) for view in views if view.changes)


def at_most(notes: Iterable[str]) -> tuple[str, ...]:
    """Return notes of all comparisons, those that several share once, and how many are left out."""
    found = tuple(dict.fromkeys(notes))
    if len(found) <= MOST_NOTES:
        return found
    left = figures.count(len(found) - MOST_NOTES, "further graph")
    return (*found[:MOST_NOTES], f"{left} changed, which the HTML report and --benchmark-json tell")


def below_race(views: Iterable[LayersView], *, whole: bool) -> tuple[str, ...]:
    """Return what stands below a race's row: what changed in its graph, or the ``whole`` of what is known."""
    if whole:
        return tuple(line for _, said in blocks(views) for line in said)
    return tuple(f"graph: {difference(view)}" for view in views if view.changes)


def _beside(view: LayersView) -> str:
    return f"{'with' if view.old.startswith(_RELEASE) else 'in'} {view.old}"
