"""Running launches of one comparison: fresh processes, warm-up, rounds, and the end of the processes in any case."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import exp
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol

from pytest_ovperf.errors import MeasurementError, OvperfError
from pytest_ovperf.records import Launch, Round, Trace
from pytest_ovperf.stats.disturbance import is_disturbed
from pytest_ovperf.stats.estimate import hodges_lehmann, round_log_ratio

from .schedule import RoundPlan, candidate_goes_first, most_rounds, plan_rounds
from .watcher import SilentWatcher, Watcher

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from numpy.typing import NDArray

    from pytest_ovperf.records import Arm, ArmFacts, Block, Comparison

#: Warm-up goes block by block until two successive medians agree within this share of the smaller one …
WARM_AGREEMENT = 0.05

#: … or until this many blocks, or this much time of one arm, have passed: a machine that never settles is measured
#: as it is, and its noise shows in the interval.
WARM_BLOCKS = 8
WARM_SECONDS = 4.0

#: The least length of a warm-up block.
WARM_BLOCK_NS = 60_000_000


class ArmProcess(Protocol):
    """An arm in a process of its own, whose loading began when it was opened."""

    def loaded(self) -> ArmFacts:
        """Wait until the arm is loaded and return what it turned out to be."""

    def block(self, min_ns: int, min_calls: int) -> Block:
        """Time calls until ``min_ns`` nanoseconds and ``min_calls`` calls are reached, an uncounted first one apart."""

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Return the outputs on the trial's inputs, by name."""

    def close(self) -> None:
        """End the process."""


class Clock(Protocol):
    """The two clocks of a trial, in seconds."""

    def monotonic_s(self) -> float:
        """Return a time that never goes back."""

    def unix_s(self) -> float:
        """Return the time since the epoch."""


class SystemClock:
    """The clocks of this machine."""

    def monotonic_s(self) -> float:
        """Return `time.monotonic`."""
        return time.monotonic()

    def unix_s(self) -> float:
        """Return `time.time`."""
        return time.time()


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """The outputs of both arms on the same inputs, by name."""

    candidate: Mapping[str, NDArray[Any]]
    reference: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _OpenArm:
    arm: Arm
    process: ArmProcess


@dataclass(frozen=True, slots=True)
class _Warmth:
    """How an arm came out of its warm-up: a call's typical time in nanoseconds, and whether that had settled."""

    call_ns: float
    settled: bool


