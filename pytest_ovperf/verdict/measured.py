"""What a test holds in its hands after `speedup(...)`: a ratio that measures on until its question is answered."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from pytest_ovperf.errors import OvperfError
from pytest_ovperf.records import Trace
from pytest_ovperf.stats.estimate import estimate
from pytest_ovperf.stats.sequential import CONFIRMING_LAUNCHES, LOOKS

from .asserted import FromBelow
from .explaining import NO_LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pytest_ovperf.records import ComparisonRecord, Launch, Speedup, Verdict
    from pytest_ovperf.stats.sequential import LookPlan
    from pytest_ovperf.trial.run import Trial

    from .explaining import Layers


class Baseline:
    """Stands for the stored value of whatever comparison it is held against."""

    def __repr__(self) -> str:
        return "baseline"


class Measuring:
    """A trial with its planned looks: launches are added until a judge is sure, or the time is spent.

    ``budget_s`` bounds the seconds of measuring; the launches of the first look are always made, because an interval
    from fewer would be a false promise. ``plan`` is asked for at every decision, since each spends some of the run's
    error budget. ``alone`` is held while a launch is measured. ``layers`` is what is known of both arms' execution
    graphs.
    """

    def __init__(
        self,
        trial: Trial,
        plan: Callable[[], LookPlan],
        budget_s: float,
        alone: Callable[[], AbstractContextManager[None]],
        layers: Layers = NO_LAYERS,
    ) -> None:
        self.trial: Final = trial
        self.layers: Final = layers
        self._plan = plan
        self._budget_s = budget_s
        self._alone = alone
        self._confirming_rate = 0.0
        self._set_aside: int | None = None

    @property
    def speedup(self) -> Speedup:
        """The estimate from all launches so far."""
        return estimate(self.trial.trace)

    @property
    def launches(self) -> tuple[Launch, ...]:
        """The complete launches so far."""
        return self.trial.trace.launches

    @property
    def seconds(self) -> float:
        """Seconds of measuring so far."""
        return sum(launch.seconds for launch in self.launches)

    def reach(self, launches: int) -> None:
        """Measure until there are ``launches``."""
        while len(self.launches) < launches:
            with self._alone():
                self.trial.run_launch()

    def reach_first_look(self) -> None:
        """Measure the launches without which there is no estimate."""
        self.reach(LOOKS[0])

    def decide(self, judge: Callable[[Speedup, float], Verdict]) -> Verdict:
        """Ask ``judge(speedup, error_rate)`` at each planned look until it is sure or the time is spent."""
        plan = self._plan()
        looks = [look for look in plan.looks if look >= len(self.launches)] or [plan.most]
        for look, following in zip_longest(looks, looks[1:]):
            self.reach(look)
            last = following is None or not self._time_for(following)
            verdict = judge(self.speedup, plan.error_rate(look, last=last))
            if last or plan.settled(verdict, look):
                break
        self._confirming_rate = plan.confirming_rate
        return verdict

    @property
    def is_set_aside(self) -> bool:
        """Whether a first judgement was a suspicion, which launches of later in the run have to confirm."""
        return self._set_aside is not None

    def set_aside(self) -> None:
        """Let what follows count as later in the run."""
        self._set_aside = len(self.launches)

    @property
    def later(self) -> tuple[Launch, ...]:
        """The launches that were made since the comparison was set aside."""
        return self.launches[self._set_aside :] if self._set_aside is not None else ()

    def confirm(self, judge: Callable[[Speedup, float], Verdict]) -> tuple[Verdict, Verdict]:
        """Make as many launches again; return the verdict on all of them, and on the later ones by themselves."""
        before = self._set_aside or 0
        self.reach(before + max(CONFIRMING_LAUNCHES, before))
        later = estimate(Trace(self.trial.trace.comparison, self.later))
        return judge(self.speedup, self._confirming_rate), judge(later, self._confirming_rate)

    def _time_for(self, launches: int) -> bool:
        return self.seconds / len(self.launches) * launches <= self._budget_s


class MeasuredSpeedup(FromBelow):
    """A measured speed-up, to be asserted: ``>= baseline`` or ``>= number``.

    Against a baseline the comparison is false only for a proven regression; against a number only when the whole
    interval lies below it. ``ratio``, ``low`` and ``high`` are the estimate as it stands, ``float()`` is the ratio.
    """

    def __init__(
        self,
        measuring: Measuring,
        against_baseline: Callable[[Measuring], tuple[ComparisonRecord, bool]],
        against_target: Callable[[Measuring, float], tuple[ComparisonRecord, bool]],
    ) -> None:
        self.measuring: Final = measuring
        self._against_baseline = against_baseline
        self._against_target = against_target
        #: The last judgement with all its evidence; ``None`` until something was asserted.
        self.record: ComparisonRecord | None = None

    @property
    def ratio(self) -> float:
        """How many times better the candidate is."""
        return self.measuring.speedup.ratio

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.measuring.speedup.low

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.measuring.speedup.high

    def __float__(self) -> float:
        return self.ratio

    def __ge__(self, expected: object) -> bool:
        __tracebackhide__ = True
        try:
            if isinstance(expected, Baseline):
                self.record, holds = self._against_baseline(self.measuring)
            elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
                self.record, holds = self._against_target(self.measuring, float(expected))
            else:
                return NotImplemented
        except OvperfError as error:  # its text says it all: the reader needs their own line, not our frames
            raise error.with_traceback(None) from None
        return holds

    __gt__ = __ge__

    def __repr__(self) -> str:
        now = self.measuring.speedup
        return f"{now.ratio:.3g}x ({now.low:.3g} to {now.high:.3g})"
