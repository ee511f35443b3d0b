"""A process whose threads go on spinning is waited for, so that the next arm has the processors to itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_ovperf.engines.settling import Rest


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

    def rest(self) -> Rest:
        return Rest(spent=self.spent, clock=self.clock, sleep=self.sleep)


@pytest.mark.parametrize(("busy_s", "least_s", "most_s"), [(0.0, 0.0, 0.05), (0.2, 0.2, 0.3), (60.0, 1.0, 1.1)])
def test_it_is_waited_for_rest_and_not_for_ever(busy_s: float, least_s: float, most_s: float) -> None:
    process = Spinning(busy_s)
    process.rest().wait()
    assert least_s <= process.now_s <= most_s


def test_what_never_rests_costs_its_second_once_and_not_after_every_block() -> None:
    process = Spinning(60.0)
    rest = process.rest()
    for _ in range(10):
        rest.wait()
    assert process.now_s <= 1.1 + 9 * 0.13


def test_what_came_to_rest_late_is_waited_for_as_long_the_next_time() -> None:
    process = Spinning(0.2)
    rest = process.rest()
    rest.wait()
    process.busy_s += 0.5
    began = process.now_s
    rest.wait()
    assert process.now_s >= began + 0.3
