"""Keeping requests in flight and counting what is completed: the loops of the workload STREAM, without any engine.

A window is what is counted: it opens when as many requests have been completed as are in flight at once (each of them
has then run once, and the caches are the arm's own), and closes with a completion after which enough time has passed
and enough requests were counted, a whole number of rounds of them. Requests that run side by side tend to end together,
and a window of whole rounds counts neither too many nor too few of those at its edges.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from .protocol import Streamed
from .timing import collector_off

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor


class Window:
    """Counts completions, in nanoseconds of one clock, until there are enough."""

    def __init__(self, at_once: int, min_ns: int, min_requests: int) -> None:
        self._at_once = at_once
        self._min_ns = min_ns
        self._min_requests = max(1, min_requests)
        self._filling = at_once
        self._latency_ns: list[int] = []
        self._opened_ns = 0
        self._closed_ns: int | None = None

    def completed(self, end_ns: int, latency_ns: int) -> bool:
        """Note a completion; return whether the window is closed. What is completed after that is not counted."""
        if self._closed_ns is not None:
            return True
        if self._filling:
            self._filling -= 1
            self._opened_ns = end_ns
            return False
        self._latency_ns.append(latency_ns)
        enough = len(self._latency_ns) >= self._min_requests and len(self._latency_ns) % self._at_once == 0
        if enough and end_ns - self._opened_ns >= max(1, self._min_ns):
            self._closed_ns = end_ns
            return True
        return False

    def streamed(self) -> Streamed:
        """Return what was counted, once the window is closed."""
        closed_ns = self._opened_ns if self._closed_ns is None else self._closed_ns
        return Streamed(tuple(self._latency_ns), closed_ns - self._opened_ns)


def stream_calls(
    call: Callable[[], object],
    *,
    min_ns: int,
    min_requests: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Streamed:
    """Stream synchronous calls, one after the other: what one caller gets through."""
    window = Window(1, min_ns, min_requests)
    with collector_off():
        while True:
            start_ns = clock()
            call()
            end_ns = clock()
            if window.completed(end_ns, end_ns - start_ns):
                return window.streamed()


class Queue(Protocol):
    """Requests of which a fixed number is in flight at once, such as those of an AsyncInferQueue."""

    def __len__(self) -> int:
        """Return how many requests there are."""

    def start(self) -> None:
        """Start a request that is idle; wait for one if there is none."""

    def await_idle(self) -> int:
        """Wait until a request is idle and return how long it took, in nanoseconds, without taking it up again."""

    def wait_all(self) -> None:
        """Wait until all requests are idle."""


def stream_queue(
    queue: Queue, *, min_ns: int, min_requests: int, clock: Callable[[], int] = time.perf_counter_ns
) -> Streamed:
    """Keep all requests of a queue in flight until the window closes, then let the queue run empty."""
    window = Window(len(queue), min_ns, min_requests)
    with collector_off():
        for _ in range(len(queue)):
            queue.start()
        while True:
            latency_ns = queue.await_idle()
            if window.completed(clock(), latency_ns):
                break
            queue.start()
        queue.wait_all()
    return window.streamed()


def stream_threads(  # noqa: PLR0913  (the clock is injected)
    call: Callable[[], object],
    executor: Executor,
    at_once: int,
    *,
    min_ns: int,
    min_requests: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> Streamed:
    """Let ``at_once`` threads of ``executor`` call at the same time, each again and again, until the window closes.

    Raises what a call raises, once all threads have ended.
    """
    window = Window(at_once, min_ns, min_requests)
    counting = threading.Lock()
    over = threading.Event()
    together = threading.Barrier(at_once)

    def keep_calling() -> None:
        together.wait()
        try:
            while not over.is_set():
                start_ns = clock()
                call()
                with counting:
                    end_ns = clock()
                    if window.completed(end_ns, end_ns - start_ns):
                        over.set()
        finally:
            over.set()

    with collector_off():
        threads = [executor.submit(keep_calling) for _ in range(at_once)]
        for thread in threads:
            thread.exception()  # all of them come to their end before the first error is told
    for thread in threads:
        thread.result()
    return window.streamed()
