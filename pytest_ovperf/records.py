"""The plain data that rooms hand each other: traces, estimates, verdicts.

Raw samples (`Block` … `Trace`), estimates (`Speedup`) and judgements (`Verdict`) are different types on purpose: a
number that was read off a clock is never mistaken for one that was inferred. Everything here is frozen, compares by
value and holds nothing but plain data, so that a record made on one host can be judged and reported on another.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field
from enum import StrEnum

from .arms import Comparison, Side  # noqa: TC001  (dataclass annotations stay resolvable)
from .errors import ModelError
from .graphs.explained import Explained  # noqa: TC001  (dataclass annotations stay resolvable)


class VerdictKind(StrEnum):
    """The five possible outcomes of a comparison, and no other."""

    OK = "ok"
    IMPROVED = "improved"
    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"
    NO_BASELINE = "no-baseline"


@dataclass(frozen=True, slots=True)
class ArmFacts:
    """What an arm turned out to be once loaded, read back from the engine and not assumed.

    ``precision`` is the effective inference precision (``f32``, ``bf16``, …), ``devices`` the devices that execute,
    ``threads`` the number of inference threads (0 where the engine does not say), ``load_ns`` the time from the start
    of loading to the first result being possible. ``streams`` and ``requests`` are how many the engine executes and
    keeps in flight at once (0 where it does not say or has none). ``settings`` is what else was read back of what may
    be tuned, by the names of `Tuning` and of OpenVINO's properties, as text.
    """

    precision: str
    devices: tuple[str, ...]
    threads: int
    load_ns: int
    versions: Mapping[str, str]
    streams: int = 0
    requests: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interference:
    """What else took the processors while a block was timed, as the operating system counts it.

    ``wall_ns`` is how long the block lasted, its untimed first call included. ``steal_ns`` is processor time that the
    host gave to other virtual machines, ``others_ns`` what other processes used, both over all processors;
    ``switches`` counts how often the arm's own threads were taken off a processor against their will. ``None`` is what
    the platform does not say.
    """

    wall_ns: int
    steal_ns: int | None
    others_ns: int | None
    switches: int | None


@dataclass(frozen=True, slots=True)
class Block:
    """The calls of one arm in one turn: each call's time in nanoseconds, in order, the untimed first call left out.

    ``interference`` is ``None`` where nobody looked. ``items`` is how many samples (rows of the batch, prompts) one
    call holds. What only some workloads have: ``elapsed_ns``, the wall time in which the requests of a full queue were
    completed, each of them in ``latency_ns``; ``first_ns``, from the start of each call to its first token, or from
    the start of loading to the result of the first inference; ``tokens`` generated for each prompt; ``bytes`` of
    memory or of files, ``latency_ns`` then being empty.
    """

    latency_ns: tuple[int, ...]
    interference: Interference | None = None
    items: int = 1
    elapsed_ns: int | None = None
    first_ns: tuple[int, ...] = ()
    tokens: int = 0
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One block of each arm, taken one after the other. ``candidate_first`` is the order in which they ran."""

    candidate: Block
    reference: Block
    candidate_first: bool


@dataclass(frozen=True, slots=True)
class Launch:
    """The rounds of one fresh set of worker processes. ``started_unix`` is seconds since the epoch.

    ``seconds`` is what the launch took from there to the end of its processes, without a look at their graphs.
    ``warm`` tells whether the warm-up of both arms ended because their times had settled.
    """

    candidate: ArmFacts
    reference: ArmFacts
    rounds: tuple[Round, ...]
    started_unix: float
    seconds: float
    warm: bool = True


@dataclass(frozen=True, slots=True)
class Trace:
    """Every raw time of one comparison, by launch, round and arm."""

    comparison: Comparison
    launches: tuple[Launch, ...]


@dataclass(frozen=True, slots=True)
class Speedup:
    """An estimate made from a trace: the ratio with its interval, the launch being the unit of replication.

    ``log_ratios`` holds one natural logarithm of the ratio per launch. ``confidence`` is that of ``low`` … ``high``.
    ``candidate_cost`` and ``reference_cost`` are what the metric typically costs each arm (`stats.costs`): nanoseconds
    a call, sample, token or request, or bytes. ``rounds`` were counted; ``disturbed`` were taken and left out, because
    other work had the processors meanwhile.
    """

    ratio: float
    low: float
    high: float
    confidence: float
    log_ratios: tuple[float, ...]
    rounds: int
    candidate_cost: float
    reference_cost: float
    disturbed: int = 0


class FlagKind(StrEnum):
    """What an average would hide, and is shown therefore."""

    COLD = "cold"
    TREND = "trend"
    DRIFT = "drift"
    TWO_SPEEDS = "two-speeds"
    DISTURBED = "disturbed"


@dataclass(frozen=True, slots=True)
class Flag:
    """Something unsteady in a measurement.

    ``what`` is whose times it is about: an arm's name, or ``ratio``. ``size`` is a share: of launches that never
    warmed up (cold), of change within a launch (trend) or from the first launch to the last (drift), of the slower
    above the faster speed (two-speeds), of rounds (disturbed). ``part`` is the share of values at the slower speed.
    """

    kind: FlagKind
    what: str
    size: float
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """How well each arm does the model's task, as the user's own function tells by a number: higher is better."""

    candidate: float
    reference: float


