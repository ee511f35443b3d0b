"""Evidence from outside the timed calls: who else had the processors meanwhile.

Read before and after a block, never within it. The system's counters move in steps of about 10 ms a processor, so a
single block's figures are coarse; what counts as a disturbance is decided elsewhere, with that in mind.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

from pytest_ovperf.records import Interference

try:
    from resource import RUSAGE_SELF, getrusage
except ImportError:  # Windows
    RUSAGE_SELF, getrusage = 0, None  # type: ignore[misc,assignment]

_NS_PER_S = 1_000_000_000
#: What of a system's processor time is work. Guests of this machine are counted in `user` already.
_WORK = ("user", "nice", "system", "irq", "softirq", "interrupt", "dpc")


@dataclass(frozen=True, slots=True)
class _Counters:
    wall_ns: int
    own_ns: int
    work_ns: int
    steal_ns: int | None
    switches: int | None


class Witness:
    """Looks at the machine's counters when made, and again when asked."""

    def __init__(self) -> None:
        self._before = _counters()

    def seen(self) -> Interference:
        """Return what happened since this witness was made."""
        before, after = self._before, _counters()
        others_ns = (after.work_ns - before.work_ns) - (after.own_ns - before.own_ns)
        return Interference(
            wall_ns=after.wall_ns - before.wall_ns,
            steal_ns=_grown(before.steal_ns, after.steal_ns),
            others_ns=max(0, others_ns),
            switches=_grown(before.switches, after.switches),
        )


def _counters() -> _Counters:
    times = psutil.cpu_times()
    work_s = sum(getattr(times, name, 0.0) for name in _WORK)
    steal_s = getattr(times, "steal", None)
    return _Counters(
        wall_ns=time.perf_counter_ns(),
        own_ns=time.process_time_ns(),
        work_ns=round(work_s * _NS_PER_S),
        steal_ns=None if steal_s is None else round(steal_s * _NS_PER_S),
        switches=None if getrusage is None else getrusage(RUSAGE_SELF).ru_nivcsw,  # type: ignore[redundant-expr]
    )


def _grown(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)
