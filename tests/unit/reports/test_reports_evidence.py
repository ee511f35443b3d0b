"""What to know of a measurement, in sentences that stand alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.records import Flag, FlagKind
from pytest_ovperf.reports.evidence import effort_lines, flag_line, movement_lines
from pytest_ovperf.stats.judge import no_baseline
from pytest_ovperf.stats.together import Movement
from tests.unit.reports.report_examples import REGRESSED

RISK = "Risk: this look calls an unchanged program regressed in at most 1 of 1,000 runs."


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        (Flag(FlagKind.COLD, "ratio", 0.25), "the warm-up never settled in 25 % of the launches"),
        (Flag(FlagKind.TREND, "ratio", -0.08), "the ratio went down by 8.0 % within a launch"),
        (Flag(FlagKind.TREND, "openvino-int8", 0.2), "openvino-int8 went up by 20 % within a launch"),
        (Flag(FlagKind.DRIFT, "ratio", 0.12), "the ratio went up by 12 % from the first launch to the last"),
        (Flag(FlagKind.DISTURBED, "ratio", 0.3), "other work had the processors in 30 % of the rounds"),
        (Flag(FlagKind.TWO_SPEEDS, "ratio", 0.1, part=0.25), "two values 10 % apart, 25 % of the times the higher one"),
        (
            Flag(FlagKind.TWO_SPEEDS, "pytorch-fp32", 0.5, part=0.3),
            "pytorch-fp32 has two speeds: 30 % of its calls take 50 % longer than the other 70 %",
        ),
    ],
)
def test_what_is_unsteady_is_a_sentence_with_its_size(flag: Flag, said: str) -> None:
    line = flag_line(flag)
    assert line.startswith("Unsteady: ")
    assert said in line
    assert line.endswith(".")


def test_an_ordinary_comparison_has_its_risk_alone() -> None:
    assert effort_lines(REGRESSED) == [RISK]


def test_all_there_is_to_know_comes_in_order() -> None:
    flags = (Flag(FlagKind.COLD, "ratio", 1.0), Flag(FlagKind.DRIFT, "ratio", 0.1))
    record = replace(REGRESSED, later=1, flags=flags, speedup=replace(REGRESSED.speedup, disturbed=1))
    lines = effort_lines(record)
    assert [line.partition(":")[0] for line in lines] == ["Measured again", "Left out", "Unsteady", "Unsteady", "Risk"]
    assert lines[1].startswith("Left out: 1 round, ")


def test_what_claims_nothing_risks_nothing() -> None:
    assert effort_lines(replace(REGRESSED, verdict=no_baseline(tolerance=0.05))) == []


def test_a_run_that_does_not_move_together_has_nothing_said_of_it() -> None:
    assert movement_lines(None, None) == ()


@pytest.mark.parametrize(
    ("movement", "said"),
    [
        (Movement(12, 5 / 6, -0.042), "83 % of 12 speed-ups are lower than their baselines, by 4.2 % in the median"),
        (Movement(12, 1.0, 0.3), "100 % of 12 speed-ups are higher than their baselines, by 30 % in the median"),
    ],
)
def test_speed_ups_that_move_together_are_said_once_with_share_and_size(movement: Movement, said: str) -> None:
    (line,) = movement_lines(movement, None)
    assert said in line


@pytest.mark.parametrize(("change", "words"), [(0.25, ("slower", "longer")), (-0.2, ("faster", "less"))])
def test_a_machine_of_another_speed_is_said_with_its_size(change: float, words: tuple[str, str]) -> None:
    (line,) = movement_lines(None, Movement(10, 0.9, change))
    assert f"This machine is {words[0]} than when the baselines were recorded: 90 % of the arms take {words[1]}" in line
    assert "ovperf noise" in line


def test_both_movements_are_said_where_there_are_both() -> None:
    ratios, latencies = movement_lines(Movement(6, 1.0, -0.1), Movement(12, 1.0, 0.3))
    assert ratios.startswith("Most of this run moved together")
    assert latencies.startswith("This machine is slower")
