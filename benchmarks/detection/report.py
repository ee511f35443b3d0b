"""The report: Markdown tables, all counts as JSON, and the picture. Only reporting data go in."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import expm1
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from benchmarks.kept import one_line_each

from .cases import NO_CHANGE, SHARES, Change, Means
from .datasets import TUNING, Purpose
from .intervals import Share
from .rules.ours import Ours
from .rules.protocol import Finding
from .summary import aims, grouped, live_rows, pooled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .live_records import LiveRace
    from .replaying import Tally
    from .summary import Group, Said

_SHOWN = (
    *(Change(Means.CANDIDATE, share) for share in SHARES if share),
    Change(Means.BUSY_WAIT, 0.05),
)
_REFERENCE = Change(Means.REFERENCE, 0.10)

_ABOUT = """\
Reporting data only: {recordings} recordings that nothing was tuned on. Left out, because estimators and tolerances were
chosen on them: {tuning}.

Shares are percent of verdicts with exact 95 % intervals (Clopper-Pearson), which take verdicts as independent. Replayed
ones are not quite: draws from one recording share launches; {disjoint} questions on unchanged arms share none. Live
races share nothing.

A rule named alone measures as its tool does: one process or a few, absolute times of one arm, then and now. "All
launches" gives it all calls of that arm in the launches that our verdict may rest on, which the tool itself could not
put together. The launches are those of the same recordings, and no rule is given more of the machine's time than ours.

"First word" is when the planned looks ended; a suspicion is then measured again before it is called slower, and the
verdict comes after that.

Settings: `{plan}`
"""


def reporting_only(tallies: Sequence[Tally]) -> list[Tally]:
    """Return the tallies of traces that nothing was tuned on, by today's list of those that something was."""
    return [tally for tally in tallies if tally.purpose == Purpose.REPORTING and tally.trace not in TUNING]


def write_report(
    folder: Path, tallies: Sequence[Tally], document: Mapping[str, Any], races: Sequence[LiveRace]
) -> None:
    """Write ``report.md`` and ``report.json`` into the folder. Raises `ValueError` if there is nothing to report."""
    kept = reporting_only(tallies)
    if not kept and not races:
        raise ValueError("There are no reporting data: replay traces that were not tuned on, or run live races.")
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(kept, document, races)
    (folder / "report.md").write_text(text, encoding="utf-8", newline="\n")
    data = one_line_each(report_data(kept, document, races))
    (folder / "report.json").write_text(data, encoding="utf-8", newline="\n")


def report_data(tallies: Sequence[Tally], document: Mapping[str, Any], races: Sequence[LiveRace]) -> dict[str, Any]:
    """Return the report as JSON-able data: every count with its interval."""
    return {
        "schema": 1,
        "data": "reporting data only",
        "left_out": sorted(TUNING),
        "traces": _traces(tallies),
        "settings": document.get("settings"),
        "sources": document.get("sources"),
        "aims": [
            {
                "load": load,
                "text": aim.text,
                **asdict(aim.share),
                "median_s": aim.said.median_s,
                "median_first_s": aim.said.first_s,
                "reached": aim.reached,
            }
            for load in _loads(tallies, races)
            for aim in aims(tallies, races, load)
        ],
        "replayed": [
            {**asdict(group), "rule": rule, "change": change.means, "share": change.share, **said.to_data()}
            for group, rules in grouped(tallies).items()
            for rule, changes in rules.items()
            for change, said in changes.items()
        ],
        "live": [
            {"load": load, "scenario": scenario, "share": share, **said.to_data()}
            for (load, scenario, share), said in live_rows(races).items()
        ],
    }


def markdown(tallies: Sequence[Tally], document: Mapping[str, Any], races: Sequence[LiveRace]) -> str:
    """Return the report as Markdown."""
    parts = ["# Detection: false alarms and slow-downs found, rule by rule\n", _about(tallies, document)]
    parts += [
        f"## What is to be reached: {load}\n\n{_aims_table(tallies, races, load)}" for load in _loads(tallies, races)
    ]
    if tallies:
        parts.append(f"## False alarms at a glance\n\n{_alarms_table(tallies)}")
        parts += [f"## {_heading(group)}\n\n{_group_table(rules)}" for group, rules in grouped(tallies).items()]
    if races:
        parts.append(f"## Live races\n\n{_live_table(races)}")
    parts.append(f"## The rules and where they are stated\n\n{_sources(document)}")
    return "\n".join(parts)


