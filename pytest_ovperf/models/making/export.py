"""Turn a Hugging Face directory into OpenVINO's format, FP32 and with dynamic shapes. Imported inside workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimum.exporters.openvino import export_from_model

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hardware.causes import ran_out_of_memory
from pytest_ovperf.models.layout import IR_NAME

from .quiet import quietly
from .weights import first_line, load_directory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_ovperf.models.spec import Task


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
        model = load_directory(weights, auto_class)
        say("exporting to OpenVINO")
        try:
            export_from_model(model, output=target, task=task, **options)
        except (ModuleNotFoundError, MemoryError):
            raise
        except Exception as error:  # tracing runs the model's own code, which fails in its own ways
            if ran_out_of_memory(str(error)):  # no fault of the architecture, and the worker has a name for it
                raise
            raise ModelError(
                f"optimum-intel could not export {weights} for {task}: {type(error).__name__}: {first_line(error)}",
                remedy="Choose an architecture that optimum-intel exports, or a release of it that knows this one.",
            ) from error
    if not (target / IR_NAME).is_file():
        raise ModelError(
            f"The export of {weights} for {task} is not a single model.",
            remedy="Choose a model that is exported as one graph; encoder-decoders and pipelines are not.",
        )
