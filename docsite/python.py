"""The page of names for Python: what the package exports, and the hooks that projects answer."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_ovperf
from pytest_ovperf import plugin

from .text import code, markdown, one_line, page, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION = """
What may be imported from `pytest_ovperf`, beside [the errors](errors.md), and the hooks that a `conftest.py` or a
plugin of yours may answer. All else is the package's own, and may change.
"""
_TYPES = """
## For annotations

From the package, too: `def test_int8_pays(speedup: SpeedupFixture, baseline: Baseline) -> None`. What they can do
stands with the [fixtures](fixtures.md).
"""
_HOOKS = "pytest_ovperf_"
#: The classes that users make objects of; functions are called anyway, and all others come out of fixtures.
_CALLED = ("Model",)


def python_page() -> str:
    """Return the page."""
    exported = [(module, name) for module in _modules() for name in importlib.import_module(module).__all__]
    called = [_section(*each) for each in exported if _is_called(*each)]
    rows = [
        (code(name), one_line(_exported(module, name).__doc__))
        for module, name in exported
        if not _is_called(module, name)
    ]
    types = [_TYPES, table(["name", "is"], rows)] if rows else []
    return page("Names for Python", _INTRODUCTION, *called, *(_hook(name) for name in _hook_names()), *types)


def _modules() -> Iterator[str]:
    """Give the modules of the package whose exports are for users: those that say in ``__all__`` what it is."""
    package = pytest_ovperf.__name__
    yield package
    for module in pkgutil.iter_modules(pytest_ovperf.__path__):
        path = Path(pytest_ovperf.__path__[0], f"{module.name}.py")
        if not module.ispkg and module.name != "plugin" and _says_all(path):
            yield f"{package}.{module.name}"


def _says_all(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _exported(module: str, name: str) -> object:
    return getattr(importlib.import_module(module), name)


def _is_called(module: str, name: str) -> bool:
    return name in _CALLED or inspect.isfunction(_exported(module, name))


def _section(module: str, name: str) -> str:
    return _described(name, f"from {module} import {name}", _exported(module, name))


def _described(name: str, head: str, described: object) -> str:
    if not callable(described):
        raise TypeError(f"{name} cannot be called, and this page knows nothing else")
    signature = inspect.signature(described)
    arguments = "\n".join(f"    {each}," for each in _arguments(signature))
    call = f"{name}(\n{arguments}\n)"
    return f"## {name}\n\n```text\n{head}\n\n{call}\n```\n\n{markdown(inspect.getdoc(described))}"


def _arguments(signature: inspect.Signature) -> Iterator[str]:
    by_name = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not by_name:
            by_name = True
            yield "*"
        yield str(parameter).replace("'", "")


def _plugins() -> pytest.PytestPluginManager:
    manager = pytest.PytestPluginManager()
    manager.register(plugin)
    manager.hook.pytest_addhooks.call_historic(kwargs={"pluginmanager": manager})
    return manager


def _hook_names() -> list[str]:
    return sorted(name for name in vars(_plugins().hook) if name.startswith(_HOOKS))


def _hook(name: str) -> str:
    spec = getattr(_plugins().hook, name).spec
    written = f"# conftest.py\ndef {name}({', '.join(spec.argnames)}): ..."
    return f"## {name}\n\n```text\n{written}\n```\n\n{markdown(inspect.getdoc(spec.function))}"
