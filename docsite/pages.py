"""Which pages are made, and writing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arms import arms_page
from .commands import commands_page
from .errors import errors_page
from .file_formats import file_formats_page
from .fixtures import fixtures_page
from .options import markers_page, options_page
from .python import python_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

#: The pages by the name of their file in ``reference``.
PAGES: Mapping[str, Callable[[], str]] = {
    "arms.md": arms_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "file-formats.md": file_formats_page,
    "fixtures.md": fixtures_page,
    "markers.md": markers_page,
    "options.md": options_page,
    "python.md": python_page,
}


def write(docs: Path) -> list[Path]:
    """Write every page that is not there as the code has it below ``docs``; return those that were written."""
    written = []
    for name, made in PAGES.items():
        path, text = docs / "reference" / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written
