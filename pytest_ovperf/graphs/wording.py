"""Single expressions of what is said of graphs: layers, changes, times."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from .changes import Change, ChangeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .layers import Layer

#: Longer names lose their beginning.
NAME_LENGTH = 80
_FIRST_PART = re.compile(r"^[^./]{0,24}[./](?:[*\d]+[./])?")
_UNKNOWN = frozenset({"", "unknown", "undef", "undefined"})
_UNITS = (("ns", 1.0), ("µs", 1e3), ("ms", 1e6))
_NEXT_UNIT = 1000
_SMALL, _HUNDRED = 1.195, 100


def change_text(change: Change) -> str:
    """Return what happened: ``FullyConnected int8 → f32, brgemm_avx512 → gemm_mlas``."""
    if change.kind in (ChangeKind.CONVERSION_ADDED, ChangeKind.ADDED):
        return f"{_listed(change.new)} added"
    if change.kind in (ChangeKind.CONVERSION_REMOVED, ChangeKind.REMOVED):
        return f"{_listed(change.old)} gone"
    kinds = [_kinds(layers) for layers in (change.old, change.new)]
    regrouped = [kind for kind in (ChangeKind.SPLIT, ChangeKind.FUSED) if kind in change.kinds]
    what = kinds[0] if kinds[0] == kinds[1] else " → ".join(kinds)
    parts = _transitions(change)
    between = "" if not parts else " " if kinds[0] == kinds[1] else ", "
    return f"{what}{between}{', '.join(parts)}{f' ({regrouped[0]})' if regrouped else ''}"


def layer_text(layer: Layer) -> str:
    """Return what a layer is: ``FullyConnected brgemm_avx512 int8``."""
    untold = _UNKNOWN | {layer.kind.lower()}
    return " ".join([layer.kind, *(part for part in (layer.kernel, layer.width) if part not in untold)])


def name_text(name: str) -> str:
    """Return a layer's name as people know it; they find it by its end."""
    shown = " ".join(name.removeprefix("__module.").split())
    if len(shown) <= NAME_LENGTH:
        return shown
    return "…" + _FIRST_PART.sub("", shown[-NAME_LENGTH:], count=1)


def time_text(time_ns: float) -> str:
    """Return a time to three digits: ``850 ns``, ``512 µs``, ``4.10 ms``, ``1.25 s``; nothing is ``0``."""
    if not time_ns:
        return "0"
    for unit, scale in _UNITS:
        digits = _three_digits(time_ns / scale)
        if abs(float(digits)) < _NEXT_UNIT:
            return f"{digits} {unit}"
    return f"{_three_digits(time_ns / 1e9)} s"


def signed_text(time_ns: float) -> str:
    """Return by how much longer something takes: ``+1.20 ms``."""
    return f"{'-' if time_ns < 0 else '+'}{time_text(abs(time_ns))}"


def percent_text(share: float) -> str:
    """Return a share in whole percent: ``92 %``, ``-4 %``."""
    return f"{round(100 * share)} %"


def factor_text(factor: float) -> str:
    """Return a factor to two digits, one below 1.2 to the percent: ``1.04x``, ``1.9x``, ``140x``."""
    if factor < _SMALL:
        return f"{factor:.2f}x"
    return f"{factor:.2g}x" if round(factor) < _HUNDRED else f"{factor:.0f}x"


def count_text(number: int, what: str = "layer") -> str:
    """Return how many there are: ``1 layer``, ``2 layers``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _transitions(change: Change) -> list[str]:
    """Return how a layer differs from its counterpart; where several are regrouped, of the one that kept its name."""
    alone = len(change.old) == len(change.new) == 1
    pairs = [(old, new) for old in change.old for new in change.new if alone or old.name == new.name]
    if not pairs:
        return []
    old, new = pairs[0]
    values = [_precisions(old, new), (old.kernel, new.kernel)]
    texts = [f"{before} → {after}" for before, after in values if before != after and not {before, after} & _UNKNOWN]
    forms = [("layout", old.layout, new.layout), ("shape", old.shape, new.shape)] if alone else []
    return texts + [f"{name} {before or '?'} → {after or '?'}" for name, before, after in forms if before != after]


def _precisions(old: Layer, new: Layer) -> tuple[str, str]:
    """Return both precisions; whether bytes are signed is no matter where the other side has none."""
    if old.width == new.width:
        return old.precision, new.precision
    return old.width, new.width


def _three_digits(value: float) -> str:
    decimals = sum(round(abs(value), places) < limit for places, limit in ((2, 10), (1, 100)))
    return f"{value:.{decimals}f}"


def _kinds(layers: Sequence[Layer]) -> str:
    counted = [(kind, len(list(its))) for kind, its in groupby(sorted(layer.kind for layer in layers))]
    return " + ".join(kind if number == 1 else f"{number} {kind}" for kind, number in counted)


def _listed(layers: Sequence[Layer]) -> str:
    """Return layers that came or went; of a reorder, also the layout that it makes."""
    if len(layers) > 1:
        return _kinds(layers)
    to = f" to {layers[0].layout}" if layers[0].is_conversion and layers[0].layout not in _UNKNOWN else ""
    return layer_text(layers[0]) + to
