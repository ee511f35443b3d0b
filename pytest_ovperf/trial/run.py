"""Running launches of one comparison: fresh processes, warm-up, rounds, and the end of the processes in any case."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any, Protocol

from pytest_ovperf.records import Launch, Round, Trace
from pytest_ovperf.stats.disturbance import is_disturbed
from pytest_ovperf.stats.estimate import hodges_lehmann, round_log_ratio

from .opened import OpenArm, plan_launch
from .schedule import NS_PER_S, RoundPlan, most_rounds, turns
from .watcher import SilentWatcher, Watcher

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm, Comparison
    from pytest_ovperf.records import ArmFacts, Block


class ArmProcess(Protocol):
    """An arm in a process of its own, whose loading began when it was opened."""

    def loaded(self) -> ArmFacts:
        """Wait until the arm is loaded and return what it turned out to be."""

    def block(self, min_ns: int, min_calls: int) -> Block:
        """Time calls until ``min_ns`` nanoseconds and ``min_calls`` calls are reached, an uncounted first one apart.

        Where every block is a fresh process, there is one call of whatever is timed.
        """

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Return the outputs on the trial's inputs, by name."""

    def graph(self) -> Sequence[Mapping[str, Any]]:
        """Return the layers of the execution graph, as `graphs.layers` reads them; empty where there is none to show.

        Only once all that counts has been timed.
        """

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


class Trial:
    """Takes the trace of one comparison, launch by launch.

    ``open_arm`` starts an arm's process and returns while it still loads. ``planned`` is how many launches there will
    be at most (told to the watcher). With ``want_outputs`` the outputs of both arms are fetched after the timed
    part of the first launch that gets so far, so that fidelity needs no processes of its own. ``look`` is shown each
    arm at the very end of every launch, in time that does not count as the launch's; it must not raise. ``budget_s``
    is what the launches of an estimate are meant to keep to: where calls are slow, they make fewer rounds for it.
    ``launches`` were made before, by a run that was interrupted.
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
        look: Callable[[OpenArm], object] = lambda _opened: None,
        budget_s: float | None = None,
        launches: Sequence[Launch] = (),
    ) -> None:
        self._comparison = comparison
        self._open_arm = open_arm
        self._rng = rng
        self._planned = planned
        self._clock: Clock = SystemClock() if clock is None else clock
        self._watch: Watcher = SilentWatcher() if watch is None else watch
        self._want_outputs = want_outputs
        self._look = look
        self._budget_s = budget_s
        self._outputs: Outputs | None = None
        self._launches: list[Launch] = list(launches)

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
            facts = candidate.loaded(), reference.loaded()
            plan, warm = plan_launch(
                (candidate, reference), clock=self._clock, watch=self._watch, started_s=started, budget_s=self._budget_s
            )
            rounds = self._rounds(number, plan, candidate, reference)
            if self._want_outputs and self._outputs is None:
                self._outputs = Outputs(candidate.outputs(), reference.outputs())
            before_look = self._clock.monotonic_s()
            for opened in (candidate, reference):
                self._look(opened)
            # What is looked at once says nothing of what another launch takes, which is what this time is for.
            looked_s = self._clock.monotonic_s() - before_look
        seconds = self._clock.monotonic_s() - started - looked_s
        launch = Launch(*facts, rounds=rounds, started_unix=started_unix, seconds=seconds, warm=all(warm))
        self._launches.append(launch)
        self._watch.launch_done(number)
        return launch

    def _open(self, arm: Arm, processes: ExitStack) -> OpenArm:
        return OpenArm.start(arm, self._comparison.workload.kind, self._open_arm, processes)

    def _rounds(self, number: int, plan: RoundPlan, candidate: OpenArm, reference: OpenArm) -> tuple[Round, ...]:
        """Take the rounds of a plan, and more in the place of disturbed ones; all of them are kept as evidence."""
        rounds: list[Round] = []
        log_ratios: list[float] = []
        undisturbed = 0
        started = self._clock.monotonic_s()
        for order in turns((candidate, reference), most_rounds(plan), self._rng):
            # By side and not by arm: an artefact may be raced against itself.
            blocks = {opened is candidate: opened.block(plan.min_ns, plan.min_calls) for opened in order}
            rounds.append(Round(blocks[True], blocks[False], order[0] is candidate))
            undisturbed += not is_disturbed(rounds[-1])
            log_ratios.append(round_log_ratio(rounds[-1], self._comparison.metric))
            self._watch.round_done(number, len(rounds), plan.rounds, exp(hodges_lehmann(log_ratios)))
            spent_ns = (self._clock.monotonic_s() - started) * NS_PER_S
            if undisturbed == plan.rounds or plan.ends(len(rounds), undisturbed, spent_ns):
                break
        return tuple(rounds)
