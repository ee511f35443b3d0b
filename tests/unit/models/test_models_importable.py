"""Functions of the user's own: their import paths, and what a worker would find there."""

from __future__ import annotations

import functools
import importlib.util
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ovperf.errors import ModelError, SettingsError
from pytest_ovperf.models.own.importable import find_module, import_path, require_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType


def at_module_level() -> None: ...


@functools.cache
def wrapped() -> None: ...


class Data:
    @classmethod
    def queries(cls) -> None: ...

    @staticmethod
    def one_query() -> None: ...

    def of_an_object(self) -> None: ...


def inner() -> Callable[[], None]:
    def queries() -> None: ...

    return queries


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder on the module path, and forget what was imported of it."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def imported(path: Path, name: str) -> ModuleType:
    """Import a file by a name, as pytest does, whatever the module path has by that name."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (at_module_level, "at_module_level"),
        (wrapped, "wrapped"),
        (Data.queries, "Data.queries"),
        (Data.one_query, "Data.one_query"),
    ],
)
def test_a_function_of_a_module_has_an_import_path(function: Callable[..., Any], name: str) -> None:
    assert import_path(function, "inputs=") == f"{__name__}:{name}"


def test_an_import_path_is_its_own() -> None:
    assert import_path("shop.data:Queries.one", "inputs=") == "shop.data:Queries.one"


@pytest.mark.parametrize("text", ["", "shop.data", "shop:", ":queries", "shop/data.py:queries", "a:b:c", "C:\\x"])
def test_other_text_is_none(text: str) -> None:
    with pytest.raises(SettingsError, match="no import path"):
        import_path(text, "inputs=")


def other_name() -> None: ...


HIDDEN, other_name = other_name, at_module_level


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda: None, "a lambda"),
        (inner(), r"inner\.queries.*inside another function"),
        (functools.partial(at_module_level), "no name of its own"),
        (HIDDEN, "this name stands for something else"),
        (Data().of_an_object, "stands for something else"),
    ],
)
def test_what_a_worker_could_not_name_is_refused(function: Callable[..., Any], why: str) -> None:
    with pytest.raises(SettingsError, match=why) as caught:
        import_path(function, "inputs= of the marker")
    assert caught.value.seen.startswith("inputs= of the marker is ")
    assert "def at the top of a module" in caught.value.remedy


def test_a_function_of_the_started_script_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_module_level, "__module__", "__main__")
    with pytest.raises(SettingsError, match="__main__"):
        import_path(at_module_level, "inputs=")


def test_a_module_off_the_module_path_is_refused(tmp_path: Path, project: Path) -> None:
    assert project == tmp_path
    (tmp_path / "elsewhere").mkdir()
    file = tmp_path / "elsewhere" / "test_off_the_path.py"
    file.write_text("def one(): ...\n", encoding="utf-8")
    function = imported(file, "test_off_the_path").one
    with pytest.raises(SettingsError, match="no module 'test_off_the_path'") as caught:
        import_path(function, "inputs=")
    assert "pythonpath" in caught.value.remedy


def test_of_two_modules_of_one_name_only_the_one_that_a_worker_finds_will_do(project: Path) -> None:
    (project / "sub").mkdir()
    for folder in (project, project / "sub"):
        (folder / "twice.py").write_text("def one(): ...\n", encoding="utf-8")
    below = imported(project / "sub" / "twice.py", "twice").one
    above = imported(project / "twice.py", "twice").one
    assert import_path(above, "inputs=") == "twice:one"
    with pytest.raises(SettingsError, match=r"it would find .*twice\.py"):
        import_path(below, "inputs=")


def test_modules_are_found_without_being_imported(project: Path) -> None:
    for path in ("whole/__init__.py", "whole/deep.py", "open/deep/leaf.py"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("raise RuntimeError\n", encoding="utf-8")
    found = {name: find_module(name) for name in ("whole.deep", "open.deep.leaf", "open.deep", "whole.gone", "gone.x")}
    assert [found[name] is not None for name in found] == [True, True, True, False, False]
    leaf = found["open.deep.leaf"]
    assert leaf is not None
    assert leaf.file == str(project / "open" / "deep" / "leaf.py")
    assert "whole" not in sys.modules


@pytest.mark.parametrize("path", ["json:loads", "sys:exit", "numpy.random:rand", "os.path:join"])
def test_what_the_interpreter_brings_is_found(path: str) -> None:
    require_function(path, "inputs=")
    with pytest.raises(ModelError, match="no module"):
        require_function(f"not_{path}", "inputs=")


def test_what_is_installed_goes_before_the_projects_own(project: Path) -> None:
    (project / "json.py").write_text("", encoding="utf-8")
    found = find_module("json")
    assert found is not None
    assert found.file == json.__file__


def test_a_module_that_is_nowhere_is_told() -> None:
    with pytest.raises(ModelError, match=r"inputs=, 'no_such_shop\.data:one' .* no module 'no_such_shop'"):
        require_function("no_such_shop.data:one", "inputs=,")


@pytest.fixture
def shop(project: Path) -> Path:
    """Return a package of the project's own, with a folder that is a package without a file."""
    (project / "shop" / "bare").mkdir(parents=True)
    for path, text in {
        "shop/__init__.py": "",
        "shop/data.py": "def one_query():\n    raise RuntimeError\n",
        "shop/lazy.py": "def __getattr__(name):\n    return print\n",
        "shop/bare/data.py": "one_query = print\n",
    }.items():
        (project / path).write_text(text, encoding="utf-8")
    return project / "shop"


@pytest.mark.parametrize(
    ("path", "missing", "near"),
    [
        ("shop.data:one_qery", r"no 'one_qery' in .*data\.py", "Did you mean 'one_query'"),
        ("shop.daat:one_query", r"no 'daat' in .*__init__\.py", "Did you mean 'data'"),
        ("shop.bare.daat:one_query", r"no 'daat' in .*bare", "Did you mean 'data'"),
        ("shop.data:elsewhere", r"no 'elsewhere' in .*data\.py", "Mend the import path"),
    ],
)
def test_a_name_that_no_text_brings_is_told_with_what_is_near(shop: Path, path: str, missing: str, near: str) -> None:
    assert shop.is_dir()
    with pytest.raises(ModelError, match=missing) as told:
        require_function(path, "inputs=,")
    assert told.value.remedy.startswith(near)


@pytest.mark.parametrize(
    "path", ["shop.data:one_query", "shop.lazy:anything", "shop.bare.data:one_query", "shop:data.one_query"]
)
def test_what_may_be_there_is_left_to_the_worker(shop: Path, path: str) -> None:
    assert shop.is_dir()
    require_function(path, "inputs=,")
    assert "shop" not in sys.modules
