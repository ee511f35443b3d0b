"""The table of races: the tests that it is measured by, and its lines."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import releases
from pytest_ovperf.records import Fidelity
from pytest_ovperf.runs.view import ComparisonView, LayersView
from tests.unit.reports.compared_examples import view


def raced(release: str, *layers: LayersView, fidelity: Fidelity | None = None) -> ComparisonView:
    found = view("test_it", "minilm", 1.25)
    return replace(
        found,
        reference=replace(found.reference, release=release),
        versions={"openvino": "2026.4.1-22982-e213a147257"},
        layers=layers,
        fidelity=fidelity,
    )


def test_every_question_about_a_model_is_a_test() -> None:
    source = releases.tests_of(["minilm", "gpt2"])
    compile(source, "test_releases.py", "exec")
    assert source.count("\ndef test_") == 1 + len(releases.TESTS["gpt2"])
    assert source.count('@pytest.mark.model("gpt2", shape=(1, 64))') == 1
    assert source.count('@pytest.mark.model("gpt2")') == 1


def test_a_line_has_both_releases_the_ratio_and_whether_the_outputs_agree() -> None:
    line = releases.row(raced("2024.4.0", fidelity=Fidelity(0.99999, 1.0, 1e-5)))
    assert line.startswith("| minilm | openvino-int8 | 2024.4.0 → 2026.4.1 | 20.0 ms | 16.0 ms | 1.25x (")
    assert line.endswith("| ok | 1.0000 | not known |")
    assert "| not comparable |" in releases.row(raced("2024.4.0"))


def test_a_changed_graph_is_told_by_its_heaviest_change() -> None:
    layers = LayersView("openvino-int8", "OpenVINO 2024.4.0", "12ab", 40, 3, "a *.b | c added")
    assert releases.graph(raced("2024.4.0", layers)) == r"3 changes, the heaviest a \*.b \| c added"
    assert releases.graph(raced("2024.4.0", replace(layers, changes=0))) == "same"


def test_the_only_change_of_a_graph_is_told_without_a_number() -> None:
    only = LayersView("openvino-int8", "OpenVINO 2024.4.0", "12ab", 40, 1, "Reorder f32 to abcd added")
    assert releases.graph(raced("2024.4.0", only)) == "Reorder f32 to abcd added"


def test_races_are_listed_by_model_and_the_oldest_release_first() -> None:
    other = replace(raced("2025.1.0"), model="gpt2 fixed to 1x64")
    listed = releases.in_order([other, raced("2024.10.0"), raced("2024.4.0")])
    assert [(view.model, view.reference.release) for view in listed] == [
        ("minilm", "2024.4.0"),
        ("minilm", "2024.10.0"),
        ("gpt2 fixed to 1x64", "2025.1.0"),
    ]
