"""Make README's pictures anew from what real runs left in ``docs/pictures/runs``.

    python -m benchmarks.pictures --record -- --ov-device=CPU    measure first: run the suite, and keep the run
    python -m benchmarks.pictures                                draw what is kept

Recording runs pytest as a user does, keeps the run as pytest-benchmark's file (without every single time) and what the
terminal showed. Drawing takes the newest run for the terminal and the report, and all of them for the comparison; each
is photographed in headless Chromium in light and in dark. Needs ``pip install -e '.[all,test]'`` and Chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from pytest_ovperf.reports.html.page import comparison_page, report_page
from pytest_ovperf.runs.reading import read_runs
from pytest_ovperf.runs.storage import find_runs
from pytest_ovperf.verdict.comparing import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Browser

Theme = Literal["light", "dark"]

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
RUNS = PICTURES / "runs"
COLUMNS = 100
SECTION = "OpenVINO performance"
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
#: Ground, ink, frame, and the eight colours of a terminal in their usual order, as the report has them.
THEMES: dict[Theme, tuple[str, str, str, tuple[str, ...]]] = {
    "light": (
        "#ffffff",
        "#1a2026",
        "#d0d7de",
        ("#1a2026", "#a32113", "#1d6b5f", "#8f6200", "#1b57c4", "#7a3fa0", "#116f85", "#5e6873"),
    ),
    "dark": (
        "#14171a",
        "#e7eaed",
        "#30363d",
        ("#e7eaed", "#ff9580", "#74cdb6", "#e6bb62", "#8db6ff", "#d2a8ff", "#7fd3e0", "#99a3ad"),
    ),
}


def record(arguments: Sequence[str]) -> None:
    """Run pytest and keep the run and its terminal, numbered after those that are there."""
    RUNS.mkdir(parents=True, exist_ok=True)
    name = f"{len(list(RUNS.glob('*.json'))) + 1:04}"
    with tempfile.TemporaryDirectory(prefix="ovperf-pictures-") as storage:
        command = ["pytest", *arguments]
        kept = ["--color=yes", "--benchmark-save=run", f"--benchmark-storage={storage}"]
        done = subprocess.run(  # noqa: S603  (this project's own suite)
            [sys.executable, "-m", *command, *kept],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": str(COLUMNS)},
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        found = list(Path(storage).rglob("*.json"))
        if not found:
            sys.exit(f"Nothing was measured.\n{done.stdout}{done.stderr}")
        shutil.copy(found[0], RUNS / f"{name}.json")
    shown = " ".join(word for word in command if not word.startswith("--ov-cache-dir"))  # of this machine only
    text = f"$ {shown}\n\n{summary_of(done.stdout)}\n"
    (RUNS / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")


def summary_of(output: str) -> str:
    """Return the section of ours, up to pytest's own next one."""
    lines = output.splitlines()
    starts = [place for place, line in enumerate(lines) if SECTION in line]
    if not starts:
        sys.exit(f"The terminal shows no section {SECTION!r}.")
    section = lines[starts[0] :]
    ends = [place for place, line in enumerate(section[1:], 1) if _ESCAPE.sub("", line).startswith("====")]
    return "\n".join(section[: ends[0] + 1 if ends else None])


def terminal_page(text: str, theme: Theme) -> str:
    """Return a page that shows ``text`` as a terminal would."""
    ground, ink, frame, colours = THEMES[theme]
    console = Console(file=StringIO(), record=True, width=COLUMNS, force_terminal=True, color_system="standard")
    for line in text.splitlines():
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ignore", crop=False)
    named = list(map(_rgb, colours))
    palette = TerminalTheme(_rgb(ground), _rgb(ink), named, named)
    body = console.export_html(theme=palette, inline_styles=True, code_format="{code}")
    style = (
        "body { margin: 0; background: transparent } pre { display: inline-block; margin: 0; padding: 22px 26px; "
        f"border: 1px solid {frame}; border-radius: 10px; background: {ground}; color: {ink}; "
        "font: 14px/1.45 'DejaVu Sans Mono', Menlo, Consolas, monospace }"
    )
    return f"<!doctype html><meta charset=utf-8><title>{SECTION}</title><style>{style}</style><pre>{body}</pre>"


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def photograph(browser: Browser, name: str, pages: dict[Theme, str], *, height: int | None) -> None:
    """Keep a picture of each page: of what a window of ``height`` shows, or of the terminal as large as it is."""
    for theme, text in pages.items():
        context = browser.new_context(
            viewport={"width": 1240, "height": height or 900}, color_scheme=theme, device_scale_factor=1.5
        )
        page = context.new_page()
        page.set_content(text)
        path = PICTURES / f"{name}-{theme}.png"
        if height is None:
            page.locator("pre").screenshot(path=path, omit_background=True)
        else:
            page.locator("#comparisons .toggle").first.click()
            plots = page.locator(".open .plot")
            for place in range(plots.count()):
                plots.nth(place).locator("svg.main-svg").first.wait_for()
            page.mouse.move(0, 0)
            page.screenshot(path=path)
        context.close()
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e3:.0f} kB")


def draw() -> None:
    """Photograph the terminal, the report and, of several runs, their comparison."""
    runs = read_runs(find_runs([str(path) for path in sorted(RUNS.glob("*.json"))], RUNS)).runs
    if not runs:
        sys.exit(f"No run is kept in {RUNS}: record one.")
    shown = max(RUNS.glob("*.txt")).read_text(encoding="utf-8")
    report = report_page(runs[-1])
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        photograph(browser, "terminal", {theme: terminal_page(shown, theme) for theme in THEMES}, height=None)
        photograph(browser, "report", dict.fromkeys(THEMES, report), height=1500)
        if len(runs) > 1:
            compared = comparison_page(compare(runs))
            photograph(browser, "comparison", dict.fromkeys(THEMES, compared), height=1500)
        browser.close()


def main() -> None:
    """Record if asked to, then draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="run pytest first, with the arguments that follow")
    parser.add_argument("arguments", nargs="*", help="for pytest, behind --")
    options = parser.parse_args()
    if options.record:
        record(options.arguments)
    draw()


if __name__ == "__main__":
    main()
