"""The page of fixtures: from their docstrings, and from those of what they give."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from typing import TYPE_CHECKING

from _pytest.fixtures import FixtureFunctionDefinition  # pytest has no public name for what a fixture becomes

from pytest_ovperf import plugin
from pytest_ovperf.session.held import Held
from pytest_ovperf.session.measured_ladder import MeasuredRung

from .text import code, markdown, one_line, page, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

_INTRODUCTION = """
A test asks for them by name. The four that measure (`speedup`, `measure`, `ladder`, `fidelity`) need a model, which a
[marker](markers.md) names. An *arm* is what is timed: [their names](arms.md). Settings of an arm, such as `streams=2`,
stand in its brackets, or as keywords of the call for all its arms: [which there are](../how-to/tuning.md).
"""

#: What is reached through the result of a fixture, beside that result.
_BEYOND: dict[str, tuple[type, ...]] = {"measure": (Held,), "ladder": (MeasuredRung,)}
#: The paragraphs of a class's docstring that are for users; what comes after them is about how it is made.
_FOR_USERS = 2
#: Where that is defined which has something to show: not what describes models.
_ROOMS = ("fixture_types", "records", "session", "verdict")
_CALL = re.compile(r"^Return `(?P<call>\w+\(.*?\))`(?P<rest>[.:,].*|)$", re.DOTALL)


def fixtures_page() -> str:
    """Return the page."""
    return page("Fixtures", _INTRODUCTION, *(_section(name, function) for name, function in _fixtures()))


def _fixtures() -> list[tuple[str, Callable[..., object]]]:
    """Return every fixture of the plugin by name, those first that measure."""
    found = {
        name: value._fixture_function  # noqa: SLF001  (where its docstring is)
        for name, value in vars(plugin).items()
        if isinstance(value, FixtureFunctionDefinition)
    }
    first = [name for name in ("speedup", "baseline", "fidelity", "measure", "ladder") if name in found]
    return [(name, found[name]) for name in [*first, *sorted(set(found) - set(first))]]


def _section(name: str, function: Callable[..., object]) -> str:
    said = markdown(function.__doc__)
    head, _, rest = said.partition("\n\n")
    call = _CALL.match(head.replace("\n", " "))
    lines = [f"## {name}"]
    if call:
        lines += [f"```text\n{call['call']}\n```", _beginning(call["rest"])]
    else:
        lines.append(_beginning(head.removeprefix("Return ")))
    lines.append(rest)
    lines += [_result(kind) for kind in (*_results(function), *_BEYOND.get(name, ()))]
    return "\n\n".join(line for line in lines if line)


def _beginning(text: str) -> str:
    text = text.lstrip(".:, ")
    return text[:1].upper() + text[1:]


def _results(function: Callable[..., object]) -> Iterator[type]:
    """Give the class of ours that a fixture, or a call of what it returns, gives: the first that its annotation names.

    A protocol of a call, for annotations, stands for what that call returns.
    """
    for name in re.findall(r"\b[A-Z]\w+", str(function.__annotations__.get("return", ""))):
        kind = _named(name, sys.modules[function.__module__])
        if kind is None:
            continue
        if "__call__" in vars(kind):
            yield from _results(vars(kind)["__call__"])
        elif kind.__module__.split(".")[1] in _ROOMS:
            yield kind
        return  # what else there may be takes its place, and says of itself what it is


def _named(name: str, module: ModuleType) -> type | None:
    """Return the class of ours that a name in an annotation of ``module`` means, be it imported for that alone."""
    found = vars(module).get(name)
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and name in {alias.asname or alias.name for alias in node.names}:
            where = importlib.import_module("." * node.level + (node.module or ""), module.__package__)
            found = getattr(where, name, None)
    return found if isinstance(found, type) and found.__module__.startswith("pytest_ovperf.") else None


def _result(kind: type) -> str:
    rows = [
        (code(f".{name}"), one_line(value.__doc__))
        for name, value in inspect.getmembers(kind, lambda member: isinstance(member, property))
        if not name.startswith("_")
    ]
    shown = table(["attribute", "is"], rows) if rows else ""
    said = "\n\n".join(markdown(kind.__doc__).split("\n\n")[:_FOR_USERS])
    return "\n\n".join(part for part in (f"### {kind.__name__}", said, shown) if part)
