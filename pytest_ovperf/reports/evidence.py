"""How a figure came about, in sentences: what was dropped, what was unsteady, what a verdict risks."""

from __future__ import annotations

from pytest_ovperf.records import ComparisonRecord, Flag, FlagKind, VerdictKind
from pytest_ovperf.stats.together import Movement  # noqa: TC001  (public annotations stay resolvable)

from . import figures

_THE_RATIO = "ratio"


def effort_lines(record: ComparisonRecord) -> list[str]:
    """Return what to know of the measuring itself: later launches, rounds that were dropped, what was unsteady."""
    lines = []
    if record.later:
        lines.append(f"Measured again: {record.later} of these launches were taken later in the run.")
    if record.speedup.disturbed:
        dropped = figures.count(record.speedup.disturbed, "round")
        lines.append(f"Left out: {dropped}, during which other work had the processors.")
    return [*lines, *map(flag_line, record.flags), *_risk(record)]


def flag_line(flag: Flag) -> str:
    """Return what is unsteady, as a sentence."""
    whose = "the ratio" if flag.what == _THE_RATIO else flag.what
    match flag.kind:
        case FlagKind.COLD:
            return f"Unsteady: the warm-up never settled in {figures.percent(flag.size)} of the launches."
        case FlagKind.TREND:
            return f"Unsteady: {whose} went {_way(flag.size)} within a launch, from its first round to its last."
        case FlagKind.DRIFT:
            return f"Unsteady: {whose} went {_way(flag.size)} from the first launch to the last."
        case FlagKind.DISTURBED:
            return f"Unsteady: other work had the processors in {figures.percent(flag.size)} of the rounds."
        case FlagKind.TWO_SPEEDS:
            slow, fast = figures.percent(flag.part), figures.percent(1 - flag.part)
            gap = figures.percent(flag.size)
            if flag.what == _THE_RATIO:
                return f"Unsteady: the ratio has two values {gap} apart, {slow} of the times the higher one."
            return f"Unsteady: {whose} has two speeds: {slow} of its calls take {gap} longer than the other {fast}."


def _way(size: float) -> str:
    return f"{'up' if size > 0 else 'down'} by {figures.percent(abs(size))}"


def _risk(record: ComparisonRecord) -> list[str]:
    if record.verdict.kind is VerdictKind.NO_BASELINE or not record.verdict.error_rate:
        return []
    chance = figures.one_in(record.verdict.error_rate)
    return [f"Risk: this look calls an unchanged program regressed in at most {chance} runs."]


def movement_lines(ratios: Movement | None, latencies: Movement | None) -> tuple[str, ...]:
    """Return what is said once of a run whose comparisons move together."""
    lines = []
    if ratios is not None:
        lines.append(
            f"Most of this run moved together: {figures.percent(ratios.share)} of {ratios.number} speed-ups are "
            f"{_than(ratios)} than their baselines, by {figures.percent(ratios.change)} in the median. That is the "
            "machine, or something that all of them share (a release, a driver), rather than one change of code."
        )
    if latencies is not None:
        slower = latencies.change > 0
        lines.append(
            f"This machine is {'slower' if slower else 'faster'} than when the baselines were recorded: "
            f"{figures.percent(latencies.share)} of the arms take {'longer' if slower else 'less'}, by "
            f"{figures.percent(latencies.change)} in the median. Ratios allow for that; `ovperf noise` may tell why."
        )
    return tuple(lines)


def _than(movement: Movement) -> str:
    return "higher" if movement.change > 0 else "lower"
