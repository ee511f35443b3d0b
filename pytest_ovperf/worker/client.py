"""The side that asks: one `Worker` is one process, its pipes, and what it printed.

Whatever goes wrong in that process becomes one error with the arm's name, the last command, the way it ended, its last
output and a remedy. After a death, a hang or rubbish the process and all that it started are gone.
"""

from __future__ import annotations

import contextlib
import queue
import tempfile
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pytest_ovperf import errors
from pytest_ovperf.errors import (
    MeasurementError,
    OvperfError,
    WorkerDiedError,
    WorkerError,
    WorkerFailedError,
    WorkerGarbledError,
    WorkerHungError,
    WorkerOutOfMemoryError,
)
from pytest_ovperf.hardware.causes import ran_out_of_memory

from .lastwords import ENDED_REMEDY, OUT_OF_MEMORY_REMEDY, exit_remedy, exit_text, last_words
from .process import await_exit, descendants, kill_tree, spawn, worker_command
from .protocol import Failure, Progress, Request, Success, decode_answer, encode_request

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import IO

#: How long a worker may take to leave when asked, before it is made to.
_STOP_WAIT_S = 2.0

#: How long a worker that closed its pipe may take to end.
_EXIT_WAIT_S = 5.0

#: How long what a dead worker wrote may take to be read.
_DRAIN_S = 1.0

#: A line longer than this is no answer of ours.
_LINE_BYTES = 64 * 1024 * 1024

_HUNG_REMEDY = (
    "Run that test alone on an idle machine; `ovperf devices` shows whether the device answers at all. "
    "A model this slow needs a smaller shape in the marker `model`, or a smaller new_tokens= where it generates."
)


