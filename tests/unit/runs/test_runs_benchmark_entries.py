from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pytest_benchmark.plugin import pytest_benchmark_group_stats

from pytest_ovperf.runs.benchmark_entries import entries, wanted
from tests.unit.runs.run_builders import arm, comparison, document_of, measured

LABEL = "m · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x3"
CANDIDATE, REFERENCE = 0, 1


def entry(side: int = CANDIDATE, **changes: object) -> dict[str, Any]:
    found: dict[str, Any] = document_of(measured(replace(comparison(label=LABEL), **cast("Any", changes))))[
        "benchmarks"
    ][side]
    return found


def session(**options: object) -> SimpleNamespace:
    """Return what of pytest-benchmark's session is asked, as in a run without options."""
    given = SimpleNamespace(save=None, autosave=None, json=None, compare=[], histogram=False, disabled=False)
    vars(given).update({"benchmarks": [], **options})
    return given


def test_both_arms_are_entries_with_names_of_their_own_in_the_group_of_their_comparison() -> None:
    candidate, reference = entry(CANDIDATE), entry(REFERENCE)
    assert candidate["name"] == "test_it[CPU] openvino-int8"
    assert reference["name"] == "test_it[CPU] openvino-fp32"
    group = "m, openvino-int8 over openvino-fp32 on CPU, latency, infer 1x3"
    assert candidate["group"] == reference["group"] == group
    assert candidate["fullname"] == f"test_speed.py::test_it[CPU] openvino-int8 ({group})"
    assert reference["fullname"] == f"test_speed.py::test_it[CPU] openvino-fp32 ({group})"


def test_the_figures_are_in_seconds_over_the_raw_calls() -> None:
    stats = entry()["stats"]
    assert (stats["min"], stats["median"], stats["max"]) == (1e-8, 1.1e-8, 1.2e-8)
    assert (stats["rounds"], stats["iterations"]) == (3, 1)
    assert stats["ops"] == pytest.approx(3 / 33e-9)
    assert "data" not in stats


def test_what_people_look_for_has_plain_names() -> None:
    extra = entry(REFERENCE)["extra_info"]
    del extra["ovperf"]
    assert extra == {
        "arm": "openvino-fp32",
        "side": "reference",
        "metric": "latency",
        "workload": "infer 1x3",
        "value": 2.2e-8,
        "unit": "s",
        "percentiles_s": {},
        "ratio": 2.0,
        "interval": [1.9, 2.1],
        "confidence": 0.95,
        "verdict": "ok",
        "baseline": 2.05,
        "target": None,
        "device": "CPU",
        "precision": "f32",
        "versions": {"openvino": "2026.4.1"},
    }


def test_a_number_that_was_asked_for_is_no_baseline() -> None:
    extra = entry(target=1.5, expected=1.5)["extra_info"]
    assert (extra["target"], extra["baseline"]) == (1.5, None)


def test_the_arm_is_a_parameter_beside_those_of_the_test() -> None:
    view = comparison()
    params = {view.test: {"size": 3, "kind": object, "device": "GPU"}}
    found = document_of(measured(view), params=params)["benchmarks"][0]
    assert found["params"] == {
        "model": "m",
        "arm": "openvino-int8",
        "device": "GPU",  # what the test itself says
        "size": 3,
        "kind": "<class 'object'>",
    }
    assert found["param"] == "CPU-openvino-int8"


def test_the_same_arm_on_two_devices_has_two_names() -> None:
    found = entry(candidate=arm("openvino-fp32", device="GPU"), reference=arm("openvino-fp32"))
    assert found["name"] == "test_it[CPU] openvino-fp32@GPU"


def test_an_arm_of_two_comparisons_in_one_test_has_a_name_in_each() -> None:
    others = "m · openvino-bf16 over openvino-fp32 on CPU · latency · infer 1x3"
    first, second = comparison(label=LABEL), replace(comparison(label=others), candidate=arm("openvino-bf16"))
    found = document_of(measured(first, second))["benchmarks"]
    names, fullnames = [each["name"] for each in found], [each["fullname"] for each in found]
    assert names[1::2] == ["test_it[CPU] openvino-fp32", "test_it[CPU] openvino-fp32 (2)"]
    assert len(set(names)) == len(set(fullnames)) == 4


@pytest.mark.parametrize(
    ("test", "name", "param"),
    [
        ("a/test_a.py::TestB::test_c[x::y-[z]]", "test_c[x::y-[z]] openvino-int8", "x::y-[z]-openvino-int8"),
        ("a[1]/test_a.py::test_c", "test_c openvino-int8", "openvino-int8"),
        (
            "test_ü.py::test_<script>[\U0001f600\\n]",
            "test_<script>[\U0001f600\\n] openvino-int8",
            "\U0001f600\\n-openvino-int8",
        ),
        ("no separator", "no separator openvino-int8", "openvino-int8"),
    ],
)
def test_any_test_id_will_do(test: str, name: str, param: str) -> None:
    found = document_of(measured(comparison(test)))["benchmarks"][0]
    assert (found["name"], found["param"]) == (name, param)
    assert found["fullname"].startswith(f"{test} openvino-int8 (")


def test_a_long_group_is_cut_so_that_it_can_be_part_of_a_file_name() -> None:
    labels = [f"{'folder/' * 50}{name} · a over b" for name in "xy"]
    groups = [document_of(measured(comparison(label=label)))["benchmarks"][0]["group"] for label in labels]
    assert all(len(group) == 120 for group in groups)
    assert groups[0] != groups[1]


@pytest.mark.parametrize(
    "group_by", ["group", "name", "func", "fullname", "fullfunc", "param", "param:arm", "param:model"]
)
def test_pytest_benchmark_can_group_them_in_every_way(group_by: str) -> None:
    run = measured()
    made = entries(run.run.comparisons, run.calls_ns, {}, shown=True)
    flat = [each.as_dict(include_data=False, flat=True) for each in made]
    assert pytest_benchmark_group_stats(config=None, benchmarks=flat, group_by=group_by)


def test_entries_that_are_only_saved_are_false_which_keeps_them_out_of_the_table() -> None:
    run = measured()
    assert not any(entries(run.run.comparisons, run.calls_ns, {}, shown=False))
    assert all(entries(run.run.comparisons, run.calls_ns, {}, shown=True))


@pytest.mark.parametrize("options", [{"save": "x"}, {"autosave": "x"}, {"json": "f.json"}])
def test_files_ask_for_no_table(options: dict[str, object]) -> None:
    asked = wanted(session(**options))
    assert asked.saved
    assert not asked.shown


@pytest.mark.parametrize("options", [{"compare": True}, {"compare": "0001"}, {"histogram": "h"}])
def test_a_comparison_or_a_histogram_is_the_table(options: dict[str, object]) -> None:
    assert wanted(session(**options)).shown


def test_nothing_is_wanted_where_nothing_was_asked_for_or_benchmarks_are_disabled() -> None:
    assert not wanted(session())
    assert not wanted(session(disabled=True, json="f.json", compare=True))


def test_a_version_of_pytest_benchmark_that_nobody_knows_is_left_alone_and_named() -> None:
    with pytest.warns(UserWarning, match="Versions 4 and 5 are known"):
        assert not wanted(SimpleNamespace(json="f.json"))
