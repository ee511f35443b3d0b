"""What a report knows of a run: plain, frozen, free of formatting, and free of judging.

Every report takes these types, whether the run has just been measured or was read from a file, so that no report has
a way of its own to figures or verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field

from pytest_ovperf.records import Fidelity, VerdictKind  # noqa: TC001  (see above)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The calls of one arm or benchmark in one run, in seconds, as pytest-benchmark defines these figures.

    ``q1`` and ``q3`` are the quartiles, ``calls`` is how many there were.
    """

    min_s: float
    q1_s: float
    median_s: float
    q3_s: float
    max_s: float
    mean_s: float
    stddev_s: float
    calls: int


@dataclass(frozen=True, slots=True)
class ArmView:
    """One arm of a comparison: what it was, and its absolute figures.

    ``name`` is what users write (``openvino-int8``), ``precision`` the effective one (``f32``), ``devices`` those that
    executed, ``threads`` 0 where the engine does not say, as are ``streams`` and ``requests`` (in flight at once).
    ``settings`` is what else was read back of its tuning. ``statistics`` are those of single calls (whole requests,
    first tokens, whatever the metric is about), ``None`` for what is counted in bytes. ``cost`` is what the metric
    typically costs (`stats.costs`: nanoseconds of a call, sample, token or request, or bytes), ``None`` where a file
    does not keep it, and ``percentiles`` are those of ``statistics`` in seconds by name (``p95``), as far as there are
    calls enough. ``blocks_ns`` holds, by launch, what each round's block costs in nanoseconds; empty where a file does
    not keep it, and for bytes. ``release`` is that of the other environment's OpenVINO where it ran in one, else empty.
    """

    name: str
    device: str
    precision: str
    devices: tuple[str, ...]
    threads: int
    statistics: Statistics | None
    blocks_ns: tuple[tuple[float, ...], ...] = ()
    cost: float | None = None
    percentiles: Mapping[str, float] = field(default_factory=dict)
    streams: int = 0
    requests: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    release: str = ""


@dataclass(frozen=True, slots=True)
class BaselineView:
    """The stored speed-up that a comparison was held against, with its 95 % interval.

    ``provenance`` is what was true when it was recorded: versions, date, commit.
    """

    ratio: float
    low: float
    high: float
    launches: int
    provenance: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LayerGroupView:
    """Layers that play the same role, such as one of each block, and of which the same is to be said.

    ``name`` leaves open in what their names differ, ``layers`` is how many there are. ``what`` says what they are, or
    what of them is not as it was (``changed``). ``old_ns`` and ``new_ns`` are what they took and take together, with
    counters on; ``None`` where that is not known. ``share`` is that of a call's change, ``None`` where it says nothing.
    """

    name: str
    layers: int
    what: str
    changed: bool
    old_ns: float | None = None
    new_ns: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class LayerTimesView:
    """What a call and all of its layers took and take, in nanoseconds, with counters on.

    ``everywhere`` is the factor by which all layers alike are slower, ``None`` where they have none in common.
    ``reproduced`` tells whether such calls show what the comparison saw; if not, its layers do not explain it.
    """

    old_call_ns: float
    new_call_ns: float
    old_layers_ns: float
    new_layers_ns: float
    everywhere: float | None = None
    reproduced: bool = True


