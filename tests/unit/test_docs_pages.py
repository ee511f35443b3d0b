"""What README and the pages say there is: links, options, commands, files and modules that exist.

The examples of docs/how-to/ci.md have tests of their own, and tests/integration/test_docs_examples.py runs the tests
that the pages show.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from docsite.pages import PAGES as MADE
from pytest_ovperf.cli import main as cli
from pytest_ovperf.metrics import Metric
from tests.pages import DOCS, PAGES, ROOT, Fence, arguments_of, fences, name_of, prose

if TYPE_CHECKING:
    from pathlib import Path

#: What towncrier takes for a type; a fragment with another one never gets into the changelog.
FRAGMENT = re.compile(r"\d+\.(feature|bugfix|doc|removal|misc)(\.\d+)?\.md")
SHELL = [fence for page in PAGES for fence in fences(page) if fence.language == "sh"]

every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def code(page: Path) -> list[str]:
    """Return what a page shows as code: spans, and the lines of fenced shell without their comments."""
    blocks = [fence.source for fence in fences(page) if fence.language in ("sh", "")]
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
            assert there.is_file(), target
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
    rooms = "benchmarks|suites|tests|docs|docsite|pytest_ovperf"
    for each in code(page):
        for path in re.findall(rf"(?:^|\s|\")((?:{rooms})/[\w./-]+\w)", each):
            assert (ROOT / path).exists() or path.startswith("tests/performance"), path
        for module in re.findall(rf"(?:-m |^)((?:{rooms})(?:\.\w+)+)", each):
            there = ROOT.joinpath(*module.split("."))
            parts = (there, there.with_suffix(".py"), there.parent.with_suffix(".py"))  # a function of a module, too
            exported = there.parent.joinpath("__init__.py")
            named = exported.exists() and f'"{there.name}"' in exported.read_text(encoding="utf-8")
            assert named or any(part.exists() for part in parts), module


# Commands


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to ask")
@pytest.mark.parametrize("fence", SHELL, ids=str)
def test_a_shell_block_is_shell(fence: Fence) -> None:
    checked = subprocess.run(  # noqa: S603  (nothing is executed: -n only reads)
        [shutil.which("bash") or "bash", "-n"], input=fence.source, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("fence", [each for each in SHELL if arguments_of("pytest", each.source)], ids=str)
def test_pytest_takes_every_command_line_of_a_shell_block(pytester: pytest.Pytester, fence: Fence) -> None:
    pytester.mkdir("tests").joinpath("performance").mkdir()
    for arguments in arguments_of("pytest", fence.source):
        here = [word.replace("/opt/old/bin/python", sys.executable) for word in arguments]  # has to be there
        assert pytester.parseconfigure(*here).getoption("ov_plan") == ("--ov-plan" in here or None)


@pytest.mark.parametrize("fence", [each for each in SHELL if arguments_of("ovperf", each.source)], ids=str)
def test_ovperf_takes_every_command_line_of_a_shell_block(fence: Fence) -> None:
    for arguments in arguments_of("ovperf", fence.source):
        assert cli._parser().parse_args(arguments).run


@pytest.mark.parametrize("fence", [each for each in SHELL if arguments_of("pip", each.source)], ids=str)
def test_an_extra_that_a_shell_block_installs_exists(fence: Fence) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for arguments in arguments_of("pip", fence.source):
        for word in arguments:
            named = re.fullmatch(r"(?:\.|pytest-ovperf)\[(.+)\]", word)
            assert named is None or set(named[1].split(",")) <= set(extras), word


# The pages together


def test_the_pages_that_are_made_from_the_code_are_as_the_code_has_them() -> None:
    stale = [
        name
        for name, made in MADE.items()
        if not (DOCS / "reference" / name).exists() or (DOCS / "reference" / name).read_text("utf-8") != made()
    ]
    assert not stale, "the code has changed since: python -m docsite, and look at git diff docs/reference"


def test_the_home_page_leads_to_every_page() -> None:
    home = DOCS / "README.md"
    listed = {(home.parent / path).resolve() for path in re.findall(r"\]\(([^)#\s]+)", prose(home))}
    pages = {page for page in DOCS.glob("**/*.md") if page.parent.name != "decisions" and page != home}
    assert pages <= listed


def test_every_decision_is_listed() -> None:
    listed = re.findall(r"\]\((\d+[^)]+)\)", prose(DOCS / "decisions" / "README.md"))
    assert listed == sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))


def test_the_metrics_are_those_of_the_code() -> None:
    page = prose(DOCS / "reference" / "metrics.md")
    table = re.findall(r"^\| `(\w+)` \| (\S+) \| .+ \| `(\w+)` \|$", page, re.MULTILINE)
    units = {"B": "bytes"}
    assert table == [(str(each), units.get(each.unit, str(each.unit)), str(each.workload)) for each in Metric]


@pytest.mark.parametrize("fragment", sorted(path.name for path in (ROOT / "changelog.d").glob("*.md")))
def test_a_fragment_is_one_that_gets_into_the_changelog(fragment: str) -> None:
    assert FRAGMENT.fullmatch(fragment)


def test_a_page_without_what_is_checked_would_be_found_out() -> None:
    shown = [each for page in PAGES for each in code(page)]
    assert sum(each.startswith("ovperf ") for each in shown) > 20
    assert sum("--ov-" in each for each in shown) > 40
    assert sum("-m benchmarks." in each for each in shown) > 5
    assert len([fence for fence in SHELL if arguments_of("pytest", fence.source)]) > 7
