"""Any number of arms side by side: one launch has a fresh process of each, which take turns round by round.

A comparison of two (`run.Trial`) asks for their ratio; a lineup is for what each arm's figures are, all of them taken
from the same minutes of the same machine.
"""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.records import Launch, Round
from pytest_ovperf.stats.costs import block_cost
from pytest_ovperf.stats.disturbance import LEAST_COUNTED, is_disturbed_block

from .opened import OpenArm, named, plan_launch
from .run import SystemClock
from .schedule import NS_PER_S, RoundPlan, most_rounds, turns
from .watcher import SilentWatcher, Watcher

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.metrics import Metric, Workload
    from pytest_ovperf.records import ArmFacts, Block

    from .run import ArmProcess, Clock


@dataclass(frozen=True, slots=True)
class LineupLaunch:
    """One launch of a lineup.

    ``blocks`` holds of each arm its block in each round, disturbed rounds included: the same index is the same round
    for all. ``orders`` is the order of the arms in each round. ``warm`` tells of each arm whether its times had
    settled when the rounds began. ``started_unix`` is seconds since the epoch.
    """

    blocks: Mapping[Arm, tuple[Block, ...]]
    facts: Mapping[Arm, ArmFacts]
    orders: tuple[tuple[Arm, ...], ...]
    warm: Mapping[Arm, bool]
    started_unix: float
    seconds: float

    @property
    def rounds(self) -> int:
        """How many rounds were taken, disturbed ones included."""
        return len(self.orders)

    def counted(self, arm: Arm) -> tuple[Block, ...]:
        """Return the arm's blocks of the rounds that nothing disturbed; all where hardly any would be left."""
        quiet = [
            not any(is_disturbed_block(blocks[index]) for blocks in self.blocks.values())
            for index in range(self.rounds)
        ]
        if sum(quiet) < min(LEAST_COUNTED, self.rounds):
            return self.blocks[arm]
        return tuple(block for block, counts in zip(self.blocks[arm], quiet, strict=True) if counts)

    def pair(self, candidate: Arm, reference: Arm) -> Launch:
        """Return two of the arms as the launch of their comparison, of which a speed-up can be estimated."""
        rounds = tuple(
            Round(ours, theirs, order.index(candidate) < order.index(reference))
            for ours, theirs, order in zip(self.blocks[candidate], self.blocks[reference], self.orders, strict=True)
        )
        return Launch(
            self.facts[candidate],
            self.facts[reference],
            rounds=rounds,
            started_unix=self.started_unix,
            seconds=self.seconds,
            warm=self.warm[candidate] and self.warm[reference],
        )


