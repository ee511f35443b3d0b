"""A real browser that opens pages from disk, and sees whatever they say, ask for or get wrong."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from pytest_ovperf.reports.html.page import comparison_page, report_page
from pytest_ovperf.runs.of_figures import figure_views, ladder_views
from pytest_ovperf.runs.of_layers import layers_views
from tests.unit.reports import run_examples as examples
from tests.unit.reports.figure_examples import FIGURES, LADDER
from tests.unit.reports.layer_examples import LOST, SAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

#: What Chromium is called, by who packages it.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE = {"width": 390, "height": 844}


@dataclass
class Opened:
    """An open page, with every message, error and request since it was opened."""

    page: Page
    address: str
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        """Nothing was said on the console, and nothing was asked for but the file itself."""
        assert self.messages == []
        assert set(self.requests) == {self.address}

    def until(self, condition: str) -> None:
        """Wait until an expression of the page holds: its policy forbids the evaluating that playwright waits with."""
        for _ in range(600):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"this never came to hold: {condition}")

    def names(self, sheet: str = "#comparisons") -> list[str]:
        """Return the rows that can be seen, by name and in order."""
        return self.page.locator(f"{sheet} tbody .toggle:visible").all_inner_texts()

    def row(self, name: str) -> str:
        """Return the selector of the row of that name."""
        anchor = self.page.locator("tbody", has=self.page.get_by_role("button", name=name, exact=True))
        return f"#{anchor.get_attribute('id')}"

    def open_row(self, name: str) -> str:
        """Open a row, wait until its pictures are drawn, and return its selector."""
        row = self.row(name)
        self.page.locator(f"{row} .toggle").click()
        for place in range(self.page.locator(f"{row} .plot").count()):
            self.page.locator(f"{row} .plot").nth(place).locator("svg.main-svg").first.wait_for()
        return row


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium: none of {', '.join(_NAMES)} is there")
    with playwright.sync_playwright() as driver:
        # In a container the tests run as root, for whom Chromium has no sandbox; they open their own files only.
        launched = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the files of both pages."""
    folder = tmp_path_factory.mktemp("pages with a space and ü")
    files = {"report": folder / "report.html", "comparison": folder / "comparison.html"}
    suite = examples.suite_run()
    explained = layers_views([LOST, SAME])
    run = replace(
        suite,
        comparisons=tuple(
            replace(view, layers=explained) if view.kind is examples.REGRESSED else view for view in suite.comparisons
        ),
        figures=figure_views(FIGURES),
        ladders=ladder_views([LADDER]),
    )
    files["report"].write_text(report_page(run), encoding="utf-8")
    files["comparison"].write_text(comparison_page(examples.compared()), encoding="utf-8")
    return files


@pytest.fixture
def visit(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Opened]]:
    """Return a function that opens ``report``, ``comparison`` or a file in a browser of its own choices."""
    contexts = []

    def open_page(which: str | Path, *, hash: str = "", **choices: object) -> Opened:  # noqa: A002  (the address's own word)
        context = browser.new_context(**choices)  # type: ignore[arg-type]  # playwright's own
        contexts.append(context)
        page = context.new_page()
        file = pages[which] if isinstance(which, str) else which
        opened = Opened(page, file.as_uri())
        page.on("console", lambda message: opened.messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: opened.messages.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url.partition("#")[0]))
        page.goto(opened.address + hash)
        return opened

    yield open_page
    for context in contexts:
        context.close()
