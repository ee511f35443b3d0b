from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from pytest_ovperf.errors import RunFileError
from pytest_ovperf.records import Fidelity
from pytest_ovperf.runs.benchmark_json import view_of
from tests.unit.runs.run_builders import Measured, comparison, document_of, measured, runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_ovperf.runs.view import ComparisonView

DATA = Path(__file__).resolve().parents[2] / "data"
VERSIONS = ("3.4.1", "4.0.0", "5.3.1")


def plain(version: str = "5.3.1") -> dict[str, Any]:
    """Return what that version of pytest-benchmark writes of three benchmarks."""
    text = (DATA / f"pytest-benchmark-{version}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@given(runs())
def test_a_run_survives_being_written_and_read(run: Measured) -> None:
    assert view_of(document_of(run), run.run.name) == run.run


def test_a_run_is_the_same_with_all_the_raw_times_in_its_file() -> None:
    document = document_of(measured(), data=True)
    assert document["benchmarks"][0]["stats"]["data"] == [1e-8, 1.2e-8, 1.1e-8]
    assert view_of(document, "this run") == measured().run


def test_figures_that_are_no_numbers_survive_and_leave_the_file_valid_for_everybody() -> None:
    view = replace(comparison(), high=math.inf, fidelity=Fidelity(math.nan, 1.0, math.inf))
    document = document_of(measured(view))
    json.dumps(document, allow_nan=False)
    (read,) = view_of(document, "x").comparisons
    assert read.high == math.inf
    assert read.fidelity is not None
    assert math.isnan(read.fidelity.cosine)
    assert document["benchmarks"][0]["extra_info"]["interval"] == [1.9, None]


def test_the_samples_take_one_line_a_launch() -> None:
    entry = document_of(measured())["benchmarks"][0]
    assert entry["extra_info"]["ovperf"]["arm"]["blocks_ns"] == ["10 11", "12"]


@pytest.mark.parametrize("version", VERSIONS)
def test_files_of_plain_pytest_benchmark_give_benchmarks(version: str) -> None:
    run = view_of(plain(version), "0001_x")
    assert run.name == "0001_x"
    assert not run.comparisons
    assert [each.key for each in run.benchmarks] == [
        "test_plain.py::test_sum[10]",
        "test_plain.py::test_sum[100]",
        "test_plain.py::test_once",
    ]
    assert [each.group for each in run.benchmarks] == ["", "", "once"]
    assert run.benchmarks[1].params == {"n": "100"}
    assert run.machine["cpu"] == "Imagined CPU @ 3.00GHz"
    assert run.machine["cpu count"] == "2"
    assert run.versions == {"python": "3.11.7", "pytest-benchmark": version}
    assert not run.devices
    assert not run.notes


@pytest.mark.parametrize("version", VERSIONS)
def test_their_times_are_in_seconds_and_a_single_call_has_no_scatter(version: str) -> None:
    first, _, once = view_of(plain(version), "x").benchmarks
    assert first.statistics.min_s < first.statistics.q1_s < first.statistics.median_s < first.statistics.q3_s
    assert first.statistics.calls == 1000
    assert once.statistics.stddev_s == 0
    assert once.statistics.calls == 1
    assert once.statistics.q1_s == once.statistics.q3_s == once.statistics.median_s


def test_a_date_without_an_offset_is_in_utc_as_the_versions_before_5_mean_it() -> None:
    assert view_of(plain("3.4.1"), "x").started == "2023-02-03T04:05:06.070809+00:00"
    assert view_of(plain("5.3.1"), "x").started == "2026-02-03T04:05:06.070809+00:00"


def test_a_commit_that_nobody_knows_is_none() -> None:
    assert view_of(plain("5.3.1"), "x").commit == "5" * 40
    assert not view_of(plain("4.0.0"), "x").commit


def test_both_kinds_of_entries_stand_side_by_side() -> None:
    document = document_of(measured())
    document["benchmarks"][1:1] = plain()["benchmarks"]
    run = view_of(document, "x")
    assert len(run.comparisons) == 1
    assert len(run.benchmarks) == 3


def test_what_the_project_says_of_its_machine_itself_is_taken_as_it_is() -> None:
    document = plain()
    document["machine_info"] = {"user": "ada", "cpu": "fast"}
    assert view_of(document, "x").machine == {}
    del document["machine_info"], document["commit_info"], document["datetime"], document["version"]
    run = view_of(document, "x")
    assert (run.machine, run.versions, run.started, run.commit) == ({}, {}, "", "")


def test_an_arm_whose_other_one_was_taken_out_is_shown_by_itself() -> None:
    document = document_of(measured())
    del document["benchmarks"][1]
    run = view_of(document, "x")
    assert not run.comparisons
    (alone,) = run.benchmarks
    assert alone.params["arm"] == "openvino-int8"
    assert run.notes == (f"{alone.key} is shown by itself: the comparison's other arm is missing.",)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_entry_with_figures_that_are_no_numbers_is_left_out_and_named(value: float) -> None:
    document = plain()
    document["benchmarks"][1]["stats"]["mean"] = value
    run = view_of(document, "x")
    assert len(run.benchmarks) == 2
    assert run.notes == ("test_plain.py::test_sum[100] is left out: its figures are no finite numbers.",)


def test_one_test_that_ran_twice_has_two_keys() -> None:
    document = plain()
    document["benchmarks"].append(document["benchmarks"][0])
    keys = [each.key for each in view_of(document, "x").benchmarks]
    assert keys[-1] == "test_plain.py::test_sum[10] (2)"
    assert len(set(keys)) == 4


def test_half_a_character_in_a_test_id_is_made_whole() -> None:
    document = plain()
    document["benchmarks"][0]["fullname"] = json.loads('"test_\\udcff.py::test_\U0001f600"')
    assert view_of(document, "x").benchmarks[0].key == "test_�.py::test_\U0001f600"


def of_ours(path: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a way to an object of the first entry of ours."""

    def find(document: dict[str, Any]) -> dict[str, Any]:
        place: dict[str, Any] = document["benchmarks"][0]["extra_info"]["ovperf"]
        for name in filter(None, path.split(".")):
            place = place[name]
        return place

    return find


@pytest.mark.parametrize(
    ("path", "name", "value", "told"),
    [
        ("", "schema", "1", r"\.schema: expected a whole number of at least 1, found '1'"),
        ("", "side", "above", r"\.side: expected one of candidate, reference, found 'above'"),
        ("", "key", 3, r"\.key: expected a text, found 3"),
        ("", "arm", [], r"\.arm: expected an object, found \[\]"),
        ("arm", "threads", 1.5, r"\.arm\.threads: expected a whole number of at least 0, found 1\.5"),
        ("arm", "devices", ["CPU", 1], r"\.arm\.devices\[1\]: expected a text, found 1"),
        ("arm", "blocks_ns", ["1 two"], r"\.arm\.blocks_ns\[0\]: expected whole numbers of nanoseconds"),
        ("arm", "colour", "red", r"\.arm\.colour: expected none of that name"),
        ("comparison", "ratio", True, r"\.comparison\.ratio: expected a number, found True"),
        ("comparison", "low", 10**400, r"\.comparison\.low: expected a number, found 10{59}…"),
        ("comparison", "kind", "fine", r"\.comparison\.kind: expected one of ok, improved.*found 'fine'"),
        ("comparison", "log_ratios", 0.7, r"\.comparison\.log_ratios: expected a list, found 0\.7"),
        ("comparison", "fidelity", {"cosine": 1.0}, r"\.comparison\.fidelity: 'top1' is missing"),
        ("comparison.baseline", "provenance", {"a": 1}, r".*\.baseline\.provenance\.a: expected a text, found 1"),
    ],
)
def test_damage_is_told_with_its_place(path: str, name: str, value: object, told: str) -> None:
    document = document_of(measured())
    of_ours(path)(document)[name] = value
    with pytest.raises(RunFileError, match=rf"^benchmarks\[0\]\.extra_info\.ovperf{told}") as raised:
        view_of(document, "x")
    assert raised.value.remedy


@pytest.mark.parametrize("name", ["ratio", "kind", "tolerance"])
def test_what_is_missing_is_named(name: str) -> None:
    document = document_of(measured())
    del of_ours("comparison")(document)[name]
    with pytest.raises(RunFileError, match=f"'{name}' is missing"):
        view_of(document, "x")


def test_what_an_earlier_version_could_not_write_has_its_default() -> None:
    document = document_of(measured())
    del of_ours("comparison")(document)["evidence"]
    del of_ours("arm")(document)["blocks_ns"]
    (read,) = view_of(document, "x").comparisons
    assert read.evidence == ()
    assert read.candidate.blocks_ns == ()


@pytest.mark.parametrize("where", ["entry", "run"])
def test_a_file_of_a_newer_version_asks_for_an_upgrade(where: str) -> None:
    document = document_of(measured())
    block = of_ours("")(document) if where == "entry" else document["ovperf"]
    block["schema"] = 6
    with pytest.raises(RunFileError, match="reads up to 5") as raised:
        view_of(document, "x")
    assert "pip install --upgrade pytest-ovperf" in raised.value.remedy


def test_two_arms_of_the_same_side_are_refused() -> None:
    document = document_of(measured())
    document["benchmarks"].append(document["benchmarks"][0])
    with pytest.raises(RunFileError, match=r"benchmarks\[2\].*another key than benchmarks\[0\] has"):
        view_of(document, "x")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda d: d.pop("benchmarks"), "the document: 'benchmarks' is missing"),
        (lambda d: d.update(benchmarks={}), r"benchmarks: expected a list, found \{\}"),
        (lambda d: d.update(datetime="yesterday"), "datetime: expected a date and time, found 'yesterday'"),
        (lambda d: d["benchmarks"].append("x"), r"benchmarks\[3\]: expected an object, found 'x'"),
        (lambda d: d["benchmarks"][0].pop("stats"), r"benchmarks\[0\]: 'stats' is missing"),
        (lambda d: d["benchmarks"][0]["stats"].pop("q1"), r"benchmarks\[0\]\.stats: 'q1' is missing"),
        (
            lambda d: d["benchmarks"][0]["stats"].update(median="fast"),
            r"stats\.median: expected a number, found 'fast'",
        ),
        (
            lambda d: d["benchmarks"][0]["stats"].update(stddev=-1),
            r"stats\.stddev: expected a time in seconds, found -1",
        ),
        (
            lambda d: d["benchmarks"][0]["stats"].update(rounds=0),
            r"stats\.rounds: expected a whole number of at least 1",
        ),
        (lambda d: d["benchmarks"][0].update(params=[1]), r"benchmarks\[0\]\.params: expected an object, found \[1\]"),
        (lambda d: d["benchmarks"][0].update(extra_info={"ovperf": "mine"}), r"extra_info\.ovperf: expected an object"),
    ],
)
def test_what_no_version_writes_is_refused_with_its_place(
    damage: Callable[[dict[str, Any]], object], told: str
) -> None:
    document = plain()
    damage(document)
    with pytest.raises(RunFileError, match=told):
        view_of(document, "x")


@pytest.mark.parametrize("rubbish", [None, [], "benchmarks", 3])
def test_what_is_no_document_at_all_is_refused(rubbish: object) -> None:
    with pytest.raises(RunFileError, match="the document: expected an object"):
        view_of(rubbish, "x")


def size_view() -> ComparisonView:
    view = comparison(label="m · a over b · model_size · files 1x3")
    arms = [replace(arm, statistics=None, blocks_ns=(), cost=2.5e8) for arm in (view.candidate, view.reference)]
    return replace(view, metric="model_size", workload="files 1x3", candidate=arms[0], reference=arms[1])


def test_bytes_are_no_entries_of_times_and_are_read_again_all_the_same() -> None:
    given = measured(comparison(), size_view())
    document = document_of(given)
    assert len(document["benchmarks"]) == 2
    assert view_of(document, "this run").comparisons == given.run.comparisons


def test_documents_of_the_first_schema_have_neither_figures_nor_ladders() -> None:
    document = document_of(measured())
    for name in ("figures", "ladders", "untimed"):
        del document["ovperf"][name]
    document["ovperf"]["schema"] = 1
    read = view_of(document, "x")
    assert (read.figures, read.ladders, len(read.comparisons)) == ((), (), 1)


def test_documents_of_the_third_schema_have_neither_layers_nor_what_was_compiled() -> None:
    document = document_of(measured())
    del document["ovperf"]["compiled"]
    document["ovperf"]["schema"] = 3
    block = of_ours("")(document)
    block["schema"] = 3
    del block["comparison"]["layers"]
    read = view_of(document, "x")
    assert read.compiled == ()
    assert [view.layers for view in read.comparisons] == [()]
