"""What a check of the machine's noise found: plain data, for people and for scripts."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass

from pytest_ovperf.arms import Comparison  # noqa: TC001  (see above)
from pytest_ovperf.hardware.condition import Condition  # noqa: TC001  (see above)
from pytest_ovperf.records import Flag  # noqa: TC001  (see above)
from pytest_ovperf.stats.machine_noise import Detectable, PairNoise, SelfCheck  # noqa: TC001  (see above)


@dataclass(frozen=True, slots=True)
class PairKnown:
    """The noise of a pair and what it leads to.

    ``in_budget`` is what the default budget of a comparison shows, ``in_full`` what all planned launches do.
    ``serving_tolerance`` is the tolerance with which the default budget finds a loss of twice as much, ``None`` where
    none would do.
    """

    noise: PairNoise
    in_budget: Detectable
    in_full: Detectable
    serving_tolerance: float | None

    @property
    def good(self) -> bool:
        """Whether the default budget shows the loss that comparisons of this kind are meant to show."""
        return self.in_budget.against_baseline <= self.noise.known.detects

    @property
    def good_in_full(self) -> bool:
        """Whether all planned launches do."""
        return self.in_full.against_baseline <= self.noise.known.detects


@dataclass(frozen=True, slots=True)
class PairFindings:
    """What was found of one pair of arms in so many ``launches``, each of which took ``launch_seconds``.

    ``disturbed`` of its ``rounds`` are those in which other work had the processors: left out where enough others are.
    ``known`` is ``None`` where there were too few launches. ``check`` is there for an artefact raced against itself.
    ``flags`` is what was unsteady.
    """

    comparison: Comparison
    launches: int
    launch_seconds: float
    rounds: int
    disturbed: int
    known: PairKnown | None
    check: SelfCheck | None
    flags: tuple[Flag, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether both arms are the same."""
        return self.comparison.candidate == self.comparison.reference


@dataclass(frozen=True, slots=True)
class NoiseFindings:
    """All of one check. ``started`` is ISO 8601; ``left_out`` are sentences on what was not raced, and why.

    ``machine`` is the processor's name, ``profile`` the hardware profile's. ``asked_s`` seconds were asked for and
    ``spent_s`` were spent; an ``interrupted`` check holds what was known by then. ``budget_s`` is the default budget of
    a comparison, which ``in_budget`` refers to. ``telling_s`` is how long to measure for launches whose spread tells
    something; 0 where there were enough.
    """

    model: str
    device: str
    machine: str
    profile: str
    versions: Mapping[str, str]
    started: str
    asked_s: float
    spent_s: float
    budget_s: float
    telling_s: float
    interrupted: bool
    pairs: tuple[PairFindings, ...]
    left_out: tuple[str, ...]
    disturbances: tuple[Condition, ...]
    conditions: tuple[Condition, ...]

    @property
    def noisier(self) -> bool:
        """Whether any pair is shown to be noisier than the plugin assumes."""
        return any(pair.known is not None and pair.known.noise.noisier for pair in self.pairs)
