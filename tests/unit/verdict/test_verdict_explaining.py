"""What is said of execution graphs beside a verdict, when layers are timed, and that no verdict changes by it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import BaselineError, OvperfError, WorkerDiedError
from pytest_ovperf.graphs.layers import Graph, Profile
from pytest_ovperf.metrics import Metric
from pytest_ovperf.records import Block, ComparisonRecord, StoredBaseline, VerdictKind
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.store.layers import KeptLayers
from pytest_ovperf.store.store import BaselineStore
from pytest_ovperf.verdict.explaining import MOST_CALLS, calls_of_profile
from pytest_ovperf.verdict.judging import Judging
from tests.unit.graphs.graph_examples import encoder, lines_of, profiled
from tests.unit.session.session_fakes import ASKED, PROFILE, measuring, settings
from tests.unit.trial.trial_fakes import CANDIDATE, REFERENCE, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_ovperf.graphs.explained import Explained
    from pytest_ovperf.verdict.measured import Measuring

GRAPH = encoder()
#: The same model whose matrix products have fallen back to another kernel.
FALLEN = encoder(change=lambda it: replace(it, kernel="gemm_mlas") if it.kind == "FullyConnected" else it)
TWICE, THRICE = math.log(2.0), math.log(3.0)
DIED = WorkerDiedError("openvino-int8 on CPU: the worker ended during 'profile'.", remedy="None.")


class Known:
    """What is known of both arms: by default, of a candidate that executes `GRAPH`."""

    def __init__(self, **sides: Graph | OvperfError) -> None:
        self.graphs: Mapping[str, Graph | OvperfError] = sides or {"candidate": GRAPH}
        self.fails: OvperfError | None = None
        self.profiled: list[tuple[Side, int]] = []

    def graph(self, side: Side) -> Graph | None:
        found = self.graphs.get(side)
        if isinstance(found, OvperfError):
            raise found
        return found

    def profile(self, side: Side, calls: int) -> Profile:
        self.profiled.append((side, calls))
        if self.fails:
            raise self.fails
        graph = self.graph(side)
        assert graph is not None
        return profiled(graph, 2.0 if graph == FALLEN else 1.0)


class Run:
    """A run's judge over a store of its own, and a test that cannot be run again."""

    def __init__(self, folder: Path, **chosen: Any) -> None:  # noqa: ANN401  (keywords of `settings`)
        chosen_settings = settings(folder, **chosen)
        self.store = BaselineStore(chosen_settings.baselines_dir, PROFILE, lock_dir=folder / "locks")
        self.judging = Judging(chosen_settings, self.store, lambda asked, _: {"device": asked.device})

    def put(self, log_ratio: float = TWICE, **layers: KeptLayers) -> None:
        """Store a baseline with what it keeps of its sides."""
        provenance = {"device": ASKED.device, "date": "2026-11-21"}
        baseline = StoredBaseline((log_ratio,) * 6, 0.05, 1e7, 2e7, None, provenance)
        self.store.put(ASKED.key, baseline, {Side(side): kept for side, kept in layers.items()})

    def judge(self, known: Known, measured: Measuring | None = None) -> ComparisonRecord:
        return self.judging.against_baseline(ASKED, measured or measuring(layers=known))[0]


def only(record: ComparisonRecord) -> Explained:
    (explained,) = record.explained
    return explained


# Graphs


def test_a_graph_that_is_as_it_was_is_known_and_nothing_is_said(tmp_path: Path) -> None:
    run, known = Run(tmp_path), Known()
    run.put(candidate=KeptLayers(GRAPH))
    found = only(run.judge(known))
    assert (found.arm, found.old, found.graph) == ("openvino-int8", "the baseline of 2026-11-21", GRAPH)
    assert not found.changes
    assert lines_of(found) == ()
    assert known.profiled == []


