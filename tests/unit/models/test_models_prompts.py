from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.models.making.prompts import prompt_lengths, prompts, save_prompts
from pytest_ovperf.models.spec import CallShape

if TYPE_CHECKING:
    from pathlib import Path


def test_prompts_of_equal_length_have_no_padding() -> None:
    arrays = prompts(CallShape((3, 5), vocabulary=100, shortest=5))
    assert arrays["input_ids"].shape == (3, 5)
    assert (arrays["attention_mask"] == 1).all()


def test_shorter_prompts_are_padded_on_the_left() -> None:
    mask = prompts(CallShape((2, 5), vocabulary=100, shortest=2))["attention_mask"]
    assert mask.tolist() == [[1, 1, 1, 1, 1], [0, 0, 0, 1, 1]]


def test_a_padded_place_holds_no_token() -> None:
    arrays = prompts(CallShape((2, 5), vocabulary=100, shortest=2))
    assert (arrays["input_ids"][arrays["attention_mask"] == 0] == 0).all()


def test_lengths_halve_the_gaps_between_those_before() -> None:
    assert prompt_lengths(5, 16, 64) == [64, 16, 40, 28, 52]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 64), st.integers(0, 64))
def test_lengths_stay_within_the_range_and_a_larger_batch_begins_with_a_smaller_one(
    few: int, more: int, shortest: int, further: int
) -> None:
    longest = shortest + further
    lengths = prompt_lengths(few + more, shortest, longest)
    assert lengths[:few] == prompt_lengths(few, shortest, longest)
    assert all(shortest <= length <= longest for length in lengths)
    assert lengths[0] == longest


def test_the_prompts_of_a_larger_batch_begin_with_those_of_a_smaller_one() -> None:
    two, eight = (prompts(CallShape((batch, 12), vocabulary=50257, shortest=3)) for batch in (2, 8))
    for name, array in two.items():
        assert (eight[name][:2] == array).all()


def test_prompts_are_saved_with_their_shapes(tmp_path: Path) -> None:
    save_prompts(CallShape((2, 6), vocabulary=50, shortest=4), tmp_path, print)
    with np.load(tmp_path / "inputs.npz") as saved:
        assert sorted(saved.files) == ["attention_mask", "input_ids"]
    shapes = json.loads((tmp_path / "shapes.json").read_text(encoding="utf-8"))
    assert shapes == {"attention_mask": [2, 6], "input_ids": [2, 6]}
