"""Live races, with arms that take no time."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from benchmarks.detection.live import Session
from benchmarks.detection.live_records import read_races
from benchmarks.detection.rules import Plan
from benchmarks.detection.scenarios import FP32, INT8, SCENARIOS, Contender, Model, NotHereError, Scenario
from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import ArmFacts, Block
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.hardware.probe import Machine

REQUEST = request_of("openvino-fp32", ir=Path("fp32.xml"))
INT8_REQUEST = replace(REQUEST, precision=Precision.INT8, ir=Path("int8.xml"))
MACHINE = cast("Machine", SimpleNamespace(profile=SimpleNamespace(slug="here"), versions={"openvino": "1"}))
PLAN = Plan(stored=4, looks=(2, 4), comparisons=1)


class PretendArm:
    """An arm whose calls take ten milliseconds, and as much more as it is slowed by."""

    def __init__(self, contender: Contender) -> None:
        self._contender = contender

    def loaded(self) -> ArmFacts:
        return ArmFacts("f32", ("CPU",), self._contender.request.threads, 1, {})

    def block(self, min_ns: int, min_calls: int) -> Block:  # noqa: ARG002  (as an arm's)
        return Block((round(10_000_000 * (1 + self._contender.slowed)),) * min_calls)

    def outputs(self) -> dict[str, Any]:
        return {"out": np.ones(1)}

    def close(self) -> None:
        pass


def pretend(contender: Contender) -> PretendArm:
    return PretendArm(contender)


def no_build(_command: list[str], **_: object) -> SimpleNamespace:
    return SimpleNamespace(returncode=1, stdout="", stderr="no such layer")


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return Model("made", {FP32: REQUEST, INT8: INT8_REQUEST}, tmp_path)


@pytest.fixture
def race(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: Model) -> Callable[..., Path]:
    """Race for so many looks at the clock; the first race is reckoned with a minute, later ones with nothing."""

    def run(*names: str, looks: int = 5, start: Callable[[Contender], PretendArm] = pretend) -> Path:
        monkeypatch.setattr(Contender, "start", start)
        monkeypatch.setattr("subprocess.run", no_build)
        clock = count(step=10)
        path = tmp_path / "live.jsonl"
        session = Session(path, [model], PLAN, load="quiet", machine=MACHINE, clock=lambda: float(next(clock)))
        session.run(60.0 + 10 * looks, names)
        return path

    return run


def test_equal_arms_are_called_the_same_and_the_race_is_kept(race: Callable[..., Path]) -> None:
    kept = read_races(race("identical"))
    assert kept
    assert {each.finding for each in kept} == {"same"}
    assert (kept[0].model, kept[0].machine, kept[0].launches) == ("made", "here", 2)
    assert kept[0].log_ratios == (0.0, 0.0)


def test_a_slowed_candidate_is_called_slower_once_it_was_measured_again(race: Callable[..., Path]) -> None:
    kept = [each for each in read_races(race("busy-wait", looks=9)) if each.share == 0.2]
    assert {each.finding for each in kept} == {"slower"}
    assert kept[0].launches == 6
    assert kept[0].log_ratios == pytest.approx([-np.log(1.2)] * 6, abs=1e-5)


def test_what_has_been_raced_least_by_its_weight_comes_next(race: Callable[..., Path]) -> None:
    kept = read_races(race(looks=40))
    times = [sum(each.scenario == name for each in kept) for name in ("identical", "one thread less")]
    assert times[0] >= 2 * times[1] > 0


def test_sessions_add_up(race: Callable[..., Path]) -> None:
    once = len(read_races(race("identical")))
    assert len(read_races(race("identical"))) > once


def test_a_scenario_that_fails_is_left_out_and_the_others_go_on(
    race: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def start(contender: Contender) -> PretendArm:
        if contender.request.threads == 1:
            raise MeasurementError("one thread is not enough", remedy="Take two.")
        return PretendArm(contender)

    kept = read_races(race("one thread less", "identical", looks=12, start=start))
    assert {each.scenario for each in kept} == {"identical"}
    assert "one thread is not enough" in capsys.readouterr().out


def scenario(name: str, share: float = 0.0) -> Scenario:
    return next(each for each in SCENARIOS if (each.name, each.share) == (name, share))


def test_the_real_slow_downs_differ_in_one_thing(model: Model) -> None:
    candidate, reference = scenario("one thread less").sides(model)
    assert (candidate.request.threads, reference.request.threads) == (1, 2)
    candidate, reference = scenario("FP32 served for INT8").sides(model)
    assert (candidate.arm, candidate.request.ir) == (INT8, REQUEST.ir)
    assert (reference.arm, reference.request.ir) == (INT8, INT8_REQUEST.ir)
    candidate, reference = scenario("busy-wait", 0.05).sides(model)
    assert (candidate.slowed, reference.slowed) == (0.05, 0.0)
    candidate, reference = scenario("reference slowed 10 %").sides(model)
    assert (candidate.slowed, reference.slowed) == (0.0, 0.1)


def test_layers_are_added_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    longer = model.folder / "made-extra-layer.xml"
    commands: list[list[str]] = []

    def build(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        longer.touch()
        return SimpleNamespace(returncode=0, stdout="{}", stderr="")

    monkeypatch.setattr("subprocess.run", build)
    for _ in range(2):
        candidate, reference = scenario("extra layers").sides(model)
    assert (candidate.request.ir, reference.request.ir) == (longer, REQUEST.ir)
    assert len(commands) == 1


def test_layers_that_cannot_be_added_leave_no_file(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    longer = model.folder / "made-extra-layer.xml"

    def fail(command: list[str], **_: object) -> SimpleNamespace:
        longer.touch()
        return no_build(command)

    monkeypatch.setattr("subprocess.run", fail)
    with pytest.raises(NotHereError, match="no such layer"):
        scenario("extra layers").sides(model)
    assert not longer.exists()


def test_one_core_has_no_thread_to_spare(model: Model) -> None:
    lone = replace(model, requests={FP32: replace(REQUEST, threads=1)})
    with pytest.raises(NotHereError):
        scenario("one thread less").sides(lone)
