# ruff: noqa: ANN401  (ONNX Runtime ships no types; its objects are Any here)
"""ONNX Runtime's counterpart of a queue of requests.

As PyTorch, it has none: there is one call after the other, with all threads (``mode=sync``, what an arm gets unless
told otherwise), or several threads that call one session at once (``mode=async``). A thread that calls works itself, so
that many fewer are in the session's pool: together they are the threads that the arm was given.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pytest_ovperf.hardware.tunable import check_shares
from pytest_ovperf.tuning import Mode

from .onnxruntime import OnnxRuntimeModel, open_session
from .streaming import stream_calls, stream_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest, Streamed


class OnnxRuntimeCalls(OnnxRuntimeModel):
    """A session that is called again as soon as it is done."""

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Call for as long and as often as asked for."""
        return stream_calls(self.call, min_ns=min_ns, min_requests=min_requests)


class OnnxRuntimeThreads(OnnxRuntimeModel):
    """A session that several threads call at once, each with a binding of its own."""

    def __init__(self, session: Any, arrays: Sequence[NDArray[Any]], facts: ArmFacts) -> None:
        super().__init__(session, arrays, facts)
        self._own = threading.local()
        self._executor = ThreadPoolExecutor(
            facts.requests, thread_name_prefix="request", initializer=self._bind_for_this_thread
        )

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Let all threads call at once for as long and as often as asked for."""
        return stream_threads(
            self._call_own, self._executor, self._facts.requests, min_ns=min_ns, min_requests=min_requests
        )

    def _bind_for_this_thread(self) -> None:
        self._own.binding = self._bound()

    def _call_own(self) -> None:
        self._session.run_with_iobinding(self._own.binding)


def load(request: LoadRequest) -> OnnxRuntimeCalls | OnnxRuntimeThreads:
    """Load as `onnxruntime.load` does, for the mode of ``request.tuning`` and its number of requests: a thread each.

    Raises `ArmUnavailableError` for requests that cannot share the arm's threads.
    """
    if request.tuning.mode is not Mode.ASYNC:
        read = open_session(request)
        return OnnxRuntimeCalls(read.session, read.arrays, read.facts(mode=Mode.SYNC))
    check_shares(request.tuning, request.cpu_threads)
    requests = request.tuning.requests or request.cpu_threads or 1
    read = open_session(request, threads=max(0, request.cpu_threads - requests + 1))
    return OnnxRuntimeThreads(read.session, read.arrays, read.facts(mode=Mode.ASYNC, requests=requests))
