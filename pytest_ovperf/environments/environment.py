"""What another environment is, and which releases and Pythons can serve as one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (see above)

#: The oldest release that arms are held to work with.
OLDEST_RELEASE = "2024.0.0"

#: The oldest Python that runs this package's workers; the same as in the package's own ``requires-python``.
OLDEST_PYTHON = (3, 11)

#: What a version looks like: numbers, then what marks a preview, a repaired release or a build of one's own.
VERSION_PATTERN = r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[a-z0-9.]+)?"

#: From this release on OpenVINO itself says which NumPy it works with. The one before says nothing, and misreads the
#: arrays of NumPy 2.
_SAYS_WHICH_NUMPY = "2024.1.0"

_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_RELEASE_PARTS = 3


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter that has OpenVINO and all that a worker needs, as it was probed.

    ``openvino`` is the release as pip names it. ``versions`` has those of Python and of the packages that matter, by
    the names of their distributions; that of ``openvino`` is the whole one that OpenVINO itself tells, build included,
    which a worker in this environment must tell, too.
    """

    python: Path
    openvino: str
    versions: Mapping[str, str]

    @property
    def label(self) -> str:
        """What reports call it."""
        return f"OpenVINO {self.openvino}"


def normalised(version: str) -> str:
    """Return ``version`` the way OpenVINO's releases are named, in three numbers: ``2025.4`` is ``2025.4.0``.

    That is how package indexes compare versions, too.
    """
    version = version.strip().lower()
    numbers = _numbers(version)
    rest = version[len(numbers) :]
    parts = numbers.split(".")
    while len(parts) > _RELEASE_PARTS and parts[-1] == "0":
        parts.pop()
    parts += ["0"] * (_RELEASE_PARTS - len(parts))
    return ".".join(parts) + rest


def is_preview(version: str) -> bool:
    """Tell whether ``version`` is one that comes before a release: a nightly build or a candidate."""
    return re.search(r"(?:a|b|rc|\.dev)\d+", version) is not None


def version_key(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Return what sorts versions from old to new; a preview comes before its release."""
    version = normalised(version)
    numbers = _numbers(version)
    return tuple(int(part) for part in numbers.split(".")), not is_preview(version), version[len(numbers) :]


def is_too_old(version: str) -> bool:
    """Tell whether ``version`` comes before `OLDEST_RELEASE`, whose own previews do not."""
    return version_key(version)[0] < version_key(OLDEST_RELEASE)[0]


def packages(version: str) -> tuple[str, ...]:
    """Return what a worker needs beside Python, with OpenVINO pinned to ``version``."""
    numpy = "numpy<2" if version_key(version) < version_key(_SAYS_WHICH_NUMPY) else "numpy"
    return (f"openvino=={version}", numpy, "psutil")


def install_words(version: str) -> str:
    """Return the command for an environment's ``python`` that installs these, to be typed into a shell."""
    return "python -m pip install " + " ".join(f'"{each}"' if "<" in each else each for each in packages(version))


def python_words(version: tuple[int, ...] | None = None) -> str:
    """Return a Python's name, such as ``Python 3.11``; that of this one without a ``version``."""
    return "Python " + ".".join(str(part) for part in version or sys.version_info[:2])


def _numbers(version: str) -> str:
    found = _NUMBERS.match(version)
    return found.group() if found else "0"
