"""What files of graphs and times are called: the same on every system, whatever a model is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.arms import Comparison, Side, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import LayerFiles
from pytest_ovperf.store import layer_names
from pytest_ovperf.store.keys import comparison_label

GRAPH = "a-b.1a2b3c4d.graph.txt"
TIMES = "a-b.1a2b3c4d.5e6f7a8b.times.txt"

#: What Windows takes for a device, whatever comes behind a dot.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


def label(model: str, candidate: str = "openvino-int8", reference: str = "openvino-fp32", device: str = "CPU") -> str:
    workload = Workload(WorkloadKind.INFER, {"input_ids": (1, 128)})
    return comparison_label(
        Comparison(model, parse_arm(candidate, device), parse_arm(reference, device), Metric.LATENCY, workload)
    )


def test_a_name_begins_with_model_arm_and_workload() -> None:
    assert layer_names.stem(label("minilm"), Side.CANDIDATE) == "minilm-openvino-int8-infer-1x128"
    assert layer_names.stem(label("minilm"), Side.REFERENCE) == "minilm-openvino-fp32-infer-1x128"


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("prajjwal1/bert-tiny", "prajjwal1-bert-tiny"),
        ("models/My Own.xml", "models-my-own-xml"),
        (r"C:\models\a\bert.xml", "c-models-a-bert-xml"),
        ("../../out of here", "out-of-here"),
        ("/srv/models/of/the/department/sentence-transformers/minilm.xml", "tence-transformers-minilm-xml"),
        ("a · b over c on d", "a-b-over-c-on-d"),
        ("con", "con"),
        ("Ünïcode", "n-code"),
    ],
)
def test_a_model_may_be_called_anything(model: str, shown: str) -> None:
    stem = layer_names.stem(label(model), Side.CANDIDATE)
    assert stem.endswith("-openvino-int8-infer-1x128")
    assert stem.removesuffix("-openvino-int8-infer-1x128") in (shown, f"sen{shown}")


@given(st.text(), st.sampled_from(Side))
def test_every_name_is_one_that_every_system_takes(label: str, side: Side) -> None:
    """No letters that differ by case alone, no devices of Windows, and little enough of its 260 characters."""
    stem = layer_names.stem(label, side)
    for name in (layer_names.graph_name(stem, ""), layer_names.times_name(stem, "", "")):
        assert name.isascii()
        assert name == name.lower()
        assert not set(name) & set('<>:"/\\|?*% \t')
        assert name.split(".")[0] not in DEVICES
        assert len(name) <= 130
    assert layer_names.is_graph(layer_names.graph_name(stem, ""))
    assert layer_names.is_times(layer_names.times_name(stem, "", ""))


@pytest.mark.parametrize(
    ("candidate", "shown"),
    [
        ("openvino-fp32[streams=2,hint=latency]", "m-openvino-fp32-hint-latency-streams-2-infer-1x128"),
        ("openvino-fp32@GPU.0", "m-openvino-fp32-infer-1x128"),
        ("openvino-fp32@AUTO:GPU,CPU", "m-openvino-fp32-infer-1x128"),
    ],
)
def test_an_arm_is_told_with_what_it_sets(candidate: str, shown: str) -> None:
    assert layer_names.stem(label("m", candidate), Side.CANDIDATE) == shown


def test_a_text_that_is_no_comparison_has_names_too() -> None:
    assert layer_names.stem("another", Side.REFERENCE) == "another-reference"


def test_the_name_of_times_tells_their_graph() -> None:
    assert layer_names.graph_of(TIMES) == GRAPH
    assert layer_names.graphs(LayerFiles(GRAPH, TIMES)) == (GRAPH,)
    assert layer_names.graphs(LayerFiles("c.00000000.graph.txt", TIMES)) == ("c.00000000.graph.txt", GRAPH)
    assert layer_names.graphs(LayerFiles(GRAPH)) == (GRAPH,)


def test_either_name_ends_in_the_digest_of_its_own_text() -> None:
    assert layer_names.digest_in(layer_names.graph_name("a", "graph")) == layer_names.digest_of("graph")
    assert layer_names.digest_in(layer_names.times_name("a", "graph", "times")) == layer_names.digest_of("times")


@pytest.mark.parametrize("name", ["README.txt", "a.graph.txt", "a.1a2b3c4d.graph.txt.bak", "notes.1a2b3c4d.txt", TIMES])
def test_other_files_are_no_graphs(name: str) -> None:
    assert not layer_names.is_graph(name)
    assert not layer_names.is_times(name) or name == TIMES
