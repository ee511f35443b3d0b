"""What else the machine had to do: load, memory and swap, and a container's limits that cut in."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from .condition import Condition, Rating, or_none, percent, read_text, unreadable

if TYPE_CHECKING:
    from pathlib import Path

#: Load above this for each core says that something else was at work, and that it took most of the machine.
_BUSY_PER_CORE = 0.25
_FULL_PER_CORE = 0.75
#: Below this share of free memory, systems begin to drop and to swap what programs use.
_SCARCE = 0.05
_GIB = 1 << 30
_MIB = 1 << 20
#: Swapping less than this while measuring is somebody's idle page coming back, and no pressure.
_SWAP_BYTES = 16 * _MIB
#: Waiting for memory for longer than this share of the time is felt.
_STALLED = 0.001


@dataclass(frozen=True, slots=True)
class LoadReading:
    """A reading of what is cumulative or momentary about load; ``None`` is what the system does not say.

    ``load`` is the average of the last minute. ``available_bytes`` of ``total_bytes`` of memory are free to use.
    ``swapped_bytes`` were moved to and from disk, ``stalled_us`` somebody waited for memory, and ``throttled_us``
    this container was stopped at its limit, all since the system or the container started.
    """

    load: float | None = None
    available_bytes: int | None = None
    total_bytes: int | None = None
    swapped_bytes: int | None = None
    stalled_us: int | None = None
    throttled_us: int | None = None


def read_load(root: Path) -> LoadReading:
    """Return what is known of the load; ``root`` is the top of the file system."""
    # On Windows psutil makes up a load average in a thread of its own, which says 0 for the first seconds.
    load = None if platform.system() == "Windows" else or_none(psutil.getloadavg)
    memory, swap = or_none(psutil.virtual_memory), or_none(psutil.swap_memory)
    return LoadReading(
        load=None if load is None else load[0],
        available_bytes=None if memory is None else memory.available,
        total_bytes=None if memory is None else memory.total,
        swapped_bytes=None if swap is None or platform.system() == "Windows" else swap.sin + swap.sout,
        stalled_us=_stalled_us(read_text(root / "proc" / "pressure" / "memory")),
        throttled_us=_throttled_us(root / "sys" / "fs" / "cgroup"),
    )


def load_condition(before: LoadReading, cores: int) -> Condition:
    """Judge the load before the measurement, which adds a load of its own."""
    if before.load is None:
        return unreadable("load before")
    seen = f"{before.load:.2f} on {cores} {'core' if cores == 1 else 'cores'}, in the minute before"
    values = {"load": before.load, "cores": cores}
    if before.load <= _BUSY_PER_CORE * cores:
        return Condition("load before", Rating.FINE, seen, values=values)
    advice = "Something was at work. If it has ended, wait a minute and check again; if not, measure when it has."
    rating = Rating.WRONG if before.load > _FULL_PER_CORE * cores else Rating.SUSPECT
    return Condition("load before", rating, seen, advice, values)


def memory_condition(before: LoadReading, after: LoadReading, seconds: float) -> Condition:
    """Judge whether memory was short at any time of a measurement of so many ``seconds``."""
    if after.available_bytes is None or not after.total_bytes:
        return unreadable("memory")
    swapped = _grown(before.swapped_bytes, after.swapped_bytes)
    stalled = (_grown(before.stalled_us, after.stalled_us) or 0) / 1e6 / max(seconds, 1e-9)
    seen = f"{after.available_bytes / _GIB:.1f} of {after.total_bytes / _GIB:.1f} GiB free"
    moved = "" if swapped is None else f", {swapped / _MIB:.0f} MiB swapped while measuring"
    waited = f", somebody waited for memory {percent(stalled)} of the time" if stalled > _STALLED else ""
    values = {"available_bytes": after.available_bytes, "total_bytes": after.total_bytes, "swapped_bytes": swapped}
    scarce = after.available_bytes < _SCARCE * after.total_bytes
    if scarce or waited or (swapped or 0) > _SWAP_BYTES:
        advice = "Free memory, or give the machine more: what waits for memory or disk is not measured but suffered."
        return Condition("memory", Rating.WRONG, seen + moved + waited, advice, values)
    return Condition("memory", Rating.FINE, seen + moved, values=values)


def limit_condition(before: LoadReading, after: LoadReading, seconds: float) -> Condition:
    """Judge whether a container's limit on processor time cut in during so many ``seconds``."""
    stopped_us = _grown(before.throttled_us, after.throttled_us)
    if stopped_us is None:
        return unreadable("container limit")
    share = stopped_us / 1e6 / max(seconds, 1e-9)
    values = {"stopped_share": share}
    if not stopped_us:
        return Condition("container limit", Rating.FINE, "never reached while measuring", values=values)
    seen = f"threads were stopped at the limit on processor time, for {percent(share)} of the time in sum"
    advice = "Give the container whole processors (--cpuset-cpus) in place of a share of time (--cpus), or no limit."
    return Condition("container limit", Rating.WRONG, seen, advice, values)


def _grown(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)


def _stalled_us(text: str) -> int | None:
    """Return the total of the first line of Linux' pressure: ``some avg10=0.00 avg60=0.00 avg300=0.00 total=0``."""
    _, found, total = text.partition("\n")[0].partition("total=")
    return int(total) if found and total.isdecimal() else None


def _throttled_us(groups: Path) -> int | None:
    """Return how long this container was stopped, of control groups version 2 or 1; absent where no limit is set."""
    lines = (line.split() for line in read_text(groups / "cpu.stat").splitlines())
    newer = {words[0]: words[1] for words in lines if len(words) == 2}.get("throttled_usec", "")  # noqa: PLR2004
    if newer.isdecimal():
        return int(newer)
    lines = (line.split() for line in read_text(groups / "cpu" / "cpu.stat").splitlines())
    older = {words[0]: words[1] for words in lines if len(words) == 2}.get("throttled_time", "")  # noqa: PLR2004
    return int(older) // 1000 if older.isdecimal() else None
