"""The tools that fetch packages: pip and uv, where they are, and what must not lead them astray."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import EnvironmentUnusableError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Settings of the run around us that would pin, add or misplace packages of an environment that is not its own. Which
#: index to ask, through which proxy and with which certificates is left as it is.
_NOT_OURS = frozenset(
    {
        "CONDA_PREFIX",
        "PIP_BUILD_CONSTRAINT",
        "PIP_CONSTRAINT",
        "PIP_EDITABLE",
        "PIP_NO_DEPS",
        "PIP_PREFIX",
        "PIP_PYTHON",
        "PIP_REQUIREMENT",
        "PIP_REQUIRE_HASHES",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_ROOT",
        "PIP_TARGET",
        "PIP_USER",
        "UV_BUILD_CONSTRAINT",
        "UV_CONSTRAINT",
        "UV_OVERRIDE",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "UV_REQUIRE_HASHES",
        "VIRTUAL_ENV",
    }
)


def surroundings(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that pip and uv are run with."""
    return {
        name: value
        for name, value in environ.items()
        if name.upper() not in _NOT_OURS and not name.upper().startswith("PYTHON")
    }


def find_uv() -> Path | None:
    """Return the program uv: from the search path, or from beside this interpreter, ``None`` if there is none."""
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    return None if found is None else Path(found)


def has_pip() -> bool:
    """Tell whether this interpreter has pip; one of an environment made by uv has not."""
    return importlib.util.find_spec("pip") is not None


def own_pip(python: Path) -> tuple[str, ...]:
    """Return the command that has this interpreter's pip work on the environment of ``python``."""
    command = (sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input")
    return command if python == Path(sys.executable) else (*command, "--python", str(python))


def no_tool() -> EnvironmentUnusableError:
    """Return the error for a machine that has neither pip nor uv."""
    return EnvironmentUnusableError(
        f"There is neither uv nor pip to fetch OpenVINO with: {sys.executable} has no pip, and no uv is found.",
        remedy=f"Install one: {sys.executable} -m ensurepip, or your system's package of pip or uv.",
    )
