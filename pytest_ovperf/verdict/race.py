"""Racing pairs of arms for a stated time: who measures the next launch, and when the time is up."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from pytest_ovperf.errors import OvperfError, SettingsError
from pytest_ovperf.stats.sequential import LOOKS
from pytest_ovperf.trial.schedule import BLOCK_NS, MOST_ROUNDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.records import Launch, Trace
    from pytest_ovperf.trial.run import Clock, Trial
    from pytest_ovperf.trial.watcher import Watcher

#: The launches without which there is no estimate.
FEWEST = LOOKS[0]

#: No launch takes less than the blocks of its rounds, whatever the model.
_LEAST_LAUNCH_S = MOST_ROUNDS * 2 * BLOCK_NS / 1e9

#: What a launch of the second pair is taken to cost before there was one, in launches of the first.
_COST_OF_SECOND = 1.5

#: Launches differ in length; who is told to ask for more time should not be told twice.
_RESERVE = 1.2


@dataclass(slots=True)
class Runner:
    """One pair in the race, and the ``share`` of the time that it is meant to have."""

    trial: Trial
    share: float

    @property
    def launches(self) -> tuple[Launch, ...]:
        """The complete launches so far."""
        return self.trial.trace.launches

    @property
    def trace(self) -> Trace:
        """The same as a trace."""
        return self.trial.trace

    @property
    def spent_s(self) -> float:
        """Seconds measured so far."""
        return sum(launch.seconds for launch in self.launches)

    @property
    def cost_s(self) -> float:
        """What its next launch is to be reckoned with: the longest so far."""
        return max((launch.seconds for launch in self.launches), default=0.0)


class Race:
    """Measures launches of one pair or of two in turn, so that both see the machine at all times.

    ``first`` is always measured, and ``second`` where there is time for an estimate of it. ``between`` is called after
    each launch, while nothing is timed.
    """

    def __init__(
        self, first: Runner, second: Runner | None, *, seconds: float, clock: Clock, between: Callable[[], None]
    ) -> None:
        self._first = first
        self._second = second
        self._seconds = seconds
        self._clock = clock
        self._between = between
        self._started_s = 0.0
        self.left_out: list[str] = []
        self.interrupted = False

    def run(self) -> float:
        """Measure until the time is up and return the seconds spent; Ctrl-C ends it early and leaves no process.

        Raises `SettingsError` as soon as it is known that the time does not suffice for one estimate, and what an arm
        of the first pair raises. A second pair that fails is left out.
        """
        self._started_s = self._clock.monotonic_s()
        try:
            while (runner := self._next()) is not None:
                self._measure(runner)
                self._between()
                self._check_time()
        except KeyboardInterrupt:
            self.interrupted = True
        return self._spent_s

    def planned(self) -> int:
        """Return how many launches there will be in all, as far as can be told."""
        runners = [runner for runner in (self._first, self._second) if runner is not None and runner.launches]
        done = sum(len(runner.launches) for runner in runners)
        mean_s = sum(runner.spent_s for runner in runners) / done if done else 1.5 * _LEAST_LAUNCH_S
        left = max(0.0, self._seconds - self._spent_s)
        return max(done + int(left / mean_s), FEWEST)

    @property
    def _spent_s(self) -> float:
        return self._clock.monotonic_s() - self._started_s

    def _measure(self, runner: Runner) -> None:
        if runner is self._first:
            runner.trial.run_launch()
            return
        try:
            runner.trial.run_launch()
        except OvperfError as error:
            self._leave_out(runner, str(error))

    def _leave_out(self, runner: Runner, why: str) -> None:
        self.left_out.append(f"{runner.trace.comparison.arms} was left out: {why}")
        self._second = None

    def _check_time(self) -> None:
        first = self._first
        if len(first.launches) == 1 and first.cost_s * FEWEST > self._seconds:
            raise too_short(self._seconds, first.cost_s)

    def _next(self) -> Runner | None:
        """Return who is next: a pair that lacks launches, or the one furthest behind its share that has time left."""
        first, second = self._first, self._second
        if not first.launches:
            return first
        if second is not None and not second.launches and not self._time_for(second):
            return self._next()
        runners = [first] if second is None else [first, second]
        lacking = [runner for runner in runners if len(runner.launches) < FEWEST]
        ready = lacking or [runner for runner in runners if self._spent_s + runner.cost_s <= self._seconds]
        return min(ready, key=lambda runner: runner.spent_s / runner.share, default=None)

    def _time_for(self, second: Runner) -> bool:
        """Tell whether both pairs can still have their estimates; a second one that cannot is left out."""
        cost_s = self._first.cost_s
        lacking = max(0, FEWEST - len(self._first.launches))
        needed_s = self._spent_s + cost_s * (lacking + FEWEST * _COST_OF_SECOND)
        if needed_s <= self._seconds:
            return True
        self._leave_out(
            second, f"{self._seconds:g} s are too short for it. Give --seconds={ceil(needed_s * _RESERVE)} or more."
        )
        return False


def check_seconds(seconds: float) -> None:
    """Raise `SettingsError` for a time in which no machine can make the launches of one estimate."""
    if seconds < FEWEST * _LEAST_LAUNCH_S:
        raise too_short(seconds, _LEAST_LAUNCH_S, least=True)


def too_short(seconds: float, launch_s: float, *, least: bool = False) -> SettingsError:
    """Return the error for a time that does not suffice, where a launch takes ``launch_s`` seconds, or ``least``."""
    takes = f"{launch_s:.1f} s at the very least" if least else f"{launch_s:.1f} s on this machine"
    return SettingsError(
        f"--seconds={seconds:g} is too short: a launch takes {takes}, and an estimate rests on {FEWEST}.",
        remedy=f"Give --seconds={ceil(launch_s * FEWEST * _RESERVE)} or more; 60 tell a good deal more.",
    )


class CountingWatcher:
    """Lets a watcher see a race as one measurement: launches are counted over all pairs.

    ``between`` is called between rounds, too: it must be quick.
    """

    def __init__(self, watch: Watcher, between: Callable[[], None]) -> None:
        self._watch = watch
        self._between = between
        self._launch = 0
        self.planned: Callable[[], int] = lambda: FEWEST

    def launch_started(self, _number: int, _planned: int, /) -> None:
        """Count the launch, and pass it on."""
        self._launch += 1
        self._watch.launch_started(self._launch, max(self._launch, self.planned()))

    def warming(self, arm: Arm, /) -> None:
        """Pass it on."""
        self._watch.warming(arm)

    def round_done(self, _launch: int, round_: int, rounds: int, running_ratio: float | None, /) -> None:
        """Pass it on under the number of the launch in the race, and do what is due between rounds."""
        self._watch.round_done(self._launch, round_, rounds, running_ratio)
        self._between()

    def launch_done(self, _number: int, /) -> None:
        """Pass it on under the number of the launch in the race."""
        self._watch.launch_done(self._launch)
