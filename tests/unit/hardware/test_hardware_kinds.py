"""Kinds of cores, out of files and records such as systems make them. No machine here has more than one kind."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.hardware import kinds
from pytest_ovperf.hardware.kinds import CoreKinds, linux_core_kinds, read_core_kinds, windows_core_kinds

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii", newline="\n")


def siblings(root: Path, *groups: tuple[int, ...]) -> None:
    for group in groups:
        for cpu in group:
            listed = ",".join(map(str, group))
            write(
                root / "devices" / "system" / "cpu" / f"cpu{cpu}" / "topology" / "thread_siblings_list", f"{listed}\n"
            )


def capacities(root: Path, *values: int) -> None:
    for cpu, value in enumerate(values):
        write(root / "devices" / "system" / "cpu" / f"cpu{cpu}" / "cpu_capacity", f"{value}\n")


def test_intels_kinds_are_counted_by_core(tmp_path: Path) -> None:
    write(tmp_path / "devices" / "cpu_core" / "cpus", "0-3\n")
    write(tmp_path / "devices" / "cpu_atom" / "cpus", "4-6,8\n")
    siblings(tmp_path, (0, 1), (2, 3), (4,), (5,), (6,), (8,))
    assert linux_core_kinds(tmp_path, frozenset(range(9))) == CoreKinds(performance=2, efficient=4)


def test_low_power_cores_are_a_kind_of_their_own(tmp_path: Path) -> None:
    for name, cpus in (("cpu_core", "0"), ("cpu_atom", "1-2"), ("cpu_lowpower", "3")):
        write(tmp_path / "devices" / name / "cpus", cpus)
    assert str(linux_core_kinds(tmp_path, frozenset(range(4)))) == "1 performance, 2 efficient, 1 low power"


def test_only_cores_that_this_process_may_use_count(tmp_path: Path) -> None:
    write(tmp_path / "devices" / "cpu_core" / "cpus", "0-3")
    write(tmp_path / "devices" / "cpu_atom" / "cpus", "4-7")
    assert linux_core_kinds(tmp_path, frozenset({0, 4, 5})) == CoreKinds(performance=1, efficient=2)


def test_capacities_tell_kinds_apart(tmp_path: Path) -> None:
    capacities(tmp_path, 1024, 1024, 446, 446, 446, 446)
    assert linux_core_kinds(tmp_path, frozenset(range(6))) == CoreKinds(performance=2, efficient=4)


@pytest.mark.parametrize("values", [(1024, 1024), (1024, 1009, 1024, 987), ()], ids=["alike", "favoured", "none"])
def test_cores_of_one_kind_are_no_kinds(tmp_path: Path, values: tuple[int, ...]) -> None:
    capacities(tmp_path, *values)
    assert linux_core_kinds(tmp_path, frozenset(range(4))) == CoreKinds()


def test_rubbish_in_the_files_is_no_kinds(tmp_path: Path) -> None:
    write(tmp_path / "devices" / "cpu_core" / "cpus", "0-x,,-")
    write(tmp_path / "devices" / "system" / "cpu" / "cpu0" / "cpu_capacity", "much\n")
    assert linux_core_kinds(tmp_path, frozenset({0})) == CoreKinds()


def record(efficiency: int, *, relationship: int = 0, groups: int = 1) -> bytes:
    """Return one of Windows' records: a core with that efficiency class, in so many processor groups."""
    body = struct.pack("<BB20xH", 0, efficiency, groups) + struct.pack("<QH6x", 1, 0) * groups
    return struct.pack("<II", relationship, 8 + len(body)) + body


def test_windows_classes_are_kinds_the_highest_the_fastest() -> None:
    records = b"".join(map(record, [1, 1, 0, 0, 0])) + record(9, relationship=3)
    assert windows_core_kinds(records) == CoreKinds(performance=2, efficient=3)
    three = b"".join(map(record, [2, 1, 1, 0, 0])) + record(2, groups=2)
    assert windows_core_kinds(three) == CoreKinds(performance=2, efficient=2, low_power=2)


def test_windows_with_one_class_has_no_kinds() -> None:
    assert windows_core_kinds(record(0) * 8) == CoreKinds()


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(records: bytes) -> None:
    assert isinstance(windows_core_kinds(records), CoreKinds)


def test_a_system_call_that_fails_is_no_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> CoreKinds:
        raise OSError("no")

    monkeypatch.setattr(kinds, "linux_core_kinds", refuse)
    monkeypatch.setattr(kinds, "windows_core_kinds", refuse)
    assert read_core_kinds() == CoreKinds()


def test_kinds_are_read_back_from_their_facts_and_rubbish_is_none() -> None:
    found = CoreKinds(6, 8, 2)
    assert CoreKinds.from_facts(found.facts()) == found
    assert CoreKinds.from_facts({"performance": "6", "efficient": -1, "low_power": True}) == CoreKinds()
