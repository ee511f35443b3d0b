"""From trace files to the report, on small recordings made by hand."""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.detection import datasets, picture
from benchmarks.detection.cases import NO_CHANGE, Change, Drawing, Means, cases_of, pairs_of, places_of
from benchmarks.detection.commands import looks_of
from benchmarks.detection.datasets import Purpose, purpose_of, trace_files
from benchmarks.detection.intervals import Share, median_of
from benchmarks.detection.live_records import LiveRace, append_race, read_races
from benchmarks.detection.questions import Asked, kept_rounds, pair_launch
from benchmarks.detection.replaying import Settings, read_tallies, replay, replay_recording, write_tallies
from benchmarks.detection.report import reporting_only, write_report
from benchmarks.detection.rules import Plan
from benchmarks.detection.rules.ours import Ours
from benchmarks.detection.rules.protocol import Finding
from benchmarks.detection.summary import aims, pooled
from benchmarks.detection.traces import TraceError, arm_run, artefact, read_recording, slow_down, true_log_ratio
from benchmarks.estimators import (
    ACROSS,
    POOLED,
    UNPAIRED,
    Way,
    across,
    drawn,
    error_of,
    pair_times,
    successive,
    together,
    ways,
)
from tests.unit.detection_examples import MS, launch, steady_recording, write_newer

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.detection.replaying import Tally

SETTINGS = Settings(Plan(stored=4, looks=(2, 4), confirming=4), draws=3)


@pytest.fixture(scope="module")
def replayed() -> list[Tally]:
    """What the rules said of a steady recording."""
    return list(replay_recording(steady_recording(), SETTINGS))


# Trace files


def test_the_older_form_counts_all_but_the_first_call_of_a_round(tmp_path: Path) -> None:
    path = tmp_path / "coll_made.json"
    path.write_text(
        json.dumps([{"fp32": [[99 * MS, 10 * MS, 12 * MS]], "torch": [[99 * MS, 20 * MS]]}]), encoding="utf-8"
    )
    recording = read_recording(path)
    assert (recording.name, recording.model, recording.load) == ("coll_made", "made", "quiet")
    assert list(recording.launches[0].arms["fp32"].calls_ns) == [10 * MS, 12 * MS]


def test_the_newer_form_says_how_long_launches_took_and_what_disturbed_them(tmp_path: Path) -> None:
    made = steady_recording(2)
    recording = read_recording(write_newer(tmp_path / "made-quiet.json.gz", made))
    assert recording.arms == made.arms
    first, again = made.launches[0], recording.launches[0]
    assert again.overhead_s == pytest.approx(first.overhead_s, abs=1e-3)
    assert np.allclose(again.arms["int8"].quartiles_ns, first.arms["int8"].quartiles_ns, rtol=1e-6)
    assert not again.arms["int8"].disturbed.any()


def test_a_pytorch_arm_has_the_larger_part_of_what_a_launch_takes_to_start() -> None:
    both = launch({"fp32": [[1.0]], "int8": [[1.0]], "torch": [[1.0]]}, overhead_s=8.0)
    assert both.overhead_of("fp32", "int8") == pytest.approx(2.0)
    assert both.overhead_of("fp32", "torch") == pytest.approx(7.0)


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 9}', "[]", '[{"fp32": []}]', '[{"fp32": [[1]]}]'])
def test_what_is_no_trace_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TraceError, match=r"broken\.json"):
        read_recording(path)


def test_names_of_arms_say_what_they_run_and_what_is_true_of_them() -> None:
    assert [artefact(arm) for arm in ("fp32-twin", "fp32+0.05", "int8")] == ["fp32", "fp32", "int8"]
    assert slow_down("fp32+0.05") == 0.05
    assert true_log_ratio("fp32+0.05", "fp32") == pytest.approx(-np.log(1.05))
    assert true_log_ratio("int8", "fp32") is None


