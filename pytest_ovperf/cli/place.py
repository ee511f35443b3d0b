"""Where the command looks and writes: the cache folder that a run of the tests would use, and the terminal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.hooks.cache_dir import cache_dir_of_project, default_cache_dir

if TYPE_CHECKING:
    import argparse

#: Cells below which a text is left to the terminal to break.
_NARROWEST = 40


def add_cache_dir(action: argparse.ArgumentParser, what: str, *also: str) -> None:
    """Add the option ``--ov-cache-dir`` to an action; ``what`` says what is in the folder, ``also`` its other names."""
    action.add_argument(
        "--ov-cache-dir",
        *also,
        type=lambda text: Path(text).expanduser().resolve(),
        metavar="DIR",
        help=f"{what} (default: ov_cache_dir of the project's ini file, else {default_cache_dir()})",
    )


def cache_dir(options: argparse.Namespace) -> Path:
    """Return the folder that was asked for, else the one that pytest would use here.

    Raises `SettingsError` for an ini file that cannot be read.
    """
    asked: Path | None = options.ov_cache_dir
    return asked or cache_dir_of_project(Path.cwd())


def width() -> int:
    """Return the cells of a line on standard output."""
    return max(shutil.get_terminal_size().columns, _NARROWEST)


def encoding() -> str:
    """Return what standard output takes."""
    return sys.stdout.encoding or "ascii"


def shows_colours() -> bool:
    """Ask rich, which knows of pipes, NO_COLOR, FORCE_COLOR and dumb terminals."""
    from rich.console import Console  # noqa: PLC0415  (rich is imported when there is something to show)

    console = Console(file=sys.stdout)
    return console.color_system is not None and not console.no_color and not console.legacy_windows
