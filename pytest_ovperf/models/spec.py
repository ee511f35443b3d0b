"""What is known of a model before any of it has been built: plain data, importable everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence  # noqa: TC003  (dataclass annotations stay resolvable)
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Task(StrEnum):
    """What a model is exported for. The values are optimum-intel's own task names.

    ``GRAPH`` is a graph with inputs of its own, a file or a module's: what it is for, it does not say. ``UNSETTLED`` is
    a hub model that has not been fetched, or a module that has not been made: only that can tell. ``CALLS`` is no model
    at all: what is timed are functions of the user's.
    """

    FEATURE_EXTRACTION = "feature-extraction"
    TEXT_GENERATION = "text-generation"
    IMAGE_CLASSIFICATION = "image-classification"
    GRAPH = "graph"
    UNSETTLED = "unsettled"
    CALLS = "calls"


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


@dataclass(frozen=True, slots=True)
class IrSource:
    """An OpenVINO IR: the absolute path of its ``.xml``, the weights beside it as ``.bin``."""

    path: Path


@dataclass(frozen=True, slots=True)
class OnnxSource:
    """An ONNX model: the absolute path of its ``.onnx``; weights in files of their own lie beside it."""

    path: Path


@dataclass(frozen=True, slots=True)
class TorchSource:
    """A ``torch.nn.Module`` that a function of the user's makes: its import path, such as ``shop.nets:make``."""

    factory: str


@dataclass(frozen=True, slots=True)
class CallsSource:
    """No model: the arms are functions of the user's, each named by its import path."""


#: The sources that are a graph already, with inputs of their own and nothing that PyTorch could run.
GraphSource = IrSource | OnnxSource
Source = CatalogueSource | DirectorySource | HubSource | TorchSource | CallsSource | GraphSource


@dataclass(frozen=True, slots=True)
class OwnData:
    """What a user says of the data of a model; each is empty where they say nothing.

    ``inputs`` and ``score`` are import paths of functions; ``calibration`` is one, or an absolute folder. ``inputs``
    makes one call's arrays, ``calibration`` the calls that quantisation is calibrated with, and ``score`` tells by a
    number how well an arm does its task.
    """

    inputs: str = ""
    calibration: str = ""
    score: str = ""


NO_DATA = OwnData()


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a graph, as its file declares it.

    ``kind`` is the element type in OpenVINO's words (``i64``). ``dims`` holds the smallest and the largest size of
    each dimension, the largest being ``None`` where there is none; it is ``None`` where even their number is open.
    """

    name: str
    kind: str
    dims: tuple[tuple[int, int | None], ...] | None

    def admits(self, sizes: Sequence[int]) -> bool:
        """Tell whether an array of these dimensions can be given to it."""
        if self.dims is None:
            return True
        return len(sizes) == len(self.dims) and all(
            least <= size and (most is None or size <= most)
            for size, (least, most) in zip(sizes, self.dims, strict=True)
        )

    @property
    def is_open(self) -> bool:
        """Whether the sizes of an array for it are not said by the port alone."""
        return self.dims is None or any(most is None for _, most in self.dims)

    @property
    def is_dynamic(self) -> bool:
        """Whether arrays of more than one size can be given to it."""
        return self.dims is None or any(least != most for least, most in self.dims)

    def __str__(self) -> str:
        if self.dims is None:
            return f"{self.name} (any shape)"
        return f"{self.name} ({'x'.join(_range(least, most) for least, most in self.dims) or 'a single number'})"


def _range(least: int, most: int | None) -> str:
    if most is None:
        return "?" if least <= 1 else f"{least}.."
    return str(most) if least == most else f"{least}..{most}"


#: What the only input of a module is called while its name is not known.
ONLY_INPUT = ""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model and the workload shapes that it is asked to run.

    ``shapes`` maps each input to its dimensions for one call. ``static`` tells that the user gave the shape, so that
    the compiled model is to be reshaped to it: to exactly that, or, with ``bounds``, to the smallest and largest size
    of each dimension (``shapes`` then has the largest). Without either, dimensions have no upper bound.
    ``auto_class`` is the class of transformers that loads the weights. A spec of a `HubSource` is provisional until
    ``ModelLibrary.settle`` has fetched it. ``auto_class`` is empty, and ``ports`` are the inputs as the file declares
    them, for a `GraphSource`; a `TorchSource` has its ports once it is settled: until then ``shapes`` is what the user
    gave, the one shape of an only input under the name `ONLY_INPUT`. Inputs of a file whose sizes only a call can tell
    are missing from ``shapes``, see `has_sizes`. ``data`` is what the user brought.
    """

    name: str
    source: Source
    task: Task
    auto_class: str
    shapes: Mapping[str, tuple[int, ...]]
    static: bool
    bounds: tuple[tuple[int, int], ...] | None = None
    ports: tuple[Port, ...] = ()
    data: OwnData = NO_DATA

    @property
    def has_pytorch(self) -> bool:
        """Whether there are weights that PyTorch can run."""
        return bool(self.auto_class) or isinstance(self.source, TorchSource)

    @property
    def has_sizes(self) -> bool:
        """Whether the dimensions of one call are known for every input that its file declares."""
        return all(port.name in self.shapes for port in self.ports)

    @property
    def shape_text(self) -> str:
        """The shape that the user gave, such as ``1x128`` or ``1x1..128``; empty where none was given.

        Shapes that differ from input to input follow each other, as in ``1x128+1x3x224x224``.
        """
        if not self.static:
            return ""
        if self.bounds is not None:
            return "x".join(str(most) if least == most else f"{least}..{most}" for least, most in self.bounds)
        return "+".join(dict.fromkeys("x".join(map(str, sizes)) or "1" for sizes in self.shapes.values()))


@dataclass(frozen=True, slots=True)
class CallShape:
    """What inputs are drawn for: the dimensions of one call, and the number of token ids (0 where it takes pixels).

    ``dims`` is (batch, tokens) or (batch, channels, height, width). ``shortest`` is the number of tokens of the
    shortest prompt that is continued, 0 where nothing is.
    """

    dims: tuple[int, ...]
    vocabulary: int
    shortest: int = 0

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


#: How each kind of source is written as plain data: its class, and how each of its fields is read back.
_WRITTEN: Mapping[str, tuple[type[Any], Mapping[str, Callable[[str], Any]]]] = {
    "catalogue": (CatalogueSource, {"entry": str}),
    "directory": (DirectorySource, {"path": Path}),
    "hub": (HubSource, {"repository": str, "revision": str}),
    "ir": (IrSource, {"path": Path}),
    "onnx": (OnnxSource, {"path": Path}),
    "torch": (TorchSource, {"factory": str}),
    "calls": (CallsSource, {}),
}


def source_to_json(source: Source) -> dict[str, str]:
    """Return ``source`` as plain data; `source_from_json` is its inverse."""
    kind, names = next((kind, names) for kind, (own, names) in _WRITTEN.items() if isinstance(source, own))
    return {"kind": kind} | {name: str(getattr(source, name)) for name in names}


def source_from_json(data: Mapping[str, str]) -> Source:
    """Return the source that `source_to_json` wrote. Raises `KeyError` for anything else."""
    own, fields = _WRITTEN[data["kind"]]
    source: Source = own(**{name: read(data[name]) for name, read in fields.items()})
    return source
