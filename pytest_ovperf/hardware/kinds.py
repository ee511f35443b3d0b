"""Kinds of cores on processors that mix fast and frugal ones."""

from __future__ import annotations

import ctypes
import platform
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .condition import read_text
from .cores import usable_cpus

if TYPE_CHECKING:
    from collections.abc import Mapping

_SYS = Path("/sys")
#: A core below this part of the largest capacity counts as efficient. Favoured cores of one kind differ by far less,
#: kinds by more.
_EFFICIENT_BELOW = 0.75


@dataclass(frozen=True, slots=True)
class CoreKinds:
    """How many cores of each kind there are, hardware threads of one core counted once.

    All 0 where the cores are of one kind, or where the system does not tell.
    """

    performance: int = 0
    efficient: int = 0
    low_power: int = 0

    def __str__(self) -> str:
        named = ((self.performance, "performance"), (self.efficient, "efficient"), (self.low_power, "low power"))
        return ", ".join(f"{number} {kind}" for number, kind in named if number)

    def facts(self) -> dict[str, int]:
        """Return the counts as plain JSON data; `from_facts` is the way back."""
        return {"performance": self.performance, "efficient": self.efficient, "low_power": self.low_power}

    @classmethod
    def from_facts(cls, facts: Mapping[str, object]) -> CoreKinds:
        """Return the kinds that ``facts`` spells out; what is no count is 0."""
        counts = (facts.get(name) for name in ("performance", "efficient", "low_power"))
        return cls(*(count if type(count) is int and count > 0 else 0 for count in counts))


def read_core_kinds() -> CoreKinds:
    """Return the kinds of cores of this machine. Never fails: what cannot be read is none."""
    try:
        if platform.system() == "Windows":
            return windows_core_kinds(_processor_records())
        return linux_core_kinds(_SYS, frozenset(usable_cpus()))
    except Exception:  # noqa: BLE001  (system calls through ctypes fail in ways of their own; none may end a listing)
        return CoreKinds()


def linux_core_kinds(root: Path, usable: frozenset[int]) -> CoreKinds:
    """Return the kinds of the ``usable`` processors, out of Linux' ``root`` of devices.

    Intel's kinds have a list each; elsewhere every processor may have a capacity, relative to the largest.
    """
    devices = root / "devices"
    listed = [_cpu_list(read_text(devices / name / "cpus")) for name in ("cpu_core", "cpu_atom", "cpu_lowpower")]
    if not (listed[0] and (listed[1] or listed[2])):
        listed = [*_by_capacity(devices / "system" / "cpu"), frozenset()]
    if not (listed[0] and (listed[1] or listed[2])):
        return CoreKinds()
    return CoreKinds(*(_cores(devices / "system" / "cpu", cpus & usable) for cpus in listed))


def windows_core_kinds(records: bytes) -> CoreKinds:
    """Return the kinds out of what ``GetLogicalProcessorInformationEx`` returns for processor cores.

    Each record is a relationship and its own size, 32 bits each, then flags and the efficiency class, one byte each. A
    higher class is a faster core; all are 0 where cores are alike.
    """
    classes: list[int] = []
    position, core = 0, 0
    while position + 10 <= len(records):
        relationship, size = struct.unpack_from("<II", records, position)
        if size < 10:  # noqa: PLR2004  (no whole record: what follows cannot be read)
            break
        if relationship == core:
            classes.append(records[position + 9])
        position += size
    kinds = sorted(set(classes), reverse=True)
    if len(kinds) < 2:  # noqa: PLR2004  (one kind is none)
        return CoreKinds()
    counts = [classes.count(kind) for kind in kinds]
    return CoreKinds(counts[0], counts[1], sum(counts[2:]))


def _processor_records() -> bytes:
    """Ask Windows for its processor cores; empty elsewhere."""
    windows = getattr(ctypes, "windll", None)
    if windows is None:
        return b""
    ask = windows.kernel32.GetLogicalProcessorInformationEx
    size = ctypes.c_ulong(0)
    core = 0
    ask(core, None, ctypes.byref(size))  # fails by design, and tells how much room it needs
    room = ctypes.create_string_buffer(size.value)
    return room.raw[: size.value] if ask(core, room, ctypes.byref(size)) else b""


def _by_capacity(folder: Path) -> list[frozenset[int]]:
    found: dict[int, int] = {}
    for path in folder.glob("cpu[0-9]*/cpu_capacity"):
        words = read_text(path).split()
        number = path.parent.name.removeprefix("cpu")
        if words and words[0].isdigit() and number.isdigit():
            found[int(number)] = int(words[0])
    bound = max(found.values(), default=0) * _EFFICIENT_BELOW
    fast = frozenset(cpu for cpu, capacity in found.items() if capacity >= bound)
    return [fast, frozenset(found) - fast]


def _cores(folder: Path, cpus: frozenset[int]) -> int:
    siblings = {cpu: read_text(folder / f"cpu{cpu}" / "topology" / "thread_siblings_list") for cpu in cpus}
    return len({listed or str(cpu) for cpu, listed in siblings.items()})


def _cpu_list(text: str) -> frozenset[int]:
    """Read Linux' lists of processors: ``0-11,16``."""
    found: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
