"""What a user says of a model's data, found: cheap, and without importing anything of theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.arms import IMPORT_PATH
from pytest_ovperf.errors import ModelError

from .importable import require_function

if TYPE_CHECKING:
    from pytest_ovperf.models.spec import OwnData

#: The files of calibration data that a folder may hold.
CALIBRATION_SUFFIXES = (".npz", ".npy", ".txt")


def locate(data: OwnData, name: str, base: Path) -> OwnData:
    """Return ``data`` with its folder found from ``base``; ``name`` is the model's.

    Raises `ModelError` for functions that are nowhere, and for a folder that is not there or holds no calibration data.
    """
    for word in ("inputs", "score"):
        path = getattr(data, word)
        if path:
            require_function(path, f"{word}= of the model {name!r},")
    return replace(data, calibration=_calibration(data.calibration, name, base)) if data.calibration else data


def _calibration(given: str, name: str, base: Path) -> str:
    said = f"calibration= of the model {name!r}"
    try:
        folder = (base / Path(given).expanduser()).resolve()
        found = folder.exists()
        names = list(folder.iterdir()) if folder.is_dir() else []
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"{said}, {given!r}, cannot be read: {error}", remedy="Mend the path, or who may read it."
        ) from error
    if not found and IMPORT_PATH.fullmatch(given):
        require_function(given, f"{said},")
        return given
    if not folder.is_dir():
        raise ModelError(
            f"{said} is {given!r}, and there is no such folder: {folder}"
            if not found
            else f"{said} is the file {folder}, and not a folder.",
            remedy="Name a folder with calibration data, looked for from the root of the tests, or a function: "
            "shop.data:queries.",
        )
    if not any(path.suffix.lower() in CALIBRATION_SUFFIXES for path in names):
        raise ModelError(
            f"{said} is {folder}, which holds no calibration data.",
            remedy=f"It takes files of these kinds: {', '.join(CALIBRATION_SUFFIXES)}.",
        )
    return str(folder)
