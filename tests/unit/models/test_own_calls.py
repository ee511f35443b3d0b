# ruff: noqa: ANN401  (OpenVINO ships no types; its objects are Any here)
"""Calls of the user's own: kept as they are, and fitted to a model's inputs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.own.calls import (
    OwnCall,
    fitted,
    own_call,
    read_calibration,
    read_inputs,
    write_calibration,
    write_inputs,
)
from pytest_ovperf.models.own.inputs import LONE, by_input, own_shapes, require_of_use
from pytest_ovperf.models.spec import CatalogueSource, ModelSpec, OwnData, Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

ov = pytest.importorskip("openvino")

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\\", exclude_categories=["Cs"]), min_size=1, max_size=20
)
ARRAYS = npst.arrays(
    st.one_of(
        npst.boolean_dtypes(),
        npst.integer_dtypes(endianness="="),
        npst.unsigned_integer_dtypes(endianness="="),
        npst.floating_dtypes(endianness="=", sizes=(16, 32, 64)),
    ),
    npst.array_shapes(min_dims=0, max_dims=4, max_side=3),
)


def same(ours: Arrays, theirs: Arrays) -> bool:
    return set(ours) == set(theirs) and all(
        ours[name].dtype == array.dtype and np.array_equal(ours[name], array, equal_nan=array.dtype.kind == "f")
        for name, array in theirs.items()
    )


@given(st.dictionaries(NAMES, ARRAYS, min_size=1, max_size=3), st.text(max_size=100))
def test_inputs_read_back_as_they_were_written(arrays: Arrays, told: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(OwnCall(told, arrays), Path(folder))
        read = read_inputs(Path(folder) / "inputs.npz")
    assert read.told == told
    assert same(read.arrays, arrays)


@given(st.lists(st.dictionaries(st.just(LONE) | NAMES, ARRAYS, min_size=1, max_size=2), min_size=1, max_size=12))
def test_calls_read_back_as_they_were_written(calls: list[Arrays]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_calibration([OwnCall(f"call {place}", arrays) for place, arrays in enumerate(calls)], Path(folder))
        read = read_calibration(Path(folder) / "calibration.npz")
    assert [call.told for call in read] == [f"call {place}" for place in range(len(calls))]
    assert all(same(ours.arrays, theirs) for ours, theirs in zip(read, calls, strict=True))


# What users write


@given(ARRAYS)
def test_an_array_is_taken_as_it_is(array: NDArray[Any]) -> None:
    if np.isnan(array).any():
        with pytest.raises(ModelError, match="NaN"):
            own_call(array, "It")
    else:
        assert same(own_call({"x": array}, "It").arrays, {"x": array})


@given(npst.arrays(np.int64, npst.array_shapes(max_dims=3)))
def test_lists_of_numbers_are_arrays(array: NDArray[np.int64]) -> None:
    assert np.array_equal(own_call(array.tolist(), "It").arrays[LONE], array)


def test_tensors_are_arrays() -> None:
    torch = pytest.importorskip("torch")
    arrays = own_call(
        {
            "trained": torch.ones(1, 2, requires_grad=True),
            "turned": torch.arange(6).reshape(2, 3).T,
            "narrow": torch.tensor([1.5], dtype=torch.bfloat16),
        },
        "It",
    ).arrays
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "trained": "float32",
        "turned": "int64",
        "narrow": "float32",
    }
    assert arrays["turned"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert arrays["narrow"].tolist() == [1.5]


def test_an_array_that_others_keep_and_change_is_not_torn() -> None:
    view = np.arange(6).reshape(2, 3).T
    assert own_call(view, "It").arrays[LONE].flags.c_contiguous


# By the model's inputs


def chosen(given: Mapping[str, int], names: Sequence[str]) -> dict[str, Any]:
    return by_input(given, names, lambda name, ids: f"{name} of {ids}", "Call 3")


def test_an_array_without_a_name_is_for_the_only_input() -> None:
    assert chosen({LONE: 1}, ["pixel_values"]) == {"pixel_values": 1}
    assert chosen({LONE: 1}, ["attention_mask", "input_ids"]) == {
        "attention_mask": "attention_mask of 1",
        "input_ids": 1,
    }


def test_an_array_without_a_name_is_for_none_of_several() -> None:
    with pytest.raises(ModelError, match="Call 3 is a single array, and the model has the inputs left, right"):
        chosen({LONE: 1}, ["left", "right"])


def test_what_follows_from_the_token_ids_need_not_be_given() -> None:
    names = ["input_ids", "attention_mask", "token_type_ids", "position_ids"]
    assert chosen({"input_ids": 1, "attention_mask": 2}, names) == {
        "input_ids": 1,
        "attention_mask": 2,
        "token_type_ids": "token_type_ids of 1",
        "position_ids": "position_ids of 1",
    }


@pytest.mark.parametrize("given", [{"pixels": 1}, {"attention_mask": 1}])
def test_other_inputs_have_to_be_given(given: dict[str, int]) -> None:
    with pytest.raises(ModelError, match=r"Call 3 lacks .*'input_ids'"):
        chosen(given, ["input_ids", *given])


def test_what_the_model_does_not_take_is_told() -> None:
    with pytest.raises(ModelError, match="Call 3 has 'labels', which the model does not take; it takes input_ids"):
        chosen({"input_ids": 1, "labels": 2}, ["input_ids"])


def test_shapes_follow_from_those_of_the_token_ids() -> None:
    found = own_shapes({"input_ids": (2, 9)}, ["input_ids", "attention_mask"], "It")
    assert found == {"input_ids": (2, 9), "attention_mask": (2, 9)}


def test_calibration_of_a_language_model_would_not_be_used() -> None:
    spec = ModelSpec("gpt", CatalogueSource("gpt2"), Task.TEXT_GENERATION, "AutoModelForCausalLM", {}, static=False)
    require_of_use(spec)
    data = OwnData(calibration="shop.data:queries")
    with pytest.raises(ModelError, match="would not be used: 'gpt' is a language model"):
        require_of_use(ModelSpec("gpt", spec.source, spec.task, spec.auto_class, {}, static=False, data=data))


# Fitted to a model


def model(**inputs: tuple[str, list[Any]]) -> Any:
    """Return an OpenVINO model that passes its inputs on: element type and dimensions by name."""
    ports = []
    for name, (kind, dims) in inputs.items():
        ports.append(ov.opset13.parameter(ov.PartialShape(dims), getattr(ov.Type, kind)))
        ports[-1].output(0).get_tensor().set_names({name})
    return ov.Model([ov.opset13.shape_of(port) for port in ports], ports, "model")


def words(rows: int) -> Any:
    """Return a model that looks ``input_ids`` up in a table of so many rows, masked by ``attention_mask``."""
    ids = ov.opset13.parameter(ov.PartialShape([-1, -1]), np.int64)
    ids.output(0).get_tensor().set_names({"input_ids"})
    mask = ov.opset13.parameter(ov.PartialShape([-1, -1]), np.int64)
    mask.output(0).get_tensor().set_names({"attention_mask"})
    table = ov.opset13.constant(np.ones((rows, 4), np.float32))
    found = ov.opset13.gather(table, ids, ov.opset13.constant(np.int64(0)))
    return ov.Model([found, ov.opset13.shape_of(mask)], [ids, mask], "words")


def fit(taking: Any, *, as_it_is: bool = True, **arrays: Any) -> dict[str, Any]:
    return fitted(taking, own_call(arrays, "Call 3"), as_it_is=as_it_is)


@pytest.mark.parametrize(
    ("kind", "given", "taken"),
    [
        ("f32", np.array([[0.1, 2.5]]), "float32"),
        ("f16", np.array([[0.1, 2.5]]), "float16"),
        ("i64", np.array([[1, 2]], np.int32), "int64"),
        ("i32", np.array([[1, 2]], np.int64), "int32"),
        ("u8", np.array([[0.0, 255.0]], np.float32), "uint8"),
        ("f32", np.array([[0, 255]], np.uint8), "float32"),
        ("boolean", np.array([[0, 1]]), "bool"),
        ("f32", np.array([[np.inf, -np.inf]]), "float32"),
    ],
)
def test_numbers_become_what_the_input_takes(kind: str, given: NDArray[Any], taken: str) -> None:
    array = fit(model(x=(kind, [-1, 2])), x=given)["x"]
    assert array.dtype.name == taken
    np.testing.assert_allclose(array.astype(np.float64), given.astype(np.float64), rtol=1e-3)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("i64", np.array([[0.5]])),
        ("i64", np.array([[np.inf]])),
        ("i32", np.array([[2**40]])),
        ("u64", np.array([[-1]])),
        ("i64", np.array([[2**63]], np.uint64)),
        ("u8", np.array([[256]])),
        ("boolean", np.array([[2]])),
        ("f32", np.array([[2**24 + 1]])),
        ("f32", np.array([[1e300]])),
        ("f16", np.array([[1e6]], np.float32)),
    ],
)
def test_numbers_that_would_be_others_are_refused(kind: str, given: NDArray[Any]) -> None:
    with pytest.raises(ModelError, match=rf"Call 3, input 'x', is {given.dtype}, the model takes .* would not survive"):
        fit(model(x=(kind, [1, 1])), x=given)


@given(npst.arrays(np.int64, (2, 3)), st.sampled_from(["i8", "i16", "i32", "u8", "u16", "u32", "u64"]))
def test_whole_numbers_stay_what_they_are_or_are_refused(array: NDArray[np.int64], kind: str) -> None:
    taken = np.iinfo({"i": "int", "u": "uint"}[kind[0]] + kind[1:])
    if taken.min <= array.min() and array.max() <= taken.max:
        assert (fit(model(x=(kind, [2, 3])), x=array)["x"] == array).all()
    else:
        with pytest.raises(ModelError, match="would not survive"):
            fit(model(x=(kind, [2, 3])), x=array)


@pytest.mark.parametrize(
    ("dims", "shape", "taken"),
    [
        ([-1, 3], (1, 4), "x (?x3)"),
        ([(1, 8), 3], (9, 3), "x (1..8x3)"),
        ([-1, 3], (3,), "x (?x3)"),
        ([1], (), "x (1)"),
        ([], (1,), "x (a single number)"),
    ],
)
def test_a_shape_that_the_model_does_not_take_is_told(dims: list[Any], shape: tuple[int, ...], taken: str) -> None:
    with pytest.raises(ModelError) as caught:
        fit(model(x=("f32", dims)), x=np.ones(shape))
    size = "x".join(map(str, shape)) or "a single number"
    assert caught.value.seen == f"Call 3, input 'x', is {size}, and the model takes {taken}."


def test_a_model_of_any_number_of_dimensions_takes_all() -> None:
    dynamic = ov.opset13.parameter(ov.PartialShape.dynamic(), np.float32)
    dynamic.output(0).get_tensor().set_names({"x"})
    taking = ov.Model([ov.opset13.shape_of(dynamic)], [dynamic], "any")
    assert fit(taking, x=np.ones((1, 2, 3)))["x"].shape == (1, 2, 3)


def test_a_model_that_is_reshaped_takes_other_sizes_but_no_other_rank() -> None:
    taking = model(x=("f32", [1, 3]))
    assert fit(taking, as_it_is=False, x=np.ones((4, 3)))["x"].shape == (4, 3)
    with pytest.raises(ModelError, match="is 4, and the model takes"):
        fit(taking, as_it_is=False, x=np.ones(4))


def test_mask_types_and_positions_are_filled_in() -> None:
    port = ("i64", [-1, -1])
    arrays = fit(
        model(position_ids=port, token_type_ids=port, attention_mask=port, input_ids=port),
        input_ids=[[7, 8, 9], [4, 5, 6]],
    )
    assert list(arrays) == ["position_ids", "token_type_ids", "attention_mask", "input_ids"]
    assert arrays["attention_mask"].tolist() == [[1, 1, 1]] * 2
    assert arrays["token_type_ids"].tolist() == [[0, 0, 0]] * 2
    assert arrays["position_ids"].tolist() == [[0, 1, 2]] * 2


def test_an_input_of_several_names_is_known_by_any_of_them() -> None:
    taking = model(x=("f32", [1, 2]))
    taking.input(0).get_tensor().set_names({"x", "features", "a.1"})
    assert list(fit(taking, features=[[1, 2]])) == ["features"]


def test_words_outside_the_table_are_told() -> None:
    assert fit(words(rows=40), input_ids=[[0, 39]])["input_ids"].tolist() == [[0, 39]]
    with pytest.raises(ModelError, match="holds 40, and the model looks its values up in a table of 40 rows") as caught:
        fit(words(rows=40), input_ids=[[0, 40]])
    assert "its own tokenizer" in caught.value.remedy


def test_what_goes_with_the_ids_has_their_shape() -> None:
    taking = model(input_ids=("i64", [-1, -1]), attention_mask=("i64", [-1, -1]))
    call = own_call({"input_ids": np.ones((2, 8), int), "attention_mask": np.ones((3, 8), int)}, "Call 3")
    with pytest.raises(ModelError, match="'attention_mask' of 3x8 beside 'input_ids' of 2x8"):
        fitted(taking, call, as_it_is=True)
