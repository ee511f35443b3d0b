"""Run a command to its end, with its output kept: an interpreter that is probed, pip or uv at work."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: How much of what a command said goes into an error.
_LAST_LINES = 8
_LINE_CHARACTERS = 300

_KILL_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that is over. ``ending`` says how, empty if well; ``out`` and ``err`` are what it printed."""

    ending: str
    out: str
    err: str
    timed_out: bool = False
    started: bool = True

    @property
    def ok(self) -> bool:
        """Whether it ended by itself and with success."""
        return not self.ending

    @property
    def words(self) -> str:
        """The last that it said, indented, and how it ended if it said nothing."""
        said = [line for line in (self.err.strip() or self.out.strip()).splitlines() if line.strip()]
        last = said[-_LAST_LINES:] or [self.ending or "nothing"]
        return "\n".join(f"    {line.rstrip()[:_LINE_CHARACTERS]}" for line in last)


def run(command: Sequence[str], *, timeout_s: float, environment: Mapping[str, str] | None = None) -> Ended:
    """Run ``command`` in the folder for temporary files, with ``environment`` in the place of this process's own.

    What cannot be started is an ending, too. Nothing that it started outlives a time-out or an interruption.
    """
    # Files, not pipes: a grandchild that keeps a pipe open would hang whoever reads it.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            ending, timed_out = _run(command, out, err, timeout_s, environment)
        except OSError as error:
            return Ended(f"it cannot be run: {error}", "", "", started=False)
        return Ended(ending, _text(out), _text(err), timed_out)


def _run(
    command: Sequence[str], out: IO[bytes], err: IO[bytes], timeout_s: float, environment: Mapping[str, str] | None
) -> tuple[str, bool]:
    process = subprocess.Popen(  # noqa: S603  (the interpreter that the user named, or a tool that was looked up)
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        env=None if environment is None else dict(environment),
        cwd=tempfile.gettempdir(),  # not where the user is: modules and settings of tools lie about there
    )
    try:
        code = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return f"it did not end within {timeout_s:g} s", True
    finally:
        if process.poll() is None:
            _kill_tree(process)
    if code < 0:
        return f"it was ended by signal {-code}", False
    return (f"it ended with exit code {code}" if code else ""), False


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    import psutil  # noqa: PLC0415  (only where something has to be ended)

    below: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(process.pid).children(recursive=True)
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_WAIT_S)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", errors="replace")