def test_the_traces_that_decided_the_estimators_are_not_reported(tmp_path: Path) -> None:
    for name in ("aa_resnet50.json", "new-quiet.json.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in trace_files(Purpose.REPORTING, tmp_path)] == ["new-quiet.json.gz"]
    assert [path.name for path in trace_files(Purpose.TUNING, tmp_path)] == ["aa_resnet50.json"]
    assert purpose_of("aa_resnet50") is Purpose.TUNING


def test_the_kept_traces_can_be_read() -> None:
    for path in trace_files(Purpose.TUNING):
        assert read_recording(path).launches
    assert {path.name.partition(".")[0] for path in trace_files(Purpose.TUNING)} == datasets.TUNING


# Questions


def test_disturbed_rounds_are_left_out_for_both_arms_unless_hardly_any_would_be_left() -> None:
    quiet = arm_run([[1]] * 6, disturbed=[0.0] * 6)
    noisy = arm_run([[1]] * 6, disturbed=[0.9, 0.0, 0.0, 0.0, 0.0, float("nan")])
    assert list(kept_rounds(quiet, noisy, 0.5)) == [False, True, True, True, True, True]
    spoilt = arm_run([[1]] * 6, disturbed=[0.9] * 3 + [0.0] * 3)
    assert kept_rounds(quiet, spoilt, 0.5).all()
    assert kept_rounds(quiet, noisy, None).all()


def test_a_pair_is_what_the_package_would_estimate_of_it() -> None:
    made = launch({"int8": [[5.0] * 4] * 5, "fp32": [[10.0] * 4] * 5}, overhead_s=3.0)
    pair = pair_launch(made, "int8", "fp32")
    assert pair.log_ratio == pytest.approx(np.log(2))
    assert pair.seconds == pytest.approx(3.0 + 0.3)


def test_races_are_of_one_artefact_and_stored_pairs_are_those_with_a_promise() -> None:
    cases = list(cases_of(steady_recording(3)))
    races = {case.pair for case in cases if case.asked is Asked.RACE}
    stored = {case.pair for case in cases if case.asked is Asked.STORED}
    assert races == {"fp32-twin over fp32", "fp32+0.05 over fp32", "fp32+0.05 over fp32-twin"}
    assert stored == {"fp32-twin over fp32", "int8 over fp32", "fp32+0.05 over fp32", "fp32+0.05 over fp32-twin"}


def test_a_slowed_arm_is_held_against_what_its_twin_was() -> None:
    cases = cases_of(steady_recording(3))
    slowed = next(case for case in cases if case.pair == "fp32+0.05 over fp32" and case.asked is Asked.STORED)
    question = slowed.question([0, 1, 2], slowed.changes[0], 2)
    assert slowed.changes == (Change(Means.BUSY_WAIT, 0.05),)
    assert question.stored_log_ratios == pytest.approx((0.0, 0.0), abs=0.02)
    assert question.current_log_ratios == pytest.approx((-np.log(1.05),), abs=0.02)


def test_no_launch_is_drawn_twice_and_windows_keep_the_order() -> None:
    case = next(iter(cases_of(steady_recording(9))))
    plan = Plan(4, (2,), confirming=2)
    rng = random.Random(1)  # noqa: S311  (a simulation)
    at_random = places_of(case, plan, Drawing.DRAWN, 5, rng)
    assert len(at_random) == 5
    assert all(len(set(places)) == len(places) == plan.window(case.asked) for places in at_random)
    windows = places_of(case, plan, Drawing.SUCCESSIVE, 5, rng)
    assert windows[0] == list(range(plan.window(case.asked)))
    assert windows[-1][-1] == 8


# Replay and report


def test_a_replay_finds_what_is_there_and_nothing_else(replayed: list[Tally]) -> None:
    ours = [tally for tally in replayed if tally.rule == Ours.name]
    same = pooled(ours, lambda tally: tally.means == NO_CHANGE.means)
    slow = pooled(ours, lambda tally: tally.means == Means.CANDIDATE and tally.share == 0.2)
    quicker = pooled(ours, lambda tally: tally.means == Means.REFERENCE)
    assert same.share(Finding.SLOWER).count == 0
    assert slow.share(Finding.SLOWER).value == 1.0
    assert quicker.share(Finding.SLOWER).count == 0
    assert same.findings.total() > 10
    # The machine drifts by 10 % and more from launch to launch: whoever looks at times alone cries wolf.
    bare = pooled(
        [tally for tally in replayed if tally.rule.startswith("pytest-benchmark")],
        lambda tally: tally.means == NO_CHANGE.means,
    )
    assert bare.share(Finding.SLOWER).value > 0.1


def test_a_recording_that_is_too_short_for_a_question_is_not_asked_it() -> None:
    tallies = list(replay_recording(steady_recording(7), SETTINGS))
    assert {tally.asked for tally in tallies} == {Asked.RACE}


def test_replays_are_the_same_twice_and_survive_being_written(tmp_path: Path) -> None:
    path = write_newer(tmp_path / "made-quiet.json.gz", steady_recording(speeds={"int8": 5.0, "fp32": 10.0}))
    tallies = replay([path], SETTINGS, workers=1)
    assert tallies == replay([path], SETTINGS, workers=1)
    kept = tmp_path / "replay.json"
    write_tallies(kept, tallies, SETTINGS)
    again, document = read_tallies(kept)
    assert [tally.findings for tally in again] == [tally.findings for tally in tallies]
    assert document["settings"]["plan"]["stored"] == 4
    kept.write_text('{"schema": 99}', encoding="utf-8")
    with pytest.raises(ValueError, match="99"):
        read_tallies(kept)


def race(**changes: object) -> LiveRace:
    made = LiveRace(
        model="made",
        scenario="identical",
        share=0.0,
        load="quiet",
        finding="same",
        launches=2,
        seconds=9.0,
        first_s=9.0,
        log_ratios=(0.01, -0.01),
        started_unix=1.0,
        machine="m",
        versions={},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_report_holds_tables_counts_and_what_was_left_out(tmp_path: Path, replayed: list[Tally]) -> None:
    races = [race(), race(scenario="busy-wait", share=0.05, finding="slower", log_ratios=(-0.05, -0.05))]
    write_report(tmp_path, replayed, {"settings": {}, "sources": {"a rule": "a page"}}, races)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "Reporting data only: 1 recordings" in text
    assert "aa_resnet50" in text
    assert "| pytest-ovperf | 0.0 (0.0 to" in text
    assert "| quiet | busy-wait | 5% | +5.1% |" in text
    assert "- a rule: a page" in text
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data["left_out"] == sorted(datasets.TUNING)
    row = next(row for row in data["replayed"] if row["rule"] == Ours.name and row["change"] == "none")
    assert row["slower"]["low"] == 0.0
    assert row["verdicts"] == row["same"]["count"] + row["faster"]["count"] + row["unclear"]["count"]


def test_tuning_data_do_not_get_into_the_report(tmp_path: Path, replayed: list[Tally]) -> None:
    tallies = [replace(tally, trace="aa_resnet50") for tally in replayed]
    assert len(reporting_only(replayed)) == len(replayed)
    assert not reporting_only(tallies)
    with pytest.raises(ValueError, match="no reporting data"):
        write_report(tmp_path, tallies, {}, [])


def test_an_aim_wants_enough_verdicts_before_it_is_reached() -> None:
    few = [race() for _ in range(3)]
    aim = next(aim for aim in aims([], few, "quiet") if "live races" in aim.text)
    assert aim.reached.startswith("too few verdicts (3 of")
    enough = next(aim for aim in aims([], [race()] * 200, "quiet") if "live races" in aim.text)
    assert enough.reached == "yes"
    wolf = next(aim for aim in aims([], [race(finding="slower")] * 200, "quiet") if "live races" in aim.text)
    assert wolf.reached == "no"


def test_a_slow_verdict_misses_an_aim_that_has_a_time() -> None:
    found = [race(scenario="busy-wait", share=0.05, finding="slower", first_s=20.0)] * 30
    aim = next(aim for aim in aims([], found, "quiet") if aim.text == "5 % in a race, live")
    assert (aim.share.value, aim.reached) == (1.0, "no")


def test_the_picture_shows_each_rule_with_its_threshold_swept(tmp_path: Path, replayed: list[Tally]) -> None:
    pytest.importorskip("matplotlib")
    lines = picture.curves(replayed, picture.PANELS[0])
    assert lines[0].rule == Ours.name
    assert all(0 <= x <= 100 and 0 <= y <= 100 for line in lines for x, y in line.points)
    picture.draw(tmp_path / "roc.svg", replayed)
    assert "pytest-benchmark median:5%" in (tmp_path / "roc.svg").read_text(encoding="utf-8")


# Live races


def test_live_races_add_up_over_sessions(tmp_path: Path) -> None:
    path = tmp_path / "results" / "live.jsonl"
    assert read_races(path) == []
    append_race(path, race())
    append_race(path, race(finding="unclear"))
    assert read_races(path) == [race(), race(finding="unclear")]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    append_race(path, race())
    path.write_text(path.read_text(encoding="utf-8") + '{"schema": 1}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"live\.jsonl:2"):
        read_races(path)


# Shares, medians and options


def test_intervals_are_those_of_clopper_and_pearson() -> None:
    assert Share(0, 400).low == 0.0
    assert Share(0, 400).high == pytest.approx(1 - 0.025 ** (1 / 400))
    half = Share(5, 10)
    assert half.low == pytest.approx(0.1871, abs=1e-4)
    assert half.high == pytest.approx(0.8129, abs=1e-4)
    assert Share(10, 10).high == 1.0
    assert str(Share(1, 100)) == "1.0 (0.0 to 5.4)"
    assert str(Share(50, 100)) == "50 (40 to 60)"
    assert str(Share(0, 0)) == "-"


def test_a_median_of_counted_numbers() -> None:
    assert median_of({"10.0": 1, "9.5": 2, "100.0": 1}) == 9.5
    assert median_of({}) is None


def test_looks_are_written_as_a_list_that_ascends() -> None:
    assert looks_of("2,4,6") == (2, 4, 6)
    for wrong in ("4,2", "0,1", "two"):
        with pytest.raises(argparse.ArgumentTypeError):
            looks_of(wrong)


# Ways of estimating


def test_centres_over_launches_are_those_of_single_rows() -> None:
    rows = np.array([[1.0, 2.0, 9.0, 2.0], [0.0, 0.0, 0.0, 4.0]])
    assert list(across(rows, "mean")) == [3.5, 1.0]
    assert list(across(rows, "median")) == [2.0, 0.0]
    assert list(across(rows, "trimmed")) == [2.0, 0.0]
    assert list(across(rows, "Hodges-Lehmann")) == [2.0, 0.0]


def test_every_way_reads_a_steady_recording_as_it_is() -> None:
    pair = pair_times(steady_recording(8, noise=0.0), "fp32+0.05", "fp32", None)
    assert pair.truth == pytest.approx(-np.log(1.05))
    for way in ways():
        most = 0.1 if way.across == POOLED else 0.01  # the lowest block of four launches is not that of two
        assert error_of(pair, way, successive(8, 6), 4) < most, str(way)
    assert {way.across for way in ways()} == set(ACROSS)


def test_a_pooled_minimum_takes_each_arms_lowest_block() -> None:
    recording = steady_recording(3, noise=0.0)
    pair = pair_times(recording, "int8", "fp32", None)
    ours, theirs = (min(each.arms[arm].quartiles_ns.min() for each in recording.launches) for arm in ("int8", "fp32"))
    estimate = together(pair, Way("lower quartile", UNPAIRED, POOLED), np.array([[0, 1, 2]]))
    assert estimate[0] == pytest.approx(np.log(theirs / ours), abs=1e-6)


def test_draws_hold_no_launch_twice() -> None:
    rows = drawn(7, 5, 20, np.random.default_rng(0))
    assert rows.shape == (20, 5)
    assert all(len(set(row)) == 5 for row in rows.tolist())


def test_pairs_say_something_of_one_artefact_or_of_a_promise() -> None:
    assert ("int8", "fp32") in pairs_of(steady_recording(2))
    assert ("fp32", "int8") not in pairs_of(steady_recording(2))
