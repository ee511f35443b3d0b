"""How figures are written on a page: those of the terminal, with the signs that every browser can show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_ovperf.reports import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.metrics import Unit

NO_BREAK = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"
_COMMIT_DIGITS = 10


def times(ratio: float) -> str:
    """Return a speed-up such as ``2.71`` with a multiplication sign."""
    return f"{figures.speedup(ratio)[:-1]}\N{MULTIPLICATION SIGN}"


def change(relative: float) -> str:
    """Return a relative change such as ``+1.2 %``, with a minus sign that is as wide as the plus."""
    return whole(figures.change(relative).replace("-", "\N{MINUS SIGN}"))


def latency(seconds: float) -> str:
    """Return a time in seconds as ``4.10 ms``."""
    return whole(figures.latency(seconds * 1e9))


def quantity(value: float, unit: Unit) -> str:
    """Return what is counted in ``unit``: ``4.10 ms`` for 0.0041 s, ``45.1 MB``, ``617 tokens/s``."""
    return whole(figures.quantity(value, unit))


def latency_range(low_s: float, high_s: float) -> str:
    """Return two times in seconds as ``4.10-4.52 ms``, each with a unit of its own where they differ."""
    return whole(figures.beside(figures.latency(low_s * 1e9), figures.latency(high_s * 1e9), NOTHING))


def mean_and_deviation(mean_s: float, deviation_s: float) -> str:
    """Return a mean and its standard deviation, in seconds, as ``4.10 ± 0.21 ms``: in one unit, for comparing them."""
    digits, _, unit = figures.latency(mean_s * 1e9).rpartition(" ")
    scale = {"ns": 1e9, "µs": 1e6, "ms": 1e3, "s": 1.0}.get(unit)
    if scale is None or not math.isfinite(deviation_s):
        return latency(mean_s)
    return whole(f"{digits} ± {deviation_s * scale:.{len(digits.partition('.')[2])}f} {unit}")


def whole(text: str) -> str:
    """Keep a figure and its unit on one line."""
    return text.replace(" ", NO_BREAK)


def commit(digest: str) -> str:
    """Return the part of a commit's name that people use."""
    return digest[:_COMMIT_DIGITS]


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
