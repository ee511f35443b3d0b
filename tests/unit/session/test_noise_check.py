"""The check of one's own machine, with arms that take no time and a clock that moves only when one is timed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.errors import (
    DeviceAbsentError,
    DeviceError,
    ExtraMissingError,
    ModelError,
    SettingsError,
    WorkerDiedError,
)
from pytest_ovperf.hardware.thermal import HeatReading
from pytest_ovperf.records import Block, Interference, Launch, Round, Trace
from pytest_ovperf.reports.live import LiveLine
from pytest_ovperf.session import noise_check
from pytest_ovperf.session.noise_check import NoiseQuestion, check_noise, contenders, interference_of
from pytest_ovperf.trial.watcher import SilentWatcher
from pytest_ovperf.verdict.race import CountingWatcher
from tests.unit.session.noise_fakes import MACHINE, NOTHING, OURS, THEIRS, NoisyWorld, measure
from tests.unit.trial.trial_fakes import COMPARISON, FACTS

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.reports.noise_findings import NoiseFindings


def test_an_artefact_is_raced_against_itself_for_the_stated_time() -> None:
    findings = measure(NoisyWorld(), 60.0)
    (pair,) = findings.pairs
    assert pair.identical
    assert 60.0 - pair.launch_seconds - 1.0 < findings.spent_s <= 60.0
    assert pair.launches == int(60.0 / pair.launch_seconds)


def test_both_arms_of_a_launch_are_processes_of_their_own_and_all_are_closed() -> None:
    world = NoisyWorld()
    findings = measure(world, 60.0)
    assert not world.open
    assert world.events.count(("close", OURS)) == 2 * findings.pairs[0].launches


def test_the_noise_and_what_follows_from_it_is_found() -> None:
    (pair,) = measure(NoisyWorld(), 120.0).pairs
    assert pair.known is not None
    assert pair.known.noise.launch_sd == pytest.approx(0.014, rel=0.5)  # two arms of 1 % each
    assert pair.known.noise.low < pair.known.noise.launch_sd < pair.known.noise.high
    assert pair.known.in_budget.launches <= 20.0 / pair.launch_seconds
    assert pair.known.in_full.launches == 8
    assert pair.check is not None
    assert pair.check.speedup.low < 1.0 < pair.check.speedup.high


def test_pytorch_gets_a_share_of_the_time_and_both_see_all_of_it() -> None:
    world = NoisyWorld()
    findings = measure(world, 120.0, pytorch=True)
    itself, pytorch = findings.pairs
    assert (itself.identical, pytorch.identical) == (True, False)
    assert pytorch.check is None
    share = pytorch.launches * pytorch.launch_seconds / findings.spent_s
    assert share == pytest.approx(0.4, abs=0.1)
    opened = [arm for event, arm in world.events if event == "loaded"]
    assert THEIRS in opened[:6]
    assert THEIRS in opened[-10:]


def test_pytorch_is_left_out_where_there_is_no_time_for_it_and_the_time_needed_is_named() -> None:
    findings = measure(NoisyWorld(), 12.0, pytorch=True)
    assert len(findings.pairs) == 1
    (sentence,) = findings.left_out
    assert sentence.startswith("openvino-fp32 over pytorch-fp32 was left out: 12 s are too short for it.")
    needed = float(sentence.partition("--seconds=")[2].split()[0])
    assert len(measure(NoisyWorld(), needed, pytorch=True).pairs) == 2


def test_an_arm_of_pytorch_that_fails_costs_only_its_pair() -> None:
    world = NoisyWorld()
    world.failures["loaded", THEIRS] = WorkerDiedError("pytorch-fp32 ended.", remedy="Reinstall it.")
    findings = measure(world, 60.0, pytorch=True)
    assert [pair.identical for pair in findings.pairs] == [True]
    assert "pytorch-fp32 ended" in findings.left_out[0]
    assert findings.spent_s > 50.0


def test_an_openvino_arm_that_fails_is_the_error() -> None:
    world = NoisyWorld()
    world.failures["loaded", OURS] = WorkerDiedError("openvino-fp32 ended.", remedy="Reinstall it.")
    with pytest.raises(WorkerDiedError):
        measure(world, 60.0)
    assert not world.open


def test_a_time_too_short_for_this_machine_is_told_after_one_launch_with_the_time_needed() -> None:
    world = NoisyWorld(start_s=10.0)
    with pytest.raises(SettingsError, match=r"a launch takes 1\d\.\d s on this machine") as caught:
        measure(world, 20.0)
    assert world.events.count(("loaded", OURS)) == 2
    needed = float(caught.value.remedy.partition("--seconds=")[2].split()[0])
    assert measure(NoisyWorld(start_s=10.0), needed).pairs[0].launches == 2


def test_an_interruption_keeps_what_is_known_and_leaves_no_process() -> None:
    world = NoisyWorld()
    world.interrupt_at = lambda: world.clock.now_s > 30.0
    findings = measure(world, 60.0)
    assert findings.interrupted
    assert not world.open
    assert findings.pairs[0].known is not None


def test_an_interruption_in_the_first_launch_knows_nothing() -> None:
    world = NoisyWorld()
    world.interrupt_at = lambda: True
    findings = measure(world, 60.0)
    assert (findings.interrupted, findings.pairs) == (True, ())


def test_after_one_launch_the_noise_is_unknown() -> None:
    world = NoisyWorld()
    world.interrupt_at = lambda: world.clock.now_s > 6.0
    (pair,) = measure(world, 60.0).pairs
    assert (pair.launches, pair.known, pair.check) == (1, None, None)


@pytest.mark.parametrize(("seconds", "enough"), [(12.0, False), (120.0, True)])
def test_few_launches_ask_for_a_time_that_gives_enough(seconds: float, enough: bool) -> None:  # noqa: FBT001
    findings = measure(NoisyWorld(), seconds)
    assert (findings.telling_s == 0.0) is enough
    assert measure(NoisyWorld(), findings.telling_s or seconds).pairs[0].launches >= 6


def test_conditions_are_read_before_and_after() -> None:
    before = replace(NOTHING, heat=HeatReading(throttled=1))
    after = replace(NOTHING, heat=HeatReading(throttled=3))
    findings = measure(NoisyWorld(), 20.0, readings=[before, after])
    (throttling,) = [each for each in findings.conditions if each.name == "thermal throttling"]
    assert throttling.values == {"during": 2, "since_boot": 3}


def test_what_was_seen_beside_each_block_is_gathered() -> None:
    seen, nobody = Block((1,), Interference(1, 0, 0, 0)), Block((1,))
    launch = Launch(FACTS, FACTS, (Round(seen, nobody, candidate_first=True),), 0.0, 1.0)
    assert len(interference_of(Trace(COMPARISON, (launch, launch)))) == 2


# Who races


def test_openvino_and_pytorch_race_in_fp32_where_the_device_has_it() -> None:
    assert contenders("CPU", MACHINE) == (OURS, THEIRS, ())
    ours, _, _ = contenders("NPU", MACHINE)
    assert ours.name == "openvino"
    assert contenders("AUTO:NPU,CPU", MACHINE)[0].name == "openvino"


@pytest.mark.parametrize(
    ("installed", "why"),
    [({"torch": "2"}, "transformers is not installed"), ({}, "PyTorch is not installed")],
)
def test_without_pytorch_its_pair_is_left_out(installed: dict[str, str], why: str) -> None:
    _, theirs, (sentence,) = contenders("CPU", replace(MACHINE, versions=installed))
    assert theirs is None
    assert why in sentence


# What is wrong is told before anything is measured


class Terminal:
    width, column, encoding, rewritable = 80, 0, "utf-8", False

    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str, /) -> None:
        self.written += text


def check(folder: Path, **question: Any) -> NoiseFindings:  # noqa: ANN401  (fields of a question)
    asked = NoiseQuestion(60.0, "tiny-bert", "CPU", folder / "cache", folder)
    return check_noise(replace(asked, **question), LiveLine(Terminal()))


@pytest.fixture
def no_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise_check, "read_machine", lambda: MACHINE)


@pytest.mark.usefixtures("no_probe")
@pytest.mark.parametrize(
    ("question", "kind", "says"),
    [
        ({"seconds": 1.0}, SettingsError, "--seconds=1 is too short"),
        ({"model": "mobilnet_v2"}, ModelError, "There is no model 'mobilnet_v2'"),
        ({"device": "CPU,GPU"}, DeviceError, "one device is checked at a time"),
        ({"device": "all"}, DeviceError, "one device is checked at a time"),
        ({"device": "TPU"}, DeviceError, "TPU"),
        ({"device": "GPU"}, DeviceAbsentError, "there is no GPU here"),
    ],
)
def test_wrong_input_is_told_at_once(
    tmp_path: Path, question: dict[str, object], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        check(tmp_path, **question)
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("no_probe")
def test_a_missing_extra_is_told_when_the_model_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object) -> None:
        raise ExtraMissingError.of("torch", "all", "Building the weights of tiny-bert")

    monkeypatch.setattr(noise_check, "build_in_worker", build)
    with pytest.raises(ExtraMissingError, match="'torch', which is not installed"):
        check(tmp_path)


# On the way


class Ear(SilentWatcher):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def launch_started(self, number: int, planned: int, /) -> None:
        self.heard.append((number, planned))

    def warming(self, arm: Arm, /) -> None:
        self.heard.append(arm)

    def round_done(self, launch: int, round_: int, rounds: int, running_ratio: float | None, /) -> None:
        self.heard.append((launch, round_, rounds, running_ratio))

    def launch_done(self, number: int, /) -> None:
        self.heard.append(number)


def test_launches_of_all_pairs_are_counted_as_one_measurement() -> None:
    ear, between = Ear(), []
    watch = CountingWatcher(ear, lambda: between.append("looked"))
    watch.planned = lambda: 5
    watch.launch_started(1, 8)
    watch.warming(OURS)
    watch.launch_started(1, 8)
    watch.round_done(1, 3, 10, 1.02)
    watch.launch_done(1)
    assert ear.heard == [(1, 5), OURS, (2, 5), (2, 3, 10, 1.02), 2]
    assert between == ["looked"]
