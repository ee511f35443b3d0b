"""Each rule on data with a known answer."""

from __future__ import annotations

from math import comb, log, log1p
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.detection.questions import Asked, PairLaunch, Question, pair_launch
from benchmarks.detection.rules import Plan, all_rules
from benchmarks.detection.rules.asv import Asv, differ, mann_whitney_p, orderings
from benchmarks.detection.rules.criterion import Criterion, bootstrapped_p, change_interval
from benchmarks.detection.rules.ours import Ours
from benchmarks.detection.rules.protocol import Finding
from benchmarks.detection.rules.pyperf import Pyperf
from benchmarks.detection.rules.pytest_benchmark import PytestBenchmark
from pytest_ovperf.stats.noise import RACE, PairKind
from tests.unit.detection_examples import around, launch, process, sides

if TYPE_CHECKING:
    from benchmarks.detection.rules.one_arm import OneArmRule


def finding(rule: OneArmRule, then: list[float], now: list[float]) -> Finding:
    """What a rule says of one process then and one now, at its own threshold."""
    return findings(rule, [then], [now])


def findings(rule: OneArmRule, then: list[list[float]], now: list[list[float]]) -> Finding:
    evidence = rule.evidence(sides([process(*calls) for calls in then], [process(*calls) for calls in now]))
    if evidence.slower > rule.threshold:
        return Finding.SLOWER
    return Finding.FASTER if evidence.faster > rule.threshold else Finding.SAME


# pytest-benchmark


@pytest.mark.parametrize(("now_ms", "said"), [(10.6, Finding.SLOWER), (10.4, Finding.SAME), (5.0, Finding.SAME)])
def test_pytest_benchmark_fails_a_median_more_than_five_percent_higher_and_praises_none(
    now_ms: float, said: Finding
) -> None:
    assert finding(PytestBenchmark(), [9.0, 10.0, 30.0], [1.0, now_ms, 40.0]) is said


def test_pytest_benchmark_looks_at_one_process_or_at_all_calls_together() -> None:
    then, now = [[10.0] * 3, [10.0] * 3], [[11.0] * 3, [10.0] * 9]
    assert findings(PytestBenchmark(), then, now) is Finding.SLOWER
    assert findings(PytestBenchmark(processes=None), then, now) is Finding.SAME


# pyperf


def test_pyperf_calls_a_difference_of_means_by_its_sign() -> None:
    processes = [list(around(20.0, seed=seed)) for seed in range(4)]
    slower = [list(around(20.4, seed=seed)) for seed in range(4, 8)]
    assert findings(Pyperf(), processes, slower) is Finding.SLOWER
    assert findings(Pyperf(), slower, processes) is Finding.FASTER
    assert findings(Pyperf(), processes, processes) is Finding.SAME


def test_pyperf_takes_means_of_a_tenth_of_a_second_and_skips_one_to_warm_up() -> None:
    # 8 calls of 20 ms are the first power of two above 0.1 s: 8 to warm up, three values of 8.
    cold = [100.0] * 8 + [20.0] * 24
    assert findings(Pyperf(), [cold], [[20.0] * 32]) is Finding.SAME


def test_pyperf_counts_the_values_of_one_process_as_independent() -> None:
    # One process that happens to run 2 % slow is enough, its own values agreeing among themselves.
    one, other = list(around(20.0, spread=1e-4)), list(around(20.4, spread=1e-4, seed=1))
    assert findings(Pyperf(), [one], [other]) is Finding.SLOWER


# asv


def test_asv_wants_the_factor_and_the_test_to_agree() -> None:
    then = list(around(12.0))
    assert finding(Asv(processes=None), then, list(around(12.0 * 1.06, seed=1))) is Finding.SLOWER
    assert finding(Asv(processes=None), then, list(around(12.0 * 1.04, seed=1))) is Finding.SAME
    assert finding(Asv(processes=None), list(around(12.0 * 1.06, seed=1)), then) is Finding.FASTER
    noisy = [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0]  # the median moves by 7 %, within the scatter
    assert finding(Asv(processes=None), noisy, [call + 1.0 for call in noisy]) is Finding.SAME


