"""A function of the user's own, called again as soon as it is done: by one thread, or by several at once.

With ``mode=async`` the call must be one that several threads can make at the same time; how they share the processors
is its own affair.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pytest_ovperf.tuning import Mode

from .call import Call, make_call
from .streaming import stream_calls, stream_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest, Streamed


class CallsInTurn(Call):
    """A call that is made again as soon as it is done."""

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Call for as long and as often as asked for."""
        return stream_calls(self.call, min_ns=min_ns, min_requests=min_requests)


class CallsAtOnce(Call):
    """A call that several threads make at once; they are kept."""

    def __init__(self, call: Callable[[], Any], function: str, facts: ArmFacts) -> None:
        super().__init__(call, function, facts)
        self._executor = ThreadPoolExecutor(facts.requests, thread_name_prefix="request")

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Let all threads call at once for as long and as often as asked for."""
        at_once = self._facts.requests
        return stream_threads(self.call, self._executor, at_once, min_ns=min_ns, min_requests=min_requests)


def load(request: LoadRequest) -> CallsInTurn | CallsAtOnce:
    """Load as `call.load` does, for the mode of ``request.tuning`` and its number of requests: a thread each."""
    if request.tuning.mode is not Mode.ASYNC:
        return CallsInTurn(*make_call(request, mode=Mode.SYNC, requests=1))
    requests = request.tuning.requests or request.cpu_threads or 1
    return CallsAtOnce(*make_call(request, mode=Mode.ASYNC, requests=requests))
