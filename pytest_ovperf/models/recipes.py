"""What each artefact is made from: one recipe a kind, so that caches notice when something that decides changes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .catalogue import CATALOGUE, SEEDING_VERSION
from .jobs import ArtefactKind
from .recipe import Recipe, directory_digest, package_versions
from .spec import CatalogueSource, DirectorySource, HubSource, IrSource, OnnxSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .spec import ModelSpec

#: The distributions whose versions decide on the bytes of each kind. What a parent artefact is made with, its digest
#: already says.
_MADE_WITH: Mapping[ArtefactKind, tuple[str, ...]] = {
    ArtefactKind.WEIGHTS: ("torch", "transformers"),
    ArtefactKind.IR: ("openvino", "optimum-intel", "torch", "transformers"),
    ArtefactKind.FP16: ("openvino",),
    ArtefactKind.INT8: ("nncf", "numpy", "openvino"),
    ArtefactKind.INPUTS: ("numpy",),
    ArtefactKind.STATEFUL: ("openvino", "optimum-intel", "torch", "transformers"),
    ArtefactKind.STATEFUL_FP16: ("openvino",),
    ArtefactKind.STATEFUL_INT8: ("nncf", "numpy", "openvino", "optimum-intel"),
    ArtefactKind.STATEFUL_INT4: ("nncf", "numpy", "openvino", "optimum-intel"),
    ArtefactKind.PROMPTS: ("numpy",),
}

#: Raised for a kind whenever this package comes to make it differently from the same ingredients.
_METHOD: Mapping[ArtefactKind, int] = {
    ArtefactKind.WEIGHTS: SEEDING_VERSION,
    ArtefactKind.IR: 1,
    ArtefactKind.FP16: 1,
    ArtefactKind.INT8: 1,
    ArtefactKind.INPUTS: 1,
    ArtefactKind.STATEFUL: 1,
    ArtefactKind.STATEFUL_FP16: 1,
    ArtefactKind.STATEFUL_INT8: 1,
    ArtefactKind.STATEFUL_INT4: 1,
    ArtefactKind.PROMPTS: 1,
}


def recipe_of(
    spec: ModelSpec,
    kind: ArtefactKind,
    made_from: Mapping[str, object],
    *,
    made_with: Sequence[str] | None = None,
    method: int | None = None,
) -> Recipe:
    """Return the recipe of one artefact of ``spec``.

    ``made_with`` names the distributions whose versions decide, ``method`` counts the ways this package makes it;
    both are those of the kind where they are not given.
    """
    ingredients = {
        "made_from": made_from,
        "made_with": package_versions(_MADE_WITH[kind] if made_with is None else made_with),
        "method": _METHOD[kind] if method is None else method,
    }
    return Recipe(spec.name, kind.value, ingredients)


def weights_recipe(spec: ModelSpec) -> Recipe:
    """Return the recipe of weights that this package makes or fetches. Raises `ModelError` where there are none.

    A hub model is known by repository and revision: a branch that moves on is only noticed once the cache is cleared,
    so that a comparison does not change its model behind one's back.
    """
    match spec.source:
        case CatalogueSource(entry):
            return recipe_of(spec, ArtefactKind.WEIGHTS, {"entry": asdict(CATALOGUE[entry])})
        case HubSource(repository, revision):
            made_from = {"repository": repository, "revision": revision}
            return Recipe(spec.name, ArtefactKind.WEIGHTS.value, {"made_from": made_from})
        case DirectorySource(path):
            return Recipe(spec.name, ArtefactKind.WEIGHTS.value, {"made_from": {"directory": directory_digest(path)}})
        case IrSource(path) | OnnxSource(path):
            raise ModelError(
                f"{path} is a graph with its weights in it: there are none apart.",
                remedy="Name the directory that it was exported from.",
            )


def conversion_recipe(spec: ModelSpec, digest: str) -> Recipe:
    """Return the recipe of the IR that the ONNX model whose files have this ``digest`` is converted to."""
    return recipe_of(spec, ArtefactKind.IR, {"onnx": digest}, made_with=("openvino",))
