from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric, Unit
from pytest_ovperf.records import Block
from pytest_ovperf.stats.absolute import absolute, in_unit

CALLS = Block((1_000_000, 2_000_000, 3_000_000))


def test_a_latency_is_the_median_of_a_launch_and_the_geometric_mean_of_launches() -> None:
    slower = Block(tuple(4 * time for time in CALLS.latency_ns))
    found = absolute([[CALLS], [slower]], Metric.LATENCY)
    assert found.value == pytest.approx(0.004)
    assert found.low < found.value < found.high
    assert found.samples == 6
    assert found.percentiles == {}


def test_rates_are_higher_where_costs_are_lower() -> None:
    blocks = [Block((5_000_000,) * 20, elapsed_ns=40_000_000, items=2)]
    found = absolute([blocks], Metric.THROUGHPUT)
    assert found.value == pytest.approx(1000.0)
    assert found.low < 1000.0 < found.high
    assert found.percentiles == {50: pytest.approx(0.005)}


def test_generated_tokens_are_counted_over_all_prompts() -> None:
    found = absolute([[Block((320_000_000,), first_ns=(20_000_000,), items=4, tokens=32)]], Metric.TOKENS_PER_SECOND)
    assert found.value == pytest.approx(400.0)


def test_memory_is_surer_than_times_and_has_no_percentiles() -> None:
    memory = absolute([[Block((), bytes=250_000_000)]] * 2, Metric.PEAK_MEMORY)
    time = absolute([[CALLS]] * 2, Metric.LATENCY)
    assert memory.value == pytest.approx(2.5e8)
    assert (memory.percentiles, memory.samples) == ({}, 0)
    assert 1 < memory.high / memory.low < time.high / time.low


@pytest.mark.parametrize("launches", [1, 2])
def test_the_size_of_files_does_not_scatter(launches: int) -> None:
    size = absolute([[Block((), bytes=250_000_000)]] * launches, Metric.MODEL_SIZE)
    assert size.low == size.value == size.high == pytest.approx(2.5e8)


@given(st.integers(min_value=1, max_value=10))
def test_more_launches_narrow_the_interval(launches: int) -> None:
    few, more = (absolute([[CALLS]] * number, Metric.LATENCY) for number in (launches, launches + 1))
    assert more.high - more.low < few.high - few.low


@pytest.mark.parametrize("launches", [[], [[]], [[CALLS], []], [[Block(())]]])
def test_nothing_is_made_of_nothing(launches: list[list[Block]]) -> None:
    with pytest.raises(MeasurementError):
        absolute(launches, Metric.LATENCY)


def test_a_unit_is_what_people_count_in() -> None:
    assert in_unit(2e6, Unit.SECONDS) == 0.002
    assert in_unit(2e6, Unit.TOKENS_PER_SECOND) == 500.0
    assert in_unit(2e6, Unit.BYTES) == 2e6
