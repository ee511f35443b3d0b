"""``ovperf cache`` for environments: those that ``--ov-against`` made for other releases of OpenVINO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ovperf.environments.entries import clear, entries
from pytest_ovperf.environments.environment import normalised
from pytest_ovperf.errors import CacheError
from pytest_ovperf.graphs.wording import count_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def list_environments(folder: Path, size: Callable[[float], str]) -> None:
    """Print the environments in the cache at ``folder``, one a line; nothing where there is none."""
    kept = entries(folder)
    width = max((len(entry.version) for entry in kept), default=0)
    for entry in kept:
        when = f"made {entry.made_on}" if entry.made_on else "unfinished"
        print(f"OpenVINO {entry.version:<{width}}  {entry.python}  {size(entry.bytes):>9}  {when}")
    if kept:
        total = size(sum(entry.bytes for entry in kept))
        print(f"{count_text(len(kept), 'environment')} of other releases, {total}, in {kept[0].folder.parent}")


def clear_environments(folder: Path, releases: Sequence[str], size: Callable[[float], str]) -> None:
    """Delete those of these releases (``2024.4.0``, ``openvino==2024.4.0``), or all. Raises `CacheError`."""
    versions = {normalised(each.lower().removeprefix("openvino==")) for each in releases}
    unknown = versions - {entry.version for entry in entries(folder)}
    if unknown:
        raise CacheError(
            f"{folder} has no environment with OpenVINO {', '.join(sorted(unknown))}.",
            remedy="See what it has: ovperf cache list",
        )
    removed = clear(folder, versions or None)
    freed = size(sum(entry.bytes for entry in removed))
    print(f"{count_text(len(removed), 'environment')} deleted, {freed} freed in {folder}")
