"""What heads a run."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.reports.header import DeviceFact, HeaderFacts, header
from pytest_ovperf.reports.screen import cell_width

FACTS = HeaderFacts(
    brand="AMD EPYC 9R14",
    physical_cores=2,
    logical_cores=4,
    isa=("AVX-512", "VNNI", "BF16"),
    virtual=True,
    profile="amd-zen4-2c",
    versions={"openvino": "2026.4.1", "torch": "2.13.0"},
    devices=(
        DeviceFact("CPU", "AMD EPYC 9R14"),
        DeviceFact("GPU", available=False, why="OpenCL loader missing"),
        DeviceFact("NPU", available=False),
    ),
)


def test_three_lines_say_the_machine_the_versions_and_the_devices() -> None:
    assert header(FACTS, width=120, encoding="utf-8") == [
        "ovperf: AMD EPYC 9R14 · 2 cores, 4 threads · AVX-512 VNNI BF16 · virtual machine · profile amd-zen4-2c",
        "        openvino 2026.4.1, torch 2.13.0",
        "        devices: CPU (AMD EPYC 9R14) · not usable: GPU (OpenCL loader missing), NPU; see ovperf devices",
    ]


def test_kinds_of_cores_and_memory_are_said_where_known() -> None:
    facts = HeaderFacts("Core Ultra 7", 16, 22, core_kinds="6 performance, 8 efficient, 2 low power", memory_gib=32)
    assert header(facts, width=120, encoding="utf-8") == [
        "ovperf: Core Ultra 7 · 16 cores (6 performance, 8 efficient, 2 low power), 22 threads · 32 GiB"
    ]


def test_devices_asked_for_are_said_unless_it_is_just_the_cpu() -> None:
    facts = HeaderFacts("CPU", 1, 1, asked=("CPU", "AUTO:GPU,CPU"))
    assert header(facts, width=80, encoding="utf-8")[1:] == ["        run on: CPU; AUTO:GPU,CPU"]
    assert header(replace(facts, asked=("CPU",)), width=80, encoding="utf-8") == ["ovperf: CPU · 1 core"]


def test_a_device_that_was_asked_for_and_cannot_be_used_is_said_beside_what_becomes_of_its_tests() -> None:
    facts = HeaderFacts("CPU", 1, 1, asked=("GPU",), hindered=("GPU cannot be used on this machine.",))
    assert header(facts, width=80, encoding="utf-8")[1:] == [
        "        run on: GPU",
        "        GPU cannot be used on this machine. Its tests are skipped.",
    ]


def test_unknown_facts_are_left_out() -> None:
    assert header(HeaderFacts("", 0, 0), width=80, encoding="utf-8") == ["ovperf: unknown processor"]


def test_no_device_at_all_is_said() -> None:
    facts = HeaderFacts("CPU", 1, 1, devices=(DeviceFact("CPU", available=False),))
    assert header(facts, width=80, encoding="ascii") == [
        "ovperf: CPU | 1 core",
        "        devices: none | not usable: CPU; see ovperf devices",
    ]


@given(st.text(), st.integers(40, 200), st.sampled_from(["utf-8", "ascii"]))
def test_no_line_is_wider_than_the_terminal(brand: str, width: int, encoding: str) -> None:
    devices = (DeviceFact("GPU", available=False), DeviceFact("CPU", brand))
    lines = header(replace(FACTS, brand=brand, devices=devices), width=width, encoding=encoding)
    assert all(cell_width(line) <= width for line in lines)
