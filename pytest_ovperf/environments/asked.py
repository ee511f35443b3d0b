"""What names another environment: the path of its interpreter or folder, or a release of OpenVINO to make one with."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from pytest_ovperf.errors import EnvironmentUnusableError

from .environment import OLDEST_RELEASE, VERSION_PATTERN, is_too_old, normalised

#: What to write instead.
REMEDY = "Name the interpreter of an environment that has OpenVINO, or a release, such as openvino==2025.4.1."

_EXACT = re.compile(rf"(?:openvino\s*===?\s*)?({VERSION_PATTERN})", re.IGNORECASE)
_REQUIREMENT = re.compile(r"[A-Za-z][\w.-]*\s*(?:\[.*\]\s*)?(?:[=<>!~]=|[<>@])")

#: Where an environment keeps its interpreter, by venv or conda, on any system; last, in its folder of programs.
_INTERPRETERS = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe", "python", "python3")


@dataclass(frozen=True, slots=True)
class Release:
    """A release of OpenVINO by its exact version."""

    version: str

    def __str__(self) -> str:
        return f"openvino=={self.version}"


def parse(text: str) -> Release | Path:
    """Return the release that ``text`` names, or the absolute path of the interpreter.

    ``openvino==2025.4.1`` and ``2025.4.1`` are releases, whatever files there are; ``./2025.4.1`` is a path. A path may
    be that of an environment's folder; a name without a folder is looked for among the programs. Links are kept: they
    are what tells an environment from the Python that it was made with. Raises `EnvironmentUnusableError`.
    """
    text = text.strip()
    exact = _EXACT.fullmatch(text)
    if exact is not None:
        return Release(_checked(exact.group(1)))
    if not text:
        raise EnvironmentUnusableError("Another environment is asked for, and none is named.", remedy=REMEDY)
    try:
        return _interpreter(text)
    except OSError as error:
        raise EnvironmentUnusableError(f"{text} cannot be looked at: {error}", remedy=REMEDY) from error


def _checked(version: str) -> str:
    if is_too_old(version):
        raise EnvironmentUnusableError(
            f"OpenVINO {version} is too old to be measured.", remedy=f"Name a release from {OLDEST_RELEASE} on."
        )
    return normalised(version)


def _interpreter(text: str) -> Path:
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:  # nobody is called so
            path = Path(text)
    if path.is_file():
        return path.absolute()
    if path.is_dir():
        return _inside(path.absolute())
    if path.is_symlink():
        raise EnvironmentUnusableError(
            f"{path} is a link to {path.readlink()}, which is gone: the Python that the environment was made with.",
            remedy="Make the environment anew. " + REMEDY,
        )
    if _REQUIREMENT.match(text) or text.lower() == "openvino":
        raise EnvironmentUnusableError(f"{text!r} does not name one release of OpenVINO.", remedy=REMEDY)
    program = shutil.which(text) if path.name == text else None
    if program is None:
        raise EnvironmentUnusableError(f"There is no Python interpreter {text}.", remedy=REMEDY)
    return Path(program).absolute()


def _inside(folder: Path) -> Path:
    for place in _INTERPRETERS:
        if (folder / place).is_file():
            return folder / place
    raise EnvironmentUnusableError(
        f"The folder {folder} holds no Python interpreter; looked for: {', '.join(_INTERPRETERS)}.", remedy=REMEDY
    )
