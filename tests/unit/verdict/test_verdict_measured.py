from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import ComparisonRecord, Speedup, Verdict, VerdictKind
from pytest_ovperf.stats.judge import no_baseline
from pytest_ovperf.stats.sequential import SHARE_OF_LOOKS
from pytest_ovperf.verdict.measured import Baseline, MeasuredSpeedup, Measuring
from tests.unit.session.session_fakes import measuring

OPEN = replace(no_baseline(tolerance=0.05), kind=VerdictKind.INCONCLUSIVE)
CLEAR = replace(OPEN, kind=VerdictKind.REGRESSED)


class Judge:
    """A judge that is sure after so many launches, and remembers what it was asked with."""

    def __init__(self, sure_after: int) -> None:
        self.sure_after = sure_after
        self.looks: list[tuple[int, float]] = []

    def __call__(self, speedup: Speedup, error_rate: float) -> Verdict:
        self.looks.append((len(speedup.log_ratios), error_rate))
        return CLEAR if len(speedup.log_ratios) >= self.sure_after else OPEN


def test_a_clear_verdict_ends_measuring_at_the_first_look() -> None:
    judge = Judge(sure_after=2)
    assert measuring().decide(judge) is CLEAR
    assert [launches for launches, _ in judge.looks] == [2]


def test_an_open_verdict_is_measured_on_to_the_end_of_the_plan() -> None:
    judge = Judge(sure_after=99)
    assert measuring().decide(judge) is OPEN
    assert [launches for launches, _ in judge.looks] == [2, 4, 6, 8]


def test_the_looks_share_their_part_of_the_error_budget() -> None:
    judge = Judge(sure_after=99)
    measuring(budget=0.004).decide(judge)
    assert sum(rate for _, rate in judge.looks) == pytest.approx(0.004 * SHARE_OF_LOOKS)


def test_spent_time_ends_measuring_and_the_last_look_spends_what_is_left() -> None:
    judge = Judge(sure_after=99)
    measuring(budget_s=0.001, budget=0.004).decide(judge)
    ((launches, error_rate),) = judge.looks
    assert launches == 2
    assert error_rate == pytest.approx(0.004 * SHARE_OF_LOOKS)


def test_deciding_again_goes_on_from_the_launches_there_are() -> None:
    once = measuring()
    once.decide(Judge(sure_after=4))
    again = Judge(sure_after=99)
    once.decide(again)
    assert [launches for launches, _ in again.looks] == [4, 6, 8]


def test_what_was_not_set_aside_has_no_later_launches() -> None:
    once = measuring()
    once.decide(Judge(sure_after=2))
    assert not once.is_set_aside
    assert once.later == ()


@pytest.mark.parametrize(("before", "after"), [(2, 6), (4, 8), (6, 12), (8, 16)])
def test_a_confirmation_takes_as_many_launches_again_and_four_at_least(before: int, after: int) -> None:
    once = measuring()
    once.decide(Judge(sure_after=before))
    once.set_aside()
    judge = Judge(sure_after=before)
    once.confirm(judge)
    assert once.is_set_aside
    assert len(once.launches) == after
    assert once.later == once.launches[before:]
    assert [launches for launches, _ in judge.looks] == [after, after - before]  # all of them, and the later alone


def test_a_confirmation_takes_what_its_time_may_be_and_more() -> None:
    once = measuring(budget_s=0.001)
    once.decide(Judge(sure_after=2))
    once.set_aside()
    once.confirm(Judge(sure_after=2))
    assert len(once.launches) == 6


def test_confirming_again_measures_no_more() -> None:
    once = measuring()
    once.decide(Judge(sure_after=2))
    once.set_aside()
    first = once.confirm(Judge(sure_after=2))
    assert once.confirm(Judge(sure_after=2)) == first
    assert len(once.launches) == 6


@pytest.mark.parametrize("budget_s", [0.001, 1e6])
@pytest.mark.parametrize("sure_after", [2, 4, 6, 8, 99])
def test_all_looks_and_the_confirmation_spend_no_more_than_the_error_budget(budget_s: float, sure_after: int) -> None:
    looks, again = Judge(sure_after), Judge(sure_after)
    once = measuring(budget_s=budget_s, budget=0.004)
    once.decide(looks)
    once.set_aside()
    once.confirm(again)
    (_, of_all), (_, of_the_later) = again.looks
    assert of_all == of_the_later
    assert sum(rate for _, rate in looks.looks) + of_all <= 0.004 * (1 + 1e-9)


def handle(holds: bool = True, error: Exception | None = None) -> tuple[MeasuredSpeedup, list[object]]:  # noqa: FBT001, FBT002
    asked: list[object] = []
    record: ComparisonRecord = object()  # type: ignore[assignment]  # passed through, never looked into

    def against_baseline(_measuring: Measuring) -> tuple[ComparisonRecord, bool]:
        asked.append("baseline")
        if error:
            raise error
        return record, holds

    def against_target(_measuring: Measuring, target: float) -> tuple[ComparisonRecord, bool]:
        asked.append(target)
        return record, holds

    ready = measuring()
    ready.reach_first_look()
    return MeasuredSpeedup(ready, against_baseline, against_target), asked


@pytest.mark.parametrize("holds", [True, False])
def test_a_comparison_asks_for_what_stands_on_the_other_side(holds: bool) -> None:  # noqa: FBT001
    speedup, asked = handle(holds)
    assert (speedup >= Baseline()) is holds
    assert (speedup > 1.5) is holds
    assert (2 <= speedup) is holds  # noqa: SIM300  (users write it this way round too)
    assert asked == ["baseline", 1.5, 2.0]


@pytest.mark.parametrize("other", ["1.5", None, True])
def test_what_is_no_number_cannot_be_compared_with(other: object) -> None:
    speedup, _ = handle()
    with pytest.raises(TypeError):
        assert speedup >= other


def test_asserting_from_above_is_refused() -> None:
    speedup, _ = handle()
    with pytest.raises(TypeError, match="asserted from below"):
        assert speedup <= 3


def test_the_figures_are_those_of_the_estimate() -> None:
    speedup, _ = handle()
    assert float(speedup) == speedup.ratio == pytest.approx(2.0)
    assert speedup.low < speedup.ratio < speedup.high
    assert repr(speedup).startswith("2x (")


def test_an_error_of_ours_comes_without_our_frames() -> None:
    speedup, _ = handle(error=MeasurementError("It broke.", remedy="Mend it."))
    with pytest.raises(MeasurementError) as caught:
        assert speedup >= Baseline()
    assert caught.value.__cause__ is None
    assert len(caught.traceback) == 2  # this test, and the comparison itself
