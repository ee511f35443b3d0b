"""Run one process to its end, whatever it does: both streams kept, its time and memory bounded, its tree ended."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pytest_ovperf.worker.process import descendants, kill_tree

from .request import STDERR, STDOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: How often the memory of the process tree is looked at, in seconds.
_LOOK_EVERY_S = 0.2


class Ending(Enum):
    """How a process came to its end."""

    BY_ITSELF = "by itself"
    TIMED_OUT = "timed out"
    TOO_LARGE = "too large"


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is over: how, its exit code, and what it and its children printed on both streams."""

    ending: Ending
    returncode: int
    printed: str
    peak_bytes: int = 0


def run_to_end(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, timeout_s: float, memory_bytes: int
) -> Ended:
    """Run ``command`` in ``folder``, and end it after ``timeout_s`` or when its tree holds over ``memory_bytes``.

    Its output goes to files in ``folder``, not to pipes, which a grandchild could hold open. Nothing that it started in
    its process group outlives this call. Raises `OSError` if the command cannot be run.
    """
    apart: dict[str, Any]
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        apart = {"start_new_session": True}
    with (folder / STDOUT).open("wb") as out, (folder / STDERR).open("wb") as err:
        process = subprocess.Popen(  # noqa: S603  (our own host program, or a tool that was looked up)
            list(command), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=err, **apart
        )
        below: set[Any] = set()  # remembered while they have a parent: Windows has no groups to find orphans by
        try:
            ending, peak_bytes = _watch(process, below, timeout_s, memory_bytes)
        finally:
            kill_tree(process, [*below])
    return Ended(ending, process.returncode, printed_in(folder), peak_bytes)


def printed_in(folder: Path) -> str:
    """Return what was printed on both streams, standard output first."""
    texts = [(folder / name).read_bytes().decode("utf-8", errors="replace") for name in (STDOUT, STDERR)]
    return "\n".join(text.replace("\r\n", "\n").strip("\n") for text in texts if text.strip())


def _watch(
    process: subprocess.Popen[bytes], below: set[Any], timeout_s: float, memory_bytes: int
) -> tuple[Ending, int]:
    deadline_s = time.monotonic() + timeout_s
    peak_bytes = 0
    while True:
        try:
            process.wait(min(_LOOK_EVERY_S, max(0.0, deadline_s - time.monotonic())))
        except subprocess.TimeoutExpired:
            below.update(descendants(process.pid))
            peak_bytes = max(peak_bytes, resident_bytes(process.pid))
            if peak_bytes > memory_bytes:
                return Ending.TOO_LARGE, peak_bytes
            if time.monotonic() >= deadline_s:
                return Ending.TIMED_OUT, peak_bytes
        else:
            return Ending.BY_ITSELF, peak_bytes


def resident_bytes(pid: int) -> int:
    """Return the memory that a process and those below it hold, 0 if it is gone."""
    import psutil  # noqa: PLC0415  (kept out of the imports of a run that compiles nothing)

    try:
        process = psutil.Process(pid)
        tree = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for each in tree:
        try:
            total += int(each.memory_info().rss)
        except psutil.Error:
            continue
    return total
