"""GitHub's own places: the summary of a job, and errors at the line of the code that they are about.

A summary is Markdown appended to the file that GITHUB_STEP_SUMMARY names. An annotation is a line of the job's log that
begins with ``::error`` ("workflow commands" in GitHub's documentation); its escaping is that of GitHub's runner.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from pathlib import Path, PurePath  # noqa: TC003  (see above)

from pytest_ovperf.runs.view import RunView  # noqa: TC001  (see above)

from .markdown import run_markdown

#: GitHub refuses the whole summary of a step that is larger than 1 MiB.
SUMMARY_BYTES = 1024 * 1024
#: GitHub cuts a title at 255 characters and refuses a message of 64 KiB.
_TITLE_CHARACTERS = 250
_MESSAGE_CHARACTERS = 16_000
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """An error at a line: ``file`` is relative to the repository with forward slashes, ``line`` counts from 1."""

    file: str
    line: int
    title: str
    message: str


def error_command(annotation: Annotation) -> str:
    """Return the log line that makes GitHub show the annotation; it has no line break of its own."""
    properties = {
        "file": annotation.file,
        "line": str(annotation.line),
        "title": _cut(annotation.title, _TITLE_CHARACTERS),
    }
    written = ",".join(f"{name}={value.translate(_PROPERTY)}" for name, value in properties.items())
    return f"::error {written}::{_cut(annotation.message, _MESSAGE_CHARACTERS).translate(_DATA)}"


def repository_path(path: PurePath, roots: Sequence[PurePath]) -> str:
    """Return ``path`` from the first of ``roots`` that it lies in, with forward slashes; else whole.

    GitHub finds a file by its path from the repository's root, which need not be the one that pytest has.
    """
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.as_posix()


def append_summary(path: Path, run: RunView) -> bool:
    """Append the page of ``run`` to the summary at ``path``; false where what is there leaves no room for it.

    Raises `OSError` where the file cannot be written.
    """
    before = path.stat().st_size if path.exists() else 0
    page = run_markdown(run, max_bytes=SUMMARY_BYTES - before - len("\n\n"))
    if not page:
        return False
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(f"\n{page}\n" if before else f"{page}\n")  # what stands before may not end its paragraph
    return True


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"
