"""A page as a browser without scripts reads it: its elements with their text, and what its script elements hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

#: The signs that a page uses and that a test is hard to read with, as everybody types them.
_TYPED = str.maketrans(
    {"\N{MULTIPLICATION SIGN}": "x", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " "}
)
_EMPTY = {"meta", "link", "input", "br", "path", "circle", "use"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text below, on one line and as one would type it."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return typed(" ".join(" ".join(parts).split()))

    def all(self, tag: str, name: str = "") -> list[Element]:
        """Return all elements below with this tag and, where it is given, this class."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                classes = child.attributes.get("class", "").split()
                found += [child] if child.tag == tag and (not name or name in classes) else []
                found += child.all(tag, name)
        return found

    def one(self, tag: str, name: str = "") -> Element:
        (found,) = self.all(tag, name)
        return found

    def with_id(self, name: str) -> Element:
        (found,) = [each for each in self.every() if each.attributes.get("id") == name]
        return found

    def every(self) -> list[Element]:
        below = [child for child in self.children if isinstance(child, Element)]
        return below + [each for child in below for each in child.every()]


def typed(text: str) -> str:
    """Return a page's text with the signs that a keyboard has."""
    return text.translate(_TYPED)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _EMPTY:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _EMPTY:
            closed = self._open.pop()
            assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read(page: str) -> Element:
    """Return the page's root. Every element must be closed, in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader._open == [reader.root]
    return reader.root


def data_of(root: Element) -> Any:  # noqa: ANN401  (JSON)
    """Return what the page's script is given."""
    return json.loads("".join(str(child) for child in root.with_id("data").children))
