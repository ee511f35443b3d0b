"""What a run's Markdown page says of execution graphs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.reports.markdown import run_markdown
from pytest_ovperf.runs.of_layers import layers_views
from tests.unit.reports import run_examples as examples
from tests.unit.reports.layer_examples import CHANGED, LOST, SAME

if TYPE_CHECKING:
    from pytest_ovperf.graphs.explained import Explained

RED, OK = examples.CASES[2], examples.CASES[3]


def page(case: examples.Case, *explained: Explained, max_bytes: int | None = None) -> str:
    view = replace(examples.comparison(case), layers=layers_views(explained))
    return run_markdown(examples.run([view]), max_bytes=max_bytes)


def test_a_regression_is_folded_with_its_layers() -> None:
    text = page(RED, LOST)
    details = text.partition("<details>")[2].partition("</details>")[0]
    assert "\n\nLayers of openvino-int8, now and in the baseline of 2026-07-01:\n\n- with counters on" in details
    assert "\n- 3 layers like encoder.layer.&#42;." in details
    assert "Execution graphs that changed" not in text


def test_a_graph_that_changed_and_made_nothing_slower_is_a_note() -> None:
    text = page(OK, CHANGED)
    assert "**Execution graphs that changed**\n\n- Graph of openvino-int8 (distilbert) not as in the baseline" in text
    assert "3 changes, the heaviest FullyConnected int8 → f32" in text


def test_what_was_to_be_explained_though_it_is_well_is_folded_by_itself() -> None:
    text = page(OK, SAME)
    assert "<summary>Layers: <code>test_int8_pays[CPU-distilbert]</code>, openvino-int8 over openvino-fp32" in text
    assert "- with counters on, a call takes" in text


def test_layers_give_way_where_there_is_no_room() -> None:
    assert len(page(OK, SAME)) > 1200 > len(page(OK, SAME, max_bytes=1200).encode())
