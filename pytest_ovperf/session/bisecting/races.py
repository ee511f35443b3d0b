"""The races of a search: two releases in one trial, turn by turn, until it is sure or the time is spent."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import Trace, VerdictKind
from pytest_ovperf.reports.bisect_findings import ReleaseRace, Standing
from pytest_ovperf.stats import fidelity
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.stats.judge import is_beyond, is_suspect, judge_race
from pytest_ovperf.stats.noise import noise_of
from pytest_ovperf.stats.sequential import LOOKS, LookPlan, share_of_judgement
from pytest_ovperf.stats.steadiness import flags_of
from pytest_ovperf.trial.run import Trial
from pytest_ovperf.verdict.measured import Measuring
from pytest_ovperf.verdict.rows import ALIKE

from .state import KeptRace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pytest_ovperf.arms import Arm, Comparison
    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.records import Speedup, Verdict
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.trial.run import ArmProcess

    from .state import BisectState

#: A search goes on looking where a run of the tests would leave a result open, and begins later, since an early
#: all-clear is never measured again: everything that follows depends on each result.
SEARCH_LOOKS = (*LOOKS[1:], 12, 16)

#: The first of these looks is to come within this share of a race's time.
_SHARE_OF_FIRST_LOOK = 0.25


@dataclass(frozen=True, slots=True)
class Rule:
    """How each race is judged: the loss let pass, the error rate that it may spend, and its time in seconds."""

    tolerance: float
    error_rate: float
    budget_s: float


class Races:
    """Races releases against each other, and keeps each launch in ``state``.

    ``comparison`` is of the arm with any two releases. ``environment`` returns that of a release, which may have to be
    made first; ``open_arm`` starts the arm of one that has been returned. ``alone`` is held while a launch is measured,
    and ``archive`` is given the raw times of each race that is over. ``has_outputs`` tells whether arms have outputs.
    """

    def __init__(  # noqa: PLR0913  (all that touches the world is handed in)
        self,
        comparison: Comparison,
        rule: Rule,
        *,
        environment: Callable[[str], Environment],
        open_arm: Callable[[Arm], ArmProcess],
        state: BisectState,
        live: LiveLine,
        alone: Callable[[], AbstractContextManager[None]],
        archive: Callable[[str, Trace], object],
        has_outputs: bool = False,
    ) -> None:
        self._comparison = comparison
        self._rule = rule
        self._environment = environment
        self._open_arm = open_arm
        self._state = state
        self._live = live
        self._alone = alone
        self._archive = archive
        self._has_outputs = has_outputs

    def race(self, new: str, old: str) -> ReleaseRace:
        """Return the race of two releases: what is kept of it, and what it takes beyond that.

        One that was not sure is measured on. Raises what making an environment, loading or timing an arm there does.
        """
        builds = [self._environment(release).versions["openvino"] for release in (new, old)]
        kept = self._state.race(new, old)
        if kept is None or not _is_of(kept.trace, builds):  # that environment may have another build by now
            kept = KeptRace(Trace(self._between(new, old), ()))
        if kept.verdict is not None and kept.budget <= self._rule.error_rate:
            told = _told(new, old, kept, kept.verdict, earlier=len(kept.trace.launches))
            if told.standing is not Standing.UNSURE:
                return told
        asked = kept.trace.comparison
        self._live.begin(f"OpenVINO {new} over {old}, {asked.metric} of {asked.model}", self._rule.budget_s)
        try:
            done, verdict = self._measured(new, old, kept)
        finally:
            self._live.end()
        self._state.keep(new, old, done)
        self._archive(f"bisect-{new}-over-{old}", done.trace)
        return _told(new, old, done, verdict, earlier=len(kept.trace.launches))

    def _measured(self, new: str, old: str, kept: KeptRace) -> tuple[KeptRace, Verdict]:
        """Measure on from what is kept, and return all of it with its verdict."""
        rule, launches = self._rule, kept.trace.launches
        done = len(launches) if kept.judged else 0
        plan = LookPlan(rule.error_rate * share_of_judgement(kept.judged), tuple(done + look for look in SEARCH_LOOKS))
        trial = Trial(
            kept.trace.comparison,
            self._open_arm,
            rng=random.Random(f"{kept.trace.comparison}{len(launches)}"),  # noqa: S311  (an order of turns)
            planned=plan.most,
            watch=self._live,
            want_outputs=self._has_outputs and not launches,
            budget_s=rule.budget_s * _SHARE_OF_FIRST_LOOK,
            launches=launches,
        )
        measuring = Measuring(
            trial,
            lambda: plan,
            rule.budget_s + sum(launch.seconds for launch in launches[:done]),
            lambda: self._kept(new, old, trial, kept),
        )
        verdict = self._decided(measuring, kept.trace.comparison)
        note = _oddity(trial) or kept.note
        return KeptRace(trial.trace, verdict, rule.error_rate, len(measuring.later), kept.judged + 1, note), verdict

    def _decided(self, measuring: Measuring, comparison: Comparison) -> Verdict:
        """Judge at each look; a loss is confirmed by launches of its own before it is called one."""
        noise, tolerance = noise_of(comparison), self._rule.tolerance

        def ask(speedup: Speedup, error_rate: float) -> Verdict:
            return judge_race(speedup, noise=noise, tolerance=tolerance, error_rate=error_rate)

        verdict = measuring.decide(ask)
        if not is_suspect(verdict):
            return verdict
        measuring.set_aside()
        verdict, later = measuring.confirm(ask)
        if verdict.kind is VerdictKind.REGRESSED and not is_beyond(later):
            return replace(verdict, kind=VerdictKind.INCONCLUSIVE)
        return verdict

    @contextmanager
    def _kept(self, new: str, old: str, trial: Trial, kept: KeptRace) -> Iterator[None]:
        """Let a launch be measured alone, and keep it when it is complete."""
        with self._alone():
            yield
        self._state.keep(new, old, KeptRace(trial.trace, judged=kept.judged, note=_oddity(trial) or kept.note))

    def _between(self, new: str, old: str) -> Comparison:
        arms = (replace(self._comparison.candidate, release=release) for release in (new, old))
        candidate, reference = arms
        return replace(self._comparison, candidate=candidate, reference=reference)


def _oddity(trial: Trial) -> str:
    """Return what is odd about the outputs of both releases, empty where nothing is or they are not known."""
    found = trial.outputs
    if found is None:
        return ""
    asked = trial.trace.comparison
    sides = f"model with {asked.candidate.release}", f"model with {asked.reference.release}"
    try:
        near = fidelity.compare(found.candidate, found.reference, sides=sides)
    except MeasurementError as error:
        return f"The outputs of both releases cannot be compared: {error.seen}".partition("\n")[0]
    if near.cosine >= ALIKE:
        return ""
    return f"The outputs of both releases are not the same on the same inputs: cosine similarity {near.cosine:.3g}."


def _is_of(trace: Trace, builds: list[str]) -> bool:
    """Tell whether all launches were measured with these builds."""
    return all(
        [facts.versions.get("openvino", "") for facts in (launch.candidate, launch.reference)] == builds
        for launch in trace.launches
    )


def _told(new: str, old: str, race: KeptRace, verdict: Verdict, earlier: int) -> ReleaseRace:
    launches = race.trace.launches
    return ReleaseRace(
        new=new,
        old=old,
        speedup=estimate(race.trace),
        verdict=verdict,
        facts=(launches[-1].candidate, launches[-1].reference),
        launches=len(launches),
        seconds=sum(launch.seconds for launch in launches),
        later=race.later,
        earlier=earlier,
        flags=flags_of(race.trace.comparison, launches),
        note=race.note,
    )
