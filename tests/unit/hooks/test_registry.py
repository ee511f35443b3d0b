"""Models that a project registers by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_ovperf.errors import SettingsError
from pytest_ovperf.hooks.registry import merged
from pytest_ovperf.models.described import Model
from pytest_ovperf.models.spec import OwnData


def one_query() -> dict[str, object]:
    return {}


def test_a_source_alone_is_a_model() -> None:
    found = merged([("net", "net.onnx", "a"), ("encoder", Path("models/encoder"), "b")])
    assert (found["net"].name, found["net"].source) == ("net", "net.onnx")
    assert Path(found["encoder"].source) == Path("models/encoder")


def test_the_same_twice_is_one_model_however_it_is_written() -> None:
    module = __name__
    found = merged(
        [
            ("net", Model("net.onnx", shape=[1, 8], inputs=one_query), "a"),
            ("net", Model("net.onnx", shape=(1, 8), inputs=f"{module}:one_query"), "b"),
        ]
    )
    assert found["net"].data == OwnData(inputs=f"{module}:one_query")
    assert found["net"].shape == (1, 8)


def test_the_same_name_for_two_models_names_both_places() -> None:
    with pytest.raises(SettingsError, match=r"'net': by conftest\.py:3 and by the ini value"):
        merged([("net", "a.onnx", "conftest.py:3"), ("net", "b.onnx", "the ini value")])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("minilm", "is a model of the catalogue"),
        ("calls", "stands for no model at all"),
        ("models/encoder", "looks like a path"),
        (".encoder", "looks like a path"),
        ("models\\encoder", "looks like a path"),
        ("net.onnx", "looks like a path"),
        ("shop:net", "has a colon"),
        ("", "is empty"),
        ("net ", "white space"),
        (3, "which is no text"),
    ],
)
def test_a_name_that_stands_for_something_else_is_refused(name: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        merged([(name, "net.onnx", "conftest.py:3")])
    assert "conftest.py:3" in caught.value.seen


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "which is no model"),
        (3, "which is no model"),
        (Model(3), "does not name one model"),  # type: ignore[arg-type]
        (Model("a", shape="1x8"), "no list of whole numbers"),
        (Model("a", shape={"ids": "1x8"}), "no list of whole numbers for the input 'ids'"),  # type: ignore[dict-item]
        (Model("a", inputs="shop.data"), "is no import path"),
        (Model("a", inputs=3), "is no function"),  # type: ignore[arg-type]
        (Model("a", calibration=3), "no function and no folder"),  # type: ignore[arg-type]
        (Model("a", score=lambda: 1.0), "a lambda"),
    ],
)
def test_a_description_that_cannot_be_followed_is_told_with_its_place(value: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        merged([("net", value, "conftest.py:3")])
    assert "conftest.py:3" in caught.value.seen
    assert "'net'" in caught.value.seen
