"""How near outputs are, in every report: by the score of the user's task where there is one, else by the cosine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.records import Fidelity, Scores
from pytest_ovperf.reports.failure import explain
from pytest_ovperf.reports.html.ladder_cards import ladder_cards
from pytest_ovperf.reports.html.tables import comparison_tables
from pytest_ovperf.reports.html.wording import NOTHING
from pytest_ovperf.reports.junit import properties
from pytest_ovperf.reports.ladder import ladders
from tests.unit.reports.report_examples import REGRESSED
from tests.unit.reports.run_examples import CASES, compared, comparison

if TYPE_CHECKING:
    from pytest_ovperf.runs.compared import ComparedRow
    from pytest_ovperf.runs.view import ComparisonView

SCORED = Fidelity(cosine=0.9967, top1=1.0, max_abs_error=0.02, scores=Scores(candidate=0.9125, reference=0.92))
MEASURED = replace(comparison(CASES[2]), fidelity=SCORED)


def fidelity_line(*, now: Fidelity, then: Fidelity | None) -> str:
    assert REGRESSED.baseline is not None
    record = replace(REGRESSED, fidelity=now, baseline=replace(REGRESSED.baseline, fidelity=then))
    (line,) = [line for line in explain(record) if line.startswith("Fidelity")]
    return line


def test_the_evidence_tells_both_arms_scores_in_the_place_of_the_cosine() -> None:
    assert fidelity_line(now=SCORED, then=None) == "Fidelity: score 0.9125, reference 0.92."


def test_the_scores_stand_beside_those_of_the_baseline_or_beside_its_cosine() -> None:
    earlier = replace(SCORED, scores=Scores(0.93, 0.93))
    assert fidelity_line(now=SCORED, then=earlier).endswith("; in the baseline score 0.93, reference 0.93.")
    without = replace(SCORED, scores=None)
    assert fidelity_line(now=SCORED, then=without).endswith("; in the baseline cosine 0.9967, top-1 100.0 %.")


def test_junit_has_the_scores_beside_the_cosine() -> None:
    given = dict(properties([MEASURED]))
    assert (given["ovperf.1.score"], given["ovperf.1.reference_score"]) == ("0.9125", "0.92")
    assert given["ovperf.1.fidelity_cosine"] == "0.9967"
    assert "ovperf.1.score" not in dict(properties([comparison(CASES[2])]))


def test_the_page_has_columns_for_scores_where_any_run_has_them() -> None:
    row = next(row for row in compared().comparisons if row.then is not None)
    assert head_and_lines(replace(row, now=replace(row.now, fidelity=replace(SCORED, scores=None))))[0][1] == "cosine"
    head, lines = head_and_lines(replace(row, now=replace(row.now, fidelity=SCORED)))
    assert head == ("", "score", "score of the reference", "cosine", "top-1", "largest error")
    assert lines[0][:4] == ("last run", "0.9125", "0.92", "0.996700")
    assert lines[1][:3] == ("first run", NOTHING, NOTHING)


def head_and_lines(row: ComparedRow[ComparisonView]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    (table,) = [table for table in comparison_tables(row) if table.caption == "Fidelity of the outputs"]
    return table.head, table.lines


def test_a_card_names_whose_score_the_other_is() -> None:
    (card,) = ladder_cards(ladders([MEASURED]))
    assert "score 0.9125, 0.92 of openvino-fp32" in {rung.fidelity for rung in card.rungs}
