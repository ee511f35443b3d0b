"""What is no baseline file: any damage is told with its line, and never taken for something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ovperf.errors import BaselineError
from pytest_ovperf.store.schema import decode
from tests.unit.store.schema_examples import LABEL, SOURCE, TEST, TEXT


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def with_entry(**changes: Any) -> str:  # noqa: ANN401  (any JSON value)
    """Return `TEXT` with members of its entry replaced; ``None`` stands for JSON's null."""
    data = json.loads(TEXT)
    data["tests"][TEST][LABEL].update(changes)
    return json.dumps(data, indent=2)


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


GRAPH = "a.1a2b3c4d.graph.txt"


@pytest.mark.parametrize(
    ("layers", "seen"),
    [
        ({}, "'layers' must hold a side"),
        ([], "'layers' must be an object"),
        ({"both": {"graph": GRAPH}}, "'both' is nothing that 'layers' can hold; candidate, reference are"),
        ({"candidate": GRAPH}, "'candidate' must be an object"),
        ({"candidate": {}}, "'graph' is missing"),
        ({"candidate": {"graph": None}}, "'graph' must be a text"),
        ({"candidate": {"graph": GRAPH, "times": None}}, "'times' must be a text"),
        ({"candidate": {"graph": GRAPH, "times": ""}}, "'times' must be the name of a file"),
        ({"candidate": {"graph": GRAPH, "times": GRAPH}}, "'times' must be the name of a file"),
        ({"candidate": {"graph": f"../../{GRAPH}"}}, "'graph' must be the name of a file"),
        ({"candidate": {"graph": "C:\\a.1a2b3c4d.graph.txt"}}, "'graph' must be the name of a file"),
        ({"candidate": {"graph": "A.1a2b3c4d.graph.txt"}}, "'graph' must be the name of a file"),
        ({"candidate": {"graph": "a.graph.txt"}}, "'graph' must be the name of a file"),
    ],
)
def test_layers_that_are_none_are_named_with_their_line(layers: object, seen: str) -> None:
    text = with_entry(layers=layers).replace('"schema": 2', '"schema": 4')
    with pytest.raises(BaselineError) as caught:
        decode(text, SOURCE)
    line = line_of(text, '"layers":')
    assert seen in caught.value.seen
    assert any(f"{SOURCE}, line {each}:" in caught.value.seen for each in range(line, line + 4))


@pytest.mark.parametrize("version", [2, 3])
def test_versions_before_have_no_layers(version: int) -> None:
    text = with_entry(layers={"candidate": {"graph": GRAPH}}).replace('"schema": 2', f'"schema": {version}')
    with pytest.raises(BaselineError, match="'layers' is nothing that"):
        decode(text, SOURCE)


@pytest.mark.parametrize(
    ("scores", "seen"),
    [
        ({"score": 0.9}, "'reference_score' is missing"),
        ({"score": "high", "reference_score": 0.9}, "'score' must be a number from"),
        ({"score": 0.9, "reference_score": None}, "'reference_score' must be a number from"),
    ],
)
def test_scores_that_are_none_are_named(scores: dict[str, object], seen: str) -> None:
    fidelity = {"cosine": 1.0, "top1": 1.0, "max_abs_error": 0.0, **scores}
    text = with_entry(fidelity=fidelity).replace('"schema": 2', '"schema": 5')
    with pytest.raises(BaselineError, match=seen):
        decode(text, SOURCE)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_versions_before_have_no_scores(version: int) -> None:
    fidelity = {"cosine": 1.0, "top1": 1.0, "max_abs_error": 0.0, "score": 0.9, "reference_score": 0.9}
    text = with_entry(fidelity=fidelity).replace('"schema": 2', f'"schema": {version}')
    with pytest.raises(BaselineError, match="'score' is nothing that"):
        decode(text, SOURCE)
