"""One arm within a launch: opened, loaded, warmed up, timed and closed, and never failing without its name."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pytest_ovperf.errors import MeasurementError, OvperfError
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.stats.sequential import LOOKS

from .schedule import FRESH_KINDS, NS_PER_S, RHYTHMS, Pace, RoundPlan, fresh_plan, plan_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import ExitStack
    from types import TracebackType

    from numpy.typing import NDArray

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.records import ArmFacts, Block

    from .run import ArmProcess, Clock
    from .watcher import Watcher

#: Warm-up goes block by block until two successive medians agree within this share of the smaller one …
WARM_AGREEMENT = 0.05

#: … or until this many blocks, or this much time of one arm, have passed: a machine that never settles is measured
#: as it is, and its noise shows in the interval.
WARM_BLOCKS = 8
WARM_SECONDS = 4.0

#: The least length of a warm-up block.
WARM_BLOCK_NS = 60_000_000


@dataclass(frozen=True, slots=True)
class OpenArm:
    """An arm whose process was started for the workload ``kind``."""

    arm: Arm
    kind: WorkloadKind
    process: ArmProcess

    @classmethod
    def start(cls, arm: Arm, kind: WorkloadKind, open_arm: Callable[[Arm], ArmProcess], processes: ExitStack) -> Self:
        """Open the arm's process, to be closed with ``processes``."""
        with named(arm):
            process = open_arm(arm)
        processes.push(_closing(arm, process))
        return cls(arm, kind, process)

    def loaded(self) -> ArmFacts:
        """Wait until the arm is loaded and return its facts."""
        with named(self.arm):
            return self.process.loaded()

    def outputs(self) -> Mapping[str, NDArray[Any]]:
        """Return the arm's outputs."""
        with named(self.arm):
            return self.process.outputs()

    def graph(self) -> Sequence[Mapping[str, Any]]:
        """Return the layers of the arm's execution graph, empty where it has none to show."""
        with named(self.arm):
            return self.process.graph()

    def block(self, min_ns: int, min_calls: int) -> Block:
        """Take one block. Raises `MeasurementError` for one that holds no times or bytes above 0."""
        with named(self.arm):
            block = self.process.block(min_ns, min_calls)
        if self.kind in (WorkloadKind.MEMORY, WorkloadKind.FILES):
            if not block.bytes or block.bytes <= 0:
                raise MeasurementError(
                    f"{self.arm}: {block.bytes} bytes of {self.kind} came back.",
                    remedy="Measure again; if it stays so, this model is too small for this metric.",
                )
        elif not block.latency_ns or min(block.latency_ns) <= 0:
            raise MeasurementError(
                f"{self.arm}: a block of at least {min_calls} calls came back with {len(block.latency_ns)} calls, "
                f"the shortest of {min(block.latency_ns, default=0)} ns.",
                remedy="Measure again; if it stays so, the clock of this machine is too coarse for this model.",
            )
        return block

    def warm(self, clock: Clock) -> tuple[Pace, bool]:
        """Warm the arm up until its calls take the same time twice, or for long enough.

        Return its pace, and whether that had settled.
        """
        until = clock.monotonic_s() + WARM_SECONDS
        before = self._pace()
        for _ in range(WARM_BLOCKS - 1):
            now = self._pace()
            if abs(now.call_ns - before.call_ns) <= WARM_AGREEMENT * min(now.call_ns, before.call_ns):
                return now, True
            before = now
            if clock.monotonic_s() >= until:
                break
        return before, False

    def _pace(self) -> Pace:
        """Take an uncounted block and return the arm's pace in it."""
        return Pace.of(self.block(max(WARM_BLOCK_NS, RHYTHMS[self.kind].block_ns), 1))


def plan_launch(
    arms: Sequence[OpenArm], *, clock: Clock, watch: Watcher, started_s: float, budget_s: float | None
) -> tuple[RoundPlan, tuple[bool, ...]]:
    """Warm loaded arms up; return the plan for their rounds, and of each arm, in order, whether its times had settled.

    ``budget_s`` is for the launches of a first estimate together, this one having begun at ``started_s``. Single
    inferences are short enough not to need it.
    """
    kind, left_ns = arms[0].kind, None
    warmed: list[tuple[Pace, bool]] = []
    if kind not in FRESH_KINDS:
        for opened in arms:
            watch.warming(opened.arm)
            warmed.append(opened.warm(clock))
    paces = [pace for pace, _ in warmed]
    if budget_s is not None and kind is not WorkloadKind.INFER:
        left_ns = max(0.0, budget_s / LOOKS[0] - (clock.monotonic_s() - started_s)) * NS_PER_S
    plan = plan_for(kind, paces, budget_ns=left_ns) if paces else fresh_plan(kind, len(arms), budget_ns=left_ns)
    return plan, tuple(settled for _, settled in warmed) or (True,) * len(arms)


@contextmanager
def named(arm: Arm) -> Iterator[None]:
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
            with named(arm):
                process.close()
        except OvperfError as closing:
            if error is None:
                raise
            error.add_note(f"Ending the process failed too: {closing.seen}")

    return leave
