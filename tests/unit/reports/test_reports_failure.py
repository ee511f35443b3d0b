"""The text under a failed assertion: read alone, it has to be understood."""

# ruff: noqa: RUF001  (the expected texts hold these very characters)

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.records import Block, ComparisonRecord, Interference, VerdictKind
from pytest_ovperf.reports.failure import explain, explain_briefly
from tests.unit.reports.report_examples import IMPROVED, INCONCLUSIVE, LAUNCH, MISSING, OK, REGRESSED, TARGET_MISSED

TEST = '"suites/test_speed.py::test_int8_pays[minilm-CPU]"'


def test_a_regression_is_explained_whole() -> None:
    assert explain(REGRESSED) == [
        (
            "openvino-int8 is now 1.92x as fast as openvino-fp32; the baseline says 2.90x: 34 % lower "
            "(between 31 % and 36 %), beyond the tolerance of 5 %."
        ),
        "The candidate slowed from 4.10 ms to 6.20 ms (+51 %); the reference stayed near 11.9 ms (0.0 %).",
        "Measured: 1.92x (1.88–1.96 at 95 % confidence) from 3 launches × 20 rounds; by launch 1.90x, 1.92x, 1.94x.",
        (
            "Baseline: 2.90x from 3 launches; by launch 2.87x, 2.90x, 2.93x; recorded 2026-07-01 at commit "
            "1a2b3c4d5e6f with openvino 2026.3.0, torch 2.13.0."
        ),
        "Changed since then: openvino 2026.3.0 → 2026.4.1.",
        "Risk: this look calls an unchanged program regressed in at most 1 of 1,000 runs.",
        "Fidelity: cosine 0.9981, top-1 98.2 %, largest error 0.03; in the baseline cosine 0.9991, top-1 99.0 %.",
        "Compared: latency of minilm on CPU (infer 1x128); 31 s spent.",
        f"Measure again:  pytest {TEST} --ov-device=CPU",
        f"Accept as the new baseline:  pytest {TEST} --ov-device=CPU --update-baselines=all",
    ]


def test_a_missed_target_names_the_number_and_no_baseline() -> None:
    lines = explain(TARGET_MISSED)
    assert lines[0] == (
        "openvino-int8 is 1.31x as fast as pytorch-fp32; the test asks for at least 1.50x: 13 % lower "
        "(between 9.7 % and 15 %)."
    )
    assert not any("baseline" in line for line in lines)
    assert lines[-1].startswith("Measure again:")


def test_a_missing_baseline_is_explained_with_the_command_that_records_it() -> None:
    lines = explain(MISSING)
    assert lines[0] == (
        "There is no baseline on this hardware for openvino-bf16 over openvino-fp32, and --ov-strict asks for one. "
        "openvino-bf16 is now 1.78x as fast as openvino-fp32."
    )
    assert lines[-1].endswith(
        'pytest "suites/test_speed.py::test_bf16_pays[minilm-CPU]" --ov-device=CPU --update-baselines=new'
    )


def test_an_inconclusive_result_says_what_is_possible_and_what_would_settle_it() -> None:
    lines = explain(INCONCLUSIVE)
    assert lines[0] == (
        "openvino-int8 is now 1.90x as fast as openvino-fp32; the baseline says 1.98x: 4.0 % lower "
        "(between 13 % lower and 6.0 % higher). Against the tolerance of 5 % that is inconclusive, "
        "which fails under --ov-strict."
    )
    assert lines[-1].startswith("About 42 s more should settle it:  pytest ")
    assert lines[-1].endswith("--ov-budget=120")


def test_an_inconclusive_result_that_time_may_not_settle_asks_for_quiet() -> None:
    record = replace(INCONCLUSIVE, verdict=replace(INCONCLUSIVE.verdict, seconds_to_settle=None))
    assert explain(record)[-1].startswith("Close what else runs on this machine and measure again:")


def test_an_inconclusive_target_is_explained_too() -> None:
    record = replace(TARGET_MISSED, verdict=replace(TARGET_MISSED.verdict, kind=VerdictKind.INCONCLUSIVE))
    assert "That is inconclusive, which fails under --ov-strict." in explain(record)[0]


@pytest.mark.parametrize(
    ("record", "ending"),
    [(OK, "within what the tolerance of 5 % lets pass."), (IMPROVED, "beyond the tolerance of 5 %: an improvement.")],
)
def test_a_verdict_that_passed_is_said_as_such(record: ComparisonRecord, ending: str) -> None:
    assert explain(record)[0].endswith(ending)


def test_a_reference_that_became_faster_is_told_apart_from_a_slower_candidate() -> None:
    now = replace(REGRESSED.speedup, candidate_cost=4.12e6, reference_cost=7.9e6)
    assert explain(replace(REGRESSED, speedup=now))[1] == (
        "The candidate stayed near 4.12 ms (+0.5 %); the reference sped up from 11.9 ms to 7.90 ms (-34 %)."
    )


