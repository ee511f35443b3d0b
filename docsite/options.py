"""The pages of options with their ini twins, and of markers: what ``hooks.declared`` registers with pytest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pytest_ovperf.hooks.declared import MARKER_LINES, add_options

from .text import code, coded, page, sentences, table

if TYPE_CHECKING:
    import pytest

_OPTIONS = """
An ini setting goes into `pytest.ini` under `[pytest]`, or into `pyproject.toml` under `[tool.pytest.ini_options]`.
[Which goes before which](../how-to/project.md#settings). `pytest --help` prints the same.
"""
_MARKERS = """
Each keyword counts from the closest marker that has it: the function's goes before the class's, and that before the
module's `pytestmark`. A word that a marker does not know is an error at collection. `pytest --markers` prints the same.
"""
_LINE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*?)\): (?P<text>.*)", re.DOTALL)


@dataclass
class _Registered:
    """Takes what is registered with pytest, in the place of its parser and of its group of options."""

    options: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ini: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def getgroup(self, *_names: str) -> _Registered:
        return self

    def addoption(self, name: str, **said: Any) -> None:  # noqa: ANN401  (whatever pytest's has)
        self.options.append((name, said))

    def addini(self, name: str, help: str, type: str | None = None, default: object = None) -> None:  # noqa: A002  (pytest's words)
        self.ini[name] = (help, (type, default))


def options_page() -> str:
    """Return the page of options."""
    registered = _Registered()
    add_options(cast("pytest.Parser", registered))
    rows = [_row(name, said, registered) for name, said in registered.options]
    alone = [
        (code(name), coded(sentences(said)), _kind(*kind))
        for name, (said, kind) in registered.ini.items()
        if name not in {_twin(option) for option, _ in registered.options}
    ]
    only = ["## In the ini file alone", table(["setting", "says", "value"], alone)] if alone else []
    return page("Options and settings", _OPTIONS, table(["option", "ini setting", "says"], rows), *only)


def _twin(option: str) -> str:
    return option.lstrip("-").replace("-", "_")


def _row(name: str, said: dict[str, Any], registered: _Registered) -> tuple[str, str, str]:
    value = f"={said['metavar']}" if said.get("metavar") else ""
    written = f"{name}[{value}]" if said.get("nargs") == "?" else f"{name}{value}"
    twin = code(_twin(name)) if _twin(name) in registered.ini else "none"
    return code(written), twin, coded(sentences(said["help"]))


def _kind(kind: str | None, default: object) -> str:
    words = {"bool": "`true` or `false`", "linelist": "one a line", None: "text"}
    return (
        f"{words.get(kind, str(kind))}{f', by default `{str(default).lower()}`' if isinstance(default, bool) else ''}"
    )


def markers_page() -> str:
    """Return the page of markers."""
    return page("Markers", _MARKERS, *(_marker(line) for line in MARKER_LINES))


def _marker(line: str) -> str:
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ValueError(f"{line!r} is not of the form name(arguments): text")
    words = re.findall(r"\*?(\w+)(?==)", parts["arguments"])
    said = [_sentence(part.removeprefix("and "), words) for part in re.split(r";\s+", parts["text"])]
    return "\n\n".join(
        [
            f"## {parts['name']}",
            f"```text\n@pytest.mark.{parts['name']}({parts['arguments']})\n```",
            "\n".join(f"- {sentence}" for sentence in said),
        ]
    )


def _sentence(part: str, words: list[str]) -> str:
    """Return a part of a marker's text as a sentence; a keyword at its beginning stays as it is written."""
    ends = part if part.endswith(".") else f"{part}."
    begins = ends if part.partition(" ")[0].rstrip(",") in words else sentences(ends)
    return coded(begins, words)
