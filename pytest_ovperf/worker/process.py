"""The operating system's side of a worker: start it apart from the terminal, and end it with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.engines.refusals import OUTPUT_VARIABLE
from pytest_ovperf.models.own.code import PATH_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

_DEATH_WAIT_S = 5.0

#: How the variables begin by which coverage traces every process below this one: it would be traced while it is timed.
_TRACING = ("COVERAGE_PROCESS_", "COV_CORE_")


def worker_command(python: str | None) -> tuple[str, ...]:
    """Return the command line of a worker in the interpreter ``python`` (default: this one).

    By path and with ``-P``, so that the worker runs this very copy of the package and no file of the current directory
    shadows a module. In another interpreter with ``-I``: neither PYTHONPATH nor packages of the user's own folder bring
    it what belongs to this one.
    """
    apart = "-P" if python is None or python == sys.executable else "-I"
    return (python or sys.executable, apart, str(Path(__file__).with_name("__main__.py")))


def spawn(command: Sequence[str], log: IO[bytes], log_path: Path) -> subprocess.Popen[bytes]:
    """Start ``command`` with pipes for the protocol and ``log``, at ``log_path``, for everything else that it prints.

    It gets its own session (its own process group on Windows): Ctrl-C in the terminal reaches the parent alone, which
    then ends its workers in order. Raises `OSError` if the command cannot be run.
    """
    apart: dict[str, Any]
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        apart = {"start_new_session": True}
    return subprocess.Popen(  # noqa: S603  (our own module, or the command that a test gave)
        list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=_environment(log_path), **apart
    )


def descendants(pid: int) -> list[Any]:
    """Return the living processes below ``pid`` as `psutil.Process`; none if ``pid`` itself is gone."""
    import psutil  # noqa: PLC0415  (kept out of the imports of a run that measures nothing)

    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def await_exit(process: subprocess.Popen[bytes]) -> None:
    """Sleep until ``process`` has ended; where possible its number stays its own until `kill_tree`."""
    if sys.platform != "win32" and hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):  # `kill_tree` was there first
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()


def kill_tree(process: subprocess.Popen[bytes], below: Sequence[Any] = ()) -> None:
    """End ``process``, its descendants, those in ``below`` and whatever is left of its session, and wait for them."""
    import psutil  # noqa: PLC0415

    doomed = {*below, *descendants(process.pid)}
    if sys.platform != "win32":
        # Also reaches orphans of a worker that is dead already: they have another parent by now, but the same group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for child in doomed:
        with contextlib.suppress(psutil.Error):
            child.kill()  # psutil makes sure that the number was not given to another process since
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_DEATH_WAIT_S)
    _await_deaths(doomed)


def _await_deaths(doomed: set[Any]) -> None:
    """Wait until none of the killed processes runs any more; the dead whom nobody buries do not run."""
    deadline_s = time.monotonic() + _DEATH_WAIT_S
    while any(_runs(process) for process in doomed) and time.monotonic() < deadline_s:
        time.sleep(0.005)


def _runs(process: Any) -> bool:  # noqa: ANN401  (psutil is imported late)
    import psutil  # noqa: PLC0415

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _environment(log_path: Path) -> dict[str, str]:
    """Return the caller's environment, with a stack printed on a crash, no tracing and no tokenizers' warning of forks.

    The caller's module path goes along by another name, for functions of the user's own.
    """
    ours = {
        "PYTHONFAULTHANDLER": "1",
        "TOKENIZERS_PARALLELISM": "false",
        OUTPUT_VARIABLE: str(log_path),
        PATH_VARIABLE: os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
    }
    return {name: value for name, value in os.environ.items() if not name.startswith(_TRACING)} | ours
