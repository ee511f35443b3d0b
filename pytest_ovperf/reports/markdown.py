"""A run as GitHub-flavoured Markdown: what is not ok comes first, and what explains it is one click away.

Names come from users, paths and model files. Whatever has a meaning in Markdown or HTML is written as a character
reference, which has none in either, inside table cells too; so a name never changes more than its own place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence  # noqa: TC003  (public annotations stay resolvable)
from math import isfinite

from pytest_ovperf.npu.platforms import none_executed
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.runs.values import arms_of, unit_of, value_of
from pytest_ovperf.runs.view import BenchmarkView, ComparisonView, CompiledView, RunView  # noqa: TC001  (see above)

from . import figures
from .figure_markdown import FIGURE_HEAD, figure_lines, ladder_markdown
from .layer_markdown import changed_graphs, has_times, layers_markdown, race_graphs
from .markdown_text import code, text
from .rows import short_names

#: What is written for a verdict, the most pressing first; the sign is for those who skim.
SIGNS = {
    "regressed": "❌",
    "inconclusive": "⚠️",
    "no-baseline": "⚪",
    "not judged": "⚪",
    "improved": "🔼",
    "recorded": "📌",
    "ok": "✅",
}
#: What a row says of its comparison, with the word before it in the caption where all rows say the same.
_FACTS = {"metric": "in", "model": "of", "device": "on"}
_ORDER = {said: place for place, said in enumerate(SIGNS)}
_EXPLAINED = (VerdictKind.REGRESSED, VerdictKind.INCONCLUSIVE)
_COMMIT_DIGITS = 12
_TABLE = ("| test | speed-up | baseline | change | verdict |", "|:--|--:|--:|--:|:--|")
#: The same of a run that raced two releases.
RACE_HEAD = ("| model, arm | old | new | new over old | verdict |", "|:--|--:|--:|--:|:--|")
_COMMAND = re.compile(r":  (?=pytest |git |ovperf )")
#: Kept free for saying what was left out.
_NOTE_BYTES = 400


def run_markdown(run: RunView, *, max_bytes: int | None = None) -> str:
    """Return the page of a run: totals, a table, the evidence of what is not ok, the environment.

    Where it would take more than ``max_bytes`` in UTF-8, rows that are ok are left out first, and the page says so.
    Empty where not even its head has room.
    """
    names = short_names([view.test for view in run.comparisons])
    shared = _shared(run.comparisons)
    rows = sorted(run.comparisons, key=lambda view: _ORDER.get(view.said, 0))
    pressing = [view for view in rows if not _is_fine(view)]
    room = _Room(None if max_bytes is None else max_bytes - _NOTE_BYTES)
    head = room.take([_head(run)])
    if not head:
        return ""
    environment = room.take([_environment(run)])
    notes = room.take([f"- {text(note)}\n" for note in run.notes])
    head_of, row_of = (RACE_HEAD, _race) if run.raced_against else (_TABLE, _row)
    table = room.take([row_of(view, names, shared) for view in pressing])
    evidence = room.take([_evidence(view, names) for view in rows if _is_explained(view)])
    graphs = room.take(changed_graphs(rows))
    table += room.take([row_of(view, names, shared) for view in rows if _is_fine(view)])
    layers = room.take([_profiled(view, names) for view in rows if has_times(view) and not _is_explained(view)])
    ladders = room.take([ladder_markdown(view) for view in run.ladders])
    absolute = room.take(figure_lines(run.figures))
    compiled = room.take(_compiled(run.compiled))
    benchmarks = room.take([_benchmark(view) for view in run.benchmarks])
    parts = [
        *head,
        _section([*head_of, ""], table),
        _left_out(len(rows) - len(table), "comparison"),
        "".join(evidence),
        _section(["**Execution graphs that changed**", "", ""], graphs),
        "".join(layers),
        *ladders,
        _left_out(len(run.ladders) - len(ladders), "ladder"),
        _section(FIGURE_HEAD, absolute),
        _left_out(len(run.figures) - len(absolute), "absolute figure"),
        _section(_compiled_head(run.compiled), compiled),
        _left_out(len(run.compiled) - len(compiled), "compilation"),
        _section(["| benchmark | median | quartiles | calls |", "|:--|--:|--:|--:|", ""], benchmarks),
        _left_out(len(run.benchmarks) - len(benchmarks), "benchmark"),
        _section(["**Notes**", "", ""], notes),
        *environment,
    ]
    return "\n".join(part for part in parts if part)


class _Room:
    """What is left of a size in bytes; without one there is room for everything."""

    def __init__(self, size: int | None) -> None:
        self._left = size

    def take(self, parts: Iterable[str]) -> list[str]:
        """Return the first of them, as many as fit."""
        taken = []
        for part in parts:
            if self._left is not None:
                self._left -= len(part.encode("utf-8")) + 1
                if self._left < 0:
                    self._left = 0
                    break
            taken.append(part)
        return taken


def _is_fine(view: ComparisonView) -> bool:
    return view.said in ("ok", "improved", "recorded")


def _is_explained(view: ComparisonView) -> bool:
    return not _is_fine(view) and view.kind in _EXPLAINED and bool(view.evidence)


def _section(head: Sequence[str], lines: Sequence[str]) -> str:
    return "\n".join(head) + "".join(lines) if lines else ""


def _left_out(number: int, noun: str) -> str:
    if not number:
        return ""
    return f"{figures.count(number, noun)} left out here: the page would be larger than what shows it allows.\n"


def _head(run: RunView) -> str:
    facts = text(run.name), text(figures.moment(run.started)), code(run.commit[:_COMMIT_DIGITS])
    where = " · ".join(part for part in facts if part)
    lines = ["## OpenVINO performance", _totals(run), _caption(run), where]
    return "\n\n".join(line for line in lines if line) + "\n"


def _shared(views: Sequence[ComparisonView]) -> frozenset[str]:
    """Name the fields that are the same in every row: they are said once, above the table."""
    return frozenset(name for name in _FACTS if len({getattr(view, name) for view in views}) == 1)


def _caption(run: RunView) -> str:
    views = run.comparisons
    if not views:
        return ""
    said = [f"{word} {text(getattr(views[0], name))}" for name, word in _FACTS.items() if name in _shared(views)]
    if run.raced_against:
        said = [f"raced against OpenVINO {text(run.raced_against)}, new over old,", *said]
    levels = " and ".join(figures.chosen_percent(level) for level in sorted({view.confidence for view in views}))
    return f"{' '.join(['Arms' if run.raced_against else 'Speed-ups', *said])}, intervals at {levels} confidence"


def _totals(run: RunView) -> str:
    numbers = Counter(view.said for view in run.comparisons)
    totals = [f"{sign} **{numbers[said]} {said}**" for said, sign in SIGNS.items() if numbers[said]]
    targets = Counter(view.held for view in run.figures)
    totals += [f"❌ **{figures.count(targets[False], 'target')} missed**"] * bool(targets[False])
    totals += [f"✅ **{figures.count(targets[True], 'target')} held**"] * bool(targets[True])
    refused = sum(not view.compiles for view in run.compiled)
    totals += [f"⚪ **{refused} refused**"] * bool(refused)
    spent = figures.duration(sum(view.seconds for view in run.comparisons))
    noun = "race" if run.raced_against else "comparison"
    effort = [f"{figures.count(len(run.comparisons), noun)} in {spent}"] * bool(run.comparisons)
    others = ((run.figures, "absolute figure"), (run.ladders, "ladder"), (run.compiled, "compilation"))
    effort += [figures.count(len(found), noun) for found, noun in others if found]
    return " ".join(part for part in (" · ".join(totals), f"({', '.join(effort)})" if effort else "") if part)


def _row(view: ComparisonView, names: Mapping[str, str], shared: Collection[str]) -> str:
    about = [arms_of(view), *(getattr(view, name) for name in _FACTS if name not in shared), own_figures(view)]
    cells = [
        f"{code(names[view.test])}<br>{' · '.join(map(text, filter(None, about)))}",
        f"{figures.speedup(view.ratio)}<br>{figures.interval(view.low, view.high)}",
        _held_against(view),
        "" if view.change is None or view.target is not None else figures.change(view.change),
        _verdict(view),
    ]
    return f"| {' | '.join(cells)} |\n"


def _race(view: ComparisonView, names: Mapping[str, str], shared: Collection[str]) -> str:
    """Return the row of a race, whose first test alone has a name there: it is the whole run's."""
    about = [view.candidate.name, *(getattr(view, name) for name in _FACTS if name not in {*shared, "model"})]
    unit = unit_of(view.metric)
    cells = [
        "<br>".join([text(view.model), " · ".join(map(text, about)), code(names[view.test]), *race_graphs(view)]),
        *(figures.quantity(value_of(arm, view.metric), unit) for arm in (view.reference, view.candidate)),
        f"{figures.speedup(view.ratio)}<br>{figures.interval(view.low, view.high)}",
        _verdict(view),
    ]
    return f"| {' | '.join(cells)} |\n"


