"""What a Hugging Face ``config.json`` says that matters here, read without importing transformers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError

from .spec import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Families whose exported graph takes token types beside ids and mask.
_TYPED_FAMILIES = frozenset(
    {"albert", "bert", "convbert", "electra", "mobilebert", "nystromformer", "roformer", "squeezebert"}
)
#: Families whose first positions are taken by the padding token: two fewer can be used than are stored.
_OFFSET_FAMILIES = frozenset({"camembert", "roberta", "xlm-roberta"})
#: Families whose padding is frozen by the export for the sizes seen: only multiples of the stride stay right.
_STRIDE_FAMILIES: Mapping[str, int] = {"mobilenet_v1": 32, "mobilenet_v2": 32}

#: Endings of an architecture's name, and what such a model is measured as. An encoder's head is left off.
_TASKS: Sequence[tuple[str, Task]] = (
    ("ForCausalLM", Task.TEXT_GENERATION),
    ("LMHeadModel", Task.TEXT_GENERATION),
    ("ForImageClassification", Task.IMAGE_CLASSIFICATION),
    ("ForMaskedLM", Task.FEATURE_EXTRACTION),
    ("ForPreTraining", Task.FEATURE_EXTRACTION),
    ("ForQuestionAnswering", Task.FEATURE_EXTRACTION),
    ("ForSequenceClassification", Task.FEATURE_EXTRACTION),
    ("ForTokenClassification", Task.FEATURE_EXTRACTION),
    ("Model", Task.FEATURE_EXTRACTION),
)

_DEFAULT_TOKENS = 128
_DEFAULT_PROMPT = 64
_DEFAULT_PIXELS = 224

_TEXT_RANK = 2
_IMAGE_RANK = 4


@dataclass(frozen=True, slots=True)
class Configuration:
    """The part of a model's configuration that decides on task, inputs and the shapes that fit.

    ``vocabulary`` is 0 where the inputs are pixels, ``max_positions`` where there is no limit; ``fixed_image`` tells
    that no other size than ``image`` (height, width) fits; ``stride`` is what height and width must be multiples of.
    """

    task: Task
    inputs: tuple[str, ...]
    vocabulary: int
    max_positions: int
    channels: int
    image: tuple[int, int]
    fixed_image: bool
    stride: int

    @property
    def is_text(self) -> bool:
        """Whether the inputs are tokens rather than pixels."""
        return self.vocabulary > 0

    def default_shape(self) -> tuple[int, ...]:
        """Return the shape of one call where the user gave none: batch 1, and what the task commonly sees."""
        if not self.is_text:
            return (1, self.channels, *self.image)
        wanted = _DEFAULT_PROMPT if self.task is Task.TEXT_GENERATION else _DEFAULT_TOKENS
        return (1, min(wanted, self.max_positions or wanted))

    def check_shape(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise `ModelError`, naming the limits, when ``shape`` does not fit the inputs of the model ``name``."""
        reason = self._misfit(shape)
        if reason:
            raise ModelError(
                f"The shape {shape_text(shape)} does not fit the model {name!r}: {reason}.",
                remedy=f"Give a shape such as {shape_text(self.default_shape())} ({self._axes()}).",
            )

    def _axes(self) -> str:
        return "batch, tokens" if self.is_text else "batch, channels, height, width"

    def _misfit(self, shape: tuple[int, ...]) -> str:
        rank = _TEXT_RANK if self.is_text else _IMAGE_RANK
        if len(shape) != rank:
            return f"it has {len(shape)} dimensions where the inputs have {rank} ({self._axes()})"
        if any(size < 1 for size in shape):
            return "every dimension must be at least 1"
        return self._misfit_tokens(shape) if self.is_text else self._misfit_image(shape)

    def _misfit_tokens(self, shape: tuple[int, ...]) -> str:
        too_long = self.max_positions and shape[1] > self.max_positions
        return f"the model holds at most {self.max_positions} tokens" if too_long else ""

    def _misfit_image(self, shape: tuple[int, ...]) -> str:
        if shape[1] != self.channels:
            return f"the model takes {self.channels} channels"
        if self.fixed_image and shape[2:] != self.image:
            return f"the model takes images of {shape_text(self.image)} only"
        if any(size % self.stride for size in shape[2:]):
            return f"height and width must be multiples of {self.stride}"
        return ""


def shape_text(shape: Sequence[int]) -> str:
    """Return ``shape`` as users write it: ``1x3x224x224``."""
    return "x".join(map(str, shape))


def read_configuration(directory: Path) -> Configuration:
    """Read ``config.json`` of a Hugging Face model directory.

    Raises `ModelError` when there is none, when it is not JSON, or when it is of a kind that cannot be measured.
    """
    path = directory / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{directory} is not a Hugging Face model directory: it has no config.json.",
            remedy="Name the directory that save_pretrained() wrote.",
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}", remedy="Mend it, or download the model again.") from error
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds no JSON object.", remedy="Mend it, or download the model again.")
    return interpret(config, str(directory))


def interpret(config: Mapping[str, object], origin: str) -> Configuration:
    """Return the configuration that the keys of a ``config.json`` describe. ``origin`` is for error messages.

    Raises `ModelError` for encoder-decoders, models of several modalities and architectures without a known task.
    """
    family = str(config.get("model_type", ""))
    task = _task(config, origin)
    vocabulary = _number(config, "vocab_size", default=0)
    positions = _number(config, "max_position_embeddings", "n_positions", default=0)
    image = _image_size(config, origin)
    return Configuration(
        task=task,
        inputs=_inputs(family, task, text=bool(vocabulary)),
        vocabulary=vocabulary,
        max_positions=max(0, positions - 2) if family in _OFFSET_FAMILIES else positions,
        channels=_number(config, "num_channels", default=3),
        image=image,
        fixed_image="image_size" in config and "patch_size" in config,
        stride=_STRIDE_FAMILIES.get(family, 1),
    )


def _task(config: Mapping[str, object], origin: str) -> Task:
    names = config.get("architectures") or []
    architecture = str(names[0]) if isinstance(names, list) and names else ""
    if config.get("is_encoder_decoder") or ("text_config" in config and "vision_config" in config):
        raise ModelError(
            f"{origin} holds {architecture or 'a model'} of several parts, which is not supported.",
            remedy="Choose a text encoder, a decoder-only language model or an image classifier.",
        )
    for ending, task in _TASKS:
        if architecture.endswith(ending):
            return task
    raise ModelError(
        f"The config.json of {origin} names the architecture {architecture or '(none)'!r}, whose task is not known.",
        remedy=f"Supported are names that end in {', '.join(ending for ending, _ in _TASKS)}.",
    )


def _inputs(family: str, task: Task, *, text: bool) -> tuple[str, ...]:
    if not text:
        return ("pixel_values",)
    if task is Task.TEXT_GENERATION:
        return ("input_ids", "attention_mask", "position_ids")
    if family in _TYPED_FAMILIES:
        return ("input_ids", "attention_mask", "token_type_ids")
    return ("input_ids", "attention_mask")


def _image_size(config: Mapping[str, object], origin: str) -> tuple[int, int]:
    """Return height and width: one number stands for both."""
    match config.get("image_size", _DEFAULT_PIXELS):
        case int(size):
            return size, size
        case [int(height), int(width)]:
            return height, width
        case other:
            raise ModelError(
                f"The config.json of {origin} has an image_size that is no size: {other!r}",
                remedy="Give one number, or height and width.",
            )


def _number(config: Mapping[str, object], *keys: str, default: int) -> int:
    found = (config[key] for key in keys if isinstance(config.get(key), int))
    return int(str(next(found, default)))
