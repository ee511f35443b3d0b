"""What differs between the environments of runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_ovperf.runs.differences import differences, other_devices, other_hardware
from pytest_ovperf.runs.view import RunView

PLAIN = RunView("run", "", "", {"cpu": "A", "cpu count": "2", "system": "Linux"}, {}, {}, ())


def test_equal_environments_have_no_differences() -> None:
    run = replace(PLAIN, versions={"openvino": "1"}, devices={"GPU": "Arc"})
    assert differences([run, run, run]) == ()


def test_every_run_has_its_value() -> None:
    runs = [replace(PLAIN, versions={"openvino": version}) for version in ("1", "1", "2")]
    (found,) = differences(runs)
    assert (found.about, found.name, found.values) == ("versions", "openvino", ("1", "1", "2"))


def test_a_package_that_is_gone_is_a_difference() -> None:
    runs = [replace(PLAIN, versions={"torch": "2", "numpy": "1"}), replace(PLAIN, versions={"numpy": "1"})]
    (found,) = differences(runs)
    assert (found.name, found.values) == ("torch", ("2", ""))


def test_a_run_that_names_no_versions_at_all_differs_in_none() -> None:
    assert differences([replace(PLAIN, versions={"torch": "2"}), PLAIN]) == ()


def test_a_fact_that_one_machine_leaves_out_is_no_difference() -> None:
    assert differences([replace(PLAIN, machine={**PLAIN.machine, "memory": "24 GiB"}), PLAIN]) == ()


def test_equal_profiles_are_the_same_hardware_whatever_else_is_said() -> None:
    one = replace(PLAIN, machine={"hardware profile": "xeon-1a", "cpu": "A"})
    other = replace(PLAIN, machine={"hardware profile": "xeon-1a", "cpu": "A (tm)"})
    assert other_hardware(one, other) == ""


def test_another_profile_is_other_hardware() -> None:
    one, other = (replace(PLAIN, machine={"hardware profile": slug}) for slug in ("xeon-1a", "xeon-2b"))
    assert other_hardware(one, other) == "hardware profile xeon-1a → xeon-2b"


@pytest.mark.parametrize(
    ("fact", "value", "said"),
    [("cpu", "B", "cpu A → B"), ("cpu count", "4", "cpu count 2 → 4"), ("system", "Darwin", "system Linux → Darwin")],
)
def test_without_profiles_the_processor_decides(fact: str, value: str, said: str) -> None:
    assert other_hardware(PLAIN, replace(PLAIN, machine={**PLAIN.machine, fact: value})) == said


@pytest.mark.parametrize("fact", ["node", "release", "memory"])
def test_hosts_of_one_kind_are_the_same_hardware(fact: str) -> None:
    one, other = (replace(PLAIN, machine={**PLAIN.machine, fact: value}) for value in ("x", "y"))
    assert other_hardware(one, other) == ""


def test_what_a_run_does_not_say_is_not_held_against_it() -> None:
    assert other_hardware(PLAIN, replace(PLAIN, machine={})) == ""


def test_only_the_devices_asked_for_are_looked_at() -> None:
    one, other = (replace(PLAIN, devices={"CPU": "A", "GPU": gpu}) for gpu in ("Arc", "Iris"))
    assert other_devices(one, other, ["CPU"]) == ""
    assert other_devices(one, other, ["CPU", "GPU", "GPU"]) == "GPU Arc → Iris"
