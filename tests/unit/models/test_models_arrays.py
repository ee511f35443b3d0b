from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_ovperf.models.making.arrays import write_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.mark.parametrize("name", ["logits", "file", "allow_pickle", "self", "args", "a/b:0", "ü"])
def test_an_array_reads_back_by_whatever_name(tmp_path: Path, name: str) -> None:
    ours: dict[str, NDArray[Any]] = {name: np.arange(6, dtype=np.float32).reshape(2, 3), "other": np.ones((), np.int64)}
    write_arrays(tmp_path / "arrays.npz", ours)
    with np.load(tmp_path / "arrays.npz") as read:
        assert set(read.files) == set(ours)
        for each, array in ours.items():
            assert read[each].dtype == array.dtype
            np.testing.assert_array_equal(read[each], array)


def test_python_s_objects_are_no_arrays(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_arrays(tmp_path / "arrays.npz", {"x": np.array([{}])})
