"""What a page says has changed around a measurement."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.reports.html import environment
from pytest_ovperf.reports.html.content import FactChange
from pytest_ovperf.runs.compared import Compared, EnvironmentDifference
from pytest_ovperf.runs.view import BaselineView, RunView
from tests.unit.reports import run_examples as examples

VIEW = examples.comparison(examples.CASES[2])
RUN = examples.run([VIEW])


def baseline(**provenance: str) -> BaselineView:
    return BaselineView(2.5, 2.4, 2.6, 5, provenance)


def compared(*runs: RunView, about: str, name: str, values: tuple[str, ...]) -> Compared:
    return Compared(runs, (), (), (), (EnvironmentDifference(about, name, values),), 0.0)


def test_what_has_changed_is_told_apart_from_what_has_not() -> None:
    facts = environment.since_baseline(VIEW, baseline(openvino="2026.3.0", torch="2.13.0+cpu"), RUN)
    assert facts is not None
    assert facts.changed == (FactChange("openvino", "2026.3.0", "2026.4.1", changed=True),)
    assert facts.same == (FactChange("torch", "2.13.0+cpu", "2.13.0+cpu", changed=False),)


def test_what_explains_comes_before_the_day() -> None:
    recorded = baseline(date="2026-07-01", commit="1a2b3c4d5e6f7a8b", threads="4")
    facts = environment.since_baseline(VIEW, recorded, RUN)
    assert facts is not None
    assert [change.name for change in facts.changed] == ["threads", "date", "commit"]
    assert facts.changed[-1].then == "1a2b3c4d5e"


def test_what_only_one_side_says_is_no_change() -> None:
    facts = environment.since_baseline(VIEW, baseline(driver="24.1"), RUN)
    assert facts is not None
    assert facts.changed == ()
    assert facts.same == (FactChange("driver", "24.1", "\N{EN DASH}", changed=False),)


def test_a_baseline_that_says_nothing_has_no_facts() -> None:
    assert environment.since_baseline(VIEW, baseline(), RUN) is None


def test_arms_devices_and_precision_are_compared_too() -> None:
    then = replace(VIEW, candidate=replace(VIEW.candidate, precision="i8", threads=8))
    facts = environment.since_first((then, RUN), (VIEW, RUN))
    assert facts is not None
    assert {(change.name, change.then, change.now) for change in facts.changed} == {
        ("candidate inference precision", "i8", "f32"),
        ("threads", "8", "2"),
    }


def test_the_runs_own_versions_count_for_each_comparison() -> None:
    before = examples.run([VIEW], openvino="2026.2.0")
    facts = environment.since_first((replace(VIEW, versions={}), before), (VIEW, RUN))
    assert facts is not None
    assert facts.changed == (FactChange("openvino", "2026.2.0", "2026.4.1", changed=True),)


def test_a_run_is_compared_with_the_last_one_that_knew() -> None:
    runs = (RUN, replace(RUN, machine={}), RUN)
    heads = environment.run_heads(compared(*runs, about="machine", name="memory", values=("24 GiB", "", "48 GiB")))
    assert [head.changes for head in heads] == [(), (), (FactChange("memory", "24 GiB", "48 GiB", changed=True),)]


def test_a_package_that_was_not_there_is_a_change() -> None:
    heads = environment.run_heads(compared(RUN, RUN, about="versions", name="nncf", values=("", "3.4.0")))
    assert heads[1].changes == (FactChange("nncf", "none", "3.4.0", changed=True),)


def test_a_run_that_names_no_package_is_not_known_to_lack_one() -> None:
    silent = replace(RUN, versions={})
    heads = environment.run_heads(compared(silent, RUN, about="versions", name="nncf", values=("", "3.4.0")))
    assert heads[1].changes == ()


def test_the_first_run_is_what_is_compared_against_and_the_last_is_judged() -> None:
    heads = environment.run_heads(examples.compared(3))
    assert [head.role for head in heads] == ["compared against", "", "judged"]
    assert [head.number for head in heads] == [1, 2, 3]


def test_changes_are_told_to_the_pictures_run_by_run() -> None:
    assert environment.changes_by_run(examples.compared(4)) == [[], [], ["openvino: 2026.3.0 → 2026.4.1"], []]
