"""What the operating system counted while a block ran, told from before and after."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.records import Interference
from pytest_ovperf.worker import interference
from pytest_ovperf.worker.commands import Commands
from pytest_ovperf.worker.interference import Witness

if TYPE_CHECKING:
    from pytest_ovperf.records import ArmFacts

MS = 1_000_000


@dataclass
class Machine:
    """Counters that move only when told to."""

    wall_ns: int = 5_000 * MS
    own_ns: int = 300 * MS
    switches: int = 7
    times: dict[str, float] = field(default_factory=lambda: {"user": 9.0, "system": 4.0, "idle": 70.0, "steal": 1.0})

    def works(self, kind: str, seconds: float) -> None:
        self.passes(50)
        self.times[kind] += seconds

    def passes(self, wall_ms: int, *, own_ms: int = 0, switches: int = 0, **seconds: float) -> None:
        self.wall_ns += wall_ms * MS
        self.own_ns += own_ms * MS
        self.switches += switches
        for name, more in seconds.items():
            self.times[name] += more


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    monkeypatch.setattr(psutil, "cpu_times", lambda: SimpleNamespace(**found.times))
    monkeypatch.setattr(time, "perf_counter_ns", lambda: found.wall_ns)
    monkeypatch.setattr(time, "process_time_ns", lambda: found.own_ns)
    monkeypatch.setattr(interference, "getrusage", lambda _who: SimpleNamespace(ru_nivcsw=found.switches))
    return found


def test_only_what_happened_since_counts(machine: Machine) -> None:
    witness = Witness()
    machine.passes(50, own_ms=90, switches=3, user=0.10, system=0.02, idle=0.5, steal=0.01)
    assert witness.seen() == Interference(wall_ns=50 * MS, steal_ns=10 * MS, others_ns=30 * MS, switches=3)


def test_where_nothing_happens_nothing_is_seen(machine: Machine) -> None:
    witness = Witness()
    machine.passes(50)
    assert witness.seen() == Interference(wall_ns=50 * MS, steal_ns=0, others_ns=0, switches=0)


def test_a_witness_can_be_asked_again_and_looks_back_to_its_own_beginning(machine: Machine) -> None:
    witness = Witness()
    machine.passes(50, user=0.02)
    witness.seen()
    machine.passes(50, user=0.02)
    assert witness.seen() == Interference(wall_ns=100 * MS, steal_ns=0, others_ns=40 * MS, switches=0)


def test_one_s_own_work_is_not_that_of_others_however_coarse_the_system_counts(machine: Machine) -> None:
    witness = Witness()
    machine.passes(50, own_ms=96, user=0.09)  # the system's counters lag by a step
    assert witness.seen().others_ns == 0


@pytest.mark.parametrize("kind", ["user", "nice", "system", "irq", "softirq", "interrupt", "dpc"])
def test_every_kind_of_work_counts(machine: Machine, kind: str) -> None:
    machine.times[kind] = 1.0
    witness = Witness()
    machine.works(kind, 0.03)
    assert witness.seen().others_ns == 30 * MS


@pytest.mark.parametrize("kind", ["idle", "iowait", "guest", "guest_nice"])
def test_waiting_is_no_work_and_guests_are_not_counted_twice(machine: Machine, kind: str) -> None:
    machine.times[kind] = 1.0
    witness = Witness()
    machine.works(kind, 0.03)
    assert witness.seen().others_ns == 0


def test_a_system_without_steal_time_says_nothing_of_it(machine: Machine) -> None:
    del machine.times["steal"]
    witness = Witness()
    machine.passes(50, user=0.02)
    assert witness.seen() == Interference(wall_ns=50 * MS, steal_ns=None, others_ns=20 * MS, switches=0)


def test_a_system_without_resource_usage_says_nothing_of_switches(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interference, "getrusage", None)
    witness = Witness()
    machine.passes(50, user=0.02)
    assert witness.seen() == Interference(wall_ns=50 * MS, steal_ns=0, others_ns=20 * MS, switches=None)


def test_counters_that_go_back_count_as_nothing(machine: Machine) -> None:
    # Steal time does so on some hosts after a migration.
    witness = Witness()
    machine.passes(50, steal=-0.5, user=-0.01)
    assert witness.seen() == Interference(wall_ns=50 * MS, steal_ns=0, others_ns=0, switches=0)


def test_this_machine_can_be_looked_at() -> None:
    seen = Witness().seen()
    assert seen.wall_ns >= 0
    assert seen.others_ns is not None
    assert (seen.steal_ns is None) is not hasattr(psutil.cpu_times(), "steal")


class Model:
    """A model whose calls move the machine's counters."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def call(self) -> None:
        self._machine.passes(10, own_ms=10, user=0.014)

    def facts(self) -> ArmFacts:
        facts: Any = SimpleNamespace(devices=("CPU",))
        return facts  # type: ignore[no-any-return]


def test_a_block_is_answered_with_what_was_seen_from_its_untimed_first_call_to_its_last(machine: Machine) -> None:
    commands = Commands()
    commands._arm = SimpleNamespace(  # type: ignore[assignment]  # all that a block needs
        model=Model(machine), request=SimpleNamespace(kind=WorkloadKind.INFER, new_tokens=0), items=1
    )
    answer = commands.run("block", {"min_ns": 0, "min_calls": 2}, lambda _text: None)
    assert len(answer["latency_ns"]) == 2
    assert answer["interference"] == {
        "wall_ns": 3 * 10 * MS,
        "steal_ns": 0,
        "others_ns": pytest.approx(3 * 4 * MS),
        "switches": 0,
    }
