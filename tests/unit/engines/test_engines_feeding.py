"""Arrays that a caller gives are held against what the model takes, before any engine sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.engines.feeding import Wanted, fitted, read_inputs
from pytest_ovperf.errors import ModelError
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

IDS = Wanted(("input_ids",), "int64", ((1, 1), (1, 128)))
PIXELS = Wanted(("17", "x"), "float32", None)
FACTOR = Wanted(("factor",), "float32", ())


def test_arrays_come_back_in_the_models_order_and_types() -> None:
    given = {"x": [[0.5]], "input_ids": np.ones((1, 4), np.int32), "factor": 2.0}
    ids, pixels, factor = fitted(given, [IDS, PIXELS, FACTOR])  # type: ignore[arg-type]  # lists will do as well
    assert (ids.dtype.name, ids.shape) == ("int64", (1, 4))
    assert (pixels.dtype.name, pixels.tolist()) == ("float32", [[0.5]])
    assert (factor.dtype.name, factor.shape) == ("float32", ())


@pytest.mark.parametrize(
    ("given", "said", "remedy"),
    [
        ({"x": np.ones(1)}, "input 'input_ids' was not given; there is x", "input_ids, 17 / x"),
        ({"ids": np.ones(1)}, "no input 'ids'; it takes input_ids, 17 / x", "one array for each"),
        ({"input_ids": np.ones((1, 129), int), "x": 1}, "is 1x129, and the model was compiled for 1x1..128", "shape="),
        ({"input_ids": np.ones((1, 1, 1), int), "x": 1}, "is 1x1x1", "shape="),
        ({"input_ids": np.ones((1, 1)), "x": 1}, "'input_ids' is float64, the model wants int64", "astype('int64')"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_give(given: dict[str, Any], said: str, remedy: str) -> None:
    with pytest.raises(ModelError, match=said) as refused:
        fitted(given, [IDS, PIXELS])
    assert remedy in refused.value.remedy


def test_what_a_tokenizer_leaves_out_follows_from_the_ids() -> None:
    others = [Wanted((name,), "int64", None) for name in ("attention_mask", "token_type_ids", "position_ids")]
    mine = np.zeros((1, 3), int)
    _, mask, types, positions = fitted({"input_ids": np.full((1, 3), 7), "attention_mask": mine}, [IDS, *others])
    assert mask.tolist() == mine.tolist()
    assert (types.tolist(), positions.tolist()) == ([[0, 0, 0]], [[0, 1, 2]])


def test_the_arrays_of_a_file_are_read_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "i.npz", x=np.arange(3))
    assert read_inputs(request_of("openvino", inputs=tmp_path / "i.npz"))["x"].tolist() == [0, 1, 2]


def test_an_engine_that_is_given_none_says_so() -> None:
    with pytest.raises(ModelError, match="no inputs for openvino"):
        read_inputs(request_of("openvino", inputs=None))
