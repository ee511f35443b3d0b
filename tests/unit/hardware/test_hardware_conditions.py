"""The standing conditions of a machine, read below a folder of the test's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_ovperf.hardware.condition import Rating, or_none, read_count
from pytest_ovperf.hardware.conditions import (
    read_conditions,
    standing_conditions,
    threads_condition,
    virtual_condition,
)
from pytest_ovperf.hardware.governor import (
    ClockReading,
    frequency_condition,
    governor_condition,
    read_clock,
    turbo_condition,
)
from pytest_ovperf.hardware.load import LoadReading, limit_condition, load_condition, memory_condition, read_load
from pytest_ovperf.hardware.power import (
    PowerReading,
    battery_condition,
    plan_condition,
    read_power,
    windows_plan,
)
from pytest_ovperf.hardware.thermal import HeatReading, read_heat, temperature_condition, throttling_condition
from tests.unit.hardware.test_hardware_profile import XEON

if TYPE_CHECKING:
    from collections.abc import Callable

CPUS = Path("sys/devices/system/cpu")
GIB = 1 << 30


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str | Path, object], None]:
    """Return a function that writes a file of the kernel below the test's folder."""

    def write(name: str | Path, content: object) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n", encoding="ascii", newline="\n")

    return write


@pytest.fixture
def silent_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let psutil know nothing, as on a system that it does not support."""

    def refuse(*_: object) -> None:
        raise OSError("not on this system")

    for name in ("cpu_freq", "sensors_battery", "getloadavg", "virtual_memory", "swap_memory"):
        monkeypatch.setattr(psutil, name, refuse, raising=False)


@pytest.mark.usefixtures("silent_psutil")
@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_where_nothing_can_be_read_every_condition_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    nothing = read_conditions(tmp_path)
    found = standing_conditions(nothing, nothing, profile=XEON, seconds=10.0)
    told = {each.name for each in found if each.rating is not Rating.UNREADABLE}
    assert told == {"threads of a core", "virtual machine"}  # which the hardware profile knows
    assert all(each.seen == "not readable here" for each in found if each.rating is Rating.UNREADABLE)


def test_this_very_machine_can_be_read() -> None:
    now = read_conditions()
    found = standing_conditions(now, now, profile=XEON, seconds=1.0)
    assert len({each.name for each in found}) == len(found) == 12
    json.dumps([dict(each.values) for each in found])


# The clock


def test_a_governor_that_keeps_the_clock_up_is_fine(tmp_path: Path, put: Callable[[str | Path, object], None]) -> None:
    for policy in ("policy0", "policy1"):
        put(CPUS / "cpufreq" / policy / "scaling_governor", "performance")
        put(CPUS / "cpufreq" / policy / "scaling_driver", "intel_pstate")
    found = governor_condition(read_clock(tmp_path))
    assert (found.rating, found.seen) == (Rating.FINE, "performance (intel_pstate)")


@pytest.mark.parametrize(
    ("governor", "driver", "preference", "rating"),
    [
        ("powersave", "intel_pstate", "balance_performance", Rating.SUSPECT),
        ("powersave", "intel_pstate", "power", Rating.WRONG),
        ("powersave", "acpi-cpufreq", "", Rating.WRONG),
        ("schedutil", "acpi-cpufreq", "", Rating.SUSPECT),
    ],
)
def test_a_governor_that_saves_power_is_told_apart_from_one_that_follows_the_load(
    governor: str, driver: str, preference: str, rating: Rating
) -> None:
    clock = ClockReading((governor,), driver, (preference,) if preference else ())
    found = governor_condition(clock)
    assert found.rating is rating
    assert "cpupower frequency-set -g performance" in found.advice


def test_old_kernels_keep_the_clock_below_each_processor(
    tmp_path: Path, put: Callable[[str | Path, object], None]
) -> None:
    put(CPUS / "cpu0" / "cpufreq" / "scaling_governor", "ondemand")
    assert read_clock(tmp_path).governors == ("ondemand",)


@pytest.mark.parametrize(
    ("file", "content", "rating"),
    [
        ("intel_pstate/no_turbo", 0, Rating.SUSPECT),
        ("intel_pstate/no_turbo", 1, Rating.FINE),
        ("cpufreq/boost", 1, Rating.SUSPECT),
        ("cpufreq/boost", 0, Rating.FINE),
        ("cpufreq/boost", "rubbish", Rating.UNREADABLE),
    ],
)
def test_turbo_is_read_from_either_file(
    tmp_path: Path, put: Callable[[str | Path, object], None], file: str, content: object, rating: Rating
) -> None:
    put(CPUS / file, content)
    found = turbo_condition(read_clock(tmp_path))
    assert found.rating is rating
    assert (file in found.advice) is (rating is Rating.SUSPECT)


def test_turbo_is_switched_off_by_the_value_that_its_file_takes() -> None:
    assert "echo 1 |" in turbo_condition(ClockReading(boost=True, boost_file="a/no_turbo")).advice
    assert "echo 0 |" in turbo_condition(ClockReading(boost=True, boost_file="a/boost")).advice


def test_the_frequency_tells_its_range_and_a_cap(tmp_path: Path, put: Callable[[str | Path, object], None]) -> None:
    for name, khz in (("scaling_min_freq", 800000), ("scaling_max_freq", 2000000), ("cpuinfo_max_freq", 3500000)):
        put(CPUS / "cpufreq" / "policy0" / name, khz)
    put(CPUS / "cpufreq" / "policy0" / "scaling_cur_freq", 1900000)
    found = frequency_condition(read_clock(tmp_path))
    assert found.rating is Rating.FINE
    assert found.seen == ("0.80 to 2.00 GHz, capped below the 3.50 GHz that it could do, 1.90 GHz when looked at")


def test_without_linux_files_the_frequency_is_what_psutil_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "cpu_freq", lambda: SimpleNamespace(current=2300.0, min=0.0, max=0.0))
    clock = read_clock(tmp_path)
    assert (clock.highest_khz, clock.current_khz) == (None, 2_300_000)
    assert frequency_condition(clock).seen == "2.30 GHz when looked at"
    assert frequency_condition(replace(clock, current_khz=None, highest_khz=3_000_000)).seen == "3.00 GHz"


# Heat


def test_slow_downs_by_heat_are_counted_over_all_cores(
    tmp_path: Path, put: Callable[[str | Path, object], None]
) -> None:
    put(CPUS / "cpu0" / "thermal_throttle" / "core_throttle_count", 2)
    put(CPUS / "cpu1" / "thermal_throttle" / "core_throttle_count", 3)
    put(CPUS / "cpu1" / "thermal_throttle" / "package_throttle_count", 1)
    assert read_heat(tmp_path).throttled == 6


@pytest.mark.parametrize(
    ("after", "rating", "seen"),
    [
        (5, Rating.FINE, "none while measuring (5 times before)"),
        (7, Rating.WRONG, "the processor slowed itself down 2 times while measuring"),
    ],
)
def test_only_slow_downs_while_measuring_are_wrong(after: int, rating: Rating, seen: str) -> None:
    found = throttling_condition(HeatReading(5), HeatReading(after))
    assert (found.rating, found.seen) == (rating, seen)


def test_the_warmest_sensor_of_the_processor_counts(tmp_path: Path, put: Callable[[str | Path, object], None]) -> None:
    monitors = Path("sys/class/hwmon")
    put(monitors / "hwmon0" / "name", "coretemp")
    put(monitors / "hwmon0" / "temp1_input", 61000)
    put(monitors / "hwmon0" / "temp1_crit", 100000)
    put(monitors / "hwmon0" / "temp2_input", -273200)  # a sensor that is not connected
    put(monitors / "hwmon1" / "name", "nvme")
    put(monitors / "hwmon1" / "temp1_input", 85000)
    put(Path("sys/class/thermal/thermal_zone0") / "type", "x86_pkg_temp")
    put(Path("sys/class/thermal/thermal_zone0") / "temp", 58000)
    put(Path("sys/class/thermal/thermal_zone1") / "type", "iwlwifi")
    put(Path("sys/class/thermal/thermal_zone1") / "temp", 90000)
    heat = read_heat(tmp_path)
    assert (heat.celsius, heat.limit_celsius) == (61.0, 100.0)


@pytest.mark.parametrize(("celsius", "rating"), [(80.0, Rating.FINE), (92.0, Rating.WRONG)])
def test_a_processor_near_its_limit_is_about_to_slow_down(celsius: float, rating: Rating) -> None:
    found = temperature_condition(HeatReading(celsius=50.0), HeatReading(celsius=celsius))
    assert found.rating is rating
    assert found.seen.startswith(f"50 before, {celsius:.0f} after")


# Power


@pytest.mark.parametrize(
    ("number", "rest", "plan", "rating"),
    [
        ("8C5E7FDA-E8BF-4A96-9A85-A6E23A8C635C", "(Höchstleistung)", "high performance", Rating.FINE),
        ("381b4222-f694-41f0-9685-ff5bb260df2e", "(Ausbalanciert)", "balanced", Rating.SUSPECT),
        ("a1841308-3541-4fab-bc81-f71556f20b4a", "(Power saver)", "power saver", Rating.WRONG),
        ("11111111-2222-3333-4444-555555555555", "(Of my own)", "Of my own", Rating.SUSPECT),
        ("11111111-2222-3333-4444-555555555555", "", "11111111-2222-3333-4444-555555555555", Rating.SUSPECT),
    ],
)
def test_windows_power_plans_are_known_in_any_language(
    tmp_path: Path, number: str, rest: str, plan: str, rating: Rating
) -> None:
    power = read_power(tmp_path, lambda: f"GUID des Energieschemas: {number}  {rest}\r\n")
    assert power.plan == plan
    assert plan_condition(power).rating is rating


@pytest.mark.parametrize("printed", ["", "Access is denied.", "GUID: 1234"])
def test_what_is_no_power_plan_is_none(printed: str) -> None:
    assert windows_plan(printed) == ""


def test_a_powercfg_that_fails_leaves_the_plan_open(tmp_path: Path) -> None:
    def fail() -> str:
        raise OSError("there is no powercfg")

    assert read_power(tmp_path, fail).plan == ""


def test_windows_is_asked_for_its_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(stdout="x: 381b4222-f694-41f0-9685-ff5bb260df2e  (Balanced)")

    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("subprocess.run", run)
    assert read_power(tmp_path).plan == "balanced"
    assert asked[0][0].endswith("powercfg.exe")
    assert asked[0][1] == "/getactivescheme"


def test_linux_tells_its_platform_profile(tmp_path: Path, put: Callable[[str | Path, object], None]) -> None:
    put("sys/firmware/acpi/platform_profile", "low-power")
    found = plan_condition(read_power(tmp_path))
    assert (found.rating, found.seen) == (Rating.WRONG, "low-power")
    assert "powerprofilesctl" in found.advice


@pytest.mark.parametrize(
    ("battery", "rating", "seen"),
    [
        (None, Rating.FINE, "none"),
        (SimpleNamespace(power_plugged=True), Rating.FINE, "plugged in"),
        (SimpleNamespace(power_plugged=None), Rating.FINE, "there is one; whether it is plugged in is not told"),
        (SimpleNamespace(power_plugged=False), Rating.WRONG, "the machine runs on it"),
    ],
)
def test_a_battery_is_wrong_only_while_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, battery: object, rating: Rating, seen: str
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    found = battery_condition(read_power(tmp_path))
    assert (found.rating, found.seen) == (rating, seen)


def test_a_psutil_without_batteries_knows_of_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "sensors_battery", raising=False)
    assert read_power(tmp_path) == PowerReading()


# Load, memory and limits


@pytest.mark.parametrize(
    ("load", "rating"), [(0.1, Rating.FINE), (0.5, Rating.FINE), (0.8, Rating.SUSPECT), (1.6, Rating.WRONG)]
)
def test_the_load_before_counts_for_each_core(load: float, rating: Rating) -> None:
    found = load_condition(LoadReading(load=load), 2)
    assert found.rating is rating
    assert bool(found.advice) is (rating is not Rating.FINE)


def test_windows_has_no_load_average_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert read_load(tmp_path).load is None


@pytest.mark.parametrize(
    ("after", "rating"),
    [
        (LoadReading(available_bytes=8 * GIB, total_bytes=16 * GIB, swapped_bytes=100, stalled_us=0), Rating.FINE),
        (LoadReading(available_bytes=8 * GIB, total_bytes=16 * GIB), Rating.FINE),
        (LoadReading(available_bytes=GIB // 2, total_bytes=16 * GIB), Rating.WRONG),
        (LoadReading(available_bytes=8 * GIB, total_bytes=16 * GIB, swapped_bytes=GIB), Rating.WRONG),
        (LoadReading(available_bytes=8 * GIB, total_bytes=16 * GIB, stalled_us=200_000), Rating.WRONG),
    ],
)
def test_memory_is_short_when_little_is_left_or_something_waited_for_it(after: LoadReading, rating: Rating) -> None:
    before = LoadReading(swapped_bytes=0, stalled_us=0)
    assert memory_condition(before, after, seconds=10.0).rating is rating


def test_the_pressure_on_memory_is_read(tmp_path: Path, put: Callable[[str | Path, object], None]) -> None:
    put("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=4711\nfull avg10=0.00 total=1")
    assert read_load(tmp_path).stalled_us == 4711
    put("proc/pressure/memory", "rubbish")
    assert read_load(tmp_path).stalled_us is None


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("cpu.stat", "usage_usec 9\nnr_throttled 3\nthrottled_usec 2000"),
        ("cpu/cpu.stat", "nr_periods 9\nnr_throttled 3\nthrottled_time 2000000"),
    ],
)
def test_the_time_a_container_was_stopped_is_read_of_either_version(
    tmp_path: Path, put: Callable[[str | Path, object], None], file: str, content: str
) -> None:
    put(Path("sys/fs/cgroup") / file, content)
    assert read_load(tmp_path).throttled_us == 2000


def test_a_container_that_reached_its_limit_is_wrong() -> None:
    before = LoadReading(throttled_us=1_000_000)
    found = limit_condition(before, LoadReading(throttled_us=2_000_000), seconds=10.0)
    assert (found.rating, found.values) == (Rating.WRONG, {"stopped_share": 0.1})
    assert "10.0 %" in found.seen
    assert limit_condition(before, before, seconds=10.0).rating is Rating.FINE


# Sharing


@pytest.mark.parametrize(
    ("siblings", "logical", "rating"),
    [(True, 4, Rating.SUSPECT), (None, 4, Rating.SUSPECT), (None, 2, Rating.FINE), (False, 2, Rating.FINE)],
)
def test_two_threads_on_a_core_are_suspect(siblings: bool | None, logical: int, rating: Rating) -> None:  # noqa: FBT001
    assert threads_condition(siblings, replace(XEON, logical_cores=logical)).rating is rating


def test_only_linux_can_switch_its_threads_off_at_work() -> None:
    windows = replace(XEON, logical_cores=4, system="Windows")
    assert "/sys/" in threads_condition(siblings=True, profile=replace(XEON, logical_cores=4)).advice
    assert "/sys/" not in threads_condition(siblings=True, profile=windows).advice


def test_siblings_are_read_where_linux_shows_them(tmp_path: Path, put: Callable[[str | Path, object], None]) -> None:
    assert read_conditions(tmp_path).siblings is None
    put(CPUS / "smt" / "active", 1)
    assert read_conditions(tmp_path).siblings is True


def test_a_virtual_machine_is_suspect_and_a_machine_is_fine() -> None:
    assert virtual_condition(XEON).rating is Rating.SUSPECT
    assert virtual_condition(replace(XEON, virtual=False)).rating is Rating.FINE


# Reading


@pytest.mark.parametrize(("content", "count"), [("12", 12), ("-5", -5), ("", None), ("1.5", None), ("²", None)])
def test_a_count_is_a_whole_number_or_nothing(tmp_path: Path, content: str, count: int | None) -> None:
    path = tmp_path / "count"
    path.write_text(content, encoding="utf-8")
    assert read_count(path) == count


def test_a_question_that_fails_has_no_answer() -> None:
    assert or_none(lambda: 1 // 0) is None
