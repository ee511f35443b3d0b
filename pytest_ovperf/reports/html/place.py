"""Where a page is written: found out before anything is measured, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from pytest_ovperf.errors import ExtraMissingError, SettingsError

_EXTRA = "report"
_PACKAGES = ("jinja2", "plotly")


def require_extra() -> None:
    """Raise `ExtraMissingError` where a page could not be made."""
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise ExtraMissingError.of(package, _EXTRA, "An HTML report")


def check_place(path: Path, option: str) -> None:
    """Raise `SettingsError` where ``path``, which ``option`` named, cannot become a page; make its folder if need be.

    Raises `ExtraMissingError` where no page can be made at all.
    """
    require_extra()
    if path.is_dir():
        raise SettingsError(f"{option} names a folder: {path}.", remedy=f"Name a file: {option}={path / 'report.html'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "Permission denied", str(path))
    except OSError as error:
        raise _unwritable(path, option, error) from error


def write_page(text: str, path: Path, option: str) -> None:
    """Write a page as UTF-8. Where that fails, what stood there before still does, and it is a `SettingsError`."""
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="\n", delete=False) as file:
            part = Path(file.name)
            file.write(text)
        part.chmod(0o666 & ~_umask())  # a temporary file is its owner's only; a report is for others to read
        part.replace(path)
    except OSError as error:
        if part is not None:
            with suppress(OSError):
                part.unlink()
        raise _unwritable(path, option, error) from error


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _unwritable(path: Path, option: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"{option}: {path} cannot be written: {error.strerror or error}.",
        remedy=f"Let {option} name a file in a folder that can be written.",
    )
