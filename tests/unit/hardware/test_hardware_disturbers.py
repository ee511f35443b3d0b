"""Who took the processors while something was measured: by evidence of the blocks, and by name."""

from __future__ import annotations

import os
import sys

import psutil
import pytest

from pytest_ovperf.hardware.condition import Condition, Rating
from pytest_ovperf.hardware.disturbers import disturbances
from pytest_ovperf.hardware.processes import Offender, ProcessLedger, ProcessTime, read_processes
from pytest_ovperf.records import Interference

SECOND = 1_000_000_000
OWN = 100


def judged(*seen: Interference, offenders: tuple[Offender, ...] = ()) -> dict[str, Condition]:
    found = disturbances(seen, offenders, cpus=2, seconds=10.0)
    return {each.name: each for each in found}


def block(steal_ns: int | None = 0, others_ns: int | None = 0, switches: int | None = 0) -> Interference:
    return Interference(SECOND, steal_ns, others_ns, switches)


def test_a_quiet_machine_is_fine() -> None:
    assert {each.rating for each in judged(block(), block()).values()} == {Rating.FINE}


def test_shares_are_of_the_time_of_all_processors() -> None:
    found = judged(block(steal_ns=SECOND // 10, others_ns=SECOND), block())
    assert found["stolen time"].values["share"] == pytest.approx(0.025)
    assert found["other processes"].values["share"] == pytest.approx(0.25)
    assert found["stolen time"].rating is found["other processes"].rating is Rating.WRONG


def test_who_is_named_is_who_used_most() -> None:
    offenders = (Offender("chrome", 4.0, 7), Offender("mypy", 0.5, 8), Offender("cron", 0.001, 9))
    found = judged(block(others_ns=SECOND // 2), offenders=offenders)["other processes"]
    assert found.seen == "25.0 % of the processor time: chrome 20.0 %, mypy 2.5 %"
    assert found.advice == "End or pause what is not needed, chrome first (process 7)."


def test_disturbers_that_cannot_be_seen_are_looked_for_elsewhere() -> None:
    assert "look on the host" in judged(block(others_ns=SECOND))["other processes"].advice


def test_interruptions_are_told_by_the_second() -> None:
    assert "15 times a second" in judged(block(switches=10), block(switches=20))["interruptions"].seen


def test_what_the_platform_does_not_say_is_unreadable() -> None:
    found = judged(block(None, None, None))
    assert {each.rating for each in found.values()} == {Rating.UNREADABLE}
    assert {each.rating for each in judged().values()} == {Rating.UNREADABLE}


def test_without_evidence_of_the_blocks_the_named_processes_speak() -> None:
    found = judged(block(others_ns=None), offenders=(Offender("chrome", 4.0, 7),))["other processes"]
    assert (found.rating, found.values["share"]) == (Rating.WRONG, None)
    assert "20.0 %" in found.seen


# By name


def process(pid: int, cpu_s: float, *, name: str = "chrome", parent: int = 1, started: float = 0.0) -> ProcessTime:
    return ProcessTime(pid, parent, name, cpu_s, started)


def offenders(*samples: list[ProcessTime]) -> dict[str, float]:
    """Return who used how much over samples that are a second apart, the first one at 50 s."""
    looks, clock = iter(samples), iter(range(50, 1000))
    ledger = ProcessLedger(lambda: next(looks), own=OWN, now_unix=lambda: float(next(clock)))
    for _ in samples:
        ledger.sample()
    return {each.name: each.cpu_s for each in ledger.offenders()}


def test_only_what_was_used_between_samples_counts() -> None:
    assert offenders([process(1, 50.0)], [process(1, 51.5)], [process(1, 52.0)]) == {"chrome": 2.0}


def test_processes_of_one_name_are_one_offender_and_the_greatest_comes_first() -> None:
    before = [process(1, 0.0), process(2, 0.0), process(3, 0.0, name="mypy")]
    after = [process(1, 1.0), process(2, 1.0), process(3, 5.0, name="mypy")]
    assert list(offenders(before, after).items()) == [("mypy", 5.0), ("chrome", 2.0)]


def test_the_process_that_used_most_of_a_name_is_known_by_its_number() -> None:
    looks = iter(([process(1, 0.0), process(2, 0.0)], [process(1, 1.0), process(2, 3.0)]))
    ledger = ProcessLedger(lambda: next(looks), own=OWN, now_unix=lambda: 50.0)
    ledger.sample()
    ledger.sample()
    assert ledger.offenders() == (Offender("chrome", 4.0, 2),)


def test_this_process_and_what_it_started_are_no_offenders() -> None:
    before = [process(OWN, 0.0)]
    after = [process(OWN, 5.0), process(7, 5.0, parent=OWN, started=50.5), process(8, 5.0, parent=7, started=50.5)]
    assert offenders(before, after) == {}


def test_one_that_began_in_between_counts_from_its_beginning() -> None:
    assert offenders([], [process(7, 0.7, started=50.1)]) == {"chrome": 0.7}


def test_one_that_was_hidden_before_counts_from_when_it_is_seen() -> None:
    assert offenders([], [process(7, 900.0, started=3.0)], [process(7, 901.0, started=3.0)]) == {"chrome": 1.0}


def test_a_number_that_was_given_to_another_process_is_another() -> None:
    before = [process(7, 900.0, started=3.0)]
    assert offenders(before, [process(7, 0.2, name="mypy", started=50.5)]) == {"mypy": 0.2}


def test_samples_now_and_then_keep_their_distance() -> None:
    looks = 0
    now_s = 0.0

    def look() -> list[ProcessTime]:
        nonlocal looks
        looks += 1
        return []

    ledger = ProcessLedger(look, own=OWN, now_unix=lambda: now_s)
    ledger.sample()
    ledger.now_and_then()
    assert looks == 1
    now_s = 1.5
    ledger.now_and_then()
    assert looks == 2


def test_the_processes_of_this_machine_are_read() -> None:
    (own,) = [each for each in read_processes() if each.pid == os.getpid()]
    assert own.parent == os.getppid()
    assert own.cpu_s > 0.0
    assert own.started_unix > 0.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has an idle process of its own")
def test_the_idle_processor_is_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Idle:
        info = {"pid": 0, "ppid": 0, "name": "System Idle Process", "cpu_times": object(), "create_time": 0.0}  # noqa: RUF012

    monkeypatch.setattr(psutil, "process_iter", lambda _: [Idle()])
    assert read_processes() == []
