"""Arms that take no time, and a clock that moves only when an arm is timed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_ovperf.arms import Arm, Comparison, parse_arm
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import ArmFacts, Block, Interference
from pytest_ovperf.trial.run import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pytest_ovperf.trial.opened import OpenArm
    from pytest_ovperf.trial.watcher import Watcher

FACTS = ArmFacts("f32", ("CPU",), 2, 5, {"openvino": "1"})
CANDIDATE = parse_arm("openvino-int8", "CPU")
REFERENCE = parse_arm("pytorch-fp32", "CPU")
QUIET = Interference(wall_ns=50_000_000, steal_ns=0, others_ns=1_000_000, switches=0)
DISTURBED = Interference(wall_ns=50_000_000, steal_ns=0, others_ns=50_000_000, switches=9)
COMPARISON = Comparison("m", CANDIDATE, REFERENCE, Metric.LATENCY, Workload(WorkloadKind.INFER, {"input": (1, 3)}))


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def unix_s(self) -> float:
        return 1_700_000_000.0 + self.now_s


class FakeArm:
    """An arm whose calls take as long as ``call_ns`` says, given how many blocks came before in this launch."""

    def __init__(self, world: FakeWorld, arm: Arm) -> None:
        self.world = world
        self.arm = arm
        self.blocks = 0

    def loaded(self) -> ArmFacts:
        self.world.happens("loaded", self.arm)
        return FACTS

    def block(self, min_ns: int, min_calls: int) -> Block:
        self.world.happens("block", self.arm)
        call_ns = self.world.call_ns[self.arm](self.blocks)
        seen = self.world.interference[self.arm](self.blocks)
        self.blocks += 1
        calls = max(min_calls, -(-min_ns // max(1, call_ns)))
        self.world.clock.now_s += (calls + 1) * call_ns / 1e9
        self.world.counted_calls.append(calls)
        return Block((call_ns,) * calls, seen)

    def outputs(self) -> dict[str, NDArray[Any]]:
        self.world.happens("outputs", self.arm)
        return {"logits": np.ones((1, 2))}

    def graph(self) -> Sequence[Mapping[str, Any]]:
        self.world.happens("graph", self.arm)
        return self.world.layers.get(self.arm, ())

    def close(self) -> None:
        self.world.happens("close", self.arm)


class FakeWorld:
    """Opens fake arms, writes down what happens, and fails where told: ``failures[(event, arm)]``."""

    def __init__(self, candidate_ns: int = 10_000_000, reference_ns: int = 20_000_000) -> None:
        self.clock = FakeClock()
        self.call_ns: dict[Arm, Callable[[int], int]] = {
            CANDIDATE: lambda _block: candidate_ns,
            REFERENCE: lambda _block: reference_ns,
        }
        #: What is seen of other work in a block, given how many came before in this launch, warm-up included.
        self.interference: dict[Arm, Callable[[int], Interference | None]] = {
            CANDIDATE: lambda _block: QUIET,
            REFERENCE: lambda _block: QUIET,
        }
        #: The execution graph that an arm shows, as a worker sends it; others show none.
        self.layers: dict[Arm, Sequence[Mapping[str, Any]]] = {}
        self.counted_calls: list[int] = []
        self.events: list[tuple[str, Arm]] = []
        self.failures: dict[tuple[str, Arm], BaseException] = {}

    def happens(self, event: str, arm: Arm) -> None:
        self.events.append((event, arm))
        if (event, arm) in self.failures:
            raise self.failures[event, arm]

    def open_arm(self, arm: Arm) -> FakeArm:
        self.happens("open", arm)
        return FakeArm(self, arm)

    def varies(self, arm: Arm, *call_ns: int) -> None:
        """Let the calls of ``arm`` take so long in each launch, and as in the last one from then on."""

        def of_launch(_block: int) -> int:
            number = self.events.count(("open", arm))
            return call_ns[min(number, len(call_ns)) - 1]

        self.call_ns[arm] = of_launch

    def trial(
        self,
        *,
        watch: Watcher | None = None,
        want_outputs: bool = False,
        look: Callable[[OpenArm], object] = lambda _opened: None,
    ) -> Trial:
        return Trial(
            COMPARISON,
            self.open_arm,
            rng=random.Random(1),  # noqa: S311  (an order of rounds)
            planned=8,
            clock=self.clock,
            watch=watch,
            want_outputs=want_outputs,
            look=look,
        )
