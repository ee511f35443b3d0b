"""The recipe of an artefact: everything that decides on its bytes, and the digest that stands for it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .layout import MANIFEST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

DIGEST_LENGTH = 12

#: What can decide on a model when it is loaded; notes, logs and other people's exports beside it do not.
_MODEL_SUFFIXES = frozenset({".json", ".safetensors", ".bin", ".py"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an artefact is made from. ``ingredients`` is JSON data: source, parents' digests, options, versions."""

    name: str
    kind: str
    ingredients: Mapping[str, object]

    @property
    def digest(self) -> str:
        """The first hexadecimal digits of the SHA-256 of the recipe's canonical JSON."""
        recipe = {"name": self.name, "kind": self.kind, "ingredients": self.ingredients}
        text = json.dumps(recipe, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]

    @property
    def folder(self) -> str:
        """The name of the artefact's directory: readable, and safe on every file system."""
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", self.name).strip("-.")[-60:] or "model"
        return f"{readable}-{self.kind}-{self.digest}"


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each distribution, ``absent`` for one that is not there. Imports none."""
    return {package: _version(package) for package in sorted(packages)}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_digest(files: Iterable[Path]) -> str:
    """Return a digest of these files' contents, in this order, wherever they lie.

    Raises `ModelError` when one cannot be read.
    """
    total = hashlib.sha256()
    for path in files:
        try:
            total.update(f"{file_sha256(path)}\n".encode())
        except OSError as error:
            raise ModelError(
                f"The model file {path} cannot be read: {error}", remedy="Check that it is there and readable."
            ) from error
    return total.hexdigest()[:DIGEST_LENGTH]


def directory_digest(directory: Path) -> str:
    """Return a digest of the model files directly inside ``directory``: their names and contents, not their times.

    Raises `ModelError` when a file cannot be read.
    """
    total = hashlib.sha256()
    try:
        for path in sorted(directory.iterdir()):
            # The cache's own note tells when a hub model was fetched, which is no part of the model.
            if path.suffix in _MODEL_SUFFIXES and path.name != MANIFEST_NAME and path.is_file():
                total.update(f"{path.name}\0{file_sha256(path)}\n".encode())
    except OSError as error:
        raise ModelError(
            f"The model in {directory} cannot be read: {error}", remedy="Check that its files are there and readable."
        ) from error
    return total.hexdigest()[:DIGEST_LENGTH]
