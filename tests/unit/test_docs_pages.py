"""What README and the pages say there is: links, options, commands, files and modules that exist.

The examples of docs/ci.md have tests of their own.
"""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import pytest

from pytest_ovperf.cli import main as cli

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*/README.md")],
    key=lambda path: path.as_posix(),
)
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What towncrier takes for a type; a fragment with another one never gets into the changelog.
FRAGMENT = re.compile(r"\d+\.(feature|bugfix|doc|removal|misc)(\.\d+)?\.md")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def code(page: Path) -> list[str]:
    """Return what a page shows as code: spans, and the lines of fenced shell without their comments."""
    blocks = [source for language, source in FENCED.findall(page.read_text(encoding="utf-8")) if language in ("sh", "")]
    lines = [line.partition(" # ")[0].strip() for block in blocks for line in block.splitlines()]
    return [*re.findall(r"`([^`\n]+)`", prose(page)), *lines]


def anchors(page: Path) -> set[str]:
    """Return where links into a page may lead, as GitHub makes it of headings, and the anchors that it has itself."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    made = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', page.read_text(encoding="utf-8")))


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            there = (page.parent / path) if path else page
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target


@every_page
def test_every_option_of_pytest_exists(page: Path, request: pytest.FixtureRequest) -> None:
    parser = request.config._parser
    groups = (parser._anonymous, *parser._groups)
    known = {name for group in groups for option in group.options for name in option.names()}
    said = {word for each in code(page) for word in re.findall(r"--(?:ov|update|benchmark)-[a-z-]+[a-z]", each)}
    assert said <= known | {"--ov-name"}
    ini = {word for each in code(page) for word in re.findall(r"^(ov_[a-z_]+)", each)}
    assert ini <= set(parser._inidict)


@every_page
def test_every_command_and_option_of_ovperf_exists(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for each in code(page):
        words = shlex.split(each)[1:] if each.startswith("ovperf ") else []
        if words and not set("|…") & set(each):
            with contextlib.suppress(SystemExit):  # one that is only named has no arguments, and is refused for that
                cli._parser().parse_args(words)
            refused = re.search("invalid choice|unrecognized arguments", capsys.readouterr().err)
            assert not refused, each


@every_page
def test_every_file_and_module_of_ours_exists(page: Path) -> None:
    rooms = "benchmarks|suites|tests|docs|pytest_ovperf"
    for each in code(page):
        for path in re.findall(rf"(?:^|\s|\")((?:{rooms})/[\w./-]+\w)", each):
            assert (ROOT / path).exists() or path.startswith("tests/performance"), path
        for module in re.findall(rf"(?:-m |^)((?:{rooms})(?:\.\w+)+)", each):
            there = ROOT.joinpath(*module.split("."))
            parts = (there, there.with_suffix(".py"), there.parent.with_suffix(".py"))  # a function of a module, too
            assert any(part.exists() for part in parts), module


def test_readme_lists_every_page_once() -> None:
    listed = prose(ROOT / "README.md").partition("\n## Pages\n")[2].partition("\n## ")[0]
    pages = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")]
    assert sorted(re.findall(r"\]\((docs/[^)]+\.md)\)", listed)) == sorted(pages)


@pytest.mark.parametrize("fragment", sorted(path.name for path in (ROOT / "changelog.d").glob("*.md")))
def test_a_fragment_is_one_that_gets_into_the_changelog(fragment: str) -> None:
    assert FRAGMENT.fullmatch(fragment)


def test_a_page_without_what_is_checked_would_be_found_out() -> None:
    shown = [each for page in PAGES for each in code(page)]
    assert sum(each.startswith("ovperf ") for each in shown) > 20
    assert sum("--ov-" in each for each in shown) > 40
    assert sum("-m benchmarks." in each for each in shown) > 5