def test_a_changed_graph_is_told_and_changes_no_verdict(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.put(candidate=KeptLayers(FALLEN))
    record = run.judge(Known())
    assert record.verdict.kind is VerdictKind.OK
    assert only(record).changes
    assert "gemm_mlas" in lines_of(only(record))[0]
    assert only(record).attribution is None


def test_both_sides_are_compared_each_with_its_own(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.put(candidate=KeptLayers(GRAPH), reference=KeptLayers(GRAPH))
    candidate, reference = run.judge(Known(candidate=GRAPH, reference=FALLEN)).explained
    assert (bool(candidate.changes), bool(reference.changes)) == (False, True)
    assert (candidate.arm, reference.arm) == ("openvino-int8", "pytorch-fp32")


def test_one_arm_on_two_devices_is_told_apart_by_them(tmp_path: Path) -> None:
    run, known = Run(tmp_path), Known(candidate=GRAPH, reference=GRAPH)
    record = run.judge(known)
    twice = replace(record.comparison, reference=replace(record.comparison.candidate, device="AUTO:CPU"))
    found = run.judging._explaining.explained(replace(record, comparison=twice), known)
    assert [each.arm for each in found.explained] == ["openvino-int8@CPU", "openvino-int8@AUTO:CPU"]


def test_arms_without_a_graph_are_not_mentioned(tmp_path: Path) -> None:
    run = Run(tmp_path, explain=True)
    run.put(candidate=KeptLayers(GRAPH))
    assert run.judge(Known(reference=GRAPH)).explained[0].arm == "pytorch-fp32"
    assert Run(tmp_path, explain=True).judging.against_baseline(ASKED, measuring())[0].explained == ()


def test_a_graph_that_could_not_be_read_is_a_note_and_the_verdict_stands(tmp_path: Path) -> None:
    run, known = Run(tmp_path, explain=True), Known(candidate=DIED)
    run.put(candidate=KeptLayers(GRAPH))
    record = run.judge(known)
    assert record.verdict.kind is VerdictKind.OK
    assert only(record).graph == Graph(())
    assert lines_of(only(record)) == (f"its execution graph could not be read: {DIED.seen}",)
    assert known.profiled == []


def test_a_graph_that_makes_no_sense_is_a_note_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path)
    run.put(candidate=KeptLayers(GRAPH))

    def lost(*_: object) -> None:
        raise KeyError("product")

    monkeypatch.setattr("pytest_ovperf.verdict.explaining.compare", lost)
    record = run.judge(Known(candidate=FALLEN))
    assert record.verdict.kind is VerdictKind.OK
    assert only(record).notes == ("its layers cannot be explained: KeyError: 'product'",)


def test_without_a_baseline_the_graph_is_known_all_the_same(tmp_path: Path) -> None:
    found = only(Run(tmp_path).judge(Known()))
    assert (found.graph, found.old, lines_of(found)) == (GRAPH, "", ())


def test_a_stored_graph_that_cannot_be_read_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path)
    run.put(candidate=KeptLayers(GRAPH))

    def damaged(_stored: StoredBaseline) -> Mapping[Side, KeptLayers]:
        raise BaselineError("line 3 is not complete.", remedy="Restore it.")

    monkeypatch.setattr(run.store, "layers", damaged)
    record = run.judge(Known())
    assert record.verdict.kind is VerdictKind.OK
    assert only(record).notes == ("the baseline's execution graph cannot be read: line 3 is not complete.",)


# Times


def test_a_proven_regression_is_profiled_before_anything_is_told(tmp_path: Path) -> None:
    run, known = Run(tmp_path), Known(candidate=FALLEN)
    run.put(THRICE, candidate=KeptLayers(GRAPH, profiled(GRAPH)))
    record = run.judge(known)
    assert record.verdict.kind is VerdictKind.REGRESSED
    found = only(record)
    assert [side for side, _ in known.profiled] == [Side.CANDIDATE]
    assert found.attribution is not None
    assert found.attribution.groups[0].chief.kind == "FullyConnected"
    assert (found.attribution.old_latency_ns, found.attribution.new_latency_ns) == pytest.approx((1e7, 1e7))
    assert "FullyConnected" in lines_of(found)[1]
    assert run.judging.records == [record]


def test_a_regression_whose_profile_is_interrupted_stays_told(tmp_path: Path) -> None:
    class Interrupted(Known):
        def profile(self, side: Side, calls: int) -> Profile:  # noqa: ARG002  (as the base's)
            raise KeyboardInterrupt

    run = Run(tmp_path)
    run.put(THRICE, candidate=KeptLayers(GRAPH))
    with pytest.raises(KeyboardInterrupt):
        run.judge(Interrupted())
    (record,) = run.judging.records
    assert record.verdict.kind is VerdictKind.REGRESSED


