from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines import openvino
from pytest_ovperf.engines.openvino_stream import OpenVinoCalls, OpenVinoQueue, load
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.tuning import Tuning

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest
    from tests.unit.engines.openvino_fakes import FakeOpenVino

MODES = {"": OpenVinoQueue, "mode=sync": OpenVinoCalls}


def streaming(asked: LoadRequest, tuning: str = "") -> LoadRequest:
    return replace(asked, kind=WorkloadKind.STREAM, tuning=Tuning.parse(tuning))


@pytest.mark.parametrize("tuning", MODES)
def test_the_mode_chooses_a_queue_or_one_call_after_the_other(
    fake: FakeOpenVino, asked: LoadRequest, tuning: str
) -> None:
    assert type(load(streaming(asked, tuning), package=fake)) is MODES[tuning]


@pytest.mark.parametrize(("tuning", "requests"), [("", 5), ("requests=3", 3), ("mode=sync", 1)])
def test_as_many_requests_are_in_flight_as_asked_for_else_as_openvino_thinks_best(
    fake: FakeOpenVino, asked: LoadRequest, tuning: str, requests: int
) -> None:
    fake.optimal_requests = 5
    assert load(streaming(asked, tuning), package=fake).facts().requests == requests


@pytest.mark.parametrize("tuning", MODES)
def test_reading_the_inputs_is_no_part_of_the_time_that_loading_takes(
    fake: FakeOpenVino, asked: LoadRequest, tuning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns = [0]
    read = openvino.input_arrays

    def slowly(*arguments: Any) -> Any:  # noqa: ANN401  (as the function that it stands in for)
        now_ns[0] += 1_000
        return read(*arguments)

    monkeypatch.setattr(time, "perf_counter_ns", lambda: now_ns[0])
    monkeypatch.setattr(openvino, "input_arrays", slowly)
    assert load(streaming(asked, tuning), package=fake).facts().load_ns == 0
    assert now_ns == [1_000]


def test_each_request_reads_inputs_of_its_own(fake: FakeOpenVino, asked: LoadRequest) -> None:
    model = load(streaming(asked, "requests=2"), package=fake)
    assert isinstance(model, OpenVinoQueue)
    one, other = (request.tensors[0] for request in model._queue)
    assert one.shared_memory
    assert one.data.tolist() == other.data.tolist() == [[0, 1, 2, 3]]
    assert not np.shares_memory(one.data, other.data)


def test_a_requests_time_is_what_openvino_says_in_milliseconds(fake: FakeOpenVino, asked: LoadRequest) -> None:
    streamed = load(streaming(asked, "requests=3"), package=fake).stream(min_ns=0, min_requests=3)
    too_short_for_its_clock = 1
    assert set(streamed.latency_ns) == {too_short_for_its_clock, 1_000_000, 2_000_000}
