"""Replay recorded traces through ways of estimating and through the judge; print what each would have said.

`python benchmarks/replay.py TRACE.json …`

A trace file holds a list of launches, each a mapping of an arm's name to its rounds, each a list of nanoseconds, one
per call in order, with the first call after the switch included (it is dropped here). Arms named `X` and `X+s` are
the same artefact, the second with a share s of busy-wait added to each call: the truth of that pair is known.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from math import exp, log, log1p
from pathlib import Path
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING

from pytest_ovperf.records import Block, Speedup, StoredBaseline, VerdictKind
from pytest_ovperf.stats.estimate import block_latency_ns, hodges_lehmann
from pytest_ovperf.stats.judge import judge
from pytest_ovperf.stats.noise import NOISE, PairKind
from pytest_ovperf.stats.sequential import LookPlan, comparison_error_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Centre = Callable[[Sequence[float]], float]
    Session = dict[str, list[list[int]]]


def lower_quartile(values: Sequence[float]) -> float:
    """Return the product's own block statistic."""
    return block_latency_ns(Block(tuple(int(value) for value in values)))


def trimmed_mean(values: Sequence[float]) -> float:
    """Return the mean of the middle half."""
    cut = len(values) // 4
    return fmean(sorted(values)[cut : len(values) - cut])


BLOCK_STATISTICS: dict[str, Centre] = {
    "minimum": min,
    "lower quartile": lower_quartile,
    "median": median,
    "mean": fmean,
}
CENTRES: dict[str, Centre] = {
    "mean": fmean,
    "median": median,
    "trimmed": trimmed_mean,
    "Hodges-Lehmann": hodges_lehmann,
}
STORED_LAUNCHES = 5
CURRENT_LOOKS = (2, 4, 6)


@dataclass(frozen=True)
class Pair:
    """Two arms of one trace file: how much faster ``candidate`` is. ``truth`` is the log ratio where it is known."""

    name: str
    kind: PairKind
    truth: float | None
    launches: list[list[tuple[list[int], list[int]]]]

    def log_ratios(self, block: Centre, centre: Centre) -> list[float]:
        """Return one log ratio per launch."""
        return [centre([log(block(theirs) / block(ours)) for ours, theirs in launch]) for launch in self.launches]


def pairs_of(path: Path) -> Iterator[Pair]:
    """Yield every pair of arms of a trace file, the slower one as the reference."""
    sessions: list[Session] = json.loads(path.read_text(encoding="utf-8"))
    for one, other in combinations(sorted(sessions[0]), 2):
        ours, theirs = sorted((one, other), key=lambda arm: median(sessions[0][arm][0][1:]))
        shares = [float(found[1]) if (found := re.search(r"\+([\d.]+)$", arm)) else 0.0 for arm in (ours, theirs)]
        same = ours.split("+")[0] == theirs.split("+")[0]
        yield Pair(
            name=f"{path.stem}: {ours} over {theirs}",
            kind=PairKind.PYTORCH if "torch" in (ours, theirs) else PairKind.OPENVINO,
            truth=log1p(shares[1]) - log1p(shares[0]) if same else None,
            launches=[
                [(mine[1:], his[1:]) for mine, his in zip(session[ours], session[theirs], strict=True)]
                for session in sessions
            ],
        )


def print_estimators(pairs: Sequence[Pair]) -> None:
    """Print each way's spread between launches, and its bias where the truth is known."""
    print("Spread of a launch's log ratio between launches, and bias where the truth is known, in percent\n")
    print(f"| {'pair':<44} | {'block':<14} | " + " | ".join(f"{name:<14}" for name in CENTRES) + " |")
    print("|" + "---|" * (2 + len(CENTRES)))
    for pair in pairs:
        for block_name, block in BLOCK_STATISTICS.items():
            cells = []
            for centre in CENTRES.values():
                values = pair.log_ratios(block, centre)
                bias = "" if pair.truth is None else f" ({100 * (fmean(values) - pair.truth):+.2f})"
                cells.append(f"{100 * stdev(values):.2f}{bias}")
            print(f"| {pair.name:<44} | {block_name:<14} | " + " | ".join(f"{cell:<14}" for cell in cells) + " |")
    print()


def print_across_launches(pairs: Sequence[Pair], rng: random.Random, draws: int) -> None:
    """Print the spread of each centre taken over five launches drawn from a trace."""
    print(f"Spread of the estimate from {STORED_LAUNCHES} launches by the centre over launches, in percent\n")
    print(f"| {'pair':<44} | " + " | ".join(f"{name:<14}" for name in CENTRES) + " |")
    print("|" + "---|" * (1 + len(CENTRES)))
    for pair in pairs:
        values = pair.log_ratios(lower_quartile, hodges_lehmann)
        samples = [rng.choices(values, k=STORED_LAUNCHES) for _ in range(draws)]
        cells = [f"{100 * stdev([centre(sample) for sample in samples]):.2f}" for centre in CENTRES.values()]
        print(f"| {pair.name:<44} | " + " | ".join(f"{cell:<14}" for cell in cells) + " |")
    print()


def speedup_of(log_ratios: Sequence[float]) -> Speedup:
    """Return as much of a speed-up as the judge looks at."""
    ratio = exp(fmean(log_ratios))
    return Speedup(ratio, ratio, ratio, 0.95, tuple(log_ratios), len(log_ratios), 1.0, 1.0)


