"""The manifest of an artefact: what it is, and the size and hash of each of its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .layout import MANIFEST_NAME
from .recipe import Recipe, file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of an artefact: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description kept inside an artefact. ``files`` maps relative POSIX paths to what they must be."""

    name: str
    kind: str
    digest: str
    created_unix: float
    files: Mapping[str, StoredFile]
    ingredients: Mapping[str, object]

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size for file in self.files.values())


class DamageError(Exception):
    """An artefact that is not what its manifest says. Never leaves this room: damage is mended by building anew."""


def write_manifest(directory: Path, recipe: Recipe, created_unix: float) -> None:
    """Describe every file now under ``directory`` in its manifest."""
    files = {
        path.relative_to(directory).as_posix(): {"size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    document = {
        "schema": _SCHEMA,
        "name": recipe.name,
        "kind": recipe.kind,
        "digest": recipe.digest,
        "created_unix": created_unix,
        "files": files,
        "ingredients": recipe.ingredients,
    }
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    (directory / MANIFEST_NAME).write_text(text, encoding="utf-8", newline="\n")


def read_manifest(directory: Path) -> Manifest:
    """Return the manifest of an artefact. Raises `DamageError` when it is missing, unreadable or of another schema."""
    try:
        document = json.loads((directory / MANIFEST_NAME).read_text(encoding="utf-8"))
        if document["schema"] != _SCHEMA:
            raise DamageError(f"its manifest has the schema {document['schema']}, not {_SCHEMA}")
        return Manifest(
            name=str(document["name"]),
            kind=str(document["kind"]),
            digest=str(document["digest"]),
            created_unix=float(document["created_unix"]),
            files={
                str(name): StoredFile(int(file["size"]), str(file["sha256"]))
                for name, file in document["files"].items()
            },
            ingredients=document["ingredients"],
        )
    except FileNotFoundError:
        raise DamageError("its manifest is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamageError(f"its manifest cannot be read ({error})") from error


def check_files(directory: Path, manifest: Manifest) -> None:
    """Compare every file with the manifest, content included. Raises `DamageError` naming the first that differs."""
    for name, stored in manifest.files.items():
        path = directory / name
        try:
            size = path.stat().st_size
            if size != stored.size:
                raise DamageError(f"{name} has {size} bytes instead of {stored.size}")
            if file_sha256(path) != stored.sha256:
                raise DamageError(f"the content of {name} has changed")
        except OSError as error:
            raise DamageError(f"{name} is missing or unreadable ({error.strerror})") from error
