"""Whether a model as a whole computes in another precision: one finding, and not one for each layer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .alignment import Group
    from .layers import Layer

#: This share of the layers of a precision, and at least so many, must have changed it alike to be the model.
MOST, SEVERAL = 0.6, 2


@dataclass(frozen=True, slots=True)
class Move:
    """Of ``of`` layers that computed in the precision ``old``, so many ``layers`` compute in ``new`` now."""

    old: str
    new: str
    layers: int
    of: int


def moves(groups: Iterable[Group]) -> tuple[Move, ...]:
    """Return from what precision to what other one most of a model's layers moved, the most layers first.

    Signed and unsigned bytes are one precision. Layers that only hand data on or convert them do not count.
    """
    known, moved = Counter[str](), Counter[tuple[str, str]]()
    for group in groups:
        for layer in filter(_computes, group.old):
            known[layer.width] += 1
            after = _widths_of_counterparts(layer, group.new)
            if len(after) == 1 and layer.width not in after:
                moved[layer.width, after.pop()] += 1
    found = (Move(old, new, layers, known[old]) for (old, new), layers in moved.most_common())
    return tuple(it for it in found if it.old and it.new and it.layers >= max(SEVERAL, MOST * it.of))


def _widths_of_counterparts(layer: Layer, candidates: Sequence[Layer]) -> set[str]:
    """Return the precisions of the layers of the same kind or, if there are none, of all that compute."""
    computing = list(filter(_computes, candidates))
    alike = [other for other in computing if other.kind == layer.kind]
    return {other.width for other in alike or computing}


def _computes(layer: Layer) -> bool:
    return not layer.is_conversion and not layer.is_idle
