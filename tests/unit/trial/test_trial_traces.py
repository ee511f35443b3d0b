from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.arms import ARMS, Comparison, parse_arm
from pytest_ovperf.errors import MeasurementError
from pytest_ovperf.metrics import Metric, Workload, WorkloadKind
from pytest_ovperf.records import ArmFacts, Block, Interference, Launch, Round, Trace
from pytest_ovperf.trial.traces import trace_from_data, trace_to_data
from pytest_ovperf.tuning import Tuning
from tests.unit.trial.trial_fakes import FakeWorld

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = st.integers(min_value=0, max_value=2**62)
UNSURE = st.none() | COUNTS
SEEN = st.none() | st.builds(Interference, wall_ns=COUNTS, steal_ns=UNSURE, others_ns=UNSURE, switches=UNSURE)
TIMES = st.lists(st.integers(min_value=1, max_value=2**62), max_size=4).map(tuple)
BLOCKS = st.builds(
    Block,
    latency_ns=TIMES,
    interference=SEEN,
    items=st.integers(min_value=1, max_value=64),
    elapsed_ns=st.none() | st.integers(min_value=1, max_value=2**62),
    first_ns=TIMES,
    tokens=COUNTS,
    bytes=UNSURE,
)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
FACTS = st.builds(
    ArmFacts,
    precision=st.text(max_size=5),
    devices=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    threads=COUNTS,
    load_ns=COUNTS,
    versions=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    streams=COUNTS,
    requests=COUNTS,
    settings=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
ROUNDS = st.builds(Round, BLOCKS, BLOCKS, st.booleans())
LAUNCHES = st.builds(Launch, FACTS, FACTS, st.lists(ROUNDS, max_size=3).map(tuple), SECONDS, SECONDS, st.booleans())
TUNINGS = st.sampled_from(
    ["", "hint=throughput,streams=auto", "batch=8,pinning=on", "shape=?x128,KV_CACHE_PRECISION=u8"]
)
ARM = st.builds(
    parse_arm,
    st.sampled_from([*sorted(ARMS), "shop.search:with_openvino"]),
    st.sampled_from(["CPU", "GPU.1", "AUTO:GPU,CPU"]),
    TUNINGS.map(Tuning.parse),
)
SHAPES = st.dictionaries(st.text(max_size=5), st.lists(COUNTS, max_size=4).map(tuple), max_size=2)
COMPARISONS = st.builds(
    Comparison,
    st.text(),
    ARM,
    ARM,
    st.sampled_from(Metric),
    st.builds(Workload, st.sampled_from(WorkloadKind), SHAPES, COUNTS, COUNTS),
)
TRACES = st.builds(Trace, COMPARISONS, st.lists(LAUNCHES, max_size=2).map(tuple))


@settings(deadline=None)
@given(TRACES)
def test_a_trace_survives_being_written_and_read(trace: Trace) -> None:
    assert trace_from_data(json.loads(json.dumps(trace_to_data(trace)))) == trace


def data_of_a_launch() -> dict[str, Any]:
    trial = FakeWorld().trial()
    trial.run_launch()
    return trace_to_data(trial.trace)


def damage_schema(data: dict[str, Any]) -> None:
    data["schema"] = 1


def damage_time(data: dict[str, Any]) -> None:
    data["launches"][0]["rounds"][1]["candidate"]["latency_ns"][2] = 1.5


def damage_zero(data: dict[str, Any]) -> None:
    data["launches"][0]["rounds"][0]["reference"]["latency_ns"][0] = 0


def damage_interference(data: dict[str, Any]) -> None:
    del data["launches"][0]["rounds"][0]["reference"]["interference"]["steal_ns"]


def damage_count(data: dict[str, Any]) -> None:
    data["launches"][0]["rounds"][0]["candidate"]["interference"]["switches"] = -1


def damage_warmth(data: dict[str, Any]) -> None:
    data["launches"][0]["warm"] = "yes"


def damage_missing(data: dict[str, Any]) -> None:
    del data["launches"][0]["rounds"][0]["candidate_first"]


def damage_unknown(data: dict[str, Any]) -> None:
    data["comparison"]["colour"] = "red"


def damage_engine(data: dict[str, Any]) -> None:
    data["comparison"]["candidate"]["engine"] = "abacus"


def damage_truth(data: dict[str, Any]) -> None:
    data["launches"][0]["rounds"][0]["candidate_first"] = 1


def damage_threads(data: dict[str, Any]) -> None:
    data["launches"][0]["reference"]["threads"] = True


def damage_seconds(data: dict[str, Any]) -> None:
    data["launches"][0]["seconds"] = float("nan")


def damage_launches(data: dict[str, Any]) -> None:
    data["launches"] = {"0": data["launches"][0]}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (damage_schema, r"trace\.schema: expected one of 2, 3, 4, .* found 1"),
        (damage_time, r"trace\.launches\[0\]\.rounds\[1\]\.candidate\.latency_ns\[2\]: expected .* found 1\.5"),
        (damage_zero, r"rounds\[0\]\.reference\.latency_ns\[0\]: expected a whole number of at least 1, found 0"),
        (damage_interference, r"rounds\[0\]\.reference\.interference: expected .*missing: steal_ns"),
        (damage_count, r"rounds\[0\]\.candidate\.interference\.switches: expected a whole number of at least 0"),
        (damage_warmth, r"trace\.launches\[0\]\.warm: expected true or false, found 'yes'"),
        (damage_missing, r"trace\.launches\[0\]\.rounds\[0\]: expected .*missing: candidate_first"),
        (damage_unknown, r"trace\.comparison: expected .*unknown: colour"),
        (
            damage_engine,
            r"trace\.comparison\.candidate\.engine: expected one of pytorch, openvino, .*, found 'abacus'",
        ),
        (damage_truth, r"candidate_first: expected true or false, found 1"),
        (damage_threads, r"trace\.launches\[0\]\.reference\.threads: expected a whole number"),
        (damage_seconds, r"trace\.launches\[0\]\.seconds: expected a number of seconds, found nan"),
        (damage_launches, r"trace\.launches: expected a list"),
    ],
)
def test_damage_is_told_with_its_place(damage: Callable[[dict[str, Any]], None], told: str) -> None:
    data = data_of_a_launch()
    damage(data)
    with pytest.raises(MeasurementError, match=told):
        trace_from_data(data)