def test_asv_takes_five_samples_of_ten_milliseconds_from_each_of_two_processes() -> None:
    # Five calls of 2 ms make a sample: what comes after the 25th call is not looked at.
    quick = [2.0] * 25
    slow = [3.0] * 25
    assert findings(Asv(), [quick, quick, slow], [quick + slow * 9, quick + slow * 9, slow]) is Finding.SAME


def test_the_exact_mann_whitney_p_is_that_of_complete_enumeration() -> None:
    one, other = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([6.0, 7.0, 8.0, 9.0, 10.0])
    assert mann_whitney_p(one, other) == pytest.approx(2 / comb(10, 5))
    assert mann_whitney_p(other, one) == pytest.approx(2 / comb(10, 5))
    assert mann_whitney_p(one, one + 0.5) == pytest.approx(0.6905, abs=1e-4)  # U = 10 of 25
    assert orderings(3, 4).sum() == comb(7, 3)


def test_many_samples_are_tested_by_the_normal_law() -> None:
    values = np.arange(1.0, 41.0)
    assert mann_whitney_p(values, values + 0.5) > 0.5
    assert mann_whitney_p(values, values + 100.0) < 1e-12


def test_too_few_samples_for_a_small_p_must_lie_apart() -> None:
    few = np.array([1.0, 2.0, 3.0])
    assert differ(few, few + 5.0)
    assert not differ(few, few + 1.5)


# criterion


def test_criterion_wants_a_test_and_an_interval_beyond_one_percent() -> None:
    then = list(around(10.0))
    assert finding(Criterion(), then, list(around(10.3, seed=1))) is Finding.SLOWER
    assert finding(Criterion(), then, list(around(9.7, seed=1))) is Finding.FASTER
    assert finding(Criterion(), then, list(around(10.05, seed=1))) is Finding.SAME  # shown, and within the noise
    assert finding(Criterion(), then, list(around(10.0, seed=1))) is Finding.SAME


def test_the_bootstrapped_p_is_small_only_for_means_that_differ() -> None:
    then = around(10.0)
    assert bootstrapped_p(around(10.0, seed=1), then) > 0.05
    assert bootstrapped_p(around(10.02, seed=1), then) < 0.05


def test_the_interval_of_the_change_holds_the_change() -> None:
    low, high = change_interval(around(10.5, seed=1), around(10.0))
    assert low < 0.05 < high
    assert high - low < 0.005


# Ours


def pair(log_ratio: float, ms: float = 10.0) -> PairLaunch:
    """A launch in which the candidate takes ``ms`` a call and the reference as the ratio says."""
    blocks = [[ms] * 3] * 5
    theirs = [[ms * float(np.exp(log_ratio))] * 3] * 5
    return pair_launch(launch({"candidate": blocks, "reference": theirs}), "candidate", "reference")


def stored_question(stored: list[PairLaunch], current: list[PairLaunch], share: float = 0.0) -> Question:
    return Question(Asked.STORED, PairKind.OPENVINO, stored, current, candidate_share=share)


SCATTER = (0.01, -0.01, 0.005, -0.005, 0.0, 0.008, -0.008, 0.004)


def test_ours_is_unmoved_by_a_machine_that_is_slower_today_and_the_others_are_not() -> None:
    stored = [pair(0.5 + noise) for noise in SCATTER[:5]]
    today = [pair(0.5 + noise, ms=11.5) for noise in SCATTER]
    question = stored_question(stored, today)
    assert Ours(Plan(5, (2, 4))).verdict(question).finding is Finding.SAME
    assert PytestBenchmark().verdict(question).finding is Finding.SLOWER


def test_ours_finds_a_slower_candidate_after_measuring_again() -> None:
    stored, today = [pair(noise) for noise in SCATTER[:5]], [pair(noise) for noise in SCATTER]
    found = Ours(Plan(5, (2, 4))).verdict(stored_question(stored, today, share=0.2))
    assert found.finding is Finding.SLOWER
    assert found.launches > 4
    assert found.seconds > found.first_s


def test_a_suspicion_that_later_launches_do_not_share_is_no_alarm() -> None:
    stored = [pair(noise) for noise in SCATTER[:5]]
    today = [pair(-0.25), pair(-0.25), *(pair(noise) for noise in SCATTER[:6])]
    found = Ours(Plan(5, (2,))).verdict(stored_question(stored, today))
    assert found.finding is not Finding.SLOWER
    assert Ours(Plan(5, (2,), confirming=0)).verdict(stored_question(stored, today)).finding is Finding.SLOWER


