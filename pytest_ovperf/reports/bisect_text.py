"""What ``ovperf bisect`` prints: the plan, each race when it is over, and what was found. Formatting only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_ovperf.environments.environment import version_key
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.runs.of_layers import layers_views
from pytest_ovperf.stats.estimate import CONFIDENCE
from pytest_ovperf.stats.sequential import RUN_FALSE_ALARMS

from . import figures, layer_lines
from .bisect_findings import Ending, Standing
from .evidence import flag_line
from .grid import column, grid, plain, rendered, taken
from .layouts import STYLES, verdict_column
from .phrases import moved, standing
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from pytest_ovperf.arms import Comparison

    from .bisect_findings import BisectFindings, BisectPlan, ReleaseRace, Searched, Skipped

_HANG = "   "


def plan_text(plan: BisectPlan, *, width: int, encoding: str) -> str:
    """Return what stands above the races."""
    screen = Screen(width, encoding)
    asked, releases = plan.comparison, plan.releases
    about = (
        f"{arm_of(asked)} on {asked.model}: {asked.metric} on {asked.candidate.device}, from OpenVINO {releases[0]} "
        f"(good) to {releases[-1]} (bad), {figures.count(len(releases), 'release')}, about "
        f"{figures.count(plan.races, 'race')}."
    )
    rule = (
        f"A loss of up to {figures.chosen_percent(plan.tolerance)} is let pass. That a release no worse than the good "
        f"one is called worse happens in at most {figures.chosen_percent(RUN_FALSE_ALARMS)} of such searches, "
        f"{figures.one_in(plan.error_rate)} for each race. Intervals are at {figures.chosen_percent(CONFIDENCE)} "
        "confidence."
    )
    sentences = [about, rule]
    if plan.kept:
        sentences.append(
            f"Going on with {figures.count(plan.kept, 'race')} of an earlier search, kept in {plan.kept_in} "
            "(--again measures all of them anew)."
        )
    elif plan.damage:
        sentences.append(
            f"What an earlier search left in {plan.kept_in} cannot be read and is measured anew: {plan.damage}"
        )
    return "\n".join(line for sentence in sentences for line in screen.wrap(sentence))


def race_text(race: ReleaseRace, number: int, *, width: int, encoding: str) -> str:
    """Return a race that is over."""
    effort = f"{figures.count(race.launches, 'launch')}, {figures.duration(race.seconds)}"
    if race.earlier:
        effort += ", kept from before" if race.earlier == race.launches else f", {race.earlier} of them from before"
    said = (
        f"{number}. OpenVINO {race.new} over {race.old}: {ratio(race)}, {figures.change(race.change)}: "
        f"{said_of(race)} ({effort})"
    )
    screen = Screen(width, encoding)
    doubts = [flag_line(flag) for flag in race.flags] if race.standing is Standing.UNSURE else []
    doubts += [race.note] if race.note else []
    return "\n".join(
        [*screen.wrap(said, hang=_HANG), *(line for each in doubts for line in screen.wrap(each, indent=_HANG))]
    )


def skipped_text(skipped: Skipped, *, width: int, encoding: str) -> str:
    """Return what is said of a release that was left out."""
    return "\n".join(
        Screen(width, encoding).wrap(f"- OpenVINO {skipped.release} is left out: {skipped.why}", hang=_HANG)
    )


def interrupted_text(plan: BisectPlan | None) -> str:
    """Return what is said after Ctrl-C."""
    if plan is None:
        return "interrupted before anything was raced"
    return f"interrupted; what was raced is kept in {plan.kept_in}, and the same command goes on from there"


def findings_text(
    findings: BisectFindings, *, width: int, encoding: str, colour: bool = False, layers: bool = True
) -> str:
    """Return what was found: the conclusion, the table by release, and with ``layers`` what changed in them."""
    screen = Screen(width, encoding)
    said = conclusion(findings)
    parts = ["\n".join(line for sentence in said for line in screen.wrap(sentence))]
    parts.append(rendered(_table(screen, findings), screen, colour=colour).rstrip("\n"))
    parts += _left_out(screen, findings.searched)
    parts += _layers(screen, findings) if layers else []
    return "\n\n".join(part for part in parts if part)


def conclusion(findings: BisectFindings) -> list[str]:
    """Return what was found in sentences, the answer first."""
    searched, asked = findings.searched, findings.plan.comparison
    match searched.ending:
        case Ending.NO_LOSS:
            return _no_loss(searched, asked)
        case Ending.UNCONFIRMED:
            return _unconfirmed(searched, asked)
    step = searched.telling
    stands = standing(f"{arm_of(asked)} with OpenVINO {step.new}", ratio(step), f"with {step.old}", asked.metric)
    beyond = f"beyond the tolerance of {figures.chosen_percent(step.verdict.tolerance)}"
    sentences = [_found(searched, asked), f"{stands}: {figures.percent(step.change)} lower, {beyond}."]
    if searched.ending is Ending.RANGE:
        sentences.append(f"Which of them it was, was not found out: {_untold(searched)}.")
    if searched.is_part:
        sentences.append(
            f"That is a part of the {figures.percent(searched.ends.change)} between the ends; the rest came elsewhere: "
            f"search on with --good={searched.first} --bad={searched.bad}."
        )
    return sentences


def _found(searched: Searched, asked: Comparison) -> str:
    verb, arm = moved(asked.metric, is_worse=True), arm_of(asked)
    those = [*searched.between, searched.first]
    if goes_back(searched):
        back = f"{arm} {moved(asked.metric, is_worse=False)} with OpenVINO"
        if searched.ending is Ending.FOUND:
            return f"{back} {searched.last}: {searched.first} is the last release before it."
        return f"{back} {_one_of([*searched.between[::-1], searched.last])}: {searched.first} does not have it yet."
    if searched.ending is Ending.FOUND:
        return f"{arm} {verb} with OpenVINO {searched.first}: the first release in which its {asked.metric} is worse."
    return f"{arm} {verb} with OpenVINO {_one_of(those)}: {searched.last} does not have it yet."


def _no_loss(searched: Searched, asked: Comparison) -> list[str]:
    ends, arm = searched.ends, arm_of(asked)
    stands = standing(f"{arm} with OpenVINO {ends.new}", ratio(ends), f"with {ends.old}", asked.metric)
    tolerance = figures.chosen_percent(ends.verdict.tolerance)
    match said_of(ends):
        case VerdictKind.IMPROVED:
            return [
                f"Nothing got worse between these releases: {stands}, which is better.",
                f"To find the release that brought it: --good={ends.new} --bad={ends.old}.",
            ]
        case VerdictKind.OK:
            return [
                f"No loss beyond the tolerance of {tolerance} is proven between these releases: {stands}.",
                "If you saw one elsewhere, name what differs: --device, --metric, --shape, or a smaller --tolerance.",
            ]
    doubt = f"{stands}; a loss of more than {tolerance} is neither proven nor excluded"
    return [
        f"Whether anything got worse between these releases is not sure: {doubt}.",
        "Let the machine do nothing else, or give each race more time (--budget): the same command goes on from here.",
    ]


def _unconfirmed(searched: Searched, asked: Comparison) -> list[str]:
    step, arm = searched.step, arm_of(asked)
    first, last, good = searched.first, searched.last, searched.good
    stands = f"{arm} is worse with OpenVINO {first} than with {good}, and with {last} it is not"
    if step is None:
        return [f"{stands}; but {first} could not be raced over {last} by itself: {searched.step_obstacle}"]
    sentences = [f"{stands}; but {first} raced over {last} by itself does not show it."]
    if step.standing is Standing.UNSURE:
        sentences.append(
            f"That race is not sure: {ratio(step)}. Let the machine do nothing else, or give each race more time "
            "(--budget): the same command goes on from here."
        )
    else:
        sentences.append(
            f"That race says {ratio(step)}, {said_of(step)}: the loss came in several small steps, or comes and goes. "
            "The table has what each release showed."
        )
    return sentences


def _untold(searched: Searched) -> str:
    skipped = {each.release for each in searched.skipped}
    unsure = {race.new for race in searched.races if race.standing is Standing.UNSURE}
    parts = [
        f"{', '.join(each for each in searched.between if each in those)} {why}"
        for those, why in ((skipped, "could not be raced"), (unsure, "could not be told within --budget"))
        if those & set(searched.between)
    ]
    return "; ".join(parts)


def _table(screen: Screen, findings: BisectFindings) -> list[RenderableType]:
    rows = table_rows(findings)
    titles = ("OpenVINO", f"over {findings.searched.good}", "interval", "change", "verdict", "launches", "time")
    columns = [
        column(title, [(screen.text(cells[at]),) for cells, _ in rows], justify="left" if title in _WORDS else "right")
        for at, title in enumerate(titles)
    ]
    said = titles.index("verdict")
    columns[said] = verdict_column(columns[said].cells, (kind for _, kind in rows))
    while taken(columns) - 2 > screen.width and len(columns) > _LEAST_COLUMNS:
        columns.pop()
    return grid(columns) if taken(columns) - 2 <= screen.width else _stacked(screen, findings)


def _stacked(screen: Screen, findings: BisectFindings) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for (name, over, interval, change, verdict, *_), kind in table_rows(findings):
        figures_of = f"{over} ({interval}), {change}, " if interval else ""
        lines += plain(screen.wrap(f"{name.strip()}: {figures_of}{verdict}", hang=_HANG), STYLES[kind] if kind else "")
    return lines


_WORDS = ("OpenVINO", "verdict")
_LEAST_COLUMNS = 5


def table_rows(findings: BisectFindings) -> list[tuple[tuple[str, ...], VerdictKind | None]]:
    """Return the cells of each release that has anything to show, in the order of the search, with its verdict.

    The race of the step that was found stands below the release, if that is not over the good one.
    """
    searched = findings.searched
    races = {race.new: race for race in searched.races}
    skipped = {each.release for each in searched.skipped}
    rows: list[tuple[tuple[str, ...], VerdictKind | None]] = []
    for release in searched.releases:
        race = races.get(release)
        if release == searched.good:
            rows.append(((release, "1", "", "", "the good one", "", ""), None))
        elif race is not None:
            rows.append((_cells(release, race), race.verdict.kind))
        elif release in skipped:
            rows.append(((release, "", "", "", "left out", "", ""), None))
        step = searched.step
        if step is not None and step.new == release and step is not race:
            rows.append((_cells(f"  over {step.old}", step), step.verdict.kind))
    return rows


def _cells(name: str, race: ReleaseRace) -> tuple[str, ...]:
    found = race.speedup
    return (
        name,
        figures.speedup(found.ratio),
        figures.interval(found.low, found.high),
        figures.change(race.change),
        said_of(race),
        str(race.launches),
        figures.duration(race.seconds),
    )


def _left_out(screen: Screen, searched: Searched) -> list[str]:
    lines = [
        line for each in searched.skipped for line in screen.wrap(f"{each.release} left out: {each.why}", hang="  ")
    ]
    return ["\n".join(lines)] if lines else []


def _layers(screen: Screen, findings: BisectFindings) -> list[str]:
    if findings.explained is None:
        return []
    (view,) = layers_views((findings.explained,))
    said = layer_lines.lines(view) or ("the execution graph is the same, and no times say more",)
    race = findings.searched.telling
    lines = screen.wrap(f"Layers of {view.arm} with OpenVINO {race.new}, beside {view.old}:")
    lines += [line for each in said for line in screen.wrap(each, indent="  ", hang="    ")]
    return ["\n".join(lines)]


def ratio(race: ReleaseRace) -> str:
    """Return a ratio with its interval: ``0.91x (0.90-0.92)``."""
    found = race.speedup
    return f"{figures.speedup(found.ratio)} ({figures.interval(found.low, found.high)})"


def said_of(race: ReleaseRace) -> str:
    """Return the verdict of a race, as far as the search takes it for one."""
    if race.standing is Standing.UNSURE:
        return str(VerdictKind.INCONCLUSIVE)
    return str(race.verdict.kind)


def goes_back(searched: Searched) -> bool:
    """Tell whether the good end is the newer one."""
    return version_key(searched.good) > version_key(searched.bad)


def arm_of(asked: Comparison) -> str:
    """Return the arm's name without a release."""
    return replace(asked.candidate, release="").name


def _one_of(releases: Sequence[str]) -> str:
    return releases[0] if len(releases) == 1 else f"{', '.join(releases[:-1])} or {releases[-1]}"
