"""The file format: what is written is read back byte for byte, and nothing else is taken for it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import BaselineError
from pytest_ovperf.hardware.profile import HardwareProfile
from pytest_ovperf.records import Fidelity, StoredBaseline
from pytest_ovperf.store.schema import BaselineFile, decode, encode, rounded

ROOT = Path(__file__).parents[3]
SOURCE = Path("baselines/some-machine/test_speed.json")
TEST = "test_int8_pays[CPU]"
LABEL = "distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128"

PROFILE = HardwareProfile(
    vendor="GenuineIntel",
    brand="Intel(R) Xeon(R) Processor",
    family="6",
    model="207",
    stepping="2",
    physical_cores=2,
    logical_cores=2,
    isa=("avx2", "avx512f"),
    memory_gib=24,
    virtual=True,
    system="Linux",
    arch="x86_64",
)
STORED = StoredBaseline(
    log_ratios=(0.998123456, 1.01, -0.25),
    tolerance=0.05,
    candidate_cost=9123456.4,
    reference_cost=24834611.0,
    fidelity=Fidelity(cosine=0.9912, top1=1.0, max_abs_error=1.5e-5),
    provenance={"openvino": "2026.4.1", "date": "2026-01-02"},
    days=("2026-01-02", "2026-01-02", "2025-11-30"),
    launch_s=4.2,
)
FILE = BaselineFile("suites/test_speed.py", PROFILE, {TEST: {LABEL: STORED}})

TEXT = """\
{
  "machine": {
    "arch": "x86_64",
    "brand": "Intel(R) Xeon(R) Processor",
    "family": "6",
    "isa": ["avx2", "avx512f"],
    "logical_cores": 2,
    "memory_gib": 24,
    "model": "207",
    "physical_cores": 2,
    "stepping": "2",
    "system": "Linux",
    "vendor": "GenuineIntel",
    "virtual": true
  },
  "module": "suites/test_speed.py",
  "schema": 2,
  "tests": {
    "test_int8_pays[CPU]": {
      "distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128": {
        "candidate_ns": 9123456,
        "fidelity": {
          "cosine": 0.9912,
          "max_abs_error": 1.5e-05,
          "top1": 1.0
        },
        "launch_s": 4.2,
        "log_ratios": {
          "2025-11-30": [-0.25],
          "2026-01-02": [0.998123, 1.01]
        },
        "provenance": {
          "date": "2026-01-02",
          "openvino": "2026.4.1"
        },
        "reference_ns": 24834611,
        "tolerance": 0.05
      }
    }
  }
}
"""

names = st.text(st.characters(codec="utf-8"), max_size=12)
positive_ns = st.floats(0.6, 1e14)
days = st.dates(min_value=date(1970, 1, 1)).map(date.isoformat)


@st.composite
def baselines(draw: st.DrawFn) -> StoredBaseline:
    """Draw a baseline whose launches are of any days in any order, or of days that nobody named."""
    log_ratios = tuple(draw(st.lists(st.floats(-20, 20), min_size=1, max_size=5)))
    number = len(log_ratios)
    return StoredBaseline(
        log_ratios=log_ratios,
        tolerance=draw(st.floats(0.0001, 0.9999)),
        candidate_cost=draw(positive_ns),
        reference_cost=draw(positive_ns),
        fidelity=draw(
            st.none()
            | st.builds(Fidelity, cosine=st.floats(-1, 1), top1=st.floats(0, 1), max_abs_error=st.floats(0, 1e30))
        ),
        provenance=draw(st.dictionaries(names, names, max_size=3)),
        days=tuple(draw(st.just([]) | st.lists(days, min_size=number, max_size=number))),
        launch_s=draw(st.floats(0, 1e6)),
    )


files = st.builds(
    BaselineFile,
    module=names,
    profile=st.just(PROFILE),
    tests=st.dictionaries(names, st.dictionaries(names, baselines(), max_size=2), max_size=2),
)


def as_stored(file: BaselineFile) -> BaselineFile:
    tests = {test: {label: rounded(entry) for label, entry in labels.items()} for test, labels in file.tests.items()}
    return replace(file, tests=tests)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def with_entry(**changes: Any) -> str:  # noqa: ANN401  (any JSON value)
    """Return `TEXT` with members of its entry replaced; ``None`` stands for JSON's null."""
    data = json.loads(TEXT)
    data["tests"][TEST][LABEL].update(changes)
    return json.dumps(data, indent=2)


