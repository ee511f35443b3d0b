"""A check of one's own machine: an artefact raced against itself, just as comparisons are measured.

Whatever differs between two processes with the same model is noise, so that is what it reads off: how large the noise
is, what could be found in spite of it, and what makes it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil

from pytest_ovperf.arms import Comparison, parse_arm
from pytest_ovperf.errors import DeviceError
from pytest_ovperf.hardware import devices as device_rules
from pytest_ovperf.hardware.conditions import read_conditions, standing_conditions
from pytest_ovperf.hardware.disturbers import disturbances
from pytest_ovperf.hardware.probe import read_machine
from pytest_ovperf.hardware.processes import ProcessLedger
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.reports.noise_findings import NoiseFindings, PairFindings, PairKnown
from pytest_ovperf.settings import DEFAULT_BUDGET_S
from pytest_ovperf.stats.disturbance import is_disturbed
from pytest_ovperf.stats.machine_noise import detectable, pair_noise, self_check, serving_tolerance
from pytest_ovperf.stats.sequential import LOOKS
from pytest_ovperf.stats.steadiness import flags_of
from pytest_ovperf.trial.run import SystemClock, Trial
from pytest_ovperf.verdict.race import FEWEST, CountingWatcher, Race, Runner, check_seconds

from .arms import Arms, build_in_worker
from .turns import OneAtATime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.hardware.conditions import Readings
    from pytest_ovperf.hardware.probe import Machine
    from pytest_ovperf.models.jobs import BuildJob
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.records import Interference, Trace
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.trial.run import ArmProcess, Clock
    from pytest_ovperf.trial.watcher import Watcher

#: How the time is shared between an artefact against itself and OpenVINO against PyTorch.
_SHARE_OF_SELF = 0.6
_SHARE_OF_PYTORCH = 0.4

#: With fewer launches than this, a standard deviation is known to a factor of three at best.
_TELLING = 6

#: What is asked for beyond what so many launches took this time.
_RESERVE = 1.1

_PYTORCH = ("torch", "transformers")


@dataclass(frozen=True, slots=True)
class NoiseQuestion:
    """What was asked: how many ``seconds``, of which model, on which device expression."""

    seconds: float
    model: str
    device: str
    cache_dir: Path
    base: Path


def check_noise(question: NoiseQuestion, live: LiveLine) -> NoiseFindings:
    """Race an artefact against itself, and OpenVINO against PyTorch where there is one, and return what was found.

    Ctrl-C during the race ends it early, with what is known by then. Raises `SettingsError` for too short a time,
    `ModelError`, `DeviceError`, `DeviceAbsentError`, `CacheError` and `ExtraMissingError` before anything is measured,
    and whatever an OpenVINO arm raises.
    """
    check_seconds(question.seconds)
    spec = resolve(question.model, shape=None, base=question.base)
    device = _one_device(question.device)
    cache = ArtefactCache(question.cache_dir)
    machine = read_machine()
    device_rules.require(device, machine.devices)
    cache.check_writable()
    turns = OneAtATime(question.cache_dir, live.note)

    def build(job: BuildJob, target: Path) -> None:
        with turns.measuring():
            build_in_worker(job, target, live.note)

    arms = Arms(ModelLibrary(cache, build, live.note), machine.profile.physical_cores, turns.measuring)
    ours, theirs, left_out = contenders(device, machine)
    settled, requests = arms.prepare(spec, ours, *((theirs,) if theirs else ()))
    live.begin(f"noise of this machine, {settled.name} on {device}", question.seconds)
    measurement = Measurement(
        question,
        machine,
        settled,
        open_arm=lambda arm: arms.open(requests[arm], arm),
        watch=live,
    )
    try:
        with turns.measuring():
            return measurement.run(ours, theirs, left_out)
    finally:
        live.end()


def contenders(device: str, machine: Machine) -> tuple[Arm, Arm | None, tuple[str, ...]]:
    """Return the OpenVINO arm for ``device``, a PyTorch arm if there is one, and why there is none.

    The arm is in FP32 where the device has that, and in the device's own choice elsewhere.
    """
    names = device_rules.base_devices(device)
    found = [device_rules.find(name, machine.devices) for name in names]
    plain = all("FP32" in each.capabilities for each in found if each.available)
    ours = parse_arm("openvino-fp32" if plain else "openvino", device)
    missing = [package for package in _PYTORCH if package not in machine.versions]
    if missing:
        why = f"{', '.join(missing)} is not installed" if len(missing) == 1 else "PyTorch is not installed"
        return ours, None, (f'{ours.name} over pytorch-fp32 was left out: {why}. pip install "pytest-ovperf[all]"',)
    return ours, parse_arm("pytorch-fp32", device), ()


def _one_device(text: str) -> str:
    expressions = device_rules.parse_devices(text)
    if len(expressions) != 1 or device_rules.ALL in expressions:
        raise DeviceError(
            f"The noise of one device is checked at a time, and {text!r} is not one.",
            remedy="Name one: --ov-device=CPU.",
        )
    return expressions[0]


class Measurement:
    """One check as it is measured. All that touches the world can be replaced."""

    def __init__(  # noqa: PLR0913  (what touches the world is handed in)
        self,
        question: NoiseQuestion,
        machine: Machine,
        spec: ModelSpec,
        *,
        open_arm: Callable[[Arm], ArmProcess],
        watch: Watcher,
        clock: Clock | None = None,
        read: Callable[[], Readings] = read_conditions,
        ledger: ProcessLedger | None = None,
    ) -> None:
        self._question = question
        self._machine = machine
        self._spec = spec
        self._open_arm = open_arm
        self._clock: Clock = SystemClock() if clock is None else clock
        self._read = read
        self._ledger = ledger or ProcessLedger()
        self._watch = CountingWatcher(watch, self._ledger.now_and_then)

    def run(self, ours: Arm, theirs: Arm | None, left_out: Sequence[str] = ()) -> NoiseFindings:
        """Race ``ours`` against itself, and over ``theirs`` if there is one, and return what was found."""
        first = Runner(self._trial(ours, ours), _SHARE_OF_SELF)
        second = None if theirs is None else Runner(self._trial(ours, theirs), _SHARE_OF_PYTORCH)
        race = Race(first, second, seconds=self._question.seconds, clock=self._clock, between=self._ledger.sample)
        self._watch.planned = race.planned
        started_unix = self._clock.unix_s()
        before = self._read()
        self._ledger.sample()
        spent_s = race.run()
        after = self._read()
        self._ledger.sample()
        runners = [runner for runner in (first, second) if runner is not None and runner.launches]
        return NoiseFindings(
            model=self._spec.name,
            device=ours.device,
            machine=self._machine.profile.brand,
            profile=self._machine.profile.slug,
            versions=self._machine.versions,
            started=datetime.fromtimestamp(started_unix, UTC).astimezone().isoformat(timespec="seconds"),
            asked_s=self._question.seconds,
            spent_s=spent_s,
            budget_s=DEFAULT_BUDGET_S,
            telling_s=telling_s(runners),
            interrupted=race.interrupted,
            pairs=tuple(findings_of(runner.trace) for runner in runners),
            left_out=(*left_out, *race.left_out),
            disturbances=disturbances(
                [seen for runner in runners for seen in interference_of(runner.trace)],
                self._ledger.offenders(),
                cpus=psutil.cpu_count() or 1,
                seconds=spent_s,
            ),
            conditions=standing_conditions(before, after, profile=self._machine.profile, seconds=spent_s),
        )

    def _trial(self, candidate: Arm, reference: Arm) -> Trial:
        workload = Workload(WorkloadKind.INFER, self._spec.shapes)
        comparison = Comparison(self._spec.name, candidate, reference, Metric.LATENCY, workload)
        return Trial(
            comparison,
            self._open_arm,
            rng=random.Random(str(comparison)),  # noqa: S311  (an order of turns; the same in every run, for replay)
            planned=LOOKS[-1],
            clock=self._clock,
            watch=self._watch,
        )


def telling_s(runners: Sequence[Runner]) -> float:
    """Return the seconds in which each pair would make launches enough to tell their spread; 0 if all have them."""
    if all(len(runner.launches) >= _TELLING for runner in runners):
        return 0.0
    shares = sum(runner.share for runner in runners)
    return max(_TELLING * runner.cost_s * shares / runner.share for runner in runners) * _RESERVE


def findings_of(trace: Trace) -> PairFindings:
    """Return what the launches of one pair say; of fewer than an estimate needs, hardly anything."""
    comparison, launches = trace.comparison, trace.launches
    rounds = [round_ for launch in launches for round_ in launch.rounds]
    launch_s = sum(launch.seconds for launch in launches) / len(launches)
    known = _known(trace, launch_s) if len(launches) >= FEWEST else None
    return PairFindings(
        comparison=comparison,
        launches=len(launches),
        launch_seconds=launch_s,
        rounds=len(rounds),
        disturbed=sum(map(is_disturbed, rounds)),
        known=known,
        check=self_check(trace) if known and comparison.candidate == comparison.reference else None,
        flags=flags_of(comparison, launches),
    )


def _known(trace: Trace, launch_s: float) -> PairKnown:
    noise = pair_noise(trace)
    affordable = max((look for look in LOOKS if look * launch_s <= DEFAULT_BUDGET_S), default=FEWEST)
    return PairKnown(
        noise, detectable(noise, affordable), detectable(noise, LOOKS[-1]), serving_tolerance(noise, affordable)
    )


def interference_of(trace: Trace) -> list[Interference]:
    """Return what was seen beside each block of a trace, where somebody looked."""
    blocks = (
        block for launch in trace.launches for each in launch.rounds for block in (each.candidate, each.reference)
    )
    return [block.interference for block in blocks if block.interference is not None]
