from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.engines.profiling import ROUNDS, profile
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.tuning import Tuning
from tests.unit.engines.graph_fakes import (
    CountingModel,
    CountingOpenVino,
    CountingRequest,
    FakeGraph,
    operation,
)
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest
    from tests.unit.engines.openvino_fakes import FakeOpenVino

GRAPH = FakeGraph([operation("product"), operation("norm", "MVN")])


def openvino_of(fake: FakeOpenVino, *rounds: tuple[FakeGraph, CountingRequest]) -> CountingOpenVino:
    given = fake.model
    model = CountingModel(given.inputs, given.outputs, given.request, given.properties, rounds=list(rounds))
    return CountingOpenVino(model)


def counting(takes_us: dict[str, Sequence[int]], *, averages: bool = True) -> CountingRequest:
    return CountingRequest([], takes_us=takes_us, averages=averages)


def test_the_warm_up_is_taken_out_of_means_that_hold_it(fake: FakeOpenVino, asked: LoadRequest) -> None:
    rounds = [(GRAPH, counting({"product": [900, 300, 100], "norm": [40, 20]})) for _ in range(ROUNDS)]
    found = profile(asked, 30, package=openvino_of(fake, *rounds))
    assert found.times["product"] == pytest.approx(100_000, abs=1_500)  # a counter's microsecond is cut off
    assert found.times["norm"] == pytest.approx(20_000, abs=1_500)
    assert [row["name"] for row in found.layers] == ["product", "norm"]
    assert found.call_ns > 0


def test_a_device_that_counts_the_last_call_is_read_after_each(fake: FakeOpenVino, asked: LoadRequest) -> None:
    fake.model.properties["EXECUTION_DEVICES"] = ["GPU.0"]
    takes = [900, 300, *[100, 200] * 30]
    rounds = [(GRAPH, counting({"product": takes}, averages=False)) for _ in range(ROUNDS)]
    package = openvino_of(fake, *rounds)
    package.capabilities = {"GPU": ["FP32"]}
    found = profile(replace(asked, device="GPU"), 4 * ROUNDS, package=package)
    assert found.times == {"product": 150_000}


def test_a_round_that_was_disturbed_does_not_count(fake: FakeOpenVino, asked: LoadRequest) -> None:
    """Rounds are matched by place: the numbers in made-up names go on with each compilation."""
    rounds = [
        (FakeGraph([operation(f"Transpose_{number}", "Transpose")]), counting({f"Transpose_{number}": [took]}))
        for number, took in ((7, 7000), (19, 100), (31, 102))
    ]
    assert profile(asked, ROUNDS, package=openvino_of(fake, *rounds)).times == {"Transpose_7": 100_000}


def test_a_layer_that_some_rounds_were_too_fast_for_is_told_of_the_others(
    fake: FakeOpenVino, asked: LoadRequest
) -> None:
    rounds = [(GRAPH, counting({"product": [5], "norm": [took]})) for took in (0, 1, 1)]
    assert profile(asked, ROUNDS, package=openvino_of(fake, *rounds)).times == {"product": 5_000, "norm": 1_000}


def test_a_round_with_another_graph_does_not_count(fake: FakeOpenVino, asked: LoadRequest) -> None:
    other = FakeGraph([operation("norm", "MVN"), operation("product")])
    graphs = (GRAPH, other, other)
    rounds = [(graph, counting({"product": [10 * number]})) for number, graph in enumerate(graphs, 1)]
    assert profile(asked, ROUNDS, package=openvino_of(fake, *rounds)).times == {"product": 10_000}


def test_layers_that_were_not_executed_have_no_time(fake: FakeOpenVino, asked: LoadRequest) -> None:
    rounds = [(GRAPH, counting({"product": [5], "norm": [0]})) for _ in range(ROUNDS)]
    assert set(profile(asked, ROUNDS, package=openvino_of(fake, *rounds)).times) == {"product"}


def test_counters_that_no_layer_of_the_graph_has_are_kept(fake: FakeOpenVino, asked: LoadRequest) -> None:
    rounds = [(GRAPH, counting({"product": [5], "hidden": [7]})) for _ in range(ROUNDS)]
    found = profile(asked, ROUNDS, package=openvino_of(fake, *rounds))
    assert found.times == {"product": 5_000, "hidden": 7_000}


def test_names_of_heteros_counters_are_those_of_its_graph(fake: FakeOpenVino, asked: LoadRequest) -> None:
    rounds = [(GRAPH, counting({"subgraph0: product": [5]})) for _ in range(ROUNDS)]
    assert profile(asked, ROUNDS, package=openvino_of(fake, *rounds)).times == {"product": 5_000}


def test_counters_are_on_and_no_cache_is_used(fake: FakeOpenVino, asked: LoadRequest, tmp_path: Path) -> None:
    package = openvino_of(fake, *[(GRAPH, counting({"product": [5]})) for _ in range(ROUNDS)])
    tuning = Tuning.of({"hint": "throughput", "CACHE_DIR": str(tmp_path)})
    profile(replace(asked, cache_dir=tmp_path, tuning=tuning), 1, package=package)
    assert package.compiled_with is not None
    _, properties = package.compiled_with
    assert properties["PERF_COUNT"] == "YES"
    assert properties["PERFORMANCE_HINT"] == "THROUGHPUT"
    assert "CACHE_DIR" not in properties


def test_of_several_streams_one_is_profiled_with_its_share_of_the_threads(
    fake: FakeOpenVino, asked: LoadRequest
) -> None:
    """Their counters cannot be told apart; the facts are the arm's own."""
    fake.model.properties |= {"NUM_STREAMS": 4, "INFERENCE_NUM_THREADS": 8}
    of_all, *of_one = ((GRAPH, counting({"product": [took]})) for took in (9, 5, 5, 5))
    package = openvino_of(fake, of_all, *of_one)
    found = profile(replace(asked, threads=8, tuning=Tuning.of({"streams": 4})), ROUNDS, package=package)
    assert found.times == {"product": 5_000}
    assert (found.facts.streams, found.facts.threads) == (4, 8)
    assert package.compiled_with is not None
    _, properties = package.compiled_with
    assert (properties["NUM_STREAMS"], properties["INFERENCE_NUM_THREADS"]) == (1, 2)


def test_each_round_makes_at_least_one_call(fake: FakeOpenVino, asked: LoadRequest) -> None:
    rounds = [(GRAPH, counting({"product": [5]})) for _ in range(ROUNDS)]
    profile(asked, 1, package=openvino_of(fake, *rounds))
    warm_up = 2
    assert [len(request.infers) for _, request in rounds] == [warm_up + 1] * ROUNDS


def test_pytorch_has_no_execution_graph() -> None:
    with pytest.raises(MeasurementError, match="no execution graph"):
        profile(request_of("pytorch-fp32"), 3)
