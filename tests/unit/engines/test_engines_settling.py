"""A process whose threads go on spinning is waited for, so that the next arm has the processors to itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_ovperf.engines.settling import await_rest


@dataclass
class Spinning:
    """A process that is busy until so many seconds have passed."""

    busy_s: float
    now_s: float = 0.0

    def clock(self) -> int:
        return round(self.now_s * 1e9)

    def spent(self) -> int:
        return round(min(self.now_s, self.busy_s) * 1e9)

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.mark.parametrize(("busy_s", "least_s", "most_s"), [(0.0, 0.0, 0.05), (0.2, 0.2, 0.3), (60.0, 1.0, 1.1)])
def test_it_is_waited_for_rest_and_not_for_ever(busy_s: float, least_s: float, most_s: float) -> None:
    process = Spinning(busy_s)
    await_rest(spent=process.spent, clock=process.clock, sleep=process.sleep)
    assert least_s <= process.now_s <= most_s
