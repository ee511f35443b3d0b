"""The results as Markdown, and as the JSON that they are kept in."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.kept import one_line_each
from pytest_ovperf.metrics import Metric

from .records import Outcome
from .summary import AIM_LARGEST, AIM_MEDIAN, agreement_of, aim_met, of_metric

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .summary import Agreement

_SCHEMA = 1
_NS_PER_MS = 1e6
_NS_PER_US = 1e3
_METRICS = (Metric.LATENCY, Metric.THROUGHPUT)


def read_outcomes(path: Path) -> list[Outcome]:
    """Return the outcomes kept in ``path``, if there is such a file. Raises `ValueError` for another schema."""
    if not path.exists():
        return []
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("schema") != _SCHEMA:
        raise ValueError(f"{path} has schema {data.get('schema')}, this program reads {_SCHEMA}: move it away.")
    return [Outcome.from_json(outcome) for outcome in data["outcomes"]]


def write_outcomes(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes, sorted by case."""
    ordered = sorted(outcomes, key=lambda outcome: (outcome.case.metric, outcome.case.model, outcome.case.arm))
    data = {"schema": _SCHEMA, "outcomes": [outcome.to_json() for outcome in ordered]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(one_line_each(data), encoding="utf-8", newline="\n")


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Return one table a metric, each with its line on the aim."""
    parts = []
    for metric in _METRICS:
        chosen = of_metric(outcomes, metric)
        if chosen:
            agreements = [agreement_of(outcome) for outcome in chosen]
            lines = [_row(outcome, agreement) for outcome, agreement in zip(chosen, agreements, strict=True)]
            parts.append("\n".join([f"## {metric.capitalize()}", "", *_head(metric), *lines, "", _aim(agreements)]))
    return "\n\n".join([*parts, _about(outcomes)]) + "\n"


def _head(metric: Metric) -> list[str]:
    unit = "ms, median" if metric is Metric.LATENCY else "samples/s"
    columns = ["model", "arm", f"benchmark_app ({unit})", f"pytest-ovperf ({unit})", "ratio", "95 % interval"]
    columns += ["spread of a launch", "launches"]
    columns += ["outside the request", "ratio without"] if metric is Metric.LATENCY else []
    return [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]


def _row(outcome: Outcome, agreement: Agreement) -> str:
    differing = f" ({'; '.join(agreement.differing)})" if agreement.differing else ""
    figures = (_figure(value, outcome.case.metric) for value in (agreement.theirs, agreement.ours))
    cells = [outcome.case.model, f"`{outcome.case.arm}`{differing}", *figures, f"{agreement.ratio:.3f}"]
    cells += [f"{agreement.low:.3f} to {agreement.high:.3f}", f"{agreement.spread:.1%}".replace("%", " %")]
    disturbed = any(launch.disturbed for launch in outcome.counted)
    cells.append(f"{agreement.launches}{' (disturbed)' if disturbed else ''}")
    if outcome.case.metric is Metric.LATENCY:
        read = outcome.outside_ns > 0
        cells += [f"{outcome.outside_ns / _NS_PER_US:.0f} µs", f"{agreement.inner:.3f}"] if read else ["not read", ""]
    return f"| {' | '.join(cells)} |"


def _figure(value: float, metric: Metric) -> str:
    return f"{value / _NS_PER_MS:.2f}" if metric is Metric.LATENCY else f"{value:.1f}"


def _aim(agreements: Sequence[Agreement]) -> str:
    deviations = [agreement.deviation for agreement in agreements]
    met = "met" if aim_met(agreements) else "not met"
    beyond = sum(not 1 - AIM_LARGEST <= agreement.low <= agreement.high <= 1 + AIM_LARGEST for agreement in agreements)
    return (
        f"Deviation: {median(deviations):.1%} in the median, {max(deviations):.1%} at most; the aim "
        f"({AIM_MEDIAN:.0%} and {AIM_LARGEST:.0%}) is {met} by these ratios. {beyond} of {len(agreements)} intervals "
        f"reach beyond {AIM_LARGEST:.0%}."
    ).replace("%", " %")


def _about(outcomes: Sequence[Outcome]) -> str:
    dates = sorted({launch.date for outcome in outcomes for launch in outcome.launches})
    machines = sorted({outcome.machine for outcome in outcomes})
    versions = sorted({outcome.versions.get("openvino", "") for outcome in outcomes})
    left_out = sum(len(outcome.launches) - len(outcome.counted) for outcome in outcomes)
    launches = sum(len(outcome.launches) for outcome in outcomes)
    return (
        f"Ratios are pytest-ovperf over benchmark_app. OpenVINO {', '.join(versions)} on {', '.join(machines)}, "
        f"{' to '.join(sorted({dates[0], dates[-1]}))}; {left_out} of {launches} launches were left out, disturbed "
        "by other work."
    )
