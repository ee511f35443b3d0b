"""Docstrings and help texts as Markdown."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Words that name a thing of the code, which a reference to it wraps in single backticks.
_LITERAL = re.compile(r"``([^`]+)``")
_INDENTED = "  "


def markdown(docstring: str | None) -> str:
    """Return a docstring as Markdown: its literals as code, what stands behind ``::`` as a block."""
    lines = _LITERAL.sub(r"`\1`", inspect.cleandoc(docstring or "")).splitlines()
    return "\n".join(_blocks(lines)).strip()


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    """Give the lines back with each indented part behind a ``::`` in a fence."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.endswith("::"):
            yield line
            continue
        if line != "::":
            yield line.removesuffix(":")
            yield ""
        start = at
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith(_INDENTED)):
            at += 1
        block = textwrap.dedent("\n".join(lines[start:at])).strip("\n")
        yield f"```text\n{block}\n```\n"


def one_line(docstring: str | None) -> str:
    """Return the first paragraph of a docstring in one line, without a leading "Return"."""
    paragraph = markdown(docstring).partition("\n\n")[0].replace("\n", " ")
    return paragraph[0].upper() + paragraph[1:] if paragraph else ""


def cell(text: str) -> str:
    """Return text that may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ").strip()


def code(text: str) -> str:
    """Return text as code; with a bar in it as HTML, since within backticks no two readers of tables agree on bars."""
    return f"<code>{text.replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines)


def sentences(text: str) -> str:
    """Return help text, which begins small and ends without a stop, as sentences."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def coded(text: str, words: Iterable[str] = ()) -> str:
    """Return text with options, and each of ``words``, as code."""
    either = "|".join([r"--[a-z][\w-]*(?:=[^\s,;)]+)?", *(rf"(?<![\w`'\"=-]){re.escape(word)}\b" for word in words)])
    return re.sub(either, lambda found: code(found[0]), text)


def page(title: str, *parts: str) -> str:
    """Return a page: a note for whoever wants to change it, its title, and its parts."""
    note = "<!-- Made from the code by `python -m docsite`. Change the code, not this page. -->"
    return "\n\n".join([note, f"# {title}", *(part.strip() for part in parts if part.strip())]) + "\n"
