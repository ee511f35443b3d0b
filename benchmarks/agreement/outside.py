"""What a caller waits for beyond OpenVINO's own time of a request: Python's share of a call.

benchmark_app's latencies of synchronous calls are those that a request itself tells: they begin and end inside
OpenVINO. This package's are taken by the caller's clock, as every engine's are, until the outputs are in the caller's
hands. Both are read of the same calls here, so that what they differ by is known apart from the machine's noise.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING, Any

from pytest_ovperf.engines.protocol import open_engine

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest

_WARM_CALLS = 5
_NS_PER_MS = 1e6


def outside_ns(request: LoadRequest, calls: int = 200) -> float:
    """Return the median, over calls of the arm of ``request``, of the clock's time minus the request's, in nanoseconds.

    It loads the model into this process. Raises as `open_engine` does.
    """
    model: Any = open_engine(request)
    infer_request = model._request  # noqa: SLF001  (the request that the arm calls)
    for _ in range(_WARM_CALLS):
        model.call()
    found: list[float] = []
    for _ in range(calls):
        start_ns = time.perf_counter_ns()
        model.call()
        taken_ns = time.perf_counter_ns() - start_ns
        found.append(taken_ns - infer_request.latency * _NS_PER_MS)
    return median(found)
