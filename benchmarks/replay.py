"""Replay recorded traces through ways of estimating and through the judge; print what each would have said.

`python -m benchmarks.replay TRACE … [--stored 5] [--looks 2,4,6] [--disturbed 0.5]`

Reads both forms of trace file (`benchmarks/detection/traces.py`). The plan, how many launches are kept and when today's
are looked at, can be varied to find the one that serves best.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from math import log1p
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.detection.cases import pairs_of
from benchmarks.detection.commands import add_plan, plan_of
from benchmarks.detection.questions import Asked
from benchmarks.detection.rules.ours import confirm, decide, judge_of
from benchmarks.detection.traces import kind_of, read_recording
from benchmarks.estimator_tables import (
    Drawing,
    print_best,
    print_dropping,
    print_estimators,
    print_head,
    print_launches,
    print_row,
    print_sensitivity,
)
from benchmarks.estimators import OWN, pair_times
from pytest_ovperf.records import VerdictKind
from pytest_ovperf.stats.judge import is_suspect
from pytest_ovperf.stats.noise import PairKind
from pytest_ovperf.stats.sequential import CONFIRMING_LAUNCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.detection.rules import Plan
    from benchmarks.detection.traces import Recording
    from benchmarks.estimators import PairTimes

    Draw = Callable[[], tuple[list[float], list[float]]]


class Tally:
    """Counts verdicts and launches."""

    def __init__(self) -> None:
        self.kinds: Counter[VerdictKind] = Counter()
        self.launches = 0

    def add(self, kind: VerdictKind, launches: int) -> None:
        """Count one run."""
        self.kinds[kind] += 1
        self.launches += launches

    def __str__(self) -> str:
        runs = self.kinds.total()
        shares = (100 * self.kinds[kind] / runs for kind in (VerdictKind.REGRESSED, VerdictKind.INCONCLUSIVE))
        return " / ".join(f"{share:.1f}" for share in shares) + f" / {self.launches / runs:.1f}"


def final_verdict(
    stored: Sequence[float], current: Sequence[float], kind: PairKind, plan: Plan
) -> tuple[VerdictKind, int]:
    """Return the verdict that a run would have ended with, a suspicion measured again, and after how many launches."""
    judged = judge_of(Asked.STORED, kind, stored, current, None)
    verdict, made = decide(plan.look_plan, judged)
    more = min(max(CONFIRMING_LAUNCHES, made), plan.confirming)
    if not more or not is_suspect(verdict):
        return verdict.kind, made
    return confirm(plan.look_plan, judged, made, more), made + more


def print_verdicts(title: str, rows: Sequence[tuple[str, PairKind, Draw]], plan: Plan, draws: int) -> None:
    """Print what the judge says of slow-downs put into the current launches that a row draws."""
    slow_downs = (0.0, 0.05, 0.10, 0.15, 0.20)
    print(
        f"{title}: regressed / inconclusive in percent of {draws} runs / launches used;\n{plan.stored} stored "
        f"launches, looks after {plan.looks}, up to {plan.confirming} to confirm, {plan.comparisons} comparisons\n"
    )
    print_head("pair", *(f"{slow:.0%} slower" for slow in slow_downs))
    for name, kind, draw in rows:
        tallies = [Tally() for _ in slow_downs]
        for _ in range(draws):
            stored, current = draw()
            for slow, tally in zip(slow_downs, tallies, strict=True):
                slowed = [value - log1p(slow) for value in current]
                tally.add(*final_verdict(stored, slowed, kind, plan))
        print_row(name, *tallies)
    print()


def drawn_from(values: Sequence[float], plan: Plan, rng: random.Random) -> Draw:
    """Return a draw of stored and current launches from a trace, no launch twice."""
    size = plan.window(Asked.STORED)

    def draw() -> tuple[list[float], list[float]]:
        sample = rng.sample(values, size)
        return sample[: plan.stored], sample[plan.stored :]

    return draw


def in_order(values: Sequence[float], plan: Plan, rng: random.Random) -> Draw:
    """Return a draw of successive launches of a trace, the stored ones before the current ones: drift included."""
    size = plan.window(Asked.STORED)

    def draw() -> tuple[list[float], list[float]]:
        start = rng.randrange(len(values) - size + 1)
        window = list(values[start : start + size])
        return window[: plan.stored], window[plan.stored :]

    return draw


def simulated(launch_sd: float, day_sd: float, plan: Plan, rng: random.Random) -> Draw:
    """Return a draw from normal noise, with a shift of ``day_sd`` between the stored day and the current one."""

    def draw() -> tuple[list[float], list[float]]:
        shift = rng.gauss(0.0, day_sd)
        stored = [rng.gauss(0.0, launch_sd) for _ in range(plan.stored)]
        return stored, [rng.gauss(shift, launch_sd) for _ in range(plan.window(Asked.STORED) - plan.stored)]

    return draw


def print_all_verdicts(pairs: Sequence[PairTimes], plan: Plan, draws: int, seed: int) -> None:
    """Print the verdicts on recorded launches and on simulated ones."""
    rng = random.Random(seed)  # noqa: S311  (a simulation)
    for title, draw in (
        ("Launches drawn from the traces", drawn_from),
        ("Successive launches of the traces", in_order),
    ):
        rows = []
        for pair in pairs:
            values = [float(value) for value in pair.times[OWN.block].launches(OWN.within)]
            fitted = plan.fitted(Asked.STORED, len(values))
            if fitted == plan:
                rows.append((pair.name, kind_of(pair.candidate, pair.reference), draw(values, plan, rng)))
        print_verdicts(title, rows, plan, draws)
    synthetic = [
        (f"{kind}: {launch_sd:.1%} a launch, {day_sd:.0%} a day", kind, simulated(launch_sd, day_sd, plan, rng))
        for kind in PairKind
        for launch_sd, day_sd in ((0.02, 0.0), (0.02, 0.02), (0.025, 0.0), (0.03, 0.0), (0.06, 0.02), (0.10, 0.02))
    ]
    print_verdicts("Simulated launches", synthetic, plan, draws)


def all_pairs(recordings: Sequence[Recording], disturbed: float | None) -> list[PairTimes]:
    """Return the pairs of all recordings that say something: arms of one artefact, and those with a promise."""
    return [
        pair_times(recording, candidate, reference, disturbed)
        for recording in recordings
        for candidate, reference in pairs_of(recording)
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Replay recorded traces through estimators and the judge.")
    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE")
    parser.add_argument("--draws", type=int, default=1000, help="runs per cell (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--disturbed", type=float, nargs="*", default=[], help="shares beyond which a round is dropped")
    add_plan(parser)
    arguments = parser.parse_args()
    plan = plan_of(arguments)
    recordings = [read_recording(path) for path in arguments.traces]
    shares: list[float | None] = [None, *arguments.disturbed]
    by_share = {share: all_pairs(recordings, share) for share in shares}
    # Where shares are given, the first of them is what the other tables go by.
    pairs = by_share[shares[1] if len(shares) > 1 else None]
    drawing = Drawing(plan, arguments.draws, arguments.seed)
    print_estimators(pairs)
    print_launches(pairs, drawing)
    print_sensitivity(pairs)
    print_best(pairs, drawing)
    print_dropping(by_share, drawing)
    print_all_verdicts(pairs, plan, arguments.draws, arguments.seed)


if __name__ == "__main__":
    main()
