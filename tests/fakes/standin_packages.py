"""Stands in for OpenVINO and what it needs: packages of one module each, in a new environment or as wheels."""

from __future__ import annotations

import sys
import venv
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OPENVINO = """
def get_version():
    return "{version}-7-abc-releases"

class Tensor:
    def __init__(self, array):
        self.data = array
"""
_NUMPY = """
__version__ = "{version}"
float32 = "float32"

class Array(list):
    tolist = list.copy

def arange(first, last, dtype):
    return Array(range(int(first), int(last)))
"""
_MODULES = {"openvino": _OPENVINO, "numpy": _NUMPY}

#: Its tensors hold other numbers than they were given.
MISREADS = _OPENVINO.replace("= array", "= type(array)()")


def contents(name: str, version: str, module: str | None = None) -> dict[str, str]:
    """Return the files of the package ``name``; ``module`` takes the place of its usual text."""
    text = _MODULES.get(name, "") if module is None else module
    return {
        f"{name}/__init__.py": text.replace("{version}", version),
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }


def standin_environment(folder: Path, versions: Mapping[str, str], **modules: str) -> Path:
    """Make an environment without pip that has these packages, and return its interpreter.

    ``modules`` are texts of packages that are not the usual ones.
    """
    venv.create(folder, symlinks=sys.platform != "win32")
    windows = sys.platform == "win32"
    number = "{}.{}".format(*sys.version_info)
    packages = folder / ("Lib/site-packages" if windows else f"lib/python{number}/site-packages")
    for name, version in versions.items():
        for path, text in contents(name, version, modules.get(name)).items():
            (packages / path).parent.mkdir(parents=True, exist_ok=True)
            (packages / path).write_text(text, encoding="utf-8")
    return folder / ("Scripts/python.exe" if windows else "bin/python")


def standin_wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any") -> None:
    """Write the package as a wheel into ``folder``."""
    about = f"{name}-{version}.dist-info"
    files = contents(name, version)
    files[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
    files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