def first_verdict(
    stored: Sequence[float], current: Sequence[float], kind: PairKind, comparisons: int
) -> tuple[VerdictKind, int]:
    """Return the verdict that a run would have ended with, and after how many launches."""
    noise = NOISE[kind]
    baseline = StoredBaseline(tuple(stored), noise.tolerance, 1.0, 1.0, None, {})
    plan = LookPlan(comparison_error_rate(comparisons), CURRENT_LOOKS)
    for launches in plan.looks:
        speedup = speedup_of(current[:launches])
        rate = plan.error_rate(launches)
        verdict = judge(speedup, baseline, noise=noise, tolerance=noise.tolerance, error_rate=rate)
        if plan.settled(verdict, launches):
            break
    return verdict.kind, launches


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


def print_verdicts(
    title: str,
    rows: Sequence[tuple[str, PairKind, Callable[[], tuple[list[float], list[float]]]]],
    draws: int,
    comparisons: int,
) -> None:
    """Print what the judge says of slow-downs put into the current launches that a row draws."""
    slow_downs = (0.0, 0.05, 0.10, 0.15, 0.20)
    print(
        f"{title}: regressed / inconclusive in percent of {draws} runs / launches used;\n{STORED_LAUNCHES} stored "
        f"launches, looks after {CURRENT_LOOKS}, error budget of a run with {comparisons} comparisons\n"
    )
    print(f"| {'pair':<44} | " + " | ".join(f"{f'{slow:.0%} slower':<18}" for slow in slow_downs) + " |")
    print("|" + "---|" * (1 + len(slow_downs)))
    for name, kind, draw in rows:
        tallies = [Tally() for _ in slow_downs]
        for _ in range(draws):
            stored, current = draw()
            for slow, tally in zip(slow_downs, tallies, strict=True):
                slowed = [value - log1p(slow) for value in current]
                tally.add(*first_verdict(stored, slowed, kind, comparisons))
        print(f"| {name:<44} | " + " | ".join(f"{tally!s:<18}" for tally in tallies) + " |", flush=True)
    print()


def drawn_from(pair: Pair, rng: random.Random) -> Callable[[], tuple[list[float], list[float]]]:
    """Return a draw of stored and current launches from a trace, no launch twice."""
    values = pair.log_ratios(lower_quartile, hodges_lehmann)

    def draw() -> tuple[list[float], list[float]]:
        sample = rng.sample(values, STORED_LAUNCHES + CURRENT_LOOKS[-1])
        return sample[:STORED_LAUNCHES], sample[STORED_LAUNCHES:]

    return draw


def in_order(pair: Pair, rng: random.Random) -> Callable[[], tuple[list[float], list[float]]]:
    """Return a draw of successive launches of a trace, the stored ones before the current ones: drift included."""
    values = pair.log_ratios(lower_quartile, hodges_lehmann)
    length = STORED_LAUNCHES + CURRENT_LOOKS[-1]

    def draw() -> tuple[list[float], list[float]]:
        start = rng.randrange(len(values) - length + 1)
        return values[start : start + STORED_LAUNCHES], values[start + STORED_LAUNCHES : start + length]

    return draw


def simulated(launch_sd: float, day_sd: float, rng: random.Random) -> Callable[[], tuple[list[float], list[float]]]:
    """Return a draw from normal noise, with a shift of ``day_sd`` between the stored day and the current one."""

    def draw() -> tuple[list[float], list[float]]:
        shift = rng.gauss(0.0, day_sd)
        stored = [rng.gauss(0.0, launch_sd) for _ in range(STORED_LAUNCHES)]
        return stored, [rng.gauss(shift, launch_sd) for _ in range(CURRENT_LOOKS[-1])]

    return draw


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Replay recorded traces through estimators and the judge.")
    parser.add_argument("traces", nargs="+", type=Path, metavar="TRACE.json")
    parser.add_argument("--draws", type=int, default=1000, help="runs per cell of the tables of verdicts")
    parser.add_argument("--comparisons", type=int, default=15, help="comparisons that share a run's error budget")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311  (a simulation)
    pairs = [pair for path in arguments.traces for pair in pairs_of(path)]
    print_estimators(pairs)
    print_across_launches(pairs, rng, arguments.draws)
    recorded = [(pair.name, pair.kind, drawn_from(pair, rng)) for pair in pairs]
    print_verdicts("Launches drawn from the traces", recorded, arguments.draws, arguments.comparisons)
    successive = [(pair.name, pair.kind, in_order(pair, rng)) for pair in pairs]
    print_verdicts("Successive launches of the traces", successive, arguments.draws, arguments.comparisons)
    synthetic = [
        (f"{kind}: {launch_sd:.1%} a launch, {day_sd:.0%} a day", kind, simulated(launch_sd, day_sd, rng))
        for kind in PairKind
        for launch_sd, day_sd in ((0.02, 0.0), (0.02, 0.02), (0.025, 0.0), (0.03, 0.0), (0.06, 0.02), (0.10, 0.02))
    ]
    print_verdicts("Simulated launches", synthetic, arguments.draws, arguments.comparisons)


if __name__ == "__main__":
    main()
