"""What a record says of a comparison at the moment: its estimate, its verdict, its fidelity and what was unsteady."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import ComparisonRecord, VerdictKind
from pytest_ovperf.stats import fidelity as fidelity_of
from pytest_ovperf.stats.sensitivity import seconds_to_settle
from pytest_ovperf.stats.steadiness import flags_of

if TYPE_CHECKING:
    from pytest_ovperf.records import Fidelity, StoredBaseline, Verdict
    from pytest_ovperf.trial.run import Outputs

    from .asked import Asked
    from .measured import Measuring

#: Two releases that do the same on the same files and inputs differ by rounding alone, which leaves INT8 and BF16 above
#: 0.999 of cosine similarity. Below this one something else is computed.
ALIKE = 0.99


def record_of(asked: Asked, measuring: Measuring, verdict: Verdict, stored: StoredBaseline | None) -> ComparisonRecord:
    """Return the record of what was measured so far, with its fidelity: a speed-up counts only with that.

    Raises `MeasurementError` for outputs that cannot be compared; of a race that is noted, since the other release's
    outputs are not what is tested.
    """
    fidelity, outputs = asked.fidelity, measuring.trial.outputs
    notes: tuple[str, ...] = ()
    if fidelity is None and outputs is not None:
        if asked.comparison.is_race:
            fidelity, notes = _raced_outputs(outputs)
        elif any(asked.comparison.arm(side).function for side in Side):
            fidelity, notes = _returned(outputs, asked.drawn)
        else:
            fidelity = replace(fidelity_of.compare(outputs.candidate, outputs.reference), note=asked.drawn)
    return replace(row(asked, measuring, verdict, stored, fidelity), notes=notes)


def _raced_outputs(outputs: Outputs) -> tuple[Fidelity | None, tuple[str, ...]]:
    """Return how near both releases' outputs are, and what is to be said where they do not do the same work."""
    try:
        found = fidelity_of.compare(outputs.candidate, outputs.reference, sides=("new release", "old release"))
    except MeasurementError as error:
        return None, (
            f"the outputs of both releases cannot be compared, so this may not be the same work: {error.seen}",
        )
    if found.cosine >= ALIKE:
        return found, ()
    note = (
        f"both releases' outputs differ on the same files and inputs (cosine {found.cosine:.3g}, largest difference "
        f"{found.max_abs_error:.3g}), so this is not the same work: a fidelity test says whether the new ones are right"
    )
    return found, (note,)


def _returned(outputs: Outputs, drawn: str) -> tuple[Fidelity | None, tuple[str, ...]]:
    """Return how near what a function of the user's returned is to the other arm's outputs.

    What it returns is up to its author, who asks for fidelity where both can be compared.
    """
    if not outputs.candidate and not outputs.reference:
        return None, ("neither arm returns arrays, so nothing says that both do the same work",)
    try:
        return replace(fidelity_of.compare(outputs.candidate, outputs.reference), note=drawn), ()
    except MeasurementError as error:
        return None, (f"what both arms return cannot be compared, so this may not be the same work: {error.seen}",)


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