def own_figures(view: ComparisonView) -> str:
    """Return both arms' own figures in the metric's unit, empty where a file keeps none."""
    unit = unit_of(view.metric)
    ours, theirs = value_of(view.candidate, view.metric), value_of(view.reference, view.metric)
    if not (isfinite(ours) and isfinite(theirs)):
        return ""
    return figures.against(ours, theirs, unit)


def _verdict(view: ComparisonView) -> str:
    return f"{SIGNS.get(view.said, '⚪')} {text(view.said)}"


def _held_against(view: ComparisonView) -> str:
    if view.target is not None:
        return f"≥ {figures.speedup(view.target)}"
    if view.expected is not None:
        return figures.speedup(view.expected)
    return "unknown" if view.baseline is not None else "none"


def _evidence(view: ComparisonView, names: Mapping[str, str]) -> str:
    """Return what explains a verdict, folded. HTML within it is Markdown again only after an empty line."""
    summary = f"{_verdict(view)}: {code(names[view.test])}, {text(arms_of(view))}, {figures.speedup(view.ratio)}"
    listed = "\n".join(f"- {_sentence(line)}" for line in view.evidence)
    return _folded(summary, "\n\n".join([listed, *layers_markdown(view)]))


def _profiled(view: ComparisonView, names: Mapping[str, str]) -> str:
    """Return where the time went in a comparison that leaves nothing else to explain, folded."""
    return _folded(f"Layers: {code(names[view.test])}, {text(arms_of(view))}", "\n\n".join(layers_markdown(view)))


