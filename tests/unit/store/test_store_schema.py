"""The file format: what is written is read back byte for byte, in every version that there was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.arms import Side
from pytest_ovperf.errors import BaselineError
from pytest_ovperf.records import Fidelity, LayerFiles, Scores, StoredBaseline
from pytest_ovperf.store.schema import BaselineFile, decode, encode, rounded
from tests.unit.store.schema_examples import FIDELITY, FILE, LABEL, PROFILE, SOURCE, STORED, TEST, TEXT

ROOT = Path(__file__).parents[3]
#: Of a side with times, and of one without.
LAYERS = {
    Side.CANDIDATE: LayerFiles("a.1a2b3c4d.graph.txt", "a.1a2b3c4d.5e6f7a8b.times.txt"),
    Side.REFERENCE: LayerFiles("b.0a0b0c0d.graph.txt"),
}

names = st.text(st.characters(codec="utf-8"), max_size=12)
positive_ns = st.floats(0.6, 1e14)
digests = st.text("0123456789abcdef", min_size=8, max_size=8)
stems = st.text("abz09_-", min_size=1, max_size=12)
layer_files = st.one_of(
    st.builds(lambda stem, graph: LayerFiles(f"{stem}.{graph}.graph.txt"), stems, digests),
    st.builds(
        lambda stem, graph, times: LayerFiles(f"{stem}.{graph}.graph.txt", f"{stem}.{graph}.{times}.times.txt"),
        stems,
        digests,
        digests,
    ),
)
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
            | st.builds(
                Fidelity,
                cosine=st.floats(-1, 1),
                top1=st.floats(0, 1),
                max_abs_error=st.floats(0, 1e30),
                scores=st.none() | st.builds(Scores, st.floats(-1e30, 1e30), st.floats(-1e30, 1e30)),
            )
        ),
        provenance=draw(st.dictionaries(names, names, max_size=3)),
        days=tuple(draw(st.just([]) | st.lists(days, min_size=number, max_size=number))),
        launch_s=draw(st.floats(0, 1e6)),
        layers=draw(st.just({}) | st.dictionaries(st.sampled_from(Side), layer_files)),
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
        replace(STORED, layers={Side.CANDIDATE: LayerFiles("../elsewhere/a.1a2b3c4d.graph.txt")}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(stored: StoredBaseline) -> None:
    with pytest.raises(BaselineError, match="not written"):
        encode(replace(FILE, tests={TEST: {LABEL: stored}}), SOURCE)


def test_a_newer_schema_asks_for_an_upgrade_whatever_else_it_holds() -> None:
    text = json.dumps({"new": [{"a": 1}], "schema": 6}, indent=2)
    with pytest.raises(BaselineError, match="schema 6") as caught:
        decode(text, SOURCE)
    assert "pip install --upgrade" in caught.value.remedy


@pytest.mark.parametrize("schema", [0, -1, True, "1", None, 1.0])
def test_a_schema_that_never_was_is_damage(schema: object) -> None:
    with pytest.raises(BaselineError, match="'schema' must be a whole number"):
        decode(json.dumps({**json.loads(TEXT), "schema": schema}), SOURCE)


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


def test_where_graphs_and_times_are_kept_reads_like_this() -> None:
    text = encode(replace(FILE, tests={TEST: {LABEL: replace(STORED, layers=LAYERS)}}), SOURCE)
    before, after = TEXT.replace('"schema": 2', '"schema": 4').split('        "log_ratios"')
    layers = """\
        "layers": {
          "candidate": {
            "graph": "a.1a2b3c4d.graph.txt",
            "times": "a.1a2b3c4d.5e6f7a8b.times.txt"
          },
          "reference": {
            "graph": "b.0a0b0c0d.graph.txt"
          }
        },
"""
    assert text == f'{before}{layers}        "log_ratios"{after}'
    assert entry_of(text).layers == LAYERS


def test_an_entry_does_not_change_because_another_one_has_layers() -> None:
    alone = encode(replace(FILE, tests={"a": {LABEL: STORED}}), SOURCE)
    both = encode(replace(FILE, tests={"a": {LABEL: STORED}, "b": {LABEL: replace(STORED, layers=LAYERS)}}), SOURCE)
    own = alone[alone.index('    "a": {') : alone.index("\n  }\n}")]
    assert own in both


def test_a_file_without_layers_is_written_as_before() -> None:
    assert '"schema": 2' in encode(FILE, SOURCE)
    assert '"schema": 3' in encode(replace(FILE, tests={TEST: {SIZE: STORED}}), SOURCE)


def test_the_scores_of_a_task_read_like_this() -> None:
    fidelity = replace(FIDELITY, scores=Scores(candidate=0.9123456789, reference=0.92))
    text = encode(replace(FILE, tests={TEST: {LABEL: replace(STORED, fidelity=fidelity)}}), SOURCE)
    before, after = TEXT.replace('"schema": 2', '"schema": 5').split('          "top1"')
    scores = '          "reference_score": 0.92,\n          "score": 0.912346,\n'
    assert text == f'{before}{scores}          "top1"{after}'
    assert entry_of(text).fidelity == replace(FIDELITY, scores=Scores(0.912346, 0.92))


def test_what_data_outputs_were_compared_on_is_not_stored() -> None:
    noted = replace(STORED, fidelity=replace(FIDELITY, note="drawn at random"))
    assert encode(replace(FILE, tests={TEST: {LABEL: noted}}), SOURCE) == TEXT


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
