"""What to do next."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports.advice import (
    RunFacts,
    Step,
    UnusedBaseline,
    budget_to_settle,
    next_steps,
    quoted,
    rerun,
)
from pytest_ovperf.settings import UpdateMode
from tests.unit.reports.report_examples import IMPROVED, INCONCLUSIVE, MISSING, OK, REGRESSED, TARGET_MET, TARGET_MISSED

if TYPE_CHECKING:
    from pytest_ovperf.records import ComparisonRecord

HERE = RunFacts(devices=("CPU",), budget_s=60.0)


def many(record: ComparisonRecord, number: int) -> list[ComparisonRecord]:
    return [replace(record, test=f"test_x.py::test_{case}") for case in range(number)]


def test_nothing_is_advised_where_all_is_as_it_should_be() -> None:
    assert next_steps([OK, TARGET_MET], HERE) == ()


def test_a_regression_is_measured_again_alone_or_accepted() -> None:
    again, accept = next_steps([OK, REGRESSED], HERE)
    test = '"suites/test_speed.py::test_int8_pays[minilm-CPU]"'
    assert again == Step("1 regressed. To measure again:", commands=(f"pytest {test} --ov-device=CPU",))
    assert accept.commands == (f"pytest {test} --ov-device=CPU --update-baselines=all",)
    assert "commit" in accept.text


def test_a_missed_target_cannot_be_accepted_by_an_update() -> None:
    (again,) = next_steps([TARGET_MISSED], HERE)
    assert "update" not in again.commands[0]


def test_many_regressions_are_repeated_by_pytests_own_memory() -> None:
    again, _ = next_steps(many(REGRESSED, 4), replace(HERE, selection=("suites",)))
    assert again.commands == ("pytest suites --ov-device=CPU --last-failed",)


def test_an_inconclusive_result_says_how_much_more_time_it_needs() -> None:
    (step,) = next_steps([INCONCLUSIVE], HERE)
    assert step.text == "1 inconclusive. About 42 s more should settle it:"
    assert step.commands[0].endswith("--ov-budget=120")


def test_an_inconclusive_result_that_time_may_not_settle_says_so() -> None:
    record = replace(INCONCLUSIVE, verdict=replace(INCONCLUSIVE.verdict, seconds_to_settle=None))
    (step,) = next_steps([record], HERE)
    assert "cannot be told" in step.text
    assert "--ov-budget" not in step.commands[0]


@pytest.mark.parametrize(
    ("spent_s", "more_s", "budget_s", "asked"),
    [(10.0, 11.0, 0.0, 25), (10.0, 11.0, 40.0, 55), (60.0, 42.0, 60.0, 120), (20.0, 10.0, 0.0, 30)],
)
def test_a_budget_is_a_round_number_that_is_large_enough(
    spent_s: float, more_s: float, budget_s: float, asked: int
) -> None:
    verdict = replace(INCONCLUSIVE.verdict, seconds_to_settle=more_s)
    assert budget_to_settle([replace(INCONCLUSIVE, seconds=spent_s, verdict=verdict)], budget_s) == asked


def test_the_budget_serves_the_one_that_needs_most() -> None:
    slow = replace(INCONCLUSIVE, verdict=replace(INCONCLUSIVE.verdict, seconds_to_settle=400.0))
    assert budget_to_settle([INCONCLUSIVE, slow, replace(slow, seconds=1.0)]) == 480


def test_a_missing_baseline_names_the_command_that_records_it() -> None:
    run = replace(HERE, devices=("CPU", "GPU"), selection=("suites/test_speed.py",))
    (step,) = next_steps([MISSING], run)
    assert step.text == "1 without a baseline on this hardware. To record the first one:"
    assert step.commands == ("pytest suites/test_speed.py --ov-device=CPU,GPU --update-baselines=new",)


def test_an_update_that_left_a_comparison_out_is_not_advised_once_more() -> None:
    (step,) = next_steps([MISSING], replace(HERE, update=UpdateMode.NEW))
    assert "not fit to be recorded" in step.text
    assert step.commands == ()


def test_a_gain_can_be_held() -> None:
    (step,) = next_steps([IMPROVED], HERE)
    assert step.text.startswith("1 improved.")
    assert step.commands[0].endswith("--update-baselines=all")


def test_recorded_baselines_are_shown_old_and_new_with_their_file_and_diff() -> None:
    run = replace(HERE, update=UpdateMode.ALL, written=("baselines/amd-zen4/test_speed.json",))
    (step,) = next_steps([replace(MISSING, stored=True), replace(REGRESSED, stored=True)], run)
    assert step.text.startswith("2 baselines recorded in baselines/amd-zen4/test_speed.json.")
    assert step.listed == ("test_bf16_pays[minilm-CPU]: new: 1.78x", "test_int8_pays[minilm-CPU]: 2.90x → 1.92x")
    assert step.commands == (
        "git add --intent-to-add baselines/amd-zen4/test_speed.json",
        "git diff -- baselines/amd-zen4/test_speed.json",
    )


def test_many_written_files_are_named_by_their_folder() -> None:
    written = tuple(f"baselines/amd zen4/test_{number}.json" for number in range(5))
    (step,) = next_steps([replace(MISSING, stored=True)], replace(HERE, written=written))
    assert step.commands[1] == 'git diff -- "baselines/amd zen4"'


def test_execution_graphs_are_added_with_the_baselines_that_name_them() -> None:
    run = replace(HERE, written=("baselines/amd/test_a.json",), beside=("baselines/amd/graphs",))
    (step,) = next_steps([replace(MISSING, stored=True)], run)
    assert step.commands == (
        "git add --intent-to-add baselines/amd/test_a.json baselines/amd/graphs",
        "git diff -- baselines/amd/test_a.json",
    )
    many = replace(run, written=tuple(f"baselines/amd/test_{number}.json" for number in range(5)))
    (step,) = next_steps([replace(MISSING, stored=True)], many)
    assert step.commands[0] == "git add --intent-to-add baselines/amd"


def test_unused_entries_are_named_with_their_file() -> None:
    (step,) = next_steps([OK], replace(HERE, unused=(UnusedBaseline("baselines/x/test_a.json", "test_gone[CPU]"),)))
    assert step.listed == ("baselines/x/test_a.json: test_gone[CPU]",)
    assert "delete its entry" in step.text


def test_long_lists_are_shortened_and_say_by_how_much() -> None:
    unused = tuple(UnusedBaseline("a.json", f"test_{number}") for number in range(60))
    (step,) = next_steps([OK], replace(HERE, unused=unused))
    assert len(step.listed) == 10
    assert step.listed[-1] == "… and 51 more"


def test_notes_are_told_once_however_many_tests_share_them() -> None:
    records = [replace(record, notes=("the host was busy",)) for record in (OK, TARGET_MET)]
    (step,) = next_steps([*records, replace(OK, test="test_x.py::test_y", notes=("one block dropped",))], HERE)
    assert step.listed == ("2 comparisons: the host was busy", "test_y: one block dropped")


def test_what_is_told_of_a_model_comes_after_the_notes_on_tests() -> None:
    run = replace(HERE, notes=("models/encoder: drawn at random",))
    (step,) = next_steps([replace(OK, test="test_x.py::test_y", notes=("one block dropped",))], run)
    assert step.listed == ("test_y: one block dropped", "models/encoder: drawn at random")


def test_a_rerun_names_the_device_that_was_tested() -> None:
    assert rerun(REGRESSED, "--ov-budget=90").endswith("--ov-device=CPU --ov-budget=90")


@pytest.mark.parametrize(
    ("argument", "typed"),
    [
        ("tests/test_x.py::test_y", "tests/test_x.py::test_y"),
        ("test_x.py::test_y[a-CPU]", '"test_x.py::test_y[a-CPU]"'),
        ("a b", '"a b"'),
        ("cost[$HOME]", "'cost[$HOME]'"),
        ("", '""'),
    ],
)
def test_arguments_are_quoted_for_any_shell_where_they_need_it(argument: str, typed: str) -> None:
    assert quoted(argument) == typed


@given(st.text())
def test_a_shell_reads_a_quoted_argument_as_it_was(argument: str) -> None:
    assert shlex.split(quoted(argument)) == [argument]
