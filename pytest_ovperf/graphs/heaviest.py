"""Where the time of a call goes, of a single profile that there is nothing to hold against."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from .wording import count_text, layer_text, percent_text, time_text

if TYPE_CHECKING:
    from .layers import Profile

#: So many sorts of layers are named, …
_NAMED = 3
#: … those that take this share of a call at least.
_LEAST = 0.03


def heaviest(profile: Profile) -> str:
    """Return what a call and its layers take, and which sorts of layers take most: those that look and compute alike.

    Such as ``with counters on, a call takes 4.10 ms, its layers 3.90 ms: 12 layers FullyConnected brgemm_avx512 int8
    2.10 ms (51 %)``.
    """
    timed = [layer for layer in profile.graph.layers if layer.name in profile.times]
    layers, taken = Counter(map(layer_text, timed)), defaultdict[str, float](float)
    for layer in timed:
        taken[layer_text(layer)] += profile.times[layer.name]
    told = [
        f"{count_text(layers[what])} {what} {time_text(time_ns)} ({percent_text(time_ns / profile.call_ns)})"
        for what, time_ns in sorted(taken.items(), key=lambda entry: -entry[1])[:_NAMED]
        if time_ns >= _LEAST * profile.call_ns > 0
    ]
    whole = f"with counters on, a call takes {time_text(profile.call_ns)}, its layers {time_text(profile.layers_ns)}"
    return f"{whole}: {', '.join(told)}" if told else whole
