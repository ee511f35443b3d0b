"""What somebody says of a model, read and put over what is said elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_ovperf.models.described import Description, Model, describe
from pytest_ovperf.models.spec import OwnData


def test_each_word_of_the_marker_goes_before_the_registered_one_by_itself() -> None:
    registered = Description("encoder", "models/encoder", (1, 128), OwnData("a:i", "calls", "a:s"), "conftest.py")
    marker = describe(Model("encoder", shape=(1, 8), score="b:s"), said="the marker")
    assert marker.over(registered) == Description("encoder", "models/encoder", (1, 8), OwnData("a:i", "calls", "b:s"))
    assert describe(Model("encoder"), said="the marker").over(registered) == registered


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (Path("models/encoder"), "models/encoder"),
        (Path("net.onnx"), "net.onnx"),
        (Path("../net.onnx"), "../net.onnx"),
        (Path("minilm"), "./minilm"),
    ],
)
def test_a_path_is_a_path_whatever_else_has_its_name(path: Path, name: str) -> None:
    said = describe(Model(path), said="the marker")
    assert said.name == name
    assert said.source.startswith(".")
    assert Path(said.source) == path


def test_an_absolute_path_stays_as_it_is(tmp_path: Path) -> None:
    assert describe(Model(tmp_path), said="the marker").source == os.fspath(tmp_path)


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (Model("minilm"), "minilm"),
        (Model("minilm", shape=(1, "1..8")), "minilm-1x1..8"),
        (Model("a.xml", shape={"ids": (1, 8), "mask": (1, 8)}), "a.xml-ids-1x8-mask-1x8"),
        (Model(None, shape=3), "None-3"),  # type: ignore[arg-type]
    ],
)
def test_a_model_is_shown_by_source_and_shape(model: Model, shown: str) -> None:
    assert str(model) == shown
