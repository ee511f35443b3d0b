"""Judging saved runs: the last against the first."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp, inf, log, nan
from random import Random
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import RunFileError
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.runs.compared import Basis
from pytest_ovperf.runs.view import LayersView
from pytest_ovperf.stats.sequential import comparison_error_rate
from pytest_ovperf.verdict.comparing import NEW, UNSTEADY, compare
from tests.unit.reports.run_examples import CASES, benchmark, comparison, run, suite_run, targeted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.runs.compared import ComparedRow
    from pytest_ovperf.runs.view import BenchmarkView, ComparisonView, RunView

INT8 = CASES[2]  # two OpenVINO arms: tolerance 5 %
PYTORCH = CASES[0]  # tolerance 10 %
TIGHT = (-0.004, 0.0, 0.004, 0.002, -0.002)


def launches(
    ratio: float, spread: Sequence[float] = TIGHT, view: ComparisonView | None = None, **changes: object
) -> ComparisonView:
    """Return a comparison whose launches lie around ``ratio``."""
    logs = tuple(log(ratio) + each for each in spread)
    return replace(view or comparison(INT8), ratio=ratio, log_ratios=logs, **changes)  # type: ignore[arg-type]


def only(then: ComparisonView, now: ComparisonView, tolerance: float | None = None) -> ComparedRow[ComparisonView]:
    (row,) = compare([run([then]), run([now])], tolerance=tolerance).comparisons
    return row


def plain(then: BenchmarkView, now: BenchmarkView, tolerance: float | None = None) -> ComparedRow[BenchmarkView]:
    (row,) = compare([run([], benchmarks=[then]), run([], benchmarks=[now])], tolerance=tolerance).benchmarks
    return row


def times(median_s: float, *, spread: float = 0.02, calls: int = 50) -> BenchmarkView:
    view = benchmark("test_encode", 1.0)
    figures = replace(
        view.statistics, q1_s=median_s / (1 + spread), median_s=median_s, q3_s=median_s * (1 + spread), calls=calls
    )
    return replace(view, statistics=figures)


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (2.0, VerdictKind.OK),
        (1.97, VerdictKind.OK),
        (1.5, VerdictKind.REGRESSED),
        (2.6, VerdictKind.IMPROVED),
    ],
)
def test_comparisons_are_judged_by_their_launches(now: float, kind: VerdictKind) -> None:
    row = only(launches(2.0), launches(now))
    assert (row.kind, row.said, row.basis) == (kind, str(kind), Basis.LAUNCHES)
    assert row.expected == pytest.approx(2.0)
    assert row.change == pytest.approx(now / 2.0 - 1)
    assert row.change_low is not None
    assert row.change_high is not None
    assert row.change_low < now / 2.0 - 1 < row.change_high


def test_scattered_launches_are_inconclusive_and_say_so() -> None:
    row = only(launches(2.0), launches(1.8, (-0.3, 0.3)))
    assert row.kind is VerdictKind.INCONCLUSIVE
    assert row.reasons[-1] == UNSTEADY


def test_a_loss_beside_arms_that_are_both_slower_is_the_machines() -> None:
    def costs(view: ComparisonView, candidate: float, reference: float) -> ComparisonView:
        return replace(
            view,
            candidate=replace(view.candidate, cost=candidate),
            reference=replace(view.reference, cost=reference),
        )

    row = only(costs(launches(2.3), 7.4e6, 1.7e7), costs(launches(2.0), 1e7, 2e7))
    assert row.kind is VerdictKind.INCONCLUSIVE
    assert row.reasons[-1].startswith("Both arms are slower than when the baseline was recorded, by 18% at least: ")


def test_the_same_scatter_weighs_less_where_a_pytorch_arm_takes_part() -> None:
    row = only(launches(2.0, view=comparison(PYTORCH)), launches(1.87, view=comparison(PYTORCH)))
    assert row.tolerance == pytest.approx(0.10)
    assert row.kind is VerdictKind.OK


@pytest.mark.parametrize(
    ("own", "given", "used"),
    [(0.2, None, 0.2), (0.2, 0.03, 0.03), (0.0, None, 0.05), (nan, None, 0.05), (-1.0, None, 0.05), (inf, None, 0.05)],
)
def test_the_tolerance_is_the_users_then_the_last_runs_then_the_kinds(
    own: float, given: float | None, used: float
) -> None:
    row = only(
        launches(2.0, tolerance=0.5), launches(2.0, tolerance=own), **({} if given is None else {"tolerance": given})
    )
    assert row.tolerance == pytest.approx(used)


def test_an_arm_of_a_later_version_counts_as_noisy() -> None:
    view = comparison(INT8)
    unknown = launches(2.0, view=replace(view, candidate=replace(view.candidate, name="openvino-int2")), tolerance=0.0)
    assert only(unknown, unknown).tolerance == pytest.approx(0.10)


def test_a_target_does_not_matter_between_runs() -> None:
    then, now = (targeted(launches(ratio), 3.0) for ratio in (2.0, 2.01))
    row = only(then, now)
    assert (row.kind, row.basis) == (VerdictKind.OK, Basis.LAUNCHES)


def test_the_error_rate_is_shared_by_what_is_judged() -> None:
    views = [launches(2.0, view=comparison(case)) for case in CASES]
    new = replace(views[0], key="new")
    compared = compare([run(views), run([*views, new])])
    assert compared.error_rate == comparison_error_rate(len(views))


def test_the_first_run_is_the_measure_and_those_between_are_history() -> None:
    runs = [run([launches(ratio)], name=str(ratio)) for ratio in (2.0, 3.0, 2.5, 2.0)]
    (row,) = compare(runs).comparisons
    assert row.kind is VerdictKind.OK
    assert [view.ratio for view in row.over_runs if view] == [2.0, 3.0, 2.5, 2.0]
    assert row.then is not None
    assert row.then.ratio == 2.0


def test_a_run_in_between_need_not_have_it() -> None:
    other = replace(launches(2.0), key="other")
    (row, _) = compare([run([launches(2.0)]), run([other]), run([launches(1.0), other])]).comparisons
    assert row.kind is VerdictKind.REGRESSED
    assert row.earlier[1] is None


def test_what_the_first_run_lacks_is_not_judged() -> None:
    new = replace(launches(9.0), key="new")
    row = compare([run([launches(2.0)]), run([launches(2.0), new])]).comparisons[1]
    assert (row.kind, row.basis, row.reasons) == (VerdictKind.NO_BASELINE, Basis.NOTHING, (NEW,))
    assert (row.expected, row.change, row.change_low, row.change_high) == (None, None, None, None)


def test_what_the_last_run_lacks_is_named() -> None:
    gone = replace(launches(9.0), key="gone")
    compared = compare([run([launches(2.0), gone]), run([launches(2.0)])])
    assert compared.missing == ("gone",)
    assert len(compared.comparisons) == 1


@pytest.mark.parametrize("logs", [(), (nan, 0.1), (inf,)])
def test_without_usable_launches_nothing_is_judged(logs: tuple[float, ...]) -> None:
    row = only(replace(launches(2.0), log_ratios=logs), launches(1.0))
    assert row.kind is VerdictKind.NO_BASELINE
    assert "launches" in row.reasons[0]


def test_other_hardware_is_not_judged_as_a_change_of_the_code() -> None:
    then, now = (run([launches(ratio)], benchmarks=[times(1 / ratio)]) for ratio in (2.0, 1.0))
    moved = replace(now, name="moved", machine={**now.machine, "hardware profile": "amd-epyc"})
    then = replace(then, machine={**then.machine, "hardware profile": "intel-xeon"})
    compared = compare([then, moved])
    assert [row.kind for row in compared.rows] == [VerdictKind.NO_BASELINE] * 2
    assert all("intel-xeon → amd-epyc" in row.reasons[0] for row in compared.rows)
    assert "Nothing is judged" in compared.notes[0]
    assert not compared.regressed
    assert compared.error_rate == 0.0
    assert compared.comparisons[0].then is not None  # the figure is still there to be shown


def test_another_device_of_that_name_is_not_judged_either() -> None:
    view = launches(2.0)
    on_gpu = replace(view, candidate=replace(view.candidate, devices=("GPU.0",)))
    first, last = (replace(run([on_gpu, replace(view, key="cpu")]), devices={"CPU": "A", "GPU.0": gpu}) for gpu in "XY")
    rows = compare([first, last]).comparisons
    assert (rows[0].kind, rows[0].reasons) == (VerdictKind.NO_BASELINE, ("Measured on another device: GPU.0 X → Y.",))
    assert rows[1].kind is VerdictKind.OK


def test_what_an_arm_turned_out_to_be_is_evidence() -> None:
    view = launches(2.0, versions={"openvino": "2026.3", "torch": "2.13"})
    view = replace(view, candidate=replace(view.candidate, streams=1, settings={"hint": "latency", "streams": "1"}))
    slower = replace(
        view.candidate,
        precision="bf16",
        devices=("GPU",),
        threads=1,
        streams=2,
        settings={"hint": "throughput", "streams": "2", "pinning": "on"},
    )
    row = only(view, replace(view, candidate=slower, versions={"openvino": "2026.4", "torch": "2.13", "numpy": "2"}))
    assert row.reasons == (
        "The candidate's precision changed: f32 → bf16.",
        "The candidate's devices changed: CPU → GPU.",
        "The candidate's threads changed: 2 → 1.",
        "The candidate's streams changed: 1 → 2.",
        "The candidate's hint changed: latency → throughput.",
        "Versions of the arms changed: openvino 2026.3 → 2026.4.",
    )


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (times(1e-3), VerdictKind.OK),
        (times(1.3e-3), VerdictKind.REGRESSED),
        (times(0.7e-3), VerdictKind.IMPROVED),
        (times(1.3e-3, spread=0.5), VerdictKind.INCONCLUSIVE),
        (times(1.3e-3, calls=2), VerdictKind.INCONCLUSIVE),
    ],
)
def test_plain_benchmarks_are_judged_by_their_quartiles(now: BenchmarkView, kind: VerdictKind) -> None:
    row = plain(times(1e-3), now)
    assert (row.kind, row.basis, row.expected, row.tolerance) == (kind, Basis.QUARTILES, 1e-3, 0.10)
    assert row.change == pytest.approx(now.statistics.median_s / 1e-3 - 1)
    assert bool(row.reasons) == (kind is VerdictKind.INCONCLUSIVE)


def test_a_plain_benchmarks_tolerance_can_be_chosen() -> None:
    assert plain(times(1e-3), times(1.3e-3), tolerance=0.5).kind is VerdictKind.OK


def test_the_range_of_a_plain_benchmarks_change_is_that_of_the_quartiles() -> None:
    row = plain(times(1e-3, spread=0.1), times(2e-3, spread=0.1))
    assert row.change_low == pytest.approx(2 / 1.1**2 - 1)
    assert row.change_high == pytest.approx(2 * 1.1**2 - 1)


@pytest.mark.parametrize(("then", "now"), [(0.0, 1e-3), (1e-3, 0.0), (0.0, 0.0)])
def test_times_of_nothing_are_not_judged(then: float, now: float) -> None:
    row = plain(times(then), times(now))
    assert (row.kind, row.basis) == (VerdictKind.NO_BASELINE, Basis.NOTHING)
    assert "clock" in row.reasons[0]


def test_the_output_says_what_a_plain_benchmark_proves() -> None:
    both = compare([run([launches(2.0)], benchmarks=[times(1.0)])] * 2)
    assert any("one process" in note for note in both.notes)
    assert not compare([run([launches(2.0)])] * 2).notes


def test_one_run_is_shown_with_its_own_verdicts() -> None:
    made = suite_run()
    compared = compare([replace(made, benchmarks=(times(1.0),))])
    assert [(row.kind, row.change, row.expected) for row in compared.comparisons] == [
        (view.kind, view.change, view.expected) for view in made.comparisons
    ]
    assert {row.basis for row in compared.comparisons} == {Basis.RECORDED}
    assert compared.comparisons[0].reasons == made.comparisons[0].evidence
    assert compared.benchmarks[0].said == "not judged"
    assert compared.regressed
    assert made.notes[0] in compared.notes


def test_one_runs_target_is_what_it_was_held_against() -> None:
    (row,) = compare([run([targeted(launches(2.0), 1.5)])]).comparisons
    assert row.expected == 1.5


def test_notes_of_the_runs_that_meet_are_handed_on() -> None:
    runs = [run([launches(2.0)], name=name, notes=[f"note of {name}"]) for name in ("a", "b", "c")]
    assert compare(runs).notes == ("a: note of a", "c: note of c")


def test_warnings_are_handed_on() -> None:
    assert compare([run([launches(2.0)])] * 2, warnings=["b.json is damaged"]).warnings == ("b.json is damaged",)


def test_no_runs_are_refused() -> None:
    with pytest.raises(RunFileError, match="no run"):
        compare([])


@pytest.mark.parametrize("before", [[], [run([launches(2.0)])]])
def test_an_empty_last_run_is_refused(before: list[RunView]) -> None:
    with pytest.raises(RunFileError, match="nightly holds no benchmark"):
        compare([*before, run([], name="nightly")])


def test_runs_without_anything_in_common_are_refused_with_an_example_of_each() -> None:
    runs = [run([replace(launches(2.0), key=key)], name=key) for key in ("old.py::test", "new.py::test")]
    with pytest.raises(RunFileError) as caught:
        compare(runs)
    assert "'old.py::test'" in caught.value.seen
    assert "'new.py::test'" in caught.value.seen
    with pytest.raises(RunFileError, match="none at all"):
        compare([run([], name="empty"), runs[1]])


def test_runs_that_share_a_benchmark_with_history_only_are_refused() -> None:
    shared = launches(2.0)
    with pytest.raises(RunFileError, match="in common"):
        compare([run([replace(shared, key="gone")]), run([shared]), run([shared])])


def test_unchanged_runs_raise_no_alarm_and_a_fifth_is_found() -> None:
    """Launches scatter by 2 %: of 200 unchanged comparisons none is regressed, of 200 slower ones all are."""
    rng = Random(7)  # noqa: S311  (noise, not secrets)

    def measured(ratio: float) -> RunView:
        views = [
            launches(ratio, [rng.gauss(0, 0.02) for _ in range(5)], view=replace(comparison(INT8), key=f"{number}"))
            for number in range(200)
        ]
        return run(views)

    first = measured(2.0)
    assert not compare([first, measured(2.0)]).regressed
    slower = compare([first, measured(1.6)]).comparisons
    assert {row.kind for row in slower} == {VerdictKind.REGRESSED}
    assert all(abs(log((row.expected or 0) / 2.0)) < 0.05 for row in slower)


def test_a_larger_fall_is_never_judged_milder() -> None:
    order = [VerdictKind.IMPROVED, VerdictKind.OK, VerdictKind.INCONCLUSIVE, VerdictKind.REGRESSED]
    noisy = [10 * each for each in TIGHT]
    kinds = [only(launches(2.0, noisy), launches(2.0 * exp(each / 100), noisy)).kind for each in range(40, -40, -1)]
    assert set(kinds) == set(order)
    assert all(order.index(milder) <= order.index(harsher) for milder, harsher in pairwise(kinds))


def test_an_arm_that_is_executed_otherwise_is_named() -> None:
    def executed(digest: str, layers: int) -> ComparisonView:
        return launches(2.0, layers=(LayersView("openvino-int8", "", digest, layers),))

    row = only(executed("a1", 130), executed("b2", 142))
    assert row.reasons[0] == "The execution graph of openvino-int8 changed: 142 layers, 130 in the first run."
    assert only(executed("a1", 130), executed("a1", 130)).reasons == ()
    assert only(executed("", 0), executed("a1", 130)).reasons == ()
    assert only(launches(2.0), executed("a1", 130)).reasons == ()
