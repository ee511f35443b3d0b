from __future__ import annotations

import importlib.util
import sys

import pytest

from pytest_ovperf.hiding import hidden


def test_a_hidden_package_looks_as_if_it_were_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with hidden("colorsys"):
        assert importlib.util.find_spec("colorsys") is None
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("colorsys")
    assert importlib.util.find_spec("colorsys") is not None


def test_a_package_that_is_in_use_is_not_hidden() -> None:
    with hidden("json"):
        assert importlib.import_module("json") is sys.modules["json"]
