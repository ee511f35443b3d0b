"""The tables that ways of estimating are chosen by; `benchmarks/replay.py` prints them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detection.traces import kind_of
from benchmarks.estimators import (
    ACROSS,
    BLOCK_STATISTICS,
    OWN,
    POOLED,
    UNPAIRED,
    WITHIN,
    Way,
    drawn,
    error_of,
    successive,
    together,
    ways,
)
from pytest_ovperf.stats.noise import PairKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.detection.rules import Plan
    from benchmarks.estimators import PairTimes

#: How many of the best ways are printed.
BEST = 12


@dataclass(frozen=True, slots=True)
class Drawing:
    """How tables draw launches."""

    plan: Plan
    draws: int
    seed: int

    @property
    def size(self) -> int:
        """The launches of one draw: those kept, and those of the last look."""
        return self.plan.stored + self.plan.looks[-1]

    def rng(self) -> np.random.Generator:
        """Return the same source of chance for every table."""
        return np.random.default_rng(self.seed)


def print_row(*cells: object) -> None:
    """Print one row of a table."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def print_head(*cells: object) -> None:
    """Print the head of a table."""
    print_row(*cells)
    print("|" + "---|" * len(cells))


def print_estimators(pairs: Sequence[PairTimes]) -> None:
    """Print each way's spread from launch to launch, and its bias where the truth is known."""
    print("Spread of a launch's log ratio between launches, and bias where the truth is known, in percent\n")
    print_head("pair", "block", *WITHIN)
    for pair in pairs:
        for block, times in pair.times.items():
            cells = []
            for within in WITHIN:
                values = times.launches(within)
                bias = "" if pair.truth is None else f" ({100 * (values.mean() - pair.truth):+.2f})"
                cells.append(f"{100 * values.std(ddof=1):.2f}{bias}")
            print_row(pair.name, block, *cells)
    print()


def print_launches(pairs: Sequence[PairTimes], drawing: Drawing) -> None:
    """Print what more launches do: the spread of the estimate, and how far it lies from that of all launches."""
    looks = drawing.plan.looks
    print(
        f"Spread of the estimate from {', '.join(map(str, looks))} launches by the centre over launches, in percent, "
        "and in brackets how far its mean lies from the estimate from all launches\n"
    )
    print_head("pair", "centre", *looks)
    for pair in pairs:
        for centre in ACROSS:
            way = Way(OWN.block, UNPAIRED if centre == POOLED else OWN.within, centre)
            launches = len(pair.times[way.block].candidate)
            whole = float(together(pair, way, np.arange(launches)[None, :])[0])
            cells = []
            for look in looks:
                if look > launches:
                    cells.append("-")
                    continue
                values = together(pair, way, drawn(launches, look, drawing.draws, drawing.rng()))
                cells.append(f"{100 * values.std():.2f} ({100 * (values.mean() - whole):+.2f})")
            print_row(pair.name, centre, *cells)
    print()


def print_sensitivity(pairs: Sequence[PairTimes]) -> None:
    """Print what each block statistic makes of a known slow-down: how much of it, and in deviations of a launch."""
    known = [pair for pair in pairs if pair.truth]
    if not known:
        return
    print("Known slow-downs: the share of them that is seen, and how many standard deviations of a launch that is\n")
    print_head("pair", *BLOCK_STATISTICS)
    for pair in known:
        cells = []
        for times in pair.times.values():
            values = times.launches(OWN.within)
            seen, truth = float(values.mean()), pair.truth or 1.0
            cells.append(f"{seen / truth:.0%}, {abs(seen) / values.std(ddof=1):.1f}")
        print_row(pair.name, *cells)
    print()


def print_best(pairs: Sequence[PairTimes], drawing: Drawing) -> None:
    """Print the ways whose change since the stored launches errs least, by kind of pair."""
    plan = drawing.plan
    print(
        f"Error (root mean square, percent) of {plan.looks[-1]} launches of today minus {plan.stored} kept, nothing "
        "having changed: launches drawn at random / as they came; the mean over pairs, the smallest first, and the "
        "package's own\n"
    )
    print_head("kind", "block / within / across", "drawn", "successive", "against the best way of each pair")
    for kind in PairKind:
        fitting = [pair for pair in pairs if kind_of(pair.candidate, pair.reference) is kind and _fits(pair, drawing)]
        if not fitting:
            continue
        errors = {way: [_errors(pair, way, drawing) for pair in fitting] for way in ways()}
        best = [min(errors[way][place][0] for way in errors) for place in range(len(fitting))]
        scores = {
            way: float(np.exp(np.mean([np.log(each[0] / low) for each, low in zip(found, best, strict=True)])))
            for way, found in errors.items()
        }
        ranked = sorted(scores, key=lambda way: scores[way])
        for way in dict.fromkeys([*ranked[:BEST], OWN]):
            at_random, in_order = (100 * fmean(each[place] for each in errors[way]) for place in (0, 1))
            print_row(kind, way, f"{at_random:.2f}", f"{in_order:.2f}", f"{scores[way]:.2f}")
    print()


def print_dropping(by_share: Mapping[float | None, Sequence[PairTimes]], drawing: Drawing) -> None:
    """Print what leaving disturbed rounds out does to the package's own way."""
    plan = drawing.plan
    print(
        f"Error as above with the package's way, drawn / successive, by the share of a block beyond which other work "
        f"disturbs it ({plan.stored} kept, {plan.looks[-1]} of today), and the share of rounds dropped\n"
    )
    print_head("pair", *("none dropped" if share is None else f"above {share:.0%}" for share in by_share))
    for same in zip(*by_share.values(), strict=True):
        if _fits(same[0], drawing):
            cells = []
            for pair in same:
                at_random, in_order = _errors(pair, OWN, drawing)
                cells.append(f"{100 * at_random:.2f} / {100 * in_order:.2f}, {pair.dropped:.0%}")
            print_row(same[0].name, *cells)
    print()


def _fits(pair: PairTimes, drawing: Drawing) -> bool:
    return len(pair.times[OWN.block].candidate) >= drawing.size


def _errors(pair: PairTimes, way: Way, drawing: Drawing) -> tuple[float, float]:
    launches = len(pair.times[way.block].candidate)
    at_random = drawn(launches, drawing.size, drawing.draws, drawing.rng())
    in_order = successive(launches, drawing.size)
    stored = drawing.plan.stored
    return error_of(pair, way, at_random, stored), error_of(pair, way, in_order, stored)
