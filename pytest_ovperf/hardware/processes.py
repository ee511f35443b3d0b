"""Which other processes used the processor, by name: sampled now and then, never while something is timed."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


#: Seconds between two samples that are taken now and then.
_APART_S = 1.0


@dataclass(frozen=True, slots=True)
class ProcessTime:
    """One process at one moment: its processor time so far, and when it began (seconds since the epoch)."""

    pid: int
    parent: int
    name: str
    cpu_s: float
    started_unix: float


@dataclass(frozen=True, slots=True)
class Offender:
    """Processes of one name, and the processor time in seconds that they used between two samples.

    ``pid`` is the number of the one that used most of it.
    """

    name: str
    cpu_s: float
    pid: int


class ProcessLedger:
    """Adds up what other processes use from one sample to the next. One that lives only between two is not seen.

    This process and all below it are left out. ``look`` returns the processes of this moment.
    """

    def __init__(
        self,
        look: Callable[[], Iterable[ProcessTime]] | None = None,
        *,
        own: int | None = None,
        now_unix: Callable[[], float] = time.time,
    ) -> None:
        self._look = look or read_processes
        self._own = os.getpid() if own is None else own
        self._used: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self._last: dict[tuple[int, float], float] | None = None
        self._now_unix = now_unix
        self._since_unix = 0.0

    def sample(self) -> None:
        """Look at all processes, and add what they used since the last sample; the first one only begins."""
        found = list(self._look())
        ours = _family(self._own, {process.pid: process.parent for process in found})
        others = [process for process in found if process.pid not in ours]
        if self._last is not None:
            for process in others:
                # One that was hidden at the last sample, and is older than it, has used an unknown part of its time.
                known = process.cpu_s if process.started_unix < self._since_unix else 0.0
                before = self._last.get((process.pid, process.started_unix), known)
                self._used[process.name][process.pid] += max(0.0, process.cpu_s - before)
        self._last = {(process.pid, process.started_unix): process.cpu_s for process in others}
        self._since_unix = self._now_unix()

    def now_and_then(self) -> None:
        """Sample if the last sample is old enough: looking at hundreds of processes takes its time."""
        if self._now_unix() - self._since_unix >= _APART_S:
            self.sample()

    def offenders(self) -> tuple[Offender, ...]:
        """Return who used the processor between the samples, the most first."""
        found = [Offender(name, sum(of.values()), max(of, key=of.__getitem__)) for name, of in self._used.items()]
        return tuple(sorted((each for each in found if each.cpu_s > 0.0), key=lambda offender: -offender.cpu_s))


def read_processes() -> list[ProcessTime]:
    """Return the processes that this user can see, except for what stands for an idle processor."""
    asked = ("pid", "ppid", "name", "cpu_times", "create_time")
    return [
        ProcessTime(
            facts["pid"],
            facts["ppid"] or 0,
            facts["name"] or "?",
            facts["cpu_times"].user + facts["cpu_times"].system,
            facts["create_time"] or 0.0,
        )
        for process in psutil.process_iter(asked)
        if (facts := process.info)["cpu_times"] is not None and facts["pid"] != 0
    ]


def _family(own: int, parents: Mapping[int, int]) -> set[int]:
    """Return ``own`` and all that descend from it."""
    ours = {own}
    while True:
        more = {pid for pid, parent in parents.items() if parent in ours} - ours
        if not more:
            return ours
        ours |= more
