from __future__ import annotations

from math import exp, expm1, inf, log, log1p, nan

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import BaselineError, MeasurementError, SettingsError
from pytest_ovperf.records import Speedup, Verdict, VerdictKind
from pytest_ovperf.stats.judge import is_beyond, is_suspect, judge, judge_race, judge_target, no_baseline
from pytest_ovperf.stats.noise import NOISE, Noise, PairKind
from tests.unit.stats.stats_builders import baseline, launches_with, on_days, speedup

QUIET = Noise(launch_sd=0.01, degrees=20.0, day_sd=0.0, tolerance=0.05, least_tolerance=0.03, detects=0.10)
PRIOR = NOISE[PairKind.OPENVINO]
WORST_TO_BEST = [VerdictKind.REGRESSED, VerdictKind.INCONCLUSIVE, VerdictKind.OK, VerdictKind.IMPROVED]

CLAIMS = (VerdictKind.REGRESSED, VerdictKind.IMPROVED)

LOG_RATIOS = st.lists(st.floats(min_value=-1, max_value=1), min_size=1, max_size=6)
TOLERANCES = st.floats(min_value=0.005, max_value=0.5)
ERROR_RATES = st.floats(min_value=1e-6, max_value=0.2)


def kind_of(now: float, *, sd: float = 0.01, tolerance: float = 0.05, error_rate: float = 0.001) -> VerdictKind:
    current, stored = launches_with(now, sd, 5), launches_with(0.7, sd, 5)
    verdict = judge(speedup(current), baseline(stored), noise=QUIET, tolerance=tolerance, error_rate=error_rate)
    return verdict.kind


def test_nothing_changed_is_ok() -> None:
    assert kind_of(0.7) is VerdictKind.OK


def test_a_candidate_that_takes_ten_percent_longer_has_regressed() -> None:
    assert kind_of(0.7 - log1p(0.10)) is VerdictKind.REGRESSED


def test_a_candidate_that_got_ten_percent_faster_has_improved() -> None:
    assert kind_of(0.7 + log1p(0.10)) is VerdictKind.IMPROVED


def test_a_slow_down_of_exactly_the_tolerance_is_let_pass() -> None:
    assert kind_of(0.7 - log1p(0.05)) is VerdictKind.OK


def test_launches_that_scatter_widely_decide_nothing() -> None:
    assert kind_of(0.7, sd=0.2) is VerdictKind.INCONCLUSIVE


def test_where_noise_is_high_the_error_rate_of_an_unchanged_program_widens_the_interval() -> None:
    now = speedup(launches_with(0.0, 0.1, 5))
    stored = baseline(launches_with(0.0, 0.1, 5))
    lax = judge(now, stored, noise=QUIET, tolerance=0.05, error_rate=0.1)
    strict = judge(now, stored, noise=QUIET, tolerance=0.05, error_rate=0.0001)
    assert strict.change_low is not None
    assert lax.change_low is not None
    assert strict.change_low < lax.change_low


def test_a_verdict_shows_its_evidence() -> None:
    verdict = judge(speedup([log(1.8)] * 4), baseline([log(2.0)] * 4), noise=QUIET, tolerance=0.05, error_rate=0.001)
    assert verdict.expected == pytest.approx(2.0)
    assert verdict.change == pytest.approx(-0.1)
    assert verdict.change_low is not None
    assert verdict.change_high is not None
    assert verdict.change_low < -0.1 < verdict.change_high
    assert (verdict.tolerance, verdict.error_rate, verdict.seconds_to_settle) == (0.05, 0.001, None)


def test_regressed_means_that_the_whole_interval_lies_beyond_the_tolerance() -> None:
    verdict = judge(speedup([0.5] * 4), baseline([0.7] * 4), noise=QUIET, tolerance=0.05, error_rate=0.001)
    assert verdict.kind is VerdictKind.REGRESSED
    assert verdict.change_high is not None
    assert verdict.change_high < expm1(-log1p(0.05))


@pytest.mark.parametrize("tolerance", [0.0, -0.05, nan, inf])
def test_a_senseless_tolerance_is_refused(tolerance: float) -> None:
    with pytest.raises(SettingsError, match="--ov-tolerance"):
        judge(speedup([0.1]), baseline([0.1]), noise=PRIOR, tolerance=tolerance, error_rate=0.01)


def test_a_baseline_without_launches_is_refused() -> None:
    with pytest.raises(BaselineError, match="--update-baselines"):
        judge(speedup([0.1]), baseline([]), noise=PRIOR, tolerance=0.05, error_rate=0.01)


