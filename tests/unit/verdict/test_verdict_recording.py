"""New baselines measure until they can show what they should; extended ones add launches of another day."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import parse_arm
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import StoredBaseline, VerdictKind
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.stats.estimate import ESTIMATOR
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, MOST_BASELINE_LAUNCHES
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.judging import Judging
from pytest_ovperf.verdict.recording import detects, extended, measure_baseline, new_baseline
from tests.unit.session.session_fakes import ASKED, PROFILE, measuring, settings
from tests.unit.trial.trial_fakes import CANDIDATE, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ovperf.verdict.measured import Measuring

MS = 1_000_000
NODE = ASKED.node_id
TWICE = 0.693147  # with the digits of a file
OLD = StoredBaseline((TWICE,) * 4, 0.05, 1e7, 2e7, None, {"date": "2023-01-01"}, ("2023-01-01T10:00Z",) * 4, 4.0)
OPENVINO = replace(ASKED, comparison=replace(ASKED.comparison, reference=parse_arm("openvino-fp32", "CPU")))


def scattered(sd: float) -> Measuring:
    """A measuring whose launches alternate around twice as fast."""
    world = FakeWorld()
    world.varies(CANDIDATE, *(round(10 * MS * math.exp(sd * side)) for side in (1, -1) * 10))
    return measuring(world)


# How many launches


def test_a_quiet_comparison_takes_the_fewest_launches() -> None:
    quiet = scattered(0.001)
    measure_baseline(OPENVINO, quiet)
    assert len(quiet.launches) == BASELINE_LAUNCHES


def test_a_noisy_one_takes_more_until_it_can_show_what_it_should() -> None:
    noisy = scattered(0.03)
    measure_baseline(OPENVINO, noisy)
    number = len(noisy.launches)
    assert BASELINE_LAUNCHES < number < MOST_BASELINE_LAUNCHES
    enough = new_baseline(OPENVINO, noisy, None, {})
    one_fewer = replace(enough, log_ratios=enough.log_ratios[:-1], days=enough.days[:-1])
    assert detects(enough, OPENVINO.noise) <= OPENVINO.noise.detects < detects(one_fewer, OPENVINO.noise)


def test_one_that_never_will_takes_as_many_as_there_may_be() -> None:
    noisy = scattered(0.05)
    measure_baseline(OPENVINO, noisy)
    assert len(noisy.launches) == MOST_BASELINE_LAUNCHES
    assert detects(new_baseline(OPENVINO, noisy, None, {}), OPENVINO.noise) > OPENVINO.noise.detects


def test_a_wide_tolerance_of_the_test_asks_for_no_more_launches_than_it_needs() -> None:
    noisy = scattered(0.02)
    measure_baseline(replace(OPENVINO, tolerance=0.5, kept_tolerance=0.5), noisy)
    assert len(noisy.launches) == BASELINE_LAUNCHES


def test_launches_that_scatter_by_more_than_the_tolerance_are_refused() -> None:
    with pytest.raises(MeasurementError, match=r"after 12 launches its interval is ±.* more than the tolerance of 5%"):
        measure_baseline(OPENVINO, scattered(0.2))


# What is stored


def test_a_new_baseline_holds_the_launches_when_they_were_made_and_how_long_they_took() -> None:
    quiet = scattered(0.001)
    measure_baseline(ASKED, quiet)
    stored = new_baseline(ASKED, quiet, None, {"openvino": "1"})
    assert stored.log_ratios == quiet.speedup.log_ratios
    assert stored.by_day == {"2023-11-14T22:13Z": stored.log_ratios}  # the fake clock's
    assert stored.launch_s == pytest.approx(quiet.seconds / BASELINE_LAUNCHES)
    assert stored.provenance == {"openvino": "1", "estimator": ESTIMATOR}


def test_the_tolerance_follows_the_noise_unless_the_test_says_one() -> None:
    quiet, noisy = scattered(0.001), scattered(0.05)
    for each in (quiet, noisy):
        each.reach(BASELINE_LAUNCHES)
    noise = OPENVINO.noise
    assert new_baseline(OPENVINO, quiet, None, {}).tolerance == noise.least_tolerance
    assert new_baseline(OPENVINO, noisy, None, {}).tolerance == noise.tolerance
    assert new_baseline(replace(OPENVINO, tolerance=0.3), quiet, None, {}).tolerance == noise.least_tolerance
    assert new_baseline(replace(OPENVINO, kept_tolerance=0.2), quiet, None, {}).tolerance == 0.2


def test_an_extended_baseline_has_the_old_launches_first_and_all_else_from_the_new() -> None:
    new = replace(
        OLD, log_ratios=(0.7, 0.71), days=("2023-01-02T10:00Z",) * 2, candidate_cost=9e6, provenance={"a": "b"}
    )
    both = extended(OLD, new, OPENVINO)
    assert both.by_day == {"2023-01-01T10:00Z": (TWICE,) * 4, "2023-01-02T10:00Z": (0.7, 0.71)}
    assert (both.candidate_cost, both.provenance) == (9e6, {"a": "b"})
    assert both.tolerance == OPENVINO.noise.least_tolerance


def test_launches_of_no_named_day_are_of_the_day_of_their_baseline() -> None:
    both = extended(replace(OLD, days=()), OLD, OPENVINO)
    assert list(both.by_day) == ["2023-01-01", "2023-01-01T10:00Z"]
    nameless = extended(replace(OLD, days=(), provenance={}), OLD, OPENVINO)
    assert [len(launches) for launches in nameless.by_day.values()] == [4, 4]


def test_extending_twice_within_a_minute_makes_one_recording_of_both() -> None:
    assert extended(OLD, OLD, OPENVINO).by_day == {"2023-01-01T10:00Z": (TWICE,) * 8}


def test_recordings_that_differ_are_expected_to_differ_again() -> None:
    other = replace(OLD, days=("2023-01-02T10:00Z",) * 4)
    near = extended(OLD, other, OPENVINO)
    far = extended(OLD, replace(other, log_ratios=(TWICE + 0.2,) * 4), OPENVINO)
    assert detects(near, OPENVINO.noise) < detects(OLD, OPENVINO.noise) < detects(far, OPENVINO.noise)


# --update-baselines=extend


class Extending:
    """A run that extends; what it is told of the software is ``now``, and a baseline was made with ``then``."""

    def __init__(
        self, folder: Path, *, package: str = "openvino", then: str = "1", now: str = "1", wait: bool = False
    ) -> None:
        chosen = settings(folder, update=UpdateMode.EXTEND)
        self.store = BaselineStore(chosen.baselines_dir, PROFILE, lock_dir=folder / "locks")
        self.old = replace(OLD, provenance={package: then, "device": ASKED.device})
        self.store.put(ASKED.key, self.old)
        self._now: Mapping[str, str] = {package: now, "device": ASKED.device}
        self.judging = Judging(chosen, self.store, lambda _asked, _measuring: self._now, {NODE} if wait else ())

    def stored(self) -> StoredBaseline:
        """Return what is stored once the test has passed."""
        self.judging.settle(NODE, passed=True)
        found = self.store.find(ASKED.key)
        assert found is not None
        return found


def test_launches_that_agree_are_added(tmp_path: Path) -> None:
    run = Extending(tmp_path)
    record, holds = run.judging.against_baseline(ASKED, scattered(0.001))
    assert (record.verdict.kind, record.stored, holds) == (VerdictKind.OK, True, True)
    assert "the extended baseline rests on 10 launches of 2 recordings" in record.notes[-1]
    stored = run.stored()
    assert [len(launches) for launches in stored.by_day.values()] == [4, BASELINE_LAUNCHES]
    assert stored.log_ratios[:4] == (TWICE,) * 4


def at_speed(factor: float) -> Measuring:
    world = FakeWorld()
    world.varies(CANDIDATE, round(10 * MS / factor))
    return measuring(world)


def test_a_regression_is_never_added(tmp_path: Path) -> None:
    run = Extending(tmp_path)
    record, holds = run.judging.against_baseline(ASKED, at_speed(0.5))
    assert (record.verdict.kind, record.stored, holds) == (VerdictKind.REGRESSED, False, False)
    assert run.stored().by_day == run.old.by_day


def test_an_improvement_by_the_same_software_is_the_machine_and_added(tmp_path: Path) -> None:
    run = Extending(tmp_path)
    record, _ = run.judging.against_baseline(ASKED, at_speed(1.3))
    assert (record.verdict.kind, record.stored) == (VerdictKind.IMPROVED, True)
    assert len(run.stored().by_day) == 2


@pytest.mark.parametrize("package", ["openvino", "openvino-genai", "onnxruntime", "torch", "nncf"])
def test_an_improvement_by_other_software_is_not_mixed_with_what_was(tmp_path: Path, package: str) -> None:
    run = Extending(tmp_path, package=package, now="2")
    record, holds = run.judging.against_baseline(ASKED, at_speed(1.3))
    assert (record.stored, holds) == (False, True)
    assert f"not added to the baseline: {package} changed" in record.notes[-1]
    assert run.stored().by_day == run.old.by_day


def test_other_software_of_the_same_speed_is_added(tmp_path: Path) -> None:
    run = Extending(tmp_path, now="2")
    assert run.judging.against_baseline(ASKED, at_speed(1.01))[0].stored
    assert len(run.stored().by_day) == 2


def test_where_there_is_none_a_baseline_is_recorded(tmp_path: Path) -> None:
    run = Extending(tmp_path)
    other = replace(ASKED, node_id="test_speed.py::test_other[CPU]")
    record, _ = run.judging.against_baseline(other, scattered(0.001))
    run.judging.settle(other.node_id, passed=True)
    found = run.store.find(other.key)
    assert record.stored
    assert found is not None
    assert found.launches == BASELINE_LAUNCHES


def test_a_suspicion_is_not_added_before_it_is_settled(tmp_path: Path) -> None:
    run = Extending(tmp_path, wait=True)
    world = FakeWorld()
    world.varies(CANDIDATE, 12 * MS, 12 * MS, 10 * MS)
    recovering = measuring(world)
    assert not run.judging.against_baseline(ASKED, recovering)[0].stored
    run.judging.set_aside(NODE)
    record, _ = run.judging.against_baseline(ASKED, recovering)
    assert record.stored
    assert record.later == 4
    assert "this looked like a regression" in record.notes[0]
    assert [len(launches) for launches in run.stored().by_day.values()] == [4, 6]


def test_a_failed_test_adds_nothing(tmp_path: Path) -> None:
    run = Extending(tmp_path)
    run.judging.against_baseline(ASKED, scattered(0.001))
    run.judging.settle(NODE, passed=False)
    assert run.stored().by_day == run.old.by_day
