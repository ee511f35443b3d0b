"""What looks like a regression is measured again, later in the run, before anything is said."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import WorkerDiedError
from pytest_ovperf.records import ComparisonRecord, StoredBaseline, VerdictKind
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.stats.together import LEAST_COMPARISONS
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.judging import Judging
from tests.unit.session.session_fakes import ASKED, PROFILE, measuring, settings
from tests.unit.trial.trial_fakes import CANDIDATE, REFERENCE, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_ovperf.verdict.asked import Asked
    from pytest_ovperf.verdict.measured import Measuring

NODE = ASKED.node_id
MS = 1_000_000
#: Half as fast as the baseline says, and as fast.
SLOW, FULL = 20 * MS, 10 * MS
SECOND = replace(ASKED, comparison=replace(ASKED.comparison, candidate=REFERENCE, reference=CANDIDATE))


class Run:
    """A run's judge, whose baseline says that the candidate is twice as fast, and the passes through its only test."""

    def __init__(self, folder: Path, *, wait: bool = True, **chosen: object) -> None:
        self.settings = settings(folder, **chosen)  # type: ignore[arg-type]  # keywords of `settings`
        self.store = BaselineStore(self.settings.baselines_dir, PROFILE, lock_dir=folder / "locks")
        self.put(ASKED, [math.log(2.0)] * 6)
        self.judging = Judging(
            self.settings, self.store, lambda asked, _: {"device": asked.device}, {NODE} if wait else ()
        )

    def put(self, asked: Asked, log_ratios: Sequence[float]) -> None:
        self.store.put(asked.key, StoredBaseline(tuple(log_ratios), 0.05, 1e7, 2e7, None, {"device": asked.device}))

    def first_pass(self, measured: Measuring) -> tuple[ComparisonRecord, bool]:
        """Judge in a first pass, which the suspicion ends."""
        told = self.judging.against_baseline(ASKED, measured)
        assert self.judging.is_suspected(NODE)
        self.judging.set_aside(NODE)
        return told

    @property
    def record(self) -> ComparisonRecord:
        (only,) = self.judging.records
        return only


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def arms(*candidate_ns: int) -> Measuring:
    """A measuring whose candidate's calls take so long in each launch, and as in the last one from then on."""
    world = FakeWorld()
    world.varies(CANDIDATE, *candidate_ns)
    return measuring(world)


# The first pass


def test_a_regression_is_not_called_one_in_the_first_pass(run: Run) -> None:
    record, holds = run.judging.against_baseline(ASKED, arms(SLOW))
    assert (record.verdict.kind, holds) == (VerdictKind.REGRESSED, False)
    assert run.judging.is_suspected(NODE)
    assert run.judging.records == []


def test_an_open_loss_beyond_the_tolerance_is_measured_again_too(run: Run) -> None:
    scattered = arms(*(round(FULL * factor) for factor in (1.0, 1.3) * 4))
    record, holds = run.judging.against_baseline(ASKED, scattered)
    assert (record.verdict.kind, holds) == (VerdictKind.INCONCLUSIVE, False)
    assert run.judging.is_suspected(NODE)


def test_a_number_that_is_missed_is_measured_again_too(run: Run) -> None:
    record, holds = run.judging.against_target(ASKED, arms(FULL), 3.0)
    assert (record.verdict.kind, record.target, holds) == (VerdictKind.REGRESSED, 3.0, False)
    assert run.judging.is_suspected(NODE)


