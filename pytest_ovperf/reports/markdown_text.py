"""Text as GitHub-flavoured Markdown that shows exactly it, whatever is in it."""

from __future__ import annotations

import re

from .screen import Screen

#: What has a meaning; an underscore within a word has none, nor has a bracket that nothing follows.
_ANYTHING = re.compile(r"[&<>|`*~#$\\]|(?<![^\W_])_|_(?![^\W_])|\](?=[(:\[])|\[(?=\^)|:(?=//)|(?<=\bwww)\.", re.ASCII)
#: A character that would begin a list, a task or a heading, with the number before it.
_BEGINNING = re.compile(r"^(\d{1,9})([.)])(?= |$)|^([-+=\[])")


def text(raw: str) -> str:
    """Return ``raw`` as Markdown that shows exactly it, on one line; it may stand in a cell, a list or HTML."""
    line = Screen(0, "utf-8").text(" ".join(raw.split()))
    line = _ANYTHING.sub(lambda found: _reference(found[0]), line)
    return _BEGINNING.sub(lambda found: (found[1] or "") + _reference(found[2] or found[3]), line)


def code(raw: str) -> str:
    """Return ``raw`` as inline code: HTML's, since between backticks there is no way to write any character."""
    return f"<code>{text(raw)}</code>" if raw else ""


def _reference(character: str) -> str:
    return f"&#{ord(character)};"
