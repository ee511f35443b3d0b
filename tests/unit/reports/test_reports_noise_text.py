"""What ``ovperf noise`` prints, of a machine that was invented for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.hardware.condition import Condition, Rating, unreadable
from pytest_ovperf.records import Flag, FlagKind, Speedup
from pytest_ovperf.reports.noise_findings import NoiseFindings, PairFindings, PairKnown
from pytest_ovperf.reports.noise_json import SCHEMA, noise_json
from pytest_ovperf.reports.noise_text import noise_text
from pytest_ovperf.reports.screen import cell_width
from pytest_ovperf.stats.machine_noise import Detectable, Equality, PairNoise, SelfCheck
from pytest_ovperf.stats.noise import PairKind
from tests.unit.reports.report_examples import comparison

EXPECTED = Path(__file__).parent / "expected"

QUIET = PairKnown(
    PairNoise(PairKind.OPENVINO, 9, 0.013, 0.009, 0.024, 0.022, 0.016),
    in_budget=Detectable(4, 0.032, 0.061, 0.052),
    in_full=Detectable(8, 0.032, 0.054, 0.044),
    serving_tolerance=0.03,
)
LOUD = PairKnown(
    PairNoise(PairKind.PYTORCH, 5, 0.098, 0.059, 0.282, 0.121, 0.081),
    in_budget=Detectable(2, 0.1, 0.282, 0.311),
    in_full=Detectable(8, 0.1, 0.203, 0.174),
    serving_tolerance=0.17,
)
ITSELF = PairFindings(
    comparison=comparison("mobilenet_v2", "openvino-fp32", "openvino-fp32"),
    launches=9,
    launch_seconds=4.1,
    rounds=216,
    disturbed=7,
    known=QUIET,
    check=SelfCheck(Speedup(1.003, 0.991, 1.015, 0.95, (0.001, 0.005), 209, 4e6, 4e6, 7), Equality.EQUAL),
)
PYTORCH = PairFindings(
    comparison=comparison("mobilenet_v2", "openvino-fp32", "pytorch-fp32"),
    launches=5,
    launch_seconds=9.2,
    rounds=74,
    disturbed=21,
    known=LOUD,
    check=None,
    flags=(Flag(FlagKind.DISTURBED, "ratio", 0.28),),
)
GOVERNOR = Condition(
    "governor", Rating.SUSPECT, "schedutil (acpi-cpufreq)", "Let the clock stay up.", {"governors": ["schedutil"]}
)
OTHERS = Condition("other processes", Rating.WRONG, "21.4 % of the processor time: chrome 18.0 %", "End chrome first.")
FINDINGS = NoiseFindings(
    model="mobilenet_v2",
    device="CPU",
    machine="Intel(R) Core(TM) Ultra 7 155H",
    profile="intel-core-ultra-7-155h-16c22t-avx2-vnni-1a2b3c",
    versions={"openvino": "2026.4.1"},
    started="2026-11-22T10:00:00+01:00",
    asked_s=100.0,
    spent_s=83.0,
    budget_s=20.0,
    telling_s=128.0,
    interrupted=False,
    pairs=(ITSELF, PYTORCH),
    left_out=(),
    disturbances=(Condition("stolen time", Rating.FINE, "0.0 % of the processor time"), OTHERS),
    conditions=(
        GOVERNOR,
        Condition("temperature", Rating.FINE, "61 before, 71 after, in degrees Celsius"),
        unreadable("turbo"),
        unreadable("battery"),
    ),
)
CALM = replace(FINDINGS, pairs=(ITSELF,), telling_s=0.0, disturbances=(), conditions=(GOVERNOR,))


def text(findings: NoiseFindings = FINDINGS, *, width: int = 80, encoding: str = "utf-8") -> str:
    return noise_text(findings, width=width, encoding=encoding)


def flat(findings: NoiseFindings) -> str:
    return " ".join(text(findings).split())


@pytest.mark.parametrize(
    ("file", "width", "encoding"),
    [
        ("noise_80.txt", 80, "utf-8"),
        ("noise_80_ascii.txt", 80, "ascii"),
        ("noise_160.txt", 160, "utf-8"),
        ("noise_40.txt", 40, "utf-8"),
    ],
)
def test_the_whole_of_it(file: str, width: int, encoding: str) -> None:
    assert text(width=width, encoding=encoding) + "\n" == (EXPECTED / file).read_text(encoding="utf-8")


@given(st.text(), st.integers(40, 160), st.sampled_from(["utf-8", "ascii"]))
def test_no_line_is_wider_than_the_terminal(words: str, width: int, encoding: str) -> None:
    disturber = Condition("other processes", Rating.WRONG, words, words)
    findings = replace(FINDINGS, machine=words, left_out=(words,), disturbances=(disturber,))
    shown = text(findings, width=width, encoding=encoding)
    assert all(cell_width(line) <= width for line in shown.splitlines())
    shown.encode(encoding)


def test_a_quiet_machine_is_good_enough_and_gets_no_advice_for_suspects() -> None:
    assert "good enough between OpenVINO arms, where 10 % is wanted." in flat(CALM)
    assert "schedutil" in flat(CALM)
    assert "Let the clock stay up" not in flat(CALM)


def test_a_noisy_machine_gets_advice_for_what_is_suspect() -> None:
    assert "Let the clock stay up" in flat(FINDINGS)
    assert "it is noisier" in flat(FINDINGS)


def test_what_is_wrong_gets_advice_anyhow() -> None:
    assert "End chrome first." in flat(replace(CALM, disturbances=(OTHERS,)))


def test_a_machine_that_needs_more_time_is_told_how_much() -> None:
    slow = replace(QUIET, in_budget=replace(QUIET.in_budget, against_baseline=0.12))
    assert "unless comparisons get the time with --ov-budget=33." in flat(
        replace(CALM, pairs=(replace(ITSELF, known=slow),))
    )


def test_a_machine_that_is_not_good_enough_is_told_what_tolerance_would_serve() -> None:
    assert "let more pass with --ov-tolerance=17." in flat(FINDINGS)


def test_a_hopeless_machine_is_called_so() -> None:
    hopeless = replace(PYTORCH, known=replace(LOUD, serving_tolerance=None))
    assert "not good for anything between OpenVINO and PyTorch" in flat(replace(FINDINGS, pairs=(hopeless,)))


@pytest.mark.parametrize(
    ("equality", "says"),
    [
        (Equality.EQUAL, "equal, as identical arms must be."),
        (Equality.DOUBTFUL, "one check out of twenty"),
        (Equality.UNEQUAL, "Do not trust ratios from this machine"),
    ],
)
def test_the_self_check_says_what_to_make_of_it(equality: Equality, says: str) -> None:
    assert ITSELF.check is not None
    pair = replace(ITSELF, check=replace(ITSELF.check, equality=equality))
    assert says in flat(replace(CALM, pairs=(pair,)))


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.9, 31.0, "95 % interval 90 % to more than 100 %"), (1.9, 31.0, "95 % interval more than 100 % the plugin")],
)
def test_a_spread_beyond_measure_is_called_so(low: float, high: float, shown: str) -> None:
    noise = replace(QUIET.noise, launch_sd=1.95, low=low, high=high)
    pair = replace(ITSELF, known=replace(QUIET, noise=noise))
    assert shown in flat(replace(CALM, pairs=(pair,)))


def test_what_was_left_out_is_said_with_the_reason() -> None:
    sentence = "openvino-fp32 over pytorch-fp32 was left out: PyTorch is not installed."
    assert sentence in flat(replace(CALM, left_out=(sentence,)))


def test_one_launch_leaves_the_noise_unknown() -> None:
    single = replace(ITSELF, launches=1, known=None, check=None)
    shown = flat(replace(CALM, pairs=(single,), interrupted=True))
    assert "(interrupted; 1 min 40 s were asked for)" in shown
    assert "unknown: too few launches" in shown
    assert "What this machine can show is not known yet" in shown


def test_a_pair_with_too_few_launches_stands_beside_one_with_enough() -> None:
    single = replace(PYTORCH, launches=1, known=None)
    shown = text(replace(FINDINGS, pairs=(ITSELF, single)), width=100)
    (line,) = [each for each in shown.splitlines() if each.startswith("spread from launch to launch")]
    assert line.split("launch to launch")[1].split() == ["1.3", "%", "unknown:", "too", "few", "launches"]


def test_without_any_launch_there_are_only_conditions() -> None:
    shown = flat(replace(FINDINGS, pairs=(), interrupted=True))
    assert "No launch was completed" in shown
    assert "chrome" in shown


def test_the_json_has_all_of_it() -> None:
    document = json.loads(noise_json(FINDINGS))
    assert document["schema"] == SCHEMA
    itself, pytorch = document["pairs"]
    assert itself["known"]["launch_sd"] == 0.013
    assert (itself["known"]["good_enough"], pytorch["known"]["good_enough"]) == (True, False)
    assert (itself["self_check"]["equality"], pytorch["self_check"]) == ("equal", None)
    assert pytorch["known"]["in_budget"] == {
        "launches": 2,
        "tolerance": 0.1,
        "against_baseline": 0.282,
        "raced": 0.311,
    }
    assert pytorch["flags"] == [{"kind": "disturbed", "what": "ratio", "size": 0.28, "part": 0.0}]
    assert document["noisier_than_assumed"] is True
    assert document["conditions"][0]["values"] == {"governors": ["schedutil"]}
    assert [each["rating"] for each in document["conditions"]] == ["suspect", "fine", "unreadable", "unreadable"]
    assert document["while_measuring"][0]["advice"] is None


def test_the_json_of_an_interrupted_check_says_null_of_what_is_unknown() -> None:
    single = replace(ITSELF, launches=1, known=None, check=None)
    (pair,) = json.loads(noise_json(replace(CALM, pairs=(single,))))["pairs"]
    assert (pair["known"], pair["self_check"]) == (None, None)
    assert noise_json(FINDINGS).isascii()