def test_a_file_reads_like_this() -> None:
    assert encode(FILE, SOURCE) == TEXT


def test_and_is_read_back() -> None:
    assert decode(TEXT, SOURCE) == as_stored(FILE)


@given(files)
@settings(max_examples=60, deadline=None)
def test_written_read_and_written_again_is_the_same_to_the_byte(file: BaselineFile) -> None:
    text = encode(file, SOURCE)
    again = decode(text, SOURCE)
    assert again == as_stored(file)
    assert encode(again, SOURCE) == text


def test_the_order_in_which_entries_came_leaves_no_trace() -> None:
    other = {"b": {LABEL: STORED}, "a": {"y": STORED, "x": STORED}}
    turned = {"a": {"x": STORED, "y": STORED}, "b": {LABEL: STORED}}
    assert encode(replace(FILE, tests=other), SOURCE) == encode(replace(FILE, tests=turned), SOURCE)


OLD_LAUNCHES = '"log_ratios": [0.998123, 1.01, -0.25],'


def of_version_1(launches: str = OLD_LAUNCHES) -> str:
    """Return `TEXT` as the version before would have written it: the launches in one list, no time of a launch."""
    by_day = TEXT[TEXT.index('        "launch_s"') : TEXT.index('        "provenance"')]
    return TEXT.replace(by_day, f"        {launches}\n").replace('"schema": 2', '"schema": 1')


def entry_of(text: str) -> StoredBaseline:
    return decode(text, SOURCE).tests[TEST][LABEL]


def test_a_file_of_the_version_before_reads_as_launches_of_the_day_it_was_recorded_on() -> None:
    entry = entry_of(of_version_1())
    assert entry.log_ratios == (0.998123, 1.01, -0.25)
    assert entry.by_day == {"2026-01-02": entry.log_ratios}
    assert entry.launch_s == 0.0
    now = entry_of(TEXT)
    assert replace(entry, log_ratios=(), days=(), launch_s=0.0) == replace(now, log_ratios=(), days=(), launch_s=0.0)


def test_a_file_of_the_version_before_without_a_date_is_of_one_day_all_the_same() -> None:
    entry = entry_of(of_version_1().replace('          "date": "2026-01-02",\n', ""))
    assert list(entry.by_day.values()) == [(0.998123, 1.01, -0.25)]


def test_a_file_of_the_version_before_is_written_anew_as_one_of_this_version() -> None:
    old = decode(of_version_1(), SOURCE)
    text = encode(old, SOURCE)
    assert '"schema": 2' in text
    assert '"2026-01-02": [0.998123, 1.01, -0.25]' in text
    assert decode(text, SOURCE) == old


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (of_version_1('"log_ratios": {"2026-01-02": [0.5]},'), "'log_ratios' must be a list"),
        (of_version_1(OLD_LAUNCHES + ' "launch_s": 4.2,'), "'launch_s' is nothing that"),
        (of_version_1().replace('"schema": 1', '"schema": 2'), "'launch_s' is missing"),
    ],
)
def test_the_versions_are_not_mixed(text: str, seen: str) -> None:
    with pytest.raises(BaselineError, match=rf"line \d+: {seen}"):
        decode(text, SOURCE)


def test_launches_are_written_together_by_day_and_the_days_in_order() -> None:
    shuffled = replace(STORED, log_ratios=(1.0, 2.0, 3.0, 4.0), days=("2026-03-01", "2026-02-01") * 2)
    kept = rounded(shuffled)
    assert kept.log_ratios == (2.0, 4.0, 1.0, 3.0)
    assert kept.days == ("2026-02-01", "2026-02-01", "2026-03-01", "2026-03-01")
    assert {day: set(values) for day, values in kept.by_day.items()} == {
        day: set(values) for day, values in shuffled.by_day.items()
    }


def test_launches_of_no_named_day_are_of_the_day_of_recording() -> None:
    assert rounded(replace(STORED, days=())).by_day == {"2026-01-02": (0.998123, 1.01, -0.25)}
    assert len(rounded(replace(STORED, days=(), provenance={})).by_day) == 1


def test_windows_line_endings_are_read() -> None:
    assert decode(TEXT.replace("\n", "\r\n"), SOURCE) == as_stored(FILE)