def _folded(summary: str, content: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{content}\n\n</details>\n\n"


def _sentence(line: str) -> str:
    said, command = ([*_COMMAND.split(line, maxsplit=1), ""])[:2]
    return f"{text(said)}: {code(command)}" if command else text(said)


def _benchmark(view: BenchmarkView) -> str:
    times = view.statistics
    cells = [
        code(view.key),
        figures.latency(times.median_s * 1e9),
        f"{figures.latency(times.q1_s * 1e9)} to {figures.latency(times.q3_s * 1e9)}",
        str(times.calls),
    ]
    return f"| {' | '.join(cells)} |\n"


def _compiled_head(views: Sequence[CompiledView]) -> tuple[str, ...]:
    """Return what stands above the models that were compiled and not executed; nothing where there are none."""
    if not views:
        return ()
    told = none_executed(view.platform for view in views)
    return (
        f"**Compiled for an NPU**: {text(told)}; by {text(views[0].by)}",
        "",
        "| model | precision | NPU | outcome | against the record |",
        "|:--|:--|:--|:--|:--|",
        "",
    )


def _compiled(views: Sequence[CompiledView]) -> list[str]:
    return [
        f"| {code(view.model)} | {view.precision} | {view.platform} | {text(view.outcome)} | {view.change} |\n"
        for view in views
    ]


def _environment(run: RunView) -> str:
    facts = [fact for about in (run.machine, run.versions, run.devices) for fact in about.items()]
    rows = [f"| {text(name)} | {text(value)} |" for name, value in facts if value]
    if not rows:
        return ""
    table = "\n".join(["| | |", "|:--|:--|", *rows])
    return f"<details>\n<summary>Environment</summary>\n\n{table}\n\n</details>\n"
