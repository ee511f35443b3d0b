"""A ladder's plan, its rungs, and what they are held against."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.arms import Arm, parse_arm
from pytest_ovperf.errors import ArmError, ArmUnavailableError, UnknownMetricError, WorkerDiedError
from pytest_ovperf.metrics import Metric, WorkloadKind
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.records import Block
from pytest_ovperf.session.ladders import LadderPlan, climb, usual_metric
from pytest_ovperf.session.measured_ladder import MeasuredLadder
from pytest_ovperf.session.questions import Question, ask
from pytest_ovperf.session.side_by_side import Opening, SideBySide
from pytest_ovperf.trial.lineup import Lineup
from pytest_ovperf.tuning import CacheUse
from tests.unit.trial.trial_fakes import QUIET, FakeArm, FakeWorld

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_ovperf.figure import FigureRecord

CALL_NS = {"pytorch-fp32": 40_000_000, "openvino-fp32": 20_000_000, "openvino-int8": 10_000_000}


class Timed(FakeArm):
    """An arm that takes what its kind takes, in an ever longer call for larger batches: two for the price of 1.5."""

    kind = WorkloadKind.INFER

    def block(self, min_ns: int, min_calls: int) -> Block:
        self.world.happens(f"block of {self.kind}", self.arm)
        batch = self.arm.tuning.batch or 1
        call_ns = CALL_NS[self.arm.kind] * (1 + batch) // 2
        if self.kind is WorkloadKind.MEMORY:
            return Block((), QUIET, bytes=call_ns)
        if self.kind in (WorkloadKind.LOAD, WorkloadKind.EXPORT):
            return Block((call_ns // 2 if self.arm.tuning.cache is CacheUse.WARM else call_ns,), QUIET, first_ns=(1,))
        self.world.clock.now_s += min_ns / 1e9
        calls = (call_ns,) * max(min_calls, 12)
        return Block(calls, QUIET, items=batch, first_ns=(call_ns // 4,) * len(calls), tokens=4)


class Opened(FakeWorld):
    def side(self, question: Question, metrics: Collection[Metric]) -> SideBySide:
        def open_arm(arm: Arm) -> Timed:
            self.happens("open", arm)
            opened = Timed(self, arm)
            opened.kind = question.metric.workload
            return opened

        opening = Opening(open_arm)
        lineup = Lineup(
            question.arms,
            question.workload,
            opening.open,
            metrics=metrics,
            rng=random.Random(1),  # noqa: S311  (an order of rounds)
            clock=self.clock,
            want_outputs=question.has_outputs,
        )
        return SideBySide(question, lineup, opening, 20.0)


def anything(_arm: Arm, _kind: WorkloadKind) -> None:
    """Take any tuning."""


def no_int8_at_home(arm: Arm) -> None:
    if "int8" in arm.kind:
        raise ArmUnavailableError("There is no INT8 here.", remedy="Go elsewhere.")


def plan(
    *names: str, metric: str = "latency", also: Sequence[str] = ("peak_memory",), model: str = "tiny-gpt2"
) -> LadderPlan:
    spec = resolve(model, shape=None, base=Path())
    arms = [parse_arm(name, "CPU") for name in names]
    return LadderPlan.of(arms, lambda _: None, partial(ask, spec, tunable=anything), metric=metric, also=also)


def keep(record: FigureRecord) -> FigureRecord:
    return record


def climbed(*names: str, metric: str = "latency", also: Sequence[str] = ("peak_memory",)) -> MeasuredLadder:
    record, failures = climb("test_it", plan(*names, metric=metric, also=also), Opened().side)
    assert not failures
    return MeasuredLadder(record, keep, strict=False)


@pytest.mark.parametrize(("model", "metric"), [("tiny-gpt2", Metric.TOKENS_PER_SECOND), ("tiny-bert", Metric.LATENCY)])
def test_a_language_model_is_held_by_its_tokens(model: str, metric: Metric) -> None:
    assert usual_metric(resolve(model, shape=None, base=Path())) is metric


def test_all_that_the_blocks_tell_is_read_off_them() -> None:
    metrics = plan("pytorch-fp32", "genai-int8", metric="ttft").metrics
    assert set(metrics) == {metric for metric in Metric if metric.workload is WorkloadKind.GENERATE}
    assert metrics[0] is Metric.TTFT


def test_further_questions_are_about_the_same_generation() -> None:
    ((further, measured),) = plan("pytorch-fp32", "openvino-int8", metric="ttft").also
    assert further.generation is not None
    assert further.generation.new_tokens == 32
    assert list(measured) == list(further.arms)


def test_a_further_metric_is_measured_of_the_arms_that_have_it_and_once_of_each() -> None:
    ((further, measured),) = plan("pytorch-fp32", "openvino-int8", "openvino-int8[batch=2]", also=["export_time"]).also
    assert further.arms == (parse_arm("openvino-int8", "CPU"),)
    assert [arm.name for arm in measured] == ["openvino-int8", "openvino-int8[batch=2]"]


def test_an_arm_that_cannot_run_here_is_left_out_but_not_the_first() -> None:
    spec = resolve("tiny-bert", shape=None, base=Path())
    arms = [parse_arm(name, "CPU") for name in ("openvino-fp32", "openvino-int8", "openvino-fp32[batch=2]")]
    asking = partial(ask, spec, tunable=anything)
    found = LadderPlan.of(arms, no_int8_at_home, asking, metric="latency", also=())
    assert found.absent == {arms[1]: "There is no INT8 here."}
    assert found.question.arms == (arms[0], arms[2])
    with pytest.raises(ArmUnavailableError, match=r"^There is no INT8 here"):
        LadderPlan.of(arms[1:], no_int8_at_home, asking, metric="latency", also=())
    with pytest.raises(ArmUnavailableError, match=r"None of the arms .* openvino-int8: There is no INT8 here"):
        LadderPlan.of(arms[:2], no_int8_at_home, asking, metric="latency", also=())


def test_a_further_metric_of_the_same_workload_that_the_blocks_do_not_tell_is_measured_too() -> None:
    ladder = climbed("openvino-fp32", "openvino-int8", metric="load_time", also=["cached_load_time"])
    assert float(ladder[1].load_time) == pytest.approx(0.01)
    assert float(ladder[1].cached_load_time) == pytest.approx(0.005)


def test_a_rung_is_called_as_it_was_asked_for_however_it_is_measured() -> None:
    rung = climbed("pytorch-fp32", "openvino-int8", metric="cached_load_time", also=())["openvino-int8"]
    assert float(rung.cached_load_time) == pytest.approx(0.005)
    assert float(rung.factor) == pytest.approx(8.0)
    same = climbed("openvino-int8", "openvino-int8[streams=2]", metric="peak_memory", also=["export_time"])
    assert same.record.rungs[1].arm.name == "openvino-int8[streams=2]"


def test_arms_that_are_one_and_the_same_by_the_metric_are_equal() -> None:
    ladder = climbed("openvino-int8", "openvino-int8[streams=2]", "openvino-fp32", metric="export_time", also=())
    assert float(ladder[1].export_time) == pytest.approx(0.01)
    assert float(ladder[1].factor) == 1.0
    assert float(ladder[2].factor) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("names", "said"),
    [(["openvino-fp32"], "nothing to climb"), (["openvino-fp32", "openvino-int8", "openvino-fp32"], "twice")],
)
def test_a_ladder_that_is_none_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(ArmError, match=said):
        plan(*names)


def test_rungs_are_held_against_the_first_one_by_one_and_at_their_own_batch() -> None:
    ladder = climbed("pytorch-fp32", "pytorch-fp32[batch=3]", "openvino-int8[batch=3]", metric="tokens_per_second")
    top = ladder[-1]
    assert top.batch == 3
    assert float(top.factor) == pytest.approx(6.0)  # three for the price of two, four times as fast
    assert float(top.factor_at_same_batch) == pytest.approx(4.0)
    assert top.factor >= 5.9
    assert float(ladder[0].factor) == 1.0
    assert float(ladder[1].factor_at_same_batch) == 1.0


def test_without_the_reference_at_its_batch_a_rung_is_held_against_the_single_one_only() -> None:
    top = climbed("pytorch-fp32", "openvino-int8[batch=3]", metric="tokens_per_second")[1]
    assert float(top.factor) == pytest.approx(6.0)
    with pytest.raises(ArmError, match=r"No rung of the ladder is pytorch-fp32 at batch 3") as caught:
        assert top.factor_at_same_batch
    assert "pytorch-fp32[batch=3]" in caught.value.remedy


def test_a_rung_that_nothing_can_be_held_against_says_which_would_do() -> None:
    top = climbed("pytorch-fp32[threads=1,batch=3]", "openvino-int8[batch=2]")[1]
    with pytest.raises(ArmError, match=r"No rung of the ladder is pytorch-fp32\[threads=1\] at batch 1 or 2") as caught:
        assert top.factor
    assert '"pytorch-fp32[threads=1,batch=2]"' in caught.value.remedy


@pytest.mark.parametrize(("event", "memory"), [("open", ""), ("block of infer", ""), ("block of memory", "lost")])
def test_an_arm_that_fails_costs_what_it_failed_at_and_the_others_are_measured(event: str, memory: str) -> None:
    world, ours = Opened(), parse_arm("openvino-fp32", "CPU")
    world.failures[(event, ours)] = WorkerDiedError("openvino-fp32 died:\nlong last words", remedy="Look.")
    record, failures = climb("test_it", plan("pytorch-fp32", "openvino-fp32", "openvino-int8"), world.side)
    assert [str(error.seen) for error in failures] == ["openvino-fp32 died:\nlong last words"]
    reference, failed, other = record.rungs
    assert set(reference.figures) == set(other.figures) == {Metric.LATENCY, Metric.PEAK_MEMORY}
    assert other.over_single is not None
    assert other.over_single.ratio == pytest.approx(4.0)
    if memory:
        assert set(failed.figures) == {Metric.LATENCY}
        assert record.notes == ("peak_memory of openvino-fp32 was not measured: openvino-fp32 died",)
    else:
        assert failed.absent == "openvino-fp32 died"
        assert not failed.figures


def test_an_arm_that_turns_out_not_to_be_for_this_machine_is_no_failure() -> None:
    world, ours = Opened(), parse_arm("openvino-fp32", "CPU")
    world.failures[("block of infer", ours)] = ArmUnavailableError("openvino-fp32: none here.", remedy="Go elsewhere.")
    record, failures = climb("test_it", plan("pytorch-fp32", "openvino-fp32", "openvino-int8"), world.side)
    assert record.rungs[1].absent == "openvino-fp32: none here."
    assert not failures


def test_without_its_reference_there_is_no_ladder() -> None:
    world, reference = Opened(), parse_arm("pytorch-fp32", "CPU")
    world.failures[("block of infer", reference)] = WorkerDiedError("pytorch-fp32 died", remedy="Look.")
    with pytest.raises(WorkerDiedError, match="pytorch-fp32 died"):
        climb("test_it", plan("pytorch-fp32", "openvino-int8"), world.side)


def test_a_rung_has_its_figures_by_name() -> None:
    rung = climbed("pytorch-fp32", "openvino-fp32")["openvino-fp32"]
    assert rung.latency <= 0.02
    assert float(rung.latency) == pytest.approx(0.02)
    assert float(rung.peak_memory) == pytest.approx(20e6)
    assert rung.fidelity is not None
    assert rung.fidelity.cosine == pytest.approx(1.0)
    with pytest.raises(ArmError, match="did not measure the load_time of openvino-fp32"):
        assert rung.load_time
    with pytest.raises(ArmError, match="no metric 'lateny'"):
        assert rung.figure("lateny")
    with pytest.raises(UnknownMetricError, match="no metric 'lateny'"):
        assert rung.lateny
    assert not hasattr(rung, "lateny")


def test_rungs_are_found_by_name_and_place() -> None:
    ladder = climbed("pytorch-fp32", "openvino-fp32", "openvino-int8")
    assert [rung.name for rung in ladder] == ["pytorch-fp32", "openvino-fp32", "openvino-int8"]
    assert ladder["openvino-int8"].arm == ladder[2].arm == ladder["openvino-int8 on CPU"].arm
    assert len(ladder) == 3
    with pytest.raises(ArmError, match="no rung 'genai'"):
        assert ladder["genai"].batch == 1


def test_rungs_of_one_name_are_found_by_their_devices() -> None:
    ladder = climbed("openvino-fp32@CPU", "openvino-int8@CPU", "openvino-int8@GPU")
    assert ladder["openvino-int8@GPU"].arm.device == "GPU"
    assert ladder["openvino-int8@CPU"].arm.device == "CPU"
    with pytest.raises(ArmError, match="no rung") as caught:
        assert ladder["openvino-int8@NPU"].batch == 1
    assert "openvino-int8@GPU" in caught.value.remedy


def test_the_record_is_one_ladder_from_the_reference_upwards() -> None:
    record = climbed("pytorch-fp32", "openvino-int8").record
    assert record.reference == parse_arm("pytorch-fp32", "CPU")
    assert [rung.arm.name for rung in record.rungs] == ["pytorch-fp32", "openvino-int8"]
    assert set(record.rungs[1].figures) == {Metric.LATENCY, Metric.PEAK_MEMORY}
    assert record.rungs[0].over_single is None
    assert record.launches == 2