@pytest.mark.parametrize(
    "stored",
    [
        replace(STORED, log_ratios=(), days=()),
        replace(STORED, launch_s=float("nan")),
        replace(STORED, launch_s=-1.0),
        replace(STORED, log_ratios=(float("nan"),), days=()),
        replace(STORED, log_ratios=(float("inf"),), days=()),
        replace(STORED, candidate_cost=0.0),
        replace(STORED, reference_cost=-5.0),
        replace(STORED, reference_cost=float("nan")),
        replace(STORED, tolerance=-0.1),
        replace(STORED, fidelity=Fidelity(cosine=float("nan"), top1=1.0, max_abs_error=0.0)),
        replace(STORED, provenance={"half": "\ud800"}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(stored: StoredBaseline) -> None:
    with pytest.raises(BaselineError, match="not written"):
        encode(replace(FILE, tests={TEST: {LABEL: stored}}), SOURCE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tolerance", "0.05"),
        ("tolerance", -0.01),
        ("tolerance", 0),
        ("tolerance", 9.0),
        ("tolerance", True),
        ("tolerance", None),
        ("launch_s", -1),
        ("launch_s", "4.2"),
        ("log_ratios", {}),
        ("log_ratios", [0.5]),
        ("log_ratios", 0.5),
        ("log_ratios", {"2026-01-02": []}),
        ("log_ratios", {"2026-01-02": 0.5}),
        ("log_ratios", {"2026-01-02": [0.5, "x"]}),
        ("log_ratios", {"2026-01-02": [0.5, None]}),
        ("log_ratios", {"2026-01-02": [99.0]}),
        ("candidate_ns", 1.5),
        ("candidate_ns", 0),
        ("reference_ns", 10**400),
        ("reference_ns", {"ns": 1}),
        ("fidelity", 1.0),
        ("fidelity", {"cosine": 1.0, "top1": 1.0}),
        ("fidelity", {"cosine": 1.0, "top1": 1.0, "max_abs_error": 0.0, "more": 1}),
        ("provenance", []),
        ("provenance", {"openvino": 2026}),
        ("surprise", 1),
    ],
)
def test_a_wrong_value_is_named_with_its_line(name: str, value: object) -> None:
    text = with_entry(**{name: value})
    with pytest.raises(BaselineError) as caught:
        decode(text, SOURCE)
    line = line_of(text, f'"{name}":')
    inner = [line + offset for offset in range(6)] if isinstance(value, dict) else [line]
    assert any(f"{SOURCE}, line {each}:" in caught.value.seen for each in inner)
    assert "git checkout" in caught.value.remedy
    assert "--update-baselines" in caught.value.remedy


@pytest.mark.parametrize("name", ["machine", "module", "schema", "tests"])
def test_a_missing_part_is_named(name: str) -> None:
    data = json.loads(TEXT)
    del data[name]
    with pytest.raises(BaselineError, match=f"'{name}' is missing"):
        decode(json.dumps(data), SOURCE)


def test_a_missing_part_of_an_entry_points_at_the_entry() -> None:
    text = TEXT.replace('        "candidate_ns": 9123456,\n', "")
    with pytest.raises(BaselineError, match=rf"line {line_of(text, LABEL)}: 'candidate_ns' is missing"):
        decode(text, SOURCE)


def test_a_wrong_fact_of_the_machine_points_at_it() -> None:
    text = TEXT.replace('"virtual": true', '"virtual": "yes"')
    with pytest.raises(BaselineError, match=rf"line {line_of(text, 'virtual')}: 'virtual'.*true or false"):
        decode(text, SOURCE)


def test_a_newer_schema_asks_for_an_upgrade_whatever_else_it_holds() -> None:
    text = json.dumps({"new": [{"a": 1}], "schema": 4}, indent=2)
    with pytest.raises(BaselineError, match="schema 4") as caught:
        decode(text, SOURCE)
    assert "pip install --upgrade" in caught.value.remedy


@pytest.mark.parametrize("schema", [0, -1, True, "1", None, 1.0])
def test_a_schema_that_never_was_is_damage(schema: object) -> None:
    with pytest.raises(BaselineError, match="'schema' must be a whole number"):
        decode(json.dumps({**json.loads(TEXT), "schema": schema}), SOURCE)


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ('"tolerance": 0.05', '"tolerance": NaN', "NaN"),
        ("[0.998123, 1.01]", "[Infinity]", "Infinity"),
        ('"tolerance": 0.05', '"tolerance": 0.05, "tolerance": 0.5', "stands twice"),
        ('"tolerance": 0.05', '"tolerance" 0.05', "':' is expected"),
        ('"tolerance": 0.05', '"tolerance": ' + "9" * 5000, "cannot be read"),
        ('"tolerance": 0.05', '"tolerance": ' + "[" * 100_000, "line"),
        ('"tolerance": 0.05', '"tolerance": ' + '{"a":' * 100, "nested too deep"),
        ('"tolerance": 0.05', "<<<<<<< HEAD", "a name in double quotes"),
        ("2026.4.1", "\\ud800", "lone surrogate"),
    ],
)
def test_damage_is_told_with_its_line(old: str, new: str, seen: str) -> None:
    text = TEXT.replace(old, new)
    with pytest.raises(BaselineError, match=seen) as caught:
        decode(text, SOURCE)
    assert f"line {line_of(TEXT, old)}:" in caught.value.seen