class Trial:
    """Takes the trace of one comparison, launch by launch.

    ``open_arm`` starts an arm's process and returns while it still loads. ``planned`` is how many launches there will
    be at most (told to the watcher). With ``want_outputs`` the outputs of both arms are fetched after the timed
    part of the first launch that gets so far, so that fidelity needs no processes of its own.
    """

    def __init__(  # noqa: PLR0913  (everything that touches the world is injected)
        self,
        comparison: Comparison,
        open_arm: Callable[[Arm], ArmProcess],
        *,
        rng: random.Random,
        planned: int,
        clock: Clock | None = None,
        watch: Watcher | None = None,
        want_outputs: bool = False,
    ) -> None:
        self._comparison = comparison
        self._open_arm = open_arm
        self._rng = rng
        self._planned = planned
        self._clock: Clock = SystemClock() if clock is None else clock
        self._watch: Watcher = SilentWatcher() if watch is None else watch
        self._want_outputs = want_outputs
        self._outputs: Outputs | None = None
        self._launches: list[Launch] = []

    @property
    def trace(self) -> Trace:
        """The complete launches so far. One that failed leaves those before it as they were."""
        return Trace(self._comparison, tuple(self._launches))

    @property
    def outputs(self) -> Outputs | None:
        """The outputs of both arms, ``None`` where they were not wanted or no launch has got so far."""
        return self._outputs

    def run_launch(self) -> Launch:
        """Measure one launch in fresh processes, add it to the trace and return it.

        Both processes are closed whatever happens, an interruption from the keyboard included. An arm that fails
        raises its own `OvperfError`, naming the arm; any other exception of an arm becomes a `MeasurementError`.
        """
        number = len(self._launches) + 1
        started_unix, started = self._clock.unix_s(), self._clock.monotonic_s()
        self._watch.launch_started(number, self._planned)
        with ExitStack() as processes:
            candidate = self._open(self._comparison.candidate, processes)
            reference = self._open(self._comparison.reference, processes)
            facts = self._loaded(candidate), self._loaded(reference)
            ours, theirs = self._warm(candidate), self._warm(reference)
            rounds = self._rounds(number, plan_rounds(ours.call_ns, theirs.call_ns), candidate, reference)
            if self._want_outputs and self._outputs is None:
                self._outputs = Outputs(self._fetch(candidate), self._fetch(reference))
        seconds = self._clock.monotonic_s() - started
        warm = ours.settled and theirs.settled
        launch = Launch(*facts, rounds=rounds, started_unix=started_unix, seconds=seconds, warm=warm)
        self._launches.append(launch)
        self._watch.launch_done(number)
        return launch

    def _open(self, arm: Arm, processes: ExitStack) -> _OpenArm:
        with _named(arm):
            process = self._open_arm(arm)
        processes.push(_closing(arm, process))
        return _OpenArm(arm, process)

    def _loaded(self, opened: _OpenArm) -> ArmFacts:
        with _named(opened.arm):
            return opened.process.loaded()

    def _fetch(self, opened: _OpenArm) -> Mapping[str, NDArray[Any]]:
        with _named(opened.arm):
            return opened.process.outputs()

    def _warm(self, opened: _OpenArm) -> _Warmth:
        """Warm an arm up until its calls take the same time twice, or for long enough."""
        self._watch.warming(opened.arm)
        until = self._clock.monotonic_s() + WARM_SECONDS
        before = _median_ns(_timed(opened, WARM_BLOCK_NS, 1))
        for _ in range(WARM_BLOCKS - 1):
            now = _median_ns(_timed(opened, WARM_BLOCK_NS, 1))
            if abs(now - before) <= WARM_AGREEMENT * min(now, before):
                return _Warmth(now, settled=True)
            before = now
            if self._clock.monotonic_s() >= until:
                break
        return _Warmth(before, settled=False)

    def _rounds(self, number: int, plan: RoundPlan, candidate: _OpenArm, reference: _OpenArm) -> tuple[Round, ...]:
        """Take the rounds of a plan, and more in the place of disturbed ones; all of them are kept as evidence."""
        rounds: list[Round] = []
        log_ratios: list[float] = []
        undisturbed = 0
        for candidate_first in candidate_goes_first(most_rounds(plan), self._rng):
            rounds.append(self._round(plan, candidate, reference, candidate_first=candidate_first))
            undisturbed += not is_disturbed(rounds[-1])
            log_ratios.append(round_log_ratio(rounds[-1], self._comparison.metric))
            self._watch.round_done(number, len(rounds), plan.rounds, exp(hodges_lehmann(log_ratios)))
            if undisturbed == plan.rounds:
                break
        return tuple(rounds)

    @staticmethod
    def _round(plan: RoundPlan, candidate: _OpenArm, reference: _OpenArm, *, candidate_first: bool) -> Round:
        order = (candidate, reference) if candidate_first else (reference, candidate)
        blocks = tuple(_timed(opened, plan.min_ns, plan.min_calls) for opened in order)
        ours, theirs = blocks if candidate_first else blocks[::-1]
        return Round(ours, theirs, candidate_first)


def _timed(opened: _OpenArm, min_ns: int, min_calls: int) -> Block:
    with _named(opened.arm):
        block = opened.process.block(min_ns, min_calls)
    if not block.latency_ns or min(block.latency_ns) <= 0:
        raise MeasurementError(
            f"{opened.arm}: a block of at least {min_calls} calls came back with {len(block.latency_ns)} calls, "
            f"the shortest of {min(block.latency_ns, default=0)} ns.",
            remedy="Measure again; if it stays so, the clock of this machine is too coarse for this model.",
        )
    return block


def _median_ns(block: Block) -> float:
    return median(block.latency_ns)


@contextmanager
def _named(arm: Arm) -> Iterator[None]:
    """Let no error of an arm pass without the arm's name."""
    try:
        yield
    except OvperfError as error:
        if arm.name in error.seen:
            raise
        raise type(error)(f"{arm}: {error.seen}", remedy=error.remedy) from error
    except Exception as error:
        raise MeasurementError(
            f"{arm}: {type(error).__name__}: {error}",
            remedy="Measure again; if it stays so, report it with the traceback.",
        ) from error


def _closing(
    arm: Arm, process: ArmProcess
) -> Callable[[type[BaseException] | None, BaseException | None, TracebackType | None], None]:
    """Return an exit callback that closes a process and never hides the error that led to the exit."""

    def leave(_kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        try:
            with _named(arm):
                process.close()
        except OvperfError as closing:
            if error is None:
                raise
            error.add_note(f"Ending the process failed too: {closing.seen}")

    return leave
