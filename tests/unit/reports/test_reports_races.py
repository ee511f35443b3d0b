"""What reports show of races: the table at every width, the text under an assertion, and the machine-readable rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.reports import failure, header, junit, markdown, terminal
from pytest_ovperf.reports.advice import RunFacts, rerun
from pytest_ovperf.reports.html.data import of_run
from pytest_ovperf.reports.ladder import ladders
from pytest_ovperf.reports.races import caption, release_of
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.runs import benchmark_json
from pytest_ovperf.runs.of_records import run_view
from pytest_ovperf.runs.values import arms_of
from pytest_ovperf.store.keys import comparison_label
from tests.unit.reports.layer_examples import CHANGED, UNTIMED
from tests.unit.reports.layer_examples import LOST as SLOWER
from tests.unit.reports.report_examples import LAUNCH, comparison, estimate, judged

if TYPE_CHECKING:
    from pytest_ovperf.graphs.explained import Explained
    from pytest_ovperf.runs.view import RunView

OLD, BUILD = "2025.4.1", "2026.4.1-20426-0123456789a"
WORKERS = replace(
    LAUNCH,
    candidate=replace(LAUNCH.candidate, versions={"openvino": BUILD}),
    reference=replace(LAUNCH.candidate, versions={"openvino": "2025.4.1-20426-abc"}),
)


def race(model: str, arm: str, kind: VerdictKind, ratio: float) -> ComparisonRecord:
    asked = comparison(model, arm, arm)
    return ComparisonRecord(
        test=f"suites/test_models.py::test_int8_pays[{model}-CPU]",
        comparison=replace(asked, reference=replace(asked.reference, release=OLD)),
        speedup=estimate(ratio, ratio * 0.98, ratio * 1.02),
        verdict=judged(kind, 1.0, ratio - 1),
        baseline=None,
        fidelity=None,
        launches=(WORKERS,) * 3,
        seconds=12.5,
        given=(f"--ov-against=openvino=={OLD}",),
    )


LOST = race("minilm", "openvino-int8", VerdictKind.REGRESSED, 0.8)
SAME = race("distilbert", "openvino-fp32[streams=2]", VerdictKind.OK, 1.0)
RACES = (SAME, LOST)


def summary(width: int, records: tuple[ComparisonRecord, ...] = RACES, *, explain: bool = False) -> str:
    facts = RunFacts(options=(f"--ov-against={OLD}",), explain=explain)
    return terminal.summary(records, facts, width=width, colour=False, encoding="utf-8")


def graphs(changed: Explained = CHANGED) -> tuple[ComparisonRecord, ...]:
    """The races with what is known of their graphs: one is the same with both releases, the other is not."""
    release = f"OpenVINO {OLD}"
    return replace(SAME, explained=(replace(UNTIMED, old=release),)), replace(
        LOST, explained=(replace(changed, old=release),)
    )


def view(records: tuple[ComparisonRecord, ...] = RACES) -> RunView:
    return run_view(
        records,
        name="this run",
        commit="",
        machine={},
        versions={},
        devices={},
        label=comparison_label,
        explain=failure.evidence,
        notes=(caption(records),),
    )


def test_the_table_says_model_arm_old_new_ratio_interval_and_verdict_on_a_line_where_that_fits() -> None:
    lines = summary(160).splitlines()
    (title,) = (line for line in lines if line.startswith("model"))
    assert title.split() == ["model", "arm", "old", "new", "new", "over", "old", "interval", "verdict", "time"]
    (row,) = (line for line in lines if line.startswith("minilm"))
    assert row.split() == [
        "minilm",
        "openvino-int8",
        "3.28",
        "ms",
        "4.10",
        "ms",
        "0.80x",
        "0.78\N{EN DASH}0.82",
        "regressed",
        "12",
        "s",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal_and_no_figure_is_lost(width: int) -> None:
    text = summary(width)
    table = text.split("To measure again")[0]
    assert max(map(cell_width, table.splitlines())) <= width
    for figure in ("3.28 ms", "4.10 ms", "0.80x", "0.78\N{EN DASH}0.82", "regressed", "minilm", "openvino-int8"):
        assert figure in table


def test_the_caption_says_which_release_is_old_and_which_is_new() -> None:
    text = " ".join(summary(80).split())
    assert "Raced against OpenVINO 2025.4.1 in latency on CPU" in text
    assert "New is this environment's OpenVINO 2026.4.1, old the other" in text


def test_what_is_raced_differently_is_said_in_each_row() -> None:
    gpu = replace(LOST, comparison=replace(LOST.comparison, candidate=replace(LOST.comparison.candidate, device="GPU")))
    for width in (80, 160):
        assert "GPU" in summary(width, (SAME, gpu))


def test_the_advice_measures_again_against_the_same_release_and_records_nothing() -> None:
    text = summary(160)
    assert "--ov-against=2025.4.1" in text
    assert "--update-baselines" not in text
    assert "(2 races in 25 s)" in text
    gain = replace(LOST, verdict=replace(LOST.verdict, kind=VerdictKind.IMPROVED))
    assert "--update-baselines" not in summary(160, (gain,))
    assert rerun(LOST).endswith("--ov-device=CPU --ov-against=openvino==2025.4.1")


def test_the_text_under_an_assertion_is_about_releases_and_not_about_baselines() -> None:
    text = "\n".join(failure.explain(LOST))
    assert text.startswith("openvino-int8 is 0.80x as fast as itself with OpenVINO 2025.4.1: 20 % lower")
    assert "beyond the tolerance of 5 %." in text
    assert "With OpenVINO 2026.4.1 it takes 4.10 ms, with 2025.4.1 3.28 ms." in text
    assert f"Raced: openvino {BUILD} over 2025.4.1-20426-abc." in text
    assert "baseline" not in text
    assert "--ov-against=openvino==2025.4.1" in failure.explain_briefly(LOST)[-1]


def test_a_race_that_was_not_judged_claims_nothing() -> None:
    open_end = replace(LOST, judged=False, verdict=judged(VerdictKind.NO_BASELINE))
    assert "baseline" not in "\n".join(failure.evidence(open_end))


def test_markdown_has_the_same_columns() -> None:
    page = markdown.run_markdown(view())
    assert "Arms raced against OpenVINO 2025" in page
    assert "new over old, in latency on CPU" in page
    assert "(2 races in 25 s)" in page
    assert "| model, arm | old | new | new over old | verdict |" in page
    (row,) = (line for line in page.splitlines() if line.startswith("| minilm"))
    assert "| 3.28 ms | 4.10 ms | 0.80x<br>0.78\N{EN DASH}0.82 | ❌ regressed |" in row
    assert "openvino-int8" in row


def test_junit_names_the_release_and_no_baseline() -> None:
    found = dict(junit.properties(view((LOST,)).comparisons))
    assert found["ovperf.1.raced_against"] == "OpenVINO 2025.4.1"
    assert found["ovperf.1.reference"] == "openvino-int8 with OpenVINO 2025.4.1"
    assert found["ovperf.1.verdict"] == "regressed"
    assert "ovperf.1.baseline_ratio" not in found


def test_the_page_shows_races_as_new_over_old() -> None:
    page = of_run(view())
    (sheet,) = page.sheets
    assert (sheet.title, sheet.noun, sheet.figure_head) == ("Races", "race", "New over old")
    assert sheet.rows[0].expected_as == "OpenVINO 2025.4.1"
    assert "openvino-int8 over itself with OpenVINO 2025.4.1" in sheet.rows[0].about
    assert ("Raced against", "OpenVINO 2025.4.1") in page.facts
    assert page.headline == "1 of 2 regressed"
    assert page.ladders == ()


def test_an_arm_over_itself_is_no_rung_of_a_ladder() -> None:
    assert ladders(view().comparisons) == ()


def test_a_file_keeps_that_it_was_a_race() -> None:
    (kept,) = view((LOST,)).comparisons
    block = benchmark_json.arm_block(kept, "reference")
    assert block["arm"]["release"] == OLD
    assert kept.is_race
    assert arms_of(kept) == "openvino-int8 over itself with OpenVINO 2025.4.1"


def test_the_header_says_what_is_raced_against_and_where_that_is() -> None:
    facts = header.HeaderFacts("Some CPU", 2, 4, against="OpenVINO 2025.4.1 (/opt/old/bin/python)")
    assert (
        "raced against OpenVINO 2025.4.1 (/opt/old/bin/python)" in header.header(facts, width=120, encoding="utf-8")[-1]
    )


@pytest.mark.parametrize(("told", "release"), [(BUILD, "2026.4.1"), ("2025.4.1", "2025.4.1"), ("custom", "custom")])
def test_a_release_is_the_beginning_of_what_openvino_tells(told: str, release: str) -> None:
    assert release_of(told) == release


@pytest.mark.parametrize("width", [60, 80, 160])
def test_what_changed_in_a_graph_stands_below_its_row(width: int) -> None:
    lines = summary(width, graphs()).splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("  graph: 3 changes, the heaviest"))
    assert "openvino-int8" in "".join(lines[place - 3 : place])
    assert max(map(cell_width, lines[: lines.index("1 regressed. To measure again:")])) <= width


@pytest.mark.parametrize("width", [80, 160])
def test_a_column_says_how_the_graphs_stand_to_each_other(width: int) -> None:
    lines = summary(width, graphs()).splitlines()
    (head,) = (line for line in lines if line.startswith("model"))
    place = head.index("graph")
    cells = {line.split()[0]: line[place:].split("  ")[0] for line in lines if line.startswith(("minilm", "distil"))}
    assert cells == {"minilm": "3 changes", "distilbert": "same"}


def test_where_graphs_are_not_known_there_is_no_such_column() -> None:
    assert "graph" not in summary(160)


def test_where_all_is_to_be_explained_the_layers_stand_below_the_row() -> None:
    text = summary(160, graphs(SLOWER), explain=True)
    assert "\n  with counters on, a call takes 3.04 ms and took 1.54 ms" in text
    assert "\n  3 layers like encoder.layer.*." in text


def test_markdown_says_of_each_race_what_became_of_the_graph() -> None:
    same, changed = (
        next(line for line in markdown.run_markdown(view(graphs())).splitlines() if line.startswith(f"| {model}"))
        for model in ("distilbert", "minilm")
    )
    assert "<br>graph: same |" in same
    assert "<br>graph: 3 changes, the heaviest FullyConnected int8 → f32" in changed


def test_a_race_holds_its_layers_against_the_other_release() -> None:
    text = "\n".join(failure.explain(graphs(SLOWER)[1]))
    assert "Layers of openvino-int8, now and with OpenVINO 2025.4.1:" in text
