"""What a machine's state says about measuring on it: one `Condition` for each thing that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

_T = TypeVar("_T")


class Rating(StrEnum):
    """What a condition means for a measurement.

    ``SUSPECT`` is harmless on many machines: its advice is worth following where the noise is higher than assumed.
    ``WRONG`` disturbs measurements anyhow. ``UNREADABLE`` is what this system does not tell.
    """

    FINE = "fine"
    SUSPECT = "suspect"
    WRONG = "wrong"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at: ``seen`` in words, ``values`` for scripts, ``advice`` where it could be better."""

    name: str
    rating: Rating
    seen: str
    advice: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


def unreadable(name: str) -> Condition:
    """Return the condition that stands for what this system does not tell."""
    return Condition(name, Rating.UNREADABLE, "not readable here")


def read_text(path: Path) -> str:
    """Return what a file of the kernel says, stripped; empty where it is absent, or refuses to be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def read_count(path: Path) -> int | None:
    """Return the whole number in a file of the kernel, ``None`` where there is none."""
    text = read_text(path)
    return int(text) if text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal() else None


def or_none(ask: Callable[[], _T]) -> _T | None:
    """Return the answer, or ``None`` where asking fails."""
    try:
        return ask()
    except Exception:  # noqa: BLE001  (one question that fails must not cost the answers to the others)
        return None


def percent(share: float) -> str:
    """Return a share with one decimal: ``3.1 %``."""
    return f"{share * 100:.1f} %"
