"""Windows programs through Wine: where it is, what it is run with, and how all of it is ended again.

A prefix of its own keeps the user's Wine out of it, and a process group of its own does not suffice to end it: Wine
keeps a server for each prefix, which is nobody's child.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Where distributions put what they leave out of the search path.
_LIBRARY_FOLDERS = ("/usr/lib/wine", "/usr/lib64/wine", "/opt/wine-stable/bin", "/opt/homebrew/bin", "/usr/local/bin")
_SERVER_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Wine:
    """One installation of Wine, used with one ``prefix``."""

    program: Path
    server: Path
    prefix: Path

    @classmethod
    def find(cls, prefix: Path) -> Wine | None:
        """Return the installed Wine that runs 64-bit programs, ``None`` if there is none."""
        # Debian's `wine` only tells on standard error that it lacks the 32-bit half, which nothing here needs.
        program = _program("wine64", "wine", "wine64-stable", "wine-stable")
        server = _program("wineserver", "wineserver64", "wineserver-stable")
        return None if program is None or server is None else cls(program, server, prefix)

    def version(self) -> str:
        """Return what it says of its version, empty if it says nothing."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            asked = subprocess.run(  # noqa: S603  (the program that was looked up)
                [str(self.program), "--version"],
                env=self.environment(),
                check=False,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SERVER_TIMEOUT_S,
            )
            return asked.stdout.strip()
        return ""

    def environment(self, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment of its programs: no screen, no debugger, no talk, and file names in UTF-8."""
        return {
            **inherited,
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Neither .NET nor a browser engine is offered for download, and a crash starts no debugger.
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winedbg.exe=d",
            "DISPLAY": "",
            "LC_ALL": "C.UTF-8",
        }

    def end(self) -> None:
        """End the prefix's server and with it every program in the prefix; nothing happens if none runs."""
        for order in ("-k", "-w"):  # end it, and wait until it has gone
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(  # noqa: S603  (the program that was looked up)
                    [str(self.server), order],
                    env=self.environment(),
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=_SERVER_TIMEOUT_S,
                )


def windows_path(path: Path) -> str:
    """Return how Wine's programs name a path of this system: its root is their drive ``Z:``."""
    return "Z:" + str(path.resolve()).replace("/", "\\")


def _program(*names: str) -> Path | None:
    for name in names:
        found = shutil.which(name)
        if found is None:
            found = shutil.which(name, path=os.pathsep.join(_LIBRARY_FOLDERS))
        if found is not None:
            return Path(found)
    return None
