"""The NPUs that can be compiled for without one: their platform numbers, and the processors that have them.

The numbers are OpenVINO's ``NPU_PLATFORM``, the processors those of the table of supported platforms in the README of
OpenVINO's NPU plugin.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Platform → the processors that have it.
PLATFORMS: Mapping[str, str] = {
    "3720": "Meteor Lake, Arrow Lake",
    "4000": "Lunar Lake",
    "5010": "Panther Lake",
    "5020": "Wildcat Lake",
    "6010": "Nova Lake",
}

_BY_NAME = {re.sub(r"\s", "", name).lower(): number for number, names in PLATFORMS.items() for name in names.split(",")}
_DEVICE = re.compile(r"NPU\.(\d{4})")


def parse_platforms(text: str, option: str) -> tuple[str, ...]:
    """Return the platform numbers that ``text`` names, in order of first mention, each once.

    Separated by commas: numbers (``4000``, ``NPU4000``) or processors (``lunarlake``, ``Lunar Lake``). Raises
    `SettingsError` naming ``option`` for anything else.
    """
    return tuple(dict.fromkeys(_platform(word, text, option) for word in text.split(",")))


def _platform(word: str, text: str, option: str) -> str:
    plain = re.sub(r"[\s_.-]", "", word).lower()
    number = plain.removeprefix("npu")
    if number in PLATFORMS:
        return number
    if plain in _BY_NAME:
        return _BY_NAME[plain]
    near = difflib.get_close_matches(plain, [*_BY_NAME, *PLATFORMS], n=1)
    known = ", ".join(f"{each} ({names})" for each, names in PLATFORMS.items())
    seen = (
        f"{word.strip()!r} in {option}={text} is no NPU platform." if plain else f"{option}={text} has an empty place."
    )
    raise SettingsError(seen, remedy=f"{f'Did you mean {near[0]}? ' if near else ''}There are: {known}.")


def device_of(platform: str) -> str:
    """Return the device that stands for compiling for ``platform`` without running: ``NPU.4000``."""
    return f"NPU.{platform}"


def platform_of(device: str) -> str | None:
    """Return the platform that ``device`` stands for, ``None`` for a device that runs what it compiles."""
    found = _DEVICE.fullmatch(device)
    return found[1] if found and found[1] in PLATFORMS else None


def described(platform: str) -> str:
    """Return the platform with its processors: ``NPU 4000 (Lunar Lake)``."""
    return f"NPU {platform} ({PLATFORMS.get(platform, 'unknown')})"


def not_executed(platform: str) -> str:
    """Return what is said of whatever was compiled for ``platform``, and why nothing of it was run."""
    return f"compiled for NPU {platform}, not executed"


def none_executed(platforms: Iterable[str]) -> str:
    """Return what is said of whatever was compiled for these platforms, each once."""
    return "; ".join(map(not_executed, dict.fromkeys(platforms)))
