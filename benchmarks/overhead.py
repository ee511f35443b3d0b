"""What the timing loop adds to a call: a model of a few microseconds in our loop and in a bare one, turn by turn.

    python -m benchmarks.overhead [--rounds 200]

The model is one ReLU. In each round both loops make the same calls of the same infer request, in random order: the
bare one looks at the clock before the first call and after the last; ours is the one that workers use, which looks at
it around each call. Two differences to the bare loop are printed, each the median over rounds with a 95 % interval of
the order statistics: of the times that ours records, which is what is in every figure, and of the time that it takes.
The limit is 1 µs or 1 % of a call, whichever is more. The same is asked of a call that does nothing, and of a queue of
requests that is kept full, whose bare loop is `AsyncInferQueue` without callbacks.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

from benchmarks.startup import median_interval
from pytest_ovperf.arms import Engine, Precision
from pytest_ovperf.engines.properties import compile_properties
from pytest_ovperf.engines.protocol import LoadRequest, Streamer, open_engine
from pytest_ovperf.engines.timing import time_block
from pytest_ovperf.metrics import WorkloadKind

if TYPE_CHECKING:
    from collections.abc import Callable

#: The overhead that is let pass, in microseconds and as a share of a call, whichever is more.
LIMIT_US = 1.0
LIMIT_SHARE = 0.01
_CALLS = 1000
_NS_PER_US = 1e3


@dataclass(frozen=True, slots=True)
class Measured:
    """Microseconds a call in one round: in the bare loop, as ours records it, and as ours takes it."""

    bare: float
    recorded: float
    taken: float


@dataclass(frozen=True, slots=True)
class Loops:
    """The two loops over one thing: ``bare`` returns nanoseconds a call, ``ours`` those recorded and those taken."""

    name: str
    bare: Callable[[], float]
    ours: Callable[[], tuple[float, float]]


def relu_request(folder: Path, kind: WorkloadKind) -> LoadRequest:
    """Write a model of one ReLU over eight numbers, with its inputs, and return the request to load it."""
    import numpy as np  # noqa: PLC0415  (after the arguments are read)
    import openvino as ov  # noqa: PLC0415
    from openvino import opset13 as ops  # noqa: PLC0415

    parameter = ops.parameter([1, 8], np.float32, name="x")
    parameter.output(0).set_names({"x"})
    ir, inputs = folder / "relu.xml", folder / "inputs.npz"
    ov.save_model(ov.Model([ops.relu(parameter)], [parameter], "relu"), ir, compress_to_fp16=False)
    np.savez(inputs, x=np.ones((1, 8), np.float32))
    return LoadRequest(Engine.OPENVINO, Precision.FP32, "CPU", None, None, ir, inputs, None, threads=1, kind=kind)


def call_loops(name: str, bare_call: Callable[[], object], call: Callable[[], object]) -> Loops:
    """Return the loops over ``bare_call`` and, as workers time it, over ``call``."""

    def bare() -> float:
        bare_call()
        start_ns = time.perf_counter_ns()
        for _ in range(_CALLS):
            bare_call()
        return (time.perf_counter_ns() - start_ns) / _CALLS

    def ours() -> tuple[float, float]:
        start_ns = time.perf_counter_ns()
        times_ns = time_block(call, min_ns=0, min_calls=_CALLS)
        taken_ns = time.perf_counter_ns() - start_ns
        return sum(times_ns) / _CALLS, taken_ns / (_CALLS + 1)  # one call goes before the timed ones

    return Loops(name, bare, ours)


def infer_loops(folder: Path) -> Loops:
    """Return the loops over synchronous inferences of the model of one ReLU."""
    model: Any = open_engine(relu_request(folder, WorkloadKind.INFER))
    request = model._request  # noqa: SLF001  (the same infer request in both loops)
    return call_loops("infer", partial(request.infer, share_outputs=True), model.call)


def stream_loops(folder: Path) -> Loops:
    """Return the loops over a full queue of the same model; the bare queue is compiled with the same properties."""
    import openvino as ov  # noqa: PLC0415  (after the arguments are read)

    request = relu_request(folder, WorkloadKind.STREAM)
    streamer = cast("Streamer", open_engine(request))
    queue = ov.AsyncInferQueue(
        ov.Core().compile_model(request.ir, request.device, compile_properties(request)), streamer.facts().requests
    )

    def bare() -> float:
        for _ in range(len(queue)):
            queue.start_async()
        queue.wait_all()
        start_ns = time.perf_counter_ns()
        for _ in range(_CALLS):
            queue.start_async()
        queue.wait_all()
        return (time.perf_counter_ns() - start_ns) / _CALLS

    def ours() -> tuple[float, float]:
        start_ns = time.perf_counter_ns()
        streamed = streamer.stream(0, _CALLS)
        taken_ns = time.perf_counter_ns() - start_ns
        return streamed.elapsed_ns / len(streamed.latency_ns), taken_ns / len(streamed.latency_ns)

    return Loops("stream", bare, ours)


def measure(loops: Loops, rounds: int, rng: random.Random) -> list[Measured]:
    """Return what ``rounds`` rounds showed, the loops in random order, after three rounds nobody counts."""
    taken = []
    gc.disable()
    for _ in range(rounds + 3):
        bare_first = rng.random() < 1 / 2
        bare_ns = loops.bare() if bare_first else 0.0
        recorded_ns, taken_ns = loops.ours()
        bare_ns = bare_ns or loops.bare()
        taken.append(Measured(bare_ns / _NS_PER_US, recorded_ns / _NS_PER_US, taken_ns / _NS_PER_US))
    gc.enable()
    return taken[3:]


def told(loops: Loops, rounds: list[Measured]) -> str:
    """Return the lines of one pair of loops."""
    call = median(each.bare for each in rounds)
    limit = max(LIMIT_US, call * LIMIT_SHARE)
    recorded = median_interval([each.recorded - each.bare for each in rounds])
    taken = median_interval([each.taken - each.bare for each in rounds])
    verdict = "within" if recorded[2] <= limit else "beyond" if recorded[1] > limit else "too noisy for"
    return (
        f"{loops.name}: {call:.2f} µs a call in the bare loop; recorded {recorded[0]:+.2f} µs "
        f"({recorded[1]:+.2f} to {recorded[2]:+.2f}), {verdict} the limit of {limit:.2f} µs; "
        f"the loop itself takes {taken[0]:+.2f} µs ({taken[1]:+.2f} to {taken[2]:+.2f})"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="rounds of each loop (default: %(default)s)")
    rounds = parser.parse_args().rounds
    rng = random.Random(6)  # noqa: S311  (an order of turns)
    with tempfile.TemporaryDirectory(prefix="ovperf-overhead-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for loops in (call_loops("nothing", _nothing, _nothing), infer_loops(folder), stream_loops(folder)):
            print(told(loops, measure(loops, rounds, rng)), flush=True)


def _nothing() -> None:
    """Do nothing."""


if __name__ == "__main__":
    main()
