"""Make an environment for one release of OpenVINO: with uv if it is there, else with venv and pip."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.errors import EnvironmentUnusableError

from .environment import install_words, is_preview, packages
from .index import missing
from .running import run
from .tools import find_uv, has_pip, no_tool, own_pip, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .running import Ended

_CREATE_TIMEOUT_S = 300.0
_INSTALL_TIMEOUT_S = 1800.0

#: Wheels only: nothing is built, and no code of a package runs, to install it.
_WHEELS_ONLY = "--only-binary=:all:"


@dataclass(frozen=True, slots=True)
class Maker:
    """A way to make an environment: the tool's name, how it creates an empty one, and how it installs into it.

    Both are commands; the folder goes to the end of ``create``, and the packages to the end of ``install``.
    """

    name: str
    create: tuple[str, ...]
    install: Callable[[Path], tuple[str, ...]]


def makers() -> tuple[Maker, ...]:
    """Return the ways that are open here, the first choice first; the next serves where one fails."""
    found = []
    uv = find_uv()
    if uv is not None:
        create = (str(uv), "venv", "--quiet", "--python", sys.executable)
        found.append(Maker("uv", create, lambda python: (str(uv), "pip", "install", "--python", str(python))))
    venv = (sys.executable, "-P", "-m", "venv")
    if has_pip():
        found.append(Maker("pip", (*venv, "--without-pip"), lambda python: (*own_pip(python), "install")))
    elif importlib.util.find_spec("ensurepip") is not None:
        found.append(Maker("pip", venv, lambda python: (str(python), "-I", "-m", "pip", "--no-input", "install")))
    return tuple(found)


def interpreter_in(folder: Path) -> Path:
    """Return where the interpreter of an environment in ``folder`` is."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def make(version: str, folder: Path, say: Callable[[str], None], ways: tuple[Maker, ...] | None = None) -> str:
    """Make an environment with OpenVINO ``version`` in ``folder``, and return the name of the tool that did.

    OpenVINO GenAI of the same release is added where there is one. Raises `EnvironmentUnusableError`, and leaves no
    folder behind: for a version that the index has not, or not for this Python; an index that cannot be reached; no
    tool; and with the tool's own words for all else.
    """
    ways = makers() if ways is None else ways
    if not ways:
        raise no_tool()
    try:
        return _make_somehow(ways, version, folder, say)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make_somehow(ways: tuple[Maker, ...], version: str, folder: Path, say: Callable[[str], None]) -> str:
    failures: list[tuple[str, Ended]] = []
    for way in ways:
        shutil.rmtree(folder, ignore_errors=True)
        failed = _make(way, version, folder)
        if failed is None:
            _add_genai(way, version, folder, say)
            return way.name
        failures.append((way.name, failed))
    raise _explained(version, folder, failures)


def _make(way: Maker, version: str, folder: Path) -> Ended | None:
    """Make it in one way, and return the command that failed, if one did."""
    created = run((*way.create, str(folder)), timeout_s=_CREATE_TIMEOUT_S, environment=surroundings())
    if not created.ok:
        return created
    installed = _install(way, folder, packages(version))
    return None if installed.ok else installed


def _install(way: Maker, folder: Path, wanted: tuple[str, ...]) -> Ended:
    command = (*way.install(interpreter_in(folder)), _WHEELS_ONLY, *wanted)
    return run(command, timeout_s=_INSTALL_TIMEOUT_S, environment=surroundings())


def _add_genai(way: Maker, version: str, folder: Path, say: Callable[[str], None]) -> None:
    # Its versions have a fourth number, and its tokenizers come with it. Nightly ones are numbered in yet another way.
    if is_preview(version):
        return
    number = version.partition("+")[0].partition(".post")[0]
    added = _install(way, folder, (*packages(version), f"openvino-genai=={number}.*"))
    if not added.ok:
        say(f"there is no OpenVINO GenAI for OpenVINO {version} here: arms that generate with it cannot run there")


def _explained(version: str, folder: Path, failures: list[tuple[str, Ended]]) -> EnvironmentUnusableError:
    """Return the error for an environment that no tool could make; the index is asked for the reason first.

    Through what was made in ``folder``, which may have the only pip there is. Raises it, too, where the index is the
    reason.
    """
    said = "\n".join(f"  {name} said:\n{ended.words}" for name, ended in failures)
    python = interpreter_in(folder)
    reason = missing(version, python) if python.exists() else None
    return reason or EnvironmentUnusableError(
        f"No environment with OpenVINO {version} can be made.\n{said}",
        remedy="See the words above; or make one by hand, and name its interpreter: python -m venv ENV, then "
        f"ENV/bin/{install_words(version)}",
    )
