"""From a measured speed-up to a record: ask the judge at each look, confirm what it suspects, say what explains it."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats import together
from pytest_ovperf.stats.judge import is_beyond, is_suspect, judge, judge_race, judge_target, no_baseline

from .baselines import Baselines
from .explaining import Explaining
from .machine import machine_moved
from .rows import record_of, row, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.records import ComparisonRecord, Speedup, StoredBaseline, Verdict
    from pytest_ovperf.settings import Settings
    from pytest_ovperf.stats.noise import Spread
    from pytest_ovperf.store.keys import EntryKey
    from pytest_ovperf.store.store import BaselineStore

    from .asked import Asked
    from .measured import Measuring

    Judge = Callable[[Speedup, float], Verdict]


class Judging:
    """Judges one run's comparisons against its baselines, and keeps what a test's success will store.

    ``provenance`` returns what is true of a measurement now: versions, date, device. ``may_wait`` are the tests that
    can be run again: a suspicion about any other is settled at once.
    """

    def __init__(
        self,
        settings: Settings,
        store: BaselineStore,
        provenance: Callable[[Asked, Measuring], Mapping[str, str]],
        may_wait: Container[str] = (),
    ) -> None:
        self._settings = settings
        self._explaining = Explaining(store, always=settings.explain)
        self._baselines = Baselines(store, settings.update, provenance, self._explaining)
        self._may_wait = may_wait
        self._suspicions: dict[str, list[ComparisonRecord]] = {}  # of the pass through a test that is under way …
        self._waiting: dict[str, list[ComparisonRecord]] = {}  # … and of those that are over
        self._shared: dict[str, list[ComparisonRecord]] = {}
        self.records: list[ComparisonRecord] = []

    @property
    def used(self) -> Collection[EntryKey]:
        """The entries of the baselines that were asked for."""
        return self._baselines.used

    @property
    def written(self) -> Collection[Path]:
        """The files of baselines that were written."""
        return self._baselines.written

    def against_baseline(self, asked: Asked, measuring: Measuring) -> tuple[ComparisonRecord, bool]:
        """Judge against the stored value, or record a new one where the run is to do so."""
        stored, notes = self._baselines.find(asked)
        if self._baselines.records(asked):
            record = self._baselines.recorded(asked, measuring, stored, self._tolerance(asked, None))
            return self._final(record, measuring, notes), True
        tolerance = self._tolerance(asked, stored)
        if stored is None:
            measuring.reach_first_look()
            record = record_of(asked, measuring, no_baseline(tolerance=tolerance), None)
            return self._final(record, measuring, notes), self._holds(record.verdict.kind)
        noise = asked.noise

        def ask(speedup: Speedup, error_rate: float, unrest: Spread | None = None) -> Verdict:
            return judge(speedup, stored, noise=noise, tolerance=tolerance, error_rate=error_rate, unrest=unrest)

        record = self._judged(asked, measuring, ask, stored)
        moved = machine_moved(record.speedup, stored, noise, record.verdict)
        record = replace(record, notes=(*record.notes, *filter(None, [moved]), *notes))
        if record.verdict.kind is VerdictKind.REGRESSED and measuring.later:
            record = self._in_unrest(asked, record, ask)
        if asked.node_id not in self._suspicions:
            record = self._baselines.extended(asked, measuring, record)
        return self._told(record, measuring)

    def against_target(self, asked: Asked, measuring: Measuring, target: float) -> tuple[ComparisonRecord, bool]:
        """Judge against a number."""
        noise = asked.noise

        def ask(speedup: Speedup, error_rate: float) -> Verdict:
            return judge_target(speedup, target, noise=noise, error_rate=error_rate)

        return self._told(replace(self._judged(asked, measuring, ask, target), target=target), measuring)

    def against_release(self, asked: Asked, measuring: Measuring) -> tuple[ComparisonRecord, bool]:
        """Judge a race against 1: no baseline plays a part."""
        noise, tolerance = asked.noise, self._tolerance(asked, None)

        def ask(speedup: Speedup, error_rate: float) -> Verdict:
            return judge_race(speedup, noise=noise, tolerance=tolerance, error_rate=error_rate)

        return self._told(self._judged(asked, measuring, ask, 1.0), measuring)

    def remarked(self, record: ComparisonRecord, notes: Sequence[str]) -> ComparisonRecord:
        """Return a record with what else is to be said of it, once; reports show it so, too."""
        for place, each in enumerate(self.records):
            if (each.test, each.comparison, each.verdict) == (record.test, record.comparison, record.verdict):
                record = self.records[place] = replace(each, notes=tuple(dict.fromkeys((*each.notes, *notes))))
        return record

    def share(self, node_id: str, record: ComparisonRecord) -> tuple[ComparisonRecord, bool]:
        """Let a race that another test had judged answer for this test, too."""
        shared = self._shared.setdefault(node_id, [])
        if record.test != node_id and record not in shared:
            shared.append(record)
        return record, self._holds(record.verdict.kind)

    def wait_with(self, node_id: str, record: ComparisonRecord) -> tuple[ComparisonRecord, bool]:
        """Let this test wait, as the one that shares the race with it does, for a suspicion to be confirmed."""
        self._suspicions.setdefault(node_id, [])
        return record, False

    def may_wait(self, node_id: str) -> bool:
        """Tell whether a test can be run again to settle a suspicion."""
        return node_id in self._may_wait

    def without_verdict(self, asked: Asked, measuring: Measuring) -> None:
        """Record a speed-up that no assertion judged, because there is none or because measuring ended before."""
        verdict = no_baseline(tolerance=self._tolerance(asked, None))
        self._final(replace(row(asked, measuring, verdict, None, asked.fidelity), judged=False), measuring)

    def records_of(self, node_id: str) -> list[ComparisonRecord]:
        """Return what was judged in one test so far, the races that it shares with others among it."""
        return [record for record in self.records if record.test == node_id] + self._shared.get(node_id, [])

    # Suspicions: what looks like a regression is measured again, later in the run, before it is called one

    def is_suspected(self, node_id: str) -> bool:
        """Tell whether this pass through a test met something that has to be measured again before it is judged."""
        return node_id in self._suspicions

    def set_aside(self, node_id: str) -> None:
        """Forget what this pass through a test said: the test will be run again.

        Races that are settled stay so: they are the whole run's.
        """
        self._waiting[node_id] = self._suspicions.pop(node_id)
        self._baselines.forget(node_id)
        self._shared.pop(node_id, None)
        self.records = [each for each in self.records if each.test != node_id or each.comparison.is_race]

    def give_up_suspicions(self) -> None:
        """Record as inconclusive what could not be measured again, because the run ended before.

        Of a test that was interrupted nothing becomes a baseline.
        """
        for record in chain.from_iterable((*self._waiting.values(), *self._suspicions.values())):
            self._give_up(record, "the run ended before it was measured again")
        self._waiting.clear()
        self._suspicions.clear()
        for asked in self._baselines.give_up():
            self._take_back(asked, "the test was interrupted")

    def _give_up(self, record: ComparisonRecord, why: str) -> None:
        note = f"this looked like a regression, and {why}"
        self._add(replace(record, verdict=replace(record.verdict, kind=VerdictKind.INCONCLUSIVE)), (note,))

    def _judged(
        self, asked: Asked, measuring: Measuring, ask: Judge, expected: StoredBaseline | float
    ) -> ComparisonRecord:
        """Measure until the judge is sure, and let a suspicion be settled by launches of later in the run."""
        stored = None if isinstance(expected, float) else expected
        if not measuring.is_set_aside:
            verdict = measuring.decide(ask)
            record = record_of(asked, measuring, timed(asked, expected, verdict, measuring), stored)
            if not is_suspect(verdict):
                return record
            measuring.set_aside()
            if asked.node_id in self._may_wait:
                self._suspicions.setdefault(asked.node_id, []).append(record)
                return record
        verdict, note = self._confirmed(measuring, ask)
        self._wait_no_longer(asked)
        record = record_of(asked, measuring, timed(asked, expected, verdict, measuring), stored)
        return replace(record, later=len(measuring.later), notes=(*record.notes, *note))

    def _wait_no_longer(self, asked: Asked) -> None:
        """Take what is settled now from what waits: in the test that asked, and a race in every test."""
        for node_id, records in self._waiting.items():
            if node_id == asked.node_id or asked.comparison.is_race:
                records[:] = [record for record in records if record.comparison != asked.comparison]

    def _unrest(self, asked: Asked) -> Spread | None:
        """Return how the other comparisons of the run scatter around their baselines; by its end most are known."""
        others = [*self.records, *chain.from_iterable(self._waiting.values())]
        return together.unrest([record for record in others if record.test != asked.node_id])

    def _in_unrest(self, asked: Asked, record: ComparisonRecord, ask: Callable[..., Verdict]) -> ComparisonRecord:
        """Let a regression stand only if it stands out from how the run's other comparisons scatter."""
        unrest = self._unrest(asked)
        verdict = ask(record.speedup, record.verdict.error_rate, unrest)
        if unrest is None or verdict.kind is VerdictKind.REGRESSED:
            return record
        note = f"the run's other comparisons scatter by {unrest.sd:.1%} around their baselines, beyond their own noise"
        notes = (*record.notes, f"{note}: with that it is not proven")
        return replace(record, verdict=replace(verdict, kind=VerdictKind.INCONCLUSIVE), notes=notes)

    @staticmethod
    def _confirmed(measuring: Measuring, ask: Judge) -> tuple[Verdict, tuple[str, ...]]:
        """Judge by all launches, where the later ones by themselves say the same."""
        verdict, later = measuring.confirm(ask)
        if verdict.kind is not VerdictKind.REGRESSED:
            return verdict, ("this looked like a regression until it was measured again later in the run",)
        if is_beyond(later):
            return verdict, ()
        note = "the launches of later in the run do not show the loss by themselves, so it is not called a regression"
        return replace(verdict, kind=VerdictKind.INCONCLUSIVE), (note,)

    def _told(self, record: ComparisonRecord, measuring: Measuring) -> tuple[ComparisonRecord, bool]:
        """Add a judged record, explained; a suspected one is only shown to the test, which will be run again."""
        suspicions = self._suspicions.get(record.test, [])
        for place, suspicion in enumerate(suspicions):
            if suspicion.comparison == record.comparison:
                record = suspicions[place] = self._explaining.explained(record, measuring.layers, is_final=False)
                return record, False
        return self._final(record, measuring), self._holds(record.verdict.kind)

    # Baselines

    def settle(self, nodeid: str, *, passed: bool) -> None:
        """Store what a test that ``passed`` measured; of one that failed nothing becomes a baseline.

        Raises `BaselineError` where the file cannot be written: the measurement then is in the trace.
        """
        for left in self._waiting.pop(nodeid, []):
            if all(record.comparison != left.comparison for record in self.records_of(nodeid)):
                self._give_up(left, "the test did not come to it again")
        for asked in self._baselines.settle(nodeid, passed=passed):
            self._take_back(asked, "the test failed")

    def _take_back(self, asked: Asked, why: str) -> None:
        note = f"not recorded as a baseline: {why}"
        for index, record in enumerate(self.records):
            if record.stored and record.test == asked.node_id and record.comparison == asked.comparison:
                self.records[index] = replace(record, stored=False, notes=(*record.notes, note))

    # Records

    def _final(self, record: ComparisonRecord, measuring: Measuring, notes: tuple[str, ...] = ()) -> ComparisonRecord:
        """Add what stays said of a comparison, and then all that explains it: that may take long and be interrupted."""
        record = self._add(record, notes)
        record = self.records[-1] = self._explaining.explained(record, measuring.layers)
        return record

    def _add(self, record: ComparisonRecord, notes: tuple[str, ...] = ()) -> ComparisonRecord:
        told = (*record.notes, *notes)
        record = replace(record, notes=told, given=self._settings.given, folder=self._settings.folder)
        self.records.append(record)
        return record

    def _tolerance(self, asked: Asked, stored: StoredBaseline | None) -> float:
        """Choose what the run asks for, then what the baseline was recorded with, then the kind's default."""
        for given in (asked.tolerance, stored.tolerance if stored else None):
            if given is not None:
                return given
        return asked.noise.tolerance

    def _holds(self, kind: VerdictKind) -> bool:
        if self._settings.strict and kind in (VerdictKind.INCONCLUSIVE, VerdictKind.NO_BASELINE):
            return False
        return kind is not VerdictKind.REGRESSED
