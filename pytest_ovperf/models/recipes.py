"""What each artefact is made from: one recipe a kind, so that caches notice when something that decides changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .catalogue import CATALOGUE, SEEDING_VERSION
from .jobs import ArtefactKind
from .recipe import Recipe, package_versions
from .spec import (
    CallsSource,
    CatalogueSource,
    DirectorySource,
    HubSource,
    IrSource,
    OnnxSource,
    TorchSource,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .catalogue import CatalogueEntry
    from .settling import Module
    from .spec import ModelSpec

#: (batch, channels, height, width)
_IMAGE_RANK = 4

#: The distributions whose versions decide on the bytes of each kind. What a parent artefact is made with, its digest
#: already says.
_MADE_WITH: Mapping[ArtefactKind, tuple[str, ...]] = {
    ArtefactKind.WEIGHTS: ("torch", "transformers"),
    ArtefactKind.IR: ("openvino", "optimum-intel", "torch", "transformers"),
    ArtefactKind.FP16: ("openvino",),
    ArtefactKind.INT8: ("nncf", "numpy", "openvino"),
    ArtefactKind.ONNX: ("onnx", "onnxscript", "torch", "transformers"),
    ArtefactKind.INPUTS: ("numpy",),
    ArtefactKind.STATEFUL: ("openvino", "optimum-intel", "torch", "transformers"),
    ArtefactKind.STATEFUL_FP16: ("openvino",),
    ArtefactKind.STATEFUL_INT8: ("nncf", "numpy", "openvino", "optimum-intel"),
    ArtefactKind.STATEFUL_INT4: ("nncf", "numpy", "openvino", "optimum-intel"),
    ArtefactKind.PROMPTS: ("numpy",),
}

#: What no part has in the export of a user's own module.
_OF_HUGGING_FACE = frozenset({"optimum-intel", "transformers"})

#: Raised for a kind whenever this package comes to make it differently from the same ingredients.
_METHOD: Mapping[ArtefactKind, int] = {
    ArtefactKind.WEIGHTS: SEEDING_VERSION,
    ArtefactKind.IR: 1,
    ArtefactKind.FP16: 1,
    ArtefactKind.INT8: 1,
    ArtefactKind.ONNX: 1,
    ArtefactKind.INPUTS: 1,
    ArtefactKind.STATEFUL: 1,
    ArtefactKind.STATEFUL_FP16: 1,
    ArtefactKind.STATEFUL_INT8: 1,
    ArtefactKind.STATEFUL_INT4: 1,
    ArtefactKind.PROMPTS: 1,
}

#: The same for what comes of a module of the user's own, which no exporter of Hugging Face's makes.
_MODULE_METHOD = 2


def recipe_of(
    spec: ModelSpec,
    kind: ArtefactKind,
    made_from: Mapping[str, object],
    *,
    made_with: Sequence[str] | None = None,
    method: int | None = None,
) -> Recipe:
    """Return the recipe of one artefact of ``spec``.

    ``made_with`` names the distributions whose versions decide, and ``method`` tells how it is made: those of the kind
    where they are not given.
    """
    ingredients = {
        "made_from": made_from,
        "made_with": package_versions(_MADE_WITH[kind] if made_with is None else made_with),
        "method": _METHOD[kind] if method is None else method,
    }
    return Recipe(_name(spec), kind.value, ingredients)


def _name(spec: ModelSpec) -> str:
    """Return what the artefacts of a model are called.

    Not what a project has registered it as where all know it by a name of its own: nothing is made twice for that.
    """
    match spec.source:
        case CatalogueSource(entry):
            return entry
        case HubSource(repository, revision):
            return repository if revision == "main" else f"{repository}@{revision}"
        case TorchSource(factory):
            return factory
        case _:
            return spec.name


def weights_recipe(spec: ModelSpec) -> Recipe:
    """Return the recipe of weights that this package makes or fetches. Raises `ModelError` where there are none.

    A hub model is known by repository and revision: a branch that moves on is only noticed once the cache is cleared,
    so that a comparison does not change its model behind one's back.
    """
    match spec.source:
        case CatalogueSource(entry):
            return _seeded_recipe(spec, CATALOGUE[entry])
        case HubSource(repository, revision):
            made_from = {"repository": repository, "revision": revision}
            return Recipe(_name(spec), ArtefactKind.WEIGHTS.value, {"made_from": made_from})
        case DirectorySource(path) | IrSource(path) | OnnxSource(path):
            raise ModelError(
                f"{path} has its own weights: there are none to make or to fetch.", remedy="Use them in place."
            )
        case TorchSource() | CallsSource():
            raise ModelError(
                f"{spec.name} is code of the user's own: there are no weights to make or to fetch.",
                remedy="Let the code load them.",
            )


def _seeded_recipe(spec: ModelSpec, entry: CatalogueEntry) -> Recipe:
    """Return the recipe of seeded weights; the statistics of a vision model are taken of images that numpy draws."""
    made_with = _MADE_WITH[ArtefactKind.WEIGHTS]
    if len(entry.shape) == _IMAGE_RANK:
        made_with = (*made_with, "numpy")
    return recipe_of(spec, ArtefactKind.WEIGHTS, {"entry": asdict(entry)}, made_with=made_with)


def conversion_recipe(spec: ModelSpec, digest: str) -> Recipe:
    """Return the recipe of the IR that the ONNX model whose files have this ``digest`` is converted to."""
    return recipe_of(spec, ArtefactKind.IR, {"onnx": digest}, made_with=("openvino",))


def module_recipe(spec: ModelSpec, kind: ArtefactKind, module: Module) -> Recipe:
    """Return the recipe of what a user's module is exported to, an IR or an ONNX file."""
    inputs = [[name, dtype, list(dims)] for name, (dtype, dims) in module.inputs.items()]
    made_with = [name for name in _MADE_WITH[kind] if name not in _OF_HUGGING_FACE]
    made_from = {"module": module.digest, "inputs": inputs}
    return recipe_of(spec, kind, made_from, made_with=made_with, method=_MODULE_METHOD)