def test_a_log_ratio_that_is_no_number_is_refused() -> None:
    with pytest.raises(MeasurementError):
        judge(speedup([0.1]), baseline([0.1, nan]), noise=PRIOR, tolerance=0.05, error_rate=0.01)


@settings(deadline=None)
@given(LOG_RATIOS, LOG_RATIOS, TOLERANCES, ERROR_RATES, st.floats(min_value=0, max_value=1))
def test_a_better_result_never_gets_a_worse_verdict(
    now: list[float], then: list[float], tolerance: float, error_rate: float, gain: float
) -> None:
    kinds = [
        judge(speedup(each), baseline(then), noise=PRIOR, tolerance=tolerance, error_rate=error_rate).kind
        for each in (now, [value + gain for value in now])
    ]
    assert WORST_TO_BEST.index(kinds[0]) <= WORST_TO_BEST.index(kinds[1])


@settings(deadline=None)
@given(LOG_RATIOS, LOG_RATIOS, TOLERANCES, ERROR_RATES)
def test_swapping_the_arms_turns_regressed_into_improved(
    now: list[float], then: list[float], tolerance: float, error_rate: float
) -> None:
    there = judge(speedup(now), baseline(then), noise=PRIOR, tolerance=tolerance, error_rate=error_rate)
    back = judge(
        speedup([-value for value in now]),
        baseline([-value for value in then]),
        noise=PRIOR,
        tolerance=tolerance,
        error_rate=error_rate,
    )
    assert (there.kind is VerdictKind.REGRESSED) == (back.kind is VerdictKind.IMPROVED)
    assert (there.kind is VerdictKind.IMPROVED) == (back.kind is VerdictKind.REGRESSED)


@settings(deadline=None)
@given(LOG_RATIOS, LOG_RATIOS, TOLERANCES, ERROR_RATES, ERROR_RATES)
def test_a_stricter_error_rate_never_adds_a_claim(
    now: list[float], then: list[float], tolerance: float, one: float, other: float
) -> None:
    strict, lax = sorted((one, other))
    strictly = judge(speedup(now), baseline(then), noise=PRIOR, tolerance=tolerance, error_rate=strict).kind
    laxly = judge(speedup(now), baseline(then), noise=PRIOR, tolerance=tolerance, error_rate=lax).kind
    claims = (VerdictKind.REGRESSED, VerdictKind.IMPROVED)
    assert strictly not in claims or strictly is laxly
    assert laxly is not VerdictKind.INCONCLUSIVE or strictly is VerdictKind.INCONCLUSIVE


@settings(deadline=None)
@given(
    centre=st.floats(min_value=-0.5, max_value=0.5),
    sd=st.floats(min_value=0.0, max_value=0.3),
    counts=st.tuples(st.integers(min_value=2, max_value=8), st.integers(min_value=2, max_value=8)),
    dropped=st.tuples(st.integers(min_value=0, max_value=6), st.integers(min_value=0, max_value=6)),
    error_rate=ERROR_RATES,
)
def test_fewer_launches_of_the_same_centre_and_spread_never_show_more(
    centre: float, sd: float, counts: tuple[int, int], dropped: tuple[int, int], error_rate: float
) -> None:
    # What can be promised: with mean and sample spread as they are, taking launches away on either side never narrows
    # the interval, so it adds no claim of a change and decides nothing that was open. (Without its odd one out, a set
    # of launches rightly shows more; that is another spread.)
    fewer = tuple(max(2, count - drop) for count, drop in zip(counts, dropped, strict=True))
    many, few = (
        judge(
            speedup(launches_with(centre, sd, now)),
            baseline(launches_with(0.0, sd, then)),
            noise=PRIOR,
            tolerance=0.05,
            error_rate=error_rate,
        )
        for now, then in (counts, fewer)
    )
    assert few.change_low is not None
    assert many.change_low is not None
    assert few.change_low <= many.change_low + 1e-9
    assert few.kind not in (VerdictKind.REGRESSED, VerdictKind.IMPROVED) or few.kind is many.kind
    assert many.kind is not VerdictKind.INCONCLUSIVE or few.kind is VerdictKind.INCONCLUSIVE


