"""Which files a model takes on disk, and how many bytes they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.errors import ModelError
from pytest_ovperf.models.sizes import loaded_files, model_bytes

if TYPE_CHECKING:
    from pathlib import Path


def filled(folder: Path, **sizes: int) -> Path:
    for name, size in sizes.items():
        (folder / name.replace("__", ".")).write_bytes(b"x" * size)
    return folder


def test_an_ir_is_its_xml_and_its_weights(tmp_path: Path) -> None:
    filled(tmp_path, m__xml=10, m__bin=200, other__bin=4000, config__json=7)
    assert loaded_files(ir=tmp_path / "m.xml", weights=None) == (tmp_path / "m.xml", tmp_path / "m.bin")
    assert model_bytes(ir=tmp_path / "m.xml", weights=tmp_path) == 210


def test_a_directory_is_all_of_its_weights_and_no_other_format_of_them(tmp_path: Path) -> None:
    filled(tmp_path, a__safetensors=100, b__safetensors=20, pytorch_model__bin=120, config__json=7)
    assert model_bytes(ir=None, weights=tmp_path) == 120
    assert len(loaded_files(ir=None, weights=tmp_path)) == 2


def test_older_weights_count_where_there_are_no_others(tmp_path: Path) -> None:
    filled(tmp_path, pytorch_model__bin=120, training_args__bin=7)
    assert model_bytes(ir=None, weights=tmp_path) == 120


def test_what_is_not_there_has_no_size(tmp_path: Path) -> None:
    for ir, weights in ((tmp_path / "m.xml", None), (None, tmp_path), (None, None)):
        with pytest.raises(ModelError, match="no files of a model"):
            model_bytes(ir=ir, weights=weights)