def test_a_suspicion_is_not_profiled_until_it_is_confirmed(tmp_path: Path) -> None:
    run, known = Run(tmp_path), Known(candidate=FALLEN)
    run.put(THRICE, candidate=KeptLayers(GRAPH, profiled(GRAPH)))
    run.judging._may_wait = {ASKED.node_id}
    measured = measuring(layers=known)
    first = run.judge(known, measured)
    assert (bool(only(first).changes), only(first).attribution, known.profiled) == (True, None, [])
    run.judging.set_aside(ASKED.node_id)
    assert only(run.judge(known, measured)).attribution is not None


def test_a_suspicion_that_nobody_confirms_keeps_what_changed_in_its_graph(tmp_path: Path) -> None:
    run, known = Run(tmp_path), Known(candidate=FALLEN)
    run.put(THRICE, candidate=KeptLayers(GRAPH))
    run.judging._may_wait = {ASKED.node_id}
    run.judge(known)
    run.judging.give_up_suspicions()
    (record,) = run.judging.records
    assert only(record).changes
    assert known.profiled == []


def test_asked_to_explain_a_run_profiles_what_is_ok_too(tmp_path: Path) -> None:
    run, known = Run(tmp_path, explain=True), Known(candidate=GRAPH, reference=GRAPH)
    run.put(candidate=KeptLayers(GRAPH, profiled(GRAPH)), reference=KeptLayers(GRAPH, profiled(GRAPH, 0.5)))
    record = run.judge(known)
    assert record.verdict.kind is VerdictKind.OK
    candidate, reference = record.explained
    assert candidate.attribution is not None
    assert candidate.attribution.is_calm
    assert reference.attribution is not None
    assert not reference.attribution.is_calm


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, "has no execution graph and no times to compare with; --update-baselines"),
        (KeptLayers(GRAPH), "has no times of its layers; --update-baselines"),
    ],
)
def test_a_baseline_without_times_says_so_and_only_now_is_shown(
    tmp_path: Path, kept: KeptLayers | None, said: str
) -> None:
    run = Run(tmp_path, explain=True)
    run.put(TWICE, **({"candidate": kept} if kept else {}))
    found = only(run.judge(Known()))
    assert found.attribution is None
    assert said in found.notes[0]
    assert found.notes[1].startswith("with counters on, a call takes ")
    assert "6 layers FullyConnected brgemm_avx512 f32 3.00 ms" in found.notes[1]


def test_a_missed_number_has_nothing_to_be_held_against_but_is_timed(tmp_path: Path) -> None:
    known = Known()
    record, holds = Run(tmp_path).judging.against_target(ASKED, measuring(layers=known), 3.0)
    assert not holds
    assert lines_of(only(record))[0].startswith("with counters on, a call takes ")


def test_a_profile_that_fails_is_a_note_and_the_graphs_are_compared(tmp_path: Path) -> None:
    run, known = Run(tmp_path, explain=True), Known(candidate=FALLEN)
    run.put(candidate=KeptLayers(GRAPH, profiled(GRAPH)))
    known.fails = DIED
    found = only(run.judge(known))
    assert found.changes
    assert found.attribution is None
    assert found.notes == (f"its layers could not be timed: {DIED.seen}",)


def test_what_no_assertion_judged_has_its_graph_too(tmp_path: Path) -> None:
    run = Run(tmp_path)
    measured = measuring(layers=Known())
    measured.reach_first_look()
    run.judging.without_verdict(ASKED, measured)
    assert only(run.judging.records[0]).graph == GRAPH


# Races


def test_a_race_has_both_releases_live(tmp_path: Path) -> None:
    run, known = Run(tmp_path, explain=True), Known(candidate=FALLEN, reference=GRAPH)
    release = replace(ASKED.comparison.candidate, release="2025.4.1")
    asked = replace(ASKED, comparison=replace(ASKED.comparison, reference=release))
    world = FakeWorld()
    record, _ = run.judging.against_release(asked, measuring(world, layers=known))
    found = only(record)
    assert (found.arm, found.old) == ("openvino-int8", "OpenVINO 2025.4.1")
    assert found.changes
    assert [side for side, _ in known.profiled] == [Side.CANDIDATE, Side.REFERENCE]
    assert found.attribution is not None
    assert (found.attribution.old_latency_ns, found.attribution.new_latency_ns) == pytest.approx((2e7, 1e7))


