"""From a run, or from runs compared, to what a page shows. Formatting only: every verdict comes with the data."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from pytest_ovperf.records import VerdictKind
from pytest_ovperf.reports import figures
from pytest_ovperf.reports.comparison_rows import sheets
from pytest_ovperf.reports.ladder import ladders
from pytest_ovperf.reports.rows import short_names
from pytest_ovperf.verdict.comparing import by_itself

from . import environment, wording
from .content import Page, Sheet, Style, Tally
from .figure_tables import compiled_table, figure_table, measured_ladders
from .ladder_cards import NOTE, ladder_cards
from .marks import axis
from .payload import benchmark_data, comparison_data
from .row import anchor, benchmark_row, comparison_row, style_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ovperf.runs.compared import Compared, ComparedRow
    from pytest_ovperf.runs.view import BenchmarkView, ComparisonView, RunView

    from .content import Row

#: How many regressed rows are shown above the table.
_FIRST = 6
#: The facts of a machine that may name its processor, the best first.
_PROCESSOR = ("cpu", "processor", "machine")


def of_run(run: RunView) -> Page:
    """Return the page of one run: its own verdicts, against its own baselines."""
    return _page(by_itself(run), title="")


def of_compared(compared: Compared) -> Page:
    """Return the page of runs compared, the last one judged; of a single run, that of the run."""
    first, last = compared.runs[0].name, compared.runs[-1].name
    return _page(compared, title=last if len(compared.runs) == 1 else f"{last} against {first}")


def _page(compared: Compared, *, title: str) -> Page:
    run, alone = compared.runs[-1], len(compared.runs) == 1
    sheets = tuple(
        sheet for sheet in (_comparisons(compared, alone=alone), _benchmarks(compared, alone=alone)) if sheet.rows
    )
    rows = [row for sheet in sheets for row in sheet.rows]
    regressed = [row for row in rows if row.style is Style.REGRESSED]
    style, headline = _headline(rows, compared, alone=alone)
    return Page(
        kind="report" if alone else "comparison",
        title=title or figures.moment(run.started),
        headline=headline,
        style=style,
        summary=" · ".join(part for part in (_summary(compared, alone=alone), title) if part),
        facts=tuple((name, value) for name, value in _run_facts(compared, alone=alone) if value),
        tallies=_tallies(rows),
        first=tuple(regressed[:_FIRST]),
        first_left=max(0, len(regressed) - _FIRST),
        sheets=sheets,
        ladders=ladder_cards(ladders(run.comparisons)),
        ladder_note=NOTE,
        figures=figure_table(run.figures),
        compiled=compiled_table(run.compiled),
        measured=measured_ladders(run.ladders),
        runs=() if alone else environment.run_heads(compared),
        environment=tuple(
            (name, facts)
            for name, facts in (("Machine", run.machine), ("Versions", run.versions), ("Devices", run.devices))
            if facts
        ),
        notes=compared.notes,
        warnings=compared.warnings,
        missing=compared.missing,
        payload=_payload(compared),
    )


def _comparisons(compared: Compared, *, alone: bool) -> Sheet:
    found = compared.comparisons
    names = _names(found)
    shared = axis(*_axis_facts(found))
    moved = {line.key: line.moved for sheet in sheets(compared) for line in sheet.lines}
    rows = [comparison_row(row, names[row.key], runs=compared.runs, axis=shared, moved=moved[row.key]) for row in found]
    raced = bool(compared.runs[-1].raced_against)
    return Sheet(
        anchor="comparisons",
        title="Races" if raced else "Comparisons",
        noun="race" if raced else "comparison",
        figure_head="New over old" if raced else "Speed-up",
        expected_head="Held against" if alone else "Before",
        change_head="Change",
        worse="lower",
        better="higher",
        axis=shared,
        rows=_ranked(rows),
        models=tuple(sorted({row.model for row in rows})),
    )


def _benchmarks(compared: Compared, *, alone: bool) -> Sheet:
    found = compared.benchmarks
    names = short_names([row.key for row in found])
    shared = axis(*_axis_facts(found))
    rows = [benchmark_row(row, names[row.key], alone=alone, axis=shared) for row in found]
    return Sheet(
        anchor="benchmarks",
        title="Plain benchmarks",
        noun="benchmark",
        figure_head="Median",
        expected_head="Before",
        change_head="Change",
        worse="slower",
        better="faster",
        axis=shared,
        rows=_ranked(rows),
        models=(),
    )


def _names(rows: Sequence[ComparedRow[ComparisonView]]) -> Mapping[str, str]:
    short = short_names([row.now.test for row in rows])
    return {row.key: short[row.now.test] for row in rows}


def _axis_facts(
    rows: Sequence[ComparedRow[ComparisonView]] | Sequence[ComparedRow[BenchmarkView]],
) -> tuple[list[float], list[float]]:
    """Return the ends of all changes that are about a tolerance, and the tolerances: what the axis is chosen by."""
    judged = [row for row in rows if row.change is not None and row.tolerance > 0]
    ends = [end for row in judged for end in (row.change, row.change_low, row.change_high) if end is not None]
    return ends, [row.tolerance for row in judged]


def _ranked(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Put first what somebody has to look at, and the largest loss first among these."""
    return tuple(sorted(rows, key=lambda row: (row.style.rank, row.sort_change or 0.0)))


