"""One search for the release in which an arm got worse, from what was asked to what was found."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_ovperf.arms import Comparison
from pytest_ovperf.environments import index
from pytest_ovperf.environments.kept import Kept
from pytest_ovperf.environments.probe import ask as look_at
from pytest_ovperf.errors import ArmError, ArmUnavailableError
from pytest_ovperf.hardware.probe import read_machine
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.origin import origin_of
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.reports.bisect_findings import BisectFindings, BisectPlan, Ending, Standing
from pytest_ovperf.session.arms import Arms, build_in_worker
from pytest_ovperf.session.elsewhere import needed, obstacle, without_release
from pytest_ovperf.session.places import Places
from pytest_ovperf.session.questions import Question, ask
from pytest_ovperf.session.turns import OneAtATime, keep_trace
from pytest_ovperf.stats.noise import noise_of
from pytest_ovperf.stats.sequential import comparison_error_rate

from .asked import BisectQuestion, one_device, require_of_release
from .candidates import Candidates, Sources, candidates
from .layers import Explaining
from .races import Races, Rule
from .search import Hearer, Search, most_races
from .state import BisectState

if TYPE_CHECKING:
    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.models.jobs import BuildJob
    from pytest_ovperf.models.origin import Origin
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.reports.bisect_findings import Searched
    from pytest_ovperf.reports.live import LiveLine

#: What an environment has that is made for a release, among the packages that arms import.
_MADE_WITH = frozenset({"openvino", "openvino-genai"})


class Listener(Hearer, Protocol):
    """Hears also of the search as it begins."""

    def planned(self, plan: BisectPlan, /) -> None:
        """Hear what will be raced."""


def bisect(question: BisectQuestion, live: LiveLine, listener: Listener) -> BisectFindings:
    """Search, and return what was found.

    Mistakes raise before any environment is made: `SettingsError`, `EnvironmentUnusableError`, `ModelError`,
    `ArmError`, `ArmUnavailableError`, `DeviceError`, `DeviceAbsentError`, `ExtraMissingError`. What the ends of the
    search raise while they are made, loaded or timed ends it, too; any other release is left out for it.
    """
    try:
        return _Bisecting(question, live).run(listener)
    finally:
        live.end()


class _Bisecting:
    """What a search is put together from."""

    def __init__(self, question: BisectQuestion, live: LiveLine) -> None:
        self._asked = question
        self._live = live
        self._turns = OneAtATime(question.cache_dir, live.note)
        self._kept = Kept.of(question.cache_dir)
        self._machine = read_machine
        self._environments: dict[str, Environment] = {}

    def run(self, listener: Listener) -> BisectFindings:
        asked = self._asked
        require_of_release(asked)
        spec = resolve(asked.model, shape=asked.shape, base=asked.base)
        places = Places((one_device(asked.device),), self._machine)
        question, arms = self._question(spec, places)
        (arm,) = question.arms
        chosen = self._candidates(question)
        for end in (chosen.good, chosen.bad):
            self._environment(end, question)
        request = question.prepared(arms)[arm]
        origin = _origin(spec, request)
        plan = self._plan(question, chosen)
        with BisectState.of(asked.cache_dir, self._identity(plan, origin, places)) as state:
            if asked.again:
                state.clear()
            listener.planned(replace(plan, kept=len(state), kept_in=str(state.path), damage=state.damage))
            races = Races(
                plan.comparison,
                Rule(plan.tolerance, plan.error_rate, plan.budget_s),
                environment=lambda release: self._environment(release, question),
                open_arm=lambda each: arms.open(request, each),
                state=state,
                live=self._live,
                alone=self._turns.measuring,
                archive=partial(keep_trace, asked.cache_dir),
                has_outputs=question.has_outputs,
            )
            searched = Search(chosen.releases, races.race, listener).run()
            findings = self._findings(
                plan, searched, origin, places, Explaining(question.metric, arm, request, arms, self._turns.measuring)
            )
            if _is_settled(searched):
                state.clear()
        return findings

    def _question(self, spec: ModelSpec, places: Places) -> tuple[Question, Arms]:
        """Return what is asked, checked, and where its arm is opened."""
        asked = self._asked
        places.require_any()
        device = places.devices[0]
        places.require(device)
        arm = places.arm(asked.arm, device)
        without = without_release(arm)
        if without:
            raise ArmError(f"{without}.", remedy="Name an arm of OpenVINO, or of its GenAI.")
        places.require_arm(arm, device)
        cache = ArtefactCache(asked.cache_dir)
        cache.check_writable()
        library = ModelLibrary(cache, self._build, self._live.note)
        question = ask(library.settle(spec), [arm], asked.metric, tunable=places.require_tunable)
        cores = places.machine.profile.physical_cores
        return question, Arms(library, cores, self._turns.measuring, self._environments)

    def _build(self, job: BuildJob, target: Path) -> None:
        with self._turns.measuring():
            build_in_worker(job, target, self._live.note)

    def _candidates(self, question: Question) -> Candidates:
        asked, python = self._asked, Path(sys.executable)
        sources = Sources(
            own=look_at(python).environment(),
            look=lambda path: look_at(path).environment(),
            offered=lambda: index.releases(python),
            missing=lambda release: index.missing(release, python),
            is_kept=self._kept.has,
        )
        chosen = candidates(asked.good, asked.bad, asked.versions, sources)
        self._environments.update(
            {release: chosen.found[release] for release in chosen.releases if release in chosen.found}
        )
        lacking = [each for each in needed(question, question.arms[0]) if each not in _MADE_WITH]
        if lacking and any(release not in chosen.found for release in chosen.releases):
            raise ArmUnavailableError(
                f"{question.arms[0].name} needs {', '.join(lacking)} for its {question.metric}, "
                "and the environments that are made for releases have OpenVINO and OpenVINO GenAI alone.",
                remedy="Name an arm of GenAI, such as genai-int8; or give the interpreters of environments that have "
                "them: --good=PYTHON --bad=PYTHON --versions=PYTHON,PYTHON.",
            )
        return chosen

    def _environment(self, release: str, question: Question) -> Environment:
        """Return the environment of a release, made now if there is none. Raises `EnvironmentUnusableError`.

        Raises `ArmUnavailableError` for one that lacks what the arm imports, or has a GenAI that is too old for it.
        """
        if release not in self._environments:
            try:
                self._environments[release] = self._kept.obtain(release, self._live.note)
            finally:
                self._live.end()
        found = self._environments[release]
        why = obstacle(question, question.arms[0], found)
        if why:
            raise ArmUnavailableError(f"{why}.", remedy="Install it there, or name another release.")
        return found

    def _plan(self, question: Question, chosen: Candidates) -> BisectPlan:
        (arm,) = question.arms
        new, old = (replace(arm, release=release) for release in (chosen.bad, chosen.good))
        comparison = Comparison(question.model, new, old, question.metric, question.workload)
        return BisectPlan(
            comparison,
            chosen.releases,
            tolerance=self._asked.tolerance or noise_of(comparison).tolerance,
            # Each release is raced over the good one at most once, and one over another in the end.
            error_rate=comparison_error_rate(len(chosen.releases)),
            races=most_races(len(chosen.releases)),
            budget_s=self._asked.budget_s,
        )

    @staticmethod
    def _identity(plan: BisectPlan, origin: Origin, places: Places) -> dict[str, str]:
        asked, reference = plan.comparison, plan.comparison.reference
        return {
            "model": asked.model,
            "files": " ".join(origin.files.values()),
            "arm": replace(reference, release="").name,
            "device": reference.device,
            "metric": str(asked.metric),
            "workload": str(asked.workload),
            "good": plan.releases[0],
            "bad": plan.releases[-1],
            "tolerance": f"{plan.tolerance:g}",
            "machine": places.machine.profile.slug,
        }

    def _findings(
        self, plan: BisectPlan, searched: Searched, origin: Origin, places: Places, explaining: Explaining
    ) -> BisectFindings:
        explained = None
        if searched.ending is not Ending.NO_LOSS:
            race = searched.telling
            self._live.begin(f"profiling OpenVINO {race.new} and {race.old}")
            explained = explaining.explain(race)
        return BisectFindings(
            plan,
            searched,
            origin,
            machine=str(places.machine.profile),
            profile=places.machine.profile.slug,
            versions={release: found.versions for release, found in self._environments.items()},
            explained=explained,
            command=self._asked.command,
            when=datetime.now(UTC).date().isoformat(),
        )


def _origin(spec: ModelSpec, request: LoadRequest) -> Origin:
    assert request.ir is not None  # noqa: S101  (only arms that are not OpenVINO's have none)
    return origin_of(spec, request.ir)


def _is_settled(searched: Searched) -> bool:
    """Tell whether nothing is left that measuring on, or a package index that answers again, could tell."""
    unsure = any(race.standing is Standing.UNSURE for race in searched.all_races)
    return searched.ending is Ending.FOUND or not (unsure or searched.skipped or searched.step_obstacle)