@pytest.mark.parametrize(
    ("new", "seen"), [('"tolerance": 0.05,', "a name in double quotes"), ('"tolerance":', "expecting value")]
)
def test_what_is_missing_is_told_where_something_else_stands(new: str, seen: str) -> None:
    line = line_of(TEXT, '"tolerance"') + 1
    with pytest.raises(BaselineError, match=rf"line {line}: .*{seen}.*, not '}}'"):
        decode(TEXT.replace('"tolerance": 0.05', new), SOURCE)


@pytest.mark.parametrize("text", ["", "\n", "[]", "1", "\ufeff" + TEXT, TEXT + "}", TEXT + TEXT])
def test_what_is_no_such_file_at_all(text: str) -> None:
    with pytest.raises(BaselineError, match="line"):
        decode(text, SOURCE)


@given(st.integers(0, len(TEXT.rstrip()) - 1))
@settings(deadline=None)
def test_any_truncation_is_seen(length: int) -> None:
    with pytest.raises(BaselineError):
        decode(TEXT[:length], SOURCE)


@given(st.text(max_size=40) | st.text(alphabet='{}[]":,\\ue0159-.tfn \n', max_size=40))
@settings(deadline=None)
def test_no_text_gives_another_error(text: str) -> None:
    with pytest.raises(BaselineError):
        decode(text, SOURCE)


LATENCY = "distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128"
SIZE = "distilbert · openvino-fp16 over openvino-fp32 on CPU · model_size · files 1x128"


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("model_size", "bytes"),
        ("peak_memory", "bytes"),
        ("throughput", "ns_per_sample"),
        ("tokens_per_second", "ns_per_token"),
        ("requests_per_second", "ns_per_request"),
        ("ttft", "ns"),
        ("load_time", "ns"),
    ],
)
def test_a_cost_is_named_after_what_it_is_counted_in(metric: str, unit: str) -> None:
    label = SIZE.replace("model_size", metric)
    stored = decode(TEXT, SOURCE)
    (entry,) = stored.tests["test_int8_pays[CPU]"].values()
    file = replace(stored, tests={"test_a": {label: entry}})
    text = encode(file, SOURCE)
    assert f'"candidate_{unit}": 9123456' in text
    assert f'"reference_{unit}": 24834611' in text
    assert decode(text, SOURCE) == file


def test_a_file_of_times_alone_stays_of_the_second_version() -> None:
    file = decode(TEXT, SOURCE)
    (entry,) = file.tests["test_int8_pays[CPU]"].values()
    both = encode(replace(file, tests={"test_a": {LATENCY: entry, SIZE: entry}}), SOURCE)
    assert '"schema": 3' in both
    assert '"schema": 2' in encode(decode(TEXT, SOURCE), SOURCE)


def test_bytes_are_not_taken_for_nanoseconds() -> None:
    text = TEXT.replace("latency · infer", "model_size · files").replace('"schema": 2', '"schema": 3')
    with pytest.raises(BaselineError, match=r"'candidate_ns' is nothing that .* can hold; candidate_bytes"):
        decode(text, SOURCE)


@pytest.mark.parametrize("path", sorted((ROOT / "baselines").glob("*/suites/*.json")), ids=lambda path: path.name)
def test_the_baselines_of_this_project_are_read_and_would_be_written_as_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    written = encode(decode(text, path), path)
    if '"schema": 1' not in text:
        assert written == text