def test_unchanged_versions_are_said_to_be_unchanged() -> None:
    same = replace(LAUNCH, candidate=replace(LAUNCH.candidate, versions={"openvino": "2026.3.0"}))
    assert "Unchanged since then: torch, openvino." in explain(replace(REGRESSED, launches=(same,)))


def test_notes_are_part_of_the_evidence() -> None:
    assert "Note: the host was busy" in explain(replace(REGRESSED, notes=("the host\nwas busy",)))


def test_uneven_launches_are_counted_in_all() -> None:
    uneven = replace(REGRESSED, launches=(LAUNCH, replace(LAUNCH, rounds=LAUNCH.rounds[:7])))
    assert any("from 3 launches, 60 rounds in all" in line for line in explain(uneven))


def test_what_is_not_known_is_left_out() -> None:
    assert REGRESSED.baseline is not None
    bare = replace(
        REGRESSED,
        verdict=replace(REGRESSED.verdict, change=None, change_low=None, change_high=None, expected=None),
        baseline=replace(REGRESSED.baseline, provenance={}, fidelity=None, log_ratios=(1.0,)),
        fidelity=None,
        launches=(),
    )
    lines = explain(bare)
    assert lines[0] == "openvino-int8 is now 1.92x as fast as openvino-fp32; the verdict is regressed."
    assert "Baseline: 1 launch." in lines
    assert not any(line.startswith(("Fidelity", "Changed", "Unchanged")) for line in lines)


def test_a_change_without_an_interval_is_said_without() -> None:
    record = replace(REGRESSED, verdict=replace(REGRESSED.verdict, change_low=None, change_high=None))
    assert "34 % lower, beyond the tolerance" in explain(record)[0]


def test_an_ascii_terminal_gets_ascii() -> None:
    text = "\n".join(explain(REGRESSED, encoding="ascii"))
    assert text.isascii()
    assert "1.88-1.96" in text
    assert "2026.3.0 -> 2026.4.1" in text


def test_the_brief_text_is_what_pytest_shows_without_more_verbosity() -> None:
    lines = explain_briefly(REGRESSED)
    assert len(lines) <= 8
    assert sum(map(len, lines)) <= 640
    assert lines[0] == explain(REGRESSED)[0]
    assert lines[1].startswith("The candidate slowed")
    assert lines[2].startswith("Measured:")
    assert lines[-2:] == explain(REGRESSED)[-2:]


def test_the_brief_text_keeps_conclusion_and_advice_however_long_they_are() -> None:
    record = replace(REGRESSED, test=f"t.py::test_{'x' * 900}")
    conclusion, command = explain_briefly(record)
    assert conclusion == explain(record)[0]
    assert command.startswith("Measure again:")


@given(
    test=st.text(),
    kind=st.sampled_from(VerdictKind),
    number=st.floats(),
    target=st.none() | st.floats(),
    encoding=st.sampled_from(["utf-8", "ascii", "cp1252"]),
)
def test_no_record_breaks_the_explanation(
    test: str, kind: VerdictKind, number: float, target: float | None, encoding: str
) -> None:
    assert REGRESSED.baseline is not None
    record = replace(
        REGRESSED,
        test=test,
        target=target,
        notes=(test,),
        speedup=replace(
            REGRESSED.speedup, ratio=number, low=number, high=math.inf, candidate_cost=number, log_ratios=(number, 0.0)
        ),
        verdict=replace(REGRESSED.verdict, kind=kind, change=number, seconds_to_settle=number),
        baseline=replace(REGRESSED.baseline, candidate_cost=number, log_ratios=()),
    )
    for line in [*explain(record, encoding=encoding), *explain_briefly(record, encoding=encoding)]:
        assert line.encode(encoding).decode(encoding) == line
        assert "\n" not in line
        assert "\x1b" not in line


def test_a_confirmed_regression_says_what_was_measured_later_and_what_was_left_out() -> None:
    disturbed = replace(REGRESSED, later=2, speedup=replace(REGRESSED.speedup, disturbed=3))
    lines = explain(disturbed)
    assert "Measured again: 2 of these launches were taken later in the run." in lines
    assert "Left out: 3 rounds, during which other work had the processors." in lines


def test_the_rounds_that_are_told_are_those_that_count() -> None:
    busy = Interference(wall_ns=50, steal_ns=0, others_ns=50, switches=0)
    spoilt = replace(LAUNCH.rounds[0], reference=Block((1_000_000,), busy))
    launch = replace(LAUNCH, rounds=(*LAUNCH.rounds, *[spoilt] * 7))
    (measured,) = (line for line in explain(replace(REGRESSED, launches=(launch,) * 3)) if line.startswith("Measured:"))
    assert "3 launches × 20 rounds" in measured
