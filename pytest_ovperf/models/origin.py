"""Where an IR comes from, told so that somebody else can make the same one: read off what the cache kept of it."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from pytest_ovperf.arms import IMPORT_PATH
from pytest_ovperf.errors import ModelError

from .catalogue import CATALOGUE
from .graphs import graph_files
from .jobs import ArtefactKind
from .layout import MANIFEST_NAME
from .manifest import DamageError, Manifest, read_manifest
from .recipe import file_sha256
from .spec import (
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    OnnxSource,
    Task,
    TorchSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .spec import ModelSpec, Source

#: What was done to make each kind of artefact.
_DONE: Mapping[str, str] = {
    ArtefactKind.WEIGHTS: "weights written",
    ArtefactKind.IR: "exported to OpenVINO's format in FP32",
    ArtefactKind.FP16: "weights compressed to FP16",
    ArtefactKind.INT8: "quantised to INT8 by nncf.quantize, calibrated on seeded samples",
    ArtefactKind.STATEFUL: "exported to OpenVINO's format in FP32, with state (text-generation-with-past)",
    ArtefactKind.STATEFUL_FP16: "weights compressed to FP16",
    ArtefactKind.STATEFUL_INT8: "weights compressed to INT8 by NNCF",
    ArtefactKind.STATEFUL_INT4: "weights compressed to INT4 by NNCF",
}
_CONVERTED = "converted to OpenVINO's format"
_INT8_WEIGHTS = "weights compressed to INT8 by nncf.compress_weights (INT8_ASYM)"


@dataclass(frozen=True, slots=True)
class Origin:
    """How to come to an IR.

    ``source`` says what the model is, ``steps`` what was made of it in order, each with the packages that did.
    ``files`` has the SHA-256 of each file of the IR by its name, ``folder`` is where they are.
    """

    source: str
    steps: tuple[str, ...]
    files: Mapping[str, str]
    folder: Path


def origin_of(spec: ModelSpec, ir: Path) -> Origin:
    """Return the origin of ``ir``, an IR of ``spec``, as far as it is known.

    ``spec`` is as it was asked for, a hub model by its name. Raises `ModelError` for files that cannot be read.
    """
    steps = tuple(_step(manifest, spec) for manifest in _made(ir.parent))
    try:
        files = {path.name: file_sha256(path) for path in graph_files(ir)}
    except OSError as error:
        raise ModelError(
            f"The IR {ir} cannot be read: {error}", remedy="Run it again: it is then made anew."
        ) from error
    return Origin(_source(spec.source), steps, files, ir.parent)


def _made(folder: Path) -> Iterator[Manifest]:
    """Yield what the cache tells of the artefact in ``folder`` and of those it was made of, the first one first."""
    if not (folder / MANIFEST_NAME).is_file():
        return
    try:
        manifest = read_manifest(folder)
    except DamageError:
        return
    made_from = manifest.ingredients.get("made_from")
    for name in ("ir", "weights"):
        digest = made_from.get(name) if isinstance(made_from, dict) else None
        for parent in sorted(folder.parent.glob(f"*-{digest}")) if isinstance(digest, str) else ():
            yield from _made(parent)
    yield manifest


def _step(manifest: Manifest, spec: ModelSpec) -> str:
    made_with = manifest.ingredients.get("made_with")
    packages = made_with.items() if isinstance(made_with, dict) else ()
    versions = ", ".join(f"{name} {version}" for name, version in packages)
    return f"{_done(manifest, spec)}{f' with {versions}' if versions else ''}"


def _done(manifest: Manifest, spec: ModelSpec) -> str:
    kind, made_from = manifest.kind, manifest.ingredients.get("made_from")
    if kind == ArtefactKind.IR and isinstance(spec.source, OnnxSource):
        return _CONVERTED
    if kind == ArtefactKind.INT8 and spec.task is Task.TEXT_GENERATION:
        return _INT8_WEIGHTS
    if kind == ArtefactKind.INT8 and isinstance(made_from, dict) and "own" in made_from:
        return f"quantised to INT8 by nncf.quantize, calibrated on {_calibration(spec.data.calibration)}"
    if kind == ArtefactKind.WEIGHTS and isinstance(spec.source, HubSource):
        return "fetched"
    return _DONE.get(kind, kind)


def _calibration(given: str) -> str:
    """Name the user's function, or their folder without its place on this machine."""
    return f"{given}()" if IMPORT_PATH.fullmatch(given) else f"the calls in the folder {PurePath(given).name}"


def _source(source: Source) -> str:
    match source:
        case CatalogueSource(name):
            entry = CATALOGUE[name]
            options = ", ".join(f"{option}={value!r}" for option, value in entry.options.items())
            return (
                f"{name}, an architecture of pytest-ovperf's catalogue: {entry.model_class} of transformers with "
                f"{entry.config_class}({options}) and weights drawn from the seed {entry.seed}"
            )
        case DirectorySource(path):
            return f"the Hugging Face directory {path.name}"
        case HubSource(repository, revision):
            return f"{repository} of the Hugging Face hub, revision {revision}"
        case IrSource(path) | OnnxSource(path):
            return f"the file {path.name}"
        case TorchSource(factory):
            return f"the torch.nn.Module that {factory}() returns"
        case CallsSource():
            return "functions of the user's own, without a model"
