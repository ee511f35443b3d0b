from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import StoredBaseline, VerdictKind
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, MOST_BASELINE_LAUNCHES
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.judging import Judging
from tests.unit.session.session_fakes import ASKED, PROFILE, measuring, settings
from tests.unit.trial.trial_fakes import CANDIDATE, FakeArm, FakeWorld

if TYPE_CHECKING:
    from pathlib import Path

TWICE = (math.log(2.0),) * 5


def stored(log_ratios: tuple[float, ...] = TWICE, **provenance: str) -> StoredBaseline:
    return StoredBaseline(log_ratios, 0.05, 1e7, 2e7, None, provenance)


def judging(folder: Path, *, update: UpdateMode = UpdateMode.NONE, strict: bool = False) -> Judging:
    chosen = settings(folder, update=update, strict=strict)
    store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=folder / "locks")
    return Judging(chosen, store, lambda asked, _measuring: {"device": asked.device})


def store_of(folder: Path) -> BaselineStore:
    return BaselineStore(folder / "baselines", PROFILE, lock_dir=folder / "locks")


def test_the_same_speed_up_is_ok(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, stored())
    record, holds = judging(tmp_path).against_baseline(ASKED, measuring())
    assert (record.verdict.kind, holds) == (VerdictKind.OK, True)


def test_half_the_speed_up_is_a_regression(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, stored(tuple(value + math.log(2) for value in TWICE)))
    record, holds = judging(tmp_path).against_baseline(ASKED, measuring())
    assert (record.verdict.kind, holds) == (VerdictKind.REGRESSED, False)
    assert record.verdict.change == pytest.approx(-0.5, rel=1e-4)  # stored with six digits


def test_a_loss_on_a_machine_that_has_become_slower_is_not_held_against_the_code(tmp_path: Path) -> None:
    then = replace(stored((math.log(2.3),) * 5), candidate_cost=7.4e6, reference_cost=1.7e7)  # 10 and 20 ms now
    store_of(tmp_path).put(ASKED.key, then)
    record, holds = judging(tmp_path).against_baseline(ASKED, measuring())
    assert (record.verdict.kind, holds) == (VerdictKind.INCONCLUSIVE, True)
    assert any("both arms are slower than when the baseline was recorded, by 18% at least" in n for n in record.notes)
    store_of(tmp_path).put(ASKED.key, stored((math.log(2.3),) * 5))
    record, holds = judging(tmp_path).against_baseline(ASKED, measuring())
    assert (record.verdict.kind, holds, record.notes) == (VerdictKind.REGRESSED, False, ())


@pytest.mark.parametrize(("strict", "expected"), [(False, True), (True, False)])
def test_a_missing_baseline_fails_only_when_strict(tmp_path: Path, strict: bool, expected: bool) -> None:  # noqa: FBT001
    record, holds = judging(tmp_path, strict=strict).against_baseline(ASKED, measuring())
    assert (record.verdict.kind, holds) == (VerdictKind.NO_BASELINE, expected)


@pytest.mark.parametrize(("strict", "expected"), [(False, True), (True, False)])
def test_an_inconclusive_result_fails_only_when_strict(tmp_path: Path, strict: bool, expected: bool) -> None:  # noqa: FBT001
    noisy = (math.log(2.0) - 0.5, math.log(2.0) + 0.5, math.log(2.0) - 0.4, math.log(2.0) + 0.4)
    store_of(tmp_path).put(ASKED.key, stored(noisy))
    record, holds = judging(tmp_path, strict=strict).against_baseline(ASKED, measuring())
    assert (record.verdict.kind, holds) == (VerdictKind.INCONCLUSIVE, expected)


def test_a_baseline_of_another_device_is_left_alone_and_named(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, stored(device="Some other GPU"))
    record, _ = judging(tmp_path).against_baseline(ASKED, measuring())
    assert record.verdict.kind is VerdictKind.NO_BASELINE
    assert "Some other GPU" in record.notes[0]


def test_a_recorded_baseline_is_stored_when_its_test_passes(tmp_path: Path) -> None:
    judge = judging(tmp_path, update=UpdateMode.ALL)
    record, holds = judge.against_baseline(ASKED, measuring())
    assert (record.stored, holds) == (True, True)
    assert store_of(tmp_path).find(ASKED.key) is None
    judge.settle(ASKED.node_id, passed=True)
    found = store_of(tmp_path).find(ASKED.key)
    assert found is not None
    assert len(found.log_ratios) == BASELINE_LAUNCHES
    assert found.provenance["device"] == ASKED.device
    assert found.fidelity is not None


def test_a_failed_test_stores_nothing_and_the_record_says_so(tmp_path: Path) -> None:
    judge = judging(tmp_path, update=UpdateMode.ALL)
    judge.against_baseline(ASKED, measuring())
    judge.settle(ASKED.node_id, passed=False)
    assert store_of(tmp_path).find(ASKED.key) is None
    (record,) = judge.records
    assert not record.stored
    assert "not recorded" in record.notes[-1]


