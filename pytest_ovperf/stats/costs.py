"""What a block of calls costs by each metric: less is always better, so that every metric is compared alike.

The lower quartile over the calls speaks for a block: neighbours on the machine only ever add time, so the lower part
of the calls says most about the arm; the minimum is quieter still on traces, but falls with the number of calls, which
differs between the arms. What is counted over a whole block, such as the samples that left a full queue, needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.records import Block


def call_costs(block: Block, metric: Metric) -> tuple[float, ...]:  # noqa: PLR0911  (one a metric)
    """Return what each call, sample, token or request of a block costs by ``metric``, in order of the calls.

    Nanoseconds: of a call (latency, load times, export), of the time to the first token or result, between two tokens
    (TPOT: the time after the first token, by the tokens after it), of a sample, token or request in the rates. Bytes:
    of memory and files. What is counted over a whole block is one value; a block that lacks what the metric needs has
    none.
    """
    match metric:
        case Metric.PEAK_MEMORY | Metric.MODEL_SIZE:
            return () if block.bytes is None else (float(block.bytes),)
        case Metric.THROUGHPUT if block.elapsed_ns is not None:
            samples = len(block.latency_ns) * block.items
            return (block.elapsed_ns / samples,) if samples else ()
        case Metric.THROUGHPUT | Metric.REQUESTS_PER_SECOND:
            return _parts(block.latency_ns, block.items)
        case Metric.TOKENS_PER_SECOND:
            return _parts(block.latency_ns, block.items * block.tokens)
        case Metric.TTFT | Metric.FIRST_INFERENCE:
            return _parts(block.first_ns, 1)
        case Metric.TPOT if len(block.first_ns) != len(block.latency_ns):
            return ()  # nobody saw the first tokens
        case Metric.TPOT:
            after_first = [whole - first for whole, first in zip(block.latency_ns, block.first_ns, strict=True)]
            return _parts(after_first, block.tokens - 1)
        case _:
            return _parts(block.latency_ns, 1)


def block_cost(block: Block, metric: Metric) -> float:
    """Return what a block stands for by ``metric``: the lower quartile of `call_costs`, interpolated between calls.

    Raises `MeasurementError` for a block that does not hold what the metric needs, or a cost that is not above 0.
    """
    costs = sorted(call_costs(block, metric))
    if not costs or costs[0] <= 0:
        raise MeasurementError(
            f"A block has nothing to tell the {metric} from; it holds {len(block.latency_ns)} calls, "
            f"the shortest of {min(block.latency_ns, default=0)} ns.",
            remedy="Measure again; if it stays so, report it with the trace.",
        )
    place = (len(costs) - 1) / 4
    below = int(place)
    above = min(below + 1, len(costs) - 1)
    return costs[below] + (place - below) * (costs[above] - costs[below])


def _parts(times_ns: Sequence[int], parts: int) -> tuple[float, ...]:
    return tuple(time_ns / parts for time_ns in times_ns) if parts > 0 else ()
