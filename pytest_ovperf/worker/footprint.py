"""How much memory this process needs at most from now on, beyond what it holds now.

Resident memory is what counts: pages in RAM, files that are mapped into memory included as far as they were read. A
device's own memory is not in it. Linux lets a process take its high-water mark down to where it stands, so that
nothing in between is missed; elsewhere the mark counts from the start of the process, so a thread looks every few
milliseconds, and the mark is trusted where it has risen since.
"""

from __future__ import annotations

import gc
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

#: Seconds between two looks where the high-water mark cannot be taken down.
_LOOK_S = 0.002

_KIB = 1024

_SYSTEM: str = sys.platform

#: Writing this resets the high-water mark of a process (proc(5), ``/proc/pid/clear_refs``).
_RESET = "5"


class Footprint:
    """Watches this process's resident memory while it is entered.

    ``before_bytes`` is what the process held at the beginning, ``highest_bytes`` the most that it held until the end.
    """

    def __init__(
        self,
        *,
        resident: Callable[[], int] | None = None,
        mark: Callable[[], int | None] | None = None,
        reset: Callable[[], bool] | None = None,
    ) -> None:
        """Take the ways to read the resident memory and its high-water mark, and to take the mark down."""
        self._resident = resident or resident_bytes
        self._mark = mark or high_water_bytes
        self._reset = reset or reset_high_water
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None
        self.before_bytes = 0
        self.highest_bytes = 0

    @property
    def grown_bytes(self) -> int:
        """How much more the process held at its highest than at the beginning."""
        return self.highest_bytes - self.before_bytes

    def __enter__(self) -> Self:
        gc.collect()  # what nobody holds any more is no footprint
        was_reset = self._reset()
        self._mark_before = self._mark()
        self.before_bytes = self.highest_bytes = self._resident()
        if not was_reset:
            self._watcher = threading.Thread(target=self._look_on, daemon=True)
            self._watcher.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        self._look()
        mark = self._mark()
        # A mark from before the beginning tells nothing unless it has risen since.
        if mark is not None and (self._watcher is None or self._mark_before is None or mark > self._mark_before):
            self.highest_bytes = max(self.highest_bytes, mark)

    def _look_on(self) -> None:
        while not self._over.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        self.highest_bytes = max(self.highest_bytes, self._resident())


def resident_bytes() -> int:
    """Return the resident memory of this process (on Windows its working set) in bytes."""
    return int(psutil.Process().memory_info().rss)


def high_water_bytes() -> int | None:
    """Return the most that was ever resident, or since `reset_high_water`; ``None`` where the system does not tell."""
    if _SYSTEM == "win32":
        memory: Any = psutil.Process().memory_info()  # its fields differ from system to system
        return int(memory.peak_wset)
    if _SYSTEM == "linux":
        return _linux_mark()
    from resource import RUSAGE_SELF, getrusage  # noqa: PLC0415  (Windows has none)

    unit = 1 if _SYSTEM == "darwin" else _KIB
    return int(getrusage(RUSAGE_SELF).ru_maxrss) * unit


def reset_high_water() -> bool:
    """Take the high-water mark down to what is resident now; return whether the system does that."""
    if _SYSTEM != "linux":
        return False
    before = _linux_mark()
    try:
        Path("/proc/self/clear_refs").write_text(_RESET, encoding="ascii")
    except OSError:  # not every container lets a process do so
        return False
    after = _linux_mark()
    return before is not None and after is not None and after <= before


def _linux_mark() -> int | None:
    """Return ``VmHWM`` of this process in bytes, ``None`` where it is not told."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = (line.split() for line in status.splitlines() if line.startswith("VmHWM:"))
    return next((int(words[1]) * _KIB for words in found), None)
