"""Races of real arms in real workers, as the package measures and judges them, for a stated time.

Each race is added to the file as it ends, so that sessions of any length add up to one set. What is raced next is what
has been raced least so far. A suspicion is measured again after the next race, as a run measures it again after other
tests.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import random
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.prepared import arms_in, model_named
from benchmarks.record import neighbour
from pytest_ovperf.arms import Comparison
from pytest_ovperf.errors import OvperfError
from pytest_ovperf.hardware.probe import read_machine
from pytest_ovperf.hooks.cache_dir import default_cache_dir
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import Verdict, VerdictKind
from pytest_ovperf.stats.judge import is_beyond, is_suspect, judge_race
from pytest_ovperf.stats.noise import RACE
from pytest_ovperf.trial.run import Trial
from pytest_ovperf.verdict.measured import Measuring

from .live_records import LiveRace, append_race, read_races
from .rules.ours import finding_of
from .scenarios import FP32, INT8, SCENARIOS, Contender, Model, NotHereError, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.hardware.probe import Machine
    from pytest_ovperf.records import Speedup
    from pytest_ovperf.session.arms import Arms
    from pytest_ovperf.worker.arm import ArmWorker

    from .rules import Plan

#: What a race is reckoned with before there was one.
_FIRST_GUESS_S = 60.0


@dataclass(slots=True)
class Race:
    """One race as it is run. ``first`` is what the planned looks said."""

    model: Model
    scenario: Scenario
    measuring: Measuring
    started_unix: float
    first: Verdict | None = None
    first_s: float = 0.0

    def run(self, plan: Plan) -> bool:
        """Measure to the end of the planned looks; tell whether what they said has to be measured again."""
        self.first = self.measuring.decide(lambda speedup, rate: self._judge(plan, speedup, rate))
        self.first_s = self.measuring.seconds
        suspected = is_suspect(self.first) and plan.confirming > 0
        if suspected:
            self.measuring.set_aside()
        return suspected

    def confirm(self, plan: Plan) -> VerdictKind:
        """Measure as much again, and return what becomes of the suspicion."""
        verdict, later = self.measuring.confirm(lambda speedup, rate: self._judge(plan, speedup, rate))
        if verdict.kind is VerdictKind.REGRESSED and not is_beyond(later):
            return VerdictKind.INCONCLUSIVE
        return verdict.kind

    def _judge(self, plan: Plan, speedup: Speedup, error_rate: float) -> Verdict:
        tolerance = RACE.tolerance if plan.race_tolerance is None else plan.race_tolerance
        return judge_race(speedup, noise=RACE, tolerance=tolerance, error_rate=error_rate)


class Session:
    """One session of races."""

    def __init__(  # noqa: PLR0913  (what touches the world is handed in)
        self,
        path: Path,
        models: Sequence[Model],
        plan: Plan,
        *,
        load: str,
        machine: Machine,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the file, what is raced and how, and a clock in seconds."""
        self._path = path
        self._models = models
        self._plan = plan
        self._load = load
        self._machine = machine
        self._clock = clock
        self._refused: set[tuple[str, Scenario]] = set()
        self._suspected: list[Race] = []

    def run(self, seconds: float, only: Sequence[str] | None) -> None:
        """Race until the time is up; a race is begun only if it is likely to end in time.

        A suspicion is measured again even beyond that: a set without its suspicions would be a better one than was
        seen.
        """
        wanted = [scenario for scenario in SCENARIOS if not only or scenario.name in only]
        until = self._clock() + seconds
        while self._clock() + self._expected_s() <= until:
            chosen = self._next(wanted)
            if chosen is None:
                break
            pending, self._suspected = self._suspected, []
            self._race(*chosen)
            for race in pending:
                self._confirm(race)
        for race in self._suspected:
            self._confirm(race)

    def _next(self, wanted: Sequence[Scenario]) -> tuple[Model, Scenario] | None:
        """Return what has been raced least so far, by its weight."""
        done = read_races(self._path)
        pending = [(race.model.name, race.scenario.name, race.scenario.share) for race in self._suspected]

        def raced(model: Model, scenario: Scenario) -> float:
            key = (model.name, scenario.name, scenario.share)
            made = sum((race.model, race.scenario, race.share) == key and race.load == self._load for race in done)
            return (made + pending.count(key)) / scenario.weight

        left = [
            pair for pair in itertools.product(self._models, wanted) if (pair[0].name, pair[1]) not in self._refused
        ]
        return min(left, key=lambda pair: raced(*pair), default=None)

    def _expected_s(self) -> float:
        """Return what the next race is likely to take, and the suspicions that have to be confirmed."""
        times = [race.seconds for race in read_races(self._path) if race.load == self._load]
        typical = median(times) if times else _FIRST_GUESS_S
        return typical + 2 * sum(race.first_s for race in self._suspected)

    def _race(self, model: Model, scenario: Scenario) -> None:
        try:
            race = self._opened(model, scenario)
            if race.run(self._plan):
                self._suspected.append(race)
            elif race.first is not None:
                self._record(race, race.first.kind)
        except (OvperfError, NotHereError) as error:
            self._refused.add((model.name, scenario))
            print(f"{model.name}, {scenario.name}: left out of this session. {error}", flush=True)

    def _confirm(self, race: Race) -> None:
        try:
            self._record(race, race.confirm(self._plan))
        except OvperfError as error:
            print(f"{race.model.name}, {race.scenario.name}: could not be measured again. {error}", flush=True)

    def _opened(self, model: Model, scenario: Scenario) -> Race:
        candidate, reference = scenario.sides(model)
        turns: Iterator[Contender] = itertools.cycle((candidate, reference))

        def open_arm(_arm: Arm) -> ArmWorker:
            # A trial opens its candidate first; the arms may well be equal.
            return next(turns).start()

        comparison = Comparison(
            model.name, candidate.arm, reference.arm, Metric.LATENCY, Workload(WorkloadKind.INFER, {})
        )
        plan = self._plan.look_plan
        trial = Trial(comparison, open_arm, rng=random.Random(), planned=plan.most)  # noqa: S311  (an order of turns)
        measuring = Measuring(trial, lambda: plan, math.inf, contextlib.nullcontext)
        return Race(model, scenario, measuring, time.time())

    def _record(self, race: Race, kind: VerdictKind) -> None:
        launches = race.measuring.launches
        done = LiveRace(
            model=race.model.name,
            scenario=race.scenario.name,
            share=race.scenario.share,
            load=self._load,
            finding=finding_of(kind),
            launches=len(launches),
            seconds=round(race.measuring.seconds, 2),
            first_s=round(race.first_s, 2),
            log_ratios=tuple(round(value, 6) for value in race.measuring.speedup.log_ratios),
            started_unix=round(race.started_unix, 1),
            machine=self._machine.profile.slug,
            versions={name: self._machine.versions[name] for name in ("openvino",) if name in self._machine.versions},
        )
        append_race(self._path, done)
        print(
            f"{done.model}, {done.scenario} {done.share:.0%}: {done.finding} after {done.launches} launches, "
            f"{done.seconds:.0f} s ({done.first_s:.0f} s), ratio {race.measuring.speedup.ratio:.3f}",
            flush=True,
        )


def run_session(  # noqa: PLR0913  (what the command line says)
    path: Path,
    models: Sequence[str],
    *,
    plan: Plan,
    seconds: float,
    with_neighbour: bool,
    only: Sequence[str] | None,
    cache: Path | None,
) -> None:
    """Race these models for so long. Preparing them counts."""
    started = time.monotonic()
    cache = cache or default_cache_dir()
    machine = read_machine()
    arms = arms_in(cache, machine.profile.physical_cores)
    prepared = [_model(arms, name, cache) for name in models]
    load = "neighbour" if with_neighbour else "quiet"
    with neighbour(wanted=with_neighbour):
        Session(path, prepared, plan, load=load, machine=machine).run(seconds - (time.monotonic() - started), only)


def _model(arms: Arms, name: str, cache: Path) -> Model:
    return Model(name, arms.prepare(model_named(name), FP32, INT8)[1], cache / "detection")