def _about(tallies: Sequence[Tally], document: Mapping[str, Any]) -> str:
    settings = document.get("settings") or {}
    disjoint = pooled(
        tallies, lambda t: t.means == NO_CHANGE.means and t.drawing == "successive" and t.rule == Ours.name
    ).disjoint
    return _ABOUT.format(
        recordings=len(_traces(tallies)), tuning=", ".join(sorted(TUNING)), disjoint=disjoint, plan=json.dumps(settings)
    )


def _aims_table(tallies: Sequence[Tally], races: Sequence[LiveRace], load: str) -> str:
    lines = [
        "| aim | to reach | % (95 % interval) | verdicts | first word, median s | verdict, median s | reached |",
        "|---" * 7 + "|",
    ]
    for aim in aims(tallies, races, load):
        wanted = f"{'≥' if aim.at_least else '≤'} {aim.bound:.1%}"
        wanted += f" in ≤ {aim.most_s:.0f} s" if aim.most_s else ""
        times = (_seconds(aim.said.first_s), _seconds(aim.said.median_s))
        cells = (aim.text, wanted, aim.share, aim.share.total, *times, aim.reached)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _alarms_table(tallies: Sequence[Tally]) -> str:
    """Return how often each rule called unchanged arms slower, by question, load and drawing."""
    unchanged = [tally for tally in tallies if tally.means == NO_CHANGE.means]
    columns = list(dict.fromkeys((t.asked, t.load, t.drawing) for t in unchanged))
    lines = [
        "| rule | " + " | ".join(", ".join(column) for column in columns) + " |",
        "|---" * (1 + len(columns)) + "|",
    ]
    for rule in dict.fromkeys(tally.rule for tally in unchanged):
        cells = []
        for column in columns:
            own = [t for t in unchanged if t.rule == rule and (t.asked, t.load, t.drawing) == column]
            share = pooled(own, lambda _: True).share(Finding.SLOWER)
            cells.append(f"{share} of {share.total}")
        lines.append(f"| {rule} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _group_table(rules: Mapping[str, Mapping[Change, Said]]) -> str:
    shown = [change for change in _SHOWN if any(change in changes for changes in rules.values())]
    heads = ["rule", "false alarms", "verdicts", "called faster", "inconclusive"]
    heads += [_change_head(change) for change in shown] + [
        "reference 10% slower",
        "median s",
        "median s at 5%",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for rule, changes in rules.items():
        same, five = changes.get(NO_CHANGE), changes.get(Change(Means.CANDIDATE, 0.05))
        cells = [
            rule,
            _of(same, Finding.SLOWER),
            str(same.findings.total() if same else "-"),
            _of(same, Finding.FASTER),
        ]
        cells += [_of(same, Finding.UNCLEAR), *(_of(changes.get(change), Finding.SLOWER) for change in shown)]
        cells += [_of(changes.get(_REFERENCE), Finding.SLOWER)]
        cells += [_seconds(said.median_s if said else None) for said in (same, five)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _live_table(races: Sequence[LiveRace]) -> str:
    heads = ["load", "scenario", "made slower by", "seen", "called slower", "called faster", "inconclusive", "verdicts"]
    heads += ["first word, median s", "verdict, median s"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for (load, scenario, share), said in live_rows(races).items():
        own = [race for race in races if (race.load, race.scenario, race.share) == (load, scenario, share)]
        seen = median(expm1(-fmean(race.log_ratios)) for race in own)
        found = [said.share(finding) for finding in (Finding.SLOWER, Finding.FASTER, Finding.UNCLEAR)]
        times = (_seconds(said.first_s), _seconds(said.median_s))
        cells = (load, scenario, f"{share:.0%}" if share else "", f"{seen:+.1%}", *found, said.findings.total(), *times)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _sources(document: Mapping[str, Any]) -> str:
    sources: Mapping[str, str] = document.get("sources") or {}
    return "\n".join(f"- {name}: {source}" for name, source in sources.items()) + "\n"


def _heading(group: Group) -> str:
    asked = "raced side by side" if group.asked == "race" else "against stored launches"
    order = "launches drawn at random" if group.drawing == "drawn" else "successive launches, drift included"
    return f"{group.kind}, {asked}, {group.load}: {order}"


def _change_head(change: Change) -> str:
    return f"{change.share:.0%} busy wait" if change.means is Means.BUSY_WAIT else f"{change.share:.0%} slower"


def _of(said: Said | None, finding: Finding) -> str:
    return str(Share(0, 0)) if said is None else str(said.share(finding))


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _traces(tallies: Sequence[Tally]) -> list[str]:
    return sorted({tally.trace for tally in tallies})


def _loads(tallies: Sequence[Tally], races: Sequence[LiveRace]) -> list[str]:
    return sorted({tally.load for tally in tallies} | {race.load for race in races}, reverse=True)
