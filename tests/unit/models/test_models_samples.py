from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ovperf.models.making.samples import Draw, images, text_inputs

NAMES = ["input_ids", "attention_mask", "token_type_ids", "position_ids"]


def test_images_are_the_same_every_time_and_differ_between_uses() -> None:
    shape = (2, 3, 16, 24)
    first, again, other = images(Draw.CALIBRATION, shape), images(Draw.CALIBRATION, shape), images(Draw.HELD_OUT, shape)
    assert first.shape == shape
    assert first.dtype == np.float32
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[0], first[1])


def test_images_look_preprocessed() -> None:
    batch = images(Draw.STATISTICS, (16, 3, 32, 32))
    assert abs(float(batch.mean())) < 0.3
    assert 0.5 < float(batch.std()) < 1.5
    assert float(np.abs(batch).max()) <= 2.5


@given(batch=st.integers(1, 4), length=st.integers(1, 32), vocabulary=st.integers(1, 1000), seed=st.integers(0, 99))
def test_text_inputs_fit_the_vocabulary_and_count_positions(
    batch: int, length: int, vocabulary: int, seed: int
) -> None:
    made = text_inputs(np.random.default_rng(seed), (batch, length), NAMES, vocabulary=vocabulary)
    assert list(made) == NAMES
    assert all(array.shape == (batch, length) and array.dtype == np.int64 for array in made.values())
    assert made["input_ids"].min() >= 0
    assert made["input_ids"].max() < vocabulary
    assert (made["attention_mask"] == 1).all()
    assert (made["token_type_ids"] == 0).all()
    assert (made["position_ids"] == np.arange(length)).all()


def test_an_unknown_input_is_not_guessed() -> None:
    with pytest.raises(KeyError, match="pixel_mask"):
        text_inputs(np.random.default_rng(0), (1, 4), ["pixel_mask"], vocabulary=10)


@given(batch=st.integers(2, 9), length=st.integers(1, 40), vocabulary=st.integers(1, 60000))
def test_a_larger_batch_of_text_begins_with_a_smaller_one(batch: int, length: int, vocabulary: int) -> None:
    one, many = (
        text_inputs(np.random.default_rng([20, Draw.HELD_OUT]), (count, length), NAMES, vocabulary=vocabulary)
        for count in (1, batch)
    )
    assert all(np.array_equal(many[name][:1], one[name]) for name in NAMES)


@given(batch=st.integers(2, 5), stream=st.lists(st.integers(0, 9), max_size=1))
def test_a_larger_batch_of_images_begins_with_a_smaller_one(batch: int, stream: list[int]) -> None:
    one, many = (images(Draw.HELD_OUT, (count, 3, 8, 6), *stream) for count in (1, batch))
    assert np.array_equal(many[:1], one)
    assert not np.array_equal(many[1], many[0])


def test_a_second_input_of_images_has_others() -> None:
    shape = (1, 3, 8, 8)
    assert not np.array_equal(images(Draw.HELD_OUT, shape), images(Draw.HELD_OUT, shape, 7))