@dataclass(frozen=True, slots=True)
class LayersView:
    """One arm's execution graph, beside what it was (`graphs.explained.Explained`).

    ``old`` is what it is held against (``the baseline of 2026-11-21``), empty where there is nothing. ``digest`` is
    that of the graph now, which has ``layers``; empty where it could not be read. ``changes`` counts the differences,
    ``None`` where the old graph is not known; ``heaviest`` is a clause about the first of them. ``sentences`` are all
    that there is to say, the heaviest first, ``notes`` what could not be found out. ``groups`` have the heaviest first:
    without ``times`` what changed, with them all that took time; ``others`` are those that are left out, together.
    """

    arm: str
    old: str
    digest: str
    layers: int
    changes: int | None = None
    heaviest: str = ""
    sentences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    times: LayerTimesView | None = None
    groups: tuple[LayerGroupView, ...] = ()
    others: LayerGroupView | None = None


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """One comparison of a run. Equal ``key`` in two runs means the same question.

    ``key`` is the test's id and the comparison's label, joined by `` · ``. ``ratio`` has the interval ``low`` …
    ``high`` at ``confidence``; ``log_ratios`` are by launch. ``said`` is the verdict as it is written: a kind, or
    ``recorded`` or ``not judged``. The figures of ``change`` are shares (-0.12 is 12 % lower), ``None`` where nothing
    was judged against. ``evidence`` are sentences, the most telling first. ``versions`` are those of the arms.
    ``layers`` has one item for each arm whose execution graph is known.
    """

    key: str
    test: str
    model: str
    workload: str
    metric: str
    device: str
    candidate: ArmView
    reference: ArmView
    ratio: float
    low: float
    high: float
    confidence: float
    log_ratios: tuple[float, ...]
    kind: VerdictKind
    said: str
    expected: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    tolerance: float
    baseline: BaselineView | None
    target: float | None
    fidelity: Fidelity | None
    seconds: float
    evidence: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[LayersView, ...] = ()

    @property
    def is_race(self) -> bool:
        """Whether it is one arm with two releases of OpenVINO, the reference's being another environment's."""
        return bool(self.reference.release)


@dataclass(frozen=True, slots=True)
class BenchmarkView:
    """An entry of plain pytest-benchmark: one function's times, compared with nothing within its own run."""

    key: str
    group: str
    params: Mapping[str, str]
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class FigureView:
    """One arm's absolute figure (`figure.FigureRecord`). Equal ``key`` in two runs means the same question.

    ``value``, ``low``, ``high`` and ``target`` are in ``unit`` (``s``, ``B``, ``tokens/s``), ``percentiles`` in seconds
    by name. ``held`` says whether the target was kept, ``None`` where there was none.
    """

    key: str
    test: str
    model: str
    arm: str
    device: str
    workload: str
    metric: str
    unit: str
    value: float
    low: float
    high: float
    percentiles: Mapping[str, float]
    samples: int
    launches: int
    seconds: float
    target: float | None
    held: bool | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactorView:
    """By how much a rung is better, with its interval."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RungView:
    """One arm of a `LadderView`; ``figures`` are by metric. ``absent`` says why it could not be measured."""

    arm: str
    batch: int
    figures: Mapping[str, FigureView]
    over_same_batch: FactorView | None
    over_single: FactorView | None
    fidelity: Fidelity | None
    absent: str


@dataclass(frozen=True, slots=True)
class LadderView:
    """Arms that one test measured side by side (`figure.LadderRecord`), from the reference upwards."""

    key: str
    test: str
    model: str
    device: str
    workload: str
    metric: str
    reference: str
    rungs: tuple[RungView, ...]
    launches: int
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledView:
    """A model that was compiled ``by`` a compiler for an NPU that is not here, and so not executed.

    ``platform`` is the NPU's number. ``outcome`` says that it compiles, with its size, or why not; ``change`` how that
    stands to what is recorded: ``as recorded``, ``broken``.
    """

    model: str
    precision: str
    platform: str
    compiles: bool
    outcome: str
    change: str
    by: str


@dataclass(frozen=True, slots=True)
class RunView:
    """One run. ``name`` is short and says where it is from; ``started`` is ISO 8601 with its offset from UTC.

    ``machine``, ``versions`` and ``devices`` (name → what it is) are facts by name, for showing and for comparing
    environments; ``commit`` is empty where unknown. ``notes`` are sentences about the run as a whole. ``figures`` and
    ``ladders`` are absolute, and never judged against another run. ``compiled`` was not executed.
    """

    name: str
    started: str
    commit: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    devices: Mapping[str, str]
    comparisons: tuple[ComparisonView, ...]
    benchmarks: tuple[BenchmarkView, ...] = ()
    notes: tuple[str, ...] = ()
    figures: tuple[FigureView, ...] = ()
    ladders: tuple[LadderView, ...] = ()
    compiled: tuple[CompiledView, ...] = ()

    @property
    def raced_against(self) -> str:
        """The release that its arms were raced against, empty without: a run has races or comparisons, never both."""
        return next((view.reference.release for view in self.comparisons if view.is_race), "")
