"""What is known to compile for an NPU, kept in git: a file for each platform, an entry for each model and precision.

``baselines/npu-compiler/npu-4000.json``. The compiler's version is provenance and no key: an OpenVINO release that no
longer compiles a model must show as a change, not as something new.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_ovperf.settings import UpdateMode
from pytest_ovperf.store.document import Node, damaged, read_document
from pytest_ovperf.store.files import default_lock_dir, locked, read_text, replace_text

from .platforms import not_executed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
FOLDER = "npu-compiler"
#: A blob that grows or shrinks by less is not worth a note.
_SIZE_TOLERANCE = 0.01
_LOCK_TIMEOUT_S = 60.0
_MIB = 1 << 20


class Change(StrEnum):
    """What an observation is against what is recorded."""

    UNRECORDED = "not recorded"
    NONE = "as recorded"
    BROKEN = "broken"
    LIFTED = "lifted"
    OTHER_CAUSE = "another cause"
    SIZE = "another size"


@dataclass(frozen=True, slots=True, order=True)
class CompileKey:
    """What is compiled: the platform, the model as it is measured, its precision, and how far its shapes are fixed."""

    platform: str
    model: str
    precision: str
    shapes: str

    def __str__(self) -> str:
        return f"{self.model} {self.precision} for NPU {self.platform}"

    @property
    def form(self) -> str:
        """Precision and shapes, as they stand in the file."""
        return f"{self.precision}, {self.shapes}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether it compiles: the size of the blob in bytes, or else the cause; and OpenVINO's version then."""

    blob_bytes: int
    cause: str
    openvino: str

    @property
    def compiles(self) -> bool:
        """Whether it compiles."""
        return not self.cause

    @property
    def release(self) -> str:
        """OpenVINO's version without its build, commit and branch."""
        return self.openvino.partition("-")[0]

    def __str__(self) -> str:
        return f"compiles, {self.blob_bytes / _MIB:.2f} MiB" if self.compiles else f"refused: {self.cause}"

    def facts(self) -> dict[str, Any]:
        """Return the outcome as it stands in the file."""
        told = {"blob_bytes": self.blob_bytes} if self.compiles else {"cause": self.cause}
        return {"compiles": self.compiles, **told, "openvino": self.openvino}


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of one compilation, and how that compares with the record (``None``: there was no entry)."""

    key: CompileKey
    outcome: Outcome
    recorded: Outcome | None
    compile_s: float = 0.0

    @property
    def change(self) -> Change:
        """What it is against the record."""
        now, then = self.outcome, self.recorded
        if then is None:
            return Change.UNRECORDED
        if now.compiles != then.compiles:
            return Change.LIFTED if now.compiles else Change.BROKEN
        if not now.compiles:
            return Change.NONE if now.cause == then.cause else Change.OTHER_CAUSE
        grown = abs(now.blob_bytes - then.blob_bytes) > _SIZE_TOLERANCE * then.blob_bytes
        return Change.SIZE if grown else Change.NONE

    @property
    def note(self) -> str:
        """What has changed; empty where it is as recorded, or nothing is."""
        if self.change is Change.NONE or self.recorded is None:
            return ""
        now, then = (f"{each} with OpenVINO {each.release}" for each in (self.outcome, self.recorded))
        return f"{self.key}: {self.change}: {now}; recorded: {then}"


class CompileRecord:
    """The record below ``baselines_dir``: read when first asked for, written under a lock, entry by entry."""

    def __init__(self, baselines_dir: Path, update: UpdateMode, lock_dir: Path | None = None) -> None:
        self._folder = baselines_dir / FOLDER
        self._update = update
        self._lock_dir = lock_dir or default_lock_dir()
        #: The files that were written.
        self.written: set[Path] = set()

    def path(self, platform: str) -> Path:
        """Return the file of one platform."""
        return self._folder / f"npu-{platform}.json"

    def recorded(self, key: CompileKey) -> Outcome | None:
        """Return the entry of ``key``. Raises `BaselineError` for a file that cannot be trusted."""
        return self._read(key.platform).get(key)

    def observe(self, key: CompileKey, outcome: Outcome, compile_s: float = 0.0) -> Observed:
        """Compare ``outcome`` with its entry, and record it where that was asked for.

        ``--update-baselines`` writes what differs, ``=new`` and ``=extend`` only what has no entry yet. Raises
        `BaselineError` for a file that cannot be trusted or written.
        """
        observed = Observed(key, outcome, self.recorded(key), compile_s)
        change = observed.change
        wanted = change is not Change.NONE and self._update is UpdateMode.ALL
        if wanted or (change is Change.UNRECORDED and self._update is not UpdateMode.NONE):
            self._write(key, outcome)
        return observed

    @property
    def updates(self) -> bool:
        """Whether what differs from the record becomes the record."""
        return self._update is UpdateMode.ALL

    def _write(self, key: CompileKey, outcome: Outcome) -> None:
        path = self.path(key.platform)
        with locked(path, self._lock_dir, _LOCK_TIMEOUT_S):
            entries = {**self._read(key.platform), key: outcome}
            replace_text(path, _document(key.platform, entries))
        self.written.add(path)

    def _read(self, platform: str) -> Mapping[CompileKey, Outcome]:
        path = self.path(platform)
        text = read_text(path)
        return {} if text is None else _entries(read_document(text, path), platform, path)


def _document(platform: str, entries: Mapping[CompileKey, Outcome]) -> str:
    models: dict[str, dict[str, Any]] = {}
    for key in sorted(entries):
        models.setdefault(key.model, {})[key.form] = entries[key].facts()
    told = {"schema": SCHEMA, "platform": platform, "what": not_executed(platform), "models": models}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _entries(document: Node, platform: str, source: Path) -> dict[CompileKey, Outcome]:
    head = document.members or {}
    schema, models = head.get("schema"), head.get("models")
    if schema is None or schema.value != SCHEMA:
        raise damaged(
            source, schema.line if schema else 1, f"this version of pytest-ovperf reads schema {SCHEMA} only."
        )
    if models is None or models.members is None:
        raise damaged(source, document.line, "there are no models.")
    named = head.get("platform")
    if named is not None and named.value != platform:
        raise damaged(source, named.line, f"it is about the platform {named.value!r}, and its name says {platform}.")
    entries: dict[CompileKey, Outcome] = {}
    for model, forms in models.members.items():
        if forms.members is None:
            raise damaged(source, forms.line, f"{model!r} has no precisions.")
        for form, node in forms.members.items():
            precision, comma, shapes = form.partition(", ")
            if not comma:
                raise damaged(source, node.line, f"{form!r} is no precision with the kind of its shapes.")
            entries[CompileKey(platform, model, precision, shapes)] = _outcome(node, source)
    return entries


def _outcome(node: Node, source: Path) -> Outcome:
    plain = {name: each.value for name, each in (node.members or {}).items()}
    match plain:
        case {"compiles": True, "blob_bytes": int(size), "openvino": str(version)} if size > 0:
            return Outcome(size, "", version)
        case {"compiles": False, "cause": str(cause), "openvino": str(version)} if cause:
            return Outcome(0, cause, version)
    raise damaged(source, node.line, "this entry says neither that the model compiles, with its size, nor why not.")
