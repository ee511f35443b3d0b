"""Turn a Hugging Face directory into OpenVINO's format, FP32 and with dynamic shapes. Imported inside workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import transformers
from optimum.exporters.openvino import export_from_model
from safetensors import SafetensorError

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hardware.causes import ran_out_of_memory

from .layout import IR_NAME
from .quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .spec import Task


def export_ir(weights: Path, auto_class: str, task: Task, target: Path, say: Callable[[str], None]) -> None:
    """Export the model in ``weights`` to ``target / IR_NAME``. No weight is compressed, and no state is kept.

    Raises `ModelError` when the directory cannot be loaded or optimum-intel cannot export it.
    """
    export_graph(weights, auto_class, task.value, target, say, stateful=False)


def export_graph(
    weights: Path, auto_class: str, task: str, target: Path, say: Callable[[str], None], **options: object
) -> None:
    """Export the model in ``weights`` for optimum-intel's ``task``, with what it is told by ``options``.

    Raises `ModelError` as `export_ir` does.
    """
    say("loading the weights")
    with quietly():
        try:
            loader = getattr(transformers, auto_class)
            model = loader.from_pretrained(weights, local_files_only=True).float().eval()
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            raise ModelError(
                f"transformers could not load {weights} with {auto_class}: {_first_line(error)}",
                remedy="Check that the directory is complete and that its config.json names the architecture.",
            ) from error
        say("exporting to OpenVINO")
        try:
            export_from_model(model, output=target, task=task, **options)
        except (ModuleNotFoundError, MemoryError):
            raise
        except Exception as error:  # tracing runs the model's own code, which fails in its own ways
            if ran_out_of_memory(str(error)):  # no fault of the architecture, and the worker has a name for it
                raise
            raise ModelError(
                f"optimum-intel could not export {weights} for {task}: {type(error).__name__}: {_first_line(error)}",
                remedy="Choose an architecture that optimum-intel exports, or a release of it that knows this one.",
            ) from error
    if not (target / IR_NAME).is_file():
        raise ModelError(
            f"The export of {weights} for {task} is not a single model.",
            remedy="Choose a model that is exported as one graph; encoder-decoders and pipelines are not.",
        )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
