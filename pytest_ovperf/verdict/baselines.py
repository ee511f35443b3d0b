"""The baselines of a run: what a comparison is held against, and what is kept of it once its test has passed."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.stats.estimate import ESTIMATOR
from pytest_ovperf.stats.judge import judge, no_baseline
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, MOST_FALSE_ALARMS

from .provenance import WEIGHTS
from .recording import detects, extended, measure_baseline, new_baseline
from .rows import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from pytest_ovperf.arms import Side
    from pytest_ovperf.records import ComparisonRecord, StoredBaseline
    from pytest_ovperf.store.keys import EntryKey
    from pytest_ovperf.store.layers import KeptLayers
    from pytest_ovperf.store.store import BaselineStore

    from .asked import Asked
    from .explaining import Explaining
    from .measured import Measuring

    #: What is to be stored of a comparison: its launches, and its arms' execution graphs.
    Kept = tuple[Asked, StoredBaseline, Mapping[Side, KeptLayers]]

#: The software that decides speed: while it is the same, what two recordings differ by is the machine's noise.
_SOFTWARE = ("openvino", "openvino-genai", "onnxruntime", "torch", "transformers", "optimum-intel", "nncf")


class Baselines:
    """Finds, records and extends baselines in ``store`` as a run's ``update`` says; tests that pass store them.

    ``provenance`` returns what is true of a measurement now: versions, date, device.
    """

    def __init__(
        self,
        store: BaselineStore,
        update: UpdateMode,
        provenance: Callable[[Asked, Measuring], Mapping[str, str]],
        explaining: Explaining,
    ) -> None:
        self._store = store
        self._update = update
        self._provenance = provenance
        self._explaining = explaining
        self._pending: dict[str, list[Kept]] = {}
        self.used: set[EntryKey] = set()
        self.written: set[Path] = set()

    def find(self, asked: Asked) -> tuple[StoredBaseline | None, tuple[str, ...]]:
        """Return the baseline if it is of this very hardware and estimator, or nothing and a note on what there is."""
        self.used.add(asked.key)
        kept = self._store.find(asked.key)
        if kept is None:
            others = self._store.other_profiles(asked.key)
            return None, (f"other hardware has a baseline, which is not used: {', '.join(others)}",) * bool(others)
        for fact, now in (("device", asked.device), ("estimator", ESTIMATOR)):
            then = kept.provenance.get(fact, now)
            if then != now:
                advice = "record another with --update-baselines=all"
                return None, (f"the baseline is of another {fact}, {then}, and is not used: {advice}",)
        note = "the files of the model are others than when the baseline was recorded: a change may be theirs"
        return kept, (note,) * _has_other_weights(asked, kept)

    def records(self, asked: Asked) -> bool:
        """Tell whether the run is to record a baseline instead of judging by one."""
        if self._update in (UpdateMode.NONE, UpdateMode.ALL):
            return self._update is UpdateMode.ALL
        return self._store.find(asked.key) is None

    def recorded(
        self, asked: Asked, measuring: Measuring, old: StoredBaseline | None, tolerance: float
    ) -> ComparisonRecord:
        """Measure until the estimate is steady enough to be held against, and keep it for `settle`."""
        measure_baseline(asked, measuring)
        verdict = (
            no_baseline(tolerance=tolerance)
            if old is None
            else judge(measuring.speedup, old, noise=asked.noise, tolerance=tolerance, error_rate=MOST_FALSE_ALARMS)
        )
        record = record_of(asked, measuring, verdict, old)
        new = new_baseline(asked, measuring, record.fidelity, self._provenance(asked, measuring))
        return self._kept(asked, measuring, record, new)

    def extended(self, asked: Asked, measuring: Measuring, record: ComparisonRecord) -> ComparisonRecord:
        """Add today's launches to a baseline: whatever they say if the software is the same, else if they agree.

        Returns the record as it is where the run does not extend baselines, or there is none to extend.
        """
        old, change = record.baseline, record.verdict.change
        if old is None or self._update is not UpdateMode.EXTEND or record.verdict.kind is VerdictKind.REGRESSED:
            return record
        now = self._provenance(asked, measuring)
        changed = [name for name in _SOFTWARE if old.provenance.get(name) != now.get(name)]
        changed += [WEIGHTS] * _has_other_weights(asked, old)
        if changed and (change is None or abs(change) > record.verdict.tolerance):
            note = f"not added to the baseline: {', '.join(changed)} changed since then, and so did the speed-up"
            return replace(record, notes=(*record.notes, f"{note}; --update-baselines=all records it anew"))
        measuring.reach(BASELINE_LAUNCHES)
        measured = record_of(asked, measuring, record.verdict, old)
        record = replace(measured, later=record.later, notes=record.notes)
        new = new_baseline(asked, measuring, record.fidelity, now)
        return self._kept(asked, measuring, record, extended(old, new, asked))

    def settle(self, node_id: str, *, passed: bool) -> tuple[Asked, ...]:
        """Store what a test that ``passed`` measured; of one that failed, return what becomes no baseline.

        Raises `BaselineError` where the file cannot be written: the measurement then is in the trace.
        """
        pending = self._pending.pop(node_id, [])
        if not passed:
            return _asked(pending)
        for asked, baseline, layers in pending:
            self._store.put(asked.key, baseline, layers)
            self.written.add(self._store.path(asked.key.module))
        return ()

    def forget(self, node_id: str) -> None:
        """Forget what a pass through a test was to store."""
        self._pending.pop(node_id, None)

    def give_up(self) -> tuple[Asked, ...]:
        """Forget, and return, what tests that were interrupted were to store."""
        left = _asked(chain.from_iterable(self._pending.values()))
        self._pending.clear()
        return left

    def _kept(
        self, asked: Asked, measuring: Measuring, record: ComparisonRecord, new: StoredBaseline
    ) -> ComparisonRecord:
        """Keep a baseline for `settle`, and say what it is worth."""
        layers, lacks = self._explaining.kept(record, measuring.layers)
        self._pending.setdefault(asked.node_id, []).append((asked, new, layers))
        what = "the new baseline" if new.launches == len(record.launches) else "the extended baseline"
        days = f" of {len(new.by_day)} recordings" if len(new.by_day) > 1 else ""
        shown = detects(new, asked.noise)
        note = f"{what} rests on {new.launches} launches{days} and can show a loss of {shown:.0%} or more"
        return replace(record, stored=True, notes=(*record.notes, note, *lacks))


def _has_other_weights(asked: Asked, stored: StoredBaseline) -> bool:
    """Tell whether the model is known to have changed under its name."""
    return stored.provenance.get(WEIGHTS, asked.weights) != asked.weights


def _asked(kept: Iterable[Kept]) -> tuple[Asked, ...]:
    return tuple(asked for asked, _, _ in kept)
