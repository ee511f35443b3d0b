"""The side that answers: one command after the other, until told to stop or until the parent is gone."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import queue
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from pytest_ovperf.errors import FailureCause, OutOfMemoryError, OvperfError
from pytest_ovperf.hardware.causes import ran_out_of_memory
from pytest_ovperf.hardware.remedies import remedy_of

from .commands import Commands
from .protocol import Failure, Progress, Success, decode_request, encode_answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from .protocol import Answer, Request


def serve(next_request: Callable[[], Request], answer: Callable[[Answer], None], commands: Commands) -> None:
    """Carry out requests until one says ``stop``."""
    while (request := next_request()).do != "stop":
        answer(_carry_out(request, answer, commands))
    answer(Success(request.number, {}))


def _carry_out(request: Request, answer: Callable[[Answer], None], commands: Commands) -> Answer:
    def say(text: str) -> None:
        answer(Progress(request.number, text))

    try:
        return Success(request.number, commands.run(request.do, request.arguments, say))
    except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever it is, the parent must hear of it)
        _let_go(error)
        ours = error if isinstance(error, OvperfError) else _out_of_memory(error)
        trace = "".join(traceback.format_exception(error))
        if ours is not None:
            return Failure(request.number, type(ours).__name__, ours.seen, ours.remedy, trace)
        return Failure(request.number, type(error).__name__, str(error), "", trace)


def _let_go(error: BaseException | None) -> None:
    """Free what the failed command held: when memory ran out, there is none left to say so."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _out_of_memory(error: BaseException) -> OutOfMemoryError | None:
    """Return the error for a foreign exception that says that memory ran out, whatever raised it."""
    said = f"{type(error).__name__}: {error}"
    if not isinstance(error, MemoryError) and not ran_out_of_memory(said):
        return None
    cause = FailureCause.OUT_OF_MEMORY
    return OutOfMemoryError(f"The memory did not suffice ({cause}): {said}", remedy=remedy_of(cause, ""))


def main() -> None:
    """Serve the parent over this process's standard pipes; does not return."""
    pipe = _keep_pipe_for_protocol()
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()

    def answer(message: Answer) -> None:
        pipe.write(encode_answer(message))
        pipe.flush()

    status = 1
    try:
        serve(requests.get, answer, Commands())
        status = 0
    except BrokenPipeError:
        pass  # the parent is gone, and nobody is left to tell
    except BaseException:  # noqa: BLE001  (the last words, in the captured output)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        # Not the long way: tearing down an engine takes time, may crash, and has nothing left to save.
        os._exit(status)


def _keep_pipe_for_protocol() -> IO[bytes]:
    """Return the pipe to the parent, and send everything else that is ever printed to the captured output."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _buffer_native_lines()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Line by line, so that a crash takes no words with it.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    return pipe


def _buffer_native_lines() -> None:
    """Let native code write out each line that it prints, so that a crash takes no words with it."""
    # The C library knows its standard output by name; on Windows it has none that could be reached from here.
    names = {"linux": "stdout", "darwin": "__stdoutp"}
    if sys.platform in names:
        with contextlib.suppress(OSError, AttributeError, ValueError):
            library = ctypes.CDLL(None)
            line_buffered = 1
            library.setvbuf(ctypes.c_void_p.in_dll(library, names[sys.platform]), None, line_buffered, 0)


def _listen(stdin: IO[bytes], requests: queue.SimpleQueue[Request]) -> None:
    """Queue the parent's requests, asleep in a blocking read between them; leave when the parent is gone."""
    try:
        while (line := stdin.readline()).endswith(b"\n"):
            requests.put(decode_request(line))
    except BaseException:  # noqa: BLE001  (without this thread the worker would be deaf for ever)
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