class Worker:
    """A worker process that carries out one command at a time. A context manager; safe to drop, too."""

    def __init__(self, label: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._label = label
        self._process = process
        self._log = log
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._number = 0
        self._pending: str | None = None
        self._last = "its start"
        self._broken: WorkerError | None = None
        self._exited = threading.Event()
        self._below: list[Any] = []
        # Runs once: when something broke, at close, when the object is dropped, or at interpreter exit.
        self._end = weakref.finalize(self, _end, process, self._below, log)
        reader = threading.Thread(target=_read_lines, args=(process.stdout, self._answers), daemon=True)
        reader.start()
        waiting = (process, reader, self._answers, self._exited)
        threading.Thread(target=_await_exit, args=waiting, daemon=True).start()

    @classmethod
    def start(
        cls,
        label: str,
        *,
        python: str | None = None,
        command: Sequence[str] | None = None,
        log_dir: Path | None = None,
    ) -> Self:
        """Start a worker in the interpreter ``python`` (default: this one) and return at once.

        ``label`` names it in errors; ``command`` replaces the whole command line; its output is captured in a file in
        ``log_dir`` (default: the system's place for temporary files). Raises `WorkerDiedError` if it cannot be started.
        """
        command = tuple(command or worker_command(python))
        with tempfile.NamedTemporaryFile(prefix="ovperf-worker-", suffix=".log", dir=log_dir, delete=False) as log:
            try:
                process = spawn(command, log.file, Path(log.name))
            except OSError as error:
                log.close()
                Path(log.name).unlink(missing_ok=True)
                raise WorkerDiedError(
                    f"{label}: no worker could be started with {' '.join(command)}: {error}",
                    remedy="Check that this Python interpreter exists and can be run.",
                ) from error
        return cls(label, process, Path(log.name))

    @property
    def pid(self) -> int:
        """The number of the worker's process."""
        return self._process.pid

    def send(self, do: str, **arguments: object) -> None:
        """Give the worker a command without waiting for it. Raises `WorkerError` if it is not there any more."""
        self._check_usable(do)
        self._number += 1
        self._pending = self._last = do
        try:
            stdin = self._process.stdin
            if stdin is not None:
                stdin.write(encode_request(Request(self._number, do, arguments)))
                stdin.flush()
        except OSError as error:  # the pipe is broken: on Windows that may be EINVAL
            raise self._died() from error

    def receive(self, *, timeout_s: float, on_progress: Callable[[str], None] | None = None) -> Mapping[str, Any]:
        """Wait for the answer to the last command and return its value.

        ``on_progress`` gets each piece of news on the way; news does not prolong ``timeout_s``. Raises a `WorkerError`,
        or the `OvperfError` that the command itself raised in the worker.
        """
        if self._broken is not None:
            raise self._broken
        if self._pending is None:
            raise MeasurementError(f"{self._label}: no command to wait for.", remedy="Send one first.")
        deadline_s = time.monotonic() + timeout_s
        while True:
            line = self._next_line(deadline_s, timeout_s)
            try:
                answer = decode_answer(line)
            except ValueError as error:
                raise self._died(line) if not line.endswith(b"\n") else self._garbled(line) from error
            if answer.number != self._number:
                raise self._garbled(line)
            if isinstance(answer, Progress):
                if on_progress is not None:
                    on_progress(answer.text)
                continue
            self._pending = None
            if isinstance(answer, Success):
                return answer.value
            raise self._failed(answer)

    def request(
        self, do: str, *, timeout_s: float, on_progress: Callable[[str], None] | None = None, **arguments: object
    ) -> Mapping[str, Any]:
        """`send` a command and `receive` its value."""
        self.send(do, **arguments)
        return self.receive(timeout_s=timeout_s, on_progress=on_progress)

    def close(self) -> None:
        """End the worker and everything that it started, and remove its captured output. Once is enough."""
        if not self._end.alive:
            return
        try:
            if self._pending is None:
                self._ask_to_stop()
        finally:
            self._end()
            self._broken = self._broken or WorkerDiedError(
                f"{self._label}: the worker was closed.", remedy="Start another one."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask_to_stop(self) -> None:
        self._below.extend(descendants(self.pid))  # once it has left, they are nobody's children
        with contextlib.suppress(WorkerError):
            self.send("stop")
            self._exited.wait(_STOP_WAIT_S)

    def _check_usable(self, do: str) -> None:
        if self._broken is not None:
            raise self._broken
        if self._pending is not None:
            raise MeasurementError(
                f"{self._label}: asked to {do!r} while {self._pending!r} has no answer yet.",
                remedy="Receive the answer first.",
            )

    def _next_line(self, deadline_s: float, timeout_s: float) -> bytes:
        try:
            # Sleeps in the kernel until something comes: a waiting parent must not take time from the timed worker.
            return self._answers.get(timeout=max(0.0, deadline_s - time.monotonic()))
        except queue.Empty:
            raise self._hung(timeout_s) from None

    def _died(self, unfinished: bytes = b"") -> WorkerError:
        """Return the error for a worker whose pipe is at its end, perhaps in the middle of a line."""
        middle = f", in the middle of an answer that began {unfinished[:80]!r}" if unfinished else ""
        if not self._exited.wait(_EXIT_WAIT_S):
            seen = f"the worker closed its pipe during {self._last!r} without ending{middle}"
            return self._break(WorkerDiedError, seen, ENDED_REMEDY)
        returncode = self._process.wait()
        seen = f"the worker ended during {self._last!r}: {exit_text(returncode)}{middle}"
        if returncode != 0 and ran_out_of_memory(last_words(self._log)):
            return self._break(WorkerOutOfMemoryError, seen, OUT_OF_MEMORY_REMEDY)
        return self._break(WorkerDiedError, seen, exit_remedy(returncode))

    def _hung(self, timeout_s: float) -> WorkerError:
        seen = f"the worker did not answer {self._last!r} within {timeout_s:g} s"
        return self._break(WorkerHungError, seen, _HUNG_REMEDY)

    def _garbled(self, line: bytes) -> WorkerError:
        printed = line[:200].decode("utf-8", errors="replace").rstrip()
        seen = f"the worker answered {self._last!r} with something that is no answer: {printed!r}"
        remedy = (
            "Something in the worker writes to its pipe, or another version of pytest-ovperf answers: reinstall it."
        )
        return self._break(WorkerGarbledError, seen, remedy)

    def _break(self, kind: type[WorkerError], seen: str, remedy: str) -> WorkerError:
        """End the process tree, so that nothing of it disturbs what is measured next, and keep the error."""
        words = last_words(self._log)
        self._end()
        self._pending = None
        self._broken = kind(f"{self._label}: {seen} (process {self.pid}).\n{words}", remedy=remedy)
        return self._broken

    def _failed(self, failure: Failure) -> OvperfError:
        kind = getattr(errors, failure.kind, None)
        if isinstance(kind, type) and issubclass(kind, OvperfError) and failure.remedy:
            return kind(f"{self._label}: {failure.message}", remedy=failure.remedy)
        trace = "\n".join(f"    {line}" for line in failure.trace.splitlines()[-20:])
        seen = f"{self._label}: {self._last!r} failed in the worker: {failure.kind}: {failure.message}\n{trace}"
        return WorkerFailedError(
            f"{seen}\n{last_words(self._log)}",
            remedy="See the cause above; `ovperf devices` lists the devices, `pip list` the versions of the engines.",
        )


def _read_lines(pipe: IO[bytes] | None, answers: queue.SimpleQueue[bytes]) -> None:
    """Hand over line after line; one without its end, perhaps empty, says that the pipe is at its end."""
    try:
        while pipe is not None:
            line = pipe.readline(_LINE_BYTES)
            answers.put(line)
            if not line.endswith(b"\n"):
                return
    except (OSError, ValueError):  # closed from the other thread
        answers.put(b"")


def _await_exit(
    process: subprocess.Popen[bytes],
    reader: threading.Thread,
    answers: queue.SimpleQueue[bytes],
    exited: threading.Event,
) -> None:
    """Tell the one who waits for an answer that none will come.

    The end of the pipe alone does not tell: a process that the worker forked may hold it open.
    """
    await_exit(process)
    exited.set()
    reader.join(_DRAIN_S)
    answers.put(b"")


def _end(process: subprocess.Popen[bytes], below: Sequence[Any], log: Path) -> None:
    """End the process and remove its captured output. Knows no `Worker`, so that a dropped one can be collected."""
    kill_tree(process, below)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
    with contextlib.suppress(OSError):  # Windows: a virus scanner may hold it; it is in the temporary directory
        log.unlink(missing_ok=True)
