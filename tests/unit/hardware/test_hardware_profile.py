"""The profile: readable folder names, keyed facts, the way through JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.hardware.profile import INSTRUCTION_SETS, KEYED, HardwareProfile, instruction_sets, wrong_fact

XEON = HardwareProfile(
    vendor="GenuineIntel",
    brand="Intel(R) Xeon(R) Processor",
    family="6",
    model="207",
    stepping="2",
    physical_cores=2,
    logical_cores=2,
    isa=("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16"),
    memory_gib=24,
    virtual=True,
    system="Linux",
    arch="x86_64",
)

OTHER_VALUE: dict[str, Any] = {
    "vendor": "AuthenticAMD",
    "brand": "Intel(R) Xeon(R) Platinum 8592+",
    "family": "7",
    "model": "143",
    "stepping": "3",
    "physical_cores": 1,
    "logical_cores": 4,
    "isa": ("avx2",),
    "memory_gib": 48,
    "virtual": False,
    "system": "Windows",
    "arch": "arm64",
}

words = st.text(max_size=60)
profiles = st.builds(
    HardwareProfile,
    vendor=words,
    brand=words,
    family=words,
    model=words,
    stepping=words,
    physical_cores=st.integers(1, 10**6),
    logical_cores=st.integers(1, 10**6),
    isa=st.lists(st.sampled_from(sorted(INSTRUCTION_SETS)), unique=True).map(tuple),
    memory_gib=st.integers(0, 10**6),
    virtual=st.booleans(),
    system=words,
    arch=words,
)


def head_of(profile: HardwareProfile) -> str:
    return profile.slug.rpartition("-")[0]


def test_the_slug_names_what_people_recognise() -> None:
    assert head_of(XEON) == "intel-xeon-2c-avx512-vnni-bf16-vm"


@pytest.mark.parametrize(
    ("brand", "vendor", "words"),
    [
        ("12th Gen Intel(R) Core(TM) i7-12700K", "GenuineIntel", "intel-core-i7-12700k"),
        ("Intel(R) Core(TM) Ultra 7 155H", "GenuineIntel", "intel-core-ultra-7-155h"),
        ("Intel(R) Xeon(R) CPU @ 2.30GHz", "GenuineIntel", "intel-xeon"),
        ("AMD EPYC 9R14 96-Core Processor", "AuthenticAMD", "amd-epyc-9r14"),
        ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "AuthenticAMD", "amd-ryzen-7-7840u"),
        ("Neoverse-N1", "ARM", "arm-neoverse-n1"),
        ("Apple M2 Pro", "unknown", "apple-m2-pro"),
        ("unknown", "unknown", "cpu"),
    ],
)
def test_brands_lose_their_filler(brand: str, vendor: str, words: str) -> None:
    profile = replace(XEON, brand=brand, vendor=vendor, isa=(), virtual=False)
    assert head_of(profile) == f"{words}-2c"


def test_threads_system_and_architecture_show_where_they_are_not_the_common_ones() -> None:
    profile = replace(XEON, physical_cores=6, logical_cores=12, system="Darwin", arch="arm64", isa=("neon",))
    assert head_of(profile) == "intel-xeon-6c12t-neon-macos-arm64-vm"


@pytest.mark.parametrize("name", KEYED)
def test_a_keyed_fact_makes_another_machine(name: str) -> None:
    changed = replace(XEON, **{name: OTHER_VALUE[name]})
    assert changed.slug != XEON.slug
    assert XEON.differs_from(changed) == (name,)


@pytest.mark.parametrize("name", sorted(set(OTHER_VALUE) - set(KEYED)))
def test_a_recorded_fact_does_not(name: str) -> None:
    changed = replace(XEON, **{name: OTHER_VALUE[name]})
    assert changed.slug == XEON.slug
    assert XEON.differs_from(changed) == ()


def test_every_fact_is_known_to_these_tests() -> None:
    assert set(XEON.facts()) == set(OTHER_VALUE)


@given(profiles)
def test_any_slug_is_a_safe_folder_name(profile: HardwareProfile) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{6}", profile.slug)
    assert len(profile.slug) < 80


@given(profiles)
def test_facts_survive_json(profile: HardwareProfile) -> None:
    assert HardwareProfile.from_facts(json.loads(json.dumps(profile.facts()))) == profile


@pytest.mark.parametrize(
    ("name", "value"),
    [("vendor", 7), ("family", None), ("physical_cores", True), ("logical_cores", -1), ("virtual", 1), ("isa", "avx2")],
)
def test_a_fact_of_the_wrong_type_is_named(name: str, value: object) -> None:
    facts = {**XEON.facts(), name: value}
    assert (wrong_fact(facts) or ("",))[0] == name
    with pytest.raises(MeasurementError, match=name):
        HardwareProfile.from_facts(facts)


def test_missing_and_unknown_facts_are_named() -> None:
    facts = XEON.facts()
    assert wrong_fact({**facts, "colour": "blue"}) == ("colour", "a profile has no such fact")
    del facts["arch"]
    assert wrong_fact(facts) == ("arch", "this fact is missing")


def test_flags_are_taken_in_every_spelling_and_the_rest_left_out() -> None:
    assert instruction_sets(frozenset({"avx512vnni", "sse4_2", "avx2"})) == ("avx2", "avx512_vnni")
