"""What a search prints at every width, and what goes into a bug report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from pytest_ovperf.records import Flag, FlagKind, VerdictKind
from pytest_ovperf.reports import bisect_text
from pytest_ovperf.reports.bisect_findings import BisectFindings, Ending, Skipped
from pytest_ovperf.reports.bisect_markdown import bug_report
from pytest_ovperf.reports.bisect_text import conclusion, findings_text, plan_text, race_text, skipped_text
from pytest_ovperf.reports.screen import cell_width
from tests.unit.reports.bisect_examples import FOUND, LOST, findings, searched
from tests.unit.reports.layer_examples import CHANGED, UNTIMED
from tests.unit.session.bisect_fakes import release_race

STEPS = {f"r{place}": 0.985**place for place in range(5)}
BACK = dict(reversed(LOST.items()))


def shown(of: BisectFindings = FOUND, width: int = 80, *, layers: bool = True) -> str:
    return findings_text(of, width=width, encoding="utf-8", layers=layers)


def first(of: BisectFindings) -> str:
    return conclusion(of)[0]


# What is concluded


def test_the_release_comes_first_and_then_the_step_by_itself() -> None:
    said = conclusion(FOUND)
    assert said[0] == "openvino-int8 slowed with OpenVINO 2025.1.0: the first release in which its latency is worse."
    assert said[1].startswith(
        "openvino-int8 with OpenVINO 2025.1.0 is 0.90x (0.89\N{EN DASH}0.91) as fast as with 2025.0.0: 9.8 %"
    )
    assert len(said) == 2


def test_releases_that_could_not_be_told_leave_a_range_with_the_reasons() -> None:
    said = conclusion(findings(searched(LOST, broken=("2025.0.0",), unsure=("2025.1.0",))))
    assert said[0].startswith(
        "openvino-int8 slowed with OpenVINO 2025.0.0, 2025.1.0 or 2026.4.1: 2024.6.0 does not have"
    )
    assert "2025.0.0 could not be raced; 2025.1.0 could not be told within --budget" in said[2]


def test_going_back_the_release_that_brought_the_gain_is_named() -> None:
    slower_before = {**dict.fromkeys(BACK, 1.0), "2024.6.0": 0.9, "2024.4.0": 0.9}
    assert first(findings(searched(slower_before))) == (
        "openvino-int8 sped up with OpenVINO 2025.0.0: 2024.6.0 is the last release before it."
    )
    ranged = findings(searched(slower_before, broken=("2025.0.0",)))
    assert first(ranged).startswith("openvino-int8 sped up with OpenVINO 2025.0.0 or 2025.1.0: 2024.6.0 does not have")


def test_a_part_of_the_loss_says_where_to_search_on() -> None:
    said = conclusion(findings(searched({"2024.4.0": 1.0, "2024.6.0": 0.97, "2025.0.0": 0.97, "2025.1.0": 0.8})))
    assert said[-1].endswith("search on with --good=2024.6.0 --bad=2025.1.0.")


@pytest.mark.parametrize(
    ("speed", "unsure", "said"),
    [
        (1.0, (), "No loss beyond the tolerance of 2 % is proven"),
        (1.2, (), "Nothing got worse between these releases: openvino-int8 with OpenVINO 2026.4.1 is 1.20x"),
        (0.97, ("2026.4.1",), "Whether anything got worse between these releases is not sure"),
    ],
)
def test_ends_without_a_loss_say_what_they_are(speed: float, unsure: tuple[str, ...], said: str) -> None:
    of = findings(searched({**LOST, "2026.4.1": speed}, unsure=unsure), layers=False)
    assert of.searched.ending is Ending.NO_LOSS
    assert said in first(of)
    assert len(conclusion(of)) == 2


def test_a_gain_says_how_to_find_the_release_that_brought_it() -> None:
    of = findings(searched({**LOST, "2026.4.1": 1.2}), layers=False)
    assert conclusion(of)[1].endswith("--good=2026.4.1 --bad=2024.4.0.")


def test_a_loss_in_small_steps_names_no_release() -> None:
    said = conclusion(findings(searched(STEPS)))
    assert "by itself does not show it" in said[0]
    assert "in several small steps, or comes and goes" in said[1]


def test_a_step_that_could_not_be_raced_says_why_and_what_is_known_is_shown() -> None:
    of = replace(FOUND.searched, ending=Ending.UNCONFIRMED, step=None, step_obstacle="It died.")
    shown_ = findings(of)
    assert conclusion(shown_)[0].endswith("; but 2025.1.0 could not be raced over 2025.0.0 by itself: It died.")
    assert "Layers of openvino-int8 with OpenVINO 2025.1.0, beside OpenVINO 2024.4.0:" in shown(shown_)
    report = bug_report(shown_)
    assert "is worse with OpenVINO 2025.1.0 than with 2024.4.0" in report
    assert "- **OpenVINO 2024.4.0:**" in report


# What is printed


@pytest.mark.parametrize("width", [40, 60, 80, 120, 160])
@pytest.mark.parametrize(
    "of",
    [
        FOUND,
        findings(searched(LOST, broken=("2025.0.0",), unsure=("2025.1.0",))),
        findings(searched(STEPS)),
        findings(searched({**LOST, "2026.4.1": 1.0}), layers=False),
    ],
    ids=("found", "range", "unconfirmed", "no loss"),
)
def test_no_line_is_wider_than_the_terminal(of: BisectFindings, width: int) -> None:
    texts = [shown(of, width), plan_text(of.plan, width=width, encoding="utf-8")]
    texts += [race_text(race, 1, width=width, encoding="utf-8") for race in of.searched.races]
    texts += [skipped_text(each, width=width, encoding="utf-8") for each in of.searched.skipped]
    assert max(cell_width(line) for text in texts for line in text.splitlines()) <= width


def test_every_release_that_was_raced_has_a_row_and_the_step_one_of_its_own() -> None:
    rows = [cells for cells, _ in bisect_text.table_rows(FOUND)]
    assert [row[0] for row in rows] == ["2024.4.0", "2025.0.0", "2025.1.0", "  over 2025.0.0", "2026.4.1"]
    assert rows[0][4] == "the good one"
    assert rows[2][1:5] == ("0.90x", "0.89\N{EN DASH}0.91", "-10 %", "regressed")


def test_an_ascii_terminal_gets_ascii() -> None:
    assert findings_text(FOUND, width=80, encoding="ascii").isascii()
    assert plan_text(FOUND.plan, width=80, encoding="ascii").isascii()


def test_layers_are_told_unless_the_bug_report_follows() -> None:
    assert "Layers of openvino-int8 with OpenVINO 2025.1.0, beside OpenVINO 2025.0.0:" in shown()
    assert "Layers" not in shown(layers=False)


def test_a_race_says_what_of_it_was_kept_from_before() -> None:
    race = release_race("2025.0.0", "2024.4.0", -0.1, VerdictKind.REGRESSED)
    told = [
        race_text(each, 2, width=200, encoding="utf-8")
        for each in (race, *(replace(race, earlier=earlier) for earlier in (2, 6)))
    ]
    assert (
        told[0]
        == "2. OpenVINO 2025.0.0 over 2024.4.0: 0.90x (0.89\N{EN DASH}0.91), -10 %: regressed (6 launches, 30 s)"
    )
    assert told[1].endswith("(6 launches, 30 s, 2 of them from before)")
    assert told[2].endswith("(6 launches, 30 s, kept from before)")


def test_what_is_odd_or_unsteady_stands_below_a_race_and_the_odd_in_the_report() -> None:
    flags = (Flag(FlagKind.DISTURBED, "ratio", 0.5),)
    sure = replace(FOUND.searched.races[0], note="The outputs differ.", flags=flags)
    unsure = replace(sure, verdict=replace(sure.verdict, kind=VerdictKind.INCONCLUSIVE))
    assert race_text(sure, 1, width=80, encoding="utf-8").splitlines()[-1] == "   The outputs differ."
    assert "Unsteady" not in race_text(sure, 1, width=80, encoding="utf-8")
    assert "   Unsteady: other work had the" in race_text(unsure, 1, width=80, encoding="utf-8")
    odd = replace(FOUND, searched=replace(FOUND.searched, races=(sure, *FOUND.searched.races[1:])))
    assert "- 2026.4.1 over 2024.4.0: The outputs differ." in bug_report(odd)


def test_a_release_that_is_left_out_says_why() -> None:
    said = skipped_text(Skipped("2025.0.0", "it has no wheel"), width=80, encoding="utf-8")
    assert said == "- OpenVINO 2025.0.0 is left out: it has no wheel"


def test_the_plan_says_what_an_earlier_search_left() -> None:
    assert "earlier search" not in plan_text(FOUND.plan, width=200, encoding="utf-8")
    told = plan_text(findings(FOUND.searched, kept=2).plan, width=200, encoding="utf-8")
    assert "Going on with 2 races of an earlier search, kept in /cache/bisect/tiny-bert.json (--again" in told


def test_what_an_earlier_search_left_and_nobody_can_read_is_told_above_the_races() -> None:
    plan = replace(FOUND.plan, kept=0, kept_in="/cache/bisect/tiny-bert.json", damage="it is of another version")
    told = plan_text(plan, width=200, encoding="utf-8")
    assert "tiny-bert.json cannot be read and is measured anew: it is of another version" in told


# What goes into a bug report


def test_a_report_has_what_somebody_else_needs_to_see_the_same() -> None:
    report = bug_report(FOUND)
    for said in (
        "latency of openvino-int8 (tiny&#124;bert&#42;, CPU) is worse by 9.8 % with OpenVINO 2025.1.0",
        "- **OpenVINO 2025.1.0:** 2025.1.0-1-abc, Python 3.11.7",
        "- **OpenVINO 2025.0.0:** 2025.0.0-1-abc, Python 3.11.7",
        "EXECUTION_DEVICES=CPU",
        "- quantised to INT8 with nncf 3.4.0",
        "`openvino_model.xml`: SHA-256 `0123456789abcdef`…",
        "| 2025.1.0 | 0.90x | 0.89\N{EN DASH}0.91 | -10 % | regressed | 6 |",
        "ovperf bisect --good=2024.4.0 --bad=2026.4.1",
    ):
        assert said in report


def test_a_report_is_sound_markdown_whatever_names_hold() -> None:
    html = MarkdownIt("commonmark").enable("table").render(bug_report(FOUND))
    assert "tiny|bert*, the _file_ of &lt;somebody&gt;" in html
    assert html.count("<table>") == 1
    assert html.count("<h3>") == 5
    assert html.count("<pre>") == 2
    assert "<em>" not in html


def test_lines_of_a_report_keep_to_a_narrow_terminal() -> None:
    body = bug_report(FOUND).splitlines()[1:]
    assert max(cell_width(line) for line in body if not line.startswith("ovperf")) <= 80


def test_the_heaviest_layers_have_a_table_with_what_changed_in_them() -> None:
    report = bug_report(FOUND)
    assert "What layers take in a call, counters on: before with 2025.0.0, now with" in report
    table = report[report.index(" before ") :]
    assert "3 x " in table
    assert "int8 → f32" in table


def test_a_report_of_graphs_without_times_has_no_table_of_them() -> None:
    changed = bug_report(replace(FOUND, explained=CHANGED))
    assert "int8 → f32" in changed
    assert "before with" not in changed
    assert "the execution graph is the same" in bug_report(replace(FOUND, explained=UNTIMED))


def test_a_report_without_a_loss_says_so() -> None:
    report = bug_report(findings(searched({**LOST, "2026.4.1": 1.0}), layers=False))
    assert report.startswith("## No proven loss of latency of openvino-int8")
    assert "### Layers" not in report
