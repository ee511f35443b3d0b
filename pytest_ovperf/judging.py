"""From a measured speed-up to a record: find the baseline, ask the judge at each look, keep what is to be stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import MeasurementError
from .records import ComparisonRecord, Fidelity, StoredBaseline, VerdictKind
from .settings import UpdateMode
from .stats import fidelity as fidelity_of
from .stats.estimate import ESTIMATOR
from .stats.judge import judge, judge_target, no_baseline
from .stats.noise import Noise, noise_of
from .stats.sensitivity import seconds_to_settle, smallest_detectable_change
from .stats.sequential import BASELINE_LAUNCHES, LOOKS, MOST_FALSE_ALARMS
from .store.keys import EntryKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .measured import Measuring
    from .records import Comparison, Speedup, Verdict
    from .settings import Settings
    from .store.store import BaselineStore


@dataclass(frozen=True, slots=True)
class Asked:
    """One comparison as the test ``node_id`` asked for it.

    ``device`` names the devices of both arms in full. ``tolerance`` is what the run asks for and ``kept_tolerance``
    what a new baseline is to remember (the command line is for one run only), ``None`` where that is left to the
    baseline or the kind of comparison. ``fidelity`` is ``None`` unless it is known already.
    """

    node_id: str
    comparison: Comparison
    device: str
    tolerance: float | None
    kept_tolerance: float | None
    fidelity: Fidelity | None

    @property
    def key(self) -> EntryKey:
        """Where its baseline is found."""
        return EntryKey.of(self.node_id, self.comparison)

    @property
    def noise(self) -> Noise:
        """What is known of the noise of this kind of comparison."""
        return noise_of(self.comparison)


class Judging:
    """Judges one run's comparisons against its baselines, and keeps what a test's success will store.

    ``provenance`` returns what is true of a measurement now: versions, date, device.
    """

    def __init__(
        self, settings: Settings, store: BaselineStore, provenance: Callable[[Asked, Measuring], Mapping[str, str]]
    ) -> None:
        self._settings = settings
        self._store = store
        self._provenance = provenance
        self._pending: dict[str, list[tuple[Asked, StoredBaseline]]] = {}
        self.records: list[ComparisonRecord] = []
        self.used: set[EntryKey] = set()
        self.written: set[Path] = set()

    def against_baseline(self, asked: Asked, measuring: Measuring) -> tuple[ComparisonRecord, bool]:
        """Judge against the stored value, or record a new one where the run is to do so."""
        self.used.add(asked.key)
        kept = self._store.find(asked.key)
        stored, notes = self._fitting(asked, kept)
        update = self._settings.update
        if update is UpdateMode.ALL or (update is UpdateMode.NEW and kept is None):
            return self._add(self._recorded(asked, measuring, stored), notes), True
        tolerance = self._tolerance(asked, stored)
        if stored is None:
            measuring.reach_first_look()
            verdict = no_baseline(tolerance=tolerance)
        else:
            verdict = measuring.decide(self._judge_by(asked, stored, tolerance))
            verdict = self._with_time_to_settle(asked, stored, verdict, measuring)
        record = self._record(asked, measuring, verdict, stored)
        return self._add(record, notes), self._holds(verdict.kind)

    def against_target(self, asked: Asked, measuring: Measuring, target: float) -> tuple[ComparisonRecord, bool]:
        """Judge against a number."""
        noise = asked.noise

        def ask(speedup: Speedup, error_rate: float) -> Verdict:
            return judge_target(speedup, target, noise=noise, error_rate=error_rate)

        verdict = measuring.decide(ask)
        verdict = self._with_time_to_settle(asked, target, verdict, measuring)
        record = replace(self._record(asked, measuring, verdict, None), target=target)
        return self._add(record), self._holds(verdict.kind)

    def without_verdict(self, asked: Asked, measuring: Measuring) -> None:
        """Record a speed-up that no assertion judged, because there is none or because measuring ended before."""
        verdict = no_baseline(tolerance=self._tolerance(asked, None))
        self._add(replace(self._row(asked, measuring, verdict, None, asked.fidelity), judged=False))

    def records_of(self, node_id: str) -> list[ComparisonRecord]:
        """Return what was judged in one test so far."""
        return [record for record in self.records if record.test == node_id]

    def settle(self, nodeid: str, *, passed: bool) -> None:
        """Store what a test that ``passed`` measured; of one that failed nothing becomes a baseline.

        Raises `BaselineError` where the file cannot be written: the measurement then is in the trace.
        """
        for asked, baseline in self._pending.pop(nodeid, []):
            if passed:
                self._store.put(asked.key, baseline)
                self.written.add(self._store.path(asked.key.module))
            else:
                self._take_back(asked)

    def _take_back(self, asked: Asked) -> None:
        note = "not recorded as a baseline: the test failed"
        for index, record in enumerate(self.records):
            if record.stored and record.test == asked.node_id and record.comparison == asked.comparison:
                self.records[index] = replace(record, stored=False, notes=(*record.notes, note))

    def _recorded(self, asked: Asked, measuring: Measuring, old: StoredBaseline | None) -> ComparisonRecord:
        """Measure until the estimate is steady enough to be held against, and keep it for `settle`."""
        tolerance = self._tolerance(asked, None)
        measuring.reach(BASELINE_LAUNCHES)
        while not _steady(measuring.speedup, tolerance):
            if len(measuring.launches) >= LOOKS[-1]:
                raise _unsteady(asked, measuring.speedup, tolerance)
            measuring.reach(len(measuring.launches) + 1)
        speedup = measuring.speedup
        verdict = (
            no_baseline(tolerance=tolerance)
            if old is None
            else judge(speedup, old, noise=asked.noise, tolerance=tolerance, error_rate=MOST_FALSE_ALARMS)
        )
        record = replace(self._record(asked, measuring, verdict, old), stored=True)
        new = StoredBaseline(
            log_ratios=speedup.log_ratios,
            tolerance=asked.noise.tolerance if asked.kept_tolerance is None else asked.kept_tolerance,
            candidate_ns=speedup.candidate_ns,
            reference_ns=speedup.reference_ns,
            fidelity=record.fidelity,
            provenance={**self._provenance(asked, measuring), "estimator": ESTIMATOR},
        )
        shown = smallest_detectable_change(
            new, launches=LOOKS[-1], noise=asked.noise, tolerance=new.tolerance, error_rate=MOST_FALSE_ALARMS
        )
        record = replace(record, notes=(*record.notes, f"the new baseline can show a loss of {shown:.0%} or more"))
        self._pending.setdefault(asked.node_id, []).append((asked, new))
        return record

    def _judge_by(self, asked: Asked, stored: StoredBaseline, tolerance: float) -> Callable[[Speedup, float], Verdict]:
        noise = asked.noise
        return lambda speedup, error_rate: judge(
            speedup, stored, noise=noise, tolerance=tolerance, error_rate=error_rate
        )

    def _with_time_to_settle(
        self, asked: Asked, expected: StoredBaseline | float, verdict: Verdict, measuring: Measuring
    ) -> Verdict:
        if verdict.kind is not VerdictKind.INCONCLUSIVE:
            return verdict
        more = seconds_to_settle(
            measuring.speedup,
            expected,
            noise=asked.noise,
            tolerance=verdict.tolerance,
            error_rate=verdict.error_rate,
            seconds_per_launch=measuring.seconds / len(measuring.launches),
        )
        return replace(verdict, seconds_to_settle=more)

    def _record(
        self, asked: Asked, measuring: Measuring, verdict: Verdict, stored: StoredBaseline | None
    ) -> ComparisonRecord:
        fidelity = asked.fidelity
        if fidelity is None and measuring.trial.outputs is not None:  # a speed-up counts only with its fidelity
            fidelity = fidelity_of.compare(measuring.trial.outputs.candidate, measuring.trial.outputs.reference)
        return self._row(asked, measuring, verdict, stored, fidelity)

    @staticmethod
    def _row(
        asked: Asked,
        measuring: Measuring,
        verdict: Verdict,
        stored: StoredBaseline | None,
        fidelity: Fidelity | None,
    ) -> ComparisonRecord:
        return ComparisonRecord(
            test=asked.node_id,
            comparison=asked.comparison,
            speedup=measuring.speedup,
            verdict=verdict,
            baseline=stored,
            fidelity=fidelity,
            launches=measuring.launches,
            seconds=measuring.seconds,
        )

    def _fitting(self, asked: Asked, kept: StoredBaseline | None) -> tuple[StoredBaseline | None, tuple[str, ...]]:
        """Return the baseline if it is of this very hardware and estimator, or nothing and a note on what there is."""
        if kept is None:
            others = self._store.other_profiles(asked.key)
            return None, (f"other hardware has a baseline, which is not used: {', '.join(others)}",) * bool(others)
        for fact, now in (("device", asked.device), ("estimator", ESTIMATOR)):
            then = kept.provenance.get(fact, now)
            if then != now:
                advice = "record another with --update-baselines=all"
                return None, (f"the baseline is of another {fact}, {then}, and is not used: {advice}",)
        return kept, ()

    def _add(self, record: ComparisonRecord, notes: tuple[str, ...] = ()) -> ComparisonRecord:
        record = replace(record, notes=(*record.notes, *notes))
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


def _half_width(speedup: Speedup) -> float:
    return (speedup.high - speedup.low) / 2 / speedup.ratio


def _steady(speedup: Speedup, tolerance: float) -> bool:
    return _half_width(speedup) <= tolerance


def _unsteady(asked: Asked, speedup: Speedup, tolerance: float) -> MeasurementError:
    launches = len(speedup.log_ratios)
    return MeasurementError(
        f"{asked.comparison} is too unsteady to become a baseline: after {launches} launches its interval is "
        f"±{_half_width(speedup):.0%} wide, which is more than the tolerance of {tolerance:.0%}.",
        remedy="Close what else runs on this machine and record again; if this comparison is always so, give its test "
        "@pytest.mark.ovperf(tolerance=…) in percent.",
    )
