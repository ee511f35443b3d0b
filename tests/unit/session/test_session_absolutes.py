"""Absolute figures as a run collects them: what a test has measured once it reads again, and reports show all of it."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.errors import ArmError, CacheError, MeasurementError, ModelError, WorkerDiedError
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.session import side_by_side
from pytest_ovperf.session.absolutes import Absolutes
from pytest_ovperf.session.ladders import LadderPlan
from pytest_ovperf.session.questions import ask
from pytest_ovperf.session.turns import keep_lineup, kept_traces
from pytest_ovperf.stats.sequential import LOOKS
from pytest_ovperf.trial.watcher import SilentWatcher
from tests.unit.session.test_session_ladders import Opened, Timed, anything

if TYPE_CHECKING:
    from pytest_ovperf.metrics import WorkloadKind
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.session.arms import Arms
    from pytest_ovperf.session.measured_arm import MeasuredArm

INT8 = parse_arm("openvino-int8", "CPU")
SPEC = resolve("tiny-bert", shape=None, base=Path())
asking = partial(ask, SPEC, tunable=anything)


class Live(SilentWatcher):
    def begin(self, comparison: str) -> None:
        """Show nothing."""


class FakeArms(Opened):
    """Arms that need no building and take no time."""

    def prepare(
        self, spec: ModelSpec, *arms: Arm, kind: WorkloadKind, **_: object
    ) -> tuple[ModelSpec, dict[Arm, object]]:
        for arm in arms:
            self.happens("build", arm)
        return spec, dict.fromkeys(arms, kind)

    def open(self, request: WorkloadKind, arm: Arm) -> Timed:
        self.happens("open", arm)
        opened = Timed(self, arm)
        opened.kind = request
        return opened


class Run:
    def __init__(self, cache_dir: Path) -> None:
        self.world = FakeArms()
        self.cache_dir = cache_dir
        self.absolutes = Absolutes(
            cast("Arms", self.world), cast("LiveLine", Live()), nullcontext, strict=False, cache_dir=cache_dir
        )

    def measure(self, test: str = "test_it") -> MeasuredArm:
        return self.absolutes.measure(test, INT8, partial(asking, [INT8]), budget_s=60.0)

    @property
    def launches(self) -> int:
        return self.world.events.count(("open", INT8))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_what_a_test_has_measured_it_reads_again_until_it_is_over(run: Run) -> None:
    first, second = run.measure().latency, run.measure().latency
    assert (float(first), run.launches) == (float(second), LOOKS[0])
    assert len(run.absolutes.figures) == 1
    run.absolutes.keep("test_it")
    assert len(kept_traces(run.cache_dir)) == 1
    assert run.measure("test_other").latency.value == first.value
    assert run.launches == 2 * LOOKS[0]


def test_raw_times_that_cannot_be_kept_cost_no_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for test in ("test_one", "test_two", "test_three"):
        assert run.measure(test).latency.value

    def keep_all_but_one(cache_dir: Path, node_id: str, *what: Any) -> Path:  # noqa: ANN401  (handed on)
        if node_id == "test_one":
            raise CacheError("The disk was full.", remedy="Make room there.")
        return keep_lineup(cache_dir, node_id, *what)

    monkeypatch.setattr(side_by_side, "keep_lineup", keep_all_but_one)
    with pytest.raises(CacheError, match="The disk was full"):
        run.absolutes.end()
    assert [path.name.partition("test_")[2][:3] for path in kept_traces(run.cache_dir)] == ["two", "thr"]
    run.absolutes.end()


def test_reports_show_what_was_measured_for_a_percentile_too(run: Run) -> None:
    held = run.measure().latency
    (before,) = run.absolutes.figures
    with suppress(MeasurementError):  # there may be too few calls in the end
        assert held.p99
    (after,) = run.absolutes.figures
    assert after.launches == run.launches > before.launches
    assert after.samples > before.samples


def test_a_target_stays_with_its_figure_when_more_is_measured(run: Run) -> None:
    held = run.measure().latency
    assert held <= 1
    with suppress(MeasurementError):
        assert held.p99
    (figure,) = run.absolutes.figures
    assert (figure.target, figure.held) == (1.0, True)


def plan(*names: str) -> LadderPlan:
    arms = [parse_arm(name, "CPU") for name in names]
    return LadderPlan.of(arms, lambda _: None, asking, metric="latency", also=())


def test_a_ladder_whose_test_is_run_again_is_one_ladder(run: Run) -> None:
    for _ in range(2):
        run.absolutes.ladder("test_it", plan("pytorch-fp32", "openvino-int8"), budget_s=60.0)
    run.absolutes.ladder("test_it", plan("pytorch-fp32", "openvino-fp32"), budget_s=60.0)
    assert len(run.absolutes.ladders) == 2


@pytest.mark.parametrize("event", ["build", "open"])
def test_a_ladder_with_an_arm_that_fails_is_kept_and_then_told(run: Run, event: str) -> None:
    run.world.failures[(event, parse_arm("openvino-fp32", "CPU"))] = WorkerDiedError("It died.", remedy="Look.")
    with pytest.raises(WorkerDiedError, match="It died"):
        run.absolutes.ladder("test_it", plan("pytorch-fp32", "openvino-fp32", "openvino-int8"), budget_s=60.0)
    (ladder,) = run.absolutes.ladders
    assert [bool(rung.figures) for rung in ladder.rungs] == [True, False, True]


def test_a_ladder_whose_reference_cannot_be_built_is_none(run: Run) -> None:
    run.world.failures[("build", parse_arm("pytorch-fp32", "CPU"))] = ModelError("No weights.", remedy="Look.")
    with pytest.raises(ModelError, match="No weights"):
        run.absolutes.ladder("test_it", plan("pytorch-fp32", "openvino-int8"), budget_s=60.0)
    assert not run.absolutes.ladders


def test_a_mistake_in_the_question_is_told_before_anything_is_measured(run: Run) -> None:
    run.world.failures[("build", INT8)] = ArmError("There is no such thing.", remedy="Write another.")
    with pytest.raises(ArmError, match="There is no such thing"):
        run.absolutes.ladder("test_it", plan("pytorch-fp32", "openvino-int8"), budget_s=60.0)
    assert not run.absolutes.ladders
    assert not [event for event, _ in run.world.events if event.startswith("block")]
