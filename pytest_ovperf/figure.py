"""Absolute figures: what one arm's metric comes to on this machine, and ladders of several arms side by side.

They are kept apart from ratios on purpose. A ratio survives a change of machine or of its mood, so it is judged against
baselines; an absolute figure holds for the hardware that it was taken on, and is held to a number or to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field

from .arms import Arm  # noqa: TC001  (see above)
from .metrics import Metric, Unit, Workload  # noqa: TC001  (see above)
from .records import Fidelity, Speedup  # noqa: TC001  (see above)


@dataclass(frozen=True, slots=True)
class FigureRecord:
    """What one arm's ``metric`` came to: a row of the table of figures.

    ``test`` is pytest's node id. ``value`` with its interval ``low`` … ``high`` (95 %, the launch being the unit of
    replication) is in the metric's unit (`Metric.unit`): seconds, bytes, or a rate a second. ``percentiles`` are those
    of single calls, requests or first tokens, in seconds, by percent (``{50: 0.0123, 99: 0.0201}``); only those that
    ``samples`` (so many calls) allow. ``launches`` and ``seconds`` say what the figure took. ``target`` is the number
    that it was compared with, in the metric's unit, ``None`` where none was; ``held`` says whether it was kept.
    ``notes`` are remarks for people, such as what counts as a request in PyTorch.
    """

    test: str
    model: str
    arm: Arm
    workload: Workload
    metric: Metric
    value: float
    low: float
    high: float
    percentiles: Mapping[int, float] = field(default_factory=dict)
    samples: int = 0
    launches: int = 0
    seconds: float = 0.0
    target: float | None = None
    held: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        """What ``value``, ``low``, ``high`` and ``target`` are counted in."""
        return self.metric.unit


@dataclass(frozen=True, slots=True)
class Factor:
    """By how much one arm is better than another, with its interval: 1 is equal."""

    ratio: float
    low: float
    high: float

    @classmethod
    def of(cls, speedup: Speedup) -> Factor:
        """Return the factor that a speed-up amounts to."""
        return cls(speedup.ratio, speedup.low, speedup.high)


@dataclass(frozen=True, slots=True)
class Rung:
    """One arm of a ladder: its figures, by metric, and its factors over the ladder's reference.

    ``over_same_batch`` is over the reference doing as many at once, ``over_single`` over the reference doing one at a
    time; ``None`` where there is nothing to compare with (the reference itself, a batch that it did not run at).
    ``batch`` is how many prompts or samples one call holds. ``absent`` says why a rung could not be measured: it then
    has no figures, and is no failure of the other rungs.
    """

    arm: Arm
    batch: int = 1
    figures: Mapping[Metric, FigureRecord] = field(default_factory=dict)
    over_same_batch: Factor | None = None
    over_single: Factor | None = None
    fidelity: Fidelity | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class LadderRecord:
    """Several arms on one model and workload, measured side by side in one run, from the reference upwards.

    ``metric`` is what the factors are of. ``workload`` is that of a single request: rungs differ in their batch.
    """

    test: str
    model: str
    workload: Workload
    metric: Metric
    reference: Arm
    rungs: tuple[Rung, ...]
    launches: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def name_of(self, arm: Arm) -> str:
        """Return what one of its arms is called, with its device where another rung has the same name elsewhere."""
        alike = {rung.arm.device for rung in self.rungs if rung.arm.name == arm.name}
        return f"{arm.name}@{arm.device}" if len(alike) > 1 else arm.name
