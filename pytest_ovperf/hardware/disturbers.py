"""What took the processors while blocks were timed, summed over a measurement and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .condition import Condition, Rating, percent, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_ovperf.records import Interference

    from .processes import Offender

#: Shares of the processor time from which on somebody is felt. The system's counters move in steps that are large for
#: a block and never count below 0, so that two per cent of other processes are seen on a machine that has none.
_STEAL = 0.005
_OTHERS = 0.05
_NAMED = 3
_WORTH_NAMING = 0.005
_NS_PER_S = 1e9


def disturbances(
    seen: Sequence[Interference], offenders: Sequence[Offender], *, cpus: int, seconds: float
) -> tuple[Condition, ...]:
    """Judge what was ``seen`` beside the timed blocks, on a machine with so many logical ``cpus``.

    ``offenders`` are the other processes by name, during all ``seconds`` of the measurement.
    """
    return _steal(seen, cpus), _others(seen, offenders, cpus, seconds), _switches(seen)


def _steal(seen: Sequence[Interference], cpus: int) -> Condition:
    share = _share(seen, cpus, lambda each: each.steal_ns)
    if share is None:
        return unreadable("stolen time")
    words = f"{percent(share)} of the processor time went to other guests of the host"
    values = {"share": share}
    if share < _STEAL:
        return Condition("stolen time", Rating.FINE, words, values=values)
    advice = "The host is overbooked: measure on one whose processors are not shared, or at another time of day."
    return Condition("stolen time", Rating.WRONG, words, advice, values)


def _others(seen: Sequence[Interference], offenders: Sequence[Offender], cpus: int, seconds: float) -> Condition:
    share = _share(seen, cpus, lambda each: each.others_ns)
    named = [(each, each.cpu_s / (seconds * cpus)) for each in offenders if seconds > 0][:_NAMED]
    by_name = {each.name: {"share": part, "pid": each.pid} for each, part in named}
    values = {"share": share, "by_name": by_name}
    if share is None:  # then all that is known is who used how much over the whole time
        if not named:
            return unreadable("other processes")
        share = sum(each.cpu_s for each in offenders) / (seconds * cpus)
    felt = [(each, part) for each, part in named if part >= _WORTH_NAMING]
    names = ", ".join(f"{each.name} {percent(part)}" for each, part in felt)
    words = f"{percent(share)} of the processor time" + (f": {names}" if names else "")
    if share < _OTHERS:
        return Condition("other processes", Rating.FINE, words, values=values)
    if not felt:
        return Condition("other processes", Rating.WRONG, words, _UNSEEN, values)
    most = felt[0][0]
    advice = f"End or pause what is not needed, {most.name} first (process {most.pid})."
    return Condition("other processes", Rating.WRONG, words, advice, values)


_UNSEEN = "None of them can be seen from here: look on the host, or for what starts and ends all the time."


def _switches(seen: Sequence[Interference]) -> Condition:
    counted = [each for each in seen if each.switches is not None]
    wall_s = sum(each.wall_ns for each in counted) / _NS_PER_S
    if not wall_s:
        return unreadable("interruptions")
    rate = sum(each.switches or 0 for each in counted) / wall_s
    words = f"the arms' threads were taken off a processor {rate:.0f} times a second"
    return Condition("interruptions", Rating.FINE, words, values={"per_second": rate})


def _share(seen: Sequence[Interference], cpus: int, part: Callable[[Interference], int | None]) -> float | None:
    told = [(taken, each.wall_ns) for each in seen if (taken := part(each)) is not None]
    wall_ns = sum(wall for _, wall in told) * cpus
    return sum(taken for taken, _ in told) / wall_ns if wall_ns else None
