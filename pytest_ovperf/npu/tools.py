"""What hosting the NPU compiler needs from the system, and which package brings it."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.environments.tools import has_pip
from pytest_ovperf.errors import NpuCompilerError

if TYPE_CHECKING:
    from .wine import Wine

#: C compilers that make 64-bit programs for Windows, the first found is taken.
_C_COMPILERS = ("x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-gcc-posix", "x86_64-w64-mingw32-gcc-win32")
_PACKAGES = {
    "Wine": "apt install wine wine64 · dnf install wine-core · brew install --cask wine-stable",
    "mingw": "apt install gcc-mingw-w64-x86-64 · dnf install mingw64-gcc · brew install mingw-w64",
    "pip": "python -m ensurepip, or apt install python3-pip · dnf install python3-pip",
}
_MACHINES = ("x86_64", "amd64")


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing that is needed: what it is for, what was found (empty for nothing) and what brings it."""

    name: str
    purpose: str
    found: str
    brings: str


def tools(wine: Wine | None) -> tuple[Tool, ...]:
    """Return what setting the compiler up and running it need."""
    compiler = c_compiler()
    pip = has_pip()
    return (
        Tool("machine", "runs programs for x86-64", _machine(), "a machine with an x86-64 processor"),
        Tool("Wine", "runs OpenVINO's libraries for Windows", _shown(wine), _PACKAGES["Wine"]),
        Tool("mingw", "builds the small host program, once", str(compiler or ""), _PACKAGES["mingw"]),
        Tool("pip", "downloads OpenVINO's wheel for Windows, once", "pip" if pip else "", _PACKAGES["pip"]),
    )


def require(found: tuple[Tool, ...]) -> None:
    """Raise `NpuCompilerError` naming everything of ``found`` that is missing, and the packages that bring it."""
    missing = [tool for tool in found if not tool.found]
    if missing:
        named = "; ".join(f"{tool.name}, which {tool.purpose}" for tool in missing)
        raise NpuCompilerError(
            f"The NPU compiler cannot be set up here. Missing: {named}.",
            remedy=" and ".join(tool.brings for tool in missing) + "; then run ovperf npu-compiler install again.",
        )


def c_compiler() -> Path | None:
    """Return the C compiler for 64-bit Windows, ``None`` if none is found."""
    found = next(filter(None, map(shutil.which, _C_COMPILERS)), None)
    return None if found is None else Path(found)


def _machine() -> str:
    return platform.machine() if platform.machine().lower() in _MACHINES and sys.platform != "win32" else ""


def _shown(wine: Wine | None) -> str:
    if wine is None:
        return ""
    version = wine.version()
    return f"{wine.program} ({version})" if version else str(wine.program)
