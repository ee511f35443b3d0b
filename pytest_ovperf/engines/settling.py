"""Waiting until a model's threads have come to rest, for engines that keep them spinning when a call is over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two looks, the share of that time that a process at rest spends at most, and how many looks in a row
#: must find it so.
_LOOK_S: Final = 0.02
_AT_REST: Final = 0.1
_LOOKS: Final = 2

#: How long it may take to come to rest, in seconds; what never does is measured as it is.
_PATIENCE_S: Final = 1.0

_NS_PER_S: Final = 1_000_000_000


def await_rest(
    *,
    spent: Callable[[], int] = time.process_time_ns,
    clock: Callable[[], int] = time.perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return once this process has stopped working, or after a second.

    ``spent`` is what the process has had of the processors and ``clock`` the time, both in nanoseconds.
    """
    until, in_a_row = clock() + _PATIENCE_S * _NS_PER_S, 0
    while in_a_row < _LOOKS and clock() < until:
        spent_before, before = spent(), clock()
        sleep(_LOOK_S)
        is_at_rest = spent() - spent_before <= _AT_REST * (clock() - before)
        in_a_row = in_a_row + 1 if is_at_rest else 0
