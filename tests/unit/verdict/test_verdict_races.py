"""A race is judged against 1, a suspicion of it is confirmed, and its judgement is shared by the tests of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.arms import Comparison
from pytest_ovperf.errors import ArmUnavailableError
from pytest_ovperf.metrics import Metric, Workload
from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.stats.noise import NOISE, RACE, PairKind, noise_of
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.judging import Judging
from pytest_ovperf.verdict.measured import Baseline, Measuring
from pytest_ovperf.verdict.raced import RacedSpeedup
from tests.unit.session.session_fakes import ASKED, PROFILE, measuring, settings
from tests.unit.trial.trial_fakes import CANDIDATE, COMPARISON, REFERENCE, FakeWorld

if TYPE_CHECKING:
    from pathlib import Path

NODE = ASKED.node_id
OTHER = "test_speed.py::test_other[CPU]"
MS = 1_000_000
OLD = replace(CANDIDATE, release="2024.4.0")
#: The fake arms stand for the two sides: what counts here is what is judged, and how.
RACED = replace(ASKED, comparison=replace(COMPARISON, candidate=CANDIDATE, reference=OLD))


def raced(new_ns: int, *later_ns: int, old_ns: int = 10 * MS) -> Measuring:
    """Return a measuring whose new side's calls take so long in each launch, and as in the last one from then on."""
    world = FakeWorld()
    world.varies(CANDIDATE, new_ns, *later_ns)
    world.call_ns[REFERENCE] = lambda _block: old_ns
    return measuring(world)


def judging(folder: Path, *, wait: tuple[str, ...] = (), strict: bool = False) -> Judging:
    chosen = replace(settings(folder, strict=strict), against="openvino==2024.4.0", given=("--ov-against=2024.4.0",))
    return Judging(chosen, BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=folder / "locks"), lambda *_: {}, wait)


@pytest.mark.parametrize(
    ("new_ns", "kind", "holds"),
    [
        (10 * MS, VerdictKind.OK, True),
        (9 * MS, VerdictKind.IMPROVED, True),
        (11 * MS, VerdictKind.REGRESSED, False),
    ],
)
def test_a_race_is_held_against_equal_speed(tmp_path: Path, new_ns: int, kind: VerdictKind, holds: bool) -> None:  # noqa: FBT001
    record, held = judging(tmp_path).against_release(RACED, raced(new_ns))
    assert (record.verdict.kind, record.verdict.expected, held) == (kind, 1.0, holds)
    assert (record.baseline, record.target, record.given) == (None, None, ("--ov-against=2024.4.0",))
    assert record.verdict.tolerance == RACE.tolerance


def test_the_tolerance_of_run_or_marker_is_let_pass(tmp_path: Path) -> None:
    record, holds = judging(tmp_path).against_release(replace(RACED, tolerance=0.2), raced(11 * MS))
    assert (record.verdict.kind, record.verdict.tolerance, holds) == (VerdictKind.OK, 0.2, True)


def test_a_regression_is_confirmed_later_before_it_is_called_one(tmp_path: Path) -> None:
    judge, slow = judging(tmp_path, wait=(NODE,)), raced(11 * MS)
    assert judge.against_release(RACED, slow)[1] is False
    assert judge.is_suspected(NODE)
    assert judge.records == []
    judge.set_aside(NODE)
    record, holds = judge.against_release(RACED, slow)
    assert (record.verdict.kind, record.later, holds) == (VerdictKind.REGRESSED, 4, False)
    judge.settle(NODE, passed=False)
    judge.give_up_suspicions()
    assert judge.records == [record]


def test_a_loss_that_is_gone_later_is_none(tmp_path: Path) -> None:
    judge, slow = judging(tmp_path, wait=(NODE,)), raced(11 * MS, 11 * MS, 10 * MS)
    judge.against_release(RACED, slow)
    judge.set_aside(NODE)
    record, holds = judge.against_release(RACED, slow)
    assert record.verdict.kind is not VerdictKind.REGRESSED
    assert holds
    assert "until it was measured again" in record.notes[0]


