"""Which files a user means: paths, folders, patterns, and the numbers and names of pytest-benchmark's storage.

The storage (``.benchmarks``) has a folder for each kind of machine, and in it files such as ``0003_name.json``.
"""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from pathlib import Path

from pytest_ovperf.errors import RunFileError

#: Where pytest-benchmark keeps runs unless told otherwise.
DEFAULT_STORAGE = ".benchmarks"

_SCHEME = "file://"
_ANY_SCHEME = re.compile(r"[\w+.-]+://")
_NUMBERED = re.compile(r"(\d+)(?:_(.*))?", re.DOTALL)
_NAMED_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """The files that one word of the command line stands for.

    ``by_time`` says that they are wanted oldest first, whatever their names; one file is in its place as it stands.
    """

    word: str
    paths: tuple[Path, ...]
    by_time: bool


def storage_folder(text: str) -> Path:
    """Return the folder that ``--storage`` names, with or without ``file://``.

    Raises `RunFileError` for a storage that is no folder of files.
    """
    plain = text.removeprefix(_SCHEME)
    if _ANY_SCHEME.match(plain):
        raise RunFileError(
            f"The storage {text!r} is not a folder, and no other storage can be read here.",
            remedy="Name a folder, such as --storage=.benchmarks, or give the runs as files.",
        )
    return Path(plain)


def find_runs(words: Sequence[str], storage: Path) -> tuple[Batch, ...]:
    """Return the files that each of ``words`` stands for, in the order of the words.

    A word is the path of a file or folder, or else a pattern, or else a number or a name in ``storage``. A file that
    has a word of its own is left out where a folder or pattern holds it too.
    Raises `RunFileError` for a word that stands for nothing, or for a number or name that stands for several runs.
    """
    batches = [_batch(word, storage) for word in words]
    taken = {path.resolve() for batch in batches if not batch.by_time for path in batch.paths}
    kept: list[Batch] = []
    for batch in batches:
        if not batch.by_time:
            kept.append(batch)
            continue
        own = {path.resolve(): path for path in batch.paths if path.resolve() not in taken}
        taken.update(own)
        kept.append(Batch(batch.word, tuple(own.values()), by_time=True))
    return tuple(kept)


def short_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return for each path the shortest end of it, without its suffix, that no other of the paths shares."""
    distinct = list(dict.fromkeys(paths))
    names: dict[Path, str] = {}
    for depth in range(1, max((len(path.parts) for path in distinct), default=0) + 1):
        waiting = [path for path in distinct if path not in names]
        taken = Counter(_tail(path, depth) for path in waiting)
        names.update({path: _tail(path, depth) for path in waiting if taken[_tail(path, depth)] == 1})
    return {path: names.get(path, str(path)) for path in distinct}


def _tail(path: Path, depth: int) -> str:
    return "/".join((*path.parts[:-1], path.stem)[-depth:])


def _batch(word: str, storage: Path) -> Batch:
    path = Path(word.removeprefix(_SCHEME))
    if not word.strip():
        raise RunFileError("An empty word names no run.", remedy="Is a variable of your shell or your CI not set?")
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise RunFileError(
            f"{word!r} cannot be looked up: {error.strerror or error}.", remedy="Check the name and who may read it."
        ) from error
    if is_folder:
        return Batch(word, _files_of(path), by_time=True)
    if is_file:
        return Batch(word, (path,), by_time=False)
    if glob.has_magic(word):
        return Batch(word, _matching(word, storage), by_time=True)
    return Batch(word, (_stored(word, storage),), by_time=False)


def _files_of(folder: Path) -> tuple[Path, ...]:
    """Return the JSON files of a folder and of the folders directly in it."""
    found = _json_files(folder)
    if not found:
        raise RunFileError(
            f"The folder {folder} holds no JSON file, nor do the folders in it.",
            remedy="Name a folder that pytest --benchmark-autosave has saved runs in, or the runs' files.",
        )
    return found


def _json_files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted({path for depth in ("*.json", "*/*.json") for path in folder.glob(depth) if path.is_file()}))


def _matching(pattern: str, storage: Path) -> tuple[Path, ...]:
    """Return the files that a pattern matches from the current folder, or else within the storage."""
    root = glob.escape(str(storage))
    for place in (pattern, f"{root}/{pattern}", f"{root}/*/{pattern}"):
        files = sorted(glob.glob(place, recursive=True))  # noqa: PTH207  (pathlib takes no absolute pattern)
        found = [path for path in map(Path, files) if path.is_file()]
        if found:
            return tuple(found)
    raise RunFileError(
        f"No file matches {pattern!r}, neither from here nor in the storage {storage}.",
        remedy=_remedy(storage),
    )


def _stored(word: str, storage: Path) -> Path:
    """Return the one run in the storage that a number or a name stands for."""
    kept = _json_files(storage)
    folder, _, name = word.replace("\\", "/").rpartition("/")
    here = [path for path in kept if not folder or path.parent.name == folder]
    found = [path for path in here if _is_called(path, name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise RunFileError(
            f"{word!r} stands for {len(found)} runs in the storage {storage}: {_listing(found)}.",
            remedy=f'Name one of them by its path, or take all of them with a pattern in quotes: "*{name}*"',
        )
    raise RunFileError(
        f"There is no file {word!r}, and no run of that number or name in the storage {storage}.",
        remedy=_remedy(storage),
    )


def _is_called(path: Path, word: str) -> bool:
    """Tell whether ``word`` is a file's name, with or without ``.json``, or one of the two parts of it."""
    wanted = word.removesuffix(".json")
    if path.stem == wanted:
        return True
    parts = _NUMBERED.fullmatch(path.stem)
    if parts is None:
        return False
    same_number = wanted.isdecimal() and int(parts[1]) == int(wanted)
    return same_number or parts[2] == wanted


def _remedy(storage: Path) -> str:
    kept = _json_files(storage)
    if not kept:
        return "Name a file, or the storage with --storage=DIR; pytest --benchmark-autosave saves a run there."
    return f"Name a file, or one of the storage's runs: {_listing(kept)}."


def _listing(paths: Sequence[Path]) -> str:
    """Name the last of some files: numbers rise, so these are the newest."""
    shown = [f"{path.parent.name}/{path.stem}" for path in paths[-_NAMED_AT_MOST:]]
    return ", ".join((["…"] if len(paths) > _NAMED_AT_MOST else []) + shown)