def test_new_keeps_what_is_stored(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, stored())
    judge = judging(tmp_path, update=UpdateMode.NEW)
    record, _ = judge.against_baseline(ASKED, measuring())
    judge.settle(ASKED.node_id, passed=True)
    assert not record.stored
    assert not judge.written


def test_an_unsteady_result_is_refused_after_all_launches(tmp_path: Path) -> None:
    world = FakeWorld()
    launches = iter(range(1000))
    world.call_ns[CANDIDATE] = lambda block: (10_000_000, 25_000_000)[next(launches) % 40 // 20] + block
    unsteady = measuring(world)
    with pytest.raises(MeasurementError, match="too unsteady to become a baseline"):
        judging(tmp_path, update=UpdateMode.ALL).against_baseline(ASKED, unsteady)
    assert len(unsteady.launches) == MOST_BASELINE_LAUNCHES


def test_recording_again_takes_the_tolerance_of_what_is_measured_and_not_the_old_one(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, replace(stored(), tolerance=0.9))
    judge = judging(tmp_path, update=UpdateMode.ALL)
    judge.against_baseline(ASKED, measuring())
    judge.settle(ASKED.node_id, passed=True)
    found = store_of(tmp_path).find(ASKED.key)
    assert found is not None
    assert found.tolerance == ASKED.noise.least_tolerance  # these launches do not scatter at all


@pytest.mark.parametrize(("target", "kind"), [(1.5, VerdictKind.OK), (3.0, VerdictKind.REGRESSED)])
def test_a_number_is_judged_without_any_baseline(tmp_path: Path, target: float, kind: VerdictKind) -> None:
    record, holds = judging(tmp_path).against_target(ASKED, measuring(), target)
    assert (record.verdict.kind, record.target) == (kind, target)
    assert holds is (kind is VerdictKind.OK)


def test_what_nobody_judged_is_recorded_all_the_same(tmp_path: Path) -> None:
    judge = judging(tmp_path)
    ready = measuring()
    ready.reach_first_look()
    judge.without_verdict(ASKED, ready)
    assert not judge.records_of(ASKED.node_id)[0].judged


def test_new_does_not_replace_the_baseline_of_another_device(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, stored(device="Some other GPU"))
    judge = judging(tmp_path, update=UpdateMode.NEW)
    record, _ = judge.against_baseline(ASKED, measuring())
    judge.settle(ASKED.node_id, passed=True)
    assert not record.stored
    kept = store_of(tmp_path).find(ASKED.key)
    assert kept is not None
    assert kept.provenance["device"] == "Some other GPU"


def test_a_baseline_of_another_estimator_is_not_comparable(tmp_path: Path) -> None:
    store_of(tmp_path).put(ASKED.key, stored(estimator="mean of everything"))
    record, _ = judging(tmp_path).against_baseline(ASKED, measuring())
    assert record.verdict.kind is VerdictKind.NO_BASELINE
    assert "another estimator" in record.notes[0]


def test_the_tolerance_of_one_run_is_not_kept(tmp_path: Path) -> None:
    judge = judging(tmp_path, update=UpdateMode.ALL)
    judge.against_baseline(replace(ASKED, tolerance=0.9, kept_tolerance=0.2), measuring())
    judge.settle(ASKED.node_id, passed=True)
    found = store_of(tmp_path).find(ASKED.key)
    assert found is not None
    assert found.tolerance == 0.2


def test_outputs_that_make_no_sense_are_never_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeArm, "outputs", lambda _arm: {"logits": np.full((1, 2), np.nan)})
    judge = judging(tmp_path, update=UpdateMode.ALL)
    with pytest.raises(MeasurementError, match="NaN"):
        judge.against_baseline(ASKED, measuring())
    judge.settle(ASKED.node_id, passed=True)
    assert store_of(tmp_path).find(ASKED.key) is None


@pytest.mark.parametrize(
    ("then", "now", "noted"),
    [
        ("3fa9", "81c0", True),
        ("3fa9", "3fa9", False),
        (None, "3fa9", False),  # recorded before weights were
        (None, "", False),  # the catalogue's
    ],
)
def test_another_model_under_the_same_name_is_judged_and_said(
    tmp_path: Path, then: str | None, now: str, *, noted: bool
) -> None:
    store_of(tmp_path).put(ASKED.key, stored() if then is None else stored(weights=then))
    record, holds = judging(tmp_path).against_baseline(replace(ASKED, weights=now), measuring())
    assert (record.verdict.kind, holds) == (VerdictKind.OK, True)
    assert any("files of the model are others" in note for note in record.notes) is noted


def test_launches_of_another_model_are_added_only_where_they_agree(tmp_path: Path) -> None:
    slower = tuple(value - math.log(2) for value in TWICE)
    store_of(tmp_path).put(ASKED.key, stored(slower, weights="3fa9"))
    judge = judging(tmp_path, update=UpdateMode.EXTEND)
    record, _ = judge.against_baseline(replace(ASKED, weights="81c0"), measuring())
    assert not record.stored
    assert any(note.startswith("not added to the baseline: weights changed") for note in record.notes)
