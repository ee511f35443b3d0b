from __future__ import annotations

import random
from math import log1p

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.records import Verdict, VerdictKind
from pytest_ovperf.stats.judge import is_beyond, is_suspect, judge
from pytest_ovperf.stats.noise import NOISE, PairKind
from pytest_ovperf.stats.sequential import (
    BASELINE_LAUNCHES,
    CONFIRMING_LAUNCHES,
    LOOKS,
    RUN_FALSE_ALARMS,
    SHARE_OF_LOOKS,
    LookPlan,
    comparison_error_rate,
    share_of_judgement,
)
from tests.unit.stats.stats_builders import baseline, speedup

LOOK_LISTS = st.sets(st.integers(min_value=1, max_value=20), min_size=1).map(lambda looks: tuple(sorted(looks)))


def verdict(kind: VerdictKind, change: float | None = 0.0) -> Verdict:
    return Verdict(kind, 2.0, change, change, change, 0.05, 0.001, None)


@settings(deadline=None)
@given(LOOK_LISTS)
def test_the_looks_and_a_confirmation_spend_the_budget_and_no_more(looks: tuple[int, ...]) -> None:
    plan = LookPlan(0.01, looks)
    assert sum(plan.error_rate(look) for look in looks) == pytest.approx(0.01 * SHARE_OF_LOOKS)
    assert sum(plan.error_rate(look) for look in looks) + plan.confirming_rate == pytest.approx(0.01)


@settings(deadline=None)
@given(LOOK_LISTS, st.integers(min_value=1, max_value=20))
def test_a_last_look_spends_what_is_left_wherever_it_comes(looks: tuple[int, ...], end: int) -> None:
    plan = LookPlan(0.01, looks)
    end = min(end, plan.most)
    spent = sum(plan.error_rate(look) for look in looks if look < end)
    assert spent + plan.error_rate(end, last=True) + plan.confirming_rate == pytest.approx(0.01)


@settings(deadline=None)
@given(
    comparisons=st.integers(min_value=1, max_value=60),
    ends=st.lists(st.sampled_from(LOOKS), min_size=1, max_size=60),
    judgements=st.integers(min_value=1, max_value=4),
)
def test_a_whole_run_never_spends_more_than_its_false_alarms(
    comparisons: int, ends: list[int], judgements: int
) -> None:
    """Wherever the time of each comparison ends, with as many judgements in each test, all of them confirmed."""
    rate = comparison_error_rate(comparisons)
    spent = 0.0
    for test in range(comparisons):
        for before in range(judgements):
            plan = LookPlan(rate * share_of_judgement(before))
            end = ends[(test + before) % len(ends)]
            spent += sum(plan.error_rate(look, last=look == end) for look in plan.looks if look <= end)
            spent += plan.confirming_rate
    assert spent <= RUN_FALSE_ALARMS * (1 + 1e-9)


def test_shares_follow_the_launches_since_the_look_before() -> None:
    plan = LookPlan(0.008 / SHARE_OF_LOOKS, (2, 3, 8))
    assert [plan.error_rate(look) for look in plan.looks] == pytest.approx([0.002, 0.001, 0.005])


def test_any_number_of_judgements_in_a_test_shares_its_error_rate() -> None:
    shares = [share_of_judgement(before) for before in range(10_000)]
    assert shares == sorted(shares, reverse=True)
    assert 0.999 < sum(shares) < 1.0


@pytest.mark.parametrize("looks", [(), (0, 2), (3, 2), (2, 2)])
def test_looks_that_do_not_ascend_are_refused(looks: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match="ascending"):
        LookPlan(0.01, looks)


@pytest.mark.parametrize("launches", [0, 9])
def test_a_look_outside_the_plan_is_refused(launches: int) -> None:
    with pytest.raises(SettingsError, match="looks"):
        LookPlan(0.01, (2, 8)).error_rate(launches)


def test_comparisons_share_the_false_alarms_of_a_run() -> None:
    assert comparison_error_rate(20) == pytest.approx(0.01 / 20)
    assert comparison_error_rate(1) == comparison_error_rate(0) == 0.005


@pytest.mark.parametrize(
    ("kind", "stops"),
    [
        (VerdictKind.REGRESSED, True),
        (VerdictKind.IMPROVED, True),
        (VerdictKind.OK, True),
        (VerdictKind.NO_BASELINE, True),
        (VerdictKind.INCONCLUSIVE, False),
    ],
)
def test_measuring_stops_early_on_what_is_decided(kind: VerdictKind, *, stops: bool) -> None:
    assert LookPlan(0.01).settled(verdict(kind), LOOKS[0]) is stops


def test_an_early_all_clear_that_leans_towards_a_regression_is_measured_on() -> None:
    leaning = verdict(VerdictKind.OK, change=-0.03)
    assert not LookPlan(0.01, (2, 4)).settled(leaning, 2)
    assert LookPlan(0.01, (2, 4)).settled(leaning, 4)


def test_the_last_look_ends_it_whatever_it_says() -> None:
    assert LookPlan(0.01, (2, 4)).settled(verdict(VerdictKind.INCONCLUSIVE), 4)


def run_once(rng: random.Random, *, launch_sd: float, slow_down: float) -> VerdictKind:
    """One comparison of a run of fifteen against a new baseline, as a run takes it: looks, suspicion, confirmation."""
    noise = NOISE[PairKind.OPENVINO]
    plan = LookPlan(comparison_error_rate(15))
    stored = baseline([rng.gauss(0, launch_sd) for _ in range(BASELINE_LAUNCHES)])
    centre = -log1p(slow_down) + rng.gauss(0, noise.day_sd)
    current = [rng.gauss(centre, launch_sd) for _ in range(2 * plan.most)]

    def judged(first: int, last: int, rate: float) -> Verdict:
        return judge(speedup(current[first:last]), stored, noise=noise, tolerance=noise.tolerance, error_rate=rate)

    for launches in plan.looks:
        seen = judged(0, launches, plan.error_rate(launches))
        if plan.settled(seen, launches):
            break
    if not is_suspect(seen):
        return seen.kind
    end = launches + max(CONFIRMING_LAUNCHES, launches)
    again, later = judged(0, end, plan.confirming_rate), judged(launches, end, plan.confirming_rate)
    return again.kind if is_beyond(later) or again.kind is not VerdictKind.REGRESSED else VerdictKind.INCONCLUSIVE


@pytest.mark.parametrize("launch_sd", [0.02, 0.06, 0.10])
def test_an_unchanged_program_is_hardly_ever_called_regressed(launch_sd: float) -> None:
    rng = random.Random(20)  # noqa: S311  (a simulation)
    alarms = sum(run_once(rng, launch_sd=launch_sd, slow_down=0.0) is VerdictKind.REGRESSED for _ in range(600))
    assert alarms <= 3  # 0.5 %


def test_ten_percent_is_found_where_launches_scatter_by_two_percent() -> None:
    rng = random.Random(21)  # noqa: S311  (a simulation)
    found = sum(run_once(rng, launch_sd=0.02, slow_down=0.10) is VerdictKind.REGRESSED for _ in range(1200))
    assert found >= 0.95 * 1200
