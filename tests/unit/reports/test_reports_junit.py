"""The properties that ``--junitxml`` shows of a test's comparisons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.reports.junit import properties, without_ours
from pytest_ovperf.runs.values import cost_of
from tests.unit.reports.run_examples import CASES, comparison, targeted

REGRESSED = comparison(CASES[2])
NO_BASELINE = comparison(CASES[8])


def test_a_comparison_is_its_question_its_figures_and_its_verdict() -> None:
    given = dict(properties([REGRESSED]))
    assert given["ovperf.1.candidate"] == "openvino-int8"
    assert given["ovperf.1.reference"] == "openvino-fp32"
    assert given["ovperf.1.model"] == "minilm"
    assert given["ovperf.1.metric"] == "latency"
    assert given["ovperf.1.device"] == "CPU"
    assert given["ovperf.1.verdict"] == "regressed"
    assert given["ovperf.1.ratio"] == "1.92"
    assert given["ovperf.1.baseline_ratio"] == "2.57"
    assert given["ovperf.1.tolerance"] == "0.05"
    assert given["ovperf.1.launches"] == "2"
    assert given["ovperf.1.candidate_precision"] == "f32"


def test_numbers_are_plain_and_in_the_unit_of_their_name() -> None:
    given = dict(properties([REGRESSED]))
    assert float(given["ovperf.1.change"]) == pytest.approx(1.92 / 2.57 - 1, abs=1e-5)
    assert float(given["ovperf.1.reference_median_ms"]) == pytest.approx(
        cost_of(REGRESSED.reference, "latency") / 1e6, rel=1e-4
    )


def test_several_comparisons_of_one_test_are_told_apart() -> None:
    given = properties([REGRESSED, NO_BASELINE])
    assert len(dict(given)) == len(given)
    assert dict(given)["ovperf.2.candidate"] == "openvino-bf16"
    assert given[: len(properties([REGRESSED]))] == properties([REGRESSED])  # a second changes nothing of the first


def test_what_there_is_not_is_left_out() -> None:
    names = {name for name, _ in properties([replace(NO_BASELINE, fidelity=None, workload="")])}
    gone = {"baseline_ratio", "change", "change_low", "change_high", "target", "fidelity_cosine", "workload"}
    assert not names & {f"ovperf.1.{name}" for name in gone}
    assert all(value for _, value in properties([NO_BASELINE]))


def test_a_target_is_not_called_a_baseline() -> None:
    given = dict(properties([targeted(comparison(CASES[3]), 1.5)]))
    assert given["ovperf.1.target"] == "1.5"
    assert "ovperf.1.baseline_ratio" not in given


@pytest.mark.parametrize(
    ("ratio", "written"),
    [(2.0, "2"), (1e-7, "0.000000"), (12345678.9, "12345678.900000"), (float("nan"), None), (float("inf"), None)],
)
def test_a_number_has_no_exponent(ratio: float, written: str | None) -> None:
    assert dict(properties([replace(REGRESSED, ratio=ratio)])).get("ovperf.1.ratio") == written


def test_properties_of_others_are_kept_apart() -> None:
    others: list[tuple[str, object]] = [("owner", "me"), ("ticket", 7)]
    assert without_ours([*others, *properties([REGRESSED])]) == others
