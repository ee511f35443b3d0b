from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.engines.protocol import Streamed
from pytest_ovperf.engines.streaming import Window, stream_calls, stream_queue, stream_threads

if TYPE_CHECKING:
    from collections.abc import Iterator


def counted(ends_ns: list[int], *, at_once: int, min_ns: int = 0, min_requests: int = 1) -> Streamed:
    window = Window(at_once, min_ns, min_requests)
    for end_ns in ends_ns:
        if window.completed(end_ns, 7):
            return window.streamed()
    raise AssertionError(f"the window never closed: {ends_ns}")


def test_the_first_completion_of_each_request_is_not_counted() -> None:
    assert counted([100, 110, 210, 220], at_once=2) == Streamed((7, 7), 110)


def test_requests_that_end_together_are_counted_in_whole_rounds() -> None:
    # Two side by side, 100 ns each: 2 in 100 ns is the truth, and 1 in 0 ns or 3 in 100 ns is not.
    assert counted([0, 0, 100, 100, 200, 200], at_once=2, min_requests=3) == Streamed((7,) * 4, 200)


def test_a_window_stays_open_until_its_time_is_over() -> None:
    assert counted([0, 10, 20, 30, 40, 50], at_once=1, min_ns=35).elapsed_ns == 40


def test_a_window_without_length_is_none() -> None:
    assert counted([5, 5, 5, 6], at_once=1) == Streamed((7, 7, 7), 1)


def test_what_is_completed_after_the_end_is_not_counted() -> None:
    window = Window(1, 0, 1)
    assert [window.completed(end_ns, 7) for end_ns in (0, 10, 20)] == [False, True, True]
    assert window.streamed() == Streamed((7,), 10)


@given(
    gaps=st.lists(st.integers(1, 50), min_size=300, max_size=300),
    at_once=st.integers(1, 8),
    min_ns=st.integers(0, 200),
    min_requests=st.integers(1, 20),
)
def test_a_window_is_as_long_as_asked_for_and_not_a_round_longer(
    gaps: list[int], at_once: int, min_ns: int, min_requests: int
) -> None:
    ends_ns = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    streamed = counted(ends_ns, at_once=at_once, min_ns=min_ns, min_requests=min_requests)
    requests = len(streamed.latency_ns)
    assert requests >= min_requests
    assert requests % at_once == 0
    assert streamed.elapsed_ns == sum(gaps[at_once : at_once + requests]) >= min_ns
    shorter = requests - at_once
    assert shorter < min_requests or sum(gaps[at_once : at_once + shorter]) < max(1, min_ns)


class Bench:
    """A queue on a device with ``lanes`` lanes, where every request takes 100 ns, and the clock that goes with it."""

    def __init__(self, requests: int, lanes: int) -> None:
        self.now_ns = 0
        self.started = 0
        self.most_in_flight = 0
        self.latencies_ns: list[int] = []
        self._requests = requests
        self._free_ns = [0] * lanes
        self._running: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return self._requests

    def clock(self) -> int:
        return self.now_ns

    def start(self) -> None:
        lane = min(range(len(self._free_ns)), key=self._free_ns.__getitem__)
        self._free_ns[lane] = max(self.now_ns, self._free_ns[lane]) + 100
        self._running.append((self._free_ns[lane], self.now_ns))
        self.started += 1
        self.most_in_flight = max(self.most_in_flight, len(self._running))

    def await_idle(self) -> int:
        done = min(self._running)
        self._running.remove(done)
        self.now_ns = max(self.now_ns, done[0])
        self.latencies_ns.append(done[0] - done[1])
        return self.latencies_ns[-1]

    def wait_all(self) -> None:
        self._running.clear()


@pytest.mark.parametrize(("requests", "lanes"), [(1, 1), (2, 2), (4, 2), (5, 3)])
def test_a_full_queue_gives_the_rate_of_the_device(requests: int, lanes: int) -> None:
    bench = Bench(requests, lanes)
    streamed = stream_queue(bench, min_ns=5_000, min_requests=1, clock=bench.clock)
    assert bench.most_in_flight == requests
    rate = len(streamed.latency_ns) / streamed.elapsed_ns
    assert rate == pytest.approx(lanes / 100, rel=0.03)
    assert streamed.latency_ns == tuple(bench.latencies_ns[requests : requests + len(streamed.latency_ns)])


def test_a_queue_is_left_empty() -> None:
    bench = Bench(3, 1)
    stream_queue(bench, min_ns=0, min_requests=1, clock=bench.clock)
    assert bench._running == []


def test_calls_one_after_the_other_are_a_queue_of_one() -> None:
    now_ns = count(0, 25)  # two looks at the clock a call: 25 ns within it, 25 between it and the next
    streamed = stream_calls(lambda: None, min_ns=0, min_requests=4, clock=now_ns.__next__)
    assert streamed == Streamed((25, 25, 25, 25), 200)


class Callers:
    """Counts who calls, and keeps the first callers until all of them are here."""

    def __init__(self, at_once: int) -> None:
        self.names: set[str] = set()
        self.collecting: list[bool] = []
        self._together = threading.Barrier(at_once, timeout=30)

    def call(self) -> None:
        name = threading.current_thread().name
        if name not in self.names:
            self.names.add(name)
            self._together.wait()
        self.collecting.append(gc.isenabled())


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


def test_threads_call_at_once_and_the_collector_is_off(executor: ThreadPoolExecutor) -> None:
    callers = Callers(3)
    streamed = stream_threads(callers.call, executor, 3, min_ns=0, min_requests=5)
    assert len(callers.names) == 3
    assert len(streamed.latency_ns) % 3 == 0
    assert len(streamed.latency_ns) >= 6
    assert streamed.elapsed_ns > 0
    assert not any(callers.collecting)
    assert gc.isenabled()


def test_what_a_thread_raises_is_raised_when_all_have_ended(executor: ThreadPoolExecutor) -> None:
    def fail() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        stream_threads(fail, executor, 3, min_ns=0, min_requests=1)
    assert gc.isenabled()