def test_two_suspicions_of_one_test_are_both_confirmed(tmp_path: Path) -> None:
    second = replace(RACED, comparison=replace(RACED.comparison, model="n"))
    judge, slow = judging(tmp_path, wait=(NODE,)), (raced(11 * MS), raced(12 * MS))
    for asked, measured in zip((RACED, second), slow, strict=True):
        judge.against_release(asked, measured)
    judge.set_aside(NODE)
    judge.against_release(RACED, slow[0])
    judge.settle(NODE, passed=False)  # interrupted before the second
    assert [record.verdict.kind for record in judge.records] == [VerdictKind.REGRESSED, VerdictKind.INCONCLUSIVE]


def test_what_was_raced_in_a_pass_that_is_set_aside_stays_judged(tmp_path: Path) -> None:
    second = replace(RACED, comparison=replace(RACED.comparison, model="n"))
    judge = judging(tmp_path, wait=(NODE,))
    judge.against_release(second, raced(10 * MS))
    judge.against_release(RACED, raced(11 * MS))
    judge.set_aside(NODE)
    assert [record.comparison.model for record in judge.records] == ["n"]


def test_a_race_that_another_test_had_judged_is_shown_with_both_and_counted_once(tmp_path: Path) -> None:
    judge = judging(tmp_path)
    record, _ = judge.against_release(RACED, raced(11 * MS))
    assert judge.share(OTHER, record) == (record, False)
    assert judge.share(NODE, record) == (record, False)
    assert judge.records_of(OTHER) == judge.records_of(NODE) == judge.records == [record]


def test_a_test_that_comes_to_a_shared_race_twice_shows_it_once(tmp_path: Path) -> None:
    judge = judging(tmp_path)
    record, _ = judge.against_release(RACED, raced(11 * MS))
    for _ in range(2):  # int8 over PyTorch, and int8 over FP32
        judge.share(OTHER, record)
    assert judge.records_of(OTHER) == [record]


def test_a_test_that_shares_a_suspicion_waits_with_it(tmp_path: Path) -> None:
    judge = judging(tmp_path, wait=(NODE, OTHER))
    suspicion, _ = judge.against_release(RACED, raced(11 * MS))
    assert judge.wait_with(OTHER, suspicion) == (suspicion, False)
    assert judge.is_suspected(OTHER)
    judge.set_aside(NODE)
    judge.set_aside(OTHER)
    judge.give_up_suspicions()
    (record,) = judge.records
    assert (record.test, record.verdict.kind) == (NODE, VerdictKind.INCONCLUSIVE)


def test_a_suspicion_that_another_test_settles_is_given_up_by_none(tmp_path: Path) -> None:
    judge, slow = judging(tmp_path, wait=(NODE,)), raced(11 * MS)
    judge.against_release(RACED, slow)
    judge.set_aside(NODE)
    judge.against_release(replace(RACED, node_id=OTHER), slow)
    judge.give_up_suspicions()
    assert [(record.test, record.verdict.kind) for record in judge.records] == [(OTHER, VerdictKind.REGRESSED)]


def test_a_remark_reaches_the_record_that_reports_show(tmp_path: Path) -> None:
    judge = judging(tmp_path)
    record, _ = judge.against_release(RACED, raced(10 * MS))
    assert judge.remarked(record, []) == record
    judge.remarked(record, ["one", "one"])
    remarked = judge.remarked(record, ["one", "two"])
    assert remarked.notes == (*record.notes, "one", "two")
    assert judge.records == [remarked]


# Noise


