"""From the name that a user writes to a `ModelSpec`: cheap, and without importing anything heavy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from pytest_ovperf.arms import IMPORT_PATH
from pytest_ovperf.errors import ModelError

from .catalogue import CATALOGUE, CatalogueEntry
from .configuration import Configuration, interpret, read_configuration
from .graphs import FILE_READERS, require_sizes, resolve_graph
from .layout import WEIGHT_PATTERNS
from .own.data import locate
from .own.importable import require_function
from .own.inputs import require_of_use
from .spec import (
    AUTO_CLASSES,
    NO_DATA,
    ONLY_INPUT,
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    ModelSpec,
    OnnxSource,
    Source,
    Task,
    TorchSource,
)

if TYPE_CHECKING:
    from .described import Shape
    from .graphs import Asked
    from .spec import OwnData

#: The word for no model at all: what is timed are functions of the user's.
CALLS = "calls"

_HUB_ID = re.compile(r"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>[\w./-]+))?")
_TEXT_RANK = 2
#: Characters of a name that an error shows.
_SHOWN = 80
_DRIVE = re.compile(r"[A-Za-z]:")
_SIZE = re.compile(r"([0-9]+)(?:\.\.([0-9]+))?")


def resolve(  # noqa: PLR0913  (what may be known of a name)
    name: str,
    *,
    shape: Shape | Sequence[int | str] | Mapping[str, Sequence[int]] | None,
    base: Path,
    data: OwnData = NO_DATA,
    registered: Collection[str] = (),
    measured: bool = True,
) -> ModelSpec:
    """Return what ``name`` is.

    That is a catalogue entry, a Hugging Face directory, an OpenVINO IR (``.xml``), an ONNX file (``.onnx``), a hub
    id ``owner/name[@revision]``, the import path of a function that makes a ``torch.nn.Module``, or ``calls``. A
    relative path is looked for from ``base``. ``shape`` is that of one call, applied to every input; a dimension such
    as ``"1..128"`` has bounds, and calls are made with its largest size. ``None`` takes the model's default. For a file
    or a module, a mapping gives each input a shape of its own. ``data`` is what the user says of the model's data, and
    ``registered`` what else they could have named. A model that is not ``measured`` may leave sizes open.

    A hub model is not fetched here, nor a module made: such a spec is provisional, see ``ModelLibrary.settle``.
    Raises `ModelError` for a name that stands for nothing, a path that does not exist, or a shape that does not fit.
    """
    bounds = None if shape is None or isinstance(shape, Mapping) else tuple(_bounds(name, size) for size in shape)
    asked = shape if isinstance(shape, Mapping) else None if bounds is None else tuple(most for _, most in bounds)
    spec = replace(_resolve(name, asked, base, registered), data=locate(data, name, base))
    require_of_use(spec)
    if measured and not spec.data.inputs:
        require_sizes(spec)
    _check_own_code(spec)
    return replace(spec, bounds=bounds) if any(least != most for least, most in bounds or ()) else spec


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


def _resolve(name: str, asked: Asked | None, base: Path, registered: Collection[str]) -> ModelSpec:
    if name in CATALOGUE:
        entry = CATALOGUE[name]
        own = _one_shape(name, asked)
        shape = entry.shape if own is None else own
        return _spec(name, CatalogueSource(name), entry_configuration(entry), shape, static=own is not None)
    if name == CALLS:
        return ModelSpec(name, CallsSource(), Task.CALLS, "", _no_shapes(asked), static=False)
    path = _located(name, base)
    if name and path.is_dir():
        return resolve_directory(name, path, _one_shape(name, asked))
    if path.is_file():
        return _resolve_file(name, path, asked)
    if is_import_path(name):
        return _module(name, asked)
    if looks_like_path(name):
        raise ModelError(
            f"The model {name!r} looks like a path, and there is no such directory or file: {path}",
            remedy="Mend the path; a relative one is looked for from the directory of the tests' root.",
        )
    found = _HUB_ID.fullmatch(name)
    if found and not found["revision"] and path.parent.is_dir():
        raise ModelError(
            f"There is a folder {path.parent}, and no {path.name!r} in it.",
            remedy=f"Mend the path; for a model of the Hugging Face hub, name its revision: {name}@main.",
        )
    if found:
        return _provisional(name, HubSource(found["repository"], found["revision"] or "main"), _one_shape(name, asked))
    raise _unknown(name, registered)


def _one_shape(name: str, asked: Asked | None) -> tuple[int, ...] | None:
    """Return the shape of all inputs of a model whose inputs have one in common. Raises `ModelError`."""
    if isinstance(asked, Mapping):
        raise ModelError(
            f"Shapes by input are for models in a file of their own ({', '.join(FILE_READERS)}) and for modules that a "
            f"function makes; {name!r} is none.",
            remedy="Give the one shape of all inputs, such as shape=(1, 128).",
        )
    return None if asked is None else tuple(asked)


def _no_shapes(asked: Asked | None) -> dict[str, tuple[int, ...]]:
    if asked is not None:
        raise ModelError(
            f"shape= means nothing for {CALLS!r}: there is no model that it could be the shape of.",
            remedy="Leave it out; what a call is given, its own setup decides.",
        )
    return {}


def _resolve_file(name: str, path: Path, asked: Asked | None) -> ModelSpec:
    if path.suffix.lower() in FILE_READERS:
        return resolve_graph(name, path, asked)
    raise ModelError(
        f"The model {name!r} is a file, and neither of {' and '.join(FILE_READERS)}.",
        remedy="Name the directory that save_pretrained() wrote, an OpenVINO IR (.xml) or an ONNX model (.onnx).",
    )


def _module(name: str, asked: Asked | None) -> ModelSpec:
    """Return the provisional spec of a module that a function makes: its inputs are known once it has been made."""
    require_function(name, "The model")
    by_name = asked if isinstance(asked, Mapping) else {} if asked is None else {ONLY_INPUT: asked}
    shapes = {own: tuple(sizes) for own, sizes in by_name.items()}
    if any(size < 1 for sizes in shapes.values() for size in sizes):
        raise ModelError(f"The shape given for {name!r} has a size below 1.", remedy="Write shape=(1, 128).")
    return ModelSpec(name, TorchSource(name), Task.UNSETTLED, "", shapes, static=asked is not None)


def _check_own_code(spec: ModelSpec) -> None:
    """Raise `ModelError` for what cannot come of a module or of functions and what was said of them."""
    if isinstance(spec.source, TorchSource) and not (spec.shapes or spec.data.inputs):
        raise ModelError(
            f"Nothing says what one call of the module that {spec.name} makes is given.",
            remedy='Give the shape of its input, shape=(1, 3, 224, 224); of several, shape={"ids": (1, 128), …} by the '
            "names of forward's parameters; or name a function that returns one call's arrays: "
            'inputs="shop.data:one_query".',
        )
    means_nothing = "calibration" if spec.data.calibration else "score" if spec.data.score else ""
    if isinstance(spec.source, CallsSource) and means_nothing:
        raise ModelError(
            f"{means_nothing}= means nothing for {CALLS!r}: there is no model that it could be about.",
            remedy="Leave it out, or name the model that the functions run.",
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
        case TorchSource() | CallsSource():
            raise ModelError(
                f"{spec.name} has no configuration: it is code of the user's own.",
                remedy="Name a Hugging Face directory, or ask for what needs no configuration.",
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


def is_import_path(name: str) -> bool:
    """Tell the import path of a function from all else: one letter before the colon is the drive of a path."""
    return bool(IMPORT_PATH.fullmatch(name)) and not _DRIVE.match(name)


def looks_like_path(name: str) -> bool:
    """Tell a path from a hub id: its start, a backslash, a drive, more than one slash, the suffix of a model file."""
    repository = name.partition("@")[0]
    return (
        name.startswith((".", "~", "/"))
        or "\\" in name
        or PurePath(name).is_absolute()
        or bool(_DRIVE.match(name))
        or repository.count("/") > 1
        or repository.endswith("/")
        or PurePath(name).suffix.lower() in FILE_READERS
    )


def _unknown(name: str, registered: Collection[str]) -> ModelError:
    near = difflib.get_close_matches(name, [*registered, *CATALOGUE], n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    own = f"Registered are: {', '.join(sorted(registered))}. " if registered else ""
    listed = ", ".join(entry for entry in CATALOGUE if not entry.startswith("tiny-"))
    what = "no import path of the form module:function" if ":" in name else "no hub id of the form owner/name"
    also = "nothing that is registered, " if registered else ""
    return ModelError(
        f"There is no model {name!r}: {also}no catalogue entry, no directory, no file, {what}.",
        remedy=f"{hint}{own}The catalogue has: {listed}.",
    )