@pytest.mark.parametrize("rubbish", [None, [], "trace", 3, {1: 2}])
def test_what_is_no_trace_at_all_is_refused(rubbish: object) -> None:
    with pytest.raises(MeasurementError, match="trace: expected"):
        trace_from_data(rubbish)


def test_traces_of_the_second_schema_are_still_read() -> None:
    data = data_of_a_launch()
    expected = trace_from_data(data)
    data["schema"] = 2
    for launch in data["launches"]:
        for side in ("candidate", "reference"):
            for name in ("streams", "requests", "settings"):
                del launch[side][name]
    assert trace_from_data(data) == expected


def test_what_a_workload_does_not_have_is_not_written() -> None:
    data = data_of_a_launch()
    assert set(data["launches"][0]["rounds"][0]["candidate"]) == {"latency_ns", "interference"}
    assert set(data["comparison"]["candidate"]) == {"engine", "precision", "device"}


def test_a_setting_that_no_arm_has_is_damage() -> None:
    data = data_of_a_launch()
    data["comparison"]["candidate"]["tuning"] = {"colour": "red"}
    with pytest.raises(MeasurementError, match=r"candidate\.tuning: expected settings of an arm .*'colour'"):
        trace_from_data(data)


def test_traces_of_the_third_schema_are_still_read() -> None:
    data = data_of_a_launch()
    expected = trace_from_data(data)
    data["schema"] = 3
    assert trace_from_data(data) == expected


def test_an_arm_of_another_environment_keeps_its_release() -> None:
    trial = FakeWorld().trial()
    old = replace(trial.trace.comparison.candidate, release="2025.4.1")
    trace = replace(trial.trace, comparison=replace(trial.trace.comparison, reference=old))
    assert trace_from_data(trace_to_data(trace)) == trace
    assert "release" not in trace_to_data(trace)["comparison"]["candidate"]
