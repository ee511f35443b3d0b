# ruff: noqa: ANN401  (torch comes without types that this project reads)
"""PyTorch's counterpart of a queue of requests.

PyTorch has no queue. What its users do instead is one call after the other, each with the whole batch and all threads
(``mode=sync``, what an arm gets unless told otherwise), or several Python threads that call the same model at once
(``mode=async``), torch's own threads shared out evenly among them. The facts of the arm say which it was.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pytest_ovperf.hardware.tunable import check_shares
from pytest_ovperf.tuning import Mode

from .pytorch import PyTorchModel, read_model
from .streaming import stream_calls, stream_threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest, Streamed


class PyTorchCalls(PyTorchModel):
    """A model that is called again as soon as it is done."""

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Call for as long and as often as asked for."""
        return stream_calls(self.call, min_ns=min_ns, min_requests=min_requests)


class PyTorchThreads(PyTorchModel):
    """A model that several threads call at once. They are kept, and with them those that torch starts for each."""

    def __init__(self, torch: Any, model: Any, inputs: Mapping[str, Any], facts: ArmFacts) -> None:
        super().__init__(torch, model, inputs, facts)
        self._at_once = facts.requests
        share = facts.threads // facts.requests
        # For OpenMP the number of threads is the calling thread's own affair, so each of them has to say it.
        self._executor = ThreadPoolExecutor(
            self._at_once, thread_name_prefix="request", initializer=torch.set_num_threads, initargs=(share,)
        )

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Let all threads call at once for as long and as often as asked for."""
        return stream_threads(self.call, self._executor, self._at_once, min_ns=min_ns, min_requests=min_requests)


def load(request: LoadRequest) -> PyTorchCalls | PyTorchThreads:
    """Load as `pytorch.load` does, for the mode of ``request.tuning`` and its number of requests: a thread each.

    Raises `ArmUnavailableError` for requests that cannot share the threads that torch really has.
    """
    read = read_model(request)
    if request.tuning.mode is not Mode.ASYNC:
        return PyTorchCalls(read.torch, read.model, read.keywords, read.facts(mode=Mode.SYNC))
    threads = read.torch.get_num_threads()
    requests = request.tuning.requests or threads
    check_shares(request.tuning, threads)
    facts = read.facts(mode=Mode.ASYNC, requests=requests)
    return PyTorchThreads(read.torch, read.model, read.keywords, facts)
