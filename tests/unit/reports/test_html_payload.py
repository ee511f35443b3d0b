"""What the pictures are drawn from, and how it stands in a page."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pytest_ovperf.reports.html.content import Style
from pytest_ovperf.reports.html.payload import benchmark_data, comparison_data, number, script_json, unit_for
from tests.unit.reports import run_examples as examples

if TYPE_CHECKING:
    from pytest_ovperf.runs.compared import Compared

COMPARED: Compared = examples.compared(3)
ROW = next(row for row in COMPARED.comparisons if "int8_pays[CPU-minilm]" in row.key)
STYLES = [Style.OK, None, Style.REGRESSED]


def data(**changed: Any) -> dict[str, Any]:  # noqa: ANN401  (any field of a row)
    return json.loads(script_json(comparison_data(replace(ROW, **changed), STYLES)))  # type: ignore[no-any-return]


@given(some.dictionaries(some.text(), some.text() | some.floats(allow_nan=False, allow_infinity=False)))
def test_json_for_a_script_reads_back_and_cannot_end_it(data: dict[str, object]) -> None:
    text = script_json(data)
    assert json.loads(text) == data
    assert not set("<>&\u2028\u2029") & set(text)


def test_a_number_that_is_none_becomes_null() -> None:
    assert number(math.nan) is None
    assert number(math.inf) is None
    assert number(None) is None
    assert number(1.23456789) == 1.2346


def test_json_refuses_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json({"ratio": math.nan})


@pytest.mark.parametrize(
    ("seconds", "unit"), [(5e-9, "ns"), (3e-6, "µs"), (0.0199, "ms"), (1.5, "s"), (0.0, "ns"), (math.nan, "ns")]
)
def test_times_have_a_unit_that_suits_them(seconds: float, unit: str) -> None:
    assert unit_for(seconds)[0] == unit


def test_a_comparison_is_what_its_pictures_need() -> None:
    found = data()
    assert found["style"] == "regressed"
    assert found["ratio"] == [number(ROW.now.ratio), number(ROW.now.low), number(ROW.now.high)]
    assert len(found["launches"]) == 2
    assert found["then"]["is"] == "first run"
    assert [arm["name"] for arm in found["arms"]] == ["openvino-int8", "openvino-fp32"]
    assert [len(launch) for launch in found["arms"][0]["samples"]] == [10, 10]
    assert found["unit"] == "ms"


def test_the_interval_of_the_verdict_is_told_as_speed_ups() -> None:
    found = data(expected=2.0, change_low=-0.1, change_high=0.2)
    assert found["judged"] == [1.8, 2.4]
    assert data(change_low=None)["judged"] is None


def test_a_history_has_an_item_for_each_run() -> None:
    first, missing, last = data()["history"]
    assert missing == 0
    assert last == [number(ROW.now.ratio), number(ROW.now.low), number(ROW.now.high), Style.REGRESSED.rank]
    assert first[3] == Style.OK.rank


def test_only_the_last_run_brings_its_samples() -> None:
    assert "samples" not in json.dumps(data()["history"])


def test_a_run_by_itself_has_its_baseline_and_no_history() -> None:
    found = comparison_data(replace(ROW, earlier=()), [Style.REGRESSED])
    stored = ROW.now.baseline
    assert stored is not None
    span = [number(stored.ratio), number(stored.low), number(stored.high)]
    assert found["then"] == {"span": span, "launches": 5, "is": "baseline"}
    assert "history" not in found


def test_a_number_that_was_asked_for_belongs_to_the_run_that_asked() -> None:
    now = replace(ROW.now, target=1.5)
    assert comparison_data(replace(ROW, now=now, earlier=()), [Style.OK])["target"] == 1.5
    assert comparison_data(replace(ROW, now=now), STYLES)["target"] is None


def test_a_launch_that_is_no_number_does_no_harm() -> None:
    now = replace(ROW.now, log_ratios=(math.inf, math.nan, -math.inf), ratio=math.inf)
    found = data(now=now)
    assert found["ratio"][0] is None
    assert found["launches"][1] is None


def test_a_plain_benchmark_is_told_in_its_unit() -> None:
    row = COMPARED.benchmarks[0]
    found = benchmark_data(row, STYLES)
    assert found["unit"] == "ms"
    assert found["expected"] == number((row.expected or 0) * 1e3)


def test_one_arm_on_two_devices_is_told_apart() -> None:
    auto = replace(ROW.now.candidate, name="openvino-fp32", device="AUTO:CPU")
    names = [arm["name"] for arm in data(now=replace(ROW.now, candidate=auto))["arms"]]
    assert names == ["openvino-fp32@AUTO:CPU", "openvino-fp32@CPU"]
