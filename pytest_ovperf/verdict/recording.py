"""New baselines: measured until they can show what they should, and extended by launches of another day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import StoredBaseline
from pytest_ovperf.stats.estimate import ESTIMATOR
from pytest_ovperf.stats.noise import tolerance_for
from pytest_ovperf.stats.sensitivity import smallest_detectable_change
from pytest_ovperf.stats.sequential import BASELINE_LAUNCHES, LOOKS, MOST_BASELINE_LAUNCHES, MOST_FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ovperf.records import Fidelity, Speedup
    from pytest_ovperf.stats.noise import Noise

    from .asked import Asked
    from .measured import Measuring


def measure_baseline(asked: Asked, measuring: Measuring) -> None:
    """Measure until the launches make a baseline that shows what it should, or as many as there may be.

    Raises `MeasurementError` if they scatter too much even then.
    """
    measuring.reach(BASELINE_LAUNCHES)
    while not _serves(asked, measuring) and len(measuring.launches) < MOST_BASELINE_LAUNCHES:
        measuring.reach(len(measuring.launches) + 1)
    tolerance = _most_tolerance(asked)
    if not _steady(measuring.speedup, tolerance):
        raise _unsteady(asked, measuring.speedup, tolerance)


def new_baseline(
    asked: Asked, measuring: Measuring, fidelity: Fidelity | None, provenance: Mapping[str, str]
) -> StoredBaseline:
    """Return what is to be stored of a measurement. ``provenance`` is what is true of it now."""
    return _baseline(asked, measuring, fidelity, {**provenance, "estimator": ESTIMATOR})


def extended(old: StoredBaseline, new: StoredBaseline, asked: Asked) -> StoredBaseline:
    """Return ``new`` with the launches of ``old`` before its own, and with its layers where ``new`` gets none."""
    both = replace(
        new,
        log_ratios=(*old.log_ratios, *new.log_ratios),
        days=(*(old.days or (old.provenance.get("date", ""),) * old.launches), *new.days),
        layers=old.layers,
    )
    return replace(both, tolerance=_kept_tolerance(asked, both))


def detects(stored: StoredBaseline, noise: Noise) -> float:
    """Return the smallest loss that a run with all its looks finds against ``stored`` in 95 % of cases."""
    return smallest_detectable_change(
        stored, launches=LOOKS[-1], noise=noise, tolerance=stored.tolerance, error_rate=MOST_FALSE_ALARMS
    )


def _baseline(
    asked: Asked, measuring: Measuring, fidelity: Fidelity | None, provenance: Mapping[str, str]
) -> StoredBaseline:
    speedup, launches = measuring.speedup, measuring.launches
    stored = StoredBaseline(
        log_ratios=speedup.log_ratios,
        tolerance=asked.noise.tolerance,
        candidate_cost=speedup.candidate_cost,
        reference_cost=speedup.reference_cost,
        fidelity=fidelity,
        provenance=provenance,
        days=(_stamp(launches[0].started_unix),) * len(launches),
        launch_s=measuring.seconds / len(launches),
    )
    return replace(stored, tolerance=_kept_tolerance(asked, stored))


def _stamp(unix_s: float) -> str:
    """Return when a recording began, to the minute: a machine's state changes by the hour, so two of a day are two."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _kept_tolerance(asked: Asked, stored: StoredBaseline) -> float:
    """Return what the marker or the ini file says, else what the noise of the launches asks for."""
    if asked.kept_tolerance is not None:
        return asked.kept_tolerance
    return tolerance_for(asked.noise, *stored.by_day.values())


def _serves(asked: Asked, measuring: Measuring) -> bool:
    """Tell whether the launches so far make a baseline that is steady and shows what it should.

    Under a wide tolerance of the test's own that is twice the tolerance: the loss that an ok excludes.
    """
    stored = _baseline(asked, measuring, None, {})
    aim = max(asked.noise.detects, 2 * stored.tolerance)
    return _steady(measuring.speedup, _most_tolerance(asked)) and detects(stored, asked.noise) <= aim


def _most_tolerance(asked: Asked) -> float:
    return asked.noise.tolerance if asked.tolerance is None else asked.tolerance


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
        "@pytest.mark.ovperf(tolerance=…) in percent. `ovperf noise` says what this machine can show.",
    )
