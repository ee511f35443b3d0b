"""Language models as generation runs them: the cache of past keys kept inside as a state. Imported in workers only.

The graph of `export` computes every position of its input anew; this one computes the new positions only. It is the one
that optimum-intel's ``OVModelForCausalLM`` and OpenVINO GenAI both read, with the configuration files beside it.

optimum-intel writes into an uncompressed model that its cache is to be kept in FP16, and leaves that to the device in a
compressed one, where a CPU takes INT8. Both stay as they are, as they are deployed; `ArmFacts` tells what was used.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import openvino as ov
import transformers
from optimum.intel import OVConfig, OVModelForCausalLM, OVWeightQuantizationConfig

from pytest_ovperf.models.layout import IR_NAME

from .export import export_graph
from .quiet import quietly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: optimum-intel's own name for a language model whose cache is an input, an output or a state.
_TASK: Final = "text-generation-with-past"

#: What is kept beside the graph: the prompts come as token ids, so no tokenizer is.
_CONFIGURATION: Final = ("config.json", "generation_config.json")

#: Widths of the groups of INT4 weights that share a scale, the first that the model's own width can be divided by.
_GROUPS: Final = (128, 64, 32)
_FULL_BITS: Final = 16
_BYTE: Final = 8


def export_stateful(weights: Path, auto_class: str, target: Path, say: Callable[[str], None]) -> None:
    """Export the language model in ``weights`` to ``target / IR_NAME``, FP32, its cache of past keys a state.

    Raises `ModelError` when the directory cannot be loaded or optimum-intel cannot export it.
    """
    export_graph(weights, auto_class, _TASK, target, say, stateful=True, ov_config=OVConfig(dtype="fp32"))
    for path in target.iterdir():
        if path.name not in (IR_NAME, IR_NAME.replace(".xml", ".bin"), *_CONFIGURATION):
            path.unlink()


def compress_weights(source: Path, bits: int, target: Path, say: Callable[[str], None]) -> None:
    """Save the stateful IR ``source`` as ``target / IR_NAME`` with its weights in 16, 8 or 4 bits.

    16 bits are FP16, 8 are INT8 with a scale and a zero point for each channel, 4 are INT4 with one for each group of
    them; with 4, the embedding and the head are kept in INT8, as optimum-intel does by default, and so is a matrix
    whose channels no group divides.
    """
    say(f"compressing the weights to {bits} bits")
    with quietly():
        if bits == _FULL_BITS:
            ov.save_model(ov.Core().read_model(source), target / IR_NAME, compress_to_fp16=True)
        else:
            how = OVWeightQuantizationConfig(bits=bits, sym=False, **({} if bits == _BYTE else _grouping(source)))
            model = OVModelForCausalLM.from_pretrained(
                source.parent, compile=False, quantization_config=how, local_files_only=True
            )
            ov.save_model(model.model, target / IR_NAME, compress_to_fp16=False)
    for name in _CONFIGURATION:
        if (source.parent / name).is_file():
            shutil.copyfile(source.parent / name, target / name)


def _grouping(source: Path) -> dict[str, object]:
    config = transformers.AutoConfig.from_pretrained(source.parent, local_files_only=True)
    width = getattr(config, "hidden_size", _GROUPS[-1])  # a few families call it otherwise
    # Where no group fits, each channel has a scale of its own (-1); a matrix of another width has smaller groups.
    group = next((size for size in _GROUPS if width % size == 0), -1)
    return {"group_size": group, "ratio": 1.0, "group_size_fallback": "adjust"}
