"""What ``ovperf noise`` prints for people: the noise, what can be shown in spite of it, what makes it, a conclusion."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from pytest_ovperf.hardware.condition import Rating
from pytest_ovperf.stats.machine_noise import POWER, Equality
from pytest_ovperf.stats.noise import PairKind

from . import figures
from .evidence import flag_line
from .screen import Screen, cell_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ovperf.hardware.condition import Condition
    from pytest_ovperf.stats.machine_noise import PairNoise

    from .noise_findings import NoiseFindings, PairFindings, PairKnown

_LABEL_CELLS = 20
_GAP = 2
_HOPELESS = "more than 100 %"
_KINDS = {PairKind.OPENVINO: "between OpenVINO arms", PairKind.PYTORCH: "between OpenVINO and PyTorch"}


def noise_text(findings: NoiseFindings, *, width: int, encoding: str) -> str:
    """Return the findings, no line wider than ``width`` cells."""
    screen = Screen(width, encoding)
    parts = [
        _heading(findings, screen),
        _pairs(findings, screen),
        _check(findings, screen),
        _unsteady(findings, screen),
    ]
    told = [each for each in findings.disturbances if each.rating is not Rating.UNREADABLE]
    parts.append(_conditions("While measuring", told, findings, screen))
    told = [each for each in findings.conditions if each.rating is not Rating.UNREADABLE]
    parts.append(_conditions("The machine", told, findings, screen) + _unreadable(findings, screen))
    parts.append(_conclusion(findings, screen))
    return "\n\n".join("\n".join(part) for part in parts if part)


def _heading(findings: NoiseFindings, screen: Screen) -> list[str]:
    took = figures.duration(findings.spent_s)
    ended = f" (interrupted; {figures.duration(findings.asked_s)} were asked for)" if findings.interrupted else ""
    title = f"Noise of this machine, measured with {findings.model} on {findings.device} in {took}{ended}"
    return [*screen.wrap(title, hang="  "), *screen.wrap(f"{findings.machine}, {findings.profile}", indent="  ")]


def _pairs(findings: NoiseFindings, screen: Screen) -> list[str]:
    """Return the figures: one column for each pair where they fit side by side, else one pair below the other."""
    if not findings.pairs:
        return screen.wrap("No launch was completed: nothing is known of its noise.")
    side_by_side = _side_by_side(findings, screen)
    pairs = side_by_side or [line for pair in findings.pairs for line in _one_pair(pair, findings.budget_s, screen)]
    return pairs + [line for sentence in _remarks(findings) for line in screen.wrap(sentence, hang="  ")]


def _remarks(findings: NoiseFindings) -> list[str]:
    """Return what was left out, and that more launches would say more, with the time that they take."""
    remarks = list(findings.left_out)
    if findings.telling_s:
        seconds = ceil(findings.telling_s / 10) * 10
        remarks.append(f"So few launches say little of their spread: --seconds={seconds} would say more.")
    return remarks


def _side_by_side(findings: NoiseFindings, screen: Screen) -> list[str]:
    """Return a line for each figure with a cell for each pair; nothing where they are too wide."""
    tables = [_figures(pair, findings.budget_s) for pair in findings.pairs]
    labels = ["", "", *(label for label, _ in max(tables, key=len))]
    columns = [
        [screen.text(cell) for cell in (*_title(pair), *(value for _, value in table))]
        for pair, table in zip(findings.pairs, tables, strict=True)
    ]
    lines = []
    for row, label in enumerate(labels):
        line = label
        place = max(map(cell_width, labels))
        for column in columns:
            cell = column[row] if row < len(column) else ""  # of a pair with too few launches only the first are known
            line += " " * (place + _GAP - cell_width(line)) + cell
            place += _GAP + max(map(cell_width, column))
        lines.append(line.rstrip())
    return lines if max(map(cell_width, lines)) <= screen.width else []


def _one_pair(pair: PairFindings, budget_s: float, screen: Screen) -> list[str]:
    lines = screen.wrap(" ".join(_title(pair)), hang="  ")
    for label, value in _figures(pair, budget_s):
        indent = " " * (2 + len(label) - len(label.lstrip()))
        lines += screen.wrap(f"{label.strip()}: {value}", indent=indent, hang=f"{indent}  ")
    return lines


def _title(pair: PairFindings) -> tuple[str, str]:
    return pair.comparison.candidate.name, f"over {'itself' if pair.identical else pair.comparison.reference.name}"


def _figures(pair: PairFindings, budget_s: float) -> list[tuple[str, str]]:
    known = pair.known
    counts = [
        ("launches", f"{pair.launches} of {figures.duration(pair.launch_seconds)} each"),
        ("rounds, of them disturbed", f"{pair.rounds}, {pair.disturbed}"),
    ]
    if known is None:
        return [*counts, ("spread from launch to launch", "unknown: too few launches")]
    noise, budget, full = known.noise, known.in_budget, known.in_full
    launches = figures.count(budget.launches, "launch")
    limit = figures.duration(budget_s)
    whole = figures.duration(full.launches * pair.launch_seconds)
    return [
        *counts,
        ("spread from launch to launch", _spread(noise.launch_sd)),
        ("  95 % interval", _interval(noise)),
        ("  the plugin assumes", figures.percent(noise.known.launch_sd) + (", it is noisier" if noise.noisier else "")),
        ("spread from round to round", _spread(noise.round_sd)),
        ("tolerance to which that leads", figures.percent(budget.tolerance)),
        ("smallest loss that is shown", ""),
        (f"  against a baseline, in {limit}", f"{figures.percent(budget.against_baseline)} ({launches})"),
        (f"  against a baseline, {full.launches} launches", f"{figures.percent(full.against_baseline)} ({whole})"),
        (f"  in a direct race, in {limit}", f"{figures.percent(budget.raced)} ({launches})"),
        (f"  in a direct race, {full.launches} launches", f"{figures.percent(full.raced)} ({whole})"),
    ]


def _spread(deviation: float) -> str:
    """Return a standard deviation of logs in percent, as long as it is anything like a relative one."""
    return figures.percent(deviation) if deviation < 1.0 else _HOPELESS


def _interval(noise: PairNoise) -> str:
    low, high = _spread(noise.low), _spread(noise.high)
    if low == high:
        return low
    return f"{low} to {high}" if high == _HOPELESS else f"{low.removesuffix(' %')}\N{EN DASH}{high}"


def _check(findings: NoiseFindings, screen: Screen) -> list[str]:
    found = next((pair.check for pair in findings.pairs if pair.check is not None), None)
    if found is None:
        return []
    speedup = found.speedup
    # Close to 1, where two decimals would tell nothing.
    seen = f"{speedup.ratio:.3f}x ({speedup.low:.3f}\N{EN DASH}{speedup.high:.3f} at 95 % confidence)"
    said = {
        Equality.EQUAL: "equal, as identical arms must be.",
        Equality.DOUBTFUL: "just outside of 1, as chance has it in one check out of twenty. → Check again, for longer.",
        Equality.UNEQUAL: "not equal, although both arms are the same file: something here treats two processes "
        "differently. → Do not trust ratios from this machine before what is named below is mended.",
    }[found.equality]
    least = "Arms that differ scatter more than identical ones: between OpenVINO arms this is the least to reckon with."
    return [*screen.wrap(f"Self-check: {seen}: {said}", hang="  "), *screen.wrap(least, hang="  ")]


def _unsteady(findings: NoiseFindings, screen: Screen) -> list[str]:
    told = (f"{flag_line(flag)} ({' '.join(_title(pair))})" for pair in findings.pairs for flag in pair.flags)
    return [line for sentence in dict.fromkeys(told) for line in screen.wrap(sentence, hang="  ")]


def _conditions(title: str, conditions: Sequence[Condition], findings: NoiseFindings, screen: Screen) -> list[str]:
    if not conditions:
        return []
    lines = [title]
    for condition in conditions:
        lines += _labelled(condition.name, condition.seen, screen)
        if _advised(condition, findings):
            lines += screen.wrap(
                f"→ {condition.advice}", indent=" " * (_LABEL_CELLS + 2), hang=" " * (_LABEL_CELLS + 4)
            )
    return lines


def _advised(condition: Condition, findings: NoiseFindings) -> bool:
    """Tell whether advice is due: for what is wrong anyhow, and for suspects where the noise is high."""
    return condition.rating is Rating.WRONG or (condition.rating is Rating.SUSPECT and findings.noisier)


def _unreadable(findings: NoiseFindings, screen: Screen) -> list[str]:
    names = [each.name for each in (*findings.disturbances, *findings.conditions) if each.rating is Rating.UNREADABLE]
    return _labelled("not readable here", ", ".join(names), screen) if names else []


def _labelled(label: str, text: str, screen: Screen) -> list[str]:
    indent = " " * (_LABEL_CELLS + 2)
    wrapped = screen.wrap(text, indent=indent) or [indent]
    return [f"  {label:<{_LABEL_CELLS}}{wrapped[0][len(indent) :]}", *wrapped[1:]]


def _conclusion(findings: NoiseFindings, screen: Screen) -> list[str]:
    """Return the one sentence that the check was made for."""
    known = [(pair, pair.known) for pair in findings.pairs if pair.known is not None]
    if not known:
        return screen.wrap("What this machine can show is not known yet: that takes two launches of a pair.")
    shows = " and of ".join(
        f"{figures.percent(found.in_budget.against_baseline)} or more {_between(found)}" for _, found in known
    )
    verdicts = "; ".join(_verdict(pair, found) for pair, found in known)
    limit, power = figures.duration(findings.budget_s), figures.chosen_percent(POWER)
    return screen.wrap(f"This machine shows losses of {shows} within {limit}, in {power} of cases: {verdicts}.")


def _verdict(pair: PairFindings, known: PairKnown) -> str:
    wanted = f"{_between(known)}, where {figures.chosen_percent(known.noise.known.detects)} is wanted"
    if known.good:
        return f"good enough {wanted}"
    if known.good_in_full:
        seconds = ceil(known.in_full.launches * pair.launch_seconds)
        return f"not good enough {wanted}, unless comparisons get the time with --ov-budget={seconds}"
    if known.serving_tolerance is None:
        return f"not good for anything {wanted}"
    tolerance = figures.chosen_percent(known.serving_tolerance).removesuffix(" %")
    return f"not good enough {wanted}: make it quieter, or let more pass with --ov-tolerance={tolerance}"


def _between(known: PairKnown) -> str:
    return _KINDS[known.noise.kind]