def test_a_race_whose_old_release_could_not_be_asked_says_which(tmp_path: Path) -> None:
    release = replace(ASKED.comparison.candidate, release="2025.4.1")
    asked = replace(ASKED, comparison=replace(ASKED.comparison, reference=release))
    known = Known(candidate=GRAPH, reference=DIED)
    record, _ = Run(tmp_path).judging.against_release(asked, measuring(layers=known))
    assert only(record).notes == (f"with OpenVINO 2025.4.1: its execution graph could not be read: {DIED.seen}",)


# Recording


def test_a_new_baseline_keeps_graphs_and_times(tmp_path: Path) -> None:
    run, known = Run(tmp_path, update=UpdateMode.ALL), Known(candidate=GRAPH, reference=FALLEN)
    run.judge(known)
    assert [side for side, _ in known.profiled] == [Side.CANDIDATE, Side.REFERENCE]
    run.judging.settle(ASKED.node_id, passed=True)
    stored = run.store.find(ASKED.key)
    assert stored is not None
    kept = run.store.layers(stored)
    assert kept[Side.CANDIDATE] == KeptLayers(GRAPH, profiled(GRAPH))
    assert kept[Side.REFERENCE].graph == FALLEN


def test_recording_anew_says_what_changed_since_the_old_one(tmp_path: Path) -> None:
    run = Run(tmp_path, update=UpdateMode.ALL)
    run.put(candidate=KeptLayers(GRAPH))
    record = run.judge(Known(candidate=FALLEN))
    assert record.stored
    assert only(record).changes


def test_what_cannot_be_timed_is_recorded_without_and_noted(tmp_path: Path) -> None:
    run, known = Run(tmp_path, update=UpdateMode.NEW), Known()
    known.fails = DIED
    record = run.judge(known)
    assert record.notes[-1] == f"not in the baseline, of openvino-int8: its layers could not be timed: {DIED.seen}"
    run.judging.settle(ASKED.node_id, passed=True)
    stored = run.store.find(ASKED.key)
    assert stored is not None
    assert run.store.layers(stored) == {Side.CANDIDATE: KeptLayers(GRAPH)}


@pytest.mark.parametrize("fails", [False, True])
def test_an_extended_baseline_has_the_layers_of_today_or_those_it_had(tmp_path: Path, *, fails: bool) -> None:
    run = Run(tmp_path, update=UpdateMode.EXTEND)
    run.put(candidate=KeptLayers(GRAPH, profiled(GRAPH, 3.0)))
    record = run.judge(Known(candidate=DIED) if fails else Known())
    assert record.stored
    run.judging.settle(ASKED.node_id, passed=True)
    stored = run.store.find(ASKED.key)
    assert stored is not None
    assert stored.launches > 6
    assert run.store.layers(stored) == {Side.CANDIDATE: KeptLayers(GRAPH, profiled(GRAPH, 3.0 if fails else 1.0))}


# How many calls


@pytest.mark.parametrize(
    ("call_ns", "calls"), [(50_000, MOST_CALLS), (20_000_000, 100), (1_500_000_000, 1), (60_000_000_000, 1)]
)
def test_a_profile_takes_a_few_seconds_whatever_a_call_takes(tmp_path: Path, call_ns: int, calls: int) -> None:
    world = FakeWorld()
    world.call_ns[CANDIDATE] = world.call_ns[REFERENCE] = lambda _block: call_ns
    record = Run(tmp_path).judge(Known(), measuring(world, layers=Known()))
    assert calls_of_profile(record, Side.CANDIDATE) == calls


def test_calls_are_those_of_the_arm_in_question(tmp_path: Path) -> None:
    record = Run(tmp_path).judge(Known())
    quick = replace(record.launches[-1].rounds[0], candidate=Block((1_000_000,)), reference=Block((1_000_000_000,)))
    record = replace(record, launches=(replace(record.launches[-1], rounds=(quick,)),))
    assert (calls_of_profile(record, Side.CANDIDATE), calls_of_profile(record, Side.REFERENCE)) == (MOST_CALLS, 2)
    assert record.comparison.metric is Metric.LATENCY
