"""Compared runs as one JSON document, for scripts."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING

from pytest_ovperf.runs.plain import to_data
from pytest_ovperf.runs.values import unit_of, value_of

if TYPE_CHECKING:
    from typing import Any

    from pytest_ovperf.runs.compared import Compared, ComparedRow
    from pytest_ovperf.runs.view import ArmView, BenchmarkView, ComparisonView

#: The version of the document; it grows with every change that a script would stumble over.
SCHEMA = 2


def comparison_json(compared: Compared) -> str:
    """Return the document: everything in ASCII, times in seconds, changes as shares, ``null`` for what is not known.

    ``against`` and ``judged`` are places in ``runs``. A row's ``over_runs`` has one item for each run.
    """
    document = {
        "schema": SCHEMA,
        "runs": [{"name": run.name, "started": run.started, "commit": run.commit} for run in compared.runs],
        "against": 0 if len(compared.runs) > 1 else None,
        "judged": len(compared.runs) - 1,
        "regressed": compared.regressed,
        "rows": [*map(_comparison, compared.comparisons), *map(_benchmark, compared.benchmarks)],
        "figures": _without_text_numbers(to_data(compared.runs[-1].figures)),
        "ladders": _without_text_numbers(to_data(compared.runs[-1].ladders)),
        "missing": list(compared.missing),
        "differences": [
            {"about": found.about, "name": found.name, "values": list(found.values)} for found in compared.differences
        ],
        "error_rate": compared.error_rate,
        "notes": list(compared.notes),
        "warnings": list(compared.warnings),
    }
    return json.dumps(document, indent=2, allow_nan=False)


def _comparison(row: ComparedRow[ComparisonView]) -> dict[str, object]:
    now = row.now
    return {
        "kind": "comparison",
        "key": row.key,
        "test": now.test,
        "model": now.model,
        "workload": now.workload,
        "metric": now.metric,
        "device": now.device,
        "candidate": now.candidate.name,
        "reference": now.reference.name,
        "unit": str(unit_of(now.metric)),
        **_verdict(row),
        "over_runs": [view and _speedup(view) for view in row.over_runs],
    }


def _without_text_numbers(data: Any) -> Any:  # noqa: ANN401  (JSON data)
    """Return data with ``null`` for numbers that are not finite, which `to_data` writes as text."""
    if isinstance(data, dict):
        return {name: _without_text_numbers(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_without_text_numbers(value) for value in data]
    return None if data in ("nan", "inf", "-inf") else data


def _speedup(view: ComparisonView) -> dict[str, object]:
    return {
        "ratio": _number(view.ratio),
        "low": _number(view.low),
        "high": _number(view.high),
        "confidence": _number(view.confidence),
        "launches": len(view.log_ratios),
        "candidate": _arm(view.candidate, view.metric),
        "reference": _arm(view.reference, view.metric),
    }


def _arm(arm: ArmView, metric: str) -> dict[str, object]:
    """Return an arm's figure in the row's unit, and the times of its calls where it has any."""
    times = arm.statistics
    return {
        "value": _number(value_of(arm, metric)),
        "median_s": None if times is None else _number(times.median_s),
        "percentiles_s": {name: _number(time) for name, time in arm.percentiles.items()},
    }


def _benchmark(row: ComparedRow[BenchmarkView]) -> dict[str, object]:
    return {
        "kind": "benchmark",
        "key": row.key,
        "group": row.now.group,
        **_verdict(row),
        "over_runs": [view and _times(view) for view in row.over_runs],
    }


def _times(view: BenchmarkView) -> dict[str, object]:
    times = view.statistics
    return {
        "q1_s": _number(times.q1_s),
        "median_s": _number(times.median_s),
        "q3_s": _number(times.q3_s),
        "calls": times.calls,
    }


def _verdict(row: ComparedRow[ComparisonView] | ComparedRow[BenchmarkView]) -> dict[str, object]:
    return {
        "verdict": str(row.kind),
        "said": row.said,
        "basis": str(row.basis),
        "expected": _number(row.expected),
        "change": _number(row.change),
        "change_low": _number(row.change_low),
        "change_high": _number(row.change_high),
        "tolerance": _number(row.tolerance),
        "reasons": list(row.reasons),
    }


def _number(value: float | None) -> float | None:
    """JSON has no infinity, and what reads this need not know that Python's has."""
    return value if value is not None and isfinite(value) else None