@dataclass(frozen=True, slots=True, repr=False)
class Fidelity:
    """How near the candidate's outputs are to the reference's, on the same inputs.

    ``cosine`` is the smallest cosine similarity over samples and outputs (1 is identical direction), ``top1`` the
    share of positions whose largest value is at the same place, ``max_abs_error`` the largest absolute difference.
    ``note`` says what data it was taken on where these were drawn at random; it is no part of what was found.
    ``scores`` is what the user's function made of both arms, ``None`` where the model has none; tests ask for
    ``score``, ``reference_score`` and ``score_loss``.
    """

    cosine: float
    top1: float
    max_abs_error: float
    note: str = field(default="", compare=False)
    scores: Scores | None = None

    @property
    def score(self) -> float:
        """How well the candidate does the task. Raises `ModelError` where the model has no function that tells."""
        __tracebackhide__ = True
        return self._told.candidate

    @property
    def reference_score(self) -> float:
        """How well the reference does the task. Raises `ModelError` as `score`."""
        __tracebackhide__ = True
        return self._told.reference

    @property
    def score_loss(self) -> float:
        """How much worse the candidate does the task than the reference; negative where it does better."""
        __tracebackhide__ = True
        return self._told.reference - self._told.candidate

    @property
    def _told(self) -> Scores:
        __tracebackhide__ = True
        if self.scores is None:
            raise ModelError(
                "There is no score: nothing says how well an arm of this model does its task.",
                remedy='Name a function that does, in @pytest.mark.model(…, score="shop.task:accuracy"): it is called '
                "with predict in each arm's process, and returns a number, higher is better. fidelity(…) has the "
                "scores then, of arms that take arrays: not of functions of your own, nor of texts.",
            )
        return self.scores

    def __repr__(self) -> str:
        """Return what pytest shows under a failed assertion: all but what there is not."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return f"Fidelity({', '.join(f'{name}={value!r}' for name, value in told.items() if value not in ('', None))})"


@dataclass(frozen=True, slots=True)
class LayerFiles:
    """The files beside a baseline that hold an arm's execution graph and, where known, what its layers took.

    Names within the machine's folder of graphs; ``times`` is empty where no times were recorded.
    """

    graph: str
    times: str = ""


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """What a baseline remembers of one comparison: the launches themselves, not just their mean.

    ``provenance`` holds what was true when it was recorded (versions, date, commit): shown, never matched.
    ``fidelity`` is ``None`` where no outputs were compared. ``days`` is the date of each launch (``2026-11-21``), in
    the order of ``log_ratios``; empty says that all are of one day. ``launch_s`` is the wall time of one launch in
    seconds, 0 where it is not known. ``layers`` names, for each side that has an execution graph, where it is kept.
    """

    log_ratios: tuple[float, ...]
    tolerance: float
    candidate_cost: float
    reference_cost: float
    fidelity: Fidelity | None
    provenance: Mapping[str, str]
    days: tuple[str, ...] = ()
    launch_s: float = 0.0
    layers: Mapping[Side, LayerFiles] = field(default_factory=dict)

    @property
    def launches(self) -> int:
        """How many launches it rests on."""
        return len(self.log_ratios)

    @property
    def by_day(self) -> Mapping[str, tuple[float, ...]]:
        """The log ratios by the day on which they were measured, in the order of the days' first launches."""
        days = self.days or ("",) * self.launches
        return {
            day: tuple(value for value, its in zip(self.log_ratios, days, strict=True) if its == day)
            for day in dict.fromkeys(days)
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of a `Speedup` against a baseline or a number.

    ``change`` is the relative change of the speed-up against what was expected (-0.12 is 12 % lower), with its
    interval at the judge's own error rate; all three are ``None`` without a baseline. ``tolerance`` is the change
    that was let pass. ``seconds_to_settle`` says, for an inconclusive result, how much more measuring is expected to
    decide it; ``None`` where that cannot be told.
    """

    kind: VerdictKind
    expected: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    tolerance: float
    error_rate: float
    seconds_to_settle: float | None


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """All that is known of one comparison when its test is over: the row of every report.

    ``test`` is pytest's node id. ``baseline`` is ``None`` where there was none; ``stored`` tells that this run wrote
    one. ``target`` is the number of ``speedup >= number``, ``None`` where a baseline was asked. ``judged`` is false
    where no assertion came to ask for a verdict; ``verdict`` then claims nothing. ``later`` is how many of the
    launches were taken later in the run, to confirm a suspicion; ``flags`` is what was unsteady. ``explained`` says
    what became of each OpenVINO arm's execution graph, and where its time went if that was asked. ``given`` are the
    options that a later run has to be given to measure and judge the same; ``folder`` leads from where the run was
    started to where ids of tests start, empty or with a slash at its end. Of a race, ``test`` is the first that asked
    for it.
    """

    test: str
    comparison: Comparison
    speedup: Speedup
    verdict: Verdict
    baseline: StoredBaseline | None
    fidelity: Fidelity | None
    launches: tuple[Launch, ...]
    seconds: float
    target: float | None = None
    stored: bool = False
    judged: bool = True
    notes: tuple[str, ...] = ()
    later: int = 0
    flags: tuple[Flag, ...] = ()
    explained: tuple[Explained, ...] = ()
    given: tuple[str, ...] = ()
    folder: str = ""
