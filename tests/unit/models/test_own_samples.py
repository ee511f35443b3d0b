"""Inputs and calibration calls that functions of the user's make."""

from __future__ import annotations

import json
import sys
import textwrap
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.calls import read_calibration, read_inputs
from pytest_ovperf.models.own.samples import MOST_CALLS, save_own_calibration, save_own_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    #: Writes the source of a module and returns the import path of the function ``made`` in it.
    Written = Callable[[str], str]

_NUMBERS = count()


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    monkeypatch.syspath_prepend(tmp_path)
    names: list[str] = []

    def write(source: str) -> str:
        names.append(f"own_data_{next(_NUMBERS)}")
        text = f"import numpy as np\n\n\n{textwrap.dedent(source).strip()}\n"
        (tmp_path / f"{names[-1]}.py").write_text(text, encoding="utf-8")
        return f"{names[-1]}:made"

    yield write
    for name in names:
        sys.modules.pop(name, None)


def silent(_text: str) -> None:
    pass


def inputs(function: str, target: Path, batch: int | None = None) -> dict[str, Any]:
    save_own_inputs(function, batch, target, silent)
    return dict(read_inputs(target / "inputs.npz").arrays)


def calls(source: str, target: Path) -> list[dict[str, Any]]:
    save_own_calibration(source, target, silent, tokenizer=None)
    return [dict(call.arrays) for call in read_calibration(target / "calibration.npz")]


# Inputs


def test_inputs_are_kept_by_name_as_they_were_made(written: Written, tmp_path: Path) -> None:
    function = written("def made():\n    return {'b': np.ones((1, 2)), 'a': np.zeros((1, 3), np.int32)}")
    arrays = inputs(function, tmp_path)
    assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
        "a": ((1, 3), "int32"),
        "b": ((1, 2), "float64"),
    }
    assert json.loads((tmp_path / "shapes.json").read_text(encoding="utf-8")) == {"a": [1, 3], "b": [1, 2]}


def test_a_single_array_has_no_name_yet(written: Written, tmp_path: Path) -> None:
    assert inputs(written("def made():\n    return np.ones((2, 3), np.float32)"), tmp_path)[""].shape == (2, 3)


def test_the_batch_is_asked_of_a_function_that_takes_it(written: Written, tmp_path: Path) -> None:
    function = written("def made(batch):\n    return np.ones((batch, 3))")
    assert inputs(function, tmp_path, 4)[""].shape == (4, 3)
    assert inputs(function, tmp_path)[""].shape == (1, 3)


def test_without_an_arm_s_batch_the_function_s_own_default_stands(written: Written, tmp_path: Path) -> None:
    function = written("def made(*, batch=2):\n    return np.ones((batch, 3))")
    assert inputs(function, tmp_path)[""].shape == (2, 3)


def test_a_function_that_takes_no_batch_cannot_make_another(written: Written, tmp_path: Path) -> None:
    function = written("def made():\n    return np.ones((1, 3))")
    assert inputs(function, tmp_path, 1)[""].shape == (1, 3)
    with pytest.raises(ModelError, match=r"takes no argument 'batch', so it makes no inputs for \[batch=4\]") as caught:
        inputs(function, tmp_path, 4)
    assert "def made(batch)" in caught.value.remedy


def test_another_batch_than_was_asked_for_is_told(written: Written, tmp_path: Path) -> None:
    function = written("def made(batch):\n    return {'sizes': np.ones(2), 'pixels': np.ones((1, 3, 8, 8))}")
    with pytest.raises(ModelError, match=r"made\(batch=4\) returned is an array whose first dimension is 1, where 4"):
        inputs(function, tmp_path, 4)


