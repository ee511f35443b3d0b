"""How many cores and how much memory this process may use: affinity and container limits respected."""

from __future__ import annotations

import math
from pathlib import Path

import psutil

from .condition import read_text

_SYS = Path("/sys")


def logical_cores(root: Path = _SYS) -> int:
    """Return the number of hardware threads that this process may keep busy, at least 1.

    The process's affinity and a container's quota both bound it. ``root`` is where Linux shows its devices.
    """
    return max(1, min(len(usable_cpus()), quota_cores(root)))


def physical_cores(root: Path = _SYS) -> int:
    """Return the number of cores behind `logical_cores`, hardware threads of one core counted once."""
    cpus = usable_cpus()
    siblings = {_siblings(cpu, root) for cpu in cpus}
    # Where the system does not tell threads of one core apart, the machine's own count is an upper bound.
    known = psutil.cpu_count(logical=False) or len(cpus)
    behind = known if "" in siblings else len(siblings)
    return max(1, min(behind, logical_cores(root)))


def usable_cpus() -> tuple[int, ...]:
    """Return the numbers of the logical processors on which this process may run."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # not on macOS
        return tuple(process.cpu_affinity() or ())
    return tuple(range(psutil.cpu_count() or 1))


def quota_cores(root: Path = _SYS) -> int:
    """Return the whole cores that the container's quota grants (rounded up), or a very large number without a quota.

    Reads ``cpu.max`` of control groups version 2, else the two files of version 1.
    """
    unbounded = 1 << 20
    groups = root / "fs" / "cgroup"
    words = read_text(groups / "cpu.max").split()
    if not words:
        legacy = groups / "cpu"
        words = [*read_text(legacy / "cpu.cfs_quota_us").split(), *read_text(legacy / "cpu.cfs_period_us").split()]
    try:
        quota_us, period_us = (int(word) for word in words)
    except ValueError:  # "max", or files that are not there
        return unbounded
    return math.ceil(quota_us / period_us) if quota_us > 0 and period_us > 0 else unbounded


def usable_memory_bytes(root: Path = _SYS) -> int:
    """Return the memory that this process may use, in bytes: the machine's, or a container's limit below it."""
    groups = root / "fs" / "cgroup"
    words = read_text(groups / "memory.max") or read_text(groups / "memory" / "memory.limit_in_bytes")
    total = int(psutil.virtual_memory().total)
    return min(total, int(words)) if words.isdigit() and int(words) > 0 else total


def _siblings(cpu: int, root: Path) -> str:
    return read_text(root / "devices" / "system" / "cpu" / f"cpu{cpu}" / "topology" / "thread_siblings_list")
