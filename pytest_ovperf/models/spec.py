"""What is known of a model before any of it has been built: plain data, importable everywhere."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Task(StrEnum):
    """What a model is exported for. The values are optimum-intel's own task names.

    ``UNSETTLED`` is a hub model that has not been fetched: only its configuration can tell.
    """

    FEATURE_EXTRACTION = "feature-extraction"
    TEXT_GENERATION = "text-generation"
    IMAGE_CLASSIFICATION = "image-classification"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """A published architecture of the catalogue, with seeded weights."""

    entry: str


@dataclass(frozen=True, slots=True)
class DirectorySource:
    """A Hugging Face model directory (``config.json`` beside its weights), absolute."""

    path: Path


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository of the Hugging Face hub. ``revision`` is a branch, tag or commit; ``main`` if none was named."""

    repository: str
    revision: str


Source = CatalogueSource | DirectorySource | HubSource


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model and the workload shapes that it is asked to run.

    ``shapes`` maps each input to its dimensions for one call. ``static`` tells that the user gave the shape, so that
    the compiled model is to be reshaped to it: to exactly that, or, with ``bounds``, to the smallest and largest size
    of each dimension (``shapes`` then has the largest). Without either, dimensions have no upper bound.
    ``auto_class`` is the class of transformers that loads the weights. A spec of a `HubSource` is provisional until
    ``ModelLibrary.settle`` has fetched it.
    """

    name: str
    source: Source
    task: Task
    auto_class: str
    shapes: Mapping[str, tuple[int, ...]]
    static: bool
    bounds: tuple[tuple[int, int], ...] | None = None

    @property
    def shape_text(self) -> str:
        """The shape that the user gave, such as ``1x128`` or ``1x1..128``; empty where none was given."""
        if not self.static:
            return ""
        sizes = next(iter(self.shapes.values()), ())
        bounds = self.bounds or tuple((size, size) for size in sizes)
        return "x".join(str(most) if least == most else f"{least}..{most}" for least, most in bounds)


@dataclass(frozen=True, slots=True)
class CallShape:
    """What inputs are drawn for: the dimensions of one call, and the number of token ids (0 where it takes pixels).

    ``dims`` is (batch, tokens) or (batch, channels, height, width).
    """

    dims: tuple[int, ...]
    vocabulary: int

    @property
    def is_text(self) -> bool:
        """Whether the inputs are tokens rather than pixels."""
        return self.vocabulary > 0


AUTO_CLASSES: Mapping[Task, str] = {
    Task.FEATURE_EXTRACTION: "AutoModel",
    Task.TEXT_GENERATION: "AutoModelForCausalLM",
    Task.IMAGE_CLASSIFICATION: "AutoModelForImageClassification",
    Task.UNSETTLED: "AutoModel",
}


def source_to_json(source: Source) -> dict[str, str]:
    """Return ``source`` as plain data; `source_from_json` is its inverse."""
    match source:
        case CatalogueSource(entry):
            return {"catalogue": entry}
        case DirectorySource(path):
            return {"directory": str(path)}
        case HubSource(repository, revision):
            return {"hub": repository, "revision": revision}


def source_from_json(data: Mapping[str, str]) -> Source:
    """Return the source that `source_to_json` wrote. Raises `KeyError` for anything else."""
    if "catalogue" in data:
        return CatalogueSource(data["catalogue"])
    if "directory" in data:
        return DirectorySource(Path(data["directory"]))
    return HubSource(data["hub"], data["revision"])
