"""The artefact cache: directories named by the digest of what they were made from, whole or not there at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from pytest_ovperf.errors import CacheError

from .layout import MANIFEST_NAME
from .manifest import DamageError, check_files, read_manifest, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from .recipe import Recipe

_REMEDY = "Name a writable directory with --ov-cache-dir."
#: Longer than any build takes: past it, the run that holds the lock is stuck.
_LOCK_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One artefact in the cache. ``damage`` is empty for a sound one; times are seconds since the epoch."""

    path: Path
    name: str
    kind: str
    digest: str
    bytes: int
    created_unix: float
    last_used_unix: float
    damage: str = ""


class ArtefactCache:
    """Artefacts under ``root``: ``models/`` holds them, ``building/`` what is not finished, ``locks/`` the locks.

    Any number of processes may share a root. An artefact is built beside its place and renamed into it, so that a
    reader sees a whole one or none; whoever needs the same one meanwhile waits for it.
    """

    def __init__(
        self, root: Path, *, clock: Callable[[], float] = time.time, lock_timeout_s: float = _LOCK_TIMEOUT_S
    ) -> None:
        self.root = root
        self._clock = clock
        self._lock_timeout_s = lock_timeout_s
        self._verified: set[str] = set()

    @property
    def _models(self) -> Path:
        return self.root / "models"

    @property
    def _building(self) -> Path:
        return self.root / "building"

    @property
    def _locks(self) -> Path:
        return self.root / "locks"

    def check_writable(self) -> None:
        """Raise `CacheError`, naming the option that chooses another directory, unless files can be made here."""
        with self._explained("written"):
            for directory in (self._models, self._building, self._locks):
                directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._building):
                pass

    def obtain(self, recipe: Recipe, build: Callable[[Path], None], *, say: Callable[[str], None]) -> Path:
        """Return the directory of the artefact of ``recipe``, made by ``build(directory)`` if it is not there.

        It is checked against its manifest, contents included, once in the life of this object; a damaged one is told
        of and made anew. What ``build`` raises passes through and leaves nothing behind. Raises `CacheError` when the
        cache cannot be written, or when another run holds the artefact for too long.
        """
        final = self._models / recipe.folder
        if final.is_dir() and not self._damage(final):
            return self._used(final)
        self.check_writable()
        with self._locked(recipe.folder, say):
            if final.is_dir():
                damage = self._damage(final)
                if not damage:
                    return self._used(final)
                say(f"the cached {recipe.kind} of {recipe.name} is damaged ({damage}): building it anew")
            self._sweep(holding=recipe.folder)
            self._build(recipe, build, final)
        return final

    def entries(self) -> tuple[CacheEntry, ...]:
        """Return what the cache holds, by name and kind. Raises `CacheError` when it cannot be read."""
        with self._explained("read"):
            if not self._models.is_dir():
                return ()
            found = []
            for path in self._models.iterdir():
                if path.is_dir():
                    with contextlib.suppress(FileNotFoundError):  # another run has taken it away meanwhile
                        found.append(self._entry(path))
        return tuple(sorted(found, key=lambda entry: (entry.name, entry.kind, entry.digest)))

    def clear(self, names: Collection[str] | None = None) -> tuple[CacheEntry, ...]:
        """Remove the artefacts of the models ``names`` (``None``: of all) and return those removed.

        One that another run is making or checking is left alone. Raises `CacheError` when removing fails.
        """
        removed = []
        for entry in self.entries():
            if names is not None and entry.name not in names:
                continue
            with self._locked_if_free(entry.path.name) as free:
                if free:
                    self._discard(entry.path)
                    removed.append(entry)
        self._sweep(holding="")
        return tuple(removed)

    def _damage(self, directory: Path) -> str:
        """Return what is wrong with an artefact, the empty string if nothing is."""
        if directory.name in self._verified and (directory / MANIFEST_NAME).is_file():
            return ""
        try:
            check_files(directory, read_manifest(directory))
        except DamageError as error:
            return str(error)
        self._verified.add(directory.name)
        return ""

    def _used(self, directory: Path) -> Path:
        """Note the use of an artefact in its manifest's time; a cache that is read-only is still of use."""
        now = self._clock()
        with contextlib.suppress(OSError):
            os.utime(directory / MANIFEST_NAME, (now, now))
        return directory

    def _build(self, recipe: Recipe, build: Callable[[Path], None], final: Path) -> None:
        with self._explained("written"):
            workshop = Path(tempfile.mkdtemp(prefix=f"{recipe.folder}.", dir=self._building))
        try:
            product = workshop / "product"
            product.mkdir()
            build(product)
            with self._explained("written"):
                write_manifest(product, recipe, self._clock())
                self._discard(final)
                product.replace(final)
                self._used(final)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
        self._verified.add(final.name)

    def _discard(self, directory: Path) -> None:
        """Take an artefact out of sight at once, then delete it.

        Renaming away first keeps it whole for as long as it can be seen, and lets a new one take its place on
        systems where a rename onto a directory fails.
        """
        if not directory.exists():
            return
        self._verified.discard(directory.name)
        with self._explained("written"):
            self._building.mkdir(parents=True, exist_ok=True)
            grave = Path(tempfile.mkdtemp(prefix=f"{directory.name}.", dir=self._building))
            directory.replace(grave / "old")
        shutil.rmtree(grave, ignore_errors=True)

    def _sweep(self, *, holding: str) -> None:
        """Delete what builds that were killed left behind: whatever nobody holds the lock of (``holding``: we do)."""
        if not self._building.is_dir():
            return
        for leftover in self._building.iterdir():
            owner = leftover.name.rpartition(".")[0]
            if owner == holding:
                shutil.rmtree(leftover, ignore_errors=True)
                continue
            with self._locked_if_free(owner) as free:
                if free:
                    shutil.rmtree(leftover, ignore_errors=True)

    def _entry(self, path: Path) -> CacheEntry:
        try:
            manifest = read_manifest(path)
        except DamageError as error:
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            changed = path.stat().st_mtime
            stem, _, digest = path.name.rpartition("-")
            name, _, kind = stem.rpartition("-")
            return CacheEntry(path, name, kind, digest, size, changed, changed, damage=str(error))
        used = (path / MANIFEST_NAME).stat().st_mtime
        return CacheEntry(
            path, manifest.name, manifest.kind, manifest.digest, manifest.total_bytes, manifest.created_unix, used
        )

    def _lock(self, folder: str) -> filelock.BaseFileLock:
        return filelock.FileLock(self._locks / f"{folder}.lock")

    @contextlib.contextmanager
    def _locked(self, folder: str, say: Callable[[str], None]) -> Iterator[None]:
        lock = self._lock(folder)
        with self._explained("locked"):
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                say(f"waiting for another run that is building {folder}")
                self._wait(lock, folder)
        try:
            yield
        finally:
            lock.release()

    def _wait(self, lock: filelock.BaseFileLock, folder: str) -> None:
        try:
            lock.acquire(timeout=self._lock_timeout_s)
        except filelock.Timeout:
            raise CacheError(
                f"Another run has held {folder} in {self.root} for {self._lock_timeout_s:.0f} s.",
                remedy="End the run that is stuck, or name another directory with --ov-cache-dir.",
            ) from None

    @contextlib.contextmanager
    def _locked_if_free(self, folder: str) -> Iterator[bool]:
        lock = self._lock(folder)
        try:
            with self._explained("locked"):
                self._locks.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
        except filelock.Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    @contextlib.contextmanager
    def _explained(self, verb: str) -> Iterator[None]:
        try:
            yield
        except filelock.Timeout:  # an OSError too, but one with a meaning of its own
            raise
        except OSError as error:
            raise CacheError(f"The cache in {self.root} cannot be {verb}: {error}", remedy=_REMEDY) from error