def test_an_array_without_dimensions_has_no_batch(written: Written, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="an array without dimensions, where 2 samples were asked for"):
        inputs(written("def made(batch):\n    return 1.0"), tmp_path, 2)


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ("None", "returned is NoneType None, which is no array of numbers"),
        ("'a text'", "returned is str 'a text', which is no array of numbers"),
        ("[[1, 2], [3]]", r"returned is list \[\[1, 2\], \[3\]\], which is no array of numbers"),
        ("(np.ones((1, 3)), 7)", "returned is tuple .*, which is no array of numbers"),
        ("np.array(['a'])", "returned is an array of <U1, which is no array of numbers"),
        ("np.array([1j])", "returned is an array of complex128, which is no array of numbers"),
        ("(each for each in [1])", "returned is generator .*, which is no array of numbers"),
        ("{}", "returned is an empty mapping"),
        ("{1: np.ones(3)}", "returned has 1 among its names"),
        ("{'ids': 'a text'}", "returned, input 'ids', is str 'a text', which is no array of numbers"),
        ("{'ids': np.ones((0, 3))}", "returned, input 'ids', holds no values: its shape is 0x3"),
        ("{'x': [1.0, float('nan')]}", r"returned, input 'x', holds values that are no numbers \(NaN\)"),
    ],
)
def test_what_is_no_call_is_told_with_what_is_expected(
    written: Written, tmp_path: Path, returned: str, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        inputs(written(f"def made():\n    return {returned}"), tmp_path)


def test_a_function_that_fails_is_told_with_its_own_lines_alone(written: Written, tmp_path: Path) -> None:
    function = written("""
        def made(batch):
            return load(batch)

        def load(batch):
            raise OSError("queries.csv is gone")
    """)
    with pytest.raises(ModelError) as caught:
        inputs(function, tmp_path, 4)
    assert caught.value.seen.startswith(f"{function} failed when it was called with batch=4:\n")
    assert caught.value.seen.endswith("OSError: queries.csv is gone")
    assert "return load(batch)" in caught.value.seen
    assert "own_samples.py" not in caught.value.seen


@pytest.mark.parametrize("fails", ["raise ValueError('no queries')", "raise SystemExit('no queries')"])
def test_a_module_that_cannot_be_imported_is_told_with_its_own_lines(
    written: Written, tmp_path: Path, fails: str
) -> None:
    function = written(fails)
    with pytest.raises(ModelError) as caught:
        inputs(function, tmp_path)
    module = function.partition(":")[0]
    assert caught.value.seen.startswith(f"{function} failed when {module!r} was imported:\n")
    assert caught.value.seen.endswith("no queries")
    assert f'{module}.py", line 4' in caught.value.seen
    assert f'python -c "import {module}"' in caught.value.remedy


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("made = 7", "made is no function but int"),
        ("def made(path):\n    return np.ones(3)", "made wants an argument 'path', and nothing is known to give to it"),
        ("def made(batch, /):\n    return np.ones(3)", "made wants an argument 'batch'"),
    ],
)
def test_what_cannot_be_called_is_told(written: Written, tmp_path: Path, source: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        inputs(written(source), tmp_path)


def test_a_function_in_c_that_tells_no_parameters_is_called_without(written: Written, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="failed when it was called"):
        inputs(written("made = iter"), tmp_path)


@pytest.mark.parametrize("draw", ["np.random.rand(1, 3)", "[random.random()]", "torch.rand(1, 3)"])
def test_what_draws_from_the_global_generators_draws_the_same_in_every_run(
    written: Written, tmp_path: Path, draw: str
) -> None:
    if "torch" in draw:
        pytest.importorskip("torch")
    module = "torch" if "torch" in draw else "random"
    function = written(f"import {module}\n\ndef made():\n    return {draw}")
    first, again = (inputs(function, tmp_path)[""] for _ in range(2))
    assert np.array_equal(first, again)


def test_the_file_is_the_same_whatever_the_order_of_the_names(written: Written, tmp_path: Path) -> None:
    contents = []
    for names in (("a", "b"), ("b", "a")):
        values = ", ".join(f"{name!r}: np.full((1, 2), {ord(name)})" for name in names)
        inputs(written(f"def made():\n    return {{{values}}}"), tmp_path)
        contents.append((tmp_path / "inputs.npz").read_bytes())
    assert contents[0] == contents[1]


# Calibration


def test_calls_are_taken_as_they_are_yielded(written: Written, tmp_path: Path) -> None:
    function = written("""
        def made():
            for length in (3, 5):
                yield {"ids": np.arange(length)[None], "mask": np.ones((1, length), bool)}
    """)
    found = calls(function, tmp_path)
    assert [call["ids"].tolist() for call in found] == [[[0, 1, 2]], [[0, 1, 2, 3, 4]]]
    assert found[1]["mask"].dtype == bool


def test_a_list_of_calls_serves_as_well(written: Written, tmp_path: Path) -> None:
    found = calls(written("def made():\n    return [np.ones((1, 2)), np.zeros((1, 2))]"), tmp_path)
    assert [call[""].sum() for call in found] == [2, 0]


def test_of_many_calls_the_first_are_taken_and_that_is_said(written: Written, tmp_path: Path) -> None:
    function = written("""
        def made():
            number = 0
            while True:
                yield np.array([[number]])
                number += 1
    """)
    said: list[str] = []
    save_own_calibration(function, tmp_path, said.append, tokenizer=None)
    found = read_calibration(tmp_path / "calibration.npz")
    assert [int(call.arrays[""][0, 0]) for call in found] == list(range(MOST_CALLS))
    assert f"taking the first {MOST_CALLS} calls of {function} for calibration, and leaving out the rest" in said


def test_as_many_calls_as_are_taken_are_not_said_to_be_too_many(written: Written, tmp_path: Path) -> None:
    said: list[str] = []
    function = written(f"def made():\n    return [np.ones((1, 2))] * {MOST_CALLS}")
    save_own_calibration(function, tmp_path, said.append, tokenizer=None)
    assert said == [f"calling {function}()"]


def test_no_call_is_no_calibration(written: Written, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no calibration data: it is empty"):
        calls(written("def made():\n    return []"), tmp_path)


def test_a_generator_that_fails_half_way_is_told_with_where(written: Written, tmp_path: Path) -> None:
    function = written("""
        def made():
            yield np.ones((1, 2))
            yield np.ones((1, 2))
            raise KeyError("title")
    """)
    with pytest.raises(ModelError, match="failed before call 3:") as caught:
        calls(function, tmp_path)
    assert "KeyError: 'title'" in caught.value.seen
    assert "own_samples.py" not in caught.value.seen


def test_a_generator_that_fails_at_once_is_told_with_where(written: Written, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="failed before call 1:"):
        calls(written("def made():\n    yield 1 / 0"), tmp_path)


def test_calls_of_other_inputs_are_told(written: Written, tmp_path: Path) -> None:
    function = written("def made():\n    yield {'ids': [[1]]}\n    yield {'ids': [[1]], 'mask': [[1]]}")
    with pytest.raises(ModelError, match=r"Call 2 of own_\w+:made has ids, mask, where the first call has ids\."):
        calls(function, tmp_path)


def test_a_call_that_is_none_is_told_by_its_number(written: Written, tmp_path: Path) -> None:
    function = written("def made():\n    yield {'ids': [[1]]}\n    yield {'ids': None}")
    with pytest.raises(ModelError, match=r"Call 2 of own_\w+:made, input 'ids', is NoneType None"):
        calls(function, tmp_path)


@pytest.mark.parametrize("returned", ["{'ids': [[1]]}", "np.ones((1, 2))", "'a text'", "7", "None"])
def test_one_call_is_not_several(written: Written, tmp_path: Path, returned: str) -> None:
    with pytest.raises(ModelError, match="where several calls are expected") as caught:
        calls(written(f"def made():\n    return {returned}"), tmp_path)
    assert "yield the calls" in caught.value.remedy
