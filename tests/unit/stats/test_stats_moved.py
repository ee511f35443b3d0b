"""What both arms have in common is the machine's, and may have moved their ratio."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.records import Speedup, VerdictKind
from pytest_ovperf.stats.judge import judge
from pytest_ovperf.stats.moved import AT_REST, MOST_ALLOWED, allowance, in_common
from pytest_ovperf.stats.noise import NOISE, PairKind
from tests.unit.stats.stats_builders import baseline, speedup

PRIOR = NOISE[PairKind.OPENVINO]
RATIO = log(2.6)
THEN = replace(baseline([RATIO] * 6, 0.034), candidate_cost=3.2e6, reference_cost=8.4e6)
FACTORS = st.floats(min_value=0.2, max_value=5)


def now(candidate: float, reference: float) -> Speedup:
    """Return eight launches in which the arms take so many times as long as they did."""
    seen = speedup([RATIO + log(reference / candidate)] * 8)
    return replace(seen, candidate_cost=THEN.candidate_cost * candidate, reference_cost=THEN.reference_cost * reference)


@pytest.mark.parametrize(
    ("candidate", "reference", "common"),
    [(1.35, 1.17, 1.17), (0.8, 0.9, 0.9), (1.35, 0.95, 1.0), (1.0, 1.3, 1.0)],
)
def test_what_is_common_is_the_smaller_movement_of_two_to_the_same_side(
    candidate: float, reference: float, common: float
) -> None:
    assert exp(in_common(now(candidate, reference), THEN)) == pytest.approx(common)


def test_a_machine_as_fast_as_it_was_allows_for_nothing() -> None:
    assert allowance(now(1.3, 1.04), THEN, PRIOR) == 0
    assert allowance(now(1.3, 1.2), THEN, PRIOR) == pytest.approx(log(1.2) - AT_REST)


def test_bytes_have_no_moods() -> None:
    assert allowance(now(1.3, 1.2), THEN, NOISE[PairKind.MEMORY]) == 0


@pytest.mark.parametrize("cost", [0.0, float("nan")])
def test_times_that_are_not_known_allow_for_nothing(cost: float) -> None:
    assert in_common(now(2, 2), replace(THEN, candidate_cost=cost)) == 0


def test_a_loss_that_the_machine_may_have_made_is_not_called_a_regression() -> None:
    def verdict(candidate: float, reference: float) -> VerdictKind:
        return judge(now(candidate, reference), THEN, noise=PRIOR, tolerance=0.034, error_rate=0.0004).kind

    assert verdict(1.15, 1.0) is VerdictKind.REGRESSED
    assert verdict(1.35, 1.17) is VerdictKind.INCONCLUSIVE  # the same ratio, on a machine that is slower
    assert verdict(2.6 * 1.17, 1.17) is VerdictKind.REGRESSED  # more than any machine does


@given(FACTORS, FACTORS)
def test_no_more_than_a_limit_is_allowed(candidate: float, reference: float) -> None:
    assert 0 <= allowance(now(candidate, reference), THEN, PRIOR) <= MOST_ALLOWED