@pytest.mark.parametrize("candidate_ns", [FULL, FULL // 2])
def test_what_is_ok_or_improved_is_told_at_once(run: Run, candidate_ns: int) -> None:
    _, holds = run.judging.against_baseline(ASKED, arms(candidate_ns))
    assert holds
    assert not run.judging.is_suspected(NODE)
    assert run.record.later == 0


def test_setting_a_test_aside_forgets_what_else_the_pass_said_and_was_to_store(tmp_path: Path) -> None:
    run = Run(tmp_path, update=UpdateMode.NEW)
    run.judging.against_baseline(SECOND, arms(FULL))
    assert run.record.stored
    run.first_pass(arms(SLOW))
    assert run.judging.records == []
    run.judging.settle(NODE, passed=True)
    assert run.store.find(SECOND.key) is None


# The second pass


def test_a_loss_that_is_still_there_later_is_a_regression_told_once(run: Run) -> None:
    slow = arms(SLOW)
    run.first_pass(slow)
    record, holds = run.judging.against_baseline(ASKED, slow)
    assert (record.verdict.kind, holds) == (VerdictKind.REGRESSED, False)
    assert not run.judging.is_suspected(NODE)
    assert run.record == record
    assert (record.later, len(record.launches)) == (4, 6)
    assert record.verdict.error_rate == pytest.approx(0.005 * 0.2)  # what the looks have left for it


def test_a_loss_that_is_gone_later_passes_and_says_what_it_looked_like(run: Run) -> None:
    recovering = arms(SLOW, SLOW, FULL)
    run.first_pass(recovering)
    record, holds = run.judging.against_baseline(ASKED, recovering)
    assert holds
    assert record.verdict.kind is not VerdictKind.REGRESSED
    assert record.later == 4
    assert record.notes == ("this looked like a regression until it was measured again later in the run",)


def test_what_only_the_first_launches_show_is_no_regression(run: Run) -> None:
    def once_slow(later: float) -> Measuring:
        measured = arms(*[round(FULL * 1.25)] * 8, round(FULL * later))
        measured.reach(8)
        return measured

    run.put(ASKED, [math.log(2.0)] * 60)  # all that is to be known of it, so that the first launches prove a loss
    beyond, within = once_slow(1.08), once_slow(1.04)
    run.first_pass(beyond)
    assert run.judging.against_baseline(ASKED, beyond)[0].verdict.kind is VerdictKind.REGRESSED
    run.judging.records.clear()
    run.first_pass(within)
    record, holds = run.judging.against_baseline(ASKED, within)
    assert (record.verdict.kind, holds) == (VerdictKind.INCONCLUSIVE, True)
    assert "do not show the loss by themselves" in record.notes[0]
    assert record.verdict.seconds_to_settle is None  # nothing that more launches could settle


def test_under_strict_what_stays_open_fails(tmp_path: Path) -> None:
    run = Run(tmp_path, strict=True)
    recovering = arms(SLOW, SLOW, FULL)
    run.first_pass(recovering)
    record, holds = run.judging.against_baseline(ASKED, recovering)
    assert (record.verdict.kind, holds) == (VerdictKind.INCONCLUSIVE, False)


def test_a_missed_number_is_confirmed_like_a_regression(run: Run) -> None:
    short = arms(FULL)
    run.judging.against_target(ASKED, short, 3.0)
    run.judging.set_aside(NODE)
    record, holds = run.judging.against_target(ASKED, short, 3.0)
    assert (record.verdict.kind, record.target, record.later, holds) == (VerdictKind.REGRESSED, 3.0, 4, False)


def test_two_questions_about_one_speed_up_are_both_answered_in_the_end(run: Run) -> None:
    slow = arms(SLOW)
    for last in (False, True):
        answers = [
            run.judging.against_baseline(ASKED, slow)[1],
            run.judging.against_target(ASKED, slow, 0.9)[1],
        ]
        assert run.judging.is_suspected(NODE) is not last
        if not last:
            run.judging.set_aside(NODE)
    assert answers == [False, True]
    assert [record.verdict.kind for record in run.judging.records] == [VerdictKind.REGRESSED, VerdictKind.OK]


# Tests that cannot be run again


def test_where_nothing_can_wait_a_suspicion_is_settled_at_once(tmp_path: Path) -> None:
    run = Run(tmp_path, wait=False)
    record, holds = run.judging.against_baseline(ASKED, arms(SLOW))
    assert (record.verdict.kind, record.later, holds) == (VerdictKind.REGRESSED, 4, False)
    assert not run.judging.is_suspected(NODE)
    assert run.record == record


def test_where_nothing_can_wait_a_loss_that_is_gone_at_once_passes(tmp_path: Path) -> None:
    run = Run(tmp_path, wait=False)
    _, holds = run.judging.against_baseline(ASKED, arms(SLOW, SLOW, FULL))
    assert holds
    assert run.record.notes


# Runs and tests that end before


def gave_up(record: ComparisonRecord, why: str) -> bool:
    return record.verdict.kind is VerdictKind.INCONCLUSIVE and record.notes[-1].endswith(why)


@pytest.mark.parametrize("aside", [True, False])
def test_a_run_that_ends_before_calls_it_inconclusive(run: Run, *, aside: bool) -> None:
    run.judging.against_baseline(ASKED, arms(SLOW))
    if aside:
        run.judging.set_aside(NODE)
    run.judging.give_up_suspicions()
    assert gave_up(run.record, "the run ended before it was measured again")
    assert run.record.verdict.change == pytest.approx(-0.5, rel=1e-4)
    run.judging.give_up_suspicions()
    assert len(run.judging.records) == 1


def test_a_second_pass_that_does_not_come_to_it_calls_it_inconclusive(run: Run) -> None:
    run.first_pass(arms(SLOW))
    run.judging.settle(NODE, passed=True)
    assert gave_up(run.record, "the test did not come to it again")
    run.judging.give_up_suspicions()
    assert len(run.judging.records) == 1


def test_a_second_pass_whose_measuring_fails_has_only_that_to_tell(run: Run) -> None:
    world = FakeWorld()
    world.varies(CANDIDATE, SLOW)
    slow = measuring(world)
    run.first_pass(slow)
    world.failures["block", CANDIDATE] = WorkerDiedError("gone", remedy="Try again.")
    with pytest.raises(WorkerDiedError):
        run.judging.against_baseline(ASKED, slow)
    assert not run.judging.is_suspected(NODE)
    run.judging.without_verdict(ASKED, slow)  # as the session does with what was measured
    run.judging.settle(NODE, passed=False)
    assert not run.record.judged


# The run's other comparisons


def restless(judging: Judging, changes: Sequence[float], made_by: Callable[[float], ComparisonRecord]) -> None:
    judging.records += [replace(made_by(change), test=f"t{number}") for number, change in enumerate(changes)]


@pytest.mark.parametrize(("scatter", "kind"), [(0.01, VerdictKind.REGRESSED), (0.2, VerdictKind.INCONCLUSIVE)])
def test_a_loss_has_to_stand_out_from_how_the_others_scatter(run: Run, scatter: float, kind: VerdictKind) -> None:
    slow = arms(round(FULL * 1.25))
    record, _ = run.first_pass(slow)

    def other(change: float) -> ComparisonRecord:
        return replace(record, verdict=replace(record.verdict, kind=VerdictKind.OK, change=change))

    restless(run.judging, [scatter * side for side in (-1, 1)] * (LEAST_COMPARISONS // 2), other)
    record, holds = run.judging.against_baseline(ASKED, slow)
    assert (record.verdict.kind, holds) == (kind, kind is VerdictKind.INCONCLUSIVE)
    assert any("other comparisons scatter" in note for note in record.notes) is (kind is VerdictKind.INCONCLUSIVE)
    assert record.later == 4