def _tallies(rows: Sequence[Row]) -> tuple[Tally, ...]:
    """Count the rows of each style that there is."""
    counts = Counter(row.style for row in rows)
    return tuple(
        Tally(style, counts[style], round(100 * counts[style] / len(rows), 2)) for style in Style if counts[style]
    )


def _headline(rows: Sequence[Row], compared: Compared, *, alone: bool) -> tuple[Style, str]:
    since = "" if alone else f" since {compared.runs[0].name}"
    missed = sum(view.held is False for view in compared.runs[-1].figures)
    if not rows:
        return _headline_of_figures(compared.runs[-1], missed)
    also = f", {figures.count(missed, 'target')} missed" if missed else ""
    regressed = sum(row.style is Style.REGRESSED for row in rows)
    if regressed:
        return Style.REGRESSED, f"{regressed} of {len(rows)} regressed{since}{also}"
    style, words = _headline_of_the_rest(Counter(row.style for row in rows), since, alone=alone)
    return Style.REGRESSED if missed else style, words + also


def _headline_of_the_rest(counts: Counter[Style], since: str, *, alone: bool) -> tuple[Style, str]:
    """Return the headline of comparisons of which none regressed."""
    if counts[Style.OK] or counts[Style.IMPROVED] or counts[Style.INCONCLUSIVE]:
        return Style.OK, f"Nothing regressed{since}"
    if counts[Style.RECORDED]:
        return Style.RECORDED, f"{figures.count(counts[Style.RECORDED], 'baseline')} recorded"
    if counts[Style.NO_BASELINE]:
        return Style.NO_BASELINE, "Nothing to compare with" if alone else f"Nothing could be compared{since}"
    return Style.NOT_JUDGED, "Measured, and not judged"


def _headline_of_figures(run: RunView, missed: int) -> tuple[Style, str]:
    """Return the headline of a run without comparisons."""
    kept = sum(view.held is True for view in run.figures)
    if missed:
        return Style.REGRESSED, f"{missed} of {figures.count(missed + kept, 'target')} missed"
    if kept:
        return Style.OK, f"{figures.count(kept, 'target')} held"
    if run.figures or run.ladders:
        return Style.NOT_JUDGED, "Measured, and not judged"
    return Style.NOT_JUDGED, "Compiled, not executed" if run.compiled else "Nothing was measured"


def _summary(compared: Compared, *, alone: bool) -> str:
    run = compared.runs[-1]
    found: tuple[tuple[Sequence[object], str], ...] = (
        (compared.comparisons, "race" if run.raced_against else "comparison"),
        (compared.benchmarks, "plain benchmark"),
        (run.figures, "absolute figure"),
        (run.ladders, "ladder"),
        (run.compiled, "compilation"),
    )
    words = [figures.count(len(each), noun) for each, noun in found if each]
    seconds = sum(view.seconds for view in run.comparisons)
    if alone and seconds:  # those of figures are not told: several that were measured together would count again
        words[0] += f" in {figures.duration(seconds)}"
    text = wording.listed(words) if words else ""
    return text if alone else f"{text} over {figures.count(len(compared.runs), 'run')}"


def _run_facts(compared: Compared, *, alone: bool) -> list[tuple[str, str]]:
    first, run = compared.runs[0], compared.runs[-1]
    processor = next((run.machine[name] for name in _PROCESSOR if run.machine.get(name)), "")
    when = figures.moment(run.started)
    found = ((each.device for each in views) for views in (run.comparisons, run.figures, run.ladders))
    devices = dict.fromkeys(chain.from_iterable(found))
    confidence = {figures.chosen_percent(view.confidence) for view in run.comparisons}
    return [
        ("Measured", when if alone else f"{figures.moment(first.started)} to {when}"),
        ("Commit", wording.commit(run.commit)),
        ("Machine", processor),
        ("Device", ", ".join(devices)),
        ("Raced against", f"OpenVINO {run.raced_against}" if run.raced_against else ""),
        *(
            (name, run.versions[key])
            for name, key in (("OpenVINO", "openvino"), ("PyTorch", "torch"), ("ONNX Runtime", "onnxruntime"))
            if key in run.versions
        ),
        ("Intervals", f"{confidence.pop()} confidence" if len(confidence) == 1 else ""),
    ]


def _payload(compared: Compared) -> dict[str, object]:
    """Return what the script draws from, by the anchors of the rows."""
    rows: dict[str, object] = {}
    keys: dict[str, str] = {}
    for each in compared.comparisons:
        rows[anchor(each.key)] = comparison_data(each, _styles(each))
        keys[anchor(each.key)] = each.key
    for other in compared.benchmarks:
        rows[anchor(other.key)] = benchmark_data(other, _styles(other))
        keys[anchor(other.key)] = other.key
    return {
        "styles": [str(style) for style in Style],
        "runs": [[run.name, figures.moment(run.started)] for run in compared.runs],
        "changes": environment.changes_by_run(compared),
        "keys": keys,
        "rows": rows,
    }


def _styles(row: ComparedRow[ComparisonView] | ComparedRow[BenchmarkView]) -> list[Style | None]:
    """Return how each run is marked in a history: the last by its row, the others as they judged themselves."""
    before = [
        None
        if view is None
        else style_of(getattr(view, "said", "not judged"), getattr(view, "kind", VerdictKind.NO_BASELINE))
        for view in row.earlier
    ]
    return [*before, style_of(row.said, row.kind)]
