"""What terminals show of execution graphs: under a failure, and in the summary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.reports import failure, junit, terminal
from pytest_ovperf.reports.advice import RunFacts
from pytest_ovperf.reports.layer_lines import MOST_LINES, MOST_NOTES, difference
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.runs.of_layers import layers_views
from pytest_ovperf.runs.of_records import run_view
from pytest_ovperf.store.keys import comparison_label
from tests.unit.graphs.graph_examples import encoder, lines_of, profiled
from tests.unit.reports.layer_examples import CHANGED, LOST, SAME, UNKNOWN, UNTIMED, explained, int8, up_in_fp32
from tests.unit.reports.report_examples import MISSING, OK, REGRESSED

if TYPE_CHECKING:
    from pytest_ovperf.graphs.explained import Explained

RED = replace(REGRESSED, explained=(LOST, replace(SAME, arm="openvino-fp32")))
HEADING = "Layers of openvino-int8, now and in the baseline of 2026-07-01:"
#: The first line about layers: the one before is about the whole call.
TELLING = lines_of(LOST)[1]
NOTE = (
    "Graph of openvino-int8 (mobilenet_v2) not as in the baseline of 2026-07-01: 3 changes, the heaviest "
    "FullyConnected int8 → f32, brgemm_avx512_amx → brgemm_avx512 in 3 layers."
)


def summary(*records: ComparisonRecord, width: int = 160, explain: bool = False, encoding: str = "utf-8") -> str:
    return terminal.summary(records, RunFacts(explain=explain), width=width, colour=False, encoding=encoding)


def test_a_failure_tells_the_layers_behind_which_side_moved_and_before_the_figures() -> None:
    lines = failure.explain(RED)
    place = lines.index(HEADING)
    assert lines[place - 1].startswith("The candidate slowed")
    said = [f"  {line}" for line in lines_of(LOST)]
    assert lines[place + 1 : place + 1 + len(said)] == said
    assert "Layers of openvino-fp32, now and in the baseline of 2026-07-01:" in lines
    assert lines[-1].startswith("Accept as the new baseline")


def test_an_arm_has_few_lines_and_its_notes_are_among_them() -> None:
    notes = tuple(f"the times could not be read {place}" for place in range(3))
    whole = replace(LOST, notes=notes)
    lines = failure.explain(replace(RED, explained=(whole,)))
    said = [line for line in lines if line.startswith("  ")]
    assert len(said) <= MOST_LINES
    assert said[-3:] == [f"  {note}" for note in notes]


def test_the_short_text_has_one_line_about_layers_and_keeps_what_to_do() -> None:
    lines = failure.explain_briefly(RED)
    (told,) = (line for line in lines if line.startswith("Layers of"))
    assert told == f"Layers of openvino-int8: {TELLING}"
    assert any(line.startswith("Measure again:") for line in lines)


def test_of_a_graph_that_is_as_it_was_a_failure_says_nothing() -> None:
    assert failure.explain(replace(REGRESSED, explained=(UNTIMED,))) == failure.explain(REGRESSED)
    assert failure.explain_briefly(replace(REGRESSED, explained=(UNTIMED,))) == failure.explain_briefly(REGRESSED)


def test_layers_that_do_not_explain_what_was_seen_are_not_in_the_short_text() -> None:
    assert SAME.attribution is not None
    calm = replace(SAME, attribution=replace(SAME.attribution, old_latency_ns=1e6, new_latency_ns=3e6))
    assert not any(
        line.startswith("Layers of") for line in failure.explain_briefly(replace(REGRESSED, explained=(calm,)))
    )
    assert any("the comparison saw 3.00 ms" in line for line in failure.explain(replace(REGRESSED, explained=(calm,))))


def test_the_sentences_of_reports_leave_layers_to_their_own_place() -> None:
    assert failure.evidence(RED) == failure.evidence(REGRESSED)


def test_a_graph_that_changed_and_made_nothing_slower_is_a_note_of_one_line() -> None:
    assert NOTE in summary(replace(OK, explained=(CHANGED,)), width=200).splitlines()


def test_a_regression_is_told_under_its_assertion_and_not_once_more() -> None:
    assert "Graph of" not in summary(RED)
    assert "Layers of" not in summary(RED)


@pytest.mark.parametrize("known", [SAME, UNTIMED, UNKNOWN])
def test_a_graph_that_did_not_change_is_not_mentioned(known: Explained) -> None:
    assert summary(replace(OK, explained=(known,))) == summary(OK)


def test_tests_that_share_an_arm_share_the_note() -> None:
    twice = replace(OK, test="suites/test_speed.py::test_other"), OK
    assert summary(*(replace(each, explained=(CHANGED,)) for each in twice)).count("Graph of openvino-int8") == 1


def test_many_notes_are_counted() -> None:
    records = [
        replace(OK, explained=(CHANGED,), comparison=replace(OK.comparison, model=f"model{place}"))
        for place in range(MOST_NOTES + 2)
    ]
    text = summary(*records)
    assert text.count("Graph of ") == MOST_NOTES
    assert "2 further graphs changed, which the HTML report and --benchmark-json tell." in text


def test_where_all_is_to_be_explained_every_comparison_has_its_lines() -> None:
    fine = replace(OK, explained=(SAME,))
    lines = summary(fine, RED, replace(MISSING, explained=(UNKNOWN,)), explain=True).splitlines()
    head = "Layers of openvino-int8 (mobilenet_v2, infer 1x128), now and in the baseline of 2026-07-01:"
    assert "about as long as it did" in lines[lines.index(head) + 1]
    assert "Layers of openvino-int8 (minilm, infer 1x128), now and in the baseline of 2026-07-01:" in lines
    assert lines[lines.index("Layers of openvino-int8 (minilm, infer 1x128):") + 1] == f"  {UNKNOWN.notes[0]}"


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize(("width", "encoding"), [(40, "utf-8"), (80, "ascii"), (160, "utf-8")])
def test_no_line_is_wider_than_the_terminal(width: int, encoding: str, *, explain: bool) -> None:
    text = summary(replace(OK, explained=(CHANGED, LOST)), width=width, explain=explain, encoding=encoding)
    assert max(map(cell_width, text.splitlines())) <= width
    text.encode(encoding)


def test_a_single_difference_is_not_counted() -> None:
    old, new = (profiled(encoder(1, change=change)) for change in (int8, up_in_fp32))
    (view,) = layers_views([explained(old, new, times=False)])
    assert view.changes == 1
    assert difference(view) == view.heaviest


def test_junit_has_the_number_of_changes_and_the_line_that_tells_most() -> None:
    run = run_view(
        [RED],
        name="",
        commit="",
        machine={},
        versions={},
        devices={},
        label=comparison_label,
        explain=lambda _: (),
    )
    found = dict(junit.properties(run.comparisons))
    assert found["ovperf.1.graph_changes"] == "3"
    assert found["ovperf.1.layers"] == f"openvino-int8: {TELLING}"


def test_what_became_faster_is_explained_as_well() -> None:
    gain = replace(OK, verdict=replace(OK.verdict, kind=VerdictKind.IMPROVED), explained=(CHANGED,))
    assert NOTE in summary(gain, width=200).splitlines()
