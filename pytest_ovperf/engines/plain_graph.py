"""The execution graph of a stateful language model's IR, where the package that generates does not show its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .graph import layers
from .openvino import compile_arm
from .plain_generation import PlainGenerator

if TYPE_CHECKING:
    from .protocol import LoadRequest

#: The prompts, then a step with one token each: layers are shown as the last inference left them.
_TOKENS = 2


def plain_layers(request: LoadRequest) -> list[dict[str, Any]]:
    """Return the layers of the IR of ``request``, compiled for this once and run for two tokens; see `graph.layers`.

    Raises as `openvino.load` does.
    """
    compiled = compile_arm(request)
    with compiled.subject.trying(f"run on {request.device} the model {request.ir}"):
        model = PlainGenerator(compiled.model, request)
        for _ in model.steps(_TOKENS, model.infer_request.infer):
            pass
    return layers(compiled.model)
