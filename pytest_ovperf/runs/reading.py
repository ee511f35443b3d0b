"""Runs from files: what the user named is read, and what cannot be read is told apart from what can."""

from __future__ import annotations

import json
from collections.abc import Sequence  # noqa: TC003  (public annotations stay resolvable)
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  (public annotations stay resolvable)

from pytest_ovperf.errors import RunFileError

from .benchmark_json import view_of
from .foreign import kind_of_bytes, kind_of_document
from .storage import Batch, short_names
from .view import RunView  # noqa: TC001  (public annotations stay resolvable)

_EXPECTED = "a JSON file of pytest-benchmark (--benchmark-json, --benchmark-save or --benchmark-autosave)"


@dataclass(frozen=True, slots=True)
class Reading:
    """The runs that could be read, in order, and an error for each file that could not."""

    runs: tuple[RunView, ...]
    unreadable: tuple[RunFileError, ...]


def read_runs(batches: Sequence[Batch]) -> Reading:
    """Return the runs of all ``batches`` in their order; the files of a folder or pattern oldest first."""
    names = short_names([path for batch in batches for path in batch.paths])
    runs: list[RunView] = []
    unreadable: list[RunFileError] = []
    for batch in batches:
        read: list[RunView] = []
        for path in batch.paths:
            try:
                read.append(read_run(path, names[path]))
            except RunFileError as error:
                unreadable.append(error)
        runs += sorted(read, key=_moment) if batch.by_time else read
    return Reading(tuple(runs), tuple(unreadable))


def read_run(path: Path, name: str) -> RunView:
    """Return the run that a file holds, to be called ``name``.

    Raises `RunFileError` with the file and the place in it, for a file that cannot be read, is damaged, or is of
    another format.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunFileError(
            f"{path} cannot be read: {error.strerror or error}.", remedy="Check its name and who may read it."
        ) from error
    foreign = kind_of_bytes(content)
    if foreign:
        raise _foreign(path, foreign)
    document = _parsed(path, content)
    foreign = kind_of_document(document)
    if foreign:
        raise _foreign(path, foreign)
    try:
        return view_of(document, name)
    except RunFileError as error:
        raise RunFileError(f"{path}: {error.seen}", remedy=error.remedy) from error


def _parsed(path: Path, content: bytes) -> object:
    """Return the parsed document; UTF-8, and the UTF-16 that a shell's redirection writes on Windows."""
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError as error:
        raise _damaged(path, f"byte {error.start + 1} is no {error.encoding.upper()} text") from error
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise _damaged(path, f"it breaks off in the middle of the document ({place})") from error
        raise _damaged(path, f"{place}: {error.msg[:1].lower()}{error.msg[1:]}") from error
    except (RecursionError, ValueError) as error:  # nested without end; a number with thousands of digits
        raise _damaged(path, f"it cannot be parsed ({error})") from error


def _damaged(path: Path, seen: str) -> RunFileError:
    return RunFileError(
        f"{path} is damaged: {seen}.",
        remedy="Fetch or save the run again (pytest --benchmark-json=FILE), or leave it out.",
    )


def _foreign(path: Path, kind: str) -> RunFileError:
    return RunFileError(f"{path} is {kind}, not a run.", remedy=f"Give {_EXPECTED}.")


def _moment(run: RunView) -> tuple[datetime, str]:
    """Return when a run started, for sorting; one that does not say comes first."""
    try:
        started = datetime.fromisoformat(run.started)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC), run.name
    return (started if started.tzinfo else started.replace(tzinfo=UTC)), run.name
