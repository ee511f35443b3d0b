"""What MkDocs does beside its own work: the reference pages are made, and files outside of ``docs`` are taken in.

A page may link to a file of the repository, such as a report in ``benchmarks``. On the code host that leads to the
file; in the site the file is a page of its own, below ``repository``.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from docsite.pages import write

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent
#: What a page links to or shows, in Markdown and in HTML; not what begins with a scheme or stays on the page.
_TARGET = re.compile(r"(?:(?<=\]\()|(?<=src=\")|(?<=set=\"))(?![a-z]+:|#)[^)\s\"#]+")
_DOCS = "docs/"
_TAKEN_IN = "repository/"


def on_pre_build(config: MkDocsConfig) -> None:
    """Write the pages that are made from the code."""
    write(Path(config.docs_dir))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, and every file of the repository that a page leads to, directly or through another."""
    files.append(File.generated(config, f"{_TAKEN_IN}CHANGELOG.md", content=_changelog()))
    waiting = list(files.documentation_pages())
    for page in waiting:  # grows while it is gone through
        for target in _TARGET.findall(page.content_string):
            path = _path(target, page.src_uri)
            uri = _in_site(path)
            if uri.startswith(_TAKEN_IN) and (ROOT / path).is_file() and files.get_file_from_path(uri) is None:
                taken = File.generated(config, uri, abs_src_path=str(ROOT / path))
                files.append(taken)
                waiting += [taken] if taken.is_documentation_page() else []
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links that cross the border of ``docs`` lead to where their targets are in the site."""
    del config, files
    here = page.file.src_uri

    def moved(found: re.Match[str]) -> str:
        path = _path(found[0], here)
        crosses = path.startswith(_DOCS) == here.startswith(_TAKEN_IN)
        return posixpath.relpath(_in_site(path), posixpath.dirname(here)) if crosses else found[0]

    return _TARGET.sub(moved, markdown)


def _path(target: str, page: str) -> str:
    """Return the path in the repository of what a page of the site leads to."""
    here = page.removeprefix(_TAKEN_IN) if page.startswith(_TAKEN_IN) else _DOCS + page
    return posixpath.normpath(posixpath.join(posixpath.dirname(here), target))


def _in_site(path: str) -> str:
    """Return where a file of the repository is in the site."""
    return path.removeprefix(_DOCS) if path.startswith(_DOCS) else _TAKEN_IN + path


def _changelog() -> str:
    """Return the changelog, with what is not released yet before what is."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    head, marker, released = text.partition("<!-- towncrier release notes start -->")
    types = ("removal", "feature", "bugfix", "doc", "misc")
    fragments = [path for kind in types for path in sorted((ROOT / "changelog.d").glob(f"*.{kind}*.md"))]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    waiting = "\n".join("- " + "\n  ".join(path.read_text(encoding="utf-8").strip().splitlines()) for path in fragments)
    return f"{head}{marker}\n\n## Not released yet (after {version})\n\n{waiting}\n\n{released}"
