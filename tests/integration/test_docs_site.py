"""The documentation as a site: it is built without a warning, holds every page, and fetches nothing from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from mkdocs.config import load_config

from tests.pages import DOCS, ROOT, build_site

if TYPE_CHECKING:
    from pathlib import Path

#: What makes a browser fetch something while a page is shown.
FETCHED = re.compile(
    r"<(?:script|link|img|source|iframe)\b[^>]*?\b(?:src|href|srcset)=[\"']?((?:https?:)?//[^\"'\s>]+)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    build_site(folder)
    return folder


def test_the_site_has_a_page_for_each_page(site: Path) -> None:
    for page in DOCS.glob("**/*.md"):
        name = page.relative_to(DOCS).with_suffix(".html")
        assert (site / (name.with_name("index.html") if page.name == "README.md" else name)).exists(), page


def test_every_page_can_be_reached_by_the_navigation() -> None:
    def pages(nav: list[object]) -> list[str]:
        found: list[str] = []
        for entry in nav:
            for each in entry.values() if isinstance(entry, dict) else [entry]:
                found += pages(each) if isinstance(each, list) else [str(each)]
        return found

    named = pages(load_config(str(ROOT / "mkdocs.yml"))["nav"])
    assert len(named) == len(set(named))
    assert {page.relative_to(DOCS).as_posix() for page in DOCS.glob("**/*.md")} == set(named) - {
        "repository/CHANGELOG.md"
    }


def test_a_file_of_the_repository_that_a_page_leads_to_is_in_the_site(site: Path) -> None:
    assert (site / "repository" / "benchmarks" / "detection" / "results" / "roc.svg").exists()
    assert 'href="../repository/benchmarks/detection/results/report.html"' in (
        site / "explanation" / "detection.html"
    ).read_text(encoding="utf-8")


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    for page in site.glob("**/*.html"):
        assert FETCHED.findall(page.read_text(encoding="utf-8")) == [], page
    for sheet in site.glob("**/*.css"):
        assert "url(http" not in sheet.read_text(encoding="utf-8")


def test_a_fetch_would_be_found_out() -> None:
    assert FETCHED.findall('<script defer src="https://example.org/a.js"></script>') == ["https://example.org/a.js"]
    assert FETCHED.findall('<a href="https://example.org">') == []
