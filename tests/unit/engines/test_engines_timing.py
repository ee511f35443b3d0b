from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.engines.protocol import Generated
from pytest_ovperf.engines.timing import time_block, time_generations


class Watch:
    """A clock that moves only when the model is called, by the next of the given durations (the last one repeats)."""

    def __init__(self, *durations_ns: int) -> None:
        self.now_ns = 1_000
        self.calls = 0
        self._durations_ns = durations_ns

    def clock(self) -> int:
        return self.now_ns

    def call(self) -> None:
        self.now_ns += self._durations_ns[min(self.calls, len(self._durations_ns) - 1)]
        self.calls += 1


def test_the_first_call_is_made_but_not_counted() -> None:
    watch = Watch(900, 10, 20, 30)
    assert time_block(watch.call, min_ns=0, min_calls=3, clock=watch.clock) == (10, 20, 30)


def test_a_block_goes_on_until_its_time_is_over() -> None:
    watch = Watch(900, 40)
    assert time_block(watch.call, min_ns=100, min_calls=1, clock=watch.clock) == (40, 40, 40)


@given(
    durations=st.lists(st.integers(1, 1000), min_size=2, max_size=30),
    min_ns=st.integers(0, 20_000),
    min_calls=st.integers(1, 50),
)
def test_a_block_is_long_enough_and_not_one_call_longer(durations: list[int], min_ns: int, min_calls: int) -> None:
    watch = Watch(*durations)
    times = time_block(watch.call, min_ns=min_ns, min_calls=min_calls, clock=watch.clock)
    assert sum(times) >= min_ns
    assert len(times) >= min_calls
    assert sum(times[:-1]) < min_ns or len(times) == min_calls


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_is_off_meanwhile_and_then_as_before(collecting: bool) -> None:  # noqa: FBT001
    seen: list[bool] = []
    (gc.enable if collecting else gc.disable)()
    try:
        time_block(lambda: seen.append(gc.isenabled()), min_ns=0, min_calls=2, clock=lambda: 0)
        assert seen[1:] == [False, False]
        assert gc.isenabled() is collecting
    finally:
        gc.enable()


def test_a_call_that_fails_leaves_the_garbage_collector_on() -> None:
    calls = iter([None])
    with pytest.raises(StopIteration):
        time_block(calls.__next__, min_ns=0, min_calls=1, clock=lambda: 0)
    assert gc.isenabled()


def test_a_generation_tells_its_own_times_and_what_goes_before_it_is_not_counted() -> None:
    watch = Watch(900, 40, 50, 60)

    def generate() -> Generated:
        start_ns = watch.now_ns
        watch.call()
        return Generated((watch.now_ns - start_ns) // 10, watch.now_ns - start_ns)

    calls = time_generations(generate, watch.call, min_ns=100, min_calls=2, clock=watch.clock)
    assert calls == (Generated(4, 40), Generated(5, 50), Generated(6, 60))
