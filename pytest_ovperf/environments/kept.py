"""Environments that were made once and are kept in the cache, one for each release and Python.

environments/
  openvino-2025.4.1-cpython-311-linux-x86_64/
    environment.json     written last: what lacks it is not finished, or is being taken away
  openvino-2025.4.1-cpython-311-linux-x86_64.lock

An environment is made in its place, not beside it: programs in it hold the path of the folder that they were installed
in. Nobody takes one without its note.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import filelock

from pytest_ovperf.errors import CacheError, EnvironmentUnusableError

from . import making, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .environment import Environment

    Say = Callable[[str], None]

NOTE_NAME = "environment.json"

_WRITABLE = "Name a writable directory with --ov-cache-dir."

#: Longer than it takes to fetch some hundred megabytes over a slow line.
_LOCK_TIMEOUT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """The environments in ``root``, the folder ``environments`` of a cache.

    ``make`` and ``ask`` do the work: `making.make` and `probe.ask`, or stand-ins for them.
    """

    root: Path
    make: Callable[[str, Path, Say], str] = making.make
    ask: Callable[[Path], probe.Answer] = probe.ask
    lock_timeout_s: float = _LOCK_TIMEOUT_S

    @classmethod
    def of(cls, cache_dir: Path) -> Kept:
        """Return those in the cache at ``cache_dir``."""
        return cls(cache_dir.absolute() / "environments")

    def place(self, version: str) -> Path:
        """Return the folder of the environment for ``version`` and this Python."""
        return self.root / f"openvino-{version}-{sys.implementation.cache_tag}-{sysconfig.get_platform()}"

    def has(self, version: str) -> bool:
        """Tell whether an environment was made for ``version``; whether it still works, only `obtain` finds out."""
        return (self.place(version) / NOTE_NAME).is_file()

    def obtain(self, version: str, say: Say) -> Environment:
        """Return the environment with OpenVINO ``version``, made now if it is not there or does not work.

        It is probed each time. Whoever else makes it is waited for. Raises `EnvironmentUnusableError` as `making.make`
        does, and when what was made cannot be used; `CacheError` when the cache cannot be written, or another run makes
        the same one for too long.
        """
        found, _ = self._working(version)
        if found is not None:
            return found
        with self._locked(version, say):
            found, damage = self._working(version)  # another run may have made it meanwhile
            if found is not None:
                return found
            folder = self.place(version)
            if damage:
                say(f"the environment with OpenVINO {version} does not work any more ({damage}): making it anew")
            else:
                say(f"making an environment with OpenVINO {version}, once; it stays in {folder}")
            return self._make(version, folder, say)

    def _working(self, version: str) -> tuple[Environment | None, str]:
        """Return the environment if it is there and works, else what is wrong with it, nothing where there is none.

        A probe that timed out says nothing about the environment, which others may be using: its error is raised.
        """
        folder = self.place(version)
        if not (folder / NOTE_NAME).is_file():
            return None, ""
        answer = self.ask(making.interpreter_in(folder))
        try:
            return _checked(answer, version), ""
        except EnvironmentUnusableError as error:
            if answer.ended.timed_out:
                raise
            return None, error.seen.partition("\n")[0]

    def _make(self, version: str, folder: Path, say: Say) -> Environment:
        try:
            (folder / NOTE_NAME).unlink(missing_ok=True)  # first, so that nobody takes what is being removed
            if folder.exists():
                shutil.rmtree(folder)
        except OSError as error:
            raise self._unwritable(error) from error
        tool = self.make(version, folder, say)
        try:
            environment = _checked(self.ask(making.interpreter_in(folder)), version)
            self._note(folder, environment, tool)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return environment

    def _note(self, folder: Path, environment: Environment, tool: str) -> None:
        note = {"made_on": datetime.now(UTC).date().isoformat(), "made_with": tool, **environment.versions}
        unfinished = folder / f"{NOTE_NAME}.new"
        try:
            unfinished.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8", newline="\n")
            unfinished.replace(folder / NOTE_NAME)
        except OSError as error:
            raise self._unwritable(error) from error

    @contextlib.contextmanager
    def _locked(self, version: str, say: Say) -> Iterator[None]:
        folder = self.place(version)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"))
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                say(f"waiting for another run that is making an environment with OpenVINO {version}")
                lock.acquire(timeout=self.lock_timeout_s)
        except filelock.Timeout as error:
            raise CacheError(
                f"Another run has been making {folder} for {self.lock_timeout_s:.0f} s.",
                remedy="End the run that is stuck, or name another directory with --ov-cache-dir.",
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _unwritable(self, error: OSError) -> CacheError:
        return CacheError(f"The cache in {self.root} cannot be written: {error}", remedy=_WRITABLE)


def _checked(answer: probe.Answer, version: str) -> Environment:
    """Return the environment that answered. Raises `EnvironmentUnusableError`, also if it has another OpenVINO."""
    environment = answer.environment()
    if environment.openvino != version:
        raise EnvironmentUnusableError(
            f"The environment of {environment.python} was made for OpenVINO {version} and has {environment.openvino}.",
            remedy=f"Delete it, {answer.python.parent.parent}, and run again.",
        )
    return environment
