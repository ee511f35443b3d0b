"""Ways from blocks of calls to one figure, and what recorded launches make of them.

Three choices make a way: what a block of calls stands for, what a launch's rounds stand for, and what launches stand
for together. A way is good if a difference between launches kept and launches of today is near 0 where nothing has
changed, and near the truth where that is known. `benchmarks/replay.py` prints the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detection.questions import kept_rounds
from benchmarks.detection.traces import true_log_ratio
from pytest_ovperf.stats.estimate import hodges_lehmann

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.detection.traces import ArmRun, Recording

    Floats = NDArray[np.float64]

#: What a block of calls stands for.
BLOCK_STATISTICS: Mapping[str, Callable[[Floats], float]] = {
    "minimum": lambda calls: float(calls.min()),
    "lowest decile": lambda calls: float(np.quantile(calls, 0.1)),
    "lower quartile": lambda calls: float(np.quantile(calls, 0.25)),
    "median": lambda calls: float(np.median(calls)),
    "mean": lambda calls: float(calls.mean()),
}


def trimmed_mean(values: Sequence[float]) -> float:
    """Return the mean of the middle half."""
    cut = len(values) // 4
    return fmean(sorted(values)[cut : len(values) - cut])


#: What the log ratios of a launch's rounds stand for.
CENTRES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "mean": fmean,
    "median": median,
    "trimmed": trimmed_mean,
    "Hodges-Lehmann": hodges_lehmann,
}

#: A launch as the ratio of each arm's lowest block, rounds left aside.
UNPAIRED = "unpaired minimum"

#: Launches together as the ratio of each arm's lowest block in any of them.
POOLED = "pooled minimum"

WITHIN = (*CENTRES, UNPAIRED)
ACROSS = (*CENTRES, POOLED)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of estimating, by the names of its three choices."""

    block: str
    within: str
    across: str

    def __str__(self) -> str:
        return f"{self.block} / {self.within} / {self.across}"


#: The way that the package takes.
OWN = Way("lower quartile", "Hodges-Lehmann", "mean")


@dataclass(frozen=True, slots=True, eq=False)
class BlockTimes:
    """One statistic of every block of two arms: arrays of (launches, rounds), ``nan`` where there is no round."""

    candidate: Floats
    reference: Floats

    def launches(self, within: str) -> Floats:
        """Return one log ratio per launch."""
        if within == UNPAIRED:
            return np.asarray(np.log(np.nanmin(self.reference, axis=1) / np.nanmin(self.candidate, axis=1)))
        ratios = np.log(self.reference / self.candidate)
        centre = CENTRES[within]
        return np.array([centre([float(value) for value in row[~np.isnan(row)]]) for row in ratios])

    @property
    def lowest(self) -> Floats:
        """Each launch's lowest block of the candidate and of the reference: an array of (launches, 2)."""
        return np.stack([np.nanmin(self.candidate, axis=1), np.nanmin(self.reference, axis=1)], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class PairTimes:
    """Two arms of one recording: ``truth`` is the log ratio where it is known, ``dropped`` the share of rounds."""

    name: str
    candidate: str
    reference: str
    truth: float | None
    dropped: float
    times: Mapping[str, BlockTimes]


def pair_times(recording: Recording, candidate: str, reference: str, disturbed: float | None) -> PairTimes:
    """Return the blocks of two arms; rounds are dropped where other work took more than the share ``disturbed``."""
    runs = [(launch.arms[candidate], launch.arms[reference]) for launch in recording.launches]
    keep = [kept_rounds(ours, theirs, disturbed) for ours, theirs in runs]
    most = max(len(each) for each in keep)
    times = {
        name: BlockTimes(
            *(
                np.array(
                    [_statistics(pair[side], statistic, kept, most) for pair, kept in zip(runs, keep, strict=True)]
                )
                for side in (0, 1)
            )
        )
        for name, statistic in BLOCK_STATISTICS.items()
    }
    rounds = np.concatenate(keep)
    name = f"{recording.name}: {candidate} over {reference}"
    return PairTimes(name, candidate, reference, true_log_ratio(candidate, reference), float((~rounds).mean()), times)


def _statistics(run: ArmRun, statistic: Callable[[Floats], float], kept: NDArray[np.bool_], most: int) -> list[float]:
    values = [statistic(block) if keep else np.nan for block, keep in zip(run.blocks, kept, strict=True)]
    return values + [np.nan] * (most - len(values))


def ways() -> list[Way]:
    """Return every way; the pooled minimum makes no use of a launch's centre."""
    made = [Way(*names) for names in product(BLOCK_STATISTICS, WITHIN, CENTRES)]
    return made + [Way(block, UNPAIRED, POOLED) for block in BLOCK_STATISTICS]


def together(pair: PairTimes, way: Way, places: NDArray[np.intp]) -> Floats:
    """Return the estimate from the launches at each row of ``places``."""
    times = pair.times[way.block]
    if way.across == POOLED:
        lowest = times.lowest[places].min(axis=1)
        return np.asarray(np.log(lowest[:, 1] / lowest[:, 0]))
    return across(times.launches(way.within)[places], way.across)


def across(values: Floats, centre: str) -> Floats:
    """Return the centre of each row."""
    if centre == "mean":
        return np.asarray(values.mean(axis=1))
    if centre == "median":
        return np.asarray(np.median(values, axis=1))
    if centre == "trimmed":
        cut = values.shape[1] // 4
        return np.asarray(np.sort(values, axis=1)[:, cut : values.shape[1] - cut].mean(axis=1))
    left, right = np.triu_indices(values.shape[1])
    return np.asarray(np.median((values[:, left] + values[:, right]) / 2, axis=1))


def drawn(launches: int, size: int, draws: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return ``draws`` rows of ``size`` launches each, no launch twice in a row."""
    return np.argsort(rng.random((draws, launches)), axis=1)[:, :size]


def successive(launches: int, size: int) -> NDArray[np.intp]:
    """Return every window of launches as they came, one a row."""
    return np.arange(launches - size + 1)[:, None] + np.arange(size)


def error_of(pair: PairTimes, way: Way, places: NDArray[np.intp], stored: int) -> float:
    """Return the root mean square of today's estimate minus the stored one: 0 is the truth, nothing having changed."""
    change = together(pair, way, places[:, stored:]) - together(pair, way, places[:, :stored])
    return float(np.sqrt((change**2).mean()))
