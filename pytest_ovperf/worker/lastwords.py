"""What can be told about a worker that went wrong: how it ended and what it printed last."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 16_384
_TAIL_LINES = 20

#: Windows exit codes from here on are NTSTATUS errors, such as 0xC0000005, an access violation.
_NT_ERROR = 0x8000_0000

OUT_OF_MEMORY_REMEDY = (
    "Most often the system ended it for want of memory (its log tells): free some, or give the model a smaller shape "
    "in the marker `model`."
)
CRASH_REMEDY = (
    "The engine or a driver crashed in native code: see the stack above; update the engine's package or the driver. "
    "`ovperf devices` shows whether the device works at all."
)
ENDED_REMEDY = "See its last output above; if it says nothing, run that test alone to see whether it happens again."


def exit_text(returncode: int, *, platform: str = sys.platform) -> str:
    """Return the way a process ended: the signal's name, a Windows status in hexadecimal, or the exit code."""
    if platform == "win32" and not 0 <= returncode < _NT_ERROR:
        return f"exit code 0x{returncode & 0xFFFF_FFFF:08X}"
    if returncode < 0:
        return _signal_name(-returncode)
    return f"exit code {returncode}"


def exit_remedy(returncode: int, *, platform: str = sys.platform) -> str:
    """Return what to do about a worker that ended that way."""
    if platform == "win32":
        return CRASH_REMEDY if not 0 <= returncode < _NT_ERROR else ENDED_REMEDY
    if returncode == -9:  # noqa: PLR2004  (signal.SIGKILL, a name that Windows does not have)
        return OUT_OF_MEMORY_REMEDY
    return CRASH_REMEDY if returncode < 0 else ENDED_REMEDY


def last_words(log: Path) -> str:
    """Return the last lines of a worker's captured output, indented, ready to stand in an error's text."""
    try:
        with log.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(0, end - _TAIL_BYTES))
            tail = file.read().decode("utf-8", errors="replace")
    except OSError as error:
        return f"Its output could not be read: {error}"
    lines = [line.rstrip() for line in tail.splitlines() if line.strip()][-_TAIL_LINES:]
    if not lines:
        return "It printed nothing."
    return "Its last output:\n" + "\n".join(f"    {line}" for line in lines)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
