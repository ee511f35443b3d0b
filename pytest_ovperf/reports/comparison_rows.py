"""Compared runs as text: one line for each row, the runs, and what differs between them. Formatting only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from itertools import groupby

from pytest_ovperf.records import VerdictKind  # noqa: TC001  (see above)
from pytest_ovperf.runs.compared import Basis, Compared, ComparedRow, EnvironmentDifference
from pytest_ovperf.runs.values import arms_of, unit_of, value_of
from pytest_ovperf.runs.view import ArmView, BenchmarkView, ComparisonView, RunView  # noqa: TC001  (see above)

from . import figures
from .markdown import own_figures
from .rows import short_names

_COMMIT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is written: every figure rounded and with its unit, nothing escaped and nothing cut.

    ``name`` is the shortest part of the test's id that no other row's test shares. ``about`` names what its name need
    not say, by field of `ComparisonView`: ``arms``, ``model``, ``device``, ``metric``; empty for a plain benchmark.
    ``own`` are both arms' own figures of the last run in the metric's unit, empty where there are none.
    ``figures`` has one item for each of the sheet's columns, ``spread`` is the last one's interval or quartiles, and
    ``between`` the interval of ``change``. ``moved`` and ``reasons`` are sentences: what a ratio or a percentage alone
    cannot tell, and what there is to know of the verdict.
    """

    key: str
    name: str
    about: Mapping[str, str]
    own: str
    figures: tuple[str, ...]
    spread: str
    change: str
    between: str
    verdict: str
    kind: VerdictKind
    moved: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: what its figures are, the titles of their columns and of what is beside the last one, and its lines.

    ``shared`` are the fields that all lines have in common: ``caption`` says them once. ``noun`` is what a line is.
    """

    caption: str
    noun: str
    columns: tuple[str, ...]
    spread_title: str
    lines: tuple[Line, ...]
    shared: frozenset[str]


def sheets(compared: Compared) -> tuple[Sheet, ...]:
    """Return the table of comparisons and that of plain benchmarks, each only where it has lines."""
    return tuple(sheet for sheet in (_comparisons(compared), _benchmarks(compared)) if sheet.lines)


def run_titles(compared: Compared) -> tuple[str, ...]:
    """Return what the columns of the runs are called: by number, since names are long."""
    return tuple(f"run {number}" for number in range(1, len(compared.runs) + 1))


def run_lines(runs: Sequence[RunView]) -> list[tuple[str, str, str, str]]:
    """Return number, name, start and commit of each run."""
    return [
        (str(number), run.name, figures.moment(run.started), run.commit[:_COMMIT_DIGITS])
        for number, run in enumerate(runs, start=1)
    ]


def difference(found: EnvironmentDifference) -> str:
    """Return how a fact went over the runs: ``A → B``, with the numbers of the runs where there are more than two."""
    unsaid = "unknown" if found.about == "machine" else "none"
    stretches = [
        (value or unsaid, [number for number, _ in same])
        for value, same in groupby(enumerate(found.values, start=1), key=lambda numbered: numbered[1])
    ]
    if len(found.values) == len(stretches) == 2:  # noqa: PLR2004  (then and now, which need no numbers)
        return " → ".join(value for value, _ in stretches)
    return " → ".join(f"{value} ({_runs(numbers)})" for value, numbers in stretches)


def tolerances(rows: Iterable[ComparedRow[ComparisonView] | ComparedRow[BenchmarkView]]) -> str:
    """Return the tolerances that rows were judged by: ``5 %``, or ``5 % to 10 %``; empty where none was."""
    shares = sorted({row.tolerance for row in rows if row.basis in (Basis.LAUNCHES, Basis.QUARTILES)})
    return " to ".join(dict.fromkeys(figures.chosen_percent(share) for share in (*shares[:1], *shares[-1:])))


def _runs(numbers: Sequence[int]) -> str:
    return f"run {numbers[0]}" if len(numbers) == 1 else f"runs {numbers[0]}\N{EN DASH}{numbers[-1]}"


def _comparisons(compared: Compared) -> Sheet:
    rows = compared.comparisons
    names = short_names([row.now.test for row in rows])
    lines = tuple(_comparison(row, names[row.now.test]) for row in rows)
    fields = ("arms", "model", "device", "metric")
    shared = frozenset(field for field in fields if len({line.about[field] for line in lines}) == 1)
    alone = len(compared.runs) == 1
    return Sheet(
        caption=_caption(rows, lines, shared),
        noun="comparison",
        columns=("baseline", "speed-up") if alone else run_titles(compared),
        spread_title="interval",
        lines=lines,
        shared=shared,
    )


def _caption(rows: Sequence[ComparedRow[ComparisonView]], lines: Sequence[Line], shared: frozenset[str]) -> str:
    said = {field: lines[0].about[field] for field in shared}
    words = ["Speed-up" if len(lines) == 1 else "Speed-ups"]
    words += [f"in {said['metric']}"] if "metric" in said else []
    words += [f"of {said['model']}"] if "model" in said else []
    words += [f"on {said['device']}"] if "device" in said else []
    levels = {row.now.confidence for row in rows}
    confidence = f", intervals at {figures.chosen_percent(levels.pop())} confidence" if len(levels) == 1 else ""
    let_pass = tolerances(rows)
    return " ".join(words) + confidence + (f"; tolerance {let_pass}" if let_pass else "")


def _comparison(row: ComparedRow[ComparisonView], name: str) -> Line:
    now = row.now
    recorded = row.basis is Basis.RECORDED
    shown = (_held_against(now), figures.speedup(now.ratio)) if recorded else tuple(map(_ratio, row.over_runs))
    targeted = recorded and now.target is not None
    return Line(
        key=row.key,
        name=name,
        about={"arms": arms_of(now), "model": now.model, "device": now.device, "metric": now.metric},
        own=own_figures(now),
        figures=shown,
        spread=figures.interval(now.low, now.high),
        change="" if row.change is None or targeted else figures.change(row.change),
        between="" if targeted else _between(row.change_low, row.change_high),
        verdict=row.said,
        kind=row.kind,
        moved="" if row.then is None else _sides(now, row.then),
        reasons=row.reasons,
    )


def _ratio(view: ComparisonView | None) -> str:
    return figures.speedup(view.ratio) if view else ""


def _held_against(view: ComparisonView) -> str:
    if view.target is not None:
        return f"≥ {figures.speedup(view.target)}"
    return "none" if view.expected is None else figures.speedup(view.expected)


def _benchmarks(compared: Compared) -> Sheet:
    rows = compared.benchmarks
    names = short_names([row.key for row in rows])
    let_pass = tolerances(rows)
    return Sheet(
        caption="Plain benchmarks, medians with quartiles" + (f"; tolerance {let_pass}" if let_pass else ""),
        noun="benchmark",
        columns=("median",) if len(compared.runs) == 1 else run_titles(compared),
        spread_title="quartiles",
        lines=tuple(_benchmark(row, names[row.key]) for row in rows),
        shared=frozenset(),
    )


def _benchmark(row: ComparedRow[BenchmarkView], name: str) -> Line:
    times = row.now.statistics
    return Line(
        key=row.key,
        name=name,
        about={},
        own="",
        figures=tuple(_median(view) for view in row.over_runs),
        spread=figures.beside(_time(times.q1_s), _time(times.q3_s), "\N{EN DASH}"),
        change="" if row.change is None else figures.change(row.change),
        between=_between(row.change_low, row.change_high),
        verdict=row.said,
        kind=row.kind,
        moved="" if row.then is None else f"Median {_time(row.then.statistics.median_s)} → {_time(times.median_s)}.",
        reasons=row.reasons,
    )


def _median(view: BenchmarkView | None) -> str:
    return _time(view.statistics.median_s) if view else ""


def _time(seconds: float) -> str:
    return figures.latency(seconds * 1e9)


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else figures.beside(figures.change(low), figures.change(high), " to ")


def _sides(now: ComparisonView, then: ComparisonView) -> str:
    """Tell which side moved: a ratio alone cannot."""
    candidate = _moved(then.candidate, now.candidate, now.metric)
    reference = _moved(then.reference, now.reference, now.metric)
    return f"Candidate {candidate}; reference {reference}."


def _moved(then: ArmView, now: ArmView, metric: str) -> str:
    old, new, unit = value_of(then, metric), value_of(now, metric), unit_of(metric)
    change = f" ({figures.change(new / old - 1)})" if old > 0 else ""
    return f"{figures.quantity(old, unit)} → {figures.quantity(new, unit)}{change}"
