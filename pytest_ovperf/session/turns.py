"""One measurement at a time on this machine, and the raw times of each kept on disk."""

from __future__ import annotations

import gzip
import json
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pytest_ovperf.errors import CacheError
from pytest_ovperf.trial.lineup_traces import lineup_to_data
from pytest_ovperf.trial.traces import trace_to_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.metrics import Workload
    from pytest_ovperf.records import Trace
    from pytest_ovperf.trial.lineup import LineupLaunch

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 100


class OneAtATime:
    """A lock that every run with the same cache folder shares: timings taken side by side are wrong."""

    def __init__(self, cache_dir: Path, say: Callable[[str], None]) -> None:
        self._lock = FileLock(cache_dir / "measuring.lock")
        self._say = say

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Hold the lock, having said so if somebody else has to be waited for.

        Raises `CacheError` where there can be no lock: in a folder, or by a file, that another user made.
        """
        try:
            self._acquire()
        except OSError as error:
            raise CacheError(
                f"The lock {self._lock.lock_file}, by which runs wait for each other, cannot be used: {error}.",
                remedy="Let this user write that file, or name another folder with --ov-cache-dir.",
            ) from error
        try:
            yield
        finally:
            self._lock.release()

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self._say("waiting for another run to finish measuring on this machine")
            self._lock.acquire()


def keep_each(keeps: Iterable[Callable[[], object]]) -> None:
    """Keep each of several raw times, whatever becomes of the others. Raises the first `CacheError` at its end."""
    failures: list[CacheError] = []
    for keep in keeps:
        try:
            keep()
        except CacheError as error:
            failures.append(error)
    if failures:
        raise failures[0]


def kept_traces(cache_dir: Path) -> list[Path]:
    """Return the files that `keep_trace` and `keep_lineup` have written, the oldest first."""
    return sorted((cache_dir / "traces").glob("*.json.gz"))


def keep_trace(cache_dir: Path, node_id: str, trace: Trace) -> Path:
    """Write every raw time of ``trace`` to the cache folder's ``traces``; return the file, named by time and test.

    Raises `CacheError` where it cannot be written.
    """
    return _keep(cache_dir, node_id, trace.comparison.candidate.name, trace_to_data(trace))


def keep_lineup(
    cache_dir: Path, node_id: str, model: str, workload: Workload, launches: Sequence[LineupLaunch]
) -> Path:
    """Write every raw time of arms that were measured side by side, one launch at least, as `keep_trace` does."""
    arms = tuple(launches[0].blocks)
    name = arms[0].name if len(arms) == 1 else f"{len(arms)}-arms"
    return _keep(cache_dir, node_id, f"{workload.kind}-{name}", lineup_to_data(model, workload, arms, launches))


def _keep(cache_dir: Path, node_id: str, what: str, data: Mapping[str, object]) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    name = _UNSAFE.sub("-", f"{node_id.rpartition('/')[2]}-{what}")[-_NAME_LENGTH:]
    folder = cache_dir / "traces"
    path = folder / f"{stamp}-{time.time_ns() % 10**9:09d}-{name}.json.gz"
    unfinished = path.with_suffix(".part")
    text = json.dumps(data, separators=(",", ":"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
        unfinished.replace(path)
    except OSError as error:
        raise CacheError(
            f"The raw times of {node_id} cannot be kept in {folder}: {error}.",
            remedy="Make room there, or name another folder with --ov-cache-dir.",
        ) from error
    return path
