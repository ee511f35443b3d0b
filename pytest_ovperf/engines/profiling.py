# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""What each layer of an arm's model takes, by OpenVINO's own counters (``PERF_COUNT``). Never of a model that is timed.

On a CPU a counter holds the mean over all calls since the model was compiled, the first and slow ones included, in
whole microseconds; other devices tell the last call. So where a CPU executes, the warm-up's part is taken out of the
mean, and what is told is the least of several compiled models: what else the machine does can only add to a mean, and
one call that lost its processor for a few milliseconds spoils that of a layer. A layer of less than a microsecond
counts as nothing, and any time may be too low by one or two: it is cut off, not rounded.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from statistics import mean, median
from typing import TYPE_CHECKING, Any, Final

from pytest_ovperf.errors import MeasurementError

from .graph import layers
from .openvino import Compiled, compile_arm, feed, input_arrays
from .plain_generation import PlainGenerator
from .readback import read_facts
from .timing import collector_off

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_ovperf.records import ArmFacts

    from .graph import LayerRow
    from .protocol import LoadRequest

#: The property that switches the counters on.
COUNTERS: Final = "PERF_COUNT"

#: How often the model is compiled and run; calls are shared out among these rounds.
ROUNDS: Final = 3

_STREAMING: Final = ("NUM_STREAMS", "INFERENCE_NUM_THREADS")
_WARM_UP_CALLS: Final = 2
_MICROSECOND: Final = timedelta(microseconds=1)
_NS_PER_US: Final = 1_000
#: HETERO puts this before the names of layers in its counters, and not in its graph.
_SUBGRAPH: Final = re.compile(r"^subgraph\d+: ")


@dataclass(frozen=True, slots=True)
class Profiled:
    """What the layers of a model took in a call, in nanoseconds.

    ``layers`` are as `graph.layers` returns them, ``times`` the executed ones by their names, ``call_ns`` the wall time
    of a call with counters on. ``facts`` are those of the arm's model, before anything is done about its streams.
    """

    layers: Sequence[LayerRow]
    times: Mapping[str, float]
    call_ns: float
    facts: ArmFacts


