from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import Block
from pytest_ovperf.stats.percentiles import PERCENTS, call_times_ns, calls_needed, percentiles


@pytest.mark.parametrize(("percent", "calls"), [(50, 10), (90, 100), (95, 200), (99, 1000)])
def test_a_percentile_needs_ten_calls_above_it(percent: int, calls: int) -> None:
    assert calls_needed(percent) == calls
    assert percent not in percentiles([1.0] * (calls - 1))
    assert percentiles([1.0] * calls)[percent] == 1.0


def test_of_few_calls_there_are_no_percentiles() -> None:
    assert percentiles([1.0] * 9) == {}
    assert percentiles([]) == {}


@given(st.integers(0, 2**32 - 1), st.integers(1000, 1010))
def test_percentiles_are_those_of_numpy(seed: int, calls: int) -> None:
    times = np.random.default_rng(seed).lognormal(size=calls).tolist()
    expected = dict(zip(PERCENTS, np.percentile(times, PERCENTS), strict=True))
    assert percentiles(times) == pytest.approx(expected)


GENERATED = Block((330, 660), first_ns=(30, 60), items=4, tokens=31)


@pytest.mark.parametrize(
    ("metric", "times"),
    [
        (Metric.LATENCY, (330.0, 660.0)),
        (Metric.THROUGHPUT, (330.0, 660.0)),
        (Metric.TOKENS_PER_SECOND, (330.0, 660.0)),
        (Metric.TTFT, (30.0, 60.0)),
        (Metric.TPOT, (10.0, 20.0)),
        (Metric.MODEL_SIZE, ()),
        (Metric.PEAK_MEMORY, ()),
    ],
)
def test_they_are_of_what_the_metric_is_about(metric: Metric, times: tuple[float, ...]) -> None:
    assert call_times_ns(GENERATED, metric) == times


def test_there_is_no_time_between_the_tokens_of_one() -> None:
    assert call_times_ns(Block((330,), first_ns=(30,), tokens=1), Metric.TPOT) == ()


@pytest.mark.parametrize("metric", [Metric.TTFT, Metric.TPOT])
def test_where_nobody_saw_the_first_tokens_there_is_nothing_to_tell(metric: Metric) -> None:
    assert call_times_ns(Block((330, 660), tokens=31), metric) == ()
