"""What environments a cache holds, and how to be rid of them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import filelock

from pytest_ovperf.errors import CacheError

from .environment import version_key
from .kept import NOTE_NAME, Kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

#: The name of a folder: release, Python and platform, as `Kept.place` joins them.
_NAME = re.compile(r"openvino-(?P<version>[^-]+)-(?P<python>[^-]+-\d+)-.+")


@dataclass(frozen=True, slots=True)
class Entry:
    """An environment in the cache.

    ``version`` is that of OpenVINO, ``python`` the tag of its Python (``cpython-311``), ``made_on`` the date, empty for
    one that was never finished; ``bytes`` is what its files take, those shared with other folders included.
    """

    folder: Path
    version: str
    python: str
    made_on: str
    bytes: int


def entries(cache_dir: Path) -> tuple[Entry, ...]:
    """Return the environments in the cache at ``cache_dir``, the oldest release first."""
    folders = ((found, path) for path in _folders(cache_dir) if (found := _NAME.fullmatch(path.name)))
    kept = [Entry(path, found["version"], found["python"], _made_on(path), _bytes(path)) for found, path in folders]
    return tuple(sorted(kept, key=lambda entry: (version_key(entry.version), entry.python)))


def clear(cache_dir: Path, versions: Collection[str] | None = None) -> tuple[Entry, ...]:
    """Delete the environments of these releases, of all of them without ``versions``, and return what they were.

    Raises `CacheError` for one that another run is making, and where a folder cannot be deleted; what is left of that
    one is never taken for an environment.
    """
    removed = []
    for entry in entries(cache_dir):
        if versions is None or entry.version in versions:
            _remove(entry)
            removed.append(entry)
    return tuple(removed)


def _folders(cache_dir: Path) -> list[Path]:
    root = Kept.of(cache_dir).root
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _made_on(folder: Path) -> str:
    try:
        note = json.loads((folder / NOTE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(note.get("made_on", "")) if isinstance(note, dict) else ""


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:  # another run is taking it away
            continue
    return total


def _remove(entry: Entry) -> None:
    lock = filelock.FileLock(entry.folder.with_name(f"{entry.folder.name}.lock"))
    try:
        with lock.acquire(timeout=0):
            (entry.folder / NOTE_NAME).unlink(missing_ok=True)  # first, so that nobody takes what is being removed
            shutil.rmtree(entry.folder)
    except filelock.Timeout as error:
        raise CacheError(
            f"Another run is making {entry.folder}.", remedy="Wait for that run, or end it, and clear again."
        ) from error
    except OSError as error:
        raise CacheError(
            f"{entry.folder} cannot be deleted: {error}", remedy="End the run that uses it, and clear again."
        ) from error