@settings(deadline=None)
@given(
    centre=st.floats(min_value=-0.5, max_value=0.5),
    sd=st.floats(min_value=0.0, max_value=0.3),
    apart=st.floats(min_value=0.0, max_value=0.3),
    counts=st.tuples(st.integers(min_value=2, max_value=8), st.integers(min_value=2, max_value=8)),
    dropped=st.tuples(st.integers(min_value=0, max_value=6), st.integers(min_value=0, max_value=6)),
)
def test_fewer_launches_in_two_recordings_as_far_apart_never_show_more(
    centre: float, sd: float, apart: float, counts: tuple[int, int], dropped: tuple[int, int]
) -> None:
    fewer = tuple(max(2, count - drop) for count, drop in zip(counts, dropped, strict=True))
    many, few = (
        judge(
            speedup(launches_with(centre, sd, now)),
            on_days(launches_with(0.0, sd, then), launches_with(apart, sd, then)),
            noise=PRIOR,
            tolerance=0.05,
            error_rate=0.001,
        )
        for now, then in (counts, fewer)
    )
    assert few.kind not in CLAIMS or few.kind is many.kind
    assert many.kind is not VerdictKind.INCONCLUSIVE or few.kind is VerdictKind.INCONCLUSIVE


def test_a_number_that_the_whole_interval_reaches_is_ok() -> None:
    assert judge_target(speedup([log(2)] * 4), 1.5, noise=QUIET, error_rate=0.001).kind is VerdictKind.OK


def test_a_number_above_the_whole_interval_is_a_regression() -> None:
    verdict = judge_target(speedup([log(1.2)] * 4), 1.5, noise=QUIET, error_rate=0.001)
    assert verdict.kind is VerdictKind.REGRESSED
    assert verdict.expected == 1.5
    assert verdict.change == pytest.approx(1.2 / 1.5 - 1)
    assert verdict.tolerance == 0.0


@pytest.mark.parametrize("ratio", [1.49, 1.51])
def test_a_number_inside_the_interval_is_inconclusive(ratio: float) -> None:
    verdict = judge_target(speedup([log(ratio)] * 4), 1.5, noise=QUIET, error_rate=0.001)
    assert verdict.kind is VerdictKind.INCONCLUSIVE


@settings(deadline=None)
@given(LOG_RATIOS, st.floats(min_value=0.1, max_value=10), st.floats(min_value=1, max_value=5), ERROR_RATES)
def test_a_higher_number_is_never_easier_to_reach(
    now: list[float], target: float, factor: float, error_rate: float
) -> None:
    lower = judge_target(speedup(now), target, noise=PRIOR, error_rate=error_rate).kind
    higher = judge_target(speedup(now), target * factor, noise=PRIOR, error_rate=error_rate).kind
    assert WORST_TO_BEST.index(higher) <= WORST_TO_BEST.index(lower)


@pytest.mark.parametrize("target", [0.0, -1.0, nan, inf])
def test_a_number_that_is_no_speedup_is_refused(target: float) -> None:
    with pytest.raises(SettingsError, match="compared"):
        judge_target(speedup([0.1]), target, noise=PRIOR, error_rate=0.01)


@settings(deadline=None)
@given(LOG_RATIOS, LOG_RATIOS, st.floats(min_value=-2, max_value=2))
def test_only_the_change_counts_and_not_the_height_of_the_speedup(
    now: list[float], then: list[float], height: float
) -> None:
    def change(added: float) -> float | None:
        current, stored = [value + added for value in now], [value + added for value in then]
        return judge(speedup(current), baseline(stored), noise=PRIOR, tolerance=0.05, error_rate=0.01).change

    assume(abs(height) > 1e-3)
    assert change(height) == pytest.approx(change(0.0), abs=1e-9)


def test_without_a_baseline_there_is_nothing_to_show() -> None:
    verdict = no_baseline(tolerance=0.05)
    assert verdict.kind is VerdictKind.NO_BASELINE
    assert (verdict.expected, verdict.change, verdict.change_low, verdict.change_high) == (None, None, None, None)


def test_expected_is_the_geometric_mean_of_the_stored_launches() -> None:
    verdict = judge(speedup([0.1]), baseline([0.0, 1.0]), noise=PRIOR, tolerance=0.05, error_rate=0.01)
    assert verdict.expected == pytest.approx(exp(0.5))


# Baselines of several days


def test_expected_gives_each_day_the_same_weight_however_many_launches_it_had() -> None:
    stored = on_days([0.0] * 6, [0.3])
    verdict = judge(speedup([0.1]), stored, noise=PRIOR, tolerance=0.05, error_rate=0.01)
    assert verdict.expected == pytest.approx(exp(0.15))


def kind_against(*days: list[float]) -> VerdictKind:
    now = speedup(launches_with(-0.10, 0.01, 6))
    return judge(now, on_days(*days), noise=QUIET, tolerance=0.05, error_rate=0.001).kind


def test_what_differs_from_day_to_day_is_no_regression_on_another_day() -> None:
    def day(centre: float) -> list[float]:
        return launches_with(centre, 0.01, 6)

    assert kind_against(day(0.0)) is VerdictKind.REGRESSED
    assert kind_against(day(0.0), day(0.001)) is VerdictKind.REGRESSED
    assert kind_against(day(-0.06), day(0.06)) is VerdictKind.INCONCLUSIVE


