"""What is computed for padding is not compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_ovperf.engines.padding import without_padding
from pytest_ovperf.models.making.arrays import write_arrays
from pytest_ovperf.stats.fidelity import compare

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Return one call's inputs: two texts, the second of which has one token of three."""
    path = tmp_path / "inputs.npz"
    np.savez(path, input_ids=np.ones((2, 3), int), attention_mask=np.array([[1, 1, 1], [1, 0, 0]]))
    return path


def test_padded_places_are_zero_in_what_has_a_place_for_each_token(inputs: Path) -> None:
    hidden, pooled = np.ones((2, 3, 4), np.float32), np.ones((2, 4), np.float32)
    found = without_padding({"hidden": hidden, "pooled": pooled}, inputs)
    assert found["hidden"].dtype == np.float32
    assert found["hidden"].sum(axis=-1).tolist() == [[4, 4, 4], [4, 0, 0]]
    assert found["pooled"] is pooled


def test_arms_that_differ_in_padding_alone_agree(inputs: Path) -> None:
    rng = np.random.default_rng(3)
    ours = rng.standard_normal((2, 3, 4))
    theirs = ours.copy()
    theirs[1, 1:] *= -1
    assert compare({"hidden": ours}, {"hidden": theirs}).cosine < 0.5
    near = compare(without_padding({"hidden": ours}, inputs), without_padding({"hidden": theirs}, inputs))
    assert near.cosine == pytest.approx(1)
    assert (near.top1, near.max_abs_error) == (1.0, 0.0)


def test_what_padding_holds_is_no_place_for_top_1(inputs: Path) -> None:
    ours, theirs = np.eye(4)[np.array([[0, 1, 2], [3, 0, 0]])], np.eye(4)[np.array([[1, 1, 2], [3, 0, 0]])]
    near = compare(without_padding({"logits": ours}, inputs), without_padding({"logits": theirs}, inputs))
    assert near.top1 == 3 / 4


@pytest.mark.parametrize(
    ("name", "array"), [("x", np.ones(3)), ("attention_mask", np.ones((2, 3))), ("attention_mask", np.ones(3))]
)
def test_without_padding_nothing_is_touched(name: str, array: NDArray[np.float64], tmp_path: Path) -> None:
    write_arrays(tmp_path / "inputs.npz", {name: array})
    outputs = {"hidden": np.ones((2, 3))}
    assert without_padding(outputs, tmp_path / "inputs.npz") is outputs
    assert without_padding(outputs, None) is outputs
