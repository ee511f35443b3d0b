"""The documentation's site in a real browser: on a desk and on a phone, from disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import PHONE
from tests.pages import build_site

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(folder)
    return folder


def test_no_page_scrolls_sideways_or_asks_for_anything_from_elsewhere(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wide = []
    for path in sorted(site.glob("**/*.html")):
        if path.name == "404.html":  # is for servers, and names what it needs from their root
            continue
        page.goto(path.as_uri())
        for size in (DESK, PHONE):
            page.set_viewport_size({"width": size["width"], "height": size["height"]})
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append((path.relative_to(site).as_posix(), size["width"]))
    page.close()
    assert wide == []
    assert [url for url in asked if not url.startswith((site.as_uri(), "data:"))] == []
