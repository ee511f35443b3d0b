"""What a record says of a comparison at the moment: its estimate, its verdict, its fidelity and what was unsteady."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.stats import fidelity as fidelity_of
from pytest_ovperf.stats.sensitivity import seconds_to_settle
from pytest_ovperf.stats.steadiness import flags_of

if TYPE_CHECKING:
    from pytest_ovperf.records import Fidelity, StoredBaseline, Verdict

    from .asked import Asked
    from .measured import Measuring


def record_of(asked: Asked, measuring: Measuring, verdict: Verdict, stored: StoredBaseline | None) -> ComparisonRecord:
    """Return the record of what was measured so far, with its fidelity: a speed-up counts only with that.

    Raises `MeasurementError` for outputs that cannot be compared; of a race that is noted, since the other release's
    outputs are not what is tested.
    """
    fidelity, outputs = asked.fidelity, measuring.trial.outputs
    notes: tuple[str, ...] = ()
    if fidelity is None and outputs is not None:
        try:
            fidelity = fidelity_of.compare(outputs.candidate, outputs.reference)
        except MeasurementError as error:
            if not asked.comparison.is_race:
                raise
            notes = (f"the outputs of both releases cannot be compared (the reference is the old one): {error.seen}",)
    return replace(row(asked, measuring, verdict, stored, fidelity), notes=notes)


def row(
    asked: Asked,
    measuring: Measuring,
    verdict: Verdict,
    stored: StoredBaseline | None,
    fidelity: Fidelity | None,
) -> ComparisonRecord:
    """Return the record of what was measured so far, with the fidelity as it is given."""
    return ComparisonRecord(
        test=asked.node_id,
        comparison=asked.comparison,
        speedup=measuring.speedup,
        verdict=verdict,
        baseline=stored,
        fidelity=fidelity,
        launches=measuring.launches,
        seconds=measuring.seconds,
        flags=flags_of(asked.comparison, measuring.launches),
    )


def timed(asked: Asked, expected: StoredBaseline | float, verdict: Verdict, measuring: Measuring) -> Verdict:
    """Return an inconclusive verdict with how much more measuring would decide it, any other as it is."""
    if verdict.kind is not VerdictKind.INCONCLUSIVE:
        return verdict
    more = seconds_to_settle(
        measuring.speedup,
        expected,
        noise=asked.noise,
        tolerance=verdict.tolerance,
        error_rate=verdict.error_rate,
        seconds_per_launch=measuring.seconds / len(measuring.launches),
        raced=asked.comparison.is_race,
    )
    # More time is no answer where the launches have decided and something else speaks against it.
    return replace(verdict, seconds_to_settle=more or None)
