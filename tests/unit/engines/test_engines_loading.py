from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.engines import loading
from pytest_ovperf.engines.loading import import_packages, load_and_infer
from tests.unit.engines.model_fakes import FakeGenerator, FakeLoaded
from tests.unit.request_examples import request_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.engines.protocol import LoadRequest

REQUEST = request_of("openvino-fp32")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> FakeLoaded:
    return opens(monkeypatch, FakeLoaded())


def opens(monkeypatch: pytest.MonkeyPatch, model: FakeLoaded) -> FakeLoaded:
    monkeypatch.setattr(loading, "open_engine", lambda _request: model)
    return model


def test_the_first_result_is_timed_from_the_start_of_loading(opened: FakeLoaded) -> None:
    first = load_and_infer(REQUEST)
    assert first.load_ns == 1_000_000_000
    assert first.first_ns > first.load_ns
    assert opened.calls == 1


def test_a_language_model_has_its_first_result_with_its_first_token(monkeypatch: pytest.MonkeyPatch) -> None:
    opens(monkeypatch, FakeGenerator())
    assert load_and_infer(REQUEST).first_ns == 1_000_000_030


def test_further_inferences_add_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    model = opens(monkeypatch, FakeGenerator())
    assert load_and_infer(REQUEST, inferences=3).first_ns == 1_000_000_030
    assert model.calls == 3


def test_what_came_while_loading_is_told_and_what_was_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def imports(_request: LoadRequest) -> FakeLoaded:
        monkeypatch.setitem(sys.modules, "ovperf_late", type(sys)("ovperf_late"))
        return FakeLoaded()

    monkeypatch.setattr(loading, "open_engine", imports)
    imported = load_and_infer(REQUEST).imported
    assert "ovperf_late" in imported
    assert "pytest" not in imported


def test_modules_that_loading_would_import_are_imported_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ovperf_early.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(loading, "_IMPORTS", {"openvino": (("sys", ""),)})
    import_packages(REQUEST, ["made_by_others_only", "ovperf_early"])
    assert sys.modules.pop("ovperf_early").__file__ == str(tmp_path / "ovperf_early.py")


def test_a_missing_package_is_left_to_the_loading_which_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_IMPORTS", {"openvino": (("no_such_package", "Thing"),)})
    import_packages(REQUEST)
    assert "no_such_package" not in sys.modules
