# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""OpenVINO Runtime, several requests at once: an AsyncInferQueue that is kept full, or one call after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_ovperf.tuning import Mode

from . import graph, openvino
from .refusals import REFUSALS
from .streaming import stream_calls, stream_queue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pytest_ovperf.records import ArmFacts

    from .protocol import LoadRequest, Streamed
    from .refusals import Subject

_NS_PER_MS = 1_000_000


class OpenVinoQueue(openvino.CompiledArm):
    """A compiled model with a queue of requests, each with inputs of its own, as different requests would have."""

    def __init__(
        self, compiled: Any, queue: Any, arrays: Iterable[NDArray[Any]], facts: ArmFacts, subject: Subject
    ) -> None:
        super().__init__(compiled, facts, subject)
        self._queue = queue
        self._arrays = tuple(arrays)  # the requests read their memory
        self._requests = _Requests(queue)

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Keep the queue full for as long and as many completions as asked for. Raises `DeviceFailureError`."""
        try:
            return stream_queue(self._requests, min_ns=min_ns, min_requests=min_requests)
        except REFUSALS as error:
            raise self._failure(error) from error

    def call(self) -> None:
        """Run one request through the queue. Raises `DeviceFailureError`."""
        self._run_one()

    def outputs(self) -> dict[str, NDArray[Any]]:
        """Return a copy of the floating-point outputs of one request as float32, under every name they have."""
        return self._floats_of(self._queue[self._run_one()])

    def layers(self) -> list[dict[str, Any]]:
        """Return the layers that OpenVINO made of the model, in order, after a call: see `graph.layers`."""
        return graph.layers_after(lambda: self.stream(1, len(self._requests)), self._compiled)

    def _run_one(self) -> int:
        try:
            number = int(self._queue.get_idle_request_id())
            self._queue.start_async()
            self._queue.wait_all()
        except REFUSALS as error:
            raise self._failure(error) from error
        else:
            return number


class _Requests:
    """An AsyncInferQueue as `stream_queue` wants it. A request's time is OpenVINO's own, from start to completion."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self._each = tuple(queue)  # asking the queue for a request takes 5 µs: time that belongs to nobody
        self.start = queue.start_async
        self.wait_all = queue.wait_all

    def __len__(self) -> int:
        return len(self._each)

    def await_idle(self) -> int:
        latency_ms = self._each[self._queue.get_idle_request_id()].latency
        return int(latency_ms * _NS_PER_MS) or 1


class OpenVinoCalls(openvino.OpenVinoModel):
    """A compiled model with one request, which is called again as soon as it is done."""

    def stream(self, min_ns: int, min_requests: int) -> Streamed:
        """Call for as long and as often as asked for. Raises `DeviceFailureError`."""
        return stream_calls(self.call, min_ns=min_ns, min_requests=min_requests)


def load(request: LoadRequest, *, package: Any = None) -> OpenVinoQueue | OpenVinoCalls:
    """Load as `openvino.load` does, for ``request.tuning``: its mode, and its number of requests in flight.

    The number is what OpenVINO calls optimal for the compiled model where the tuning names none.
    """
    compiled = openvino.compile_arm(request, package=package)
    if request.tuning.mode is Mode.SYNC:
        return openvino.with_one_request(OpenVinoCalls, compiled, request)
    return _queue(compiled, request)


def _queue(compiled: openvino.Compiled, request: LoadRequest) -> OpenVinoQueue:
    with compiled.subject.trying(f"make a queue of requests for {request.device}"):
        queue = compiled.openvino.AsyncInferQueue(compiled.model, request.tuning.requests or 0)
    facts = compiled.facts(request, requests=len(queue), mode=Mode.ASYNC)  # the inputs are not the model's to load
    arrays = openvino.input_arrays(compiled.model, request)
    fed = [tuple(array.copy() for array in arrays) for _ in range(len(queue))]
    with compiled.subject.trying(f"take the inputs for {request.device}"):
        for infer_request, own in zip(queue, fed, strict=True):
            openvino.feed(infer_request, own, compiled.openvino)
    kept = [array for own in fed for array in own]
    return OpenVinoQueue(compiled.model, queue, kept, facts, compiled.subject)
