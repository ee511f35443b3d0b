"""The pages: templates, styles, scripts and data put together into one file that needs no network."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from . import data
from .payload import script_json
from .place import require_extra

__all__ = ["comparison_page", "report_page", "require_extra"]

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from pytest_ovperf.runs.compared import Compared
    from pytest_ovperf.runs.view import RunView

    from .content import Page

_HERE = Path(__file__).parent
_STYLES = ("light", "dark", "page", "table", "detail", "print")
_SCRIPTS = ("theme", "table", "pictures", "page")
#: What would end a script element early, in a library that is text to the page until it is needed.
_ENDS = re.compile(r"<(?=/script|!--)", re.IGNORECASE)


def report_page(run: RunView) -> str:
    """Return the report of one run as the text of an HTML file. Raises `ExtraMissingError`."""
    return _render(data.of_run(run))


def comparison_page(compared: Compared) -> str:
    """Return the comparison of runs as the text of an HTML file. Raises `ExtraMissingError`."""
    return _render(data.of_compared(compared))


def _render(page: Page) -> str:
    require_extra()
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            payload=_as_it_is(script_json(page.payload)),
            plotly=_as_it_is(_plotly()),
            styles={name: _as_it_is(_static(f"{name}.css")) for name in _STYLES},
            scripts={name: _as_it_is(_static(f"{name}.js")) for name in _SCRIPTS},
        )
    )


def _as_it_is(text: str) -> Markup:
    """Exempt from escaping what is ours, or has been made safe for the element that it stands in."""
    from markupsafe import Markup  # noqa: PLC0415  (comes with Jinja: only where a page is made)

    return Markup(text)  # noqa: S704  (see the docstring)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415  (only where a page is made)

    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,  # for every template, whatever its name
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _plotly() -> str:
    """Return plotly's library as text that no script element ends in."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  (brings five megabytes: only where a page is made)

    return _ENDS.sub(r"<\\", get_plotlyjs())


@cache
def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8").strip()