def profile(request: LoadRequest, calls: int, *, package: Any = None) -> Profiled:
    """Compile the model of ``request`` anew with counters on, warm it up, and return what ``calls`` calls took.

    A call is one inference, also where the arm streams requests; where a CPU has several streams for them, it is that
    of a model with one of them and its share of the threads. Of an arm that generates it is a whole generation, driven
    by OpenVINO Runtime alone, without what its package does between two tokens. At least one call is made in each of
    `ROUNDS` rounds. ``package`` stands in for ``openvino`` in tests. Raises as `openvino.load` does,
    `ArmUnavailableError` for a device without counters among them, and `MeasurementError` for an arm that is not
    OpenVINO's.
    """
    if not request.engine.is_openvino:
        raise MeasurementError(
            f"{request.engine} has no execution graph of OpenVINO's to profile.",
            remedy="Profile an arm on OpenVINO.",
        )
    asked, calls = _counting(request), max(1, -(-calls // ROUNDS))
    first = _round(asked, calls, package)
    facts = first.facts
    if facts.streams > 1 and _averages(facts):
        # Each stream has counters of its own, and any of them takes a call: what their means are of, nobody tells.
        asked = _one_stream(asked, facts)
        first = _round(asked, calls, package)
    rounds = [first, *(_round(asked, calls, package) for _ in range(ROUNDS - 1))]
    return replace(_together(rounds), facts=facts)


def _counting(request: LoadRequest) -> LoadRequest:
    """Return the request with counters on, and without a cache: what it holds was compiled without them."""
    own = {**dict(request.tuning.properties), COUNTERS: "YES"}
    own.pop("CACHE_DIR", None)
    return replace(request, cache_dir=None, tuning=replace(request.tuning, properties=tuple(sorted(own.items()))))


def _one_stream(request: LoadRequest, facts: ArmFacts) -> LoadRequest:
    """Return the request for a model of one stream, with as many threads as one of several has."""
    own = {name: value for name, value in request.tuning.properties if name not in _STREAMING}
    threads = max(1, facts.threads // facts.streams) if facts.threads else None
    tuning = replace(request.tuning, streams=1, threads=threads, properties=tuple(own.items()))
    return replace(request, tuning=tuning)


def _averages(facts: ArmFacts) -> bool:
    """Tell whether counters hold the mean of all inferences; with several devices, those of one of them do."""
    return any(device.strip("()").startswith("CPU") for device in facts.devices)


def _round(request: LoadRequest, calls: int, package: Any) -> Profiled:
    compiled = compile_arm(request, package=package)
    # Neither requests nor mode are said: a call is one inference, whatever the arm would do with it.
    facts = read_facts(compiled.openvino, compiled.model, request, time.perf_counter_ns() - compiled.start_ns)
    with compiled.subject.trying(f"profile on {request.device} the model {request.ir}"):
        work = _Generation(compiled, request) if request.new_tokens else _Inference(compiled, request)
        for _ in range(_WARM_UP_CALLS):
            work.run()
        with collector_off():
            times, call_ns = _mean(work, calls) if _averages(facts) else _median(work, calls)
        executed = {name: taken for name, taken in times.items() if taken > 0}
        return Profiled(layers(compiled.model), executed, call_ns, facts)


def _mean(work: _Work, calls: int) -> tuple[dict[str, float], float]:
    """Return the mean time of each layer, from counters that hold means over all inferences, and of a call.

    Of the same calls both must be means, or what layers leave unexplained is the difference of two statistics.
    """
    before, warm = work.counters(), _WARM_UP_CALLS * work.inferences
    call_ns = mean(work.run() for _ in range(calls))
    after, new = work.counters(), calls * work.inferences
    times = {
        name: max(0.0, ((warm + new) * mean_ns - warm * before.get(name, 0)) / calls) for name, mean_ns in after.items()
    }
    return times, call_ns


def _median(work: _Work, calls: int) -> tuple[dict[str, float], float]:
    """Return the median time of each layer, from counters that hold the last inference, and the median call's."""
    taken: list[Counter[str]] = []
    calls_ns: list[int] = []
    for _ in range(calls):
        taken.append(Counter())
        calls_ns.append(0)
        for infer_ns in work.steps():
            calls_ns[-1] += infer_ns
            taken[-1].update(work.counters())
    names = dict.fromkeys(name for each in taken for name in each)
    return {name: median(each[name] for each in taken) for name in names}, median(calls_ns)


def _together(rounds: Sequence[Profiled]) -> Profiled:
    """Return the least of rounds. Layers are matched by their place: made-up names change with each compilation."""
    first, kinds = rounds[0], [row["kind"] for row in rounds[0].layers]
    alike = [each for each in rounds if [row["kind"] for row in each.layers] == kinds]
    by_place = [_by_place(each) for each in alike]
    names = {place: name for name, place in _places(first) if any(place in each for each in by_place)}
    least = {name: min(each[place] for each in by_place if place in each) for place, name in names.items()}
    return Profiled(first.layers, least, min(each.call_ns for each in alike), first.facts)


def _by_place(profiled: Profiled) -> dict[int, float]:
    return {place: profiled.times[name] for name, place in _places(profiled) if name in profiled.times}


def _places(profiled: Profiled) -> Iterator[tuple[str, int]]:
    """Yield each layer's name with its place; those that only the counters know come last, in their own order."""
    names = dict.fromkeys([row["name"] for row in profiled.layers])
    return zip({**names, **dict.fromkeys(profiled.times)}, count(), strict=False)


class _Work(ABC):
    """What a call is, made of ``inferences`` inferences with one request."""

    inferences = 1
    request: Any

    @abstractmethod
    def steps(self) -> Iterator[int]:
        """Make a call; yield the wall time of each inference in nanoseconds."""

    def run(self) -> int:
        """Make a call and return its wall time: what passes between inferences does not count."""
        return sum(self.steps())

    def counters(self) -> dict[str, int]:
        """Return what the counters hold of each executed layer."""
        found: dict[str, int] = {}
        for info in self.request.get_profiling_info():
            taken_ns = info.real_time // _MICROSECOND * _NS_PER_US
            if taken_ns:
                name = _SUBGRAPH.sub("", info.node_name)
                found[name] = found.get(name, 0) + taken_ns
        return found


class _Inference(_Work):
    def __init__(self, compiled: Compiled, request: LoadRequest) -> None:
        self.request = compiled.model.create_infer_request()
        self._arrays = input_arrays(compiled.model, request)  # the request reads their memory
        feed(self.request, self._arrays, compiled.openvino)

    def steps(self) -> Iterator[int]:
        start_ns = time.perf_counter_ns()
        self.request.infer(share_outputs=True)
        yield time.perf_counter_ns() - start_ns


class _Generation(_Work):
    def __init__(self, compiled: Compiled, request: LoadRequest) -> None:
        self._model = PlainGenerator(compiled.model, request)
        self.request = self._model.infer_request
        self.inferences = request.new_tokens

    def steps(self) -> Iterator[int]:
        yield from self._model.steps(self.inferences, self._timed)

    def _timed(self, inputs: Mapping[str, Any]) -> int:
        start_ns = time.perf_counter_ns()
        self.request.infer(inputs, share_outputs=True)
        return time.perf_counter_ns() - start_ns
