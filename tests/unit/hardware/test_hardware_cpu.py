"""Reading the processor: what the system's sources are made into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.hardware import cores, cpu
from pytest_ovperf.hardware.profile import UNKNOWN, HardwareProfile
from pytest_ovperf.hardware.virtual import is_virtual, linux_identity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

XEON = {
    "vendor_id_raw": "GenuineIntel",
    "brand_raw": "Intel(R) Xeon(R)  Processor ",
    "family": 6,
    "model": 207,
    "stepping": 2,
    "flags": ["avx2", "hypervisor", "sse4_2"],
}


def assemble(info: Mapping[str, object], *, system: str = "Linux", machine: str = "x86_64") -> HardwareProfile:
    return cpu.assemble(
        info, physical=2, logical=4, memory_bytes=25_500_000_000, firmware="", system=system, machine=machine
    )


def test_what_the_library_finds_becomes_a_profile() -> None:
    profile = assemble(XEON)
    assert (profile.vendor, profile.family, profile.model, profile.stepping) == ("GenuineIntel", "6", "207", "2")
    assert profile.isa == ("avx2",)
    assert profile.virtual


def test_padding_in_a_brand_makes_no_other_machine() -> None:
    assert assemble(XEON).brand == "Intel(R) Xeon(R) Processor"


def test_memory_is_rounded_to_whole_gib() -> None:
    assert assemble(XEON).memory_gib == 24


@pytest.mark.parametrize(("machine", "arch"), [("AMD64", "x86_64"), ("aarch64", "arm64"), ("riscv64", "riscv64")])
def test_one_architecture_has_one_name_on_every_system(machine: str, arch: str) -> None:
    assert assemble(XEON, machine=machine).arch == arch


def test_every_arm64_has_neon_though_macos_lists_no_flags() -> None:
    assert assemble({"brand_raw": "Apple M2"}, system="Darwin", machine="arm64").isa == ("neon",)


def test_what_the_system_does_not_tell_is_unknown() -> None:
    profile = assemble({}, system="", machine="")
    assert {profile.vendor, profile.brand, profile.family, profile.model, profile.system, profile.arch} == {UNKNOWN}


def test_a_library_that_fails_leaves_a_profile_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no source worked")

    monkeypatch.setattr("cpuinfo.get_cpu_info", fail)
    assert cpu.read_profile().brand == UNKNOWN


@pytest.mark.parametrize(
    ("system", "flags", "firmware", "virtual"),
    [
        ("Linux", {"hypervisor"}, "", True),
        ("Linux", set(), "", False),
        ("Linux", set(), "QEMU Standard PC", True),
        ("Linux", set(), "Amazon EC2 m7g.xlarge", True),
        ("Linux", set(), "Amazon EC2 m7g.metal", False),
        ("Windows", {"hypervisor"}, "LENOVO 21CB", False),  # Hyper-V on, Windows itself on the metal
        ("Windows", {"hypervisor"}, "Microsoft Corporation Virtual Machine", True),
        ("Windows", {"hypervisor"}, "", True),
        ("Darwin", set(), "Apple", False),
    ],
)
def test_virtual_machines_are_recognised(system: str, flags: set[str], firmware: str, *, virtual: bool) -> None:
    assert is_virtual(system, frozenset(flags), firmware) is virtual


def test_firmware_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "sys_vendor").write_text("QEMU\n", encoding="utf-8")
    assert linux_identity(tmp_path) == "QEMU"
    assert linux_identity(tmp_path / "absent") == ""


def on_cpus(monkeypatch: pytest.MonkeyPatch, *cpus: int) -> None:
    monkeypatch.setattr(cores, "usable_cpus", lambda: cpus)


def topology(root: Path, siblings: Mapping[int, str]) -> None:
    for number, text in siblings.items():
        folder = root / "devices" / "system" / "cpu" / f"cpu{number}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{text}\n", encoding="ascii")


def quota(root: Path, name: str, text: str) -> None:
    path = root / "fs" / "cgroup" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")


def test_only_the_processors_that_the_process_may_use_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_cpus(monkeypatch, 4, 5)
    assert cores.logical_cores(tmp_path) == 2


def test_threads_of_one_core_are_one_physical_core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_cpus(monkeypatch, 0, 1, 2, 3)
    topology(tmp_path, {0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"})
    assert cores.logical_cores(tmp_path) == 4
    assert cores.physical_cores(tmp_path) == 2


def test_without_topology_the_machines_count_is_the_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_cpus(monkeypatch, 0, 1)
    monkeypatch.setattr("psutil.cpu_count", lambda *, logical: 8)  # noqa: ARG005  (psutil's own name)
    assert cores.physical_cores(tmp_path) == 2


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, 4),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 4),
        ({"cpu.max": "10 100000"}, 1),
        ({}, 4),
    ],
)
def test_a_containers_quota_bounds_the_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: Mapping[str, str], expected: int
) -> None:
    on_cpus(monkeypatch, 0, 1, 2, 3)
    for name, text in files.items():
        quota(tmp_path, name, text)
    assert cores.logical_cores(tmp_path) == expected


def test_this_process_may_use_at_least_one_processor() -> None:
    assert len(cores.usable_cpus()) >= 1


@pytest.mark.parametrize("path", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_containers_limit_bounds_the_memory(tmp_path: Path, path: str) -> None:
    limit = tmp_path / "fs" / "cgroup" / path
    limit.parent.mkdir(parents=True)
    limit.write_text("1048576\n", encoding="ascii")
    assert cores.usable_memory_bytes(tmp_path) == 1 << 20


@pytest.mark.parametrize("text", ["max\n", "9223372036854771712\n", "0\n", ""])
def test_memory_without_a_limit_is_the_machines(tmp_path: Path, text: str) -> None:
    limit = tmp_path / "fs" / "cgroup" / "memory.max"
    limit.parent.mkdir(parents=True)
    limit.write_text(text, encoding="ascii")
    assert cores.usable_memory_bytes(tmp_path) == cores.usable_memory_bytes(tmp_path / "nowhere") > 1 << 20
