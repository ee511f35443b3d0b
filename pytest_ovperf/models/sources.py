"""From the name that a user writes to a `ModelSpec`: cheap, and without importing anything heavy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .catalogue import CATALOGUE, CatalogueEntry
from .configuration import Configuration, interpret, read_configuration
from .graphs import FILE_READERS, resolve_graph
from .layout import WEIGHT_PATTERNS
from .spec import (
    AUTO_CLASSES,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    ModelSpec,
    OnnxSource,
    Source,
    Task,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_HUB_ID = re.compile(r"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w./-]+))?")
_TEXT_RANK = 2
#: Characters of a name that an error shows.
_SHOWN = 80
_SIZE = re.compile(r"([0-9]+)(?:\.\.([0-9]+))?")


def resolve(name: str, *, shape: Sequence[int | str] | Mapping[str, Sequence[int]] | None, base: Path) -> ModelSpec:
    """Return what ``name`` is.

    That is a catalogue entry, a Hugging Face directory, an OpenVINO IR (``.xml``), an ONNX file (``.onnx``), or a hub
    id ``owner/name[@revision]``. A relative path is looked for from ``base``. ``shape`` is that of one call, applied
    to every input; a dimension such as ``"1..128"`` has bounds, and calls are made with its largest size. ``None``
    takes the model's default. For a file, a mapping gives each input a shape of its own. A hub model is not fetched
    here: its spec is provisional, see ``ModelLibrary.settle``.
    Raises `ModelError` for a name that stands for nothing, a path that does not exist, or a shape that does not fit.
    """
    if isinstance(shape, Mapping):
        return _resolve_file(name, shape, base)
    if shape is None:
        return _resolve(name, None, base)
    bounds = tuple(_bounds(name, size) for size in shape)
    spec = _resolve(name, tuple(most for _, most in bounds), base)
    return replace(spec, bounds=bounds) if any(least != most for least, most in bounds) else spec


def _bounds(name: str, size: int | str) -> tuple[int, int]:
    """Return the smallest and the largest size of a dimension that is written as a number or as ``"1..128"``."""
    found = _SIZE.fullmatch(str(size))
    least, most = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= least <= most and isinstance(size, str):
        raise ModelError(
            f"The dimension {size!r} in the shape of {name!r} is neither a size nor a range of sizes.",
            remedy='Write a number, or the smallest and the largest size as in shape=(1, "1..128").',
        )
    return (least, most) if found else (int(size), int(size))


def _resolve(name: str, asked: tuple[int, ...] | None, base: Path) -> ModelSpec:
    if name in CATALOGUE:
        entry = CATALOGUE[name]
        return _spec(
            name,
            CatalogueSource(name),
            entry_configuration(entry),
            entry.shape if asked is None else asked,
            static=asked is not None,
        )
    path = _located(name, base)
    if name and path.is_dir():
        return resolve_directory(name, path, asked)
    if path.is_file():
        if path.suffix.lower() in FILE_READERS:
            return resolve_graph(name, path, asked)
        raise ModelError(
            f"The model {name!r} is a file, and neither of {' and '.join(FILE_READERS)}.",
            remedy="Name the directory that save_pretrained() wrote, an OpenVINO IR (.xml) or an ONNX model (.onnx).",
        )
    if _looks_like_path(name):
        raise ModelError(
            f"The model {name!r} looks like a path, and there is no such directory or file: {path}",
            remedy="Mend the path; a relative one is looked for from the directory of the tests' root.",
        )
    found = _HUB_ID.fullmatch(name)
    if found:
        return _provisional(name, HubSource(found["repository"], found["revision"] or "main"), asked)
    raise _unknown(name)


def _resolve_file(name: str, shapes: Mapping[str, Sequence[int]], base: Path) -> ModelSpec:
    path = _located(name, base)
    if path.is_file() and path.suffix.lower() in FILE_READERS:
        return resolve_graph(name, path, shapes)
    raise ModelError(
        f"Shapes by input are for models in a file of their own ({', '.join(FILE_READERS)}); {name!r} is none.",
        remedy="Give the one shape of all inputs, such as shape=(1, 128).",
    )


def _located(name: str, base: Path) -> Path:
    """Return the path that ``name`` stands for, if any. Raises `ModelError` for one that cannot be looked for."""
    try:
        path = base / Path(name).expanduser()
        path.exists()  # a name may be too long for the system, or lead through a folder that is closed to this user
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"The model {name[:_SHOWN]!r} cannot be looked for: {error}",
            remedy="Mend the name or the path; ~ stands for a home directory, ~name for that of another user.",
        ) from error
    return path


def resolve_directory(name: str, path: Path, shape: tuple[int, ...] | None) -> ModelSpec:
    """Return the spec of the Hugging Face directory ``path``, under ``name``. Raises `ModelError` as `resolve` does."""
    configuration = read_configuration(path)
    if not any(next(path.glob(pattern), None) for pattern in WEIGHT_PATTERNS):
        raise ModelError(
            f"{path} has a config.json but no weights ({' or '.join(WEIGHT_PATTERNS)}).",
            remedy="Save the model with save_pretrained(), or download it completely.",
        )
    source = DirectorySource(path.resolve())
    return _spec(
        name, source, configuration, configuration.default_shape() if shape is None else shape, static=shape is not None
    )


def configuration_of(spec: ModelSpec) -> Configuration:
    """Return the configuration of a settled ``spec``. Raises `ModelError` for one whose hub model is not fetched."""
    match spec.source:
        case CatalogueSource(entry):
            return entry_configuration(CATALOGUE[entry])
        case DirectorySource(path):
            return read_configuration(path)
        case HubSource(repository):
            raise ModelError(f"The hub model {repository} has not been fetched.", remedy="Settle its spec first.")
        case IrSource(path) | OnnxSource(path):
            raise ModelError(
                f"{path} has no configuration beside its inputs.",
                remedy="Name the directory that it was exported from.",
            )


def entry_configuration(entry: CatalogueEntry) -> Configuration:
    """Return the configuration that a catalogue entry will have, by the same rules as that of a directory."""
    keys = {"model_type": entry.family, "architectures": [entry.model_class], **entry.options}
    return interpret(keys, f"the catalogue entry {entry.name}")


def _spec(
    name: str, source: Source, configuration: Configuration, shape: tuple[int, ...], *, static: bool
) -> ModelSpec:
    configuration.check_shape(name, shape)
    shapes = dict.fromkeys(configuration.inputs, shape)
    return ModelSpec(name, source, configuration.task, AUTO_CLASSES[configuration.task], shapes, static=static)


def _provisional(name: str, source: HubSource, shape: tuple[int, ...] | None) -> ModelSpec:
    text = shape is None or len(shape) == _TEXT_RANK
    inputs = ("input_ids", "attention_mask") if text else ("pixel_values",)
    shapes = {} if shape is None else dict.fromkeys(inputs, shape)
    return ModelSpec(name, source, Task.UNSETTLED, AUTO_CLASSES[Task.UNSETTLED], shapes, static=shape is not None)


def _looks_like_path(name: str) -> bool:
    """Tell a path from a hub id: its start, a backslash, a drive, more than one slash, the suffix of a model file."""
    repository = name.partition("@")[0]
    return (
        name.startswith((".", "~", "/"))
        or "\\" in name
        or PurePath(name).is_absolute()
        or bool(re.match(r"[A-Za-z]:", name))
        or repository.count("/") > 1
        or repository.endswith("/")
        or PurePath(name).suffix.lower() in FILE_READERS
    )


def _unknown(name: str) -> ModelError:
    near = difflib.get_close_matches(name, CATALOGUE, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    listed = ", ".join(entry for entry in CATALOGUE if not entry.startswith("tiny-"))
    return ModelError(
        f"There is no model {name!r}: no catalogue entry, no directory, no file, no hub id of the form owner/name.",
        remedy=f"{hint}The catalogue has: {listed}.",
    )
