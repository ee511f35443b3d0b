# ruff: noqa: ANN401  (torch and transformers come without types that this project reads)
"""PyTorch models as ONNX files for ONNX Runtime, by torch's own exporter. Imported inside workers only.

Of the exporter's two ways it is the newer, by ``torch.export``: the other one fails on every text model of
transformers 5, and its graphs of vision models are no faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnxscript  # noqa: F401  (the exporter needs it, and says so at length: here it is a package that is missing)
import torch

from pytest_ovperf.errors import ModelError
from pytest_ovperf.hardware.causes import ran_out_of_memory
from pytest_ovperf.models.layout import ONNX_NAME
from pytest_ovperf.models.spec import Task

from .quiet import quietly
from .samples import Draw, images, text_inputs
from .torch_graph import Positional, export_program, first_lines
from .torch_module import Making, module_again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.models.spec import CallShape

    from .samples import Array
    from .torch_graph import Exported

#: The output that an IR of the same task has, by transformers' name.
_OUTPUTS: Final = {Task.FEATURE_EXTRACTION: "last_hidden_state"}
_LOGITS: Final = "logits"
#: (batch, tokens) to export text models for, whatever a call's own are: both stay open.
_TEXT: Final = (2, 8)
#: Above this size in bytes weights go to a file of their own: protocol buffers end at 2 GiB.
_MOST_INSIDE: Final = 1 << 30


def save_directory_onnx(  # noqa: PLR0913, PLR0917  (all that decides on the graph)
    weights: Path,
    auto_class: str,
    task: Task,
    inputs: Sequence[str],
    call: CallShape,
    target: Path,
    say: Callable[[str], None],
) -> None:
    """Export the model in ``weights`` to ``target / ONNX_NAME``, with the ``inputs`` and outputs that its IR has.

    Batch and tokens are open; images have the size of ``call``, unless the architecture leaves it open. Raises
    `ModelError` as `weights.load_directory` does, and where torch cannot export it.
    """
    from .weights import load_directory  # noqa: PLC0415  (brings transformers, which a module of the user's may not need)

    say("loading the weights")
    with quietly():
        model = load_directory(weights, auto_class)
        example = _example(inputs, call)
        wrapped = Positional(model, example, (_OUTPUTS.get(task, _LOGITS),))
        _save(str(weights), wrapped, example, target, say)


def save_module_onnx(making: Making, digest: str, target: Path, say: Callable[[str], None]) -> None:
    """Make a module of the user's and export it to ``target / ONNX_NAME``; raises as `torch_graph.save_module_ir`."""
    module, call = module_again(making, digest, say)
    with quietly():
        _save(f"the module of {making.factory}", Positional(module, call), call, target, say)


def _example(inputs: Sequence[str], call: CallShape) -> Mapping[str, Array]:
    if call.is_text:
        rng = np.random.default_rng(20)
        return {**text_inputs(rng, _TEXT, list(inputs), vocabulary=call.vocabulary)}
    return {inputs[0]: images(Draw.HELD_OUT, (1, *call.dims[1:]))}


def _save(told: str, module: Positional, call: Mapping[str, Array], target: Path, say: Callable[[str], None]) -> None:
    say("exporting to ONNX")
    try:
        exported = export_program(module, call)
        made = torch.onnx.export(
            exported.program,
            dynamo=True,
            verbose=False,
            input_names=list(exported.inputs),
            output_names=list(exported.outputs),
        )
        _fix_sizes(made, exported)
        made.save(target / ONNX_NAME, external_data=_bytes(module) > _MOST_INSIDE)
    except (ModuleNotFoundError, MemoryError):
        raise
    except Exception as error:  # exporting runs the model's own code, which fails in its own ways
        if ran_out_of_memory(str(error)):
            raise
        raise ModelError(
            f"torch.onnx could not export {told}: {first_lines(error)}",
            remedy="Export it yourself, and name the .onnx as the model; or compare without ONNX Runtime.",
        ) from error


def _fix_sizes(made: Any, exported: Exported) -> None:
    """Write sizes that are fixed as numbers: the exporter gives them names, as if any size would do."""
    for value, dims in zip(made.model.graph.inputs, exported.dims, strict=True):
        for index, (least, most) in enumerate(dims):
            if least == most:
                value.shape[index] = least


def _bytes(module: Any) -> int:
    return sum(value.numel() * value.element_size() for value in module.parameters())
