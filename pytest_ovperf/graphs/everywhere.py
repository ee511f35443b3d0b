"""Whether all layers slowed down by about the same factor, which no kernel does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

#: A factor below this is no news.
LEAST_FACTOR = 1.03
#: How far from the common factor a layer may be, as a share of its logarithm: of 1.9 times, 1.3 to 2.8 times …
BAND = 0.65
#: … at least this much either way, which measurements scatter by themselves, and at most this much.
LEAST_BAND, WIDEST_BAND = 1.04, 1.5
#: This share of the time must be near the common factor …
SHARE = 0.8
#: … and, leaving out the kernel that takes most, this share of what the others take.
SHARE_OF_OTHERS = 0.5
#: Layers that take less than this part of what a typical one takes say nothing: they are not worth splitting over
#: threads, so one thread less leaves them as they were, and the counters' whole microseconds are coarse for them.
TINY = 0.2


@dataclass(frozen=True, slots=True)
class Everywhere:
    """A factor that nearly all layers have in common: 1.9 is slower now by that.

    ``low`` … ``high`` is between what factors the middle 80 % of the time lie; ``share`` of the time is near it.
    """

    factor: float
    low: float
    high: float
    share: float


def everywhere(times: Iterable[tuple[str, float, float]]) -> Everywhere | None:
    """Return the factor that layers have in common, ``None`` where they have none, or where it is about 1.

    ``times`` holds, for each group of layers, the kernel that it stands for, the old time and the new one. The factor
    is the median of the ratios, each weighted by its time (the geometric mean of both sides), so that a few layers that
    went elsewhere do not sway it. To be everywhere it takes more than one kernel: were all matrix products slower and
    nothing else, they might be most of the time, and still the machine is not to blame.
    """
    known = [
        _Ratio(kernel, log(new / old), (old * new) ** 0.5, min(old, new)) for kernel, old, new in times if old * new > 0
    ]
    if not known:
        return None
    ratios = _telling(known)
    common = _quantile(ratios, 0.5, _by_log)
    if abs(common) < log(LEAST_FACTOR):
        return None
    band = min(max(BAND * abs(common), log(LEAST_BAND)), log(WIDEST_BAND))

    def share(its: Sequence[_Ratio]) -> float:
        return _weight(ratio for ratio in its if abs(ratio.log - common) <= band) / _weight(its) if its else 0.0

    # Where only the smallest layers have other kernels, they have to do.
    if share(ratios) < SHARE or share(_others(ratios) or _others(known)) < SHARE_OF_OTHERS:
        return None
    low, high = (exp(_quantile(ratios, part, _by_log)) for part in (0.1, 0.9))
    return Everywhere(exp(common), low, high, share(ratios))


@dataclass(frozen=True, slots=True)
class _Ratio:
    kernel: str
    log: float
    weight: float
    shorter: float


def _telling(ratios: Sequence[_Ratio]) -> list[_Ratio]:
    """Leave out what is tiny beside the layer in which half of the time, counted from the smallest on, is spent."""
    least = TINY * _quantile(ratios, 0.5, lambda ratio: ratio.shorter)
    return [ratio for ratio in ratios if ratio.shorter >= least]


def _others(ratios: Sequence[_Ratio]) -> list[_Ratio]:
    """Leave out the layers of the kernel that takes most."""
    by_kernel: defaultdict[str, float] = defaultdict(float)
    for ratio in ratios:
        by_kernel[ratio.kernel] += ratio.weight
    first = max(by_kernel, key=lambda kernel: by_kernel[kernel])
    return [ratio for ratio in ratios if ratio.kernel != first]


def _quantile(ratios: Sequence[_Ratio], part: float, value: Callable[[_Ratio], float]) -> float:
    """Return the smallest value at or below which ``part`` of the weight lies."""
    ordered = sorted(ratios, key=value)
    left, whole = 0.0, _weight(ordered)
    for ratio in ordered:
        left += ratio.weight
        if left >= part * whole:
            return value(ratio)
    return value(ordered[-1])


def _by_log(ratio: _Ratio) -> float:
    return ratio.log


def _weight(ratios: Iterable[_Ratio]) -> float:
    return sum(ratio.weight for ratio in ratios)
