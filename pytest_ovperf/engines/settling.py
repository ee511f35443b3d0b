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

#: How long it may take to come to rest, in seconds; what never does is measured as it is. What did not once, since a
#: thread of the user's always has something to do, is given less from then on: enough for a pool to stop spinning.
_PATIENCE_S: Final = 1.0
_PATIENCE_THEN_S: Final = 0.1

_NS_PER_S: Final = 1_000_000_000


class Rest:
    """What a process's coming to rest is waited for with, again and again.

    ``spent`` is what the process has had of the processors and ``clock`` the time, both in nanoseconds.
    """

    def __init__(
        self,
        *,
        spent: Callable[[], int] = time.process_time_ns,
        clock: Callable[[], int] = time.perf_counter_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._spent = spent
        self._clock = clock
        self._sleep = sleep
        self._patience_s = _PATIENCE_S

    def wait(self) -> None:
        """Return once this process has stopped working, or after a second at most."""
        until, in_a_row = self._clock() + self._patience_s * _NS_PER_S, 0
        while in_a_row < _LOOKS:
            if self._clock() >= until:
                self._patience_s = _PATIENCE_THEN_S
                return
            in_a_row = in_a_row + 1 if self._is_at_rest() else 0

    def _is_at_rest(self) -> bool:
        spent_before, before = self._spent(), self._clock()
        self._sleep(_LOOK_S)
        return self._spent() - spent_before <= _AT_REST * (self._clock() - before)
