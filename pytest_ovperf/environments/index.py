"""Which releases of OpenVINO the package index offers, and for which Pythons."""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import EnvironmentUnusableError

from .environment import OLDEST_RELEASE, install_words, is_preview, is_too_old, python_words, version_key
from .running import run
from .tools import find_uv, has_pip, no_tool, own_pip, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TIMEOUT_S = 120.0

#: Fewer than pip's own: who is offline waits for each.
_RETRIES = "--retries=2"

#: The Pythons that may have a wheel where this one has none: those that workers run in.
_PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))

#: How many releases an error names.
_NAMED = 6

_OFFLINE = re.compile(
    r"connection|ssl|proxy|resol|timed out|timeout|dns|error sending request|failed to fetch|unreachable", re.IGNORECASE
)


def releases(python: Path) -> tuple[str, ...]:
    """Return the releases that pip's index offers for the interpreter ``python``, the oldest that can serve first.

    Previews are left out. Asks the index, through pip: that of this interpreter, of ``python`` itself, or one that uv
    runs. Raises `EnvironmentUnusableError` when there is no such tool, or when the index cannot be reached or has none.
    """
    return _offered(python, ())


def missing(version: str, python: Path) -> EnvironmentUnusableError | None:
    """Return why the index cannot give ``version`` to ``python``, of this one's kind; ``None`` if it lists it.

    Raises `EnvironmentUnusableError` as `releases` does.
    """
    pre = ("--pre",) if is_preview(version) else ()
    offered = _offered(python, pre)
    if version in offered:
        return None
    words = f"{python_words()} on {sysconfig.get_platform()}"
    elsewhere = [
        each for each in _PYTHONS if each != sys.version_info[:2] and version in _for_python(each, python, pre)
    ]
    if elsewhere:
        newest = ".".join(str(part) for part in elsewhere[-1])
        return EnvironmentUnusableError(
            f"OpenVINO {version} has no wheel for {words}; it has one for "
            f"{', '.join(python_words(each) for each in elsewhere)}.",
            remedy=f"Make an environment with such a Python, and name its interpreter: python{newest} -m venv ENV; "
            f"ENV/bin/{install_words(version)}",
        )
    near = nearest(version, offered)
    before = [each for each in near if version_key(each) < version_key(version)]
    return EnvironmentUnusableError(
        f"The package index has no OpenVINO {version} for {words}. The nearest that it has: {', '.join(near)}.",
        remedy=f"Name one of these, such as openvino=={(before or near[::-1])[-1]}.",
    )


def nearest(version: str, offered: Sequence[str], count: int = _NAMED) -> tuple[str, ...]:
    """Return the up to ``count`` of the ``offered`` versions that lie around ``version``, old to new."""
    ordered = sorted(offered, key=version_key)
    place = sum(version_key(each) < version_key(version) for each in ordered)
    first = max(0, min(place - count // 2, len(ordered) - count))
    return tuple(ordered[first : first + count])


def _for_python(version: tuple[int, int], python: Path, pre: tuple[str, ...]) -> tuple[str, ...]:
    """Return what there is for another Python of ``version``, asked with the pip that serves ``python``."""
    try:
        return _offered(python, (*pre, "--python-version", f"{version[0]}.{version[1]}"))
    except EnvironmentUnusableError:  # this Python has none at all
        return ()


def _offered(python: Path, options: tuple[str, ...]) -> tuple[str, ...]:
    said = ""
    for pip in _pips(python):
        ended = run(
            (*pip, "index", "versions", _RETRIES, *options, "openvino"),
            timeout_s=_TIMEOUT_S,
            environment=surroundings(),
        )
        found = _listed(ended.out)
        if found:
            return found
        said = said or ended.words
    if not said:
        raise no_tool()
    raise _useless(said)


def _useless(said: str) -> EnvironmentUnusableError:
    """Return the error for an index that gave no answer of use; ``said`` is what pip made of that."""
    what = "cannot be reached" if _OFFLINE.search(said) else f"gives no OpenVINO since {OLDEST_RELEASE}"
    return EnvironmentUnusableError(
        f"The package index {what}. pip said:\n{said}",
        remedy="Check the network, the proxy and pip's settings (python -m pip config list), or name the interpreter "
        "of an environment that has OpenVINO.",
    )


def _pips(python: Path) -> Iterator[tuple[str, ...]]:
    """Yield the ways to run pip for ``python``, the likeliest first."""
    if has_pip():
        yield own_pip(python)
    if python != Path(sys.executable):
        yield (str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input")
    uv = find_uv()
    if uv is not None:
        yield (str(uv), "tool", "run", "--python", str(python), "--from", "pip", "pip", "--no-input")


def _listed(printed: str) -> tuple[str, ...]:
    """Return the versions in what ``pip index versions`` printed, sorted; those too old to serve are left out."""
    found = re.search(r"^Available versions: (.*)$", printed, re.MULTILINE)
    versions = found.group(1).replace(" ", "").split(",") if found else []
    return tuple(sorted((each for each in versions if each and not is_too_old(each)), key=version_key))
