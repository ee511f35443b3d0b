"""Read and replace one file so that two runs at once lose nothing and no reader sees half of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from pytest_ovperf.errors import BaselineError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHERE = "--ov-baselines=DIR (or the ini option ov_baselines) names the folder; choose one that can be written."


def default_lock_dir() -> Path:
    """Return where lock files live: out of the baselines' folder, which is kept in git, and one for each user."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"pytest-ovperf-locks-{user}"


@contextlib.contextmanager
def locked(path: Path, lock_dir: Path, timeout_s: float) -> Iterator[None]:
    """Keep other runs of this user on this host off ``path``, a file or folder, for the time of the block.

    Raises `BaselineError` if another run keeps it for longer than ``timeout_s`` seconds.
    """
    digest = hashlib.sha256(os.path.normcase(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    lock_file = lock_dir / f"{digest}.lock"
    lock = filelock.FileLock(lock_file, timeout=timeout_s)
    try:
        lock_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise BaselineError(
            f"{path} has been locked by another run for {timeout_s:g} s.",
            remedy=f"Wait for the other run to end. If there is none, delete {lock_file}.",
        ) from None
    except OSError as error:
        raise BaselineError(
            f"The lock {lock_file} for {path} cannot be made: {error}.",
            remedy="Let TMPDIR (TEMP on Windows) name a folder that can be written.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def read_text(path: Path) -> str | None:
    """Return the file's text, ``None`` if there is no such file.

    Raises `BaselineError` for one that cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BaselineError(
            f"Baseline file {path}, line {line}: this is no UTF-8 text.",
            remedy=f"Restore the file from git (git checkout -- {path}).",
        ) from error
    except OSError as error:
        kind = "is a folder" if path.is_dir() else f"cannot be read: {error.strerror or error}"
        raise BaselineError(
            f"Baseline file {path} {kind}.",
            remedy=f"Make it a readable file, or move it away. {_WHERE}",
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Put ``text`` in the place of the file, whole or not at all; folders are made as needed.

    Raises `BaselineError` naming the option that chooses the folder.
    """
    target = path.resolve()  # a link stays a link
    draft = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Not through `tempfile`, whose files only their owner may read: this one goes to git.
            with draft.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise BaselineError(
            f"Baseline file {path} cannot be written: {error.strerror or error}.",
            remedy=_WHERE,
        ) from error


def check_writable(folder: Path) -> None:
    """Raise `BaselineError` unless files can be made in ``folder``, which need not exist yet. Leaves no trace."""
    existing = next((parent for parent in (folder, *folder.resolve().parents) if parent.exists()), folder)
    try:
        # Not through `tempfile`, which tries ten thousand names in a folder that Windows refuses.
        draft = existing / f".{uuid.uuid4().hex}.tmp"
        draft.touch(exist_ok=False)
        draft.unlink()
    except OSError as error:
        where = f"{folder}" if existing == folder else f"{folder} (in {existing})"
        raise BaselineError(
            f"No baseline can be written to {where}: {error.strerror or error}.",
            remedy=_WHERE,
        ) from error
