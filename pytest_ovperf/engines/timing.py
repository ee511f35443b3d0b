"""The loop that takes the times. Nothing happens in it but the call and two looks at the clock."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .protocol import Generated


def time_block(
    call: Callable[[], object],
    *,
    min_ns: int,
    min_calls: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> tuple[int, ...]:
    """Return the time of each call in nanoseconds, in order.

    One call goes before the first timed one: the other arm has just had the caches. The block ends with the first call
    after which both ``min_ns`` nanoseconds have passed and ``min_calls`` calls were timed. The garbage collector is off
    meanwhile; ``clock`` returns nanoseconds.
    """
    call()
    with collector_off():
        return _timed_calls(call, min_ns, min_calls, clock)


def time_generations(
    generate: Callable[[], Generated],
    touch: Callable[[], object],
    *,
    min_ns: int,
    min_calls: int,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> tuple[Generated, ...]:
    """Return what each call of ``generate`` says of its own times, in order; else as `time_block`.

    A generation is long, so it is ``touch`` that goes before the first one, and brings the caches back.
    """
    touch()
    calls: list[Generated] = []
    with collector_off():
        deadline_ns = clock() + min_ns
        while len(calls) < min_calls or clock() < deadline_ns:
            calls.append(generate())
    return tuple(calls)


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector from running inside, and leave it as it was."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _timed_calls(call: Callable[[], object], min_ns: int, min_calls: int, clock: Callable[[], int]) -> tuple[int, ...]:
    times_ns: list[int] = []
    deadline_ns = clock() + min_ns
    while True:
        start_ns = clock()
        call()
        end_ns = clock()
        times_ns.append(end_ns - start_ns)
        if end_ns >= deadline_ns and len(times_ns) >= min_calls:
            return tuple(times_ns)
