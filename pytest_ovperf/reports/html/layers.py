"""What is known of execution graphs in a comparison's detail: sentences, then a table that begins with the heaviest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.graphs.wording import percent_text, signed_text, time_text
from pytest_ovperf.reports import figures, layer_lines

from . import wording
from .content import LayerLine, Layers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_ovperf.runs.view import LayerGroupView, LayersView

#: So many lines are seen at once, the others after a click.
_SHOWN = 8
#: Less is no share worth a figure.
_LEAST_SHARE = 0.005
#: A browser would break a name behind the sign that stands for its beginning.
_BEGINNING_CUT = "…\N{WORD JOINER}"


def layers(views: Sequence[LayersView]) -> tuple[Layers, ...]:
    """Return what a detail shows of each arm of which there is something to say."""
    return tuple(_layers(view) for view in views if layer_lines.lines(view))


def why(views: Sequence[LayersView]) -> str:
    """Return the one sentence about layers that tells most, of the first arm that has one; empty without."""
    told = ((view.arm, layer_lines.telling(view)) for view in views)
    return next((f"{arm}: {sentence}" for arm, sentence in told if sentence), "")


def _layers(view: LayersView) -> Layers:
    lines = [_line(group) for group in view.groups]
    shown = _SHOWN if view.changes or any(group.share is not None for group in view.groups) else 0
    return Layers(
        caption=layer_lines.heading(view),
        sentences=layer_lines.lines(view),
        has_times=view.times is not None,
        lines=tuple(lines[:shown]),
        more=tuple(lines[shown:]),
        left_out="" if view.others is None else _left_out(view.others),
        totals=tuple(_totals(view)),
    )


def _line(group: LayerGroupView) -> LayerLine:
    old, new, change = _times(group.old_ns, group.new_ns)
    return LayerLine(
        name=group.name.replace("…", _BEGINNING_CUT),
        count=f"{group.layers}\N{MULTIPLICATION SIGN}" if group.layers > 1 else "",
        what=group.what,
        changed=group.changed,
        old=old,
        new=new,
        change=change,
        share=_share(group.share),
    )


def _share(share: float | None) -> str:
    """Return a share in whole percent; less than one says nothing."""
    if share is None or abs(share) < _LEAST_SHARE:
        return ""
    return wording.whole(_signed(percent_text(share)))


def _left_out(others: LayerGroupView) -> str:
    count = figures.count(others.layers, "further layer")
    if others.old_ns is None or others.new_ns is None:
        return f"{count} of which something changed {'is' if others.layers == 1 else 'are'} left out here."
    old, new, change = _times(others.old_ns, others.new_ns)
    return (
        f"{count} {'is' if others.layers == 1 else 'are'} left out here: together {old} before, {new} now ({change})."
    )


def _totals(view: LayersView) -> Iterable[LayerLine]:
    """Yield what all layers and a whole call took: what lies between them, no layer explains."""
    if view.times is None:
        return
    found = view.times
    for name, old_ns, new_ns in (
        ("all layers", found.old_layers_ns, found.new_layers_ns),
        ("a call, counters on", found.old_call_ns, found.new_call_ns),
    ):
        old, new, change = _times(old_ns, new_ns)
        yield LayerLine(name=name, count="", what="", changed=False, old=old, new=new, change=change, share="")


def _times(old_ns: float | None, new_ns: float | None) -> tuple[str, str, str]:
    if old_ns is None or new_ns is None:
        return "", "", ""
    change = _signed(signed_text(new_ns - old_ns)) if new_ns != old_ns else "0"
    texts = time_text(old_ns), time_text(new_ns), change
    old, new, change = map(wording.whole, texts)
    return old, new, change


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
