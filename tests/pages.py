"""The pages of the documentation and what they show, for the tests that hold them to it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [ROOT / "README.md", *DOCS.glob("**/*.md"), *ROOT.glob("benchmarks/*/README.md")],
    key=lambda path: path.as_posix(),
)
_TITLE = re.compile(r'title="([^"]+)"')
_NOTE = re.compile(r"<!-- example: (.+?) -->")


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page.

    ``title`` is the file that it is, empty where it is none. ``note`` says why it cannot run on every machine, from a
    comment ``<!-- example: … -->`` right before it.
    """

    page: Path
    line: int
    language: str
    title: str
    note: str
    source: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"


def build_site(folder: Path) -> None:
    """Build the site into ``folder``, without a warning."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, encoding="utf-8")  # noqa: S603
    assert built.returncode == 0, built.stdout + built.stderr


def name_of(page: Path) -> str:
    """Return the path of a page in the repository."""
    return page.relative_to(ROOT).as_posix()


def fences(page: Path) -> list[Fence]:
    """Return the fenced blocks of a page in their order."""
    found, note = [], ""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence":
            language, _, rest = token.info.partition(" ")
            title = _TITLE.search(rest)
            line = token.map[0] + 1 if token.map else 0
            found.append(Fence(page, line, language, title[1] if title else "", note, token.content))
        said = _NOTE.match(token.content) if token.type == "html_block" else None
        note = said[1] if said else ""
    return found


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands(source: str) -> list[list[str]]:
    """Return the words of each command in lines for a shell, one for each part of ``&&`` and ``;``."""
    found = []
    for line in source.replace("\\\n", " ").splitlines():
        words: list[str] = []
        for word in [*shlex.split(line, comments=True), ";"]:
            if word in ("&&", ";", "|"):
                found.append(words)
                words = []
            else:
                words.append(word)
    return [words for words in found if words]


def arguments_of(program: str, source: str) -> list[tuple[str, ...]]:
    """Return the arguments of each call of ``program``, by its name, its path or ``python -m``."""
    found = []
    for words in commands(source):
        for place, word in enumerate(words):
            if word == program or word.endswith(f"/{program}"):
                end = next((at for at, each in enumerate(words) if at > place and each in (">", ">>", "2>")), None)
                found.append(tuple(words[place + 1 : end]))
                break
    return found