def test_the_order_of_the_launches_and_of_the_days_does_not_matter() -> None:
    one, other = launches_with(0.0, 0.02, 4), launches_with(0.05, 0.02, 3)
    now = speedup([0.01, -0.02])
    verdicts = [
        judge(now, stored, noise=PRIOR, tolerance=0.05, error_rate=0.01)
        for stored in (on_days(one, other), on_days(other[::-1], one))
    ]
    assert verdicts[0].change_low == pytest.approx(verdicts[1].change_low)
    assert verdicts[0].expected == pytest.approx(verdicts[1].expected)


# Suspicions


def ended(kind: VerdictKind, change: float | None, tolerance: float = 0.05) -> Verdict:
    return Verdict(kind, 2.0, change, change, change, tolerance, 0.001, None)


@pytest.mark.parametrize(
    ("verdict", "suspect"),
    [
        (ended(VerdictKind.REGRESSED, -0.2), True),
        (ended(VerdictKind.REGRESSED, -0.2, tolerance=0.0), True),
        (ended(VerdictKind.INCONCLUSIVE, -0.06), True),
        (ended(VerdictKind.INCONCLUSIVE, -0.04), False),
        (ended(VerdictKind.INCONCLUSIVE, 0.3), False),
        (ended(VerdictKind.INCONCLUSIVE, -0.3, tolerance=0.0), False),
        (ended(VerdictKind.OK, -0.049), False),
        (ended(VerdictKind.IMPROVED, 0.2), False),
        (no_baseline(tolerance=0.05), False),
    ],
)
def test_regressions_and_open_losses_beyond_the_tolerance_are_measured_again(
    verdict: Verdict, *, suspect: bool
) -> None:
    assert is_suspect(verdict) is suspect


def test_a_loss_of_exactly_the_tolerance_is_not_beyond_it() -> None:
    assert not is_beyond(ended(VerdictKind.INCONCLUSIVE, expm1(-log1p(0.05))))
    assert is_beyond(ended(VerdictKind.INCONCLUSIVE, expm1(-log1p(0.0501))))


def test_a_number_is_missed_by_any_loss() -> None:
    assert is_beyond(ended(VerdictKind.REGRESSED, -1e-6, tolerance=0.0))
    assert not is_beyond(ended(VerdictKind.OK, 0.0, tolerance=0.0))


def test_a_number_beyond_all_reach_is_missed_too() -> None:
    hopeless = judge_target(speedup([log(2)] * 4), 1e20, noise=PRIOR, error_rate=0.001)
    assert is_suspect(hopeless)
    assert is_beyond(hopeless)


@settings(deadline=None)
@given(LOG_RATIOS, LOG_RATIOS, ERROR_RATES)
def test_whatever_would_fail_a_test_is_a_suspicion_first(
    now: list[float], then: list[float], error_rate: float
) -> None:
    verdict = judge(speedup(now), baseline(then), noise=PRIOR, tolerance=0.05, error_rate=error_rate)
    assert is_suspect(verdict) or verdict.kind is not VerdictKind.REGRESSED
    assert not is_suspect(verdict) or is_beyond(verdict)


# Arms that should be equally fast


def race(now: Speedup, error_rate: float = 0.001) -> Verdict:
    return judge_race(now, noise=QUIET, tolerance=0.05, error_rate=error_rate)


@pytest.mark.parametrize(
    ("ratio", "kind"),
    [
        (1.0, VerdictKind.OK),
        (1 / 1.10, VerdictKind.REGRESSED),
        (1.10, VerdictKind.IMPROVED),
        (1 / 1.05, VerdictKind.OK),
    ],
)
def test_a_race_is_judged_against_exactly_one(ratio: float, kind: VerdictKind) -> None:
    verdict = race(speedup(launches_with(log(ratio), 0.01, 6)))
    assert (verdict.kind, verdict.expected) == (kind, 1.0)
    assert verdict.change == pytest.approx(ratio - 1)


@settings(deadline=None)
@given(LOG_RATIOS, ERROR_RATES)
def test_a_race_shows_at_least_what_the_same_launches_show_against_a_baseline(
    now: list[float], error_rate: float
) -> None:
    # Nothing is stored whose own noise would count: the other side is known.
    alone = race(speedup(now), error_rate)
    against = judge(speedup(now), baseline([0.0]), noise=QUIET, tolerance=0.05, error_rate=error_rate)
    assert against.kind not in CLAIMS or against.kind is alone.kind
