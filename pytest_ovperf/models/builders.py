"""The packages that building a model's files takes, asked for before anything is built: seeding weights takes time."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from pytest_ovperf.arms import Precision
from pytest_ovperf.errors import ExtraMissingError

from .jobs import ArtefactKind
from .spec import CatalogueSource, IrSource, OnnxSource, TorchSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .spec import ModelSpec

_TORCH = ("torch", "transformers")
_EXPORT = ("openvino", "optimum.intel", *_TORCH)
_COMPRESSION = ("openvino", "optimum.intel", "nncf")

#: What the modules that build each kind import, of what the distribution itself does not bring.
_IMPORTS: Mapping[ArtefactKind, tuple[str, ...]] = {
    ArtefactKind.MODULE: ("torch",),
    ArtefactKind.WEIGHTS: _TORCH,
    ArtefactKind.IR: _EXPORT,
    ArtefactKind.FP16: ("openvino",),
    ArtefactKind.INT8: ("openvino", "nncf"),
    ArtefactKind.ONNX: (*_TORCH, "onnx", "onnxscript"),
    ArtefactKind.INPUTS: ("openvino",),
    ArtefactKind.OWN_INPUTS: (),
    ArtefactKind.OWN_CALIBRATION: (),
    ArtefactKind.STATEFUL: _EXPORT,
    ArtefactKind.STATEFUL_FP16: _EXPORT,
    ArtefactKind.STATEFUL_INT8: _COMPRESSION,
    ArtefactKind.STATEFUL_INT4: _COMPRESSION,
    ArtefactKind.PROMPTS: (),
}

#: The artefacts whose weights are kept in files of their own, by precision; the others run the model as it was
#: exported.
OWN_FILES: Mapping[Precision, ArtefactKind] = {Precision.FP16: ArtefactKind.FP16, Precision.INT8: ArtefactKind.INT8}

#: The same for language models that generate.
STATEFUL_FILES: Mapping[Precision, ArtefactKind] = {
    Precision.FP16: ArtefactKind.STATEFUL_FP16,
    Precision.INT8: ArtefactKind.STATEFUL_INT8,
    Precision.INT4: ArtefactKind.STATEFUL_INT4,
}


#: The same for what comes of a module of the user's own.
_MODULE_IMPORTS: Mapping[ArtefactKind, tuple[str, ...]] = {
    ArtefactKind.MODULE: ("torch",),
    ArtefactKind.IR: ("openvino", "torch"),
    ArtefactKind.ONNX: ("torch", "onnx", "onnxscript"),
}

#: What another extra than ``all`` brings.
_EXTRAS: Mapping[str, str] = {"onnx": "onnxruntime", "onnxscript": "onnxruntime"}


def require_builders(spec: ModelSpec, precision: Precision, *, generates: bool, onnx: bool = False) -> None:
    """Raise `ExtraMissingError` where a package that building ``spec`` at ``precision`` takes is not installed.

    ``onnx`` asks for its ONNX file, too. Also where the files are in the cache: they are found there by the releases of
    these packages.
    """
    for kind in _kinds(spec, precision, generates=generates, onnx=onnx):
        _require(spec, kind, _imports(spec, kind))


def require_for_module(spec: ModelSpec) -> None:
    """Raise `ExtraMissingError` where a package is not installed that making and exporting a module takes."""
    for kind in (ArtefactKind.MODULE, ArtefactKind.IR):
        _require(spec, kind, _imports(spec, kind))


def _require(spec: ModelSpec, kind: ArtefactKind, modules: tuple[str, ...]) -> None:
    for module in modules:
        if not _is_there(module):
            package = module.partition(".")[0]
            raise ExtraMissingError.of(package, _EXTRAS.get(package, "all"), f"Building the {kind} of {spec.name}")


def _imports(spec: ModelSpec, kind: ArtefactKind) -> tuple[str, ...]:
    if isinstance(spec.source, TorchSource):
        return _MODULE_IMPORTS.get(kind, _IMPORTS[kind])
    converts = kind is ArtefactKind.IR and bool(spec.ports)  # nothing that PyTorch would have to trace
    return ("openvino",) if converts else _IMPORTS[kind]


def _kinds(spec: ModelSpec, precision: Precision, *, generates: bool, onnx: bool) -> Iterator[ArtefactKind]:
    """Yield what is built, in order."""
    if isinstance(spec.source, CatalogueSource):
        yield ArtefactKind.WEIGHTS
    if not isinstance(spec.source, IrSource):
        yield ArtefactKind.STATEFUL if generates else ArtefactKind.IR
    yield ArtefactKind.PROMPTS if generates else ArtefactKind.INPUTS
    if onnx and not isinstance(spec.source, OnnxSource):
        yield ArtefactKind.ONNX
    own = (STATEFUL_FILES if generates else OWN_FILES).get(precision)
    if own is not None:
        yield own


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is not there
        return False