class Lineup:
    """Measures arms side by side, launch by launch.

    ``open_arm`` starts an arm's process and returns while it still loads. ``metrics`` are what is to be read off the
    blocks, all of them of the workload's kind: one that a block cannot tell is an error at once. ``alone`` is held
    while a launch is measured. With ``want_outputs`` each arm's outputs are fetched after the timed part of the first
    launch that gets so far. ``planned`` and ``budget_s`` are those of `run.Trial`.
    """

    def __init__(  # noqa: PLR0913  (everything that touches the world is injected)
        self,
        arms: Sequence[Arm],
        workload: Workload,
        open_arm: Callable[[Arm], ArmProcess],
        *,
        metrics: Collection[Metric],
        rng: random.Random,
        clock: Clock | None = None,
        watch: Watcher | None = None,
        alone: Callable[[], AbstractContextManager[None]] = nullcontext,
        planned: int = 1,
        want_outputs: bool = False,
        budget_s: float | None = None,
    ) -> None:
        _check(arms, workload, metrics)
        self._arms = tuple(arms)
        self._workload = workload
        self._open_arm = open_arm
        self._metrics = tuple(metrics)
        self._rng = rng
        self._clock: Clock = SystemClock() if clock is None else clock
        self._watch: Watcher = SilentWatcher() if watch is None else watch
        self._alone = alone
        self._planned = planned
        self._want_outputs = want_outputs
        self._budget_s = budget_s
        self._outputs: Mapping[Arm, Mapping[str, NDArray[Any]]] = {}
        self._launches: list[LineupLaunch] = []

    @property
    def launches(self) -> tuple[LineupLaunch, ...]:
        """The complete launches so far. One that failed leaves those before it as they were."""
        return tuple(self._launches)

    @property
    def outputs(self) -> Mapping[Arm, Mapping[str, NDArray[Any]]]:
        """Each arm's outputs by name; empty where they were not wanted or no launch has got so far."""
        return self._outputs

    def run_launch(self) -> LineupLaunch:
        """Measure one launch in fresh processes, keep it and return it.

        All processes are closed whatever happens. An arm that fails raises its own `OvperfError`, naming the arm; any
        other exception of an arm becomes a `MeasurementError`.
        """
        with self._alone():
            launch = self._run_launch(len(self._launches) + 1)
        self._launches.append(launch)
        self._watch.launch_done(len(self._launches))
        return launch

    def _run_launch(self, number: int) -> LineupLaunch:
        started_unix, started = self._clock.unix_s(), self._clock.monotonic_s()
        self._watch.launch_started(number, self._planned)
        with ExitStack() as processes:
            opened = [OpenArm.start(arm, self._workload.kind, self._open_arm, processes) for arm in self._arms]
            facts = {each.arm: each.loaded() for each in opened}
            plan, warm = plan_launch(
                opened, clock=self._clock, watch=self._watch, started_s=started, budget_s=self._budget_s
            )
            blocks, orders = self._rounds(number, plan, opened)
            if self._want_outputs and not self._outputs:
                self._outputs = {each.arm: each.outputs() for each in opened}
        seconds = self._clock.monotonic_s() - started
        settled = {each.arm: its for each, its in zip(opened, warm, strict=True)}
        return LineupLaunch(blocks, facts, orders, settled, started_unix, seconds)

    def _rounds(
        self, number: int, plan: RoundPlan, opened: Sequence[OpenArm]
    ) -> tuple[Mapping[Arm, tuple[Block, ...]], tuple[tuple[Arm, ...], ...]]:
        """Take the rounds of a plan, and more in the place of disturbed ones; all of them are kept as evidence."""
        blocks: dict[Arm, list[Block]] = {arm: [] for arm in self._arms}
        orders: list[tuple[Arm, ...]] = []
        undisturbed = 0
        started = self._clock.monotonic_s()
        for order in turns(opened, most_rounds(plan), self._rng):
            for each in order:
                blocks[each.arm].append(self._block(each, plan))
            orders.append(tuple(each.arm for each in order))
            undisturbed += not any(is_disturbed_block(its[-1]) for its in blocks.values())
            self._watch.round_done(number, len(orders), plan.rounds, None)
            spent_ns = (self._clock.monotonic_s() - started) * NS_PER_S
            if undisturbed == plan.rounds or plan.ends(len(orders), undisturbed, spent_ns):
                break
        return {arm: tuple(its) for arm, its in blocks.items()}, tuple(orders)

    def _block(self, opened: OpenArm, plan: RoundPlan) -> Block:
        block = opened.block(plan.min_ns, plan.min_calls)
        with named(opened.arm):
            for metric in self._metrics:
                block_cost(block, metric)
        return block


def _check(arms: Sequence[Arm], workload: Workload, metrics: Collection[Metric]) -> None:
    """Raise `MeasurementError` for a lineup that makes no sense."""
    strange = [str(metric) for metric in metrics if metric.workload is not workload.kind]
    if strange:
        raise MeasurementError(
            f"{', '.join(strange)} cannot be told from the workload {workload}.",
            remedy="Measure it in a lineup of its own workload.",
        )
    if not arms or len(set(arms)) < len(arms):
        raise MeasurementError(
            f"A lineup needs arms, each of them once; it has {', '.join(map(str, arms)) or 'none'}.",
            remedy="Name each arm once.",
        )