def test_a_race_is_judged_against_one_with_nothing_stored() -> None:
    today = [pair(noise) for noise in SCATTER]
    plan = Plan(5, (2, 4))
    same = Question(Asked.RACE, PairKind.OPENVINO, (), today)
    slow = Question(Asked.RACE, PairKind.OPENVINO, (), today, candidate_share=0.15)
    quick = Question(Asked.RACE, PairKind.OPENVINO, (), today, reference_share=0.3)
    assert [Ours(plan).verdict(each).finding for each in (same, slow, quick)] == [
        Finding.SAME,
        Finding.SLOWER,
        Finding.FASTER,
    ]


def test_a_wider_tolerance_lets_more_pass() -> None:
    stored, today = [pair(noise) for noise in SCATTER[:5]], [pair(noise) for noise in SCATTER]
    question = stored_question(stored, today, share=0.12)
    found = [outcome.finding for outcome in Ours(Plan(5, (2, 4))).judge(question, (0.02, 0.3))]
    assert found[0] is Finding.SLOWER
    assert found[1] is Finding.SAME


def test_a_plan_keeps_the_looks_that_a_recording_allows() -> None:
    plan = Plan(5, (2, 4, 6), confirming=6)
    fitted = plan.fitted(Asked.STORED, 13)
    assert fitted is not None
    assert (fitted.looks, fitted.confirming) == ((2, 4), 4)
    assert fitted.window(Asked.STORED) == 13
    assert plan.fitted(Asked.STORED, 9) is None
    assert plan.fitted(Asked.RACE, 12) == plan


# What every rule is given


def test_a_share_put_in_is_a_shift_of_the_log_ratio_and_a_factor_of_the_times() -> None:
    question = Question(Asked.STORED, PairKind.OPENVINO, [pair(0.0)], [pair(0.3)], candidate_share=0.1)
    assert question.current_log_ratios == pytest.approx((0.3 - log1p(0.1),))
    evidence = PytestBenchmark().judge(question, (0.0999, 0.1001))
    assert [outcome.finding for outcome in evidence] == [Finding.SLOWER, Finding.SAME]


def test_a_slowed_reference_is_nobodys_slower_candidate() -> None:
    stored, today = [pair(noise) for noise in SCATTER[:5]], [pair(noise) for noise in SCATTER]
    question = Question(Asked.STORED, PairKind.OPENVINO, stored, today, reference_share=0.2)
    found = {rule.name: rule.verdict(question).finding for rule in all_rules(Plan(5, (2, 4)))}
    assert found.pop("pytest-ovperf") is Finding.FASTER
    assert set(found.values()) == {Finding.SAME}


def test_in_a_race_other_tools_measure_one_arm_and_then_the_other_and_pay_for_both() -> None:
    today = [pair(log(1.0), ms=10.0), pair(0.0), pair(0.0, ms=12.0), pair(0.0, ms=12.0)]
    race = Question(Asked.RACE, PairKind.OPENVINO, (), today)
    outcome = PytestBenchmark().verdict(race)
    assert outcome.finding is Finding.SLOWER  # the second launch's reference took 10 ms, the third's candidate 12
    stored = PytestBenchmark().verdict(stored_question(today[:2], today[2:]))
    assert outcome.seconds > stored.seconds


def test_every_rule_says_where_it_is_stated_and_has_thresholds_that_ascend() -> None:
    for rule in all_rules(Plan()):
        assert rule.source
        sweep = rule.sweep(Asked.RACE)
        assert list(sweep) == sorted(set(sweep))


def test_the_least_that_a_race_lets_pass_is_the_kinds_own() -> None:
    today = [pair(-log1p(0.04))] * 16
    race = Question(Asked.RACE, PairKind.OPENVINO, (), today)
    loose = Ours(Plan(5, (2, 4, 8), race_tolerance=4 * RACE.tolerance)).verdict(race).finding
    assert loose is Finding.SAME
    assert Ours(Plan(5, (2, 4, 8))).verdict(race).finding is not Finding.SAME
