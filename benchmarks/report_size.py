"""How large the comparison page gets, and how long it takes to make and to open: by default 50 runs of 200 comparisons.

    python benchmarks/report_size.py [--runs 50] [--comparisons 200] [--opens 5]

Opening is measured in headless Chromium, from disk, in a fresh context each time: until the page is laid out and its
scripts have run, and from pressing a row's button until its pictures are drawn for the first time, which reads the
plotting library. The sizes of that library and of one arm's layers are printed as well. Needs what the tests need
(``pip install -e '.[all,test]'``) and Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the examples are those of the tests

from playwright.sync_api import Browser, sync_playwright
from plotly.offline import get_plotlyjs

from pytest_ovperf.reports.html.page import comparison_page, report_page
from pytest_ovperf.runs.of_layers import layers_views
from tests.unit.reports import layer_examples
from tests.unit.reports.run_examples import CASES, comparison, many, run

_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"


def opened(browser: Browser, file: Path) -> tuple[float, float, float]:
    """Return the milliseconds to the first paint, to the page being ready, and to the first drawn detail."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(file.as_uri())
    while not page.evaluate(f"{_LOADED} > 0"):  # the page's policy forbids the evaluating that playwright waits with
        page.wait_for_timeout(20)
    ready, painted = page.evaluate(_LOADED), page.evaluate(_PAINTED)
    started = time.perf_counter()
    page.locator(".toggle").first.click()
    page.locator("tbody.open .of-samples svg.main-svg").first.wait_for()
    drawn = (time.perf_counter() - started) * 1e3
    context.close()
    return painted, ready, drawn


def size_of_layers(layers: int) -> int:
    """Return by how many bytes a page grows with the layers of one arm, each of them changed and timed."""
    view = comparison(CASES[2])
    explained = layers_views([layer_examples.many(layers)])
    pages = (report_page(run([replace(view, layers=known)])) for known in (explained, ()))
    with_layers, without = (len(page.encode()) for page in pages)
    return with_layers - without


def main() -> None:
    """Make the page, open it some times and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--opens", type=int, default=5)
    options = parser.parse_args()
    compared = many(options.runs, options.comparisons)
    started = time.perf_counter()
    text = comparison_page(compared)
    made = time.perf_counter() - started
    with tempfile.TemporaryDirectory(prefix="ovperf-page-") as folder, sync_playwright() as driver:
        file = Path(folder, "comparison.html")
        file.write_text(text, encoding="utf-8")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        times = list(zip(*(opened(browser, file) for _ in range(options.opens)), strict=True))
        browser.close()
        print(f"{options.runs} runs of {options.comparisons} comparisons: {file.stat().st_size / 1e6:.1f} MB")
    print(f"of these, plotly.js: {len(get_plotlyjs().encode()) / 1e6:.1f} MB")
    print(f"the layers of an arm that has 1500: {size_of_layers(1500) / 1e3:.0f} kB")
    print(f"made in {made:.2f} s")
    for what, values in zip(("first paint", "ready", "first detail drawn"), times, strict=True):
        print(f"{what}: {statistics.median(values):.0f} ms (median of {len(values)}, at most {max(values):.0f} ms)")


if __name__ == "__main__":
    main()
