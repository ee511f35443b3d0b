"""Which releases a search is about: what was named, put in order and checked before anything is made or measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_ovperf.environments.asked import Release, parse
from pytest_ovperf.environments.environment import is_preview, version_key
from pytest_ovperf.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.errors import EnvironmentUnusableError


@dataclass(frozen=True, slots=True)
class Candidates:
    """The ``releases`` of a search in their order, from the good one to the bad one.

    ``found`` has the environments that are there already, by release: this one, and those that were named by a path.
    """

    releases: tuple[str, ...]
    found: Mapping[str, Environment]

    @property
    def good(self) -> str:
        """The good end."""
        return self.releases[0]

    @property
    def bad(self) -> str:
        """The bad end."""
        return self.releases[-1]


@dataclass(slots=True)
class Sources:
    """What there is to choose from; all of it can be replaced.

    ``own`` is the environment of this process. ``look`` returns the environment of an interpreter, ``offered`` the
    releases of the package index, ``missing`` why it cannot give one of these (``None`` if it can), and ``is_kept``
    tells whether an environment was made for a release before.
    """

    own: Environment
    look: Callable[[Path], Environment]
    offered: Callable[[], tuple[str, ...]]
    missing: Callable[[str], EnvironmentUnusableError | None]
    is_kept: Callable[[str], bool]
    _offered: tuple[str, ...] | None = field(default=None, init=False)

    @property
    def index(self) -> tuple[str, ...]:
        """The releases of the package index, asked for once."""
        if self._offered is None:
            self._offered = self.offered()
        return self._offered


def candidates(good: str, bad: str, versions: str | None, sources: Sources) -> Candidates:
    """Return the releases from ``good`` to ``bad``, both named as users do; ``versions`` separates them by commas.

    Without ``versions``, they are those that the package index offers. The good one may be the newer one: the order
    then goes back in time. Raises `SettingsError` and `EnvironmentUnusableError`.
    """
    asked = [parse(good), parse(bad)]
    named = [] if versions is None else [parse(each) for each in versions.split(",")]
    for option, end in zip(("--good", "--bad"), asked, strict=True):
        if named and end not in named:
            raise SettingsError(
                f"{option}={_text(end)} is not among --versions={versions}.",
                remedy=f"Name it there, too: --versions={_text(end)},{versions}",
            )
    found: dict[str, Environment] = {sources.own.openvino: sources.own}
    ends = [_release(each, found, sources) for each in asked]
    if ends[0] == ends[1]:
        raise SettingsError(
            f"--good and --bad are the same release, OpenVINO {ends[0]}.", remedy="Name two that differ in speed."
        )
    releases = {*ends, *(_release(each, found, sources) for each in named)}
    if versions is None:
        releases |= {each for each in sources.index if _is_between(each, ends)}
    return Candidates(_ordered(releases, ends, sources, found), found)


def _ordered(
    releases: set[str], ends: Sequence[str], sources: Sources, found: Mapping[str, Environment]
) -> tuple[str, ...]:
    ordered = sorted(releases, key=version_key, reverse=version_key(ends[0]) > version_key(ends[1]))
    outside = [each for each in ordered if each not in ends and not _is_between(each, ends)]
    if outside:
        raise SettingsError(
            f"--versions names {', '.join(outside)}, and the search is from {ends[0]} to {ends[1]}.",
            remedy="Leave them out, or let --good and --bad be the first and the last of them.",
        )
    for release in ordered:
        if release not in found and not sources.is_kept(release):
            _require_offered(release, sources)
    return tuple(ordered)


def _require_offered(release: str, sources: Sources) -> None:
    """Raise `EnvironmentUnusableError` for a release of which no environment can be made."""
    if not is_preview(release) and release in sources.index:
        return
    why = sources.missing(release)
    if why is not None:
        raise why


def _release(asked: Release | Path, found: dict[str, Environment], sources: Sources) -> str:
    """Return the release that was named; what a path names is looked at, and put among ``found``."""
    if isinstance(asked, Release):
        return asked.version
    known = next((each for each in found.values() if each.python == asked), None)
    environment = known or sources.look(asked)
    other = found.get(environment.openvino)
    if other is not None and other is not environment and other is not sources.own:
        raise SettingsError(
            f"{other.python} and {environment.python} are both OpenVINO {environment.openvino}.",
            remedy="Leave one of them out.",
        )
    found[environment.openvino] = environment
    return environment.openvino


def _is_between(release: str, ends: Sequence[str]) -> bool:
    low, high = sorted(map(version_key, ends))
    return low < version_key(release) < high


def _text(asked: Release | Path) -> str:
    return asked.version if isinstance(asked, Release) else str(asked)
