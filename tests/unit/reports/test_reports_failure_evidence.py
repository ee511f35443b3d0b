"""The sentences that stand beside a comparison in a run's reports."""

from __future__ import annotations

from dataclasses import replace

from pytest_ovperf.reports.failure import evidence
from tests.unit.reports.report_examples import MISSING, OK, REGRESSED, TARGET_MET


def test_a_regression_begins_with_its_conclusion_and_ends_with_what_to_do() -> None:
    first, *_, again, accept = evidence(REGRESSED)
    assert first.startswith("openvino-int8 is now 1.92x as fast as openvino-fp32; the baseline says 2.90x: 34 % lower")
    assert again.startswith("Measure again:  pytest ")
    assert accept.endswith("--update-baselines=all")


def test_what_is_well_leaves_nothing_to_do() -> None:
    for record in (OK, TARGET_MET):
        first, *rest = evidence(record)
        assert "as fast as" in first
        assert not any("pytest " in sentence for sentence in rest)


def test_where_there_is_no_baseline_nothing_is_concluded_and_recording_one_is_advised() -> None:
    first, *_, last = evidence(MISSING)
    assert first.startswith("The candidate takes 4.10 ms")
    assert "--update-baselines=new" in last
    assert not any("--ov-strict" in sentence for sentence in evidence(MISSING))


def test_of_what_nobody_judged_only_the_figures_are_told() -> None:
    sentences = evidence(replace(MISSING, judged=False))
    assert sentences[0].startswith("The candidate takes")
    assert not any("--update-baselines" in sentence for sentence in sentences)