def test_races_of_calls_have_the_noise_of_races_and_those_of_loads_the_noise_of_loads() -> None:
    def race(metric: Metric) -> Comparison:
        return Comparison("m", CANDIDATE, OLD, metric, Workload(metric.workload, {}))

    assert noise_of(race(Metric.LATENCY)) is noise_of(race(Metric.TPOT)) is noise_of(race(Metric.THROUGHPUT)) is RACE
    assert noise_of(race(Metric.LOAD_TIME)) is NOISE[PairKind.LOAD]
    assert noise_of(race(Metric.PEAK_MEMORY)) is NOISE[PairKind.MEMORY]


# What a test holds


def judgement(kind: VerdictKind, new_ns: int, folder: Path) -> tuple[ComparisonRecord, bool]:
    record, holds = judging(folder).against_release(RACED, raced(new_ns))
    assert record.verdict.kind is kind
    return record, holds


def test_an_assertion_holds_while_no_race_of_the_test_regressed(tmp_path: Path) -> None:
    fine = judgement(VerdictKind.OK, 10 * MS, tmp_path)
    lost = judgement(VerdictKind.REGRESSED, 11 * MS, tmp_path)
    assert RacedSpeedup([fine, fine]) >= Baseline()
    assert RacedSpeedup([fine]) >= 99
    assert RacedSpeedup([fine]) > 99.5
    for both in (RacedSpeedup([fine, lost]), RacedSpeedup([lost, fine])):
        assert not both >= Baseline()
        assert not both >= 0.1
        assert both.record is lost[0]


def test_a_number_of_it_is_refused_and_never_hides_a_regression(tmp_path: Path) -> None:
    fine = RacedSpeedup([judgement(VerdictKind.OK, 10 * MS, tmp_path)])
    for read in (float, lambda it: it.ratio, lambda it: it.low, lambda it: it.high):
        with pytest.raises(ArmUnavailableError, match="not measured as a number"):
            read(fine)
    with pytest.raises(ArmUnavailableError, match="not measured as a number"):
        format(fine.refusing_by(lambda _: None).ratio)
    with pytest.raises(AssertionError, match=r"over itself with OpenVINO 2024\.4\.0: 0\.909x .*regressed"):
        float(RacedSpeedup([judgement(VerdictKind.REGRESSED, 11 * MS, tmp_path)]))


def test_it_is_asserted_from_below_only(tmp_path: Path) -> None:
    fine = RacedSpeedup([judgement(VerdictKind.OK, 10 * MS, tmp_path)])
    with pytest.raises(TypeError, match="asserted from below"):
        fine <= 2  # noqa: B015
    with pytest.raises(TypeError, match="asserts nothing"):
        bool(fine)
    with pytest.raises(TypeError):
        fine >= "2"  # noqa: B015


def test_outputs_that_cannot_be_compared_are_noted_and_the_race_is_judged(tmp_path: Path) -> None:
    nonsense = raced(10 * MS)
    nonsense.reach_first_look()
    assert nonsense.trial.outputs is not None
    outputs = nonsense.trial.outputs.reference
    outputs["logits"][:] = np.nan
    record, holds = judging(tmp_path).against_release(RACED, nonsense)
    assert (record.verdict.kind, record.fidelity, holds) == (VerdictKind.OK, None, True)
    assert "the outputs of both releases cannot be compared" in record.notes[0]
    assert "'logits' of the old release holds" in record.notes[0]


def test_outputs_that_differ_are_noted_with_their_fidelity_and_rounding_is_not(tmp_path: Path) -> None:
    for change, noted in ((1.5, True), (1e-4, False)):
        other = raced(10 * MS)
        other.reach_first_look()
        assert other.trial.outputs is not None
        logits = other.trial.outputs.reference["logits"]
        logits[..., ::2] += change * np.abs(logits).max()
        record, holds = judging(tmp_path).against_release(RACED, other)
        assert (record.verdict.kind, holds) == (VerdictKind.OK, True)
        assert record.fidelity is not None
        assert any("both releases' outputs differ" in note for note in record.notes) == noted
